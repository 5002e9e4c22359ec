"""Transport-wide numbers as columns: who gets which, what the history remembers, and how feedback finds its packets."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.rtp.packet import HEADER
from media.rtp.rtp import build_extensions, parse_rtp_header, read_extensions
from media.rtp.twcc import TransportFeedbackBuilder, parse_feedback
from media.send.sampling import FEW, LEAST_PERIOD, MOST_PERIOD, SAMPLE_TICKS, SPREAD, TOGETHER
from media.send.send_history import SendHistory
from media.send.transport_wide import (
    RING,
    TICK_S,
    WIRE_OVERHEAD,
    TransportWideTable,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from media.bandwidth.estimator import Acknowledged

IDENTIFIER = 5
LONG = (7, bytes(20))  # makes the block take the two-byte form


class Sender:
    """One transport's history, and a receiver that may lose packets. Time is in seconds."""

    def __init__(self) -> None:
        self.now = 10.0
        self.table = TransportWideTable(lambda: self.now, IDENTIFIER)
        self.history = SendHistory(self.table)
        self.history.set_numbered(numbered=True, attentive=True)
        self.receiver = TransportFeedbackBuilder()

    def send(self, length: int = 1000, *, lost: bool = False, probe_id: int = 0, delay_s: float = 0.05) -> int:
        """Send one packet; its number as it stands in the packet, -1 for none."""
        view = memoryview(packet(length))
        self.history.begin_probe(probe_id)
        place = self.table.number(view, 0, 21, self.history.slot, length)
        if place < 0:
            return -1
        self.table.stamp([place], self.table.now_us())
        number = int.from_bytes(view[21:23], "big")
        if not lost:
            self.receiver.received(number, int((self.now + delay_s) * 1e6))
        self.now += 0.01
        return number

    def feedback(self) -> list[Acknowledged]:
        told = [self.history.match(parse_feedback(fci(data))) for data in self.receiver.build(1, 2)]
        return [one for one in told if one is not None]


def fci(data: bytes) -> bytes:
    return data[12 : len(data) - data[-1]] if data[0] & 0x20 else data[12:]


def packet(length: int, *more: tuple[int, bytes]) -> bytearray:
    """With room for a number as `ReceiveStream` makes it."""
    block = build_extensions([(4, bytes(3)), (IDENTIFIER, bytes(2)), *more])
    data = bytearray(HEADER.pack(0x90, 96, 1, 1, 1)) + block
    head = 1 if block[0] == 0xBE else 2
    at = 12 + 4 + head + 3
    data[at : at + head] = bytes(head)
    return data + bytes(length - len(data))


def extensions(data: bytes | bytearray) -> dict[int, bytes]:
    header = parse_rtp_header(data, len(data))
    return {key: bytes(data[at : at + size]) for key, (at, size) in read_extensions(data, header).items()}


