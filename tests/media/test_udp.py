"""The shared socket: who gets what, and that nothing which arrives raises out of the loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import struct
import sys
import time
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from media.net.backlog import WAKE_UP_S
from media.net.buffers import MAX_PACKET
from media.net.coalescing import BEGINS_AT, WINDOW_S
from media.net.datagrams import SLOTS, DatagramBatch, SingleDatagrams
from media.net.endpoints import Address, Departures, Endpoints, Way
from media.net.udp import DATAGRAMS_PER_WAKE_UP, UdpSocket
from media.send import batch_egress as egress_module
from media.send.batch_egress import SEND_PATIENCE, BatchEgress, make_egress
from media.send.destination import Destination
from media.send.transport_wide import TransportWideTable
from tests.media.clients import settle
from tests.media.packets import binding_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from media.net.buffers import Block
    from media.net.stun import BindingRequest
    from media.send.egress import Egress


class Endpoint:
    """A transport that writes down what it is given."""

    def __init__(self, fragment: str = "local", *, consent: bool = True) -> None:
        self.fragment = fragment
        self.consent = consent
        self.checks: list[tuple[BindingRequest, Address]] = []
        self.dtls: list[bytes] = []
        self.srtp: list[bytes] = []
        self.raises = False
        self.hated = b""

    def password_for(self, username_fragment: str) -> bytes | None:
        return b"secret" if username_fragment == self.fragment else None

    def consents(self, _now: float) -> bool:
        return self.consent

    def receive_check(self, request: BindingRequest, way: Way[Egress], address: Address, _now: float) -> None:
        self.checks.append((request, address))
        way.add_address(address, self)

    def receive_dtls(self, data: bytes) -> None:
        self.dtls.append(data)

    def receive_srtp(self, memory: Block, length: int, _now: float) -> None:
        if self.raises or bytes(memory.view[:length]) == self.hated:
            message = "unforeseen"
            raise ZeroDivisionError(message)
        self.srtp.append(bytes(memory.view[:length]))

    def way_relieved(self, way: Way[Egress]) -> None: ...
    def way_lost(self, way: Way[Egress], address: Address) -> None: ...


def check(fragment: str = "local", password: bytes = b"secret") -> bytes:
    return binding_request(
        username=f"{fragment}:remote", password=password, use_candidate=True, tie_breaker=1, priority=1
    )


@pytest.fixture(params=[True, False], ids=["batched", "plain"])
async def udp(request: pytest.FixtureRequest) -> AsyncIterator[UdpSocket[Egress]]:
    egress = partial(make_egress, batched=True, numbers=TransportWideTable(time.monotonic))
    shared = (Endpoints(), Departures())
    made = UdpSocket("127.0.0.1", 0, time.monotonic, shared, egress, batched=request.param)
    made.start(asyncio.get_running_loop())
    yield made
    made.close()
    made.close()


@pytest.fixture
async def client(udp: UdpSocket[Egress]) -> AsyncIterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        made.connect(udp.address)
        yield made


async def test_datagrams_are_told_apart_by_their_first_byte(udp: UdpSocket[Egress], client: socket.socket) -> None:
    endpoint = Endpoint()
    udp._endpoints.add_fragment("local", endpoint)
    for first in range(256):
        client.send(bytes([first]) + bytes(30))
    await settle()
    assert udp.discarded == 256
    client.send(check())
    await settle()
    assert endpoint.checks[0][1] == client.getsockname()
    assert client.recv(2048)[:2] == b"\x01\x01"
    for first in range(256):
        client.send(bytes([first]) + bytes(30))
    await settle()
    assert [data[0] for data in endpoint.dtls] == list(range(20, 64))
    assert [data[0] for data in endpoint.srtp] == list(range(128, 192))
    assert udp.discarded == 256 + 256 - 44 - 64


async def test_empty_unauthentic_and_unknown_are_discarded(udp: UdpSocket[Egress], client: socket.socket) -> None:
    endpoint = Endpoint()
    udp._endpoints.add_fragment("local", endpoint)
    for data in (b"", check(password=b"forged"), check("other"), check()[:-4]):
        client.send(data)
    await settle()
    assert udp.discarded == 4
    assert not endpoint.checks
    with pytest.raises(BlockingIOError):
        client.recv(1)


async def test_an_address_stays_with_who_consents_and_goes_to_the_next_without(
    udp: UdpSocket[Egress], client: socket.socket
) -> None:
    holder, stranger = Endpoint("holder"), Endpoint("stranger")
    udp._endpoints.add_fragment("holder", holder)
    udp._endpoints.add_fragment("stranger", stranger)
    client.send(check("holder"))
    client.send(check("stranger"))
    client.send(b"\x80media")
    await settle()
    assert (len(holder.srtp), len(stranger.srtp), len(stranger.checks)) == (1, 0, 0)
    holder.consent = False
    client.send(check("stranger"))
    client.send(b"\x80media")
    await settle()
    assert (len(holder.srtp), len(stranger.srtp)) == (1, 1)
    udp.remove_address(client.getsockname(), holder)  # not its own any more
    client.send(b"\x80media")
    await settle()
    assert len(stranger.srtp) == 2


async def test_an_unforeseen_error_is_logged_and_the_loop_goes_on(
    udp: UdpSocket[Egress], client: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = Endpoint()
    udp._endpoints.add_fragment("local", endpoint)
    client.send(check())
    await settle()
    endpoint.raises = True
    client.send(b"\x80media")
    await settle()
    endpoint.raises = False
    client.send(b"\x80media")
    await settle()
    assert len(endpoint.srtp) == 1
    assert "could not be handled" in caplog.text


async def test_what_came_along_with_an_unforeseen_error_is_handed_on(
    udp: UdpSocket[Egress], client: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = Endpoint()
    udp._endpoints.add_fragment("local", endpoint)
    client.send(check())
    await settle()
    endpoint.hated = b"\x80bad"
    sent = [b"\x80%d" % number for number in range(2 * SLOTS)]
    for number, data in enumerate(sent):
        client.send(data)
        if number % 10 == 0:
            client.send(b"\x80bad")
    await settle()
    assert endpoint.srtp == sent
    assert caplog.text.count("could not be handled") == len(sent[::10])


async def test_more_than_one_wake_up_takes_is_taken_by_the_next_and_sent_at_once(
    udp: UdpSocket[Egress], client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint()
    udp._endpoints.add_fragment("local", endpoint)
    client.send(check())
    await settle()
    flushed: list[int] = []
    monkeypatch.setattr(udp._departures, "flush", lambda: flushed.append(len(endpoint.srtp)))
    for number in range(DATAGRAMS_PER_WAKE_UP + 5):
        client.send(b"\x80%d" % number)
    await settle()
    assert [int(data[1:]) for data in endpoint.srtp] == list(range(DATAGRAMS_PER_WAKE_UP + 5))
    assert list(dict.fromkeys(flushed)) == [DATAGRAMS_PER_WAKE_UP, DATAGRAMS_PER_WAKE_UP + 5]


class SlowEndpoint(Endpoint):
    """One for whom each packet takes a while, as one that hundreds receive; `clock` is time for its socket."""

    def __init__(self, takes_s: float) -> None:
        super().__init__()
        self.now = 0.0
        self.arrivals: list[float] = []
        self._takes_s = takes_s

    def clock(self) -> float:
        return self.now

    def receive_srtp(self, memory: Block, length: int, now: float) -> None:
        super().receive_srtp(memory, length, now)
        self.arrivals.append(now)
        self.now += self._takes_s


@contextlib.asynccontextmanager
async def talking(
    endpoint: SlowEndpoint, departures: Departures, *, batched: bool = True
) -> AsyncIterator[tuple[UdpSocket[Egress], socket.socket]]:
    """A socket on the endpoint's clock, and a client whose address it knows."""
    endpoints = Endpoints()
    endpoints.add_fragment("local", endpoint)
    egress = partial(make_egress, batched=True, numbers=TransportWideTable(time.monotonic))
    udp = UdpSocket("127.0.0.1", 0, endpoint.clock, (endpoints, departures), egress, batched=batched)
    udp.start(asyncio.get_running_loop())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(udp.address)
        client.send(check())
        await settle()
        yield udp, client
    udp.close()


