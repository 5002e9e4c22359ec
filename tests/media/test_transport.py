"""One connection over real UDP: ICE, DTLS, SRTP, restarts, consent, good-byes."""

from __future__ import annotations

import asyncio
import socket
from itertools import count
from typing import TYPE_CHECKING

import pytest

from media.errors import AddressInUse, InvalidParameters, InvalidState
from media.ortc.capabilities import TRANSPORT_WIDE_ID
from media.ortc.parameters import DtlsFingerprint, DtlsParameters
from media.rtp.rtcp import build_receiver_report
from media.rtp.rtp import read_extensions
from media.rtp.twcc import TransportFeedbackBuilder
from media.sfu import Sfu
from media.states import TransportState
from tests.media.clients import Call, Camera, Listener, Peer, audio_parameters, settle, until, video_parameters

if TYPE_CHECKING:
    from media.consumer import Consumer
    from media.ortc.parameters import RtpCapabilities

CONNECTING, CONNECTED, DISCONNECTED, FAILED, CLOSED = (
    TransportState.CONNECTING,
    TransportState.CONNECTED,
    TransportState.DISCONNECTED,
    TransportState.FAILED,
    TransportState.CLOSED,
)


async def watch(call: Call, capabilities: RtpCapabilities | None = None) -> tuple[Peer, Peer, Camera, Consumer]:
    """One sends video, another gets it."""
    sender, receiver = await call.join(), await call.join()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, capabilities or call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    await until(lambda: receiver.of(consumer.ssrc))
    return sender, receiver, camera, consumer


@pytest.mark.parametrize("role", ["client", "server"])
async def test_connects_in_either_dtls_role(one_call: Call, role: str) -> None:
    peer = await one_call.join(dtls_role=role)
    assert peer.listener.states == [CONNECTING, CONNECTED]
    assert peer.transport.stats().state == "connected"


async def test_a_client_that_is_faster_than_its_signalling_connects(one_call: Call) -> None:
    listener = Listener()
    transport = one_call.router.create_webrtc_transport(listener)
    peer = Peer(transport, listener)
    one_call.peers.append(peer)
    connecting = asyncio.ensure_future(peer.connect())
    await asyncio.sleep(0.1)
    transport.connect(peer.dtls_parameters)
    await connecting
    assert transport.state is CONNECTED


async def test_connects_over_ipv6() -> None:
    call = Call(listen=(("::1", "::1"),))
    try:
        await call.start()
    except AddressInUse:
        pytest.skip("This machine has no IPv6.")
    _, _, camera, _ = await watch(call)
    assert camera.peer.address[0] == "::1"
    await call.close()


@pytest.mark.parametrize("seed", [8, 9])
async def test_connects_at_a_loss_of_a_tenth_each_way(one_call: Call, seed: int) -> None:
    peer = one_call.make_peer()
    out, back = count(seed), count(seed + 5)
    peer.lose_outgoing = lambda _: next(out) % 10 == 0
    peer.lose_incoming = lambda _: next(back) % 10 == 0
    await peer.connect()
    await until(lambda: peer.transport.connected)


async def test_a_wrong_fingerprint_fails(one_call: Call) -> None:
    listener = Listener()
    transport = one_call.router.create_webrtc_transport(listener)
    peer = Peer(transport, listener)
    one_call.peers.append(peer)
    transport.connect(DtlsParameters([DtlsFingerprint("sha-256", ":".join(["00"] * 32))], role="client"))
    connecting = asyncio.ensure_future(peer.connect())
    await until(lambda: transport.state is FAILED)
    connecting.cancel()
    with pytest.raises(InvalidState):
        transport.produce("audio", audio_parameters())
    with pytest.raises(InvalidState):
        transport.restart_ice()


async def test_connecting_twice_or_without_a_known_fingerprint_is_refused(one_call: Call) -> None:
    transport = one_call.router.create_webrtc_transport(Listener())
    with pytest.raises(InvalidParameters):
        transport.connect(DtlsParameters([DtlsFingerprint("md5", "00")]))
    transport.connect(DtlsParameters([DtlsFingerprint("sha-256", "00")]))
    with pytest.raises(InvalidState):
        transport.connect(DtlsParameters([DtlsFingerprint("sha-256", "00")]))


