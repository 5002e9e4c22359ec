"""Packets that wait: who is paced, what is written when they leave, and that nothing of it depends on their stream."""

from __future__ import annotations

import pytest

from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, Layers
from media.rtp.packet import HEADER, Packet
from media.rtp.rtcp import Nack
from media.send.fanout import Forwards
from media.send.pacer import MAX_BYTES, MAX_WAIT_S, REPAIRS_WAIT_S
from media.send.pacing import (
    BEGIN_BELOW,
    CALM_S,
    END_ABOVE,
    FACTOR,
    REFINED,
    REFINED_WAIT_S,
    USELESS_S,
    Pacing,
    Unsent,
)
from media.send.rewriter import PacketRewriter
from media.send.transport_wide import WIRE_OVERHEAD
from tests.media.clients import video_parameters
from tests.media.parts import KeepingEgress, Narrow, Track, body, ready_destination

RATE = 1_000_000


def packet(extended: int, *, late: bool = False, size: int = 1000) -> Packet:
    data = bytearray(HEADER.pack(0x80, 96, extended & 0xFFFF, 3000 * extended & 0xFFFFFFFF, 0)) + bytes(size)
    made = Packet(data, extended, 3000 * extended, HEADER.size)
    made.abs_send_time_at = HEADER.size
    made.late = late
    return made


class Subscriber:
    """One on a narrow link."""

    def __init__(self) -> None:
        self.egress = KeepingEgress()
        self.destination = ready_destination(self.egress)
        self.asked = 0
        self.skipped = 0
        self.repeated: list[tuple[int, float]] = []
        self.unsent: Unsent | None = None
        self.pacing = Pacing(self.destination, self._ask, lambda ssrc: self if ssrc == 7 else None, 10.0)
        self.destination.pacing = self.pacing
        self.pacing.adapt(RATE, 0.0, 10.0, limited=True)
        self.rewriter = PacketRewriter(self.destination, 7)

    def _ask(self) -> None:
        self.asked += 1

    def skip_to_key_frame(self, unsent: Unsent | None = None) -> None:
        self.skipped += 1
        self.unsent = unsent

    def repeat(self, sequence_number: int, now: float) -> None:
        self.repeated.append((sequence_number, now))

    def drain(self, start: float = 20.0, steps: int = 400) -> None:
        for step in range(steps):
            if not self.pacing.drain(start + step * 0.005):
                return


def test_nothing_leaves_faster_than_a_link_is_known_to_carry() -> None:
    fastest = int(FACTOR * RATE)
    for capacity_bps, rate_bps in (
        (None, fastest),
        (1_050_000, 1_050_000),
        (900_000, RATE),
        (2 * RATE, fastest),
    ):
        pacing = Subscriber().pacing
        pacing.adapt(RATE, 0.0, 10.0, limited=True, capacity_bps=capacity_bps)
        assert pacing._pacer.rate_bps == rate_bps


def test_pacing_begins_below_and_ends_above_what_is_sent() -> None:
    pacing = Subscriber().pacing
    assert pacing.active
    assert not pacing.adapt(int(END_ABOVE * RATE), RATE, 11.0, limited=False)
    assert not pacing.adapt(int(0.9 * END_ABOVE * RATE), RATE, 13.0, limited=False)
    assert not pacing.adapt(int(END_ABOVE * RATE), RATE, 13.0 + 0.9 * CALM_S, limited=False)
    assert pacing.adapt(int(END_ABOVE * RATE), RATE, 13.0 + 1.1 * CALM_S, limited=False)
    assert not pacing.adapt(int(1.1 * BEGIN_BELOW * RATE), RATE, 20.0, limited=False)
    assert pacing.adapt(int(0.9 * BEGIN_BELOW * RATE), RATE, 21.0, limited=False)


def test_pacing_does_not_end_while_something_waits() -> None:
    subscriber = Subscriber()
    subscriber.pacing.put(packet(1), subscriber.rewriter)
    assert not subscriber.pacing.adapt(None, RATE, 100.0, limited=False)
    assert not subscriber.pacing.adapt(9 * RATE, RATE, 100.0, limited=False)
    subscriber.drain()
    assert subscriber.pacing.adapt(9 * RATE, RATE, 101.0, limited=False)