class NotingEndpoint(SlowEndpoint):
    """One that writes down when packets came that were taken."""

    def receive_srtp(self, memory: Block, length: int, now: float) -> None:
        super().receive_srtp(memory, length, now)
        self.arrivals[-1] = memory.arrived_at(now)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux stamps what comes")
async def test_what_a_loop_that_was_busy_takes_at_once_came_when_the_kernel_had_it() -> None:
    endpoint, sent = NotingEndpoint(0.0), list[tuple[float, float]]()
    async with talking(endpoint, Departures()) as (_, client):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as witness:
            witness.bind(("127.0.0.1", 0))
            for number in range(8):
                began = time.monotonic()
                client.send(b"\x80%d" % number)
                client.sendto(b"The one before is there.", witness.getsockname())
                witness.recv(100)
                sent.append((began, time.monotonic()))
        endpoint.now = 1000.0
        await settle()
    arrivals = endpoint.arrivals
    assert len(arrivals) == 8
    assert 0 < arrivals[0] < arrivals[-1] <= 1000.0
    for (began, ended), arrived in zip(sent, arrivals, strict=True):
        assert began - sent[0][1] - 2e-6 <= arrived - arrivals[0] <= ended - sent[0][0] + 2e-6


async def test_what_is_taken_one_by_one_came_when_it_was_taken() -> None:
    endpoint = NotingEndpoint(0.0)
    async with talking(endpoint, Departures(), batched=False) as (_, client):
        client.send(b"\x80media")
        endpoint.now = 1000.0
        await settle()
    assert endpoint.arrivals == [1000.0]


