"""A live room: one queue, one task. Requests go through the state machine, its effects to the media router.

Nothing here awaits but the queue: media calls are synchronous, and sending is the participants' business.
The queue is bounded, and now and then the task lets others run, so that one busy room can't hold up the node.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final, Protocol

from media.errors import MediaError
from media.ortc import validate_rtp_capabilities
from media.transport import TransportState
from rooms import protocol
from rooms.errors import CloseCode, Refused
from rooms.frames import encode_notification, encode_refusal, encode_response
from rooms.limits import check_dtls_parameters, check_layers, check_rtp_parameters, check_sctp_stream
from rooms.names import clean_name
from rooms.state import (
    AddProducer,
    CloseProducerMedia,
    ConsumeEverything,
    ConsumeProducer,
    Enter,
    Exit,
    PauseMedia,
    RemoveProducer,
    Rename,
    RoomState,
    SetProducerPaused,
    receivable_video,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from media.consumer import Consumer
    from media.data import DataProducer
    from media.parameters import ConsumerLayers, RtpCapabilities
    from media.router import Router
    from media.transport import WebRtcTransport
    from rooms.participant import Participant
    from rooms.protocol import Message
    from rooms.state import Command, Effect, Outcome

logger = logging.getLogger(__name__)

MAX_QUEUED_REQUESTS: Final = 5000
# So many pieces of work without letting the rest of the node run.
WORK_AT_ONCE: Final = 8
MAX_DATA_PRODUCERS: Final = 16


class Admission(Protocol):
    """What a ticket says about who comes in (`meet.tickets.Ticket` fits)."""

    @property
    def peer_id(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def name_fixed(self) -> bool: ...


class Member:
    """A participant inside the room, with everything media of theirs. Listens to its own transports and consumers."""

    def __init__(self, room: Room, participant: Participant, peer_id: str, capabilities: RtpCapabilities) -> None:
        self.room = room
        self.participant = participant
        self.peer_id = peer_id
        self.capabilities = capabilities
        self.send_transport: WebRtcTransport = room.router.create_webrtc_transport(self)
        self.recv_transport: WebRtcTransport = room.router.create_webrtc_transport(self)
        self.data_producers: list[DataProducer] = []

    def transport(self, transport_id: str) -> WebRtcTransport:
        """One of the two transports. Raises `Refused`."""
        for transport in (self.send_transport, self.recv_transport):
            if transport.id == transport_id:
                return transport
        raise Refused("notFound", "You have no such transport.")

    def consumer(self, consumer_id: str) -> Consumer:
        """One of my consumers. Raises `Refused`."""
        consumer = self.recv_transport.consumers.get(consumer_id)
        if consumer is None:
            raise Refused("notFound", "You have no such consumer.")
        return consumer

    def close_media(self) -> None:
        """Close both transports."""
        self.send_transport.close()
        self.recv_transport.close()

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None:
        """Media tells; the client must know when a connection is lost."""
        if state is TransportState.DISCONNECTED:
            self.participant.notify(protocol.TransportFailed(transport.id, "ice"))
        elif state is TransportState.FAILED:
            self.participant.notify(protocol.TransportFailed(transport.id, "dtls"))

    def on_consumer_closed(self, consumer: Consumer) -> None:
        """A producer went away, and my consumer with it."""
        self.participant.notify(protocol.ConsumerClosed(consumer.id))

    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None:
        """Another layer is being sent."""
        self.participant.notify(protocol.ConsumerLayersChanged(consumer.id, layers))


class Room:
    """Made with its first participant; calls `on_empty` when the last one has left. `now_ms` is Unix time in ms."""

    def __init__(
        self,
        room_id: str,
        router: Router,
        video_codecs: Sequence[str],
        on_empty: Callable[[Room], None],
        now_ms: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        self.room_id = room_id
        self.router = router
        self.state = RoomState(room_id, video_codecs)
        self._members: dict[str, Member] = {}
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._on_empty = on_empty
        self._now_ms = now_ms
        self._task = asyncio.create_task(self._run(), name=f"room {room_id}")

    @property
    def peer_count(self) -> int:
        """How many are in."""
        return len(self._members)

    # --- what consumers (the Channels kind) call; all return at once ---

    def join(
        self,
        participant: Participant,
        request_id: int,
        request: protocol.Join,
        admission: Admission,
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Let somebody in whose ticket is good. `on_refused` is called if they have to stay outside after all."""

        def carry_out() -> None:
            try:
                self._join(participant, request_id, request, admission)
            except Exception:
                if not self._holds(participant, admission.peer_id):
                    on_refused()
                raise

        self._queue.put_nowait(self._answering(participant, request_id, carry_out))

    def request(self, participant: Participant, peer_id: str, request_id: int, request: Message) -> None:
        """Carry out a request of somebody who is in. Raises `Refused` if too many are waiting."""

        def carry_out() -> None:
            if not self._holds(participant, peer_id):
                raise Refused("notJoined", "You are not in the room any more.")
            participant.send(encode_response(request_id, self._carry_out(self._members[peer_id], request)))
            if isinstance(request, protocol.Leave):
                participant.close(CloseCode.NORMAL, "Left.")

        if self._queue.qsize() >= MAX_QUEUED_REQUESTS:
            raise Refused("tooManyRequests", "The room is too busy at the moment. Please try again.")
        self._queue.put_nowait(self._answering(participant, request_id, carry_out))

    def disconnected(self, participant: Participant, peer_id: str) -> None:
        """Somebody's socket is gone, or as good as gone."""
        self._queue.put_nowait(lambda: self._remove(participant, peer_id, "lost"))

    def close(self) -> None:
        """End at once; whoever was in has been told."""
        self._members.clear()
        self._task.cancel()
        self.router.close()

    # --- the room's own task ---

    async def _run(self) -> None:
        done = 0
        while True:
            work = await self._queue.get()
            try:
                work()
            except Exception:
                logger.exception("Room %s: a command failed", self.room_id)
            done += 1
            if done % WORK_AT_ONCE == 0:
                await asyncio.sleep(0)
            if self.state.empty and self._queue.empty():
                self.router.close()
                self._on_empty(self)
                return

    @staticmethod
    def _answering(participant: Participant, request_id: int, work: Callable[[], None]) -> Callable[[], None]:
        """The same work, but what goes wrong with it is told to who asked for it."""

        def answered() -> None:
            try:
                work()
            except Refused as refused:
                participant.send(encode_refusal(request_id, refused))
            except MediaError as error:
                participant.send(encode_refusal(request_id, _refused(error)))
            except Exception:
                problem = Refused("internalError", "The server could not do that. Please try again.")
                participant.send(encode_refusal(request_id, problem))
                raise

        return answered

    def _join(self, participant: Participant, request_id: int, request: protocol.Join, admission: Admission) -> None:
        if participant.closing:
            return
        validate_rtp_capabilities(request.rtp_capabilities)
        peer_id = admission.peer_id
        previous = self._members.get(peer_id)
        if previous is not None:
            if previous.participant is participant:
                raise Refused("alreadyJoined", "You are in the room already.")
            previous.participant.dismiss("peerReplaced", "Someone joined into the room with your ID")
            self._remove(previous.participant, peer_id, "replaced")
        name = admission.display_name if admission.name_fixed else request.display_name or admission.display_name
        member = Member(self, participant, peer_id, request.rtp_capabilities)
        try:
            outcome = self.state.apply(
                Enter(peer_id, clean_name(name), admission.name_fixed, receivable_video(request.rtp_capabilities)),
                self._now_ms(),
            )
        except Refused:
            member.close_media()
            raise
        self._members[peer_id] = member
        participant.send(
            encode_response(
                request_id,
                protocol.Joined(
                    peer_id=peer_id,
                    room=self.state.snapshot(),
                    send_transport=member.send_transport.options,
                    recv_transport=member.recv_transport.options,
                ),
            )
        )
        self._publish(outcome)

    def _remove(self, participant: Participant, peer_id: str, reason: Literal["left", "lost", "replaced"]) -> None:
        if self._holds(participant, peer_id):
            member = self._members.pop(peer_id)
            outcome = self.state.apply(Exit(peer_id, reason), self._now_ms())
            member.close_media()
            self._publish(outcome)

    def _holds(self, participant: Participant, peer_id: str) -> bool:
        """Whether this very connection is that participant at the moment."""
        member = self._members.get(peer_id)
        return member is not None and member.participant is participant

    def _carry_out(self, member: Member, request: Message) -> Message:  # noqa: C901, PLR0912 - one case a request
        match request:
            case protocol.Leave():
                self._remove(member.participant, member.peer_id, "left")
            case protocol.ConnectTransport():
                check_dtls_parameters(request.dtls_parameters)
                member.transport(request.transport_id).connect(request.dtls_parameters)
            case protocol.RestartIce():
                return protocol.IceRestarted(member.transport(request.transport_id).restart_ice())
            case protocol.Produce():
                return self._produce(member, request)
            case protocol.PauseProducer():
                self._apply(SetProducerPaused(member.peer_id, request.producer_id, paused=True))
            case protocol.ResumeProducer():
                self._apply(SetProducerPaused(member.peer_id, request.producer_id, paused=False))
            case protocol.CloseProducer():
                self._apply(RemoveProducer(member.peer_id, request.producer_id))
            case protocol.PauseConsumer():
                member.consumer(request.consumer_id).pause()
            case protocol.ResumeConsumer():
                member.consumer(request.consumer_id).resume()
            case protocol.SetPreferredLayers():
                check_layers(request.layers)
                member.consumer(request.consumer_id).set_preferred_layers(request.layers)
            case protocol.RequestKeyFrame():
                member.consumer(request.consumer_id).request_key_frame()
            case protocol.ProduceData():
                return self._produce_data(member, request)
            case protocol.SetDisplayName():
                self._apply(Rename(member.peer_id, clean_name(request.display_name)))
            case _:
                raise Refused("notAllowed", "This request makes no sense inside a room.")
        return protocol.Done()

    def _produce(self, member: Member, request: protocol.Produce) -> protocol.Produced:
        self.state.check_produce(member.peer_id, request.kind, request.source)
        check_rtp_parameters(request.rtp_parameters)
        producer = member.send_transport.produce(request.kind, request.rtp_parameters, paused=request.paused)
        self._apply(AddProducer(member.peer_id, producer.id, request.source, request.paused))
        return protocol.Produced(producer.id)

    def _produce_data(self, member: Member, request: protocol.ProduceData) -> protocol.DataProduced:
        member.data_producers = [producer for producer in member.data_producers if not producer.closed]
        if len(member.data_producers) >= MAX_DATA_PRODUCERS:
            raise Refused("notAllowed", f"You have {MAX_DATA_PRODUCERS} data channels already.")
        check_sctp_stream(request.sctp_stream_parameters)
        producer = member.send_transport.produce_data(request.sctp_stream_parameters, request.label, request.protocol)
        member.data_producers.append(producer)
        for other in self._members.values():
            if other is not member:
                self._consume_data(other, member.peer_id, producer)
        return protocol.DataProduced(producer.id)

    def _apply(self, command: Command) -> None:
        self._publish(self.state.apply(command, self._now_ms()))

    def _publish(self, outcome: Outcome) -> None:
        for event in outcome.events:
            frame = encode_notification(event.message)
            for peer_id, member in self._members.items():
                if peer_id != event.but:
                    member.participant.send(frame)
        for effect in outcome.effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case ConsumeEverything(peer_id):
                self._consume_everything(self._members[peer_id])
            case ConsumeProducer(peer_id, producer):
                for member in self._members.values():
                    if member.peer_id != peer_id:
                        self._consume(member, peer_id, producer)
            case PauseMedia(peer_id, producer_id, paused):
                media_producer = self._members[peer_id].send_transport.producers[producer_id]
                (media_producer.pause if paused else media_producer.resume)()
            case CloseProducerMedia(peer_id, producer_id):
                self._members[peer_id].send_transport.producers[producer_id].close()

    def _consume_everything(self, member: Member) -> None:
        for peer_id, producer in self.state.producers_of_others(member.peer_id):
            self._consume(member, peer_id, producer)
        for other in self._members.values():
            if other is not member:
                for data_producer in other.data_producers:
                    self._consume_data(member, other.peer_id, data_producer)

    def _consume(self, member: Member, peer_id: str, producer: protocol.ProducerInfo) -> None:
        if not self.router.can_consume(producer.id, member.capabilities):
            return
        try:
            consumer = member.recv_transport.consume(producer.id, member.capabilities, member)
        except MediaError as error:
            logger.debug("Room %s: %s cannot receive %s: %s", self.room_id, member.peer_id, producer.id, error)
            return
        member.participant.notify(
            protocol.ConsumerCreated(
                consumer_id=consumer.id,
                peer_id=peer_id,
                producer_id=producer.id,
                kind=consumer.kind,
                type=consumer.type,
                source=producer.source,
                producer_paused=consumer.producer_paused,
                rtp_parameters=consumer.rtp_parameters,
            )
        )

    def _consume_data(self, member: Member, peer_id: str, producer: DataProducer) -> None:
        try:
            consumer = member.recv_transport.consume_data(producer.id)
        except MediaError as error:
            logger.debug("Room %s: %s cannot receive %s: %s", self.room_id, member.peer_id, producer.id, error)
            return
        member.participant.notify(
            protocol.DataConsumerCreated(
                data_consumer_id=consumer.id,
                peer_id=peer_id,
                data_producer_id=producer.id,
                label=consumer.label,
                protocol=consumer.protocol,
                sctp_stream_parameters=consumer.sctp_stream_parameters,
            )
        )


def _refused(error: MediaError) -> Refused:
    """A media error as a refusal, with the code that clients know."""
    known: dict[str, protocol.ErrorCode] = {
        "invalidData": "invalidData",
        "unsupportedCodec": "unsupportedCodec",
        "notAllowed": "notAllowed",
        "notFound": "notFound",
    }
    return Refused(known.get(error.code, "internalError"), str(error))
