"""Where a peer really is: a forged check gets next to nothing sent to a third party, a real move goes on at once."""

from __future__ import annotations

import asyncio
import math
import socket
from typing import TYPE_CHECKING

import pytest

from media.net.path_validation import DEAF_AFTER_WRONG_S, LSR_SPREAD, TRUST_OCTETS, Probation
from media.rtp.rtcp import ReportBlock, SenderReport, build_receiver_report, build_remb
from tests.media.clients import Call, Camera, Peer, settle, until, video_parameters, with_remb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from media.consumer import Consumer
    from media.send.pacing import Pacing

HOME, AWAY = ("192.0.2.1", 1000), ("198.51.100.7", 2000)
NTP = 5_000_000 << 32


def moved() -> Probation[tuple[str, int]]:
    """Somebody who was at home moved away at second 10."""
    probation: Probation[tuple[str, int]] = Probation(0)
    probation.begin(HOME, 1)
    probation.prove(HOME)
    probation.begin(AWAY, 10)
    return probation


def test_a_new_path_is_unproven_and_an_old_one_is_not() -> None:
    probation = moved()
    assert probation.active
    probation.begin(HOME, 11)
    assert not probation.active


def test_a_report_of_what_only_the_new_path_has_seen_proves_it() -> None:
    probation = moved()
    assert not probation.reported(70, 9.9, (99, 10.2), 10.6)  # of what the old path has seen
    assert probation.active
    assert probation.reported(99, 10.2, (99, 10.2), 10.7)
    assert not probation.active


def test_who_guesses_a_time_stamp_is_not_listened_to_for_a_while() -> None:
    probation = moved()
    latest = (1_000_000, 10.2)
    assert not probation.reported(1_000_001 - 200, None, latest, 10.3)
    assert not probation.reported(1_000_000, 10.2, latest, 10.4)
    assert probation.reported(1_000_000, 10.2, latest, 10.3 + DEAF_AFTER_WRONG_S)


def test_a_time_stamp_from_long_before_the_move_is_no_guess() -> None:
    probation = moved()
    latest = (10_000_000, 10.2)
    assert not probation.reported(10_000_000 - 5 * 65536, None, latest, 10.3)
    assert probation.reported(10_000_000, 10.2, latest, 10.4)


def test_time_stamps_can_not_be_guessed() -> None:
    seen = {Probation.set_back_s() for _ in range(2000)}
    assert len(seen) > 1500
    assert max(seen) < LSR_SPREAD / 65536


def test_an_unproven_path_gets_its_share_and_three_times_what_comes_from_there() -> None:
    probation = moved()
    sent = 0
    for step in range(6000):
        if probation.spend(0, 10 + step / 100):
            probation.spend(1200, 10 + step / 100)
            sent += 1200
    assert sent <= 2 * TRUST_OCTETS + 60 * 1000 + 1200
    assert not probation.spend(0, 70)
    probation.received(10_000)
    assert probation.spend(29_000, 70)


# --- on the wire ---


def socket_elsewhere() -> socket.socket:
    """A socket at another address."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.3", 0))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    made.setblocking(False)
    return made


def move(peer: Peer) -> None:
    """Go on from another address, as a phone does that leaves a network."""
    peer._close_socket()
    peer._socket = socket_elsewhere()
    peer._socket.connect(peer._server)
    peer._loop.add_reader(peer._socket.fileno(), peer._readable)
    peer.check()


@pytest.fixture
async def elsewhere() -> AsyncIterator[socket.socket]:
    """A third party's socket."""
    with socket_elsewhere() as made:
        yield made


class Watching:
    """One sends video, another gets it; both checked only when told from now on."""

    def __init__(self, call: Call) -> None:
        self.call = call

    async def start(self, *, reports: bool = True, estimates: bool = False) -> None:
        self.sender, self.receiver = await self.call.join(), await self.call.join()
        producer = self.sender.produce("video", video_parameters())
        capabilities = with_remb(self.call.router.rtp_capabilities) if estimates else self.call.capabilities
        self.consumer: Consumer = self.receiver.consume(producer, capabilities)[0]
        self.camera = Camera(self.sender, 0x2000, size=1000)
        if reports:
            self.sender.report(0x2000, NTP, 0)
        self.camera.send(key=True)
        await until(lambda: self.receiver.of(self.consumer.ssrc))
        self.receiver.stop_checking()

    async def narrow(self, bitrate_bps: int) -> Pacing:
        """The receiver, who `estimates`, has plenty, but its video is paced as if it had no more than this."""
        downlink = self.receiver.transport._downlink
        self.receiver.send_rtcp(build_remb(1, 50_000_000, [self.consumer.ssrc]))
        await until(lambda: (downlink.estimate_bps or 0) > 10_000_000)
        downlink._due = math.inf  # no tick finds that it has more
        downlink.pacing.adapt(bitrate_bps, 0.0, self.call.clock(), limited=True)
        self.receiver.transport._path.socket_changed()
        return downlink.pacing

    def check_from(self, other: socket.socket) -> None:
        """A nominated check with the receiver's own credentials, from another address."""
        other.connect(self.receiver._server)
        own, self.receiver._socket = self.receiver._socket, other
        self.receiver.check()
        self.receiver._socket = own

    async def film(self, packets: int) -> None:
        for number in range(packets):
            self.camera.send(key=number % 100 == 99)
            if number % 10 == 9:
                await asyncio.sleep(0.004)
        await settle(0.05)


