"""One stay on one node: the connection, and the media of it. It is not mended but replaced: `Room` does that."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiortc.mediastreams import MediaStreamError

from meet_participant.capabilities import supported
from meet_participant.endings import after_close
from meet_participant.errors import ConnectionLost, MeetingOver, ParticipantError
from meet_participant.signalling import Closed, open_connection
from meet_participant.sources import Lent
from meet_participant.transports import ReceiveTransport, SendTransport, repeat_nacks

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiortc import MediaStreamTrack, RTCRtpReceiver, RTCRtpSender

    from meet_participant.events import Source
    from meet_participant.signalling import Connection
    from meet_participant.wire import Admission, ConsumerCreated, EventName, Joined, RtpCapabilities

NOT_YET = ("hello", "waiting")


@dataclass
class Outgoing:
    """A track that is sent: by one producer of this session."""

    producer_id: str
    sender: RTCRtpSender


@dataclass
class Incoming:
    """Something that can be received; received where somebody wants it. `layer` is the largest that is wanted."""

    created: ConsumerCreated
    receiver: RTCRtpReceiver | None = None
    track: MediaStreamTrack | None = None
    task: asyncio.Task[None] | None = None
    layer: int | None = field(default=None)


class Session:
    """Made by `enter`. `on_frame` says whether anybody wants what comes; nothing is received where it says no."""

    def __init__(
        self, admission: Admission, on_waiting: Callable[[], None], on_frame: Callable[[Incoming, Any], bool]
    ) -> None:
        self._admission = admission
        self._on_waiting = on_waiting
        self._on_frame = on_frame
        self._on_event: Callable[[EventName, Any], None] | None = None
        self._early: list[tuple[EventName, Any]] = []
        self._media_failed = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self.incoming: dict[str, Incoming] = {}
        self.outgoing: dict[Source, Outgoing] = {}
        self.connection: Connection
        self.joined: Joined
        self._ours: RtpCapabilities
        self._send: SendTransport
        self._receive: ReceiveTransport

    async def enter(self, display_name: str) -> None:
        """Come in, which takes as long as a moderator lets wait.

        Raises `RequestRefused`, `ConnectionLost`, `MeetingOver`.
        """
        self.connection, hello = await open_connection(self._admission["nodeUrl"], self._hear)
        try:
            self._ours = supported(hello["routerRtpCapabilities"])
            self.joined = await self.connection.request(
                "join",
                {
                    "ticket": self._admission["ticket"],
                    "displayName": display_name,
                    "rtpCapabilities": self._ours,
                    "gathered": True,
                },
                timeout_s=None,
            )
        except ConnectionLost:
            ended = after_close(await self.connection.closed())
            await self.connection.close()
            if ended is not None:
                raise MeetingOver(ended) from None
            raise
        except BaseException:
            await self.connection.close()
            raise
        servers = self._admission["iceServers"]
        self._send = SendTransport(self.joined["sendTransport"], servers, self.connection, self._media_failed.set)
        self._receive = ReceiveTransport(self.joined["recvTransport"], servers, self.connection, self._media_failed.set)
        for created in self.joined["consumers"]:
            self.incoming[created["consumerId"]] = Incoming(created)

    def start(self, on_event: Callable[[EventName, Any], None]) -> None:
        """Hand on what has been heard since `enter`, and from now on."""
        self._on_event = on_event
        early, self._early = self._early, []
        for event, data in early:
            self._hear(event, data)

    async def over(self) -> Closed:
        """Wait until it is of no use any more: the connection has ended, or its media has failed."""
        ends = (asyncio.ensure_future(self.connection.closed()), asyncio.ensure_future(self._media_failed.wait()))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return await ends[0] if ends[0].done() else Closed(1006, None)
        finally:
            for end in ends:
                end.cancel()

    async def close(self) -> None:
        """End everything. Idempotent."""
        for one in self.outgoing.values():
            await one.sender.stop()
        self.outgoing.clear()
        for consumer_id in list(self.incoming):
            self._forget(consumer_id)
        if self._closing:
            await asyncio.wait(self._closing)
        for task in self._asking:
            task.cancel()
        await self._send.close()
        await self._receive.close()
        await self.connection.close()

    # --- sending ----------------------------------------------------------------------------------

    async def produce(self, source: Source, track: MediaStreamTrack) -> None:
        """Send a track as this source, or send it again after a pause. Raises what `request` raises."""
        known = self.outgoing.get(source)
        if known is None:
            producer_id, sender = await self._send.produce(track, source, self._ours)
            self.outgoing[source] = Outgoing(producer_id, sender)
            return
        await self.connection.request("resumeProducer", {"producerId": known.producer_id})
        known.sender.replaceTrack(Lent(track))

    async def pause(self, source: Source) -> None:
        """Send this no longer, for a while."""
        known = self.outgoing.get(source)
        if known is not None:
            known.sender.replaceTrack(None)
            await self.connection.request("pauseProducer", {"producerId": known.producer_id})

    async def stop(self, source: Source) -> None:
        """Send this no longer."""
        known = self.outgoing.pop(source, None)
        if known is not None:
            await known.sender.stop()
            await self.connection.request("closeProducer", {"producerId": known.producer_id})

    # --- receiving --------------------------------------------------------------------------------

    def watch(self, producer_ids: list[str]) -> None:
        """These pictures are wanted: what of them does not come by itself comes as `consumerCreated`."""
        task = asyncio.create_task(self._ask_for(producer_ids))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask_for(self, producer_ids: list[str]) -> None:
        with contextlib.suppress(ParticipantError):  # the connection has ended, which is told otherwise
            await self.connection.request("watch", {"producerIds": producer_ids})

    def want(self, incoming: Incoming, layer: int | None = None) -> None:
        """Somebody wants this: receive it until `on_frame` says that nobody does."""
        incoming.layer = layer
        if incoming.task is None or incoming.task.done():
            incoming.task = asyncio.create_task(self._take(incoming))

    async def _take(self, incoming: Incoming) -> None:
        consumer = {"consumerId": incoming.created["consumerId"]}
        repairs: asyncio.Task[None] | None = None
        try:
            if incoming.track is None:
                incoming.track, incoming.receiver = await self._receive.consume(incoming.created)
            if incoming.receiver is not None and incoming.created["kind"] == "video":
                ssrc = incoming.created["rtpParameters"]["encodings"][0]["ssrc"] or 0
                repairs = asyncio.create_task(repeat_nacks(incoming.receiver, ssrc))
            if incoming.layer is not None:
                layers = {"spatialLayer": incoming.layer}
                await self.connection.request("setPreferredLayers", {**consumer, "layers": layers})
            await self.connection.request("resumeConsumer", consumer)
            while self._on_frame(incoming, await incoming.track.recv()):
                pass
            await self.connection.request("pauseConsumer", consumer)
        except (ParticipantError, MediaStreamError):
            pass  # the consumer or the connection has ended, which is told otherwise
        finally:
            if repairs is not None:
                repairs.cancel()

    def _forget(self, consumer_id: str) -> None:
        incoming = self.incoming.pop(consumer_id, None)
        if incoming is not None:
            task = asyncio.create_task(_end(incoming))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    # --- what is heard ----------------------------------------------------------------------------

    def _hear(self, event: EventName, data: Any) -> None:
        if event in NOT_YET:
            if event == "waiting":
                self._on_waiting()
            return
        if self._on_event is None:
            self._early.append((event, data))
            return
        if event == "consumerCreated":
            self.incoming[data["consumerId"]] = Incoming(data)
        elif event == "consumerClosed":
            self._forget(data["consumerId"])
        elif event == "transportFailed":
            self._media_failed.set()
        self._on_event(event, data)


async def _end(incoming: Incoming) -> None:
    if incoming.task is not None:
        incoming.task.cancel()
        await asyncio.wait((incoming.task,))
    if incoming.receiver is not None:
        await incoming.receiver.stop()
