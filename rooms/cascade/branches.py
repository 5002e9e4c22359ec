"""The branches that this node has of rooms whose home is another node: carries out what the home says."""

from __future__ import annotations

import asyncio
import logging
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, Final, Literal

from media.errors import MediaError
from media.states import TransportState
from rooms.cascade import messages as m

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.consumer import Consumer
    from media.ortc.parameters import ConsumerLayers
    from media.producer import Producer
    from media.sfu import Sfu
    from media.transport import WebRtcTransport
    from rooms.cascade.link import Link

logger = logging.getLogger(__name__)

# Of one home.
MAX_BRANCHES: Final = 10_000
COUNT_EVERY_S: Final = 3.0
COUNTED_AT_ONCE: Final = 100
FAILED: Final[dict[TransportState, Literal["ice", "dtls"]]] = {
    TransportState.DISCONNECTED: "ice",
    TransportState.FAILED: "dtls",
}


class Branch:
    """Of one room. Hears its transports, consumers and the pipe, and tells the home."""

    def __init__(self, number: int, sfu: Sfu, ip: str, link: Link, opening: m.OpenBranch) -> None:
        """Raises `MediaError`."""
        self.number = number
        self._link = link
        codecs = [codec for codec in opening.codecs if not codec.mime_type.lower().endswith("/rtx")]
        self.router = sfu.create_router(codecs)
        try:
            self.pipe = self.router.create_pipe_transport(self, ip)
            self.pipe.connect(opening.pipe)
        except MediaError:
            self.router.close()
            raise
        self.transports: dict[str, WebRtcTransport] = {}
        self._receiver_of: dict[str, str] = {}

    def close(self) -> None:
        """End all of it."""
        self.transports.clear()
        self.router.close()

    def make_transport(self) -> WebRtcTransport:
        """For one more who receives here."""
        transport = self.router.create_webrtc_transport(self)
        self.transports[transport.id] = transport
        return transport

    def consume(self, message: m.Consume) -> None:
        """Somebody receives one more track. Raises `MediaError`."""
        transport = self.transports.get(message.transport_id)
        if transport is not None:
            self._receiver_of[message.consumer_id] = transport.id
            transport.consume_as(message.consumer_id, message.producer_id, message.rtp_parameters, self)

    def forget(self, transport: WebRtcTransport) -> None:
        """Somebody receives nothing more."""
        for consumer_id in transport.consumers:
            self._receiver_of.pop(consumer_id, None)
        transport.close()

    def consumer(self, message: Any) -> Consumer | None:
        """The one that a message is about; it may have ended with its track meanwhile."""
        transport = self.transports.get(message.transport_id)
        return None if transport is None else transport.consumers.get(message.consumer_id)

    # --- what media tells ---

    def on_pipe_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        self._link.send(m.LayersWanted(self.number, producer.id, count, list(max_bitrates_bps)))

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None:
        if state in FAILED:
            self._link.send(m.TransportFailed(self.number, transport.id, FAILED[state]))

    def on_layers_wanted(self, _producer: Producer, _count: int, _max_bitrates_bps: Sequence[int]) -> None:
        """Nobody sends here."""

    def on_consumer_closed(self, consumer: Consumer) -> None:
        """The home knows that the track has ended."""
        self._receiver_of.pop(consumer.id, None)

    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None:
        transport_id = self._receiver_of.get(consumer.id)
        if transport_id is not None:
            told = m.LayersTold(self.number, transport_id, consumer.id, layers, consumer.exceeds_link)
            self._link.send(told)