async def test_an_ice_restart_moves_to_a_new_port_and_keeps_the_session(one_call: Call) -> None:
    _, receiver, camera, consumer = await watch(one_call)
    udp = one_call.sfu.sockets[0]
    fragments, addresses = len(one_call.sfu.endpoints.by_fragment), len(udp._by_key)
    old_address = receiver.address
    await receiver.restart_ice(receiver.transport.restart_ice())
    assert receiver.address != old_address
    before = len(receiver.of(consumer.ssrc))
    for _ in range(3):
        camera.send()
    await until(lambda: len(receiver.of(consumer.ssrc)) == before + 3)
    assert receiver.listener.states == [CONNECTING, CONNECTED]
    assert (len(one_call.sfu.endpoints.by_fragment), len(udp._by_key)) == (fragments, addresses)


async def test_restarts_that_nobody_follows_leave_nothing_behind(one_call: Call) -> None:
    peer = await one_call.join()
    udp = one_call.sfu.sockets[0]
    for _ in range(20):
        peer.transport.restart_ice()
    assert len(one_call.sfu.endpoints.by_fragment) == 2
    peer.transport.close()
    assert not one_call.sfu.endpoints.by_fragment
    assert not udp._by_key


async def test_without_consent_nothing_is_sent_until_the_next_check(one_call: Call) -> None:
    _, receiver, camera, consumer = await watch(one_call)
    receiver.stop_checking()
    one_call.clock.ahead_s += 16
    await until(lambda: receiver.transport.state is DISCONNECTED)
    assert not receiver.transport.connected
    got = len(receiver.of(consumer.ssrc))
    camera.send(key=True)
    await settle(0.1)
    assert len(receiver.of(consumer.ssrc)) == got
    receiver.check()
    await until(lambda: receiver.transport.state is CONNECTED)
    camera.send(key=True)
    await until(lambda: len(receiver.of(consumer.ssrc)) == got + 1)
    numbers = [packet.sequence_number for packet in receiver.of(consumer.ssrc)]
    assert numbers[-1] == numbers[-2] + 1
    assert receiver.listener.states == [CONNECTING, CONNECTED, DISCONNECTED, CONNECTED]


async def test_a_good_bye_of_the_client_fails_the_transport_and_stops_media(one_call: Call) -> None:
    _, receiver, camera, consumer = await watch(one_call)
    receiver.dtls.close()
    await until(lambda: receiver.transport.state is FAILED)
    sent = consumer.stats().packets_sent
    camera.send()
    await settle(0.05)
    assert consumer.stats().packets_sent == sent
    receiver.transport.close()
    assert receiver.listener.states[-2:] == [FAILED, CLOSED]


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("leaves", [True, False])
async def test_without_its_association_media_flows_and_good_byes_arrive(
    one_call: Call, role: str, *, leaves: bool
) -> None:
    _, _, camera, consumer = await watch(one_call)
    peer = await one_call.join(dtls_role=role)
    consumer, _ = peer.consume(consumer.producer, one_call.capabilities)
    transport = peer.transport
    transport.report(one_call.clock())
    assert transport._handshake.dtls  # the client may not have got the end of the handshake
    peer.send_rtcp(build_receiver_report(1, []))
    await until(lambda: transport._receiver.heard)
    transport.report(one_call.clock())
    assert transport._handshake._association is None
    camera.send(key=True)
    await until(lambda: len(peer.of(consumer.ssrc)) == 1)
    if leaves:
        peer.dtls.close()
        await until(lambda: transport.state is FAILED)
        transport.close()
    else:
        transport.close()
        await asyncio.wait_for(peer.dtls_closed.wait(), 2)
    assert peer.listener.states == [CONNECTING, CONNECTED, *[FAILED] * leaves, CLOSED]


async def test_closing_says_good_bye_to_the_client(one_call: Call) -> None:
    peer = await one_call.join()
    peer.transport.close()
    peer.transport.close()
    await asyncio.wait_for(peer.dtls_closed.wait(), 30)
    assert peer.listener.states == [CONNECTING, CONNECTED, CLOSED]


async def test_closing_the_sfu_says_good_bye_to_all() -> None:
    call = Call()
    await call.start()
    peers = [await call.join() for _ in range(3)]
    await call.sfu.close()
    for peer in peers:
        await asyncio.wait_for(peer.dtls_closed.wait(), 30)
        assert peer.transport.state is CLOSED
    await call.close()


async def test_a_new_address_counts_only_when_nominated(one_call: Call) -> None:
    peer = await one_call.join()
    peer.stop_checking()  # one of its own checks would go out from the other address
    selected = peer.address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.connect(peer._server)
        own = peer._socket
        peer._socket = other
        peer.check(use_candidate=False)
        await settle(0.05)
        assert peer.transport.destination.address == selected
        peer.check(use_candidate=True)
        await until(lambda: peer.transport.destination.address == other.getsockname())
        peer._socket = own


