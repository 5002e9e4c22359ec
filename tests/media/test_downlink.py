"""From feedback to an estimate, and back to what is sent: numbers, probes and who is told, over a simulated link."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from media.bandwidth.flow_groups import FlowGroups
from media.consumer import Consumer
from media.errors import ParseError
from media.ortc.negotiation import get_consumer_rtp_parameters
from media.rtp.rtcp import Nack
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.rtp.twcc import TransportFeedback, TransportFeedbackBuilder, parse_feedback
from media.send import downlink
from media.send.downlink import (
    ATTENTIVE_TICK_S,
    FEEDBACKS_AT_ONCE,
    FEEDBACKS_PER_S,
    PICTURE_FROM_BPS,
    Downlink,
    feedback_kind,
)
from media.send.pacing import USELESS_S
from media.send.sampling import FEW
from media.send.send_history import SendHistory
from media.send.transport_wide import WIRE_OVERHEAD, TransportWideTable
from tests.media.clients import Listener
from tests.media.parts import ROUTER, FakeTransport, KeepingEgress, Track, ready_destination

if TYPE_CHECKING:
    from media.ortc.parameters import RtpParameters
    from media.rtp.packet import Packet
    from media.send.egress import Rewriter, Target

NUMBER_ID = 5
STEP_S = 0.005


class Link(KeepingEgress):
    """A way out with a bottleneck behind it; `arrivals` are what has come through."""

    def __init__(self, table: TransportWideTable, bitrate_bps: int, buffer_s: float = 0.2) -> None:
        super().__init__()
        self.table = table
        self.bitrate_bps = bitrate_bps
        self.buffer_s = buffer_s
        self.free_at = 0.0
        self.receiver = TransportFeedbackBuilder()
        self.arrivals: list[tuple[float, int | None]] = []
        self.padded = 0
        self.sent_packets = 0

    def put(self, packet: Packet, forward: Rewriter) -> None:
        data = bytearray(len(packet.data))
        forward.write(packet, memoryview(data), 0)
        self._number(data, forward.destination, packet.number_at)

    def put_bytes(self, data: bytes | bytearray, destination: Target, number_at: int = -1) -> None:
        self._number(bytearray(data), destination, number_at)

    def _number(self, data: bytearray, destination: Target, number_at: int) -> None:
        now_us = self.table.now_us()
        place = self.table.number(memoryview(data), 0, number_at, destination.slot, len(data))
        if place >= 0:
            self.table.stamp([place], now_us)
        self.sent_packets += 1
        header = parse_rtp_header(data, len(data))
        self.padded += header.payload_length == 0
        at = read_extensions(data, header).get(NUMBER_ID)
        now = now_us / 1e6
        if self.free_at - now > self.buffer_s:
            return
        self.free_at = max(self.free_at, now) + (len(data) + WIRE_OVERHEAD) * 8 / self.bitrate_bps
        number = int.from_bytes(data[at[0] : at[0] + 2], "big") if at else None
        self.arrivals.append((self.free_at + 0.02, number))


class WaitingLink(Link):
    """Packets leave, and get their numbers, with the next flush, as by a socket; of each which probe it belonged to."""

    def __init__(self, table: TransportWideTable, bitrate_bps: int) -> None:
        super().__init__(table, bitrate_bps)
        self.waiting: list[tuple[bytearray, Target, int]] = []
        self.marked: list[int] = []
        self.padding: list[bool] = []

    def _number(self, data: bytearray, destination: Target, number_at: int) -> None:
        self.waiting.append((data, destination, number_at))

    def flush(self) -> None:
        self.release()

    def release(self) -> float:
        waiting, self.waiting = self.waiting, []
        for data, destination, number_at in waiting:
            self.marked.append(int(self.table.probing[destination.slot]))
            self.padding.append(parse_rtp_header(data, len(data)).payload_length == 0)
            super()._number(data, destination, number_at)
        return 0.0


class Told:
    """Shares nothing out, but remembers what it was told."""

    def __init__(self) -> None:
        self.wanted_bps = 2_500_000
        self.limited = False
        self.estimates: list[int | None] = []

    def update(self, estimate_bps: int | None, _now: float) -> None:
        self.estimates.append(estimate_bps)


class Call:
    """A camera of 30 pictures a second to one receiver across a link; simulated time."""

    def __init__(
        self, bitrate_bps: int, parameters: RtpParameters | None = None, kind_of_link: type[Link] = Link
    ) -> None:
        self.track = Track()
        self.table = TransportWideTable(lambda: self.track.now, NUMBER_ID)
        self.link = kind_of_link(self.table, bitrate_bps)
        transport = FakeTransport()
        transport.destination = self.destination = ready_destination(self.link)
        self.parameters = parameters or get_consumer_rtp_parameters(self.track.producer.consumable, ROUTER)
        self.sharing = Told()
        self.tick_at = self.feedback_at = self.track.now
        self.delays: list[float] = []
        self.pacing = False
        self.may_probe = True
        self.downlink = Downlink(
            self.destination,
            self.table,
            self.sharing,
            lambda: [self.consumer],
            (self._after, self._often),
            self._paced,
            FlowGroups(),
            self.now,
        )
        self.consumer = Consumer(
            transport, self.track.producer, self.parameters, Listener(), lambda: self.now, paused=False
        )
        self.downlink.follow(self.parameters, self.now)
        self.consumer.retarget(self.now)
        self.frames = 0
        self.steps = 0

    @property
    def now(self) -> float:
        return self.track.now

    def _after(self, delay_s: float) -> None:
        self.delays.append(delay_s)
        self.tick_at = self.now + delay_s

    def _paced(self) -> None:
        self.consumer.stream.socket_changed()

    def _often(self) -> None:
        self.pacing = True

    def run(self, seconds: float, packets: int = 3) -> None:
        """Pictures of some packets of 500 bytes."""
        for _ in range(round(seconds / STEP_S)):
            self.steps += 1
            if self.steps % 4 == 0:
                self.table.tick(self.now)
            if self.steps % 7 == 0:
                self.frames += 1
                for index in range(packets):
                    number = self.frames * 10 + index
                    self.track.feed(number, b"\x10\x00" + bytes(500), self.frames * 3000)
            if self.pacing:
                self.pacing = self.downlink.pace(self.now)
            if self.now >= self.tick_at:
                self.tick_at = math.inf
                self.downlink.tick(self.now, may_probe=self.may_probe)
            if self.steps % 200 == 0:
                self.downlink.report(self.now, may_probe=self.may_probe)
            if self.now >= self.feedback_at:
                self.feedback_at = self.now + 0.05
                self._give_feedback()
            self.track.now += STEP_S

    def _give_feedback(self) -> None:
        come = [one for one in self.link.arrivals if one[0] <= self.now]
        del self.link.arrivals[: len(come)]
        for at, number in come:
            if number is not None:
                self.link.receiver.received(number, int(at * 1e6))
        for data in self.link.receiver.build(1, 2):
            self.downlink.on_transport_wide(data[12 : len(data) - data[-1]] if data[0] & 0x20 else data[12:], self.now)


def test_a_good_link_is_known_within_two_seconds() -> None:
    call = Call(20_000_000)
    call.run(2.0)
    assert call.downlink.kind == "transport-cc"
    assert call.downlink.estimate_bps is not None
    assert call.downlink.estimate_bps >= 2_500_000
    assert call.sharing.estimates[-1] == call.downlink.estimate_bps


def test_before_the_first_picture_padding_probes_the_link() -> None:
    call = Call(20_000_000)
    call.run(2.0, packets=0)
    assert call.link.padded > 10
    assert call.downlink.estimate_bps is not None
    assert call.downlink.estimate_bps >= 2_500_000


def test_all_packets_of_a_probe_are_known_as_such_though_they_leave_with_the_next_flush() -> None:
    call = Call(20_000_000, kind_of_link=WaitingLink)
    link = call.link
    assert isinstance(link, WaitingLink)
    for _ in range(round(0.5 / STEP_S)):
        call.run(STEP_S, packets=0)
        link.flush()
    assert link.padded > 10
    assert all(link.marked)


def test_a_probe_of_a_narrow_link_begins_with_a_picture() -> None:
    call = Call(1_500_000, kind_of_link=WaitingLink)
    call.sharing.limited = True
    link = call.link
    assert isinstance(link, WaitingLink)
    beginnings: dict[int, bool] = {}
    for _ in range(round(20 / STEP_S)):
        known = call.downlink.pacing.active and (call.downlink.estimate_bps or 0) >= PICTURE_FROM_BPS
        call.run(STEP_S)
        link.flush()
        if known:
            for probe, padding in zip(link.marked, link.padding, strict=True):
                beginnings.setdefault(probe, padding)
        link.marked.clear()
        link.padding.clear()
    del beginnings[0]
    assert len(beginnings) > 1
    assert not any(beginnings.values())


def test_nothing_is_probed_where_the_client_may_not_be() -> None:
    call = Call(20_000_000)
    call.may_probe = False
    call.run(2.0, packets=0)
    assert call.link.sent_packets == 0
    call.may_probe = True
    call.run(0.5, packets=0)
    assert call.link.padded > 0


def test_a_narrow_link_is_not_believed_to_be_wide() -> None:
    call = Call(600_000)
    call.run(8.0)
    assert call.downlink.estimate_bps is not None
    assert 200_000 < call.downlink.estimate_bps < 900_000


def test_what_comes_at_once_after_a_stall_makes_no_link_narrow() -> None:
    call = Call(20_000_000)
    call.sharing.wanted_bps = 450_000
    call.run(6.0)
    assert not call.downlink.pacing.active
    for _ in range(15):
        call.run(0.1, packets=12)
        assert not call.downlink.pacing.active
    assert call.downlink.estimate_bps is not None
    assert call.downlink.estimate_bps < 1.5 * call.downlink._sent_bps


def test_a_calm_link_asks_for_no_ticks() -> None:
    call = Call(50_000_000)
    call.run(20.0)
    assert set(call.delays) == {ATTENTIVE_TICK_S}
    call.delays.clear()
    heard = len(call.sharing.estimates)
    call.run(10.0)
    assert call.delays == []
    # What feedback does not change is shared out once a second.
    assert len(call.sharing.estimates) - heard == 10


def test_a_calm_link_has_nothing_to_do_when_its_transport_is_called_for_something_else() -> None:
    call = Call(50_000_000)
    call.run(20.0)
    heard = len(call.sharing.estimates)
    for _ in range(100):
        call.run(0.1)
        call.downlink.tick(call.now)
    assert len(call.sharing.estimates) - heard == 10


def test_a_calm_link_is_looked_at_closely_as_soon_as_more_is_sent() -> None:
    call = Call(50_000_000)
    call.sharing.wanted_bps = 450_000
    call.run(20.0)
    call.delays.clear()
    began = call.now
    while not call.delays and call.now < began + 2.0:
        call.run(0.02, packets=10)
    assert call.now - began < 1.0
    call.run(0.1, packets=10)
    assert ATTENTIVE_TICK_S in call.delays


def test_a_calm_link_is_looked_at_closely_as_soon_as_feedback_is_missing() -> None:
    call = Call(50_000_000)
    call.run(20.0)
    call.delays.clear()
    began = call.now
    call.feedback_at = math.inf
    while ATTENTIVE_TICK_S not in call.delays and call.now < began + 3.0:
        call.run(0.02)
    assert call.now - began < 1.5
    call.run(1.0)
    assert call.downlink.stats().state == "silent"


def test_pacing_ends_between_two_pictures_also_if_ticks_come_with_them() -> None:
    call = Call(50_000_000)
    call.run(20.0)
    call.downlink.pacing.adapt(1_000_000, 0.0, call.now, limited=True)
    call.consumer.stream.socket_changed()
    ended = call.now + 6.0
    while call.downlink.pacing.active and call.now < ended:
        call.run(0.5)
        call.track.feed(10**6 + call.steps, b"\x00\x00" + bytes(500), 90_000 * call.steps)
        call.downlink.report(call.now)
    assert not call.downlink.pacing.active


def test_a_calm_link_among_many_is_looked_at_as_often_as_a_sample_of_it_is_sent() -> None:
    call = Call(50_000_000)
    for _ in range(99):
        SendHistory(call.table).set_numbered(numbered=True, attentive=False)
    call.run(30.0)
    assert call.table.sampled_s == pytest.approx(4.0, abs=0.1)
    looked_at = set()
    for _ in range(40):
        call.run(1.0)
        looked_at.add(call.downlink._ticked_at)
    assert len(looked_at) == pytest.approx(10, abs=2)


def test_on_a_calm_link_among_others_only_a_sample_is_numbered() -> None:
    call = Call(50_000_000)
    for _ in range(FEW):
        SendHistory(call.table).set_numbered(numbered=True, attentive=False)
    call.run(20.0)
    slot = call.destination.slot
    before, frames = int(call.table.next[slot]), call.frames
    call.run(5.0)
    share = (call.table.next[slot] - before) / (3 * (call.frames - frames))
    assert 0 < share < 0.4


def test_at_another_address_all_begins_anew() -> None:
    call = Call(20_000_000)
    call.run(3.0)
    known = call.downlink.estimate_bps
    call.downlink.moved(call.now)
    assert call.downlink.estimate_bps != known
    call._give_feedback()
    call.run(2.5)
    assert call.downlink.estimate_bps is not None
    assert call.downlink.estimate_bps >= 2_500_000


def test_a_keyframe_to_a_narrow_link_goes_out_over_time() -> None:
    call = Call(600_000)
    call.sharing.limited = True
    call.run(6.0, packets=2)
    assert call.downlink.pacing.active
    before = call.link.sent_packets
    call.track.feed(10**6, b"\x10\x00" + bytes(500), 900_000)
    for number in range(10**6 + 1, 10**6 + 40):
        call.track.feed(number, b"\x00\x00" + bytes(500), 900_000)
    assert len(call.downlink.pacing) >= 40
    assert call.link.sent_packets == before
    call.run(0.05, packets=0)
    assert 0 < call.link.sent_packets - before < 40
    call.run(1.0, packets=0)
    assert len(call.downlink.pacing) == 0


def test_with_plenty_nothing_waits() -> None:
    call = Call(20_000_000)
    call.run(8.0, packets=3)
    assert not call.downlink.pacing.active
    before = call.link.sent_packets
    call.track.feed(10**6, b"\x10\x00" + bytes(500), 900_000)
    assert call.link.sent_packets == before + 1


def test_what_a_client_negotiated_decides_what_is_estimated_from() -> None:
    track = Track()
    both = get_consumer_rtp_parameters(track.producer.consumable, ROUTER)
    assert feedback_kind(both) == "transport-cc"
    unnumbered = [e for e in ROUTER.header_extensions if e.preferred_id != NUMBER_ID]
    less = type(ROUTER)(codecs=ROUTER.codecs, header_extensions=unnumbered)
    remb = get_consumer_rtp_parameters(track.producer.consumable, less)
    assert feedback_kind(remb) == "remb"
    nothing = type(ROUTER)(codecs=ROUTER.codecs, header_extensions=[])
    assert feedback_kind(get_consumer_rtp_parameters(track.producer.consumable, nothing)) == "none"
    call = Call(20_000_000, remb)
    call.run(1.0)
    assert call.table.next[call.destination.slot] == 0
    call.downlink.on_remb(700_000, call.now)
    assert call.sharing.estimates


def test_video_that_a_receiver_without_estimate_is_not_sent_is_tried() -> None:
    unnumbered = [e for e in ROUTER.header_extensions if e.preferred_id != NUMBER_ID]
    less = type(ROUTER)(codecs=ROUTER.codecs, header_extensions=unnumbered)
    call = Call(20_000_000, get_consumer_rtp_parameters(Track().producer.consumable, less))
    first = call.downlink.estimate_bps
    call.run(10.0, packets=0)
    assert first is not None
    assert (call.downlink.estimate_bps or 0) == call.sharing.wanted_bps > first


def test_to_who_reports_nothing_all_is_sent_again_whatever_happened_in_between() -> None:
    nothing = type(ROUTER)(codecs=ROUTER.codecs, header_extensions=[])
    call = Call(20_000_000, get_consumer_rtp_parameters(Track().producer.consumable, nothing))
    call.run(0.5)
    assert not call.destination.paced
    stream = call.consumer.stream
    newest = stream.numbers.newest
    assert newest is not None
    call.consumer.path_changed()
    stream.leave_behind(waiting=False)
    call.run(USELESS_S + 0.5, packets=1)
    call.consumer.resend(Nack(stream.ssrc, [newest[0]]), call.now)
    assert stream.resent == 1


def test_odd_feedback_is_refused_and_harms_nothing() -> None:
    call = Call(20_000_000)
    call.run(1.0)
    with pytest.raises(ParseError):
        call.downlink.on_transport_wide(b"\x00\x01", call.now)
    # About numbers that were never given.
    call.downlink.on_transport_wide(bytes([0x40, 0, 0, 2, 0, 0, 0, 0, 0x20, 2, 4, 4]), call.now)
    call.run(1.0)
    assert call.downlink.estimate_bps is not None
    assert call.downlink.estimate_bps >= 2_500_000


def test_after_the_end_nothing_is_known_or_sent() -> None:
    call = Call(20_000_000)
    call.run(0.5)
    call.consumer.close()
    call.downlink.close()
    call.downlink.close()
    call.downlink.tick(call.now + 1)
    assert not call.downlink.pace(call.now + 1)
    call.downlink.on_transport_wide(bytes(8), call.now)


def test_of_a_flood_of_feedback_little_is_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    call = Call(20_000_000)
    call.run(2.0)
    parsed = []

    def parse(fci: bytes) -> TransportFeedback:
        parsed.append(fci)
        return parse_feedback(fci)

    monkeypatch.setattr(downlink, "parse_feedback", parse)
    # The longest there is: about 8192 packets, none of which arrived.
    longest = bytes([0, 0, 0x20, 0, 0, 0, 0, 0, 0x1F, 0xFF, 0, 1])
    for _ in range(200):
        for _ in range(20):
            call.downlink.on_transport_wide(longest, call.now)
        call.track.now += STEP_S
    assert len(parsed) <= 2 * FEEDBACKS_AT_ONCE + FEEDBACKS_PER_S
    # What is heard again as soon as the flood ends tells what the link carries.
    call.link.arrivals.clear()
    call.feedback_at = call.now
    call.run(6.0)
    assert call.downlink.estimate_bps is not None
    assert call.downlink.estimate_bps >= 2_500_000


def test_of_a_flood_of_remb_little_is_listened_to() -> None:
    track = Track()
    unnumbered = [e for e in ROUTER.header_extensions if e.preferred_id != NUMBER_ID]
    less = type(ROUTER)(codecs=ROUTER.codecs, header_extensions=unnumbered)
    call = Call(20_000_000, get_consumer_rtp_parameters(track.producer.consumable, less))
    call.run(0.5)
    before = len(call.sharing.estimates)
    for _ in range(4000):
        call.downlink.on_remb(700_000, call.now)
    assert len(call.sharing.estimates) - before <= 2 * FEEDBACKS_AT_ONCE
