"""What is sent again, in which form, and how much of it."""

from __future__ import annotations

import pytest

from media.rtp.packet import HEADER, Packet
from media.send import destination as way
from media.send.pacing import Pacing
from media.send.retransmitter import (
    FORGOTTEN_S,
    HOPELESS_S,
    PADDING,
    PROBE_LEAST,
    RESEND_INTERVAL_S,
    RESENDS_AT_ONCE,
    RESENDS_PER_SECOND,
    USELESS_NACK_COST,
    Retransmitter,
)
from media.send.rewriter import PacketRewriter
from media.send.transport_wide import WIRE_OVERHEAD
from tests.media.parts import KeepingEgress, ready_destination

SSRC, RTX_SSRC, RTX_TYPE = 77, 78, 97


class Sent:
    """Every number up to `newest` was sent as it came."""

    def __init__(self, forward: PacketRewriter, newest: int = 0xFFFF) -> None:
        self.forward = forward
        self.last = newest
        self.looked_up = 0
        self.payload = b"picture"
        # What each packet has room for.
        self.field = ""
        # The number of a keyframe's first packet.
        self.keyframe = -1

    @property
    def newest(self) -> tuple[int, int] | None:
        return (self.last, 9000) if self.last >= 0 else None

    def find(self, sequence_number: int) -> tuple[Packet, PacketRewriter] | None:
        self.looked_up += 1
        if sequence_number > self.last:
            return None
        data = bytearray(HEADER.pack(0x80, 0x80 | 96, sequence_number, 9000, 0)) + self.payload
        packet = Packet(data, sequence_number, 9000, HEADER.size)
        packet.keyframe = sequence_number == self.keyframe
        if self.field:
            setattr(packet, self.field, HEADER.size)
        return packet, self.forward


def made(*, rtx: bool = True, newest: int = 0xFFFF) -> tuple[Retransmitter, Sent, KeepingEgress]:
    egress = KeepingEgress()
    destination = ready_destination(egress)
    sent = Sent(PacketRewriter(destination, SSRC), newest)
    payload_type, ssrc = (RTX_TYPE, RTX_SSRC) if rtx else (None, None)
    return Retransmitter(destination, sent, payload_type, ssrc, 100.0), sent, egress


def test_by_rtx_the_payload_begins_with_the_original_number() -> None:
    retransmitter, _, egress = made()
    retransmitter.resend([500, 7], 100.0)
    first, second = egress.packets
    assert [packet.payload for packet in (first, second)] == [b"\x01\xf4picture", b"\x00\x07picture"]
    assert (first.header.ssrc, first.header.payload_type, first.header.timestamp) == (RTX_SSRC, RTX_TYPE, 9000)
    assert first.header.marker
    assert (second.sequence_number - first.sequence_number) & 0xFFFF == 1
    assert retransmitter.resent == 2
    assert retransmitter.octets == sum(HEADER.size + len(packet.payload) for packet in (first, second))


def test_without_rtx_the_very_same_packet_is_sent() -> None:
    retransmitter, _, egress = made(rtx=False)
    retransmitter.resend([500], 100.0)
    assert [(p.header.ssrc, p.sequence_number, p.payload) for p in egress.packets] == [(SSRC, 500, b"picture")]
    assert retransmitter.octets == HEADER.size + len(b"picture")


@pytest.mark.parametrize("field", ["abs_send_time_at", "number_at"])
def test_without_rtx_nothing_is_sent_again_that_would_differ(field: str) -> None:
    retransmitter, sent, egress = made(rtx=False)
    sent.field = field
    retransmitter.resend([500], 100.0)
    assert egress.packets == []


def test_a_packet_is_not_sent_again_while_the_first_copy_may_be_on_its_way() -> None:
    retransmitter, _, _ = made()
    for moment in (0.0, RESEND_INTERVAL_S / 2, 1.01 * RESEND_INTERVAL_S):
        retransmitter.resend([5, 5], 100.0 + moment)
    assert retransmitter.resent == 2


def test_who_asks_again_and_again_while_a_queue_is_full_gets_fewer_and_fewer_copies() -> None:
    retransmitter, _, _ = made()
    firsts = [retransmitter.resend([5, 5], 100.0 + step / 10) for step in range(11)]
    assert firsts == [1, *[0] * 10]
    assert retransmitter.resent == 4
    assert retransmitter.resend([5], 101.0 + FORGOTTEN_S + 0.1) == 1


def test_a_copy_that_gets_lost_is_followed_by_others_at_even_distances() -> None:
    retransmitter, _, _ = made()
    sent = []
    for step in range(40):
        before = retransmitter.resent
        retransmitter.resend([5], 100.0 + step / 10, 0.35)
        sent += [step] * (retransmitter.resent - before)
    assert sent == [0, 1, *range(2, 40, 2)]


