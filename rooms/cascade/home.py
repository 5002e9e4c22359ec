"""A room's branch on another node, as its home has it: the near end of the pipe, and who receives there.

`BranchTransport` and `BranchConsumer` are to the room what a transport and a consumer of its own router are. What they
are asked for goes over the link at once; nothing is waited for but the branch itself and each new transport.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, Any, Final, Literal

from media.errors import InvalidState, UnsupportedError
from media.net.dtls import check_parameters
from media.net.ice import random_credentials
from media.ortc.parameters import ConsumerLayers
from media.stats import TransportStats
from rooms.cascade import messages as m

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.consumer import ConsumerListener
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import (
        DtlsParameters,
        IceParameters,
        MediaKind,
        RtpCapabilities,
        RtpParameters,
        TransportOptions,
    )
    from media.pipe.consumer import PipeConsumer
    from media.producer import Producer
    from media.receive.stream import ReceiveStream
    from media.router import Router
    from rooms.cascade.link import Link

logger = logging.getLogger(__name__)

# A node that takes longer than this for a branch or a transport is not waited for: there are others.
ANSWER_S: Final = 2.0
HEARD_LOOK_S: Final = 0.01


class BranchConsumer:
    """A track that somebody receives from another node (`rooms.runtime.receiving.ReceivedTrack`).

    To its producer here it is one of the consumers: it ends with it.
    """

    def __init__(self, transport: BranchTransport, producer: Producer, rtp_parameters: RtpParameters) -> None:
        self.id = str(uuid.uuid4())
        self.producer = producer
        self.rtp_parameters = rtp_parameters
        self.preferred = ConsumerLayers(max(0, len(producer.streams) - 1))
        self._is_screen = False
        self.fraction_lost = 0.0
        self.rtt_s: float | None = None
        self.exceeds_link = False
        self.withheld = False  # what another node sends does not wear out this one
        self.current: ReceiveStream | None = None
        self.closed = False
        self.priority = 0
        self.on_stage = False
        self._transport = transport

    @property
    def producer_id(self) -> str:
        """The producer that this consumer follows."""
        return self.producer.id

    @property
    def kind(self) -> MediaKind:
        """`audio` or `video`."""
        return self.producer.kind

    @property
    def is_screen(self) -> bool:
        """Whether it is to be kept sharp."""
        return self._is_screen

    @is_screen.setter
    def is_screen(self, value: bool) -> None:
        if value != self._is_screen:
            self._is_screen = value
            self._say(m.KeepSharp(*self._which, value))

    def pause(self) -> None:
        """Have nothing of it sent until `resume`."""
        self._say(m.PauseConsumer(*self._which, paused=True))

    def resume(self) -> None:
        """Have it sent again."""
        self._say(m.PauseConsumer(*self._which, paused=False))

    def set_importance(self, priority: int, *, on_stage: bool) -> None:
        """What the page makes of it; goes with the layers."""
        self.priority, self.on_stage = priority, on_stage

    def set_preferred_layers(self, layers: ConsumerLayers) -> None:
        """Have at most these layers sent."""
        self.preferred = layers
        self._say(m.PreferLayers(*self._which, layers, self.priority, self.on_stage))

    def request_key_frame(self) -> None:
        """Have the sender asked for a keyframe."""
        self._say(m.AskForKeyFrame(*self._which))

    def close(self) -> None:
        """Stop for good. Idempotent."""
        if not self.closed:
            self.closed = True
            self._say(m.CloseConsumer(*self._which))
            self._transport.remove_consumer(self)

    def told_layers(self, layers: ConsumerLayers | None, *, exceeds_link: bool) -> None:
        """This is sent there now."""
        streams = self.producer.streams
        self.exceeds_link = exceeds_link
        self.current = None if layers is None else streams[min(layers.spatial_layer, len(streams) - 1)]

    @property
    def _which(self) -> tuple[int, str, str]:
        return self._transport.branch.number, self._transport.id, self.id

    def _say(self, message: Any) -> None:
        self._transport.branch.link.send(message)


class BranchTransport:
    """What somebody receives by on another node (`rooms.runtime.receiving.ReceivingElsewhere`)."""

    def __init__(self, branch: Branch, options: TransportOptions) -> None:
        self.id = options.id
        self.options = options
        self.branch = branch
        self.consumers: dict[str, BranchConsumer] = {}
        self.on_lost: Callable[[], None] = lambda: None
        self.on_failed: Callable[[Literal["ice", "dtls"]], None] = lambda _reason: None
        self.closed = False
        self._listeners: dict[str, ConsumerListener] = {}
        self._connected = False
        self._last_mid = -1
        self._stats = TransportStats(options.id, "new", None, 0, 0, None, [], [])

    @property
    def estimate_bps(self) -> int | None:
        """What the client's link carried of video, when the other node counted last."""
        return self._stats.available_bitrate

    def stats(self) -> TransportStats:
        """What the other node counted last."""
        return self._stats

    def connect(self, dtls_parameters: DtlsParameters) -> None:
        """Pass the client's DTLS parameters on; once. Raises `InvalidState`, `InvalidParameters`."""
        if self._connected:
            message = "The transport was connected before."
            raise InvalidState(message)
        check_parameters(dtls_parameters)
        self._connected = True
        self.branch.link.send(m.Connect(self.branch.number, self.id, dtls_parameters))

    def restart_ice(self) -> IceParameters:
        """New ICE credentials (RFC 8445 section 9), which are made here."""
        parameters = random_credentials()
        self.branch.link.send(m.RestartIce(self.branch.number, self.id, parameters))
        return parameters

    def consume(
        self,
        producer_id: str,
        rtp_capabilities: RtpCapabilities,
        listener: ConsumerListener,
        *,
        paused: bool = True,
    ) -> BranchConsumer:
        """Have a producer's track sent to the client. Raises `NotFound`, `InvalidState` or `UnsupportedError`."""
        if self.closed or not paused:
            message = "The transport is closed." if self.closed else "A consumer of another node begins paused."
            raise InvalidState(message)
        producer = self.branch.router.producer(producer_id)
        parameters = self.branch.router.negotiated.parameters(
            producer_id, producer.consumable, rtp_capabilities, self.branch.feedback
        )
        self._last_mid += 1
        parameters.mid = str(self._last_mid)
        consumer = BranchConsumer(self, producer, parameters)
        self.branch.carry(producer)
        self.consumers[consumer.id] = consumer
        self._listeners[consumer.id] = listener
        self.branch.link.send(m.Consume(self.branch.number, self.id, consumer.id, producer_id, parameters))
        return consumer

    def consume_data(self, data_producer_id: str) -> Any:
        """Data channels stay on their room's node."""
        message = f"The data channel {data_producer_id} does not reach other nodes."
        raise UnsupportedError(message)

    def close(self) -> None:
        """End it. Idempotent."""
        if not self.closed:
            self.closed = True
            self.branch.link.send(m.CloseTransport(self.branch.number, self.id))
            self._end()
            self.branch.remove(self)

    def remove_consumer(self, consumer: BranchConsumer) -> None:
        """Forget a closed consumer."""
        self.consumers.pop(consumer.id, None)
        self._listeners.pop(consumer.id, None)

    # --- what the branch tells ---

    def track_ended(self, producer_id: str) -> None:
        """A producer has closed, and with it its consumer."""
        for consumer in [one for one in self.consumers.values() if one.producer_id == producer_id]:
            consumer.closed = True
            del self.consumers[consumer.id]
            self._listeners.pop(consumer.id).on_consumer_closed(consumer)  # type: ignore[arg-type]

    def told_layers(self, message: m.LayersTold) -> None:
        """Another layer is being sent."""
        consumer = self.consumers.get(message.consumer_id)
        if consumer is not None:
            consumer.told_layers(message.layers, exceeds_link=message.exceeds_link)
            listener = self._listeners[consumer.id]
            listener.on_consumer_layers(consumer, message.layers)  # type: ignore[arg-type]

    def counted(self, stats: TransportStats) -> None:
        """The other node has counted."""
        self._stats = stats
        for one in stats.consumers:
            consumer = self.consumers.get(one.id)
            if consumer is not None:
                consumer.fraction_lost, consumer.rtt_s = one.fraction_lost, one.round_trip_time

    def lost(self) -> None:
        """The other node is gone."""
        if not self.closed:
            self.closed = True
            self._end()
            self.on_lost()

    def _end(self) -> None:
        for consumer in self.consumers.values():
            consumer.closed = True
        self.consumers.clear()
        self._listeners.clear()


