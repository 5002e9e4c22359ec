"""Two strangers in a room of their own, who must not notice what somebody does to the server.

Run as `python -m tests.attacks.bystanders URL` they talk until their input ends: one sends Opus packets that carry the
time of sending, the other receives them, and both ping the server. Then they print what they have noticed. They are a
process of their own, so that a busy test does not slow them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.light_client import LightClient
from benchmarks.report import percentile
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions
from media.rtp.packet import HEADER
from media.rtp.rtcp import is_rtcp
from tests.e2e.server import PROJECT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aiortc.rtcdtlstransport import RTCCertificate
    from websockets.asyncio.client import ClientConnection

ROOM: Final = "strangers"
SSRC: Final = 0x5555
PAYLOAD_TYPE: Final = 111
PACKET_S: Final = 0.02
PAYLOAD: Final = 80
# For what is on its way when they stop.
LAST_PACKETS_S: Final = 0.5
PING_S: Final = 0.1
ANSWER_S: Final = 30.0
# What people notice, and what a busy machine does without any attack lies far below.
MAX_PING_MS: Final = 1500.0
MAX_MEDIA_P99_MS: Final = 400.0
MAX_LOST: Final = 0.02
PARAMETERS: Final = {
    "codecs": [{"mimeType": "audio/opus", "payloadType": PAYLOAD_TYPE, "clockRate": 48_000, "channels": 2}],
    "encodings": [{"ssrc": SSRC}],
    "rtcp": {"cname": "bystander"},
}


@dataclass
class Noticed:
    """What the two have noticed: round trips of pings in ms, packets sent, and delays of those that came, in ms."""

    pings: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    sent: int = 0
    failure: str = ""

    def check(self) -> None:
        """Fail if the strangers were harmed."""
        assert not self.failure, self.failure
        assert self.pings
        assert self.sent > 0
        assert max(self.pings) < MAX_PING_MS, f"A ping took {max(self.pings):.0f} ms."
        assert len(self.delays) >= self.sent * (1 - MAX_LOST) - 2, f"{len(self.delays)} of {self.sent} packets came."
        assert percentile(self.delays, 0.99) < MAX_MEDIA_P99_MS, f"p99 was {percentile(self.delays, 0.99):.0f} ms."


@contextlib.contextmanager
def bystanders(url: str) -> Iterator[Noticed]:
    """Two strangers talk while the block runs; afterwards what is yielded says what they have noticed."""
    noticed = Noticed()
    command = [sys.executable, "-m", "tests.attacks.bystanders", url]
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield noticed
    finally:
        try:
            printed, _ = process.communicate("", 2 * ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, _ = process.communicate()
        for name, value in json.loads(printed or '{"failure": "The strangers ended."}').items():
            setattr(noticed, name, value)


class Stranger:
    """One of the two, joined."""

    def __init__(self, socket: ClientConnection, noticed: Noticed) -> None:
        self._socket = socket
        self._noticed = noticed
        self._last_id = 0
        self.joined: dict[str, Any] = {}

    async def ask(self, method: str, **data: Any) -> Any:
        """Ask and wait for the answer; what happens in the room meanwhile is of no interest."""
        self._last_id += 1
        await self._socket.send(json.dumps({"id": self._last_id, "method": method, "data": data}))
        while True:
            frame = json.loads(await asyncio.wait_for(self._socket.recv(), ANSWER_S))
            if frame.get("id") == self._last_id:
                assert frame["ok"], frame
                return frame["data"]

    def options(self, which: str) -> TransportOptions:
        """Of one of the two transports, `sendTransport` or `recvTransport`."""
        return msgspec.convert(self.joined[which], TransportOptions)

    async def connect(self, which: str, client: LightClient) -> None:
        """Connect the client's side of one of them."""
        parameters = msgspec.to_builtins(client.dtls_parameters)
        await self.ask("connectTransport", transportId=self.options(which).id, dtlsParameters=parameters)
        await client.connect()

    async def ping_for_ever(self) -> None:
        """Note how long each answer takes."""
        while True:
            began = time.perf_counter()
            await self.ask("ping")
            self._noticed.pings.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(PING_S)


def _admission(url: str, peer_id: str, room: str) -> dict[str, Any]:
    body = json.dumps({"interface": "call", "query": f"roomId={room}&peerId={peer_id}"}).encode()
    request = urllib.request.Request(f"{url}/tickets/", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - our own server
        return dict(json.load(answer))


@contextlib.asynccontextmanager
async def joined(url: str, peer_id: str, noticed: Noticed, room: str = ROOM) -> AsyncIterator[Stranger]:
    """Somebody in a room, with nothing sent or received yet."""
    admission = await asyncio.to_thread(_admission, url, peer_id, room)
    async with connect(admission["nodeUrl"], subprotocols=[Subprotocol("meet.v1")], max_size=None) as socket:
        hello = json.loads(await socket.recv())
        stranger = Stranger(socket, noticed)
        capabilities = hello["data"]["routerRtpCapabilities"]
        stranger.joined = await stranger.ask("join", ticket=admission["ticket"], rtpCapabilities=capabilities)
        yield stranger


async def _talk(client: LightClient, noticed: Noticed) -> None:
    """A packet each 20 ms, with the time in it."""
    number = 0
    began = time.perf_counter()
    while True:
        header = HEADER.pack(0x80, PAYLOAD_TYPE, number & 0xFFFF, (number * 960) & 0xFFFFFFFF, SSRC)
        client.send_rtp(header + time.perf_counter_ns().to_bytes(8, "big") + bytes(PAYLOAD - 8))
        number += 1
        noticed.sent = number
        await asyncio.sleep(max(0.0, began + number * PACKET_S - time.perf_counter()))


async def main(url: str) -> None:
    """Talk until the input ends; print what was noticed."""
    noticed = Noticed()
    certificate = generate_certificate()
    async with joined(url, "speaker", noticed) as speaker:
        sending = LightClient(speaker.options("sendTransport"), certificate, lambda _view, _length: None)
        await speaker.connect("sendTransport", sending)
        await speaker.ask("produce", kind="audio", source="mic", rtpParameters=PARAMETERS)
        async with joined(url, "hearer", noticed) as hearer:
            await _meet(speaker, sending, hearer, certificate, noticed)
    sys.stdout.write(json.dumps(asdict(noticed)))


async def _meet(
    speaker: Stranger, sending: LightClient, hearer: Stranger, certificate: RTCCertificate, noticed: Noticed
) -> None:
    def received(view: memoryview, length: int) -> None:
        if not is_rtcp(view[0], view[1]):
            packet = receiving.dtls.sessions[0].unprotect(bytes(view[:length]))
            noticed.delays.append((time.perf_counter_ns() - int.from_bytes(packet[-PAYLOAD:][:8], "big")) / 1e6)

    receiving = LightClient(hearer.options("recvTransport"), certificate, received)
    await hearer.connect("recvTransport", receiving)
    (consumer,) = hearer.joined["consumers"]
    await hearer.ask("resumeConsumer", consumerId=consumer["consumerId"])
    tasks = [asyncio.create_task(stranger.ping_for_ever()) for stranger in (speaker, hearer)]
    tasks.append(asyncio.create_task(_talk(sending, noticed)))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            noticed.failure = f"A stranger's connection ended: {task.exception()!r}"
        task.cancel()
    await asyncio.sleep(LAST_PACKETS_S)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
