"""A live room: one queue, one task. Requests go through the state machine, its effects to the media router.

Nothing here awaits but the queue: media calls are synchronous, and sending is the participants' business.
The queue is bounded, and now and then the task lets others run, so that one busy room can't hold up the node.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.errors import MediaError
from media.ortc import validate_rtp_capabilities
from rooms import protocol
from rooms.admission import entry_of
from rooms.commands import (
    AddProducer,
    AdmitPeer,
    CloseProducerMedia,
    ConsumeEverything,
    ConsumeProducer,
    Exit,
    GiveUp,
    Knock,
    LimitBitrate,
    OpenDoor,
    PauseMedia,
    RemoveProducer,
    Rename,
    Say,
    SetHand,
    SetPeerAbsent,
    SetProducerPaused,
    SetQuality,
    SetStage,
    StopTracks,
)
from rooms.errors import CloseCode, Refused
from rooms.frames import encode_notification, encode_refusal, encode_response
from rooms.limits import check_dtls_parameters, check_layers, check_rtp_parameters, check_sctp_stream
from rooms.member import Member
from rooms.names import clean_name
from rooms.state import RoomState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from media.data import DataProducer
    from media.parameters import RtpCapabilities
    from media.router import Router
    from rooms.admission import Admission
    from rooms.commands import Command, Effect, Enter, Event, Outcome
    from rooms.participant import Participant
    from rooms.protocol import Message

logger = logging.getLogger(__name__)

MAX_QUEUED_REQUESTS: Final = 5000
# So many pieces of work without letting the rest of the node run.
WORK_AT_ONCE: Final = 8
MAX_DATA_PRODUCERS: Final = 16
QUALITY_INTERVAL_S: Final = 3.0
REPLACED: Final = "Someone joined into the room with your ID"
# With so many viewers their number is told at most twice a second: everybody hears of it, and all come at once.
MANY_VIEWERS: Final = 50
VIEWERS_INTERVAL_S: Final = 0.5


@dataclass(frozen=True)
class _Waiting:
    """Somebody at the door: their connection, and how their `join` goes on once it is opened."""

    participant: Participant
    enter: Callable[[], None]
    refuse: Callable[[Refused], None]


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
        self._waiting: dict[str, _Waiting] = {}
        self._viewers_event: Event | None = None
        self._task = asyncio.create_task(self._run(), name=f"room {room_id}")
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self._measure)

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

        def refuse(refused: Refused) -> None:
            participant.send(encode_refusal(request_id, refused))
            on_refused()

        def carry_out() -> None:
            try:
                self._join(participant, request_id, request, admission, refuse)
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
        self._queue.put_nowait(lambda: self._gone(participant, peer_id))

    def close(self) -> None:
        """End at once; whoever was in has been told."""
        self._members.clear()
        self._waiting.clear()
        self._timer.cancel()
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
                self._timer.cancel()
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

    def _join(
        self,
        participant: Participant,
        request_id: int,
        request: protocol.Join,
        admission: Admission,
        refuse: Callable[[Refused], None],
    ) -> None:
        if participant.closing:
            return
        validate_rtp_capabilities(request.rtp_capabilities)
        if self._holds(participant, admission.peer_id):
            raise Refused("alreadyJoined", "You are in the room already.")
        entry = entry_of(admission, request)

        def enter() -> None:
            self._enter(participant, request_id, entry, request.rtp_capabilities)

        if not self.state.must_wait(entry):
            enter()
            return
        outcome = self.state.apply(Knock(entry.peer_id, entry.display_name), self._now_ms())
        previous = self._waiting.get(entry.peer_id)
        if previous is not None and previous.participant is not participant:
            previous.participant.dismiss("peerReplaced", REPLACED)
        self._waiting[entry.peer_id] = _Waiting(participant, enter, refuse)
        participant.notify(protocol.Waiting())
        self._publish(outcome)

    def _enter(self, participant: Participant, request_id: int, entry: Enter, capabilities: RtpCapabilities) -> None:
        previous = self._members.get(entry.peer_id)
        if previous is not None:
            previous.participant.dismiss("peerReplaced", REPLACED)
            self._remove(previous.participant, entry.peer_id, "replaced")
        member = Member(self.router, participant, entry.peer_id, capabilities)
        try:
            outcome = self.state.apply(entry, self._now_ms())
        except Refused:
            member.close_media()
            raise
        self._members[entry.peer_id] = member
        participant.send(
            encode_response(
                request_id,
                protocol.Joined(
                    peer_id=entry.peer_id,
                    room=self.state.snapshot(entry.peer_id),
                    send_transport=member.send_transport.options,
                    recv_transport=member.recv_transport.options,
                ),
            )
        )
        self._publish(outcome)

    def _gone(self, participant: Participant, peer_id: str) -> None:
        """A connection is lost, of somebody inside or at the door."""
        waiting = self._waiting.get(peer_id)
        if waiting is not None and waiting.participant is participant:
            del self._waiting[peer_id]
            self._apply(GiveUp(peer_id))
        self._remove(participant, peer_id, "lost")

    def _open_door(self, peer_id: str, *, admitted: bool) -> None:
        waiting = self._waiting.pop(peer_id, None)
        if waiting is None:
            return
        if not admitted:
            waiting.refuse(Refused("notAdmitted", "The moderator did not let you in."))
            return
        try:
            waiting.enter()
        except Refused as refused:
            waiting.refuse(refused)

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
            case protocol.SetAbsent():
                self._apply(SetPeerAbsent(member.peer_id, request.absent))
            case protocol.RaiseHand():
                self._apply(SetHand(member.peer_id, member.peer_id, request.raised))
            case protocol.LowerHand():
                self._apply(SetHand(member.peer_id, request.peer_id, raised=False))
            case protocol.SendChat():
                self._apply(Say(member.peer_id, request.text))
            case protocol.StopTrack():
                self._apply(StopTracks(member.peer_id, request.peer_id, request.kind))
            case protocol.StopAllTracks():
                self._apply(StopTracks(member.peer_id, None, request.kind))
            case protocol.SetOnStage():
                self._apply(SetStage(member.peer_id, request.peer_id, request.on_stage))
            case protocol.Admit():
                self._apply(AdmitPeer(member.peer_id, request.peer_id, request.admitted))
            case protocol.SetMaxBitrate():
                self._apply(LimitBitrate(member.peer_id, request.bitrate_bps))
            case protocol.SetDisplayName():
                self._apply(Rename(member.peer_id, clean_name(request.display_name)))
            case _:
                raise Refused("notAllowed", "This request makes no sense inside a room.")
        return protocol.Done()

    def _produce(self, member: Member, request: protocol.Produce) -> protocol.Produced:
        self.state.check_produce(member.peer_id, request.kind, request.source, paused=request.paused)
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
            message = event.message
            if isinstance(message, protocol.ViewersChanged) and message.count >= MANY_VIEWERS:
                if self._viewers_event is None:
                    self._loop.call_later(VIEWERS_INTERVAL_S, self._tell_viewers)
                self._viewers_event = event
            else:
                self._tell(event)
        for effect in outcome.effects:
            self._perform(effect)

    def _tell(self, event: Event) -> None:
        frame = encode_notification(event.message)
        for peer_id, member in self._members.items():
            if self.state.hears(peer_id, event):
                member.participant.send(frame)

    def _tell_viewers(self) -> None:
        event, self._viewers_event = self._viewers_event, None
        if event is not None:
            self._tell(event)

    def _measure(self) -> None:
        """Every few seconds: how good is everybody's connection."""
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self._measure)
        for member in list(self._members.values()):
            self._apply(SetQuality(member.peer_id, member.meter.measure(member.send_transport, member.recv_transport)))

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
            case OpenDoor(peer_id, admitted):
                self._open_door(peer_id, admitted=admitted)

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
