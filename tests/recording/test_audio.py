"""Sound in the recording's time: each sample at its place, over drift, loss and silence, without a click."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recording.composition.read.packets import PacketParser
from recording.composition.read.playout import RATE, play
from recording.composition.read.tracks import VideoTrack, open_capture
from recording.composition.write.audio import BLOCK, CEILING, Limiter, mix
from recording.rtpdump import Record
from tests.media.packets import build_rtp
from tests.recording.make_capture import Camera, Mic, Network, Person, make_capture
from tests.recording.signals import BEEP_S, FRAME, encode_opus, is_flash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from recording.composition.read.packets import RtpPacket
    from recording.composition.read.playout import Chunk

DELAY_S = 0.03
TINY = Camera(width=64, height=36, fps=10)


def mixed(folder: Path, from_s: float, to_s: float) -> NDArray[np.float32]:
    return np.concatenate(list(mix(open_capture(folder).audio_tracks, from_s, to_s)))


def beginnings(blocks: Iterable[NDArray[np.float32]], from_s: float = 0.0) -> list[float]:
    """When beeps begin, in sound that comes in blocks."""
    found: list[float] = []
    start = 0
    for block in blocks:
        for place in np.nonzero(np.abs(block[:, 0]) > 0.05)[0].tolist():
            time_s = from_s + (start + place) / RATE
            if not found or time_s - found[-1] > 2 * BEEP_S:
                found.append(time_s)
        start += len(block)
    return found


def tone(duration_s: float, frequency: float = 440.0) -> NDArray[np.float32]:
    return (0.4 * np.sin(2 * np.pi * frequency * np.arange(round(duration_s * RATE)) / RATE)).astype(np.float32)


def timed(
    opus: Sequence[bytes], *, lost: Iterable[int] = (), unsent: Iterable[int] = (), pace: float = 1.0
) -> Iterator[tuple[RtpPacket, float]]:
    """Packets with their times, but for those that were lost, and those of silence that were never sent."""
    parser = PacketParser(111, 0.0)
    sequence_number = 0
    for number, payload in enumerate(opus):
        if number in unsent:
            continue
        data = bytes(build_rtp(111, sequence_number, number * FRAME, 1, payload))
        sequence_number += 1
        if number not in lost:
            packet = parser.parse(Record(0, 20 * number, is_rtcp=False, data=data))
            assert packet is not None
            yield packet, number * FRAME / RATE * pace


def laid_out(chunks: Iterable[Chunk], duration_s: float) -> NDArray[np.float32]:
    """The first channel; chunks must rise and not overlap."""
    sound = np.zeros(round(duration_s * RATE), np.float32)
    end = -RATE
    for at, samples in chunks:
        assert at >= end
        end = at + samples.shape[1]
        begin = max(0, at)
        part = samples[0, begin - at :][: max(0, len(sound) - begin)]
        sound[begin : begin + len(part)] = part
    return sound


def envelope(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """How loud each 10 ms are."""
    whole = sound[: len(sound) // 480 * 480]
    loudness: NDArray[np.float32] = np.sqrt(np.square(whole[:, 0]).reshape(-1, 480).mean(axis=1))
    return loudness


def roughest(sound: NDArray[np.float32], frequency: float = 440.0) -> float:
    """The largest bend from one sample to the next, as a share of the tone's own: a click is many times that."""
    own = 0.4 * (2 * np.pi * frequency / RATE) ** 2
    return float(np.abs(np.diff(sound, 2)).max()) / own


@pytest.mark.parametrize("drift_ppm", [-400, 0, 400])
def test_flash_and_beep_stay_together_over_a_minute_of_drift(tmp_path: Path, drift_ppm: float) -> None:
    person = Person(
        "ann",
        camera=TINY,
        mic=Mic(drift_ppm=-drift_ppm / 2),
        drift_ppm=drift_ppm,
        network=Network(jitter_s=0.02, loss=0.02),
    )
    check_lip_sync(make_capture(tmp_path / "capture", [person], 60.0), person, 60)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_flash_and_beep_stay_together_over_two_hours_of_drift(tmp_path: Path) -> None:
    person = Person(
        "ann",
        camera=replace(TINY, fps=2, keyframes=120),
        mic=Mic(drift_ppm=-400),
        drift_ppm=200,
        network=Network(jitter_s=0.02, loss=0.02),
    )
    check_lip_sync(make_capture(tmp_path / "capture", [person], 7200.0), person, 7200)


