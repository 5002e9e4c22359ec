"""Participants who come in as pages do: a ticket by HTTP, a WebSocket, ICE, DTLS and SRTP; no browser to pay for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from benchmarks.light_client import SO_TIMESTAMPNS, LightClient
from benchmarks.scale.drain import Tap
from benchmarks.scale.media import Camera, Microphone, rtp_parameters
from media.ortc.header_extensions import ABS_SEND_TIME, TRANSPORT_WIDE_CC
from media.ortc.parameters import TransportOptions
from media.rtp.rtcp import ReportBlock, build_receiver_report, build_remb

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.client import ClientConnection

    from media.net.dtls import Certificate

PING_S: Final = 4.0
ANSWER_S: Final = 30.0
REPORT_S: Final = 1.0
REMB_BPS: Final = 50_000_000
PLI: Final = (0x81, 206)
# What somebody sends who comes with the microphone off.
MUTED: Final = "muted"

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class Refused(Exception):
    """The server said no; the code says why."""


@dataclass(frozen=True)
class Place:
    """Where somebody goes, and as what."""

    url: str
    interface: str
    room: str
    peer_id: str
    speaker: bool = False
    sends: tuple[str, ...] = ()
    # So many videos are shown at a time; sound is always heard.
    shows: int = 4
    feedback: str = "remb"
    # Layers of a camera.
    layers: int = 1
    token: str = ""

    @property
    def query(self) -> str:
        """A room's link, as the page would have it."""
        more = "&itisparticipant=1" if self.speaker else ""
        return f"roomId={self.room}&peerId={self.peer_id}{more}" + (f"&token={self.token}" if self.token else "")


@dataclass(frozen=True)
class Times:
    """Seconds since somebody wanted to come in."""

    ticket_s: float = 0.0
    joined_s: float = 0.0
    connected_s: float = 0.0
    resumed_s: float = 0.0
    produced_s: float = 0.0


