"""Transport-wide feedback, decoded as a sender would."""

from __future__ import annotations

import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import ParseError
from media.rtp.rtcp import TransportWide, parse_compound
from media.rtp.twcc import DELTA_US, MAX_STATUSES, REFERENCE_US, TransportFeedbackBuilder, parse_feedback


def decode(packet: bytes) -> tuple[int, int, int, list[int | None]]:
    """Base number, count of the packet, reference time, and each packet's arrival in µs or None (section 3.1)."""
    data = packet[12:]
    if packet[0] & 0x20:
        data = data[: -packet[-1]]
    base, count, mixed = struct.unpack_from(">HHI", data)
    reference, feedback = mixed >> 8, mixed & 0xFF
    position, symbols = 8, list[int]()
    while len(symbols) < count:
        chunk = struct.unpack_from(">H", data, position)[0]
        position += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk & 0x4000:
            symbols += [chunk >> 2 * (6 - index) & 3 for index in range(7)]
        else:
            symbols += [chunk >> 13 - index & 1 for index in range(14)]
    time = reference * REFERENCE_US
    arrivals: list[int | None] = []
    for symbol in symbols[:count]:
        if symbol == 0:
            arrivals.append(None)
            continue
        size, form = (1, ">B") if symbol == 1 else (2, ">h")
        time += struct.unpack_from(form, data, position)[0] * DELTA_US
        position += size
        arrivals.append(time)
    assert position == len(data)
    return base, feedback, reference, arrivals


@pytest.mark.parametrize("start", [0, 65_533, 65_535])
@pytest.mark.parametrize("clock_us", [0, (2**24 - 1) * REFERENCE_US - 1000, 10**13])
def test_losses_and_arrivals_come_back_across_both_wraps(start: int, clock_us: int) -> None:
    chance = random.Random(start)  # noqa: S311 - the same losses in each run
    builder = TransportFeedbackBuilder()
    expected: list[int | None] = []
    now = clock_us
    for number in range(350):
        now += chance.choice([0, 250, 5000, 70_000])
        lost = 0 < number < 349 and chance.random() < 0.2
        expected.append(None if lost else now)
        if not lost:
            builder.received((start + number) & 0xFFFF, now)
    got: list[int | None] = []
    for count, packet in enumerate(builder.build(1, 2)):
        base, feedback, reference, arrivals = decode(packet)
        assert base == (start + len(got)) & 0xFFFF
        assert feedback == count
        assert packet[4:12] == struct.pack(">II", 1, 2)
        unwrapped = next(e for e in expected[len(got) :] if e is not None) // REFERENCE_US
        assert reference == unwrapped & 0xFFFFFF
        cycle = (unwrapped - reference) * REFERENCE_US
        got += [None if arrival is None else arrival + cycle for arrival in arrivals]
    assert len(got) == len(expected)
    for real, reported in zip(expected, got, strict=True):
        assert (real is None) == (reported is None)
        if real is not None and reported is not None:
            assert 0 <= real - reported < DELTA_US


def test_reordered_packets_have_negative_deltas() -> None:
    builder = TransportFeedbackBuilder()
    for number, arrival in ((1, 10_000), (3, 11_000), (2, 12_000), (4, 13_000)):
        builder.received(number, arrival)
    (packet,) = builder.build(1, 2)
    assert decode(packet)[3] == [10_000, 12_000, 11_000, 13_000]


def test_a_loss_between_two_feedbacks_is_told_by_the_second() -> None:
    builder = TransportFeedbackBuilder()
    builder.received(1, 1000)
    builder.build(1, 2)
    builder.received(4, 2000)
    (packet,) = builder.build(1, 2)
    base, feedback, _, arrivals = decode(packet)
    assert (base, feedback, arrivals) == (2, 1, [None, None, 2000])


def test_what_comes_after_its_feedback_is_told_with_all_behind_it() -> None:
    builder = TransportFeedbackBuilder()
    for number, arrival in ((1, 1000), (2, 2000), (4, 4000), (6, 6000)):
        builder.received(number, arrival)
    builder.build(1, 2)
    builder.received(3, 7000)
    builder.received(7, 8000)
    builder.received(5, 9000)
    (packet,) = builder.build(1, 2)
    base, _, _, arrivals = decode(packet)
    assert (base, arrivals) == (3, [7000, 4000, 9000, 6000, 8000])
    assert builder.build(1, 2) == []


def test_what_comes_half_a_second_late_is_lost() -> None:
    builder = TransportFeedbackBuilder()
    for number, arrival in ((1, 0), (3, 1000), (4, 400_000)):
        builder.received(number, arrival)
    builder.build(1, 2)
    builder.received(5, 600_000)
    builder.build(1, 2)
    builder.received(2, 600_001)
    assert builder.build(1, 2) == []