def test_a_stream_puts_video_there_and_sound_not() -> None:
    for video in (True, False):
        subscriber = Subscriber()
        forwards = Forwards(may_wait=video)
        forwards.add(subscriber.rewriter)
        forwards.send(packet(1))
        assert (len(subscriber.pacing), len(subscriber.egress.packets)) == ((1, 0) if video else (0, 1))


def test_what_waits_keeps_its_numbers_whatever_becomes_of_its_stream() -> None:
    subscriber = Subscriber()
    rewriter = subscriber.rewriter
    for number in range(1, 6):
        subscriber.pacing.put(packet(number), rewriter)
    rewriter.sequence_offset = rewriter.timestamp_offset = 999
    rewriter.ssrc = 8
    subscriber.drain()
    left = subscriber.egress.packets
    assert [(p.header.ssrc, p.sequence_number, p.header.timestamp) for p in left] == [
        (7, number, 3000 * number) for number in range(1, 6)
    ]


def test_the_send_time_is_that_of_leaving() -> None:
    subscriber = Subscriber()
    waiting = packet(1)
    waiting.stamp(1)
    subscriber.pacing.put(waiting, subscriber.rewriter)
    subscriber.drain(20.0)
    at = waiting.abs_send_time_at
    assert int.from_bytes(subscriber.egress.packets[0].data[at : at + 3], "big") == 20 * 262144 & 0xFFFFFF
    assert waiting.data[at : at + 3] == b"\x00\x00\x01"


def test_late_packets_go_before_what_waits() -> None:
    subscriber = Subscriber()
    forwards = Forwards(may_wait=True)
    forwards.add(subscriber.rewriter)
    for one in (packet(5), packet(6), packet(4, late=True)):
        forwards.send(one)
    subscriber.drain()
    assert [p.sequence_number for p in subscriber.egress.packets] == [4, 5, 6]


def test_nothing_goes_to_a_path_that_is_held_nor_after_the_end() -> None:
    subscriber = Subscriber()
    for number in range(1, 20):
        subscriber.pacing.put(packet(number), subscriber.rewriter)
    subscriber.destination.held = True
    assert not subscriber.pacing.drain(20.0)
    subscriber.destination.held = False
    subscriber.pacing.put(packet(20), subscriber.rewriter)
    subscriber.pacing.forget(7)
    assert len(subscriber.pacing) == 0
    subscriber.drain()
    assert subscriber.egress.packets == []


def test_what_would_wait_too_long_is_dropped_up_to_the_next_keyframe() -> None:
    subscriber = Subscriber()
    pacing = subscriber.pacing
    number = 0
    while not subscriber.skipped:
        number += 1
        pacing.put(packet(number), subscriber.rewriter)
    assert number * 1000 * 8 / (FACTOR * RATE) == pytest.approx(MAX_WAIT_S, rel=0.1)
    assert len(pacing) == 0
    assert pacing.dropped == number
    # Their numbers are given back: what comes next under them is sent again when it gets lost.
    assert subscriber.unsent == Unsent(1, number, 1000 * number)
    assert pacing.resends(7, 1)
    assert not pacing.resends(7, 0)
    assert pacing.resends(8, 0)
    pacing.drain(10.0 + 2 * USELESS_S)
    assert pacing.resends(7, 0)


def test_a_keyframe_is_not_dropped_nor_what_comes_behind_it() -> None:
    subscriber = Subscriber()
    for number in range(100):
        one = packet(number)
        one.timestamp = 5 if number < 90 else number * 3000
        one.keyframe = number == 0
        subscriber.pacing.put(one, subscriber.rewriter)
    assert (subscriber.skipped, len(subscriber.pacing)) == (0, 100)


