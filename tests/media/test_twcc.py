"""Transport-wide feedback, decoded as a sender would."""

from __future__ import annotations

import random
import struct

import pytest

from media.rtp.twcc import DELTA_US, REFERENCE_US, TransportFeedbackBuilder


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


def test_what_comes_after_its_feedback_or_twice_is_not_reported() -> None:
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