def test_on_a_link_that_changes_the_order_nothing_is_told_as_lost_for_good() -> None:
    chance = random.Random(3)  # noqa: S311 - the same order in each run
    builder = TransportFeedbackBuilder()
    arrivals = sorted((number * 5000 + chance.randrange(30_000), number) for number in range(400))
    told: dict[int, int | None] = {}
    for index, (arrival, number) in enumerate(arrivals):
        builder.received(number, arrival)
        if index % 20 == 19:
            for packet in builder.build(1, 2):
                base, _, _, reported = decode(packet)
                told.update(
                    {base + at: one for at, one in enumerate(reported) if one is not None or base + at not in told}
                )
    assert all(told[number] is not None for number in range(arrivals[0][1], 400))


def test_what_comes_before_the_first_feedback_or_twice_is_not_reported() -> None:
    builder = TransportFeedbackBuilder()
    builder.received(10, 1000)
    builder.received(10, 9000)
    (packet,) = builder.build(1, 2)
    assert decode(packet)[3] == [1000]
    builder.received(9, 2000)
    builder.received(10, 2000)
    assert builder.build(1, 2) == []


def test_long_silences_and_jumps_start_another_packet() -> None:
    builder = TransportFeedbackBuilder()
    builder.received(1, 0)
    builder.received(2, 60_000_000)
    builder.received(20_000, 60_000_000)
    packets = builder.build(1, 2)
    assert [decode(packet)[0] for packet in packets] == [1, 2, 20_000]
    assert all(len(packet) < 100 for packet in packets)


def test_hostile_numbers_end_in_packets_of_bounded_size() -> None:
    chance = random.Random(1)  # noqa: S311 - the same numbers in each run
    builder = TransportFeedbackBuilder()
    for _ in range(2000):
        builder.received(chance.randrange(0x10000), chance.randrange(10**9))
    assert all(len(packet) < 1200 for packet in builder.build(1, 2))
    assert builder.build(1, 2) == []


def parsed(packet: bytes) -> tuple[int, int, list[int | None]]:
    """What `parse_feedback` makes of an RTCP packet: base, reference time, arrivals in µs or None."""
    (found,) = parse_compound(packet)
    assert isinstance(found, TransportWide)
    feedback = parse_feedback(found.fci)
    start = feedback.reference * REFERENCE_US
    arrivals = [None if math.isnan(at) else start + int(at) for at in feedback.arrived_at_us]
    return feedback.base, feedback.reference, arrivals


@given(st.lists(st.one_of(st.none(), st.integers(-40_000, 200_000)), min_size=1, max_size=600), st.integers(0, 65_535))
def test_what_is_built_is_parsed(gaps: list[int | None], start: int) -> None:
    builder = TransportFeedbackBuilder()
    now = 10**9
    for index, gap in enumerate(gaps):
        if gap is not None:
            now += gap
            builder.received((start + index) & 0xFFFF, now)
    for packet in builder.build(1, 2):
        base, _, reference, arrivals = decode(packet)
        assert parsed(packet) == (base, reference, arrivals)


def test_all_kinds_of_chunks_are_parsed() -> None:
    chunks = bytes([0x20, 3, 0xA8, 0x05, 0xD2, 0x00, 0x00, 2, 0x40, 1])
    # A run of three, one-bit symbols (1 0 1 0 0 0 0 0 0 0 0 1 0 1), two-bit (1 0 2 0 0 0 0), two lost, one large.
    head = struct.pack(">HHI", 65_530, 3 + 14 + 7 + 2 + 1, 5 << 8 | 9)
    deltas = bytes([1, 2, 3, 4, 5, 6, 7, 8]) + struct.pack(">h", -2) + struct.pack(">h", 300)
    feedback = parse_feedback(head + chunks + deltas)
    assert (feedback.base, feedback.reference) == (65_530, 5)
    symbols = [1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 2]
    received = [index for index, symbol in enumerate(symbols) if symbol]
    assert [index for index, at in enumerate(feedback.arrived_at_us) if not math.isnan(at)] == received
    steps = [1, 2, 3, 4, 5, 6, 7, 8, -2, 300]
    times = [sum(steps[: index + 1]) * DELTA_US for index in range(len(steps))]
    assert [feedback.arrived_at_us[index] for index in received] == times


@pytest.mark.parametrize(
    "fci",
    [
        b"",
        bytes(7),
        struct.pack(">HHI", 0, 1, 0),
        struct.pack(">HHI", 0, MAX_STATUSES + 1, 0) + b"\x1f\xff" * 2,
        struct.pack(">HHIH", 0, 5, 0, 0x2005) + bytes(4),
        struct.pack(">HHIH", 0, 5, 0, 0x4005) + bytes(9),
        struct.pack(">HHIH", 0, 5, 0, 0x6005) + bytes(20),
        struct.pack(">HHI", 0, 9, 0) + b"\x00\x00" * 4,
    ],
)
def test_impossible_feedback_is_refused(fci: bytes) -> None:
    with pytest.raises(ParseError):
        parse_feedback(fci)


@given(st.binary(max_size=300))
def test_nothing_but_a_parse_error_comes_of_any_bytes(fci: bytes) -> None:
    try:
        feedback = parse_feedback(fci)
    except ParseError:
        return
    assert len(feedback.arrived_at_us) <= MAX_STATUSES