def drain(sock: socket.socket) -> int:
    """How many bytes have come."""
    total = 0
    while True:
        try:
            total += len(sock.recv(4096))
        except BlockingIOError:
            return total


@pytest.mark.parametrize("consent", [True, False], ids=["while the old path has consent", "after it has run out"])
async def test_a_forged_check_sends_little_to_a_third_party(
    one_call: Call, elsewhere: socket.socket, consent: bool
) -> None:
    watching = Watching(one_call)
    await watching.start()
    if not consent:
        one_call.clock.ahead_s += 16
    for _ in range(3):
        watching.check_from(elsewhere)
        await settle(0.03)
    began = one_call.clock()
    total = 0
    for _ in range(10):
        await watching.film(100)
        total += drain(elsewhere)
        watching.check_from(elsewhere)
    assert watching.receiver.transport.destination.address == elsewhere.getsockname()
    most_in_a_tick = 100 * 1100
    assert 0 < total <= 2 * TRUST_OCTETS + 1000 * (one_call.clock() - began) + most_in_a_tick  # of 1.1 MB


async def test_what_waits_for_a_narrow_link_is_counted_when_it_leaves_for_somewhere_else(
    one_call: Call, elsewhere: socket.socket
) -> None:
    watching = Watching(one_call)
    await watching.start(estimates=True)
    pacing = await watching.narrow(1_000_000)
    for _ in range(400):
        watching.camera.send(key=True)
    await until(lambda: pacing.queued_bytes > 4 * TRUST_OCTETS)
    watching.check_from(elsewhere)
    await until(lambda: len(pacing) == 0)
    most_in_a_tick = 0.1 * 400 * 1100
    assert 0 < drain(elsewhere) <= TRUST_OCTETS + most_in_a_tick


async def test_a_real_move_is_proven_by_the_next_report_and_everything_goes_there(one_call: Call) -> None:
    watching = Watching(one_call)
    await watching.start()
    receiver, consumer = watching.receiver, watching.consumer
    receiver.rtcp.clear()
    move(receiver)
    await until(lambda: receiver.transport.destination.address == receiver.address)
    await until(lambda: receiver.feedback(SenderReport))  # at once, not with the next second's
    got = len(receiver.of(consumer.ssrc))
    await watching.film(10)
    await until(lambda: len(receiver.of(consumer.ssrc)) >= got + 10)  # media does not wait for the proof
    report = receiver.feedback(SenderReport)[-1]
    block = ReportBlock(consumer.ssrc, lsr=(report.ntp >> 16) & 0xFFFFFFFF)
    receiver.send_rtcp(build_receiver_report(1, [block]))
    await until(lambda: not receiver.transport._path.probation.active)
    got = len(receiver.of(consumer.ssrc))
    await watching.film(400)
    await until(lambda: len(receiver.of(consumer.ssrc)) >= got + 400)


async def prove(watching: Watching) -> None:
    """A report of what the new path has seen."""
    receiver = watching.receiver
    report = receiver.feedback(SenderReport)[-1]
    block = ReportBlock(watching.consumer.ssrc, lsr=(report.ntp >> 16) & 0xFFFFFFFF)
    receiver.send_rtcp(build_receiver_report(1, [block]))
    await until(lambda: not receiver.transport._path.probation.active)