def loop_watches(udp: UdpSocket[Egress]) -> bool:
    return udp._watched


async def test_a_socket_to_which_much_comes_is_looked_at_by_time_until_it_is_quiet() -> None:
    endpoint, departures = SlowEndpoint(1 / BEGINS_AT / 2), Departures()
    async with talking(endpoint, departures) as (udp, client):
        sent = 0
        async with asyncio.timeout(30):
            while loop_watches(udp):
                client.send(b"\x80media")
                sent += 1
                await asyncio.sleep(0)
            client.send(b"\x80last")
            # By the timer, as the loop doesn't watch the socket.
            while len(endpoint.srtp) <= sent:  # noqa: ASYNC110
                await asyncio.sleep(0)
            while not loop_watches(udp):
                endpoint.now += WINDOW_S / 10
                await asyncio.sleep(0)
        client.send(b"\x80again")
        await settle()
        assert endpoint.srtp[-2:] == [b"\x80last", b"\x80again"]
        assert udp._timer is None


async def test_a_socket_that_is_looked_at_by_time_is_looked_at_again_after_an_unforeseen_error() -> None:
    endpoint, departures = SlowEndpoint(1 / BEGINS_AT / 2), Departures()
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
    failing = SimpleNamespace(release=lambda: 1 / 0)
    async with talking(endpoint, departures) as (udp, client):
        async with asyncio.timeout(30):
            while loop_watches(udp):
                client.send(b"\x80media")
                await asyncio.sleep(0)
            departures.add(failing)
            while not errors:  # noqa: ASYNC110
                await asyncio.sleep(0)
        departures.remove(failing)
        client.send(b"\x80again")
        await settle()
        assert endpoint.srtp[-1] == b"\x80again"


async def test_what_was_taken_is_handed_on_after_an_unforeseen_error_of_what_sends() -> None:
    endpoint, departures = SlowEndpoint(0.011), Departures()
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
    failing = SimpleNamespace(release=lambda: 1 / 0)
    async with talking(endpoint, departures) as (_, client):
        departures.add(failing)
        for number in range(3):
            client.send(b"\x80%d" % number)
        async with asyncio.timeout(30):
            while not errors:  # noqa: ASYNC110
                await asyncio.sleep(0)
        departures.remove(failing)
        await settle()
        assert endpoint.srtp == [b"\x800", b"\x801", b"\x802"]


async def test_a_socket_that_is_looked_at_by_time_is_closed() -> None:
    endpoint, departures = SlowEndpoint(1 / BEGINS_AT / 2), Departures()
    async with talking(endpoint, departures) as (udp, client):
        async with asyncio.timeout(30):
            while loop_watches(udp):
                client.send(b"\x80media")
                await asyncio.sleep(0)
        received = udp.received
        client.send(b"\x80media")
        udp.close()
        await settle()
    assert udp.received == received


@pytest.mark.parametrize("batched", [True, False])
async def test_others_have_their_turn_between_packets_that_take_long(batched: bool) -> None:
    endpoint, departures, flushed = SlowEndpoint(0.4 * WAKE_UP_S), Departures(), list[int]()
    departures.add(SimpleNamespace(release=lambda: flushed.append(len(endpoint.srtp))))
    async with talking(endpoint, departures, batched=batched) as (udp, client):
        flushed.clear()
        for number in range(8):
            client.send(b"\x80%d" % number)
        behind, turns = list[float](), 0
        async with asyncio.timeout(30):
            while len(endpoint.srtp) < 8 or udp.backlog.behind_s(endpoint.now):
                await asyncio.sleep(0)
                turns += 1
                behind.append(udp.backlog.behind_s(endpoint.now))
    assert [int(data[1:]) for data in endpoint.srtp] == list(range(8))
    assert [count for count in dict.fromkeys(flushed) if count] == [3, 6, 8]
    assert max(behind) == pytest.approx(6 * 0.4 * WAKE_UP_S)
    if batched:  # they came together
        assert set(endpoint.arrivals) == {0.0}


