"""A capture folder's tracks, in the recording's time: seconds since the capture began.

A track holds no open file and no decoder, so several threads may read the same one.
"""

from __future__ import annotations

import json
import logging
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from media.codecs.opus import opus_duration_s
from media.errors import ParseError
from media.ortc.capabilities import HEADER_EXTENSIONS
from media.ortc.header_extensions import VIDEO_ORIENTATION
from recording.capture.capture import TrackStarted
from recording.composition.read.clocks import sender_clocks
from recording.composition.read.decoding import VideoDecoder, upright
from recording.composition.read.depacketize import DEPACKETIZERS, frames
from recording.composition.read.packets import WINDOW_S, in_order
from recording.composition.read.picture_size import MAX_PIXELS, declared_size
from recording.composition.read.survey import read_from, survey
from rooms.protocol import PeerJoined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import av

    from recording.composition.read.clocks import TrackClock
    from recording.composition.read.packets import RtpPacket
    from recording.composition.read.survey import Mark, Survey

logger = logging.getLogger(__name__)

# The ids of header extensions are the router's, for all tracks.
ORIENTATION_ID: Final = next(known.preferred_id for known in HEADER_EXTENSIONS if known.uri == VIDEO_ORIENTATION)
# Our pages send VP8 in three temporal layers (`sdk/js/src/rtc/encodings.ts`): every other picture is of the last.
TOP_LAYER: Final = 2
# What a packet's time may differ from its arrival, to be on the safe side.
MARGIN_S: Final = 1.0


class UnreadableCapture(Exception):
    """The folder is no capture, or not even its beginning was written."""


@dataclass(frozen=True)
class TimedFrame:
    """A picture, and from when on it is to be seen. It stands upright, whichever way the phone was held."""

    time_s: float
    frame: av.VideoFrame


@dataclass(frozen=True)
class EncodedFrame:
    """A coded picture as it was sent. `size` is width and height, before turning clockwise by `rotation` degrees.

    H.264 has start codes (Annex B) and parameter sets before each keyframe.
    """

    time_s: float
    data: bytes
    is_keyframe: bool
    size: tuple[int, int]
    rotation: int


class Track:
    """What somebody sent from one device; `from_s` and `to_s` are the times of its first and last packet."""

    def __init__(self, path: Path, info: TrackStarted, started_at_ms: int, found: Survey, clock: TrackClock) -> None:
        self.info = info
        self._path = path
        self._started_at_ms = started_at_ms
        self._survey = found
        self._clock = clock
        self.from_s = self._mark_s(found.marks[0])
        self.to_s = max(self.from_s, found.last_arrival_s)

    @property
    def number(self) -> int:
        """The number by which the timeline knows it."""
        return self.info.number

    @property
    def peer_id(self) -> str:
        """Whose it is."""
        return self.info.peer_id

    def time_s(self, timestamp: int, arrival_s: float) -> float:
        """The time of a packet, by its timestamp without wrap-around and its arrival."""
        return self._clock.time_s(timestamp / self.info.clock_rate, arrival_s)

    def packets(self, arrival_s: float) -> Iterator[RtpPacket]:
        """The packets in order, from those on that arrived at this time, or a little earlier."""
        marks = self._survey.marks
        place = max(0, bisect_right(marks, arrival_s, key=lambda mark: mark.arrival_s) - 1)
        return in_order(read_from(self._path, self.info, self._started_at_ms, marks[place]))

    def _mark_s(self, mark: Mark) -> float:
        return self.time_s(mark.timestamp, mark.arrival_s)