@pytest.mark.parametrize("narrow", [False, True])
async def test_what_was_held_back_leaves_no_gap_in_the_numbers(one_call: Call, narrow: bool) -> None:
    watching = Watching(one_call)
    await watching.start(estimates=narrow)
    receiver, consumer = watching.receiver, watching.consumer
    transport = receiver.transport
    move(receiver)
    await until(lambda: transport.destination.address == receiver.address)
    await until(lambda: receiver.feedback(SenderReport))
    if narrow:
        await watching.narrow(2_000_000)
    for _ in range(200):
        watching.camera.send(key=True)
    await until(lambda: transport.destination.held)
    counted = consumer.stream.sent[0]
    await watching.film(50)
    assert consumer.stream.sent[0] > counted, "What comes while nothing may be sent."
    got = len(receiver.of(consumer.ssrc))
    await prove(watching)
    assert not transport.destination.held
    for _ in range(30):
        watching.camera.send(key=True)
    await until(lambda: len(receiver.of(consumer.ssrc)) > got + 20)
    await until(lambda: consumer.stream.sent[0] == len(receiver.of(consumer.ssrc)))
    numbers = [packet.sequence_number for packet in receiver.of(consumer.ssrc)]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(numbers)))


async def test_a_track_that_begins_while_media_is_held_comes_when_the_path_is_proven(one_call: Call) -> None:
    watching = Watching(one_call)
    await watching.start()
    receiver, transport = watching.receiver, watching.receiver.transport
    move(receiver)
    await until(lambda: transport.destination.address == receiver.address)
    await until(lambda: receiver.feedback(SenderReport))
    for _ in range(200):
        watching.camera.send(key=True)
    await until(lambda: transport.destination.held)
    other = await one_call.join()
    later = receiver.consume(other.produce("video", video_parameters()), one_call.capabilities)[0]
    camera = Camera(other, 0x2000, size=1000)
    camera.send(key=True)
    await until(lambda: later.current is not None)
    camera.send()
    await until(lambda: later.stream.sent[0] == 2)
    assert not receiver.of(later.ssrc)
    await prove(watching)
    assert later.stream.sent[0] == 0
    for _ in range(10):
        camera.send(key=True)
    await until(lambda: len(receiver.of(later.ssrc)) >= 9)
    assert later.stream.sent[0] == len(receiver.of(later.ssrc))


async def test_a_path_is_proven_where_no_sender_tells_its_clock(one_call: Call) -> None:
    watching = Watching(one_call)
    await watching.start(reports=False)
    receiver, transport = watching.receiver, watching.receiver.transport
    receiver.rtcp.clear()
    move(receiver)
    await until(lambda: transport.destination.address == receiver.address)
    await until(lambda: receiver.feedback(SenderReport))
    for _ in range(200):
        watching.camera.send(key=True)
    await until(lambda: transport.destination.held)
    await prove(watching)
    got = len(receiver.of(watching.consumer.ssrc))
    for _ in range(30):
        watching.camera.send(key=True)
    await until(lambda: len(receiver.of(watching.consumer.ssrc)) > got + 20)


async def test_numbers_that_are_given_back_take_nothing_from_what_the_next_tick_counts(one_call: Call) -> None:
    watching = Watching(one_call)
    await watching.start()
    receiver, transport = watching.receiver, watching.receiver.transport
    move(receiver)
    await until(lambda: transport.destination.address == receiver.address)
    for _ in range(200):
        watching.camera.send(key=True)
    await until(lambda: transport.destination.held)
    await watching.film(50)
    transport._path.probation.received(50_000)  # its share grows by what comes from there
    await until(lambda: not transport.destination.held)
    assert transport._path._holding._sent == transport._path._holding._media_sent()


async def test_who_connected_without_moving_is_proven_by_the_handshake(one_call: Call) -> None:
    peer = await one_call.join()
    assert not peer.transport._path.probation.active


async def test_who_moves_during_the_handshake_is_not(one_call: Call) -> None:
    peer = one_call.make_peer()
    transport = peer.transport

    def nominate_another(data: bytes) -> bool:
        if 20 <= data[0] < 64 and transport._handshake._path_before is not None and not transport._handshake._moved:
            move(peer)
        return False

    peer.lose_outgoing = nominate_another
    await peer.connect()
    await until(lambda: transport.connected)
    assert transport._handshake._moved
    assert transport._path.probation.active


async def test_what_a_peer_sends_from_there_is_answered(one_call: Call) -> None:
    """A sender that moved gets its feedback: it sends more than it gets."""
    sender = await one_call.join()
    sender.produce("video", video_parameters(transport_cc=True))
    camera = Camera(sender, 0x2000, size=1000)
    camera.send(key=True)
    move(sender)
    await until(lambda: sender.transport.destination.address == sender.address)
    received = sender.transport.received_packets
    for _ in range(100):
        camera.send()
    await until(lambda: sender.transport.received_packets == received + 100)
    assert sender.transport._path.probation.spend(0, one_call.clock())
