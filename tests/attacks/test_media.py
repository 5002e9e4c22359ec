"""Somebody with links and sockets floods the media port, with credentials or without; two strangers notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from aioice.stun import COOKIE

from benchmarks.light_client import LightClient
from media.net.dtls import generate_certificate
from media.net.dtls_records import FIRST_HELLO
from media.net.path_validation import TRUST_OCTETS
from media.net.sctp import SctpAssociation
from media.ortc.parameters import SctpStreamParameters
from media.rtp.packet import HEADER
from media.rtp.rtcp import build_pli, is_rtcp
from tests.attacks.bystanders import Noticed, Stranger, bystanders, joined
from tests.e2e.server import Server, running_server
from tests.media.clients import vp8

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

CERTIFICATE: Final = generate_certificate()
SSRC: Final = 0x7777
VIDEO: Final = {
    "codecs": [
        {
            "mimeType": "video/VP8",
            "payloadType": 96,
            "clockRate": 90_000,
            "rtcpFeedback": [{"type": "nack", "parameter": "pli"}],
        }
    ],
    "encodings": [{"ssrc": SSRC}],
    "rtcp": {"cname": "flood"},
}
# What needs no secret: a ClientHello (its random is in it), and a fatal alert in plaintext.
HELLO: Final = FIRST_HELLO
ALERT: Final = b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28"
FLOOD_S: Final = 4.0
MAX_SENT_BPS: Final = 8_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("media")) as running:
        yield running


class Client:
    """Somebody in the room of the attack, connected one way, who counts the bytes of media that come."""

    def __init__(self, person: Stranger, which: str) -> None:
        self.person = person
        self.light = LightClient(person.options(which), CERTIFICATE, self.count)
        self.octets = 0

    def count(self, view: memoryview, length: int) -> None:
        if not is_rtcp(view[0], view[1]):
            self.octets += length


@contextlib.asynccontextmanager
async def client(url: str, room: str, which: str) -> AsyncIterator[Client]:
    async with joined(url, secrets.token_hex(8), Noticed(), room) as person:
        made = Client(person, which)
        await person.connect(which, made.light)
        try:
            yield made
        finally:
            made.light.close()


@contextlib.asynccontextmanager
async def watching(url: str) -> AsyncIterator[tuple[Client, Client]]:
    """One sends video, and another gets it."""
    room = f"serv0{secrets.token_hex(5)}"
    async with client(url, room, "sendTransport") as sender:
        await sender.person.ask("produce", kind="video", source="camera", rtpParameters=VIDEO)
        async with client(url, room, "recvTransport") as receiver:
            (consumer,) = receiver.person.joined["consumers"]
            await receiver.person.ask("resumeConsumer", consumerId=consumer["consumerId"])
            yield sender, receiver


async def paced(action: Callable[[int], object], per_s: int, seconds: float) -> int:
    """Do something so often a second, as far as this machine can."""
    began = time.perf_counter()
    number = 0
    while (passed := time.perf_counter() - began) < seconds:
        for _ in range(min(200, int(passed * per_s) - number)):
            action(number)
            number += 1
        await asyncio.sleep(0.005)
    return number


def send_video(sender: Client, number: int, size: int = 1100) -> None:
    """One frame of one packet; each thirtieth is a keyframe."""
    header = HEADER.pack(0x80, 0x80 | 96, number & 0xFFFF, number * 3000 & 0xFFFFFFFF, SSRC)
    sender.light.send_rtp(header + vp8(number & 0x7FFF, key=number % 30 == 0, body=bytes(size)))


def attack(url: str, what: Coroutine[Any, Any, None]) -> None:
    """Let it happen while two strangers talk in another room."""
    with bystanders(url) as noticed:
        asyncio.run(what)
    noticed.check()


def test_connectivity_checks_of_nobody_cost_nothing(server: Server) -> None:
    attributes = struct.pack(">HHBBH4s", 0x0020, 8, 0, 1, 5, bytes(4)) * 110  # addresses, which are slow to read
    flood = struct.pack(">HHI12s", 1, len(attributes), COOKIE, bytes(12)) + attributes

    async def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", server.media_port))
            sock.setblocking(False)

            def once(_number: int) -> None:
                with contextlib.suppress(OSError):
                    sock.send(flood)

            assert await paced(once, 4000, FLOOD_S) > 1000

    attack(server.url, send())


def test_what_one_sends_is_forwarded_up_to_the_setting(server: Server) -> None:
    async def flood() -> None:
        async with watching(server.url) as (sender, receiver):
            began = time.perf_counter()
            sent = await paced(lambda number: send_video(sender, number), 4000, FLOOD_S)
            await asyncio.sleep(0.3)
            may_be = MAX_SENT_BPS / 8 * (time.perf_counter() - began + 2)
            assert sent * 1100 > 1.2 * may_be
            assert 0 < receiver.octets <= may_be

    attack(server.url, flood())


def test_requests_of_receivers_are_bounded(server: Server) -> None:
    async def flood() -> None:
        async with watching(server.url) as (sender, receiver):
            (consumer,) = receiver.person.joined["consumers"]
            ssrc = consumer["rtpParameters"]["encodings"][0]["ssrc"]
            nack = struct.pack(">BBHII", 0x81, 205, 302, 1, ssrc) + bytes.fromhex("0000ffff") * 300
            send_video(sender, 0)

            def once(number: int) -> None:
                receiver.light.send_rtcp(nack if number % 2 else build_pli(1, ssrc) * 100)

            assert await paced(once, 2000, FLOOD_S) > 1000

    attack(server.url, flood())


def test_feedback_of_receivers_is_bounded(server: Server) -> None:
    # About 8192 packets each, none of which arrived; numbers that go on, so that all are looked at.
    def longest(number: int) -> bytes:
        head = struct.pack(">BBHII", 0x8F, 205, 5, 1, 1)
        return head + struct.pack(">HHIHH", number & 0xFFFF, 8192, number << 8 & 0xFFFFFFFF, 0x1FFF, 1)

    async def flood() -> None:
        async with watching(server.url) as (sender, receiver):
            (consumer,) = receiver.person.joined["consumers"]
            asked = [one["type"] for one in consumer["rtpParameters"]["codecs"][0]["rtcpFeedback"]]
            assert "transport-cc" in asked
            send_video(sender, 0)

            def once(number: int) -> None:
                send_video(sender, number + 1)
                receiver.light.send_rtcp(b"".join(longest(100 * number + index) for index in range(32)))

            assert await paced(once, 500, FLOOD_S) > 500

    attack(server.url, flood())


def test_a_forged_check_sends_no_video_to_a_third_party(server: Server) -> None:
    async def redirect() -> None:
        async with watching(server.url) as (sender, receiver):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as third:
                third.bind(("127.0.0.3", 0))
                third.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
                third.connect(receiver.light._server)
                third.setblocking(False)
                await paced(lambda number: send_video(sender, number), 100, 1)
                assert receiver.octets > 0
                came = 0

                def once(number: int) -> None:
                    nonlocal came
                    send_video(sender, number + 200)
                    if number % 100 == 0:
                        own, receiver.light._socket = receiver.light._socket, third
                        receiver.light.check()
                        receiver.light._socket = own
                    with contextlib.suppress(BlockingIOError):
                        came += len(third.recv(4096))

                sent = await paced(once, 250, 8)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        came += len(third.recv(4096))
                assert sent * 1100 > 8 * TRUST_OCTETS
                assert came <= 3 * TRUST_OCTETS

    attack(server.url, redirect())


def test_data_channels_are_refused(server: Server) -> None:
    async def ask() -> None:
        async with client(server.url, f"serv0{secrets.token_hex(5)}", "sendTransport") as sender:
            with pytest.raises(AssertionError, match="turned off"):
                await sender.person.ask("produceData", sctpStreamParameters={"streamId": 0})
            association = SctpAssociation(sender.light.dtls, 262_144, Quiet())
            association.begin()
            await paced(lambda _number: sender.light.send(bytes([23, 254, 253]) + bytes(1000)), 4000, FLOOD_S)

    attack(server.url, ask())


def test_hellos_and_alerts_from_somebodys_own_address_fail_no_handshake_of_theirs(server: Server) -> None:
    async def forge() -> None:
        room = f"serv0{secrets.token_hex(5)}"
        async with joined(server.url, secrets.token_hex(8), Noticed(), room) as person:
            for which in ("sendTransport", "recvTransport"):
                light = LightClient(person.options(which), CERTIFICATE, lambda _view, _length: None)
                send = light.send

                def between(data: bytes, send: Callable[[bytes], None] = send) -> None:
                    send(data)
                    for forgery in (HELLO, ALERT, HELLO):
                        send(forgery)

                light.send = between  # type: ignore[method-assign]
                light.dtls._pipe._send_datagram = between
                await person.connect(which, light)
                for _ in range(500):
                    send(HELLO)
                    send(ALERT)
                await person.ask("ping")
                assert not light.dtls_closed.is_set()
                light.close()

    attack(server.url, forge())


class Quiet:
    """Who takes no notice of messages."""

    def on_message(self, stream_id: int, protocol_id: int, data: bytes) -> None:
        """Nobody cares."""

    def on_overrun(self) -> None:
        """Nobody cares."""


def test_a_flood_of_small_messages_to_many_receivers_ends_the_senders_data_channels(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async def flood(url: str) -> None:
        room = f"serv0{secrets.token_hex(5)}"
        async with contextlib.AsyncExitStack() as stack:
            receivers = [await stack.enter_async_context(client(url, room, "recvTransport")) for _ in range(8)]
            sender = await stack.enter_async_context(client(url, room, "sendTransport"))
            await sender.person.ask("produceData", sctpStreamParameters={"streamId": 0})
            ends = [SctpAssociation(each.light.dtls, 262_144, Quiet()) for each in (sender, *receivers)]
            for end in ends:
                end.begin()
            async with asyncio.timeout(60):
                while ends[0].state != "connected":  # noqa: ASYNC110 - aiortc tells nobody
                    await asyncio.sleep(0.05)

            await paced(lambda _number: ends[0].send_message(SctpStreamParameters(0), 51, b"small"), 1000, FLOOD_S)
            await asyncio.sleep(1)
            with pytest.raises(AssertionError, match="beyond their limits"):
                await sender.person.ask("produceData", sctpStreamParameters={"streamId": 1})

    with running_server(tmp_path_factory.mktemp("data"), data_channels="true") as running:
        attack(running.url, flood(running.url))