def check_lip_sync(folder: Path, person: Person, duration_s: int) -> None:
    """Within 10 ms of each other at each second, and within 100 ms of the server's time."""
    capture = open_capture(folder)
    assert person.mic is not None
    camera = next(track for track in capture.tracks.values() if isinstance(track, VideoTrack))
    flashes = []
    dark = True
    for frame in camera.frames(0.0, float(duration_s)):
        bright = is_flash(frame.frame.to_ndarray(format="gray"))  # type: ignore[arg-type]
        if bright and dark:
            flashes.append(frame.time_s)
        dark = not bright
    beeps = beginnings(mix(capture.audio_tracks, 0.5, float(duration_s)), 0.5)
    # What was captured in the first moment has no edge that could be measured.
    flashes = flashes[1:]
    assert min(len(flashes), len(beeps)) >= duration_s - 3
    for second, (flash_s, beep_s) in enumerate(zip(flashes, beeps, strict=False), start=1):
        flash_error = flash_s - DELAY_S - second / (1 + person.drift_ppm / 1e6)
        beep_error = beep_s - DELAY_S - second / (1 + (person.drift_ppm + person.mic.drift_ppm) / 1e6)
        assert abs(flash_error - beep_error) < 0.010
        assert abs(flash_error) < 0.1


@pytest.mark.parametrize(
    ("from_s", "to_s"), [(0.0, 3.0), (0.5, 2.75), (1.23456, 1.3), (2.0, 2.0), (2.5, 6.0), (7.0, 8.0)]
)
def test_a_part_has_exactly_its_samples_and_sounds_like_the_whole(tmp_path: Path, from_s: float, to_s: float) -> None:
    folder = make_capture(tmp_path / "capture", [Person("ann", camera=None)], 4.0)
    blocks = list(mix(open_capture(folder).audio_tracks, from_s, to_s))
    assert sum(map(len, blocks)) == round((to_s - from_s) * RATE)
    assert all(block.shape[1] == 2 and len(block) <= BLOCK and block.dtype == np.float32 for block in blocks)
    if blocks:
        whole = mixed(folder, 0.0, 9.0)[round(from_s * RATE) :][: sum(map(len, blocks))]
        assert np.abs(envelope(np.concatenate(blocks)) - envelope(whole)).max() < 0.05


def test_the_same_capture_gives_the_same_samples(tmp_path: Path) -> None:
    people = [Person("ann", camera=None, network=Network(loss=0.05)), Person("ben", camera=None, mic=Mic(700.0))]
    folder = make_capture(tmp_path / "capture", people, 3.0)
    assert mixed(folder, 0.0, 3.0).tobytes() == mixed(folder, 0.0, 3.0).tobytes()


