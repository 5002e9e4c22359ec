"""One line of numbers over all that a consumer is sent, the way back, and the distance between frames of two layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, Layers
from media.rtp.packet import ABS_SEND_TIME_SIZE, HEADER, Packet
from media.rtp.reception import SenderClock
from media.rtp.rtcp import SenderReport
from media.send.fanout import Forwards
from media.send.sequence_map import (
    MAX_FRAME_DISTANCE_S,
    MIN_FRAME_DISTANCE_S,
    SEGMENTS_KEPT,
    SequenceMap,
    frame_distance,
)
from tests.media.parts import KeepingEgress, ready_destination

if TYPE_CHECKING:
    from tests.media.clients import Rtp

SSRC = 77


class Stream:
    """A received stream that is fed numbers."""

    def __init__(self, first: int) -> None:
        self.origin: object = self
        self.forwards = Forwards()
        self.clock: SenderClock | None = None
        self.last_arrival: float | None = None
        self.highest = -1
        self.highest_timestamp = 0
        self.highest_picture_id = 0
        self.highest_tl0_picture_index = 0
        self.next = first
        self.packets: dict[int, Packet] = {}

    def cached(self, extended: int) -> Packet | None:
        return self.packets.get(extended)

    def packet(self) -> Packet:
        """The next packet, not yet sent."""
        number, self.next = self.next, self.next + 1
        timestamp = number * 3000 & 0xFFFFFFFF
        data = bytearray(HEADER.pack(0x80, 96, number & 0xFFFF, timestamp, 0)) + number.to_bytes(8, "big")
        return Packet(data, number, timestamp, HEADER.size)

    def send(self, packet: Packet) -> None:
        self.packets[packet.extended] = packet
        self.highest, self.highest_timestamp = packet.extended, packet.timestamp
        self.forwards.send(packet)


def began(sequence_map: SequenceMap, stream: Stream, *, now: float = 0.0, limit: int = EVERY_LAYER) -> None:
    """Go over to a stream and send its first packet."""
    packet, allowed = stream.packet(), Layers(EVERY_LAYER, limit)
    sequence_map.begin(stream, packet, now, clock_rate=90_000, joins_picture_ids=False, allowed=allowed)
    stream.send(packet)


def made() -> tuple[SequenceMap, KeepingEgress]:
    egress = KeepingEgress()
    return SequenceMap(ready_destination(egress), SSRC), egress


def line(packets: list[Rtp]) -> list[int]:
    return [(packet.sequence_number - packets[0].sequence_number) & 0xFFFF for packet in packets]


@pytest.mark.parametrize("start", [1, 65_530, 65_535, 131_070])
def test_numbers_go_on_over_sources_and_breaks_and_lead_back(start: int) -> None:
    sequence_map, egress = made()
    first, second = Stream(start), Stream(40_000)
    for stream in (first, second, first):
        began(sequence_map, stream)
        for _ in range(4):
            stream.send(stream.packet())
        sequence_map.end()
        assert sequence_map.forward is None
    assert line(egress.packets) == list(range(15))
    assert sequence_map.sent == (15, 15 * 8)
    for packet in egress.packets:
        found = sequence_map.find(packet.sequence_number)
        assert found is not None
        assert found[0].data[HEADER.size :] == packet.payload
        assert found[1].outgoing(found[0].extended) & 0xFFFF == packet.sequence_number


def test_what_was_not_sent_leads_nowhere() -> None:
    sequence_map, egress = made()
    assert sequence_map.find(1) is None
    began(sequence_map, Stream(5))
    number = egress.packets[0].sequence_number
    assert sequence_map.find(number) is not None
    assert [sequence_map.find((number + step) & 0xFFFF) for step in (-1, 1, 0x8000)] == [None] * 3
    sequence_map.clear()
    assert sequence_map.find(number) is None


@pytest.mark.parametrize("start", [1, 65_530, 131_070])
def test_how_far_a_receiver_is_behind_is_told_in_its_own_time(start: int) -> None:
    sequence_map, egress = made()

    def ticks(number: int, now: float = 60.0) -> int:
        return round(sequence_map.behind_s(number & 0xFFFF, 90_000, now) * 90_000)

    assert ticks(1) == 0
    for first in (start, 40_000):  # two sources, one line of timestamps
        stream = Stream(first)
        began(sequence_map, stream)
        for _ in range(9):
            packet = stream.packet()
            packet.data += bytes(ABS_SEND_TIME_SIZE)
            packet.abs_send_time_at = len(packet.data) - ABS_SEND_TIME_SIZE
            packet.stamp(5 * 262144)
            stream.send(packet)
    numbers = [packet.sequence_number for packet in egress.packets]
    assert [ticks(numbers[-1 - back]) for back in range(4)] == [0, 0, 3000, 6000]
    between = round(MIN_FRAME_DISTANCE_S * 90_000)
    assert ticks(numbers[2]) == 6 * 3000 + between + 9 * 3000
    assert ticks(numbers[2], now=5.1) == pytest.approx(9000, abs=2)  # whatever the sender's timestamps say
    assert ticks(numbers[-1] + 5) == 0  # never sent
    assert ticks(numbers[0] - 5) == 0
    sequence_map.end()
    assert ticks(numbers[2]) == 0


@pytest.mark.parametrize("start", [1, 65_530, 131_070])
def test_the_newest_number_is_one_that_was_sent_whatever_was_left_out_since(start: int) -> None:
    sequence_map, egress = made()
    stream = Stream(start)
    began(sequence_map, stream)
    sequence_map.limit_layers(PAUSED)
    for _ in range(3):
        stream.send(stream.packet())
    assert sequence_map.newest is not None
    assert sequence_map.newest[0] == egress.packets[-1].sequence_number
    began(sequence_map, Stream(40_000))
    assert line(egress.packets) == [0, 1], "The number after it is the next keyframe's."


def test_the_way_back_is_as_long_as_so_many_segments() -> None:
    sequence_map, egress = made()
    for index in range(SEGMENTS_KEPT + 1):
        began(sequence_map, Stream(1000 * index + 1))
    found = [sequence_map.find(packet.sequence_number) is not None for packet in egress.packets]
    assert found == [False] + [True] * SEGMENTS_KEPT


def test_ending_twice_or_before_the_beginning_is_nothing() -> None:
    sequence_map, _ = made()
    sequence_map.end()
    sequence_map.changed()
    stream = Stream(1)
    began(sequence_map, stream)
    sequence_map.end()
    sequence_map.end()
    assert sequence_map.sent == (1, 8)
    assert len(stream.forwards) == 0


def clock(ntp_seconds: float, rtp_timestamp: int) -> SenderClock:
    report = SenderReport(
        ssrc=1, ntp=int(ntp_seconds * 2**32), rtp_timestamp=rtp_timestamp, packet_count=0, octet_count=0, reports=[]
    )
    return SenderClock(report, 0.0, 90_000)


def test_sender_reports_give_the_exact_distance() -> None:
    old = clock(1000.0, 0)
    new = clock(1000.0, 0xFFFF0000)
    # 0.5 s into the old stream's time, 0.6 s into the new one's, across a wrap of its timestamps.
    distance = frame_distance(old, 45_000, new, (0xFFFF0000 + 54_000) & 0xFFFFFFFF, elapsed_s=0.08)
    assert distance == pytest.approx(0.1, abs=1e-5)


@pytest.mark.parametrize(
    ("new_timestamp", "elapsed", "expected"),
    [(0, 0.04, MIN_FRAME_DISTANCE_S), (90_000 * 60, 0.04, 0.04 + MAX_FRAME_DISTANCE_S)],
)
def test_a_jumping_sender_clock_is_kept_within_bounds(new_timestamp: int, elapsed: float, expected: float) -> None:
    assert frame_distance(clock(9, 0), 90_000, clock(9, 0), new_timestamp, elapsed) == pytest.approx(expected)


def test_without_reports_the_arrival_times_count() -> None:
    assert frame_distance(None, 0, None, 0, elapsed_s=0.25) == 0.25
    assert frame_distance(None, 0, clock(9, 0), 0, elapsed_s=0.0) == MIN_FRAME_DISTANCE_S
