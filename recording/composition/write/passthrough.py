"""A single camera that fills the picture all the time is not encoded again, if it sends what players can play."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av

from recording.composition.draw.render import WHOLE
from recording.composition.read.decoding import stream_limits
from recording.composition.write.encode import HIGH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from recording.composition.draw.render import Shot
    from recording.composition.read.tracks import EncodedFrame, VideoTrack

MIME_TYPE: Final = "video/h264"
# A video with fewer keyframes is of no use to who looks for a place in it.
MAX_KEYFRAME_DISTANCE_S: Final = 10.5
# What is missing at the beginning is the first picture's.
MAX_DELAY_S: Final = 0.5
TICKS: Final = 90_000


def only_camera(shots: Sequence[Shot]) -> int | None:
    """The track that alone fills the picture from beginning to end, None if there is none."""
    tracks = {
        placed.tile.track if placed.tile.source == "camera" and placed.place == WHOLE else None
        for shot in shots
        for placed in (shot.placed or (None,))
        if placed is not None
    }
    alone = len(tracks) == 1 and all(len(shot.placed) == 1 for shot in shots)
    return tracks.pop() if alone else None


def bare(shots: Sequence[Shot]) -> list[Shot]:
    """The same without names and states, as the camera's own pictures have none."""
    return [
        replace(
            shot,
            placed=tuple(
                placed._replace(tile=replace(placed.tile, named=False, hand=None, speaking=False))
                for placed in shot.placed
            ),
        )
        for shot in shots
    ]


def playable(track: VideoTrack, from_s: float, to_s: float) -> bool:
    """Whether a track can be shown as it is: H.264, upright, of the video's size, with keyframes often enough."""
    if track.info.mime_type.lower() != MIME_TYPE:
        return False
    last_key_s: float | None = None
    for frame in track.encoded(from_s, to_s):
        if frame.time_s < from_s:
            continue
        if last_key_s is None and (not frame.is_keyframe or frame.time_s > from_s + MAX_DELAY_S):
            return False
        if frame.size != (HIGH.width, HIGH.height) or frame.rotation:
            return False
        last_key_s = frame.time_s if frame.is_keyframe or last_key_s is None else last_key_s
        if frame.time_s - last_key_s > MAX_KEYFRAME_DISTANCE_S:
            return False
    return last_key_s is not None and to_s - last_key_s <= MAX_KEYFRAME_DISTANCE_S


def copy(frames: Iterable[EncodedFrame], from_s: float, to_s: float, path: Path) -> None:
    """Write a track's coded pictures into an MP4 file as they are, the first from the very beginning."""
    with av.open(str(path), "w", format="mp4") as container:
        stream: av.VideoStream | None = None
        held: tuple[int, EncodedFrame] | None = None
        for frame in frames:
            if frame.time_s < from_s:
                continue
            if stream is None:
                stream = _stream_like(container, frame.data)
            at = 0 if held is None else max(held[0] + 1, round((frame.time_s - from_s) * TICKS))
            if held is not None:
                container.mux(_packet(held[1], held[0], at, stream))
            held = (at, frame)
        if stream is not None and held is not None:
            end = max(held[0] + 1, round((to_s - from_s) * TICKS))
            container.mux(_packet(held[1], held[0], end, stream))


def _stream_like(container: av.container.OutputContainer, keyframe: bytes) -> av.VideoStream:
    """A stream whose parameter sets are those of a keyframe."""
    with av.open(io.BytesIO(keyframe), format="h264", stream_options=stream_limits()) as template:
        return container.add_stream_from_template(template.streams.video[0])


def _packet(frame: EncodedFrame, begin: int, end: int, stream: av.VideoStream) -> av.Packet[Any]:
    packet: av.Packet[Any] = av.Packet(frame.data)
    packet.pts = packet.dts = begin
    packet.duration = end - begin
    packet.time_base = Fraction(1, TICKS)
    packet.is_keyframe = frame.is_keyframe
    packet.stream = stream
    return packet