class Branches:
    """All that one home has on this node, for as long as the link lasts."""

    def __init__(self, link: Link, sfu: Sfu, ip: str, on_gone: Callable[[], None]) -> None:
        """`on_gone` hears of each who receives here no more."""
        self._link = link
        self._sfu = sfu
        self._ip = ip
        self._on_gone = on_gone
        self._branches: dict[int, Branch] = {}
        self._counting = asyncio.create_task(self._count(), name="counts of branches")

    @property
    def count(self) -> int:
        """How many rooms have a branch here."""
        return len(self._branches)

    @property
    def receivers(self) -> int:
        """How many receive here."""
        return sum(len(branch.transports) for branch in self._branches.values())

    def on_link_closed(self) -> None:
        """The home is gone: so is everything of its rooms."""
        self._counting.cancel()
        for branch in self._branches.values():
            self._end(branch)
        self._branches.clear()

    def _end(self, branch: Branch) -> None:
        gone = len(branch.transports)
        branch.close()
        for _ in range(gone):
            self._on_gone()

    def on_message(self, message: Any) -> None:
        """Carry it out. What is about something that has just ended means nothing."""
        if isinstance(message, m.OpenBranch):
            self._open(message)
            return
        branch = self._branches.get(message.branch)
        if branch is None:
            return
        try:
            self._do(message, branch)
        except MediaError as error:
            logger.warning("%s could not be carried out for another node: %s", type(message).__name__, error)

    def _open(self, message: m.OpenBranch) -> None:
        problem = "There are too many." if len(self._branches) >= MAX_BRANCHES else ""
        if not problem and message.branch not in self._branches:
            try:
                branch = Branch(message.branch, self._sfu, self._ip, self._link, message)
            except MediaError as error:
                problem = str(error)
            else:
                self._branches[message.branch] = branch
                self._link.send(m.BranchOpened(message.branch, branch.pipe.parameters))
                return
        self._link.send(m.BranchOpened(message.branch, None, problem or "It is there already."))

    @singledispatchmethod
    def _do(self, message: Any, branch: Branch) -> None:
        raise NotImplementedError(type(message).__name__)

    @_do.register
    def _(self, _message: m.CloseBranch, branch: Branch) -> None:
        del self._branches[branch.number]
        self._end(branch)

    @_do.register
    def _(self, message: m.Carry, branch: Branch) -> None:
        branch.pipe.produce(message.producer_id, message.kind, message.rtp_parameters, paused=message.paused)

    @_do.register
    def _(self, message: m.PauseTrack, branch: Branch) -> None:
        producer = branch.pipe.producers.get(message.producer_id)
        if producer is not None:
            (producer.pause if message.paused else producer.resume)()

    @_do.register
    def _(self, message: m.DropTrack, branch: Branch) -> None:
        producer = branch.pipe.producers.get(message.producer_id)
        if producer is not None:
            producer.close()

    @_do.register
    def _(self, message: m.MakeTransport, branch: Branch) -> None:
        made = branch.make_transport()
        self._link.send(m.TransportMade(branch.number, message.request, made.options))

    @_do.register
    def _(self, message: m.Connect, branch: Branch) -> None:
        transport = branch.transports.get(message.transport_id)
        if transport is not None:
            transport.connect(message.dtls_parameters)

    @_do.register
    def _(self, message: m.RestartIce, branch: Branch) -> None:
        transport = branch.transports.get(message.transport_id)
        if transport is not None:
            transport.restart_ice(message.ice_parameters)

    @_do.register
    def _(self, message: m.CloseTransport, branch: Branch) -> None:
        transport = branch.transports.pop(message.transport_id, None)
        if transport is not None:
            branch.forget(transport)
            self._on_gone()

    @_do.register
    def _(self, message: m.Consume, branch: Branch) -> None:
        branch.consume(message)

    @_do.register
    def _(self, message: m.KeepSharp, branch: Branch) -> None:
        consumer = branch.consumer(message)
        if consumer is not None:
            consumer.is_screen = message.sharp

    @_do.register
    def _(self, message: m.PauseConsumer, branch: Branch) -> None:
        consumer = branch.consumer(message)
        if consumer is not None:
            (consumer.pause if message.paused else consumer.resume)()

    @_do.register
    def _(self, message: m.PreferLayers, branch: Branch) -> None:
        consumer = branch.consumer(message)
        if consumer is not None:
            consumer.set_importance(message.priority, on_stage=message.on_stage)
            consumer.set_preferred_layers(message.layers)

    @_do.register
    def _(self, message: m.AskForKeyFrame, branch: Branch) -> None:
        consumer = branch.consumer(message)
        if consumer is not None:
            consumer.request_key_frame()

    @_do.register
    def _(self, message: m.CloseConsumer, branch: Branch) -> None:
        consumer = branch.consumer(message)
        if consumer is not None:
            branch.on_consumer_closed(consumer)
            consumer.close()

    async def _count(self) -> None:
        """Tell what transports count, a part of them at a time."""
        while True:
            await asyncio.sleep(COUNT_EVERY_S)
            for branch in list(self._branches.values()):
                transports = list(branch.transports.values())
                for start in range(0, len(transports), COUNTED_AT_ONCE):
                    some = [one.stats() for one in transports[start : start + COUNTED_AT_ONCE]]
                    self._link.send(m.Counted(branch.number, some))
                    await asyncio.sleep(0)
