"""RTP packets out of a dump: parsed, counted on without wrap-around, and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.composition.read.packets import MAX_HELD, START_S, WINDOW_S, PacketParser, RtpPacket, in_order
from recording.rtpdump import Record
from tests.media.packets import build_rtp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def packet(number: int, arrival_ms: float, *, first: int = 0, timestamp: int = 0) -> Record:
    data = build_rtp(96, (first + number) & 0xFFFF, timestamp & 0xFFFFFFFF, 1, b"%d" % number)
    return Record(0, int(arrival_ms), is_rtcp=False, data=bytes(data))


def parse(records: Sequence[Record]) -> list[RtpPacket]:
    parser = PacketParser(96, 0.0)
    return [found for record in records if (found := parser.parse(record)) is not None]


def order(records: Sequence[Record]) -> list[int]:
    """The packets' places in the order in which they come out."""
    return [int(bytes(found.payload)) for found in in_order(parse(records))]


@pytest.mark.parametrize("first", [0, 1, 65_530, 65_535])
@given(delays=st.lists(st.integers(0, 1000), min_size=20, max_size=60), doubled=st.sets(st.integers(0, 59), max_size=9))
@settings(deadline=None)
def test_packets_that_come_late_or_twice_are_put_in_order(first: int, delays: list[int], doubled: set[int]) -> None:
    # The very first must not be later than what the start waits for.
    delays[0] = 0
    records = [packet(number, 20 * number + delay, first=first) for number, delay in enumerate(delays)]
    records += [packet(number, 20 * number + 1500, first=first) for number in doubled if number < len(delays)]
    records.sort(key=lambda record: record.offset_ms)
    assert order(records) == list(range(len(delays)))


def test_the_first_packets_may_come_in_any_order() -> None:
    records = [packet(number, at) for at, number in enumerate([2, 1, 0, 3, 4])]
    assert order(records) == [0, 1, 2, 3, 4]


def test_a_packet_that_never_comes_is_not_waited_for_longer_than_the_window() -> None:
    records = [packet(number, 20 * number) for number in range(400) if number != 50]
    parsed = parse(records)
    taken = 0

    def counted() -> Iterator[RtpPacket]:
        nonlocal taken
        for one in parsed:
            taken += 1
            yield one

    ahead = 0
    seen: list[int] = []
    for found in in_order(counted()):
        ahead = max(ahead, taken - len(seen))
        seen.append(int(bytes(found.payload)))
    assert seen == [number for number in range(400) if number != 50]
    assert ahead <= WINDOW_S / 0.02 + 5


def test_a_packet_that_comes_when_its_place_has_passed_is_left_out() -> None:
    records = [packet(number, 20 * number) for number in range(400) if number != 50]
    records.append(packet(50, 20 * 300))
    records.sort(key=lambda record: record.offset_ms)
    assert order(records) == [number for number in range(400) if number != 50]


def test_a_number_far_ahead_holds_up_nothing() -> None:
    records = [packet(number, 20 * number) for number in range(600)]
    records.insert(100, packet(20_000, 2000))
    assert order(records) == [*range(600), 20_000]


def test_what_is_held_is_bounded() -> None:
    records = [packet(number, number / 100) for number in range(3 * MAX_HELD) if number != 1]
    assert order(records) == [number for number in range(3 * MAX_HELD) if number != 1]


def test_numbers_and_timestamps_go_on_beyond_their_width() -> None:
    step = 90_000 * 3600
    records = [packet(20_000 * number, number, timestamp=2**32 - 5 + step * number) for number in range(30)]
    parsed = parse(records)
    assert [found.extended - parsed[0].extended for found in parsed] == [20_000 * number for number in range(30)]
    assert [found.timestamp - parsed[0].timestamp for found in parsed] == [step * number for number in range(30)]


def test_what_is_no_packet_of_the_track_is_left_out() -> None:
    other = Record(0, 1, is_rtcp=False, data=bytes(build_rtp(97, 1, 1, 1, b"1")))
    cut = Record(0, 1, is_rtcp=False, data=b"\x80\x60\x00")
    assert [bytes(found.payload) for found in parse([other, cut, packet(7, 1)])] == [b"7"]


def test_a_packet_tells_its_header_extensions() -> None:
    data = bytes(build_rtp(96, 1, 1, 1, b"media", extensions=[(6, b"\x85"), (8, b"\x01")]))
    (found,) = parse([Record(0, 0, is_rtcp=False, data=data)])
    assert (found.extension(6), found.extension(8), found.extension(1)) == (b"\x85", b"\x01", None)
    assert packet(1, 1).data
    (plain,) = parse([packet(1, 1)])
    assert plain.extension(6) is None


@given(st.lists(st.tuples(st.binary(max_size=40), st.integers(0, 10_000)), max_size=20))
def test_any_bytes_are_parsed(noise: list[tuple[bytes, int]]) -> None:
    heads = [b"", b"\x80\x60", b"\x90\x60\x00\x01"]
    records = [Record(0, at, is_rtcp=False, data=heads[number % 3] + data) for number, (data, at) in enumerate(noise)]
    for found in in_order(parse(records)):
        found.extension(6)
        assert len(found.payload) <= 40


def test_the_start_waits_for_lower_numbers_no_longer_than_it_says() -> None:
    late_ms = 1000 * START_S + 100
    records = [packet(number, 20 * number) for number in range(1, 100)]
    records.append(packet(0, late_ms))
    records.sort(key=lambda record: record.offset_ms)
    assert order(records) == list(range(1, 100))