@pytest.mark.parametrize("more", [(), (LONG,)])
def test_a_number_makes_an_element_of_what_was_padding(more: tuple[tuple[int, bytes], ...]) -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    history = SendHistory(table)
    data = packet(200, *more)
    at = 23 if more else 21
    assert IDENTIFIER not in extensions(data)
    assert 4 in extensions(data)
    table.number(memoryview(data), 0, at, history.slot, 200)
    assert IDENTIFIER not in extensions(data)
    history.set_numbered(numbered=True, attentive=True)
    table.next[history.slot] = 0x1ABCD
    table.number(memoryview(data), 0, at, history.slot, 200)
    assert extensions(data)[IDENTIFIER] == b"\xab\xcd"
    assert [key for key, _ in more] == [key for key in extensions(data) if key == 7]
    assert history.sent_bytes == 2 * (200 + WIRE_OVERHEAD)


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("one_byte", [True, False])
def test_rows_are_numbered_as_single_packets_are(one_byte: bool, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.send.transport_wide.FEW", few)
    more = () if one_byte else (LONG,)
    at = 21 if one_byte else 23
    chance = random.Random(3)  # noqa: S311 - the same numbers in each run
    tables = [TransportWideTable(lambda: 0.0, IDENTIFIER) for _ in range(2)]
    for table in tables:
        for row in range(30):
            history = SendHistory(table)
            history.set_numbered(numbered=row % 3 > 0, attentive=row % 2 > 0)
            table.next[history.slot] = 65_500 + row
    slots = np.array([0, *chance.sample(range(1, 31), 20)], np.intp)
    for _ in range(60):
        for table in tables:
            table.tick(0.0)
        rows = np.zeros((2 * len(slots), 256), np.uint8)[1::2, :200]  # each second packet of the slots that they are in
        rows[:] = np.frombuffer(packet(200, *more), np.uint8)
        tables[0].number_rows(rows, at, slots, 200, one_byte=one_byte)
        for cells, slot in zip(rows, slots, strict=True):
            data = packet(200, *more)
            tables[1].number(memoryview(data), 0, at, int(slot), 200)
            assert bytes(cells) == bytes(data)
    assert (tables[0].next == tables[1].next).all()
    assert (tables[0].totals == tables[1].totals).all()
    given = [slot * RING + number % RING for slot in slots for number in range(65_500, tables[0].next[slot])]
    assert (tables[0].sizes[given] == tables[1].sizes[given]).all()
    assert (tables[0].ring_totals[given] == tables[1].ring_totals[given]).all()


def calm_slots(table: TransportWideTable, count: int = 100) -> NDArray[np.intp]:
    """The rows of so many calm transports."""
    histories = [SendHistory(table) for _ in range(count)]
    for history in histories:
        history.set_numbered(numbered=True, attentive=False)
    return np.array([history.slot for history in histories], np.intp)


def test_the_calm_get_numbers_for_a_sample_and_not_all_at_once() -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    slots = calm_slots(table)
    target = np.zeros((100, 100), np.uint8)
    given, ticks = [], 50 * 60
    for tick in range(ticks):
        table.tick(0.0)
        before = table.next.sum()
        if tick % 2:  # pictures of four packets, 25 a second
            for _ in range(4):
                table.number_rows(target, 21, slots, 100, one_byte=True)
        given.append(int(table.next.sum() - before))
    assert table.next[0] == 0
    share = table.next[slots] / (2 * ticks)
    assert share.max() < 0.05
    assert share.min() > 0.005
    assert max(given[MOST_PERIOD * 10 :]) < 4 * 40
    assert table.sampled_s == 4.0


def test_where_many_are_calm_most_packets_are_numbered_for_nobody() -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    slots = calm_slots(table)
    target = np.zeros((100, 100), np.uint8)
    numbered = []
    for tick in range(50 * 30):
        table.tick(0.0)
        if tick % 2:  # pictures of four packets, 25 a second
            numbered += [table.number_rows(target, 21, slots, 100, one_byte=True) is not None for _ in range(4)]
    lately = numbered[len(numbered) // 2 :]
    assert sum(lately) / len(lately) <= 2.5 / TOGETHER


def test_some_are_sampled_often() -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    slots = calm_slots(table, FEW + 1)
    samples, before = 0, True
    for tick in range(600):
        table.tick(0.0)
        on = bool(table.on[slots[0]])
        samples += tick >= 100 and on and not before
        before = on
    assert 500 / samples == pytest.approx(LEAST_PERIOD, abs=SPREAD)
    assert table.sampled_s == pytest.approx((FEW + 1) * TICK_S)


@pytest.mark.parametrize(("calm", "seconds"), [(20, 0.4), (50, 1.0), (75, 2.5), (100, 4.0), (400, 4.0)])
def test_the_more_are_calm_the_longer_it_is_between_two_samples(calm: int, seconds: float) -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    calm_slots(table, calm)
    table.tick(0.0)
    assert table.sampled_s == pytest.approx(seconds)


def test_a_few_are_numbered_throughout_also_once_others_have_gone() -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    slots = calm_slots(table, FEW)
    others = [SendHistory(table) for _ in range(3)]
    for _ in range(100):
        table.tick(0.0)
        assert table.on[slots].all()
    for other in others:
        other.set_numbered(numbered=True, attentive=False)
    numbered = []
    for _ in range(100):
        table.tick(0.0)
        numbered.append(table.on[slots].mean())
    assert sum(numbered[50:]) / 50 < 0.8
    for other in others:
        other.set_numbered(numbered=False, attentive=False)
    for _ in range(2 * SPREAD):
        table.tick(0.0)
    for _ in range(100):
        table.tick(0.0)
        assert table.on[slots].all()
        assert not table.on[[other.slot for other in others]].any()


def test_whoever_is_not_numbered_has_nothing_in_a_ring() -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    histories = [SendHistory(table) for _ in range(15)]
    histories[3].set_numbered(numbered=True, attentive=True)
    slots = np.array([history.slot for history in histories], np.intp)
    target = np.zeros((15, 100), np.uint8)
    places = table.number_rows(target, 21, slots, 100, one_byte=True)
    assert places is not None
    assert places.tolist() == [histories[3].slot * RING]
    table.stamp(places, 7)
    histories += [SendHistory(table) for _ in range(40)]
    assert np.flatnonzero(table.sizes).tolist() == np.flatnonzero(table.sent_us).tolist() == places.tolist()
    assert [history.sent_bytes for history in histories] == [100 + WIRE_OVERHEAD] * 15 + [0] * 40
    assert np.flatnonzero(target.any(axis=1)).tolist() == [3]


def test_a_table_grows_and_rows_are_used_again() -> None:
    table = TransportWideTable(lambda: 0.0, IDENTIFIER)
    first = SendHistory(table)
    first.set_numbered(numbered=True, attentive=True)
    table.number(memoryview(packet(100)), 0, 21, first.slot, 100)
    others = [SendHistory(table) for _ in range(100)]
    assert table.next[first.slot] == 1
    assert first.sent_bytes == 100 + WIRE_OVERHEAD
    first.close()
    first.close()
    again = SendHistory(table)
    assert again.slot == first.slot
    assert again.sent_bytes == 0
    table.tick(0.0)
    assert not table.on[again.slot]
    assert len({history.slot for history in [again, *others]}) == 101


@pytest.mark.parametrize("start", [0, 65_530, 131_072])
def test_feedback_finds_what_was_sent(start: int) -> None:
    sender = Sender()
    sender.table.next[sender.history.slot] = start
    sender.history.forget()
    for index in range(20):
        sender.send(500 + index, lost=index in {3, 7}, probe_id=9 if index == 5 else 0, delay_s=0.05 + index / 1000)
    (told,) = sender.feedback()
    assert told.sizes == [500 + index + WIRE_OVERHEAD for index in range(20)]
    assert told.probe_ids == [9 if index == 5 else 0 for index in range(20)]
    assert told.sent_at_s == pytest.approx([10 + index / 100 for index in range(20)])
    assert [math.isnan(arrived) for arrived in told.arrived_at_s] == [index in {3, 7} for index in range(20)]
    delays = np.subtract(told.arrived_at_s, told.sent_at_s)
    delays = delays[~np.isnan(delays)]
    assert np.diff(delays).tolist() == pytest.approx(
        np.diff([index / 1000 for index in range(20) if index not in {3, 7}]), abs=0.0006
    )
    assert told.unnumbered is not None
    assert told.unnumbered == [0] * 20
    assert sender.history.unacknowledged_since_s() is None


def test_what_feedback_told_before_is_left_out() -> None:
    sender = Sender()
    for index in range(5):
        sender.send(lost=index == 2)
    (data,) = sender.receiver.build(1, 2)
    feedback = parse_feedback(fci(data))
    told = sender.history.match(feedback)
    assert told is not None
    assert len(told.sizes) == 5
    assert sender.history.match(feedback) is None
    late = feedback._replace(arrived_at_us=[0.0, 1.0, 2.0, 3.0, math.nan])
    told = sender.history.match(late)
    assert told is not None
    assert len(told.sizes) == 1
    assert told.sent_at_s[0] == pytest.approx(10.02)


def test_numbers_that_were_never_given_or_are_forgotten_are_left_out() -> None:
    sender = Sender()
    numbers = [sender.send() for _ in range(RING + 100)]
    everything = parse_feedback(fci(feedback_about(0, len(numbers) + 50)))
    told = sender.history.match(everything)
    assert told is not None
    assert len(told.sizes) == RING - 1
    assert told.sent_at_s[-1] == pytest.approx(sender.now - 0.01)
    assert sender.history.match(everything._replace(base=len(numbers))) is None
    assert sender.history.match(everything._replace(base=40_000)) is None
    assert sender.history.match(everything._replace(arrived_at_us=[])) is None


def feedback_about(base: int, count: int) -> bytes:
    """All arrived, at the reference time."""
    chunk = bytes([0x20 | count >> 8, count & 0xFF])
    body = bytes(8) + base.to_bytes(2, "big") + count.to_bytes(2, "big") + bytes(4) + chunk + bytes(count)
    return b"\x8f\xcd\x00\x00" + body


def test_after_a_change_of_the_path_nothing_of_the_old_one_counts() -> None:
    sender = Sender()
    for _ in range(4):
        sender.send()
    sender.history.forget()
    assert sender.feedback() == []
    sender.send()
    assert sender.history.unacknowledged_since_s() == pytest.approx(10.04)
    (told,) = sender.feedback()
    assert told.sent_at_s == pytest.approx([10.04])


def test_bytes_without_numbers_are_told_with_the_packet_behind_them() -> None:
    sender = Sender()
    sender.send(100)
    sender.table.on[sender.history.slot] = 0
    assert sender.send(200) == -1
    assert sender.send(300) == -1
    sender.table.on[sender.history.slot] = 1
    sender.send(400)
    sender.send(500)
    (told,) = sender.feedback()
    assert told.unnumbered is not None
    assert told.unnumbered == [0, 500 + 2 * WIRE_OVERHEAD, 0]
    assert told.sizes == [100 + WIRE_OVERHEAD, 400 + WIRE_OVERHEAD, 500 + WIRE_OVERHEAD]
    assert sender.history.sent_bytes == 1500 + 5 * WIRE_OVERHEAD


def test_a_probes_packets_are_numbered_also_between_samples() -> None:
    sender = Sender()
    calm_slots(sender.table, FEW)
    sender.history.set_numbered(numbered=True, attentive=False)
    sender.table.on[sender.history.slot] = 0
    assert sender.send(probe_id=3) == 0
    sender.table.tick(0.0)
    assert sender.send(probe_id=3) == 1
    sender.history.begin_probe(0)
    for _ in range(SAMPLE_TICKS + 1):
        sender.table.tick(0.0)
        if not sender.table.on[sender.history.slot]:
            break
    assert sender.send() == -1
    sender.history.set_numbered(numbered=False, attentive=False)
    sender.table.tick(0.0)
    assert sender.send(probe_id=4) == -1
    (told,) = sender.feedback()
    assert told.probe_ids == [3, 3]


def test_the_reference_time_wraps_around() -> None:
    sender = Sender()
    sender.now = (2**24 - 1) * 0.064 - 0.02
    for _ in range(3):
        sender.send(delay_s=0.0)
    (first,) = sender.feedback()
    for _ in range(12):
        sender.send(delay_s=0.0)
    (second,) = sender.feedback()
    assert second.arrived_at_s[0] - first.arrived_at_s[-1] == pytest.approx(0.01, abs=0.001)
    assert (np.diff(second.arrived_at_s) > 0).all()


def test_nothing_is_chosen_where_nobody_is_numbered() -> None:
    asked: list[None] = []
    table = TransportWideTable(lambda: 0.0, IDENTIFIER, lambda: asked.append(None))
    history, other = SendHistory(table), SendHistory(table)
    assert not table.tick(0.0)
    history.set_numbered(numbered=False, attentive=False)
    assert not asked
    for one in (history, other, history):
        one.set_numbered(numbered=True, attentive=True)
    assert len(asked) == 1
    assert table.tick(0.0)
    history.set_numbered(numbered=False, attentive=False)
    assert table.tick(0.0)
    assert table.on.sum() == 1
    other.close()
    assert not table.tick(0.0)
    assert not table.on.any()
    SendHistory(table).set_numbered(numbered=True, attentive=False)
    assert len(asked) == 2
    assert table.tick(0.0)