class Branch:
    """Of one room on one other node."""

    def __init__(
        self,
        number: int,
        router: Router,
        link: Link,
        ip: str,
        feedback: BandwidthFeedback,
        forget: Callable[[Branch], None],
    ) -> None:
        """Raises `MediaError` where there can't be a pipe."""
        self.number = number
        self.router = router
        self.link = link
        self.feedback = feedback
        self.transports: dict[str, BranchTransport] = {}
        self.closed = False
        self._forget = forget
        self._pipe = router.create_pipe_transport(self, ip)
        self._opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._requests: dict[int, asyncio.Future[TransportOptions | None]] = {}
        self._last_request = 0
        codecs = router.rtp_capabilities.codecs
        link.send(m.OpenBranch(number, codecs, self._pipe.parameters))

    async def make_transport(self) -> BranchTransport | None:
        """For one more who receives there; None where the other node can't or does not answer in time."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if not await asyncio.shield(self._opened):
                    return None
                while not self._pipe.heard:  # noqa: ASYNC110 - of a packet nobody tells
                    await asyncio.sleep(HEARD_LOOK_S)
                self._last_request = number = self._last_request + 1
                answer = self._requests[number] = asyncio.get_running_loop().create_future()
                self.link.send(m.MakeTransport(self.number, number))
                try:
                    options = await answer
                finally:
                    self._requests.pop(number, None)
        except TimeoutError:
            return None
        if options is None or self.closed:
            return None
        transport = self.transports[options.id] = BranchTransport(self, options)
        return transport

    def carry(self, producer: Producer) -> None:
        """See to it that a track goes through the pipe."""
        if any(one.producer_id == producer.id for one in self._pipe.consumers.values()):
            return
        piped = self._pipe.consume(producer.id, self)
        self.link.send(m.Carry(self.number, producer.id, piped.kind, piped.rtp_parameters, producer.paused))

    def remove(self, transport: BranchTransport) -> None:
        """Forget a closed transport. With the last one the branch ends."""
        self.transports.pop(transport.id, None)
        self.end_unused()

    def end_unused(self) -> None:
        """End where nobody receives there, nor is about to."""
        if not self.transports and not self._requests:
            self.end()

    def end(self) -> None:
        """Have the other node end it. Idempotent."""
        if not self.closed:
            self.link.send(m.CloseBranch(self.number))
            self.close()

    def close(self) -> None:
        """The other node, or the room, is gone. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._forget(self)
        self._pipe.close()
        if not self._opened.done():
            self._opened.set_result(False)
        for answer in self._requests.values():
            if not answer.done():
                answer.set_result(None)
        for transport in list(self.transports.values()):
            transport.lost()
        self.transports.clear()

    # --- what the other node says ---

    def on_message(self, message: Any) -> None:  # noqa: C901, PLR0912 - one case a message
        """Carry it out."""
        match message:
            case m.BranchOpened(_, pipe, problem):
                if pipe is not None:
                    self._pipe.connect(pipe)
                else:
                    logger.warning("Another node can't have a part of a room: %s", problem)
                if not self._opened.done():
                    self._opened.set_result(pipe is not None)
            case m.TransportMade(_, request, options):
                answer = self._requests.get(request)
                if answer is not None and not answer.done():
                    answer.set_result(options)
                elif options is not None:  # too late: nobody waits for it
                    self.link.send(m.CloseTransport(self.number, options.id))
            case m.LayersWanted(_, producer_id, count, max_bitrates):
                for piped in self._pipe.consumers.values():
                    if piped.producer_id == producer_id:
                        piped.set_layers(count, max_bitrates)
            case m.TransportFailed(_, transport_id, reason):
                if transport_id in self.transports:
                    self.transports[transport_id].on_failed(reason)
            case m.LayersTold():
                if message.transport_id in self.transports:
                    self.transports[message.transport_id].told_layers(message)
            case m.Counted(_, counted):
                for stats in counted:
                    if stats.id in self.transports:
                        self.transports[stats.id].counted(stats)

    # --- what media here says ---

    def on_pipe_layers_wanted(self, _producer: Producer, _count: int, _max_bitrates_bps: Sequence[int]) -> None:
        """Nothing comes by the pipe to here."""

    def on_pipe_consumer_paused(self, consumer: PipeConsumer, *, paused: bool) -> None:
        self.link.send(m.PauseTrack(self.number, consumer.producer_id, paused))

    def on_pipe_consumer_closed(self, consumer: PipeConsumer) -> None:
        self.link.send(m.DropTrack(self.number, consumer.producer_id))
        for transport in list(self.transports.values()):
            transport.track_ended(consumer.producer_id)