async def test_what_is_left_of_a_wake_up_goes_with_the_socket() -> None:
    endpoint, departures = SlowEndpoint(WAKE_UP_S), Departures()
    async with talking(endpoint, departures) as (udp, client):
        for _ in range(3):
            client.send(b"\x80media")
        udp._readable()
        udp.close()
        await settle()
    assert len(endpoint.srtp) == 1


@pytest.mark.parametrize(("ip", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_both_ways_take_the_same_datagrams_from_the_same_senders(ip: str, family: socket.AddressFamily) -> None:
    with contextlib.ExitStack() as opened:
        socks = [opened.enter_context(socket.socket(family, socket.SOCK_DGRAM)) for _ in range(4)]
        for sock in socks:
            sock.bind((ip, 0))
            sock.setblocking(False)
        for inlet in (SingleDatagrams(socks[0]), DatagramBatch(socks[0])):
            sent = [(os.urandom(number * 27), socks[1 + number % 3]) for number in range(70)]
            for data, sender in sent:
                sender.sendto(data, socks[0].getsockname())
            taken = []
            while count := inlet.receive():
                for index in range(count):
                    address = inlet.address(index)
                    assert inlet.key(index) == inlet.key_of(address)
                    taken.append((bytes(inlet.blocks[index].view[: inlet.lengths[index]]), address))
            assert taken == [(data, sender.getsockname()[:2]) for data, sender in sent]
            keys = {inlet.key_of(sock.getsockname()[:2]) for sock in socks}
            assert len(keys) == 4


def test_a_link_local_sender_has_a_zone_and_its_key_has_none() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        inlet = DatagramBatch(sock)
        name = struct.pack(
            "=HHI16sI", socket.AF_INET6, socket.htons(5), 7, socket.inet_pton(socket.AF_INET6, "fe80::1"), 3
        )
        inlet._names.view[: len(name)] = name
        assert inlet.address(0) == ("fe80::1%3", 5)
        assert inlet.key(0) == inlet.key_of(("fe80::1", 5))


async def test_link_local_addresses_are_left_alone(udp: UdpSocket[Egress]) -> None:
    endpoint = Endpoint()
    udp._endpoints.add_fragment("local", endpoint)
    udp._receive_other(check(), ("fe80::1%eth0", 5), None, 0.0)
    assert not endpoint.checks


async def test_an_icmp_error_ends_nothing(udp: UdpSocket[Egress], client: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    udp.send(b"nobody is there", address)
    udp.send(b"bad", ("127.0.0.1", 0))
    await settle()
    udp.send(b"hello", client.getsockname())
    await settle()
    assert client.recv(100) == b"hello"


class Kernel:
    """A `sendmmsg` that answers as it is told, and then takes everything."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []

    def __call__(self, _descriptor: int, _messages: int, count: int) -> int:
        self.asked.append(count)
        return self.answers.pop(0) if self.answers else count


def filled(sock: socket.socket, monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> BatchEgress:
    monkeypatch.setattr(egress_module, "sendmmsg", kernel)
    made = BatchEgress(sock, TransportWideTable(time.monotonic))
    made._singles.messages.packets[:10] = 1
    made._send(made._singles.messages, 0, 10)
    return made


@pytest.mark.parametrize("full", [errno.EAGAIN, errno.ENOBUFS])
def test_a_full_socket_buffer_is_waited_for(full: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        kernel = Kernel(4, -full, 3, -full)
        made = filled(sock, monkeypatch, kernel)
        assert kernel.asked == [10, 6, 6, 3, 3]
        assert (made.sent, made.dropped) == (10, 0)


def test_a_buffer_that_stays_full_loses_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        kernel = Kernel(4, *[-errno.EAGAIN] * 50)
        made = filled(sock, monkeypatch, kernel)
        assert len(kernel.asked) == 2 + SEND_PATIENCE
        assert (made.sent, made.dropped) == (4, 6)


def test_a_message_that_the_kernel_refuses_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        made = filled(sock, monkeypatch, Kernel(4, -errno.EMSGSIZE, 5))
        assert (made.sent, made.dropped) == (9, 1)


def test_nothing_larger_than_a_slot_minus_its_trailer_is_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        made = BatchEgress(sock, TransportWideTable(time.monotonic))
        destination: Any = Destination()
        destination.context = 1
        made.put_bytes(bytes(MAX_PACKET + 1), destination)
        assert (made.dropped, len(made._singles)) == (1, 0)
