"""Videos of a meeting that was interpreted: the original is what plays, languages are further sounds beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import av
import msgspec
import numpy as np
import pytest

from recording.composition.compose import compose
from recording.composition.draw.look import Look
from recording.composition.read.tracks import open_capture
from recording.composition.result import Result
from recording.composition.write.language_codes import three_letters
from recording.composition.write.packaging import Sound, _names, segments
from tests.recording.make_capture import Camera, Mic, Network, Person, make_capture
from tests.recording.videos import onsets

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FLOOR, GERMAN, SECOND_GERMAN, UKRAINIAN = 440, 880, 1100, 1320
TONES: Final = (FLOOR, GERMAN, SECOND_GERMAN, UKRAINIAN)
RATE: Final = 48_000
LENGTH_S: Final = 6
DEUTSCH, UKRAINISCH = ("de", "Deutsch"), ("uk", "Українська")
# Ann speaks all the time, Ivo interprets into German from 1 s to 4 s and Ida from 3 s on, Uwe into Ukrainian from 2 s.
UNEVEN: Final = Network(jitter_s=0.02, loss=0.02)
PEOPLE: Final = [
    Person("ann", "Ann", Camera(width=320, height=180, fps=10), Mic(FLOOR)),
    Person("ivo", "Ivo", None, Mic(GERMAN, from_s=1.0, to_s=4.0, language=DEUTSCH), network=UNEVEN, clock_s=5.0),
    Person("ida", "Ida", None, Mic(SECOND_GERMAN, from_s=3.0, language=DEUTSCH)),
    Person("uwe", "Uwe", None, Mic(UKRAINIAN, language=UKRAINISCH), joins_s=2.0),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interpreted")
    make_capture(folder / "capture", PEOPLE, LENGTH_S)
    compose(folder / "capture", folder / "output", look=Look())
    return folder / "output"


def samples_of(path: Path, number: int = 0) -> NDArray[np.float32]:
    """All samples of one of a file's sounds, from its beginning."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=number))
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def tones(samples: NDArray[np.float32], second: int) -> set[int]:
    """Which beeps are heard at a whole second, by their frequency."""
    start = second * RATE
    part = samples[start + RATE // 50 : start + RATE // 50 + RATE // 20]
    strength = np.abs(np.fft.rfft(part * np.hanning(len(part)))) / (len(part) / 4)
    return {tone for tone in TONES if strength[round(tone * len(part) / RATE)] > 0.1}


def heard(samples: NDArray[np.float32]) -> list[set[int]]:
    """The tones of each second."""
    return [tones(samples, second) for second in range(LENGTH_S)]


WANTED: Final = {
    "": [{FLOOR}] * LENGTH_S,
    "de": [set(), {GERMAN}, {GERMAN}, {GERMAN, SECOND_GERMAN}, {SECOND_GERMAN}, {SECOND_GERMAN}],
    "uk": [set(), set(), {UKRAINIAN}, {UKRAINIAN}, {UKRAINIAN}, {UKRAINIAN}],
}


def test_the_file_plays_the_original_and_has_a_track_for_each_language(made: Path) -> None:
    with av.open(str(made / "video.mp4")) as container:
        sounds = [(stream.language, stream.metadata.get("handler_name")) for stream in container.streams.audio]
        default = [bool(stream.disposition & av.stream.Disposition.default) for stream in container.streams.audio]
    assert sounds[1:] == [("deu", "Deutsch"), ("ukr", "Українська")]
    assert sounds[0][0] == "und"
    assert default == [True, False, False]
    for number, wanted in enumerate(WANTED.values()):
        assert heard(samples_of(made / "video.mp4", number)) == wanted


def test_hls_offers_each_language_and_takes_none_by_itself(made: Path) -> None:
    master = (made / "hls" / "master.m3u8").read_text(encoding="utf-8")
    assert re.findall(r"#EXT-X-MEDIA:(.+)", master) == [
        'TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,CHANNELS="2",URI="audio.m3u8"',
        'TYPE=AUDIO,GROUP-ID="audio",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="audio1.m3u8"',
        'TYPE=AUDIO,GROUP-ID="audio",NAME="Українська",LANGUAGE="uk",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="audio2.m3u8"',
    ]
    for name, wanted in zip(("audio", "audio1", "audio2"), WANTED.values(), strict=True):
        assert heard(samples_of(made / "hls" / f"{name}.m3u8")) == wanted
        assert sum(duration_s for _, duration_s in segments(made / "hls" / f"{name}.m3u8")) == pytest.approx(
            LENGTH_S, abs=0.03
        )


def test_languages_are_in_step_with_the_original(made: Path) -> None:
    # All devices were turned on at whole seconds, so everybody beeps at the same times
    begins = []
    for number in range(3):
        samples = samples_of(made / "video.mp4", number)
        blocks = np.abs(samples[: len(samples) // 48 * 48].reshape(-1, 48)).max(axis=1)
        begins.append(onsets([index / 1000 for index in range(len(blocks))], list(blocks), 0.1))
    original, german, ukrainian = begins
    assert len(original) == LENGTH_S
    assert german == pytest.approx(original[1:], abs=0.04)
    assert ukrainian == pytest.approx(original[2:], abs=0.02)


def test_interpreters_are_not_seen_nor_named(made: Path) -> None:
    told = msgspec.json.decode((made / "result.json").read_bytes(), type=Result)
    assert [peer.peer_id for peer in told.peers] == ["ann"]
    assert (made / "chapters.json").read_text(encoding="utf-8").count("Uwe") == 0  # who came in the middle


def test_a_language_is_there_where_somebody_interpreted_into_it(tmp_path: Path) -> None:
    capture = open_capture(make_capture(tmp_path / "capture", PEOPLE, LENGTH_S))
    assert [track.peer_id for track in capture.audio_tracks] == ["ann"]
    found = capture.channels(0, LENGTH_S)
    assert [(one.language, one.name, [track.peer_id for track in one.tracks]) for one in found] == [
        ("de", "Deutsch", ["ivo", "ida"]),
        ("uk", "Українська", ["uwe"]),
    ]
    assert [one.language for one in capture.channels(0, 1.5)] == ["de"]
    assert capture.channels(0, 0.9) == []


def test_names_can_be_told_apart_and_written_down(tmp_path: Path) -> None:
    names = _names([Sound(tmp_path), Sound(tmp_path, "pt", "Português"), Sound(tmp_path, "pt-BR", "Português")])
    assert names == ["Audio", "Português", "Português (pt-BR)"]
    assert _names([Sound(tmp_path, "de", 'a"b\nc'), Sound(tmp_path, "yue")]) == ["a b c", "yue"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de", "deu"),
        ("de-AT", "deu"),
        ("LB", "ltz"),
        ("zh-Hant", "zho"),
        ("yue", "yue"),
        ("xx", "und"),
        ("i-klingon", "und"),
    ],
)
def test_a_file_names_languages_by_three_letters(tag: str, code: str) -> None:
    assert three_letters(tag) == code


def test_all_languages_that_there_are_by_default_have_three_letters() -> None:
    tags = ["zh", "nl", "en", "fr", "de", "lb", "pt", "es", "sv", "uk"]
    assert [three_letters(tag) for tag in tags] == [
        "zho", "nld", "eng", "fra", "deu", "ltz", "por", "spa", "swe", "ukr",
    ]  # fmt: skip