@pytest.mark.parametrize(("after", "most_s"), [(REFINED, REFINED_WAIT_S), (REFINED + 3000, MAX_WAIT_S)])
def test_what_makes_a_keyframe_clear_may_wait_longer(after: int, most_s: float) -> None:
    subscriber = Subscriber()
    pacing = subscriber.pacing
    key = packet(0)
    key.keyframe, key.timestamp = True, 2**32 - 3000
    pacing.put(key, subscriber.rewriter)
    subscriber.drain()
    number = 0
    while not subscriber.skipped:
        number += 1
        one = packet(number)
        one.timestamp = after - 3000
        pacing.put(one, subscriber.rewriter)
    assert number * 1000 * 8 / (FACTOR * RATE) == pytest.approx(most_s, rel=0.1)


def test_retransmissions_are_bounded_too() -> None:
    subscriber = Subscriber()
    sent = 0
    while subscriber.pacing.resends(7, 1):
        subscriber.pacing.put_bytes(bytearray(1000), packet(1), 8)
        sent += 1
    assert sent * 1000 * 8 / (FACTOR * RATE) == pytest.approx(MAX_WAIT_S, rel=0.1)


def test_late_packets_are_bounded_as_retransmissions_are() -> None:
    subscriber = Subscriber()
    for number in range(2000, 0, -1):
        subscriber.pacing.put(packet(number, late=True), subscriber.rewriter)
    assert subscriber.pacing.queued_bytes * 8 / (FACTOR * RATE) == pytest.approx(MAX_WAIT_S, rel=0.1)
    assert subscriber.pacing.dropped == 2000 - len(subscriber.pacing)
    assert subscriber.skipped == 0


def test_whatever_is_sent_what_waits_has_its_place_in_memory() -> None:
    subscriber = Subscriber()
    most = 0
    for number in range(3000):
        one = packet(number)
        one.keyframe = True
        subscriber.pacing.put(one, subscriber.rewriter)
        most = max(most, subscriber.pacing.queued_bytes)
    assert most <= MAX_BYTES + 2000
    assert subscriber.skipped > 0
    # An estimate may be as high as a client says.
    subscriber.pacing.adapt(100_000_000, 0.0, 10.0, limited=True)
    while subscriber.pacing.resends(9, 1):
        subscriber.pacing.put_bytes(bytearray(1000), packet(1), 8)
    assert subscriber.pacing.queued_bytes <= MAX_BYTES + 2000


def test_a_consumer_skips_to_a_keyframe_with_other_numbers() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.frame(1, key=True)
    track.frame(2)
    asked = len(track.transport.requested)
    track.now += 5
    consumer.skip_to_key_frame()
    assert len(track.transport.requested) == asked + 1
    track.frame(3)
    track.frame(4, key=True)
    track.frame(5)
    assert [body(p) for p in egress.of(consumer.ssrc)] == [1, 2, 4, 5]
    numbers = [p.sequence_number for p in egress.of(consumer.ssrc)]
    assert numbers == sorted(set(numbers))


def test_what_is_left_behind_is_not_sent_again_nor_with_a_keyframe_at_all() -> None:
    subscriber = Subscriber()
    pacing = subscriber.pacing
    for number in (1, 2):
        pacing.put(packet(number), subscriber.rewriter)
    pacing.put_bytes(bytearray(packet(0).data), packet(0), 8)
    assert pacing.leave(7, 8, 2, waiting=False) is None
    assert len(pacing) == 2
    assert not pacing.resends(7, 2)
    assert pacing.resends(7, 3)
    assert pacing.leave(7, 8, 2, waiting=True) == Unsent(1, 2, 2000)
    assert len(pacing) == 0
    assert not pacing.resends(7, 0)
    assert pacing.resends(7, 1)
    assert pacing.leave(7, 8, 2, waiting=True) is None