def test_people_are_heard_while_they_are_there(tmp_path: Path) -> None:
    people = [
        Person("ann", camera=None, mic=Mic(600.0), leaves_s=3.5),
        Person("ben", camera=None, mic=Mic(1700.0), joins_s=2.5),
    ]
    sound = mixed(make_capture(tmp_path / "capture", people, 6.0), 0.0, 6.0)
    heard = []
    for second in range(12):
        part = sound[second * RATE // 2 :][: RATE // 2, 0]
        spectrum = np.abs(np.fft.rfft(part)) / len(part)
        heard.append((bool(spectrum[300] > 0.01), bool(spectrum[850] > 0.01)))
    ann = [True, False, True, False, True, False, True, *[False] * 5]
    ben = [*[False] * 5, True, False, True, False, True, False, True]
    assert heard == list(zip(ann, ben, strict=True))


def test_loud_people_together_are_turned_down_not_clipped(tmp_path: Path) -> None:
    people = [Person(f"p{number}", camera=None) for number in range(8)]
    sound = mixed(make_capture(tmp_path / "capture", people, 3.0), 0.0, 3.0)
    assert 0.7 < np.abs(sound).max() <= CEILING + 1e-6
    peaks = np.abs(sound[round(1.06 * RATE) : round(1.10 * RATE), 0])
    assert np.mean(peaks > 0.99 * peaks.max()) < 0.15  # a clipped sine is at its peak much longer


def test_a_tone_stays_a_tone_while_its_clock_is_corrected() -> None:
    opus = encode_opus(tone(6.0))
    assert roughest(laid_out(play(timed(opus), 0.0), 5.9)[RATE // 2 :]) < 1.5
    for pace in (1 + 300e-6, 1 - 300e-6):
        sound = laid_out(play(timed(opus, pace=pace), 0.0), 5.9 * min(1, pace))
        assert roughest(sound[RATE // 2 : -RATE // 10]) < 3
        # It is in time at the end, 1.8 ms from where it would be without: the phase tells.
        times = np.arange(RATE * 5, RATE * 5 + RATE // 2)
        wave = np.exp(-2j * np.pi * 440 * times / RATE / pace)
        late_s = -np.angle(np.sum(sound[times] * wave) * 1j) / (2 * np.pi * 440)
        assert abs(late_s) < 0.0008


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_short_loss_is_bridged_without_a_click(count: int) -> None:
    opus = encode_opus(tone(3.0))
    lost = range(100, 100 + count)
    sound = laid_out(play(timed(opus, lost=lost), 0.0), 2.9)
    begin = lost.start * FRAME
    assert np.abs(sound[begin : begin + FRAME // 2]).max() > 0.2
    assert np.abs(sound[begin + 2 * count * FRAME :]).max() > 0.35
    assert roughest(sound[RATE // 2 :]) < 40
    # What comes after is where it was.
    whole = laid_out(play(timed(opus), 0.0), 2.9)
    assert np.abs(sound - whole)[begin + (count + 8) * FRAME :].max() < 0.02


def test_a_long_loss_is_silence_without_a_click() -> None:
    opus = encode_opus(tone(3.0))
    sound = laid_out(play(timed(opus, lost=range(60, 110)), 0.0), 2.9)
    assert not sound[61 * FRAME : 109 * FRAME].any()
    assert roughest(sound[RATE // 2 :]) < 40


def test_where_nothing_was_sent_is_silence_and_what_is_sent_now_and_then_is_not_heard() -> None:
    opus = encode_opus(tone(3.0))
    now_and_then = {60, 80, 100}
    unsent = [number for number in range(50, 120) if number not in now_and_then]
    sound = laid_out(play(timed(opus, unsent=unsent), 0.0), 2.9)
    assert not sound[51 * FRAME : 119 * FRAME].any()
    assert np.abs(sound[121 * FRAME :]).max() > 0.35
    assert roughest(sound[RATE // 2 :]) < 40


def test_a_clock_that_jumps_moves_the_sound_and_nothing_overlaps() -> None:
    opus = encode_opus(tone(4.0))
    packets = [(packet, time_s + (0.5 if 1 <= time_s < 2 else 0.0)) for packet, time_s in timed(opus)]
    sound = laid_out(play(packets, 0.0), 3.9)
    assert not sound[round(1.01 * RATE) : round(1.49 * RATE)].any()
    assert np.abs(sound[round(2.6 * RATE) :]).max() > 0.35
    assert roughest(sound[RATE // 2 :]) < 40


def test_stereo_stays_stereo() -> None:
    left, right = tone(1.0, 500.0), tone(1.0, 900.0)
    chunks = list(play(timed(encode_opus(np.stack([left, right], axis=1))), 0.0))
    sound = np.concatenate([samples for _, samples in chunks], axis=1)[:, RATE // 4 : RATE // 2]
    spectrum = np.abs(np.fft.rfft(sound)) / sound.shape[1]
    assert [int(channel.argmax()) * 4 for channel in spectrum] == [500, 900]


def test_the_codec_s_delay_is_taken_off() -> None:
    samples = np.zeros(RATE, np.float32)
    samples[24_000:24_480] = tone(0.01, 1000.0)
    sound = laid_out(play(timed(encode_opus(samples)), 0.0), 0.9)
    heard = np.correlate(sound[23_000:26_000], samples[24_000:24_480], "valid").argmax() + 23_000
    assert abs(int(heard) - 24_000) <= 24


@given(
    st.lists(
        st.tuples(
            st.integers(0, 65_535),
            st.integers(0, 2**32 - 1) | st.integers(0, 20_000),
            st.binary(max_size=60),
            st.floats(-10, 20),
        ),
        max_size=30,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_packets_are_played_or_left_out(noise: list[tuple[int, int, bytes, float]]) -> None:
    parser = PacketParser(111, 0.0)
    packets = []
    for sequence_number, timestamp, payload, time_s in noise:
        data = bytes(build_rtp(111, sequence_number, timestamp, 1, payload))
        packet = parser.parse(Record(0, 0, is_rtcp=False, data=data))
        assert packet is not None
        packets.append((packet, time_s))
    end = -(10**9)
    for at, samples in play(packets, 0.0):
        assert at >= end
        end = at + samples.shape[1]


@given(
    arrays.arrays(np.float32, st.tuples(st.just(2), st.integers(1, 4000)), elements=st.floats(-4, 4, width=32)),
    st.lists(st.integers(1, 3999), max_size=3),
)
@settings(deadline=None)
def test_the_limiter_lets_nothing_through_above_its_ceiling(sound: NDArray[np.float32], cuts: list[int]) -> None:
    limiter = Limiter()
    found = []
    for block in np.split(sound, sorted({cut for cut in cuts if cut < sound.shape[1]}), axis=1):
        found += list(limiter.push(block))
    found += list(limiter.finish())
    limited = np.concatenate(found, axis=1)
    assert limited.shape == sound.shape
    assert np.abs(limited).max() <= CEILING + 1e-5
    if np.abs(sound).max() <= CEILING:
        assert limited.tobytes() == sound.tobytes()


def test_the_limiter_turns_down_gradually_and_up_again() -> None:
    sound = np.full((2, 4 * RATE), 0.5, np.float32)
    sound[:, RATE : RATE + 480] = 2.0
    limiter = Limiter()
    blocks = [block for part in np.split(sound, 4, axis=1) for block in limiter.push(part)]
    limited = np.concatenate([*blocks, *limiter.finish()], axis=1)[0]
    assert (limited[: RATE - 240] == 0.5).all()
    assert np.abs(np.diff(limited / sound[0])).max() < 0.01
    assert limited[-1] == 0.5