class VideoTrack(Track):
    """A camera or a shared screen. Its pictures may change their size at any time.

    Those of more than `max_pixels` are left out, and all that builds on them: the picture before them stays.
    """

    def __init__(
        self,
        path: Path,
        info: TrackStarted,
        started_at_ms: int,
        found: Survey,
        clock: TrackClock,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        super().__init__(path, info, started_at_ms, found, clock)
        self._max_pixels = max_pixels

    def frames(
        self, from_s: float, to_s: float, smooth: Callable[[float], bool] = lambda _time_s: True
    ) -> Iterator[TimedFrame]:
        """The picture that is to be seen at `from_s`, if there is one, then those before `to_s`, with rising times.

        A picture that can't be decoded is left out: the one before it stays. At times that needn't be `smooth` those of
        the highest temporal layer, on which no others build, are left out as well.
        """
        decoded = self._decoded_around(from_s, to_s, smooth)
        shown: TimedFrame | None = None
        for frame in decoded:
            if frame.time_s > from_s and shown is not None:
                yield shown
                shown = None
            if frame.time_s > from_s:
                yield frame
            else:
                shown = frame
        if shown is not None:
            yield shown

    def encoded(self, from_s: float, to_s: float) -> Iterator[EncodedFrame]:
        """The coded pictures from the last keyframe at or before `from_s` on, if there is one, to `to_s`."""
        size: tuple[int, int] | None = None
        held: list[EncodedFrame] = []
        for data, is_keyframe, time_s, rotation, _ in self._coded(self._starts(from_s)[0], to_s):
            if is_keyframe:
                size = declared_size(self.info.mime_type, data) or size
            if size is None:
                continue
            frame = EncodedFrame(time_s, data, is_keyframe, size, rotation)
            if time_s > from_s:
                yield from held
                held = []
                yield frame
            elif is_keyframe:
                held = [frame]
            else:
                held.append(frame)
        yield from held

    def _starts(self, from_s: float) -> Sequence[float]:
        """When those keyframes arrived that come before a time, the last first; in the end the track's beginning."""
        before = [mark.arrival_s for mark in self._survey.keyframes if self._mark_s(mark) <= from_s]
        return [*reversed(before), self._survey.marks[0].arrival_s]

    def _decoded_around(self, from_s: float, to_s: float, smooth: Callable[[float], bool]) -> Iterator[TimedFrame]:
        """Decoded pictures, beginning at or before `from_s` if there is one."""
        starts = self._starts(from_s)
        for start in starts:
            decoded = self._decoded(start, to_s, smooth)
            first = next(decoded, None)
            if first is not None and (first.time_s <= from_s or start == starts[-1]):
                return chain([first], decoded)
        return iter(())

    def _decoded(self, start_s: float, to_s: float, smooth: Callable[[float], bool]) -> Iterator[TimedFrame]:
        decoder = VideoDecoder(self.info.mime_type, self._max_pixels)
        known: dict[int, tuple[float, int]] = {}

        def timed(pictures: Iterable[tuple[int, av.VideoFrame]]) -> Iterator[TimedFrame]:
            for key, picture in pictures:
                time_s, rotation = known.pop(key)
                yield TimedFrame(time_s, upright(picture, rotation))

        for key, (data, is_keyframe, time_s, rotation, on_top) in enumerate(self._coded(start_s, to_s)):
            if on_top and not smooth(time_s):
                continue
            known[key] = (time_s, rotation)
            yield from timed(decoder.decode(data, key, is_keyframe=is_keyframe))
        yield from timed(decoder.finish())

    def _coded(self, start_s: float, to_s: float) -> Iterator[tuple[bytes, bool, float, int, bool]]:
        """Coded pictures with times, which never fall, rotations, and whether they are of the top layer.

        A keyframe is the first; it arrived at a time, or some seconds before.
        """
        packets = self.packets(start_s - WINDOW_S)
        time_s = float("-inf")
        rotation = 0
        too_large = False
        for frame in frames(packets, DEPACKETIZERS[self.info.mime_type.lower()]()):
            time_s = max(time_s, self.time_s(frame.first.timestamp, frame.first.arrival_s))
            if time_s >= to_s:
                return
            size = declared_size(self.info.mime_type, frame.coded.data)
            if size is not None or frame.coded.is_keyframe:
                too_large = size is not None and size.pixels > self._max_pixels
            if too_large:
                continue
            # It is told with keyframes and while it isn't 0 (3GPP TS 26.114 section 7.4.5).
            if (orientation := frame.last.extension(ORIENTATION_ID)) is not None:
                rotation = 90 * (orientation[0] & 0x03)
            elif frame.coded.is_keyframe:
                rotation = 0
            yield frame.coded.data, frame.coded.is_keyframe, time_s, rotation, frame.coded.temporal_id == TOP_LAYER


class AudioTrack(Track):
    """A microphone, or the sound of a shared screen."""

    def sound_packets(self, from_s: float, to_s: float) -> Iterator[tuple[RtpPacket, float]]:
        """The packets in order with the times at which they begin to sound, from some before `from_s` to `to_s`.

        A packet can leave when its last sample is there, and senders' reports tell that moment as the time of its
        first (libwebrtc has no other time for sound, nor has aiortc), while they tell when pictures were taken.
        """
        for packet in self.packets(from_s - MARGIN_S):
            time_s = self.time_s(packet.timestamp, packet.arrival_s) - _length_s(packet)
            if time_s >= to_s:
                return
            yield packet, time_s

    def levels(self) -> Iterator[tuple[float, int]]:
        """Time and level (RFC 6464: 0 is loudest, 127 silent) of each packet, as they arrived."""
        found = self._survey
        for timestamp, arrival_s, level in zip(found.level_timestamps, found.level_arrivals, found.levels, strict=True):
            yield self.time_s(timestamp, arrival_s), level


def _length_s(packet: RtpPacket) -> float:
    """How long a packet sounds; 0 if it is broken or has no sound."""
    try:
        return opus_duration_s(packet.payload)
    except ParseError:
        return 0.0


@dataclass(frozen=True)
class Channel:
    """One language into which was interpreted, with all microphones of its interpreters; `name` is in that language."""

    language: str
    name: str
    tracks: Sequence[AudioTrack]


@dataclass(frozen=True)
class CaptureFiles:
    """A capture. `timeline` has its entries as decoded JSON; `tracks` are by number, those that have any packets."""

    folder: Path
    started_at_ms: int
    room_id: str
    account_id: int
    timeline: Sequence[Mapping[str, Any]]
    tracks: Mapping[int, VideoTrack | AudioTrack]
    duration_s: float

    @property
    def audio_tracks(self) -> list[AudioTrack]:
        """All that is to be heard of the original."""
        return [track for track in self._sounds if not track.info.language]

    def channels(self, from_s: float, to_s: float) -> list[Channel]:
        """The languages into which somebody interpreted between two times, in the order in which they began to."""
        found: dict[str, list[AudioTrack]] = {}
        for track in self._sounds:
            if track.info.language and track.to_s > from_s and track.from_s < to_s:
                found.setdefault(track.info.language, []).append(track)
        return [Channel(language, tracks[0].info.language_name, tracks) for language, tracks in found.items()]

    @property
    def _sounds(self) -> list[AudioTrack]:
        return [track for track in self.tracks.values() if isinstance(track, AudioTrack)]


class _Header(msgspec.Struct, rename="camel"):
    account_id: int
    room_id: str
    started_at: int


def open_capture(folder: Path, max_pixels: int = MAX_PIXELS) -> CaptureFiles:
    """Read a capture's timeline, and each track's file once. Raises `UnreadableCapture`.

    What was torn off when the capture was killed, tracks that can't be read, and pictures of more than `max_pixels` are
    left out.
    """
    try:
        header = msgspec.json.decode((folder / "capture.json").read_bytes(), type=_Header)
    except (OSError, msgspec.DecodeError) as error:
        raise UnreadableCapture(f"There is no readable capture.json in {folder.name}.") from error
    timeline = _timeline(folder)
    surveys: dict[tuple[object, ...], list[tuple[TrackStarted, Survey]]] = {}
    for session, info in _tracks(timeline):
        found = _survey(_path(folder, info), info, header.started_at)
        if found is not None:
            surveys.setdefault(session, []).append((info, found))
    tracks: dict[int, VideoTrack | AudioTrack] = {}
    for together in surveys.values():
        clocks = sender_clocks([found.observations for _, found in together])
        for (info, found), clock in zip(together, clocks, strict=True):
            path, at = _path(folder, info), header.started_at
            if info.kind == "audio":
                tracks[info.number] = AudioTrack(path, info, at, found, clock)
            else:
                tracks[info.number] = VideoTrack(path, info, at, found, clock, max_pixels)
    ends = [(entry["at"] - header.started_at) / 1000 for entry in timeline[-1:]]
    ends += [track.to_s for track in tracks.values()]
    return CaptureFiles(
        folder,
        header.started_at,
        header.room_id,
        header.account_id,
        timeline,
        dict(sorted(tracks.items())),
        max(0.0, *ends) if ends else 0.0,
    )


def _path(folder: Path, info: TrackStarted) -> Path:
    return folder / "tracks" / f"{info.number:04}.rtpdump"


def _timeline(folder: Path) -> list[dict[str, Any]]:
    """The entries of all whole lines."""
    try:
        lines = (folder / "timeline.jsonl").read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    entries = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("at"), int | float):
            entries.append(entry)
    return entries