def test_a_probe_takes_what_waits_and_nothing_that_has_not_left() -> None:
    subscriber = Subscriber()
    assert subscriber.pacing.send_probe(20.0) == 0
    for number in (1, 2):
        subscriber.pacing.put(packet(number), subscriber.rewriter)
    sizes = [subscriber.pacing.send_probe(20.0) for _ in range(3)]
    assert sizes == [len(packet(1).data) + WIRE_OVERHEAD, len(packet(2).data) + WIRE_OVERHEAD, 0]
    assert [sent.sequence_number for sent in subscriber.egress.packets] == [1, 2]
    stamp = int(20.0 * 262144) & 0xFFFFFF
    assert {sent.data[HEADER.size : HEADER.size + 3] for sent in subscriber.egress.packets} == {
        stamp.to_bytes(3, "big")
    }
    subscriber.pacing.put(packet(3), subscriber.rewriter)
    subscriber.destination.close()
    assert subscriber.pacing.send_probe(20.0) == 0


def test_after_a_change_of_path_what_was_lost_is_not_sent_again_if_a_keyframe_comes() -> None:
    narrow = Narrow(Track(), RATE)
    track, consumer = narrow.track, narrow.consumer
    for number in range(1, 5):
        track.frame(number, key=number == 1)
        narrow.drain(5)
    lost = narrow.numbers[-1]
    track.now += 1.0
    consumer.path_changed()
    assert track.transport.requested
    consumer.resend(Nack(consumer.ssrc, [lost]), track.now)
    narrow.drain(10)
    assert narrow.egress.of(consumer.stream.rtx_ssrc or 0) == []
    track.frame(5, key=True)
    narrow.drain(10)
    consumer.resend(Nack(consumer.ssrc, [narrow.numbers[-1]]), track.now)
    narrow.drain(10)
    assert len(narrow.egress.of(consumer.stream.rtx_ssrc or 0)) == 1


def test_what_waits_when_the_path_changes_goes_to_the_new_one_and_is_repaired_there() -> None:
    narrow = Narrow(Track(), RATE)
    track, consumer = narrow.track, narrow.consumer
    for number in range(1, 4):
        track.frame(number, key=number == 1)
        narrow.drain(5)
    for number in range(4, 7):
        track.frame(number, key=number == 4, size=1000)
    consumer.path_changed()
    narrow.drain(50)
    assert [body(p) for p in narrow.egress.of(consumer.ssrc)] == list(range(1, 7))
    consumer.resend(Nack(consumer.ssrc, narrow.numbers), track.now)
    narrow.drain(50)
    again = [int.from_bytes(p.payload[:2], "big") for p in narrow.egress.of(consumer.stream.rtx_ssrc or 0)]
    assert again == narrow.numbers[3:]


def test_retransmissions_leave_room_for_a_keyframe_that_waits() -> None:
    subscriber = Subscriber()
    one = packet(1)
    one.keyframe = True
    subscriber.pacing.put(one, subscriber.rewriter)
    sent = 0
    while subscriber.pacing.resends(9, 1):
        subscriber.pacing.put_bytes(bytearray(1000), packet(1), 8)
        sent += 1
    assert sent * 1000 * 8 / (FACTOR * RATE) == pytest.approx(REPAIRS_WAIT_S, abs=0.01)


def test_where_others_fill_the_queue_what_later_pictures_need_is_sent_twice() -> None:
    narrow = Narrow(Track(), RATE)
    track, consumer = narrow.track, narrow.consumer
    rtx_ssrc = consumer.stream.rtx_ssrc or 0

    def film(first: int, *, crowded: bool) -> list[int]:
        before = len(narrow.egress.of(rtx_ssrc))
        narrow.pacing.adapt(RATE, 0.0, track.now, limited=True, crowded=crowded)
        for number in range(first, first + 8):
            track.frame(number, key=number == first, temporal_layer=2 * (number % 2), size=500)
            narrow.drain(13)
        narrow.drain(50)
        again = narrow.egress.of(rtx_ssrc)[before:]
        return [int.from_bytes(p.payload[2:][-8:], "big") for p in again]

    assert film(2, crowded=False) == []
    # With a second keyframe of the same number, libwebrtc would show nothing but the slowest layer for a while.
    assert film(10, crowded=True) == [12, 14, 16]
    packets = len(narrow.egress.packets)
    consumer.resend(Nack(consumer.ssrc, [narrow.numbers[-1]]), track.now)
    narrow.drain(50)
    assert len(narrow.egress.packets) == packets + 1
    assert film(18, crowded=False) == []