def test_on_a_narrow_link_no_copy_follows_before_the_one_before_can_have_arrived() -> None:
    retransmitter, sent, _ = made()
    destination = sent.forward.destination
    destination.pacing = Pacing(destination, lambda: None, lambda _: None, 100.0)
    destination.pacing.adapt(1_000_000, 0.0, 100.0, limited=True)
    for step in range(10):
        retransmitter.resend([5], 100.0 + step / 10, 0.35)
    assert retransmitter.resent == 3


def test_what_is_asked_for_long_after_it_was_sent_again_is_soon_given_up() -> None:
    retransmitter, sent, _ = made()
    sent.last = 5
    found = {}
    for step in range(12):
        at = step / 10
        retransmitter.resend([5], 100.0 + at)
        found[at] = retransmitter.hopeless
        # What can't be sent again is none of our business.
        retransmitter.resend([6], 100.0 + at)
        assert not retransmitter.hopeless
    assert found == {at: at > HOPELESS_S for at in found}
    retransmitter.resend([5], 101.2 + FORGOTTEN_S)
    assert not retransmitter.hopeless


def test_it_is_bounded_at_once_and_in_time() -> None:
    retransmitter, _, _ = made()
    for step in range(100):
        retransmitter.resend(range(step * 600, step * 600 + 600), 100.0 + step / 50)
    assert retransmitter.resent <= RESENDS_AT_ONCE + 2 * RESENDS_PER_SECOND + RESENDS_AT_ONCE


def test_all_that_one_receiver_gets_again_is_bounded_together() -> None:
    egress = KeepingEgress()
    destination = ready_destination(egress)
    sent = Sent(PacketRewriter(destination, SSRC))
    gone = Sent(PacketRewriter(destination, SSRC), -1)
    tracks = [Retransmitter(destination, sent, RTX_TYPE, RTX_SSRC + number, 100.0) for number in range(20)]
    for track in tracks:
        track.resend(range(600), 100.0)
    assert sum(track.resent for track in tracks) <= 2 * way.RESENDS_AT_ONCE
    for _ in range(20):
        Retransmitter(destination, gone, RTX_TYPE, RTX_SSRC, 100.0).resend(range(600), 100.0)
    assert gone.looked_up == 0
    tracks[0].resend([5000], 100.0 + 1 / way.RESENDS_PER_SECOND + 0.001)
    assert len(egress.packets) == sum(track.resent for track in tracks) > way.RESENDS_AT_ONCE


def test_looking_for_what_is_gone_is_bounded_too() -> None:
    retransmitter, sent, egress = made(newest=-1)
    retransmitter.resend(range(60_000), 100.0)
    assert sent.looked_up <= 2 * RESENDS_AT_ONCE / USELESS_NACK_COST
    assert egress.packets == []


def test_nothing_is_sent_again_to_who_is_held_back() -> None:
    retransmitter, _, egress = made()
    retransmitter._destination.held = True
    retransmitter.resend([5], 100.0)
    assert (egress.packets, retransmitter.resent) == ([], 0)


def test_a_probe_repeats_what_was_sent_by_rtx() -> None:
    retransmitter, sent, egress = made(newest=500)
    sent.payload = bytes(PROBE_LEAST)
    sizes = [retransmitter.send_probe(100.0) for _ in range(3)]
    assert [int.from_bytes(packet.payload[:2], "big") for packet in egress.packets] == [499, 498, 497]
    assert {packet.header.ssrc for packet in egress.packets} == {RTX_SSRC}
    assert sizes == [len(packet.data) + WIRE_OVERHEAD for packet in egress.packets]
    assert retransmitter.resent == 0


def test_a_probe_never_repeats_a_keyframe_as_a_whole() -> None:
    retransmitter, sent, egress = made(newest=500)
    sent.payload = bytes(PROBE_LEAST)
    sent.keyframe = 498
    sizes = [retransmitter.send_probe(100.0) for _ in range(3)]
    assert all(sizes)
    repeated = [int.from_bytes(packet.payload[:2], "big") for packet in egress.packets if not packet.header.padding]
    assert repeated == [499, 497]


def test_a_probe_is_padding_where_nothing_large_was_sent() -> None:
    for newest in (-1, 500):
        retransmitter, _, egress = made(newest=newest)
        assert retransmitter.send_probe(100.0) == len(egress.packets[0].data) + WIRE_OVERHEAD
        retransmitter.resend([400], 100.0)
        padding = egress.packets[0]
        assert (padding.header.payload_length, padding.header.padding) == (0, PADDING)
        assert padding.header.timestamp == (9000 if newest > 0 else 0)
        if newest > 0:
            assert (egress.packets[1].sequence_number - padding.sequence_number) & 0xFFFF == 1


def test_without_rtx_there_are_no_probes() -> None:
    retransmitter, _, egress = made(rtx=False)
    assert retransmitter.send_probe(100.0) == 0
    assert egress.packets == []