def _tracks(timeline: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[object, ...], TrackStarted]]:
    """The tracks, each with the session that it belongs to: who it is from, and which time of their being there.

    Who comes again may do so from another device, so their clock is another one.
    """
    snapshots = 0
    joins: Counter[str] = Counter()
    for entry in timeline:
        if "snapshot" in entry:
            snapshots += 1
        elif entry.get("event") == "peerJoined":
            joins[_joined(entry)] += 1
        elif "trackStarted" in entry:
            try:
                info = msgspec.convert(entry["trackStarted"], TrackStarted)
            except msgspec.ValidationError:
                continue
            if info.clock_rate > 0 and (info.kind == "audio" or info.mime_type.lower() in DEPACKETIZERS):
                yield (info.peer_id, snapshots, joins[info.peer_id]), info


def _joined(entry: Mapping[str, Any]) -> str:
    """Who joined; nobody if the entry is broken."""
    try:
        return msgspec.convert(entry.get("data"), PeerJoined).peer.id
    except msgspec.ValidationError:
        return ""


def _survey(path: Path, info: TrackStarted, started_at_ms: int) -> Survey | None:
    """None for a track without packets."""
    try:
        found = survey(path, info, started_at_ms)
    except (OSError, ParseError) as error:
        logger.warning("A track of a capture can't be read: %s", error)
        return None
    return found if found.marks else None