def test_what_has_been_asked_for_is_not_sent_unasked_as_well() -> None:
    narrow = Narrow(Track(), RATE)
    track, consumer = narrow.track, narrow.consumer
    narrow.pacing.adapt(RATE, 0.0, track.now, limited=True, crowded=True)
    for number in range(1, 4):
        track.frame(number, key=number == 1, size=500)
        narrow.drain(5)
    consumer.resend(Nack(consumer.ssrc, [narrow.numbers[-1]]), track.now)
    narrow.drain(100)
    again = [int.from_bytes(p.payload[:2], "big") for p in narrow.egress.of(consumer.stream.rtx_ssrc or 0)]
    assert again.count(narrow.numbers[-1]) == 1


def test_a_larger_layer_does_not_wait_for_the_keyframe_of_the_smaller_one() -> None:
    track = Track(video_parameters(rids=("a", "b")), producer_type="simulcast")
    narrow = Narrow(track, RATE)
    track.frame(1, key=True)
    narrow.drain(20)
    left = len(narrow.numbers)
    assert left == 1
    track.frame(2, 0, key=True, size=1000)
    track.frame(12, 1, key=True, size=1000)
    narrow.drain(100)
    assert [body(p) for p in narrow.egress.of(narrow.consumer.ssrc)][left:] == [12]
    assert narrow.numbers == list(range(narrow.numbers[0], narrow.numbers[0] + left + 1))


def test_the_keyframe_of_a_smaller_layer_is_sent_again_whatever_was_left_out_before_it() -> None:
    track = Track(video_parameters(rids=("a", "b")), producer_type="simulcast")
    narrow = Narrow(track, RATE)
    track.frame(1, 0, key=True)
    track.frame(11, 1, key=True)
    narrow.drain(20)
    narrow.consumer.stream.numbers.limit_layers(PAUSED)
    track.frame(12, 1)
    narrow.consumer.allow(Layers(0, EVERY_LAYER), track.now)
    track.frame(2, 0, key=True)
    narrow.drain(20)
    assert [body(p) for p in narrow.egress.of(narrow.consumer.ssrc)][-1] == 2
    narrow.consumer.resend(Nack(narrow.consumer.ssrc, [narrow.numbers[-1]]), track.now)
    narrow.drain(20)
    again = [int.from_bytes(p.payload[:2], "big") for p in narrow.egress.of(narrow.consumer.stream.rtx_ssrc or 0)]
    assert again == [narrow.numbers[-1]]


def test_what_was_dropped_leaves_no_gap_in_the_numbers() -> None:
    narrow = Narrow(Track(), RATE)
    track, pacing = narrow.track, narrow.pacing
    track.frame(1, key=True, size=1000)
    narrow.drain(20)
    number = 1
    while not pacing.dropped:
        number += 1
        track.frame(number, size=1000)
        if number == 5:
            narrow.drain(2)
    sent = len(narrow.numbers)
    assert 1 < sent < number - pacing.dropped + 2
    track.frame(number + 1, size=1000)
    track.frame(number + 2, key=True, size=1000)
    track.frame(number + 3, size=1000)
    narrow.drain(40)
    assert [body(p) for p in narrow.egress.of(narrow.consumer.ssrc)][-2:] == [number + 2, number + 3]
    assert narrow.numbers == list(range(narrow.numbers[0], narrow.numbers[0] + sent + 2))
    packets, octets = narrow.consumer.stream.sent
    assert packets == sent + 2
    assert octets == sum(len(p.payload) for p in narrow.egress.of(narrow.consumer.ssrc))
    # What went out under a number that was given back is found by it.
    narrow.consumer.resend(Nack(narrow.consumer.ssrc, narrow.numbers[-2:]), track.now)
    narrow.drain(40)
    assert len(narrow.egress.of(narrow.consumer.stream.rtx_ssrc or 0)) == 2
