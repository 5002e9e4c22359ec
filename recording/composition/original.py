"""`python -m recording.composition.original`: what somebody sent, as they sent it, in one WebM or Matroska file.

Nothing is decoded. Each device is a stream of the file; a device that changed its codec is another one. It says what
`recording.composition.__main__` says; its result is `recording.composition.result.Original`.
"""

from __future__ import annotations

import argparse
import heapq
import io
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import av

from recording.composition.process import TOO_MUCH_MEMORY, add_arguments, begin, complain, tell
from recording.composition.read.decoding import stream_limits
from recording.composition.read.picture_size import MAX_PIXELS
from recording.composition.read.tracks import UnreadableCapture, VideoTrack, open_capture
from recording.composition.result import Original

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

    from recording.composition.read.tracks import AudioTrack

# Matroska counts in milliseconds.
TICKS: Final = 1000
# All else needs Matroska without WebM's restrictions.
WEBM_CODECS: Final = frozenset({"video/vp8", "video/vp9", "video/av1", "audio/opus"})
_FOURCC: Final = {"video/vp8": b"VP80", "video/vp9": b"VP90", "video/av1": b"AV01"}


class NothingSent(Exception):
    """They sent nothing in the time that is asked for."""


class _Coded(NamedTuple):
    time_s: float
    data: bytes
    is_keyframe: bool


def write_original(
    capture: Path, peer_id: str, from_s: float, to_s: float, folder: Path, max_pixels: int = MAX_PIXELS
) -> Original:
    """Write what somebody sent between two times in s, without pictures of more than `max_pixels`.

    Raises `NothingSent` and `UnreadableCapture`.
    """
    sent = [track for track in open_capture(capture, max_pixels).tracks.values() if track.peer_id == peer_id]
    devices = _devices([track for track in sent if track.to_s > from_s and track.from_s < to_s])
    kind = "webm" if all(codec in WEBM_CODECS for _, codec in devices) else "mkv"
    draft = folder / "draft"
    with av.open(str(draft), "w", format="webm" if kind == "webm" else "matroska") as container:
        streams = [_stream(container, tracks, from_s, to_s, max_pixels) for tracks in devices.values()]
        packets = list(filter(None, streams))
        if not packets:
            raise NothingSent("They sent nothing.")
        for packet in heapq.merge(*packets, key=lambda packet: packet.pts or 0):
            container.mux(packet)
    draft.rename(folder / f"original.{kind}")
    return Original(f"original.{kind}", (folder / f"original.{kind}").stat().st_size)


def _devices(tracks: Sequence[VideoTrack | AudioTrack]) -> dict[tuple[str, str], list[VideoTrack | AudioTrack]]:
    """The tracks of each device and codec, in the order in which they began."""
    devices: dict[tuple[str, str], list[VideoTrack | AudioTrack]] = {}
    for track in sorted(tracks, key=lambda track: track.from_s):
        devices.setdefault((track.info.source, track.info.mime_type.lower()), []).append(track)
    return devices


def _stream(
    container: OutputContainer,
    tracks: Sequence[VideoTrack | AudioTrack],
    from_s: float,
    to_s: float,
    max_pixels: int,
) -> Iterator[av.Packet[Any]] | None:
    """A new stream's packets; None if there is nothing to be put into it."""
    coded = (one for track in tracks for one in _coded(track, from_s, to_s))
    first = next(coded, None)
    if first is None:
        return None
    with _template(tracks[0].info.mime_type.lower(), first.data, max_pixels) as template:
        stream = container.add_stream_from_template(template.streams[0])
    return _packets(first, coded, from_s, stream)


def _coded(track: VideoTrack | AudioTrack, from_s: float, to_s: float) -> Iterable[_Coded]:
    """Pictures from the last keyframe before `from_s` on, so that none is missing after it."""
    if isinstance(track, VideoTrack):
        return (_Coded(one.time_s, one.data, one.is_keyframe) for one in track.encoded(from_s, to_s))
    packets = track.sound_packets(from_s, to_s)
    return (_Coded(at, bytes(one.payload), is_keyframe=True) for one, at in packets if at >= from_s and one.payload)


def _packets(first: _Coded, others: Iterable[_Coded], from_s: float, stream: Stream) -> Iterator[av.Packet[Any]]:
    """With rising times; what was sent before the beginning is squeezed into it."""
    last = -1
    one: _Coded | None = first
    others = iter(others)
    while one is not None:
        last = max(last + 1, round((one.time_s - from_s) * TICKS))
        packet: av.Packet[Any] = av.Packet(one.data)
        packet.pts = packet.dts = last
        packet.time_base = Fraction(1, TICKS)
        packet.is_keyframe = one.is_keyframe
        packet.stream = stream
        yield packet
        one = next(others, None)


def _template(codec: str, data: bytes, max_pixels: int) -> InputContainer:
    """A file whose stream has the parameters of what was sent: of a keyframe, or of Opus."""
    limits = stream_limits(max_pixels)
    if codec == "audio/opus":
        return av.open(_silence(), "r", format="ogg")
    if codec in _FOURCC:
        header = b"DKIF" + bytes((0, 0, 32, 0)) + _FOURCC[codec] + bytes(4) + _u32(TICKS, 1, 1, 0)
        return av.open(io.BytesIO(header + _u32(len(data), 0, 0) + data), "r", format="ivf", stream_options=limits)
    return av.open(io.BytesIO(data), "r", format="h264", stream_options=limits)


def _silence() -> io.BytesIO:
    """Opus as RTP has it: 48 kHz, two channels (RFC 7587)."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    return file


def _u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in numbers)


def main() -> int:
    """Write it, as the command line says: the exit code."""
    parser = argparse.ArgumentParser(
        prog="recording.composition.original", description="What somebody sent, as a file."
    )
    parser.add_argument("--peer", required=True, help="whose id")
    add_arguments(parser)
    options = parser.parse_args()
    begin(options)
    options.output.mkdir(parents=True, exist_ok=True)
    to_s = float("inf") if options.to_s is None else options.to_s
    try:
        made = write_original(options.capture, options.peer, options.from_s, to_s, options.output, options.max_pixels)
        tell(result=made)
    except NothingSent as problem:
        return complain("nothingCaptured", problem)
    except UnreadableCapture as problem:
        return complain("unreadableCapture", problem)
    except MemoryError:
        return complain("tooMuchMemory", TOO_MUCH_MEMORY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
