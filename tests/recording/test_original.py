"""What somebody sent, in one file, as it was."""

from __future__ import annotations

import itertools
from pathlib import Path  # noqa: TC003 - fixtures
from typing import TYPE_CHECKING, Any

import av
import pytest

from recording.composition.original import NothingSent, write_original
from recording.composition.read.tracks import VideoTrack, open_capture
from tests.recording.make_capture import Camera, Mic, Person, make_capture

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL: dict[str, Any] = {"width": 320, "height": 180, "fps": 15}


def streams(path: Path) -> dict[str, list[tuple[float, bytes]]]:
    """Times in s and bytes of all packets, by codec."""
    found: dict[str, list[tuple[float, bytes]]] = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                name = packet.stream.codec_context.name
                found.setdefault(name, []).append((float(packet.pts * packet.time_base), bytes(packet)))
    return found


def decoded(path: Path, kind: str) -> list[Any]:
    """All pictures, or all sound."""
    with av.open(str(path)) as container:
        return list(container.decode(**{kind: 0}))


def encoded(folder: Path, peer_id: str, from_s: float = 0.0, to_s: float = 100.0) -> Sequence[Any]:
    (track,) = (
        track
        for track in open_capture(folder).tracks.values()
        if isinstance(track, VideoTrack) and track.peer_id == peer_id
    )
    return list(track.encoded(from_s, to_s))


def test_sound_and_pictures_are_the_same_bytes_at_their_times(tmp_path: Path) -> None:
    people = [Person("ann", camera=Camera(**SMALL)), Person("ben", camera=None)]
    folder = make_capture(tmp_path / "capture", people, 3.0)
    original = write_original(folder, "ann", 0.0, 3.0, tmp_path)
    assert original.name == "original.webm"
    assert original.size_bytes == (tmp_path / original.name).stat().st_size
    found = streams(tmp_path / original.name)
    sent = encoded(folder, "ann")
    assert [data for _, data in found["vp8"]] == [one.data for one in sent]
    assert [at for at, _ in found["vp8"]] == pytest.approx([one.time_s for one in sent], abs=0.001)
    assert len(decoded(tmp_path / original.name, "video")) == len(sent)
    samples = sum(frame.samples for frame in decoded(tmp_path / original.name, "audio"))
    assert samples == pytest.approx(3 * 48_000, rel=0.02)
    times = [at for at, _ in found["opus"]]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) < 0.03


@pytest.mark.parametrize(("codec", "name"), [("video/VP9", "original.webm"), ("video/H264", "original.mkv")])
def test_codecs_that_webm_has_not_are_in_a_matroska_file(codec: str, name: str, tmp_path: Path) -> None:
    folder = make_capture(tmp_path / "capture", [Person("ann", camera=Camera(codec, **SMALL), mic=None)], 2.0)
    assert write_original(folder, "ann", 0.0, 2.0, tmp_path).name == name
    pictures = decoded(tmp_path / name, "video")
    assert len(pictures) == len(encoded(folder, "ann"))
    assert (pictures[0].width, pictures[0].height) == (320, 180)


def test_each_device_is_a_stream(tmp_path: Path) -> None:
    person = Person("ann", camera=Camera(**SMALL, to_s=1.0), mic=Mic(from_s=0.5), screen=Camera(**SMALL, from_s=1.5))
    folder = make_capture(tmp_path / "capture", [person], 3.0)
    original = write_original(folder, "ann", 0.0, 3.0, tmp_path)
    with av.open(str(tmp_path / original.name)) as container:
        kinds = sorted(stream.type for stream in container.streams)
    assert kinds == ["audio", "video", "video"]


def test_a_later_part_begins_with_a_picture_that_can_be_decoded(tmp_path: Path) -> None:
    camera = Camera(**SMALL, keyframes=1000)  # one at the beginning only
    folder = make_capture(tmp_path / "capture", [Person("ann", camera=camera)], 4.0)
    original = write_original(folder, "ann", 2.0, 3.0, tmp_path)
    pictures = decoded(tmp_path / original.name, "video")
    sent = encoded(folder, "ann", 2.0, 3.0)
    assert sent[0].time_s < 2.0
    assert len(pictures) == len(sent)
    times = [at for at, _ in streams(tmp_path / original.name)["vp8"]]
    assert times == sorted(set(times))
    # What is from before is over before the second picture of the part.
    assert times[-1] == pytest.approx(sent[-1].time_s - 2.0, abs=0.001)
    assert streams(tmp_path / original.name)["opus"][0][0] < 0.03


def test_who_was_not_there_sent_nothing(tmp_path: Path) -> None:
    folder = make_capture(tmp_path / "capture", [Person("ann", camera=None, leaves_s=1.0)], 3.0)
    for peer_id, from_s in (("eve", 0.0), ("ann", 2.0)):
        with pytest.raises(NothingSent):
            write_original(folder, peer_id, from_s, 3.0, tmp_path)