async def test_nobody_can_take_the_address_of_somebody_who_is_there(one_call: Call) -> None:
    """A forged source address lets a participant's own check come from another participant's address."""
    _, receiver, camera, consumer = await watch(one_call)
    stranger = one_call.make_peer()
    receiver.check()
    attacking = stranger._socket
    stranger._socket = receiver._socket  # a check with the stranger's credentials from the receiver's address
    stranger.check()
    await settle(0.05)
    stranger._socket = attacking
    before = len(receiver.of(consumer.ssrc))
    camera.send()
    await until(lambda: len(receiver.of(consumer.ssrc)) == before + 1)
    assert stranger.transport.destination.address is None
    received = receiver.transport.received_packets
    receiver.send_rtp(bytes([0x80, 0]) + bytes(30))
    await until(lambda: receiver.transport.received_packets == received + 1)


async def test_an_address_is_free_again_when_its_owner_is_gone(one_call: Call) -> None:
    first = await one_call.join()
    second = one_call.make_peer()
    second._close_socket()
    second._socket = first._socket
    second.check()
    await settle(0.05)
    assert second.transport.destination.address is None
    first.stop_checking()
    one_call.clock.ahead_s += 16
    second.check()
    await until(lambda: second.transport.destination.address == first.address)


async def test_an_empty_datagram_closes_nothing(one_call: Call) -> None:
    _, receiver, camera, consumer = await watch(one_call)
    receiver._socket.send(b"")
    camera.peer._socket.send(b"")
    camera.send()
    await until(lambda: len(receiver.of(consumer.ssrc)) == 2)
    assert receiver.transport.state is camera.peer.transport.state is CONNECTED


async def test_a_port_in_use_is_reported(one_call: Call) -> None:
    from media.config import MediaConfig  # noqa: PLC0415 - used here only

    other = Sfu(MediaConfig(port=one_call.sfu.sockets[0].port))
    with pytest.raises(AddressInUse, match="cannot be used"):
        await other.start()
    assert not other.sockets


async def test_two_addresses_share_a_port_and_a_transport_answers_on_both() -> None:
    call = Call(listen=(("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")))
    await call.start()
    listener = Listener()
    transport = call.router.create_webrtc_transport(listener)
    candidates = transport.options.ice_candidates
    assert [candidate.ip for candidate in candidates] == ["127.0.0.1", "127.0.0.2"]
    assert candidates[0].port == candidates[1].port
    peer = Peer(transport, listener)
    call.peers.append(peer)
    transport.connect(peer.dtls_parameters)
    await peer.connect()
    peer.stop_checking()  # one of its own checks would go out from the other address
    selected = transport.destination.egress
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.connect(("127.0.0.2", candidates[1].port))
        own = peer._socket
        peer._socket = other
        peer.check(use_candidate=False)
        await settle(0.05)
        assert transport.destination.egress is selected
        peer.check()
        await until(lambda: transport.destination.egress is call.sfu.sockets[1].egress)
        peer._socket = own
    await call.close()


async def test_everything_of_one_sender_has_one_cname_even_where_the_client_gives_none(one_call: Call) -> None:
    receiver = await one_call.join()
    names: list[set[str | None]] = []
    for given in (None, "alice"):
        sender = await one_call.join()
        audio, video = audio_parameters(), video_parameters()
        audio.rtcp.cname, video.rtcp.cname = given, None
        producers = [sender.produce("audio", audio), sender.produce("video", video)]
        consumers = [receiver.consume(producer, one_call.capabilities)[0] for producer in producers]
        names.append({consumer.rtp_parameters.rtcp.cname for consumer in consumers})
    (made_up,), (taken_over,) = names
    assert made_up
    assert taken_over == "alice"


async def test_feedback_about_what_was_sent_becomes_an_estimate(one_call: Call) -> None:
    sender, receiver, camera, _ = await watch(one_call, one_call.router.rtp_capabilities)
    assert sender.transport.stats().available_bitrate is None
    builder, read = TransportFeedbackBuilder(), 0
    while not receiver.transport.bandwidth.acknowledged_bps:
        camera.send()
        await asyncio.sleep(0.01)
        for packet in receiver.rtp[read:]:
            place = read_extensions(packet.data, packet.header).get(TRANSPORT_WIDE_ID)
            if place is not None:
                number = int.from_bytes(packet.data[place[0] : place[0] + 2], "big")
                builder.received(number, int(one_call.clock() * 1e6))
        read = len(receiver.rtp)
        for data in builder.build(1, 2):
            receiver.send_rtcp(data)
    assert receiver.transport.stats().available_bitrate is not None
    assert receiver.undecryptable == 0