async def post(url: str, path: str, body: bytes) -> bytes:
    """One request by HTTP/1.1 on a connection of its own. Raises `Refused`, `OSError`, `TimeoutError`."""
    parts = urlsplit(url)
    async with asyncio.timeout(ANSWER_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        try:
            head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            answer = await reader.read()
        finally:
            writer.close()
    head_of_answer, _, content = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head_of_answer.split(b"\r\n", 1)[0]:
        raise Refused(f"{head_of_answer[9:12].decode()} {content[:60].decode(errors='replace')}")
    return content


async def ticket_for(place: Place) -> Any:
    """Web's answer to who wants to go there. Raises `Refused`, `OSError`, `TimeoutError`."""
    body = _encode({"interface": place.interface, "query": place.query})
    return _decode(await post(place.url, "/tickets/", body))


@dataclass(eq=False)
class Person:
    """One participant. `enter` returns once everything that is wanted flows; then `stay` until `leave`."""

    place: Place
    certificate: Certificate
    on_tap: Callable[[Tap], None]
    # Hears what a participant sees of a busy server.
    on_sign: Callable[[str], None] = lambda _sign: None
    times: Times = field(default_factory=Times)
    tap: Tap | None = None
    camera: Camera | None = None
    microphone: Microphone | None = None
    # The answer to a request for a ticket, where it was made before.
    admission: Any = None
    closed_by: str = ""
    waited_s: float = 0.0
    # What was told, by the event's name.
    events: Counter[str] = field(default_factory=Counter)
    frame_octets: int = 0
    _last_id: int = 0
    _answers: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    _clients: list[LightClient] = field(default_factory=list)
    _shown: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _socket: ClientConnection | None = None

    async def enter(self) -> None:
        """Come in. Raises `Refused`, `OSError`, `TimeoutError`, `WebSocketException`."""
        begin = time.monotonic()

        def passed() -> float:
            return time.monotonic() - begin

        admission = self.admission or await ticket_for(self.place)
        ticket_s = passed()
        self._socket = await connect(
            admission["nodeUrl"],
            subprotocols=[Subprotocol("meet.v1")],
            max_size=None,
            compression=None,
            ping_interval=None,
            open_timeout=ANSWER_S,
        )
        hello = _decode(await self._socket.recv())
        capabilities = self._capabilities(hello["data"]["routerRtpCapabilities"])
        self._tasks.append(asyncio.create_task(self._listen()))
        joined = await self.ask("join", ticket=admission["ticket"], rtpCapabilities=capabilities, gathered=True)
        joined_s = passed()
        self._tasks.append(asyncio.create_task(self._ping()))
        receiving = await self._connect(joined["recvTransport"])
        if receiving is None:
            raise Refused("no transport")
        connected_s = passed()
        wanted = [consumer for consumer in joined["consumers"] if self._wants(consumer)]
        # As pages do, without waiting for each answer.
        await asyncio.gather(*(self.ask("resumeConsumer", consumerId=one["consumerId"]) for one in wanted))
        resumed_s = passed()
        if self.place.sends:
            await self._produce(joined["sendTransport"])
        self.times = Times(ticket_s, joined_s, connected_s, resumed_s, passed())

    async def ask(self, method: str, **data: Any) -> Any:
        """One request. Raises `Refused`."""
        if self._socket is None:
            raise Refused("no connection")
        self._last_id += 1
        answer = self._answers[self._last_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(_encode({"id": self._last_id, "method": method, "data": data}).decode())
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def _say(self, method: str, **data: Any) -> None:
        """One request whose answer is of no interest."""
        if self._socket is not None:
            self._last_id += 1
            await self._socket.send(_encode({"id": self._last_id, "method": method, "data": data}).decode())

    async def leave(self) -> None:
        """Go away without a word, as a page that is closed."""
        for task in self._tasks:
            task.cancel()
        for client in self._clients:
            client.close()
        if self._socket is not None:
            with contextlib.suppress(OSError, WebSocketException):
                await self._socket.close()

    def _capabilities(self, offered: dict[str, Any]) -> dict[str, Any]:
        """What this receiver can, by how it tells of its bandwidth."""
        unwanted = {"remb": {TRANSPORT_WIDE_CC}, "none": {TRANSPORT_WIDE_CC, ABS_SEND_TIME}}[self.place.feedback]
        kept = [one for one in offered["headerExtensions"] if one["uri"] not in unwanted]
        return {**offered, "headerExtensions": kept}

    def _wants(self, consumer: dict[str, Any]) -> bool:
        if consumer["kind"] == "audio":
            return True
        self._shown += 1
        return self._shown <= self.place.shows

    async def _connect(self, offered: dict[str, Any], *, receives: bool = True) -> LightClient | None:
        options = msgspec.convert(offered, TransportOptions)
        client = LightClient(options, self.certificate, self._on_packet, patient=True)
        self._clients.append(client)
        parameters = msgspec.to_builtins(client.dtls_parameters)
        await self.ask("connectTransport", transportId=options.id, dtlsParameters=parameters)
        await client.connect()
        if receives:
            made = client.hand_over()
            made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self.tap = Tap(made, client.dtls.sessions[0])
            self.on_tap(self.tap)
            self._tasks.append(asyncio.create_task(self._report(client, self.tap)))
        return client

    async def _produce(self, offered: dict[str, Any]) -> None:
        client = await self._connect(offered, receives=False)
        if client is None:
            return
        now, layers = time.monotonic(), self.place.layers
        for source in self.place.sends:
            if source == MUTED:
                await self._produce_muted()
            elif source == "mic":
                await self.ask("produce", kind="audio", source=source, rtpParameters=rtp_parameters("audio"))
                self.microphone = Microphone(client.send_rtp, now)
            else:
                await self.ask("produce", kind="video", source=source, rtpParameters=rtp_parameters("video", layers))
                self.camera = Camera(client.send_rtp, now, layers)

    async def _produce_muted(self) -> None:
        """Begin with a microphone that is off, where the server takes another one; else just watch."""
        try:
            await self.ask("produce", kind="audio", source="mic", rtpParameters=rtp_parameters("audio"), paused=True)
        except Refused as refused:
            self.on_sign(f"a sender was told {refused}")

    def _on_packet(self, view: memoryview, length: int) -> None:
        """RTCP for who sends: a keyframe is wanted, maybe. Every such datagram counts as that."""
        if self.camera is not None and (view[1] & 0x7F) == PLI[1] & 0x7F and length:
            self.camera.keyframe_wanted = True

    async def _report(self, client: LightClient, tap: Tap) -> None:
        """What a receiver tells once a second; no loss, whatever came."""
        while True:
            await asyncio.sleep(REPORT_S)
            if self.place.feedback == "none" or not tap.streams:
                continue
            ssrcs = list(tap.streams)
            blocks = [ReportBlock(ssrc, highest_sequence=tap.streams[ssrc].last) for ssrc in ssrcs]
            report = build_receiver_report(1, blocks)
            client.send_rtcp(report + build_remb(1, REMB_BPS, ssrcs))

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            with contextlib.suppress(OSError, WebSocketException):
                await self._say("ping")  # whether the last one is answered or not

    async def _listen(self) -> None:
        """Take answers and events until the connection ends."""
        if self._socket is None:
            return
        try:
            async for frame in self._socket:
                self.frame_octets += len(frame)
                message = _decode(frame)
                if "id" in message:
                    self._answered(message)
                    continue
                for each in message.get("events", [message]):
                    await self._hear(each["event"], each["data"])
        except (OSError, WebSocketException) as error:
            self.closed_by = self.closed_by or type(error).__name__
        finally:
            self.closed_by = self.closed_by or "closed"
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(Refused(self.closed_by))
                    answer.exception()  # whoever asked may have gone

    def _answered(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if message["ok"]:
            answer.set_result(message["data"])
        else:
            answer.set_exception(Refused(message["error"]["code"]))

    async def _hear(self, event: str, data: dict[str, Any]) -> None:
        """Resume what is shown of what comes later."""
        self.events[event] += 1
        if event == "closing":
            self.closed_by = data["code"]
        elif event == "consumerLayersChanged":
            if data["layers"] is not None:
                self.on_sign(f"a viewer got layer {data['layers']['spatialLayer']}")
            elif data.get("serverBusy"):
                self.on_sign("a video was paused, as the server is busy")
        elif event == "producerLayersWanted" and self.camera is not None:
            more = data["spatialLayers"] > self.camera.wanted_layers
            self.camera.wanted_layers = data["spatialLayers"]
            self.camera.keyframe_wanted |= more
        elif event == "consumerCreated" and self._wants(data):
            await self._say("resumeConsumer", consumerId=data["consumerId"])
