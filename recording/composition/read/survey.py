"""One pass over a track's file: what its packets tell of clocks, and where decoding can begin."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from media.codecs import is_keyframe
from media.errors import ParseError
from media.rtp.rtcp import SenderReport, parse_compound
from recording.composition.read.clocks import Observations
from recording.composition.read.packets import PacketParser
from recording.rtpdump import RtpdumpReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recording.capture.capture import TrackStarted
    from recording.composition.read.packets import RtpPacket
    from recording.rtpdump import Record

NTP_FRACTION: Final = 1 << 32
MARK_S: Final = 1.0
LEVEL_MASK: Final = 0x7F


class Mark(NamedTuple):
    """A packet from which the file can be read: its place, arrival, and timestamp without wrap-around."""

    position: int
    arrival_s: float
    timestamp: int


@dataclass
class Survey:
    """What is known of a track without decoding it. Levels (RFC 6464) have their packets' arrivals and timestamps."""

    observations: Observations = field(default_factory=Observations)
    # One a second, for reading from the middle; and the first packet of each keyframe.
    marks: list[Mark] = field(default_factory=list)
    keyframes: list[Mark] = field(default_factory=list)
    last_arrival_s: float = 0.0
    levels: array[int] = field(default_factory=lambda: array("B"))
    level_arrivals: array[float] = field(default_factory=lambda: array("d"))
    level_timestamps: array[int] = field(default_factory=lambda: array("q"))


def survey(path: Path, track: TrackStarted, started_at_ms: int) -> Survey:
    """Read a track's whole file. Raises `OSError`, and `ParseError` where it is no dump."""
    found = Survey()
    observations = found.observations
    with path.open("rb") as file:
        reader = RtpdumpReader(file)
        parser = PacketParser(track.payload_type, _offset_s(reader, started_at_ms))
        timestamp = -1
        mark_at_s = 0.0
        for record in reader.records():
            if record.is_rtcp:
                _note_reports(record, found, parser, track.clock_rate)
                continue
            packet = parser.parse(record)
            if packet is None:
                continue
            arrival_s = packet.arrival_s
            observations.packet(packet.timestamp / track.clock_rate, arrival_s)
            if arrival_s >= mark_at_s:
                found.marks.append(Mark(record.position, arrival_s, packet.timestamp))
                mark_at_s = arrival_s + MARK_S
            if track.kind == "audio":
                _note_level(packet, found, track.audio_level_id)
            elif packet.timestamp != timestamp and is_keyframe(track.mime_type, packet.payload):
                found.keyframes.append(Mark(record.position, arrival_s, packet.timestamp))
            timestamp = packet.timestamp
            found.last_arrival_s = arrival_s
    return found


def read_from(path: Path, track: TrackStarted, started_at_ms: int, mark: Mark) -> Iterator[RtpPacket]:
    """The packets from a mark on, as they arrived, with the same timestamps as when it was made. Raises `OSError`."""
    with path.open("rb") as file:
        reader = RtpdumpReader(file)
        parser = PacketParser(track.payload_type, _offset_s(reader, started_at_ms), mark.timestamp)
        for record in reader.records(mark.position):
            if not record.is_rtcp and (packet := parser.parse(record)) is not None:
                yield packet


def _offset_s(reader: RtpdumpReader, started_at_ms: int) -> float:
    return (reader.start_us - 1000 * started_at_ms) / 1e6


def _note_reports(record: Record, found: Survey, parser: PacketParser, clock_rate: int) -> None:
    try:
        packets = parse_compound(record.data)
    except ParseError:
        return
    for packet in packets:
        if isinstance(packet, SenderReport):
            media_s = parser.unwrap_timestamp(packet.rtp_timestamp) / clock_rate
            found.observations.report(packet.ntp / NTP_FRACTION, media_s, parser.arrival_s(record))


def _note_level(packet: RtpPacket, found: Survey, level_id: int | None) -> None:
    value = packet.extension(level_id) if level_id else None
    if value:
        found.levels.append(value[0] & LEVEL_MASK)
        found.level_arrivals.append(packet.arrival_s)
        found.level_timestamps.append(packet.timestamp)
