"""Media by TCP (RFC 6544, RFC 4571): calls over real connections, and what strangers may do on the port."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from media.config import MediaConfig
from media.errors import AddressInUse
from media.net import tcp as tcp_module
from media.net.framing import MAX_FRAME, MAX_WAITING_BYTES
from media.net.tcp import IDLE_S, MAX_PER_ENDPOINT, STRANGER_BYTES, STRANGER_S, network_of
from media.rtp.rtcp import Pli
from media.sfu import Sfu
from media.states import TransportState
from tests.media.clients import Call, Camera, Peer, TcpPeer, audio_parameters, settle, until, video_parameters
from tests.media.packets import binding_request, build_rtp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from media.consumer import Consumer
    from media.net.tcp import TcpServer
    from media.send.egress import Egress


@pytest.fixture
async def both() -> AsyncIterator[Call]:
    """A call that is reached by UDP and TCP."""
    made = Call(tcp_port=0, max_send_bps=0)
    await made.start()
    yield made
    await made.close()


def server(call: Call) -> TcpServer[Egress]:
    assert call.sfu.tcp is not None
    return call.sfu.tcp


def stranger(call: Call) -> socket.socket:
    """A connection of somebody."""
    made = socket.create_connection(("127.0.0.1", server(call).port))
    made.setblocking(False)
    return made


async def ended(sock: socket.socket) -> bool:
    """Whether it is closed from over there within a while."""
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 4096), 30) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def on_probation(peer: Peer) -> bool:
    return peer.transport._path.probation.active


async def watch(call: Call, sends: type[Peer], receives: type[Peer]) -> tuple[Peer, Camera, Peer, Consumer]:
    sender, receiver = await call.join(kind=sends), await call.join(kind=receives)
    consumer, _ = receiver.consume(sender.produce("video", video_parameters()), call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    await until(lambda: receiver.of(consumer.ssrc))
    return sender, camera, receiver, consumer


@pytest.mark.parametrize(("sends", "receives"), [(TcpPeer, TcpPeer), (TcpPeer, Peer), (Peer, TcpPeer)])
async def test_sound_and_video_go_both_ways_by_tcp(both: Call, sends: type[Peer], receives: type[Peer]) -> None:
    sender, camera, receiver, consumer = await watch(both, sends, receives)
    voice, _ = receiver.consume(sender.produce("audio", audio_parameters()), both.capabilities)
    for number in range(50):
        camera.send()
        sender.send_rtp(bytes(build_rtp(109, number, 960 * number, 0x1000, b"opus")))
    await until(lambda: len(receiver.of(consumer.ssrc)) == 51 and len(receiver.of(voice.ssrc)) == 50)
    sent = list(camera.payloads.values())
    assert [packet.payload[4:] for packet in receiver.of(consumer.ssrc)] == [payload[4:] for payload in sent]
    assert [peer.transport.stats().protocol for peer in (sender, receiver)] == [
        "tcp" if kind is TcpPeer else "udp" for kind in (sends, receives)
    ]
    counted = server(both)
    assert (counted.received >= 101) is (sends is TcpPeer)
    assert counted.sent == (101 if receives is TcpPeer else 0)
    assert (counted.discarded, counted.dropped) == (0, 0)
    receiver.transport.close()
    server(both).report(both.clock())
    await asyncio.wait_for(receiver.dtls_closed.wait(), 30)
    server(both).report(both.clock())
    assert len(server(both)) == int(sends is TcpPeer)


async def test_a_slow_reader_gets_whole_packets_and_goes_on_with_a_keyframe(both: Call) -> None:
    sender, camera, receiver, consumer = await watch(both, Peer, TcpPeer)
    receiver._loop.remove_reader(receiver._socket.fileno())
    # Several of loopback's segments (64 kB), or the kernel would wait for its own probes of the window.
    receiver._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
    egress = receiver.transport.destination.egress
    assert egress is not None
    connection = egress._connection  # type: ignore[attr-defined]
    camera.size = 1000
    while not egress.dropped:
        for _ in range(50):
            camera.send()
        await asyncio.sleep(0.01)
    assert server(both).dropped == egress.dropped
    assert connection._queue.waiting_bytes <= MAX_WAITING_BYTES
    sender.rtcp.clear()
    seen = len(receiver.rtp)
    receiver._loop.add_reader(receiver._socket.fileno(), receiver._readable)
    await until(lambda: sender.feedback(Pli))
    assert len(receiver.rtp) > seen
    numbers = len(receiver.of(consumer.ssrc))
    camera.send(key=True)
    await until(lambda: len(receiver.of(consumer.ssrc)) > numbers)
    assert receiver.undecryptable == 0
    assert receiver.transport.connected


async def test_who_comes_by_tcp_goes_over_to_udp_and_back(both: Call) -> None:
    _, camera, receiver, consumer = await watch(both, Peer, TcpPeer)
    receiver.stop_checking()  # a check of its own would bring it back too early
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setblocking(False)
    udp.connect(both.sfu.sockets[0].address)
    check = binding_request(
        username=f"{receiver.ice_parameters.username_fragment}:x",
        password=receiver.ice_parameters.password.encode(),
        use_candidate=True,
        tie_breaker=1,
        priority=1,
    )
    udp.send(check)
    await until(lambda: receiver.transport.protocol == "udp")
    assert on_probation(receiver), "A new path is to be proven, whatever it is."
    camera.send()
    loop, video = asyncio.get_running_loop(), consumer.rtp_parameters.codecs[0].payload_type
    while (await asyncio.wait_for(loop.sock_recv(udp, 2048), 30))[1] & 0x7F != video:
        pass
    got = len(receiver.of(consumer.ssrc))
    receiver.check()
    await until(lambda: receiver.transport.protocol == "tcp")
    assert not on_probation(receiver), "The handshake has proven it."
    camera.send()
    await until(lambda: len(receiver.of(consumer.ssrc)) > got)
    udp.close()


async def test_a_closed_connection_frees_its_transport_for_any_other_path(both: Call) -> None:
    _, camera, receiver, consumer = await watch(both, Peer, TcpPeer)
    receiver._close_socket()
    await until(lambda: receiver.transport.state is TransportState.DISCONNECTED)
    receiver._socket = receiver._open_socket()
    receiver.check(use_candidate=False)
    await until(lambda: receiver.transport.state is TransportState.CONNECTED)
    got = len(receiver.of(consumer.ssrc))
    camera.send(key=True)
    await until(lambda: len(receiver.of(consumer.ssrc)) > got)


async def test_after_an_ice_restart_the_old_connection_is_closed(both: Call) -> None:
    _, camera, receiver, consumer = await watch(both, Peer, TcpPeer)
    old = receiver._socket.dup()
    await receiver.restart_ice(receiver.transport.restart_ice())
    got = len(receiver.of(consumer.ssrc))
    camera.send()
    await until(lambda: len(receiver.of(consumer.ssrc)) > got)
    old.close()
    for _ in range(2):
        server(both).report(both.clock())
    assert len(server(both)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: meet.example.org\r\n\r\n",
        (MAX_FRAME + 1).to_bytes(2, "big"),
        framed(b"\x80media without a check"),
        framed(b"\x16\xfe\xff" + bytes(30)),
        bytes(STRANGER_BYTES),
        framed(binding_request(username="who:x", password=b"p", use_candidate=True, tie_breaker=1, priority=1)) * 60,
    ],
    ids=["http", "too long", "media", "a handshake", "empty datagrams", "checks for nobody"],
)
async def test_who_says_something_else_first_is_cut_off(both: Call, sent: bytes) -> None:
    sock = stranger(both)
    await asyncio.get_running_loop().sock_sendall(sock, sent)
    assert await ended(sock)
    assert len(server(both)) == 0
    sock.close()


async def test_who_says_nothing_is_cut_off_after_a_while(both: Call) -> None:
    sock = stranger(both)
    await until(lambda: len(server(both)) == 1)
    server(both).report(both.clock() + STRANGER_S - 1)
    assert len(server(both)) == 1
    server(both).report(both.clock() + STRANGER_S + 1)
    assert await ended(sock)
    sock.close()


async def test_who_checks_no_more_is_cut_off(both: Call) -> None:
    peer = await both.join(kind=TcpPeer)
    peer.stop_checking()
    server(both).report(both.clock() + IDLE_S - 1)
    assert len(server(both)) == 1
    server(both).report(both.clock() + IDLE_S + 1)
    assert len(server(both)) == 0


async def test_one_address_has_so_many_silent_connections_and_others_still_get_in(
    both: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp_module, "MAX_STRANGERS_PER_ADDRESS", 5)
    many = [stranger(both) for _ in range(8)]
    await until(lambda: server(both).refused == 3)
    monkeypatch.setattr(tcp_module, "MAX_STRANGERS_PER_ADDRESS", 50)
    monkeypatch.setattr(tcp_module, "MAX_STRANGERS", 5)
    await both.join(kind=TcpPeer)  # the oldest one has made room
    assert await ended(many[0])
    assert len(server(both)) == 5
    for sock in many:
        sock.close()
    await until(lambda: len(server(both)) == 1)
    assert not server(both)._strangers_by_network


async def test_connections_are_bounded_in_all_and_of_one_address() -> None:
    for limits in ({"tcp_connections": 2}, {"tcp_per_address": 2}):
        call = Call(tcp_port=0, **limits)
        await call.start()
        for _ in range(2):
            await call.join(kind=TcpPeer)
        sock = stranger(call)
        assert await ended(sock)
        assert (len(server(call)), server(call).refused) == (2, 1)
        sock.close()
        await call.close()


async def test_where_all_connections_are_taken_those_in_reserve_make_room() -> None:
    call = Call(tcp_port=0, tcp_connections=2)
    await call.start()
    reserve = await call.join(kind=TcpPeer)
    assert reserve.transport._path.selected is not None
    connection, address = reserve.transport._path.selected
    connection.remove_address(address, reserve.transport._path)  # as when media goes over to UDP
    await call.join(kind=TcpPeer)
    await call.join(kind=TcpPeer)
    assert (len(server(call)), server(call).refused) == (2, 0)
    sock = stranger(call)
    assert await ended(sock)
    sock.close()
    await call.close()


async def test_one_participant_has_so_many_connections_and_keeps_the_one_in_use(both: Call) -> None:
    peer = await both.join(kind=TcpPeer)
    check = binding_request(
        username=f"{peer.ice_parameters.username_fragment}:x",
        password=peer.ice_parameters.password.encode(),
        use_candidate=False,
        tie_breaker=1,
        priority=1,
    )
    many = []
    for _ in range(MAX_PER_ENDPOINT + 3):
        many.append(stranger(both))
        many[-1].send(framed(check[:8] + len(many).to_bytes(12, "big") + check[20:]))  # as good as none: a wrong digest
        many[-1].send(framed(check))
    await until(lambda: len(server(both)) == MAX_PER_ENDPOINT)
    assert peer.transport.connected
    assert not server(both)._strangers
    for sock in many:
        sock.close()


async def test_a_connection_of_one_is_not_another_ones(both: Call) -> None:
    first, second = await both.join(kind=TcpPeer), both.make_peer(TcpPeer)
    second._close_socket()
    second._socket = first._socket
    second.check()
    await settle(0.05)
    assert second.transport.protocol is None
    first.stop_checking()
    both.clock.ahead_s += 16
    second.check()
    await until(lambda: second.transport.protocol == "tcp")
    assert len(server(both)) == 1
    server(both).report(both.clock())
    assert len(server(both)) == 1


async def test_candidates_by_tcp_are_passive_and_behind_those_by_udp(both: Call) -> None:
    udp, tcp = both.make_peer().transport.options.ice_candidates
    assert (udp.protocol, tcp.protocol, tcp.tcp_type) == ("udp", "tcp", "passive")
    assert tcp.port == server(both).port
    assert tcp.priority < udp.priority


async def test_a_port_in_use_is_reported(both: Call) -> None:
    other = Sfu(MediaConfig(port=0, tcp_port=server(both).port))
    with pytest.raises(AddressInUse, match="/tcp cannot be used"):
        await other.start()
    assert (other.sockets, other.tcp) == ([], None)


async def test_without_files_for_more_connections_there_is_a_pause(
    both: Call, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        def accept(self) -> None:
            raise OSError(24, "Too many open files")

    both.sfu.ticker.remove(server(both))  # whose reports end the pause
    server(both)._accept(Full())  # type: ignore[arg-type]
    assert "can be accepted for a moment" in caplog.text
    sock = stranger(both)
    await settle(0.05)
    assert len(server(both)) == 0
    server(both).report(both.clock())
    await until(lambda: len(server(both)) == 1)
    sock.close()


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert network_of(("2001:db8::1", 1)) == network_of(("2001:db8::ffff:2", 9)) != network_of(("2001:db8:0:1::1", 1))
    assert network_of(("192.0.2.1", 1)) != network_of(("192.0.2.2", 1))


async def test_what_comes_by_one_socket_leaves_at_once_by_all_others() -> None:
    """A receiver behind another address gets a packet with the wake-up that brought it."""
    call = Call(listen=(("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")), tcp_port=0)
    await call.start()
    receiver = await call.join()
    sender = call.make_peer()
    sender._close_socket()
    sender._server = ("127.0.0.2", sender._server[1])
    sender._socket = sender._open_socket()
    await sender.connect()
    consumer, _ = receiver.consume(sender.produce("video", video_parameters()), call.capabilities)
    assert sender.transport._path.selected != receiver.transport._path.selected
    camera = Camera(sender, 0x2000)
    receiver.stop_checking()
    for number in range(5):
        camera.send(key=True)
        await until(lambda count=number: len(receiver.of(consumer.ssrc)) > count)  # type: ignore[misc]
    await call.close()


@pytest.mark.parametrize("frame", [b"", b"\x80\xc8" + bytes(12), b"\x80\x60" + bytes(20), b"x" * 20])
async def test_who_sends_more_frames_than_anybody_needs_is_slowed_down(both: Call, frame: bytes) -> None:
    peer = await both.join(kind=TcpPeer)
    (connection,) = server(both)._all()
    data, loop, taken = framed(frame) * (200_000 // (len(frame) + 2)), asyncio.get_running_loop(), 0
    peer._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)

    async def pour() -> None:
        nonlocal taken
        while True:
            await loop.sock_sendall(peer._socket, data)
            taken += len(data)

    pouring = asyncio.create_task(pour())
    await until(lambda: connection._pause is not None)
    # It was seen with the read that was too much, at the latest.
    assert -tcp_module.READ_SIZE / 2 - 1 <= connection._budget.tokens < 0
    pouring.cancel()
    assert not connection.closed
    connection.close()
    assert connection._pause is not None
    assert connection._pause.cancelled()
