"""A live room: one queue, one task. Requests go through the state machine, its effects to the media router.

Nothing here awaits but the queue: media calls are synchronous, and sending is the connections' business.
The queue is bounded, and now and then the task lets others run, so that one busy room can't hold up the node.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Literal

from rooms import protocol
from rooms.protocol.errors import CloseCode, Refused, refusal_of
from rooms.protocol.frames import encode_notification
from rooms.runtime.answering import answering
from rooms.runtime.consuming import Consuming
from rooms.runtime.joining import MOVED, REPLACED, Joining, PendingJoin, entry_of
from rooms.runtime.media_limits import check_dtls_parameters, check_layers, check_rtp_parameters
from rooms.runtime.news import News
from rooms.runtime.receiving import ONE_NODE
from rooms.runtime.remembering import Remembering
from rooms.runtime.sampling import Sampling
from rooms.runtime.sparing import Sparing
from rooms.runtime.speakers import Speakers
from rooms.runtime.timed_commands import TimedCommands
from rooms.runtime.turns import attempt, attributed
from rooms.state.commands import (
    AddProducer,
    By,
    Exit,
    GiveUp,
    RecordingBegan,
    RecordingEnded,
    SetDominantSpeaker,
    SetQuality,
)
from rooms.state.machine import MANY_VIEWERS, RULES, RoomState
from rooms.state.memory import RemembersNothing
from rooms.state.outcome import (
    AnswerWaiting,
    BeginCapture,
    CloseDataMedia,
    CloseProducerMedia,
    ConsumeProducer,
    EndCapture,
    Event,
    Later,
    LimitVideo,
    ListenTo,
    PauseMedia,
    SendAllAway,
    SendAway,
    StopConsuming,
)
from rooms.state.waiting_places import Origin
from rooms.turn import TurnServers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.router import Router
    from rooms.protocol import ErrorCode, Message, Request
    from rooms.room_key import RoomKey
    from rooms.runtime.connection import Connection
    from rooms.runtime.member import Member
    from rooms.runtime.observer import RoomObserver
    from rooms.runtime.receiving import Elsewhere
    from rooms.runtime.recorder import Recorder
    from rooms.runtime.sampling import SampleSink
    from rooms.state.commands import Command
    from rooms.state.memory import Memories
    from rooms.state.outcome import Effect, Outcome
    from rooms.state.ticket import Ticket

NOWHERE: Final = Origin()
NO_MEMORIES: Final = RemembersNothing()
NO_TURN: Final = TurnServers()
MAX_QUEUED_REQUESTS: Final = 5000
# So many pieces of work, and for so long, without letting the rest of the node run: everybody's media waits meanwhile.
WORK_AT_ONCE: Final = 8
WORK_S: Final = 0.002
QUALITY_INTERVAL_S: Final = 3.0
# Each with all that they receive: hundreds in one go would hold up the node.
MEASURED_AT_ONCE: Final = 5
# Where many watch, their number is told at most twice a second, and with no more frames a second than these.
VIEWERS_INTERVAL_S: Final = 0.5
VIEWERS_FRAMES_PER_S: Final = 200


class Room:
    """Made with its first participant; calls `on_empty` when the last one has left and nobody is expected back.

    Who was lost is expected for `BACK_WITHIN_S`, and finds the room as it was. `now_ms` is Unix time in ms.
    """

    def __init__(
        self,
        key: RoomKey,
        router: Router,
        video_codecs: Sequence[str],
        on_empty: Callable[[Room], None],
        observer: RoomObserver,
        recorder: Recorder,
        memories: Memories = NO_MEMORIES,
        now_ms: Callable[[], int] = lambda: int(time.time() * 1000),
        samples: SampleSink | None = None,
        all_microphones_up_to: int = 0,
        max_bitrate_bps: int = 0,
        turn: TurnServers = NO_TURN,
        elsewhere: Elsewhere = ONE_NODE,
    ) -> None:
        self.key, self.elsewhere = key, elsewhere
        self.room_id = key.room_id
        self.router = router
        self._turn = turn
        self.state = RoomState(key.room_id, video_codecs, max_bitrate_bps)
        self._members: dict[str, Member] = {}
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._on_empty = on_empty
        self._observer = observer
        self._recorder = recorder
        self.remembering = Remembering(key, memories, self.state.memory, now_ms)
        self._now_ms = now_ms
        self.sparing = Sparing(self._members)
        self.opened_at = now_ms()
        self._joining = Joining(self, now_ms)
        self._end_timer: asyncio.TimerHandle | None = None
        self._viewers_timer: asyncio.TimerHandle | None = None
        self._timed = TimedCommands(lambda command: self._queue.put_nowait(lambda: self._apply(command)), now_ms)
        self._task = asyncio.create_task(self._run(), name=f"room {key.room_id}")
        self._loop = asyncio.get_running_loop()
        self._news = News(self._loop)
        self.consuming = Consuming(self._members, self.state, self.later, all_microphones_up_to)
        self._speakers = Speakers(
            all_microphones_up_to,
            lambda peer_id: self._apply(SetDominantSpeaker(peer_id)),
            self._loop,
            on_loud=self.consuming.loud,
        )
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self._measure)
        self._sampling = Sampling(key, self._members, self.state, samples, now_ms) if samples is not None else None
        recorder.room_opened(self)

    @property
    def peer_count(self) -> int:
        """How many are in."""
        return len(self._members)

    def member(self, peer_id: str) -> Member | None:
        """A participant who is in, with their media."""
        return self._members.get(peer_id)

    def expects(self, peer_id: str) -> bool:
        """Whether somebody is in, or was until a moment ago, and so may come back."""
        return peer_id in self._members or self._joining.expects(peer_id)

    # --- what consumers (the Channels kind) call; all return at once ---

    def join(
        self,
        connection: Connection,
        request_id: int,
        request: protocol.Join,
        ticket: Ticket,
        on_refused: Callable[[], None] = lambda: None,
        identity: str = "",
        origin: Origin = NOWHERE,
        *,
        only_elsewhere: bool = False,
    ) -> None:
        """Let somebody in whose ticket is good. `on_refused` is called if they have to stay outside after all.

        `identity` is what the page is given to come back with, `origin` where it comes from. With `only_elsewhere` they
        have to receive from another node.
        """
        pending = PendingJoin(
            connection,
            request_id,
            entry_of(ticket, request),
            request.rtp_capabilities,
            on_refused,
            identity,
            origin,
            gathered=request.gathered,
            only_elsewhere=only_elsewhere,
        )
        self._queue.put_nowait(attributed(lambda: self._joining.join(pending), self.room_id))

    def request(self, connection: Connection, peer_id: str, request_id: int, request: Request) -> None:
        """Carry out a request of somebody who is in. Raises `Refused` if too many are waiting."""

        def carry_out() -> None:
            if isinstance(request, protocol.Leave) and self._joining.waits(connection, peer_id):
                self._gone(connection, peer_id)
                answer: Message = protocol.Done()
            elif isinstance(request, protocol.EndMeeting) and self.holds(connection, peer_id):
                outcome = self.state.apply(By(peer_id, request), self._now_ms())
                self._observer.moderated(self._members[peer_id].visit, request, self._now_ms())
                connection.answer(request_id, protocol.Done())  # their socket ends with all the others
                self.publish(outcome)
                return
            elif self.holds(connection, peer_id):
                answer = self._carry_out(self._members[peer_id], request)
            else:
                raise Refused("notJoined", "You are not in the room.")
            connection.answer(request_id, answer)
            if isinstance(request, protocol.Leave):
                connection.close(CloseCode.NORMAL, "Left.")

        self._check_queue()
        self._queue.put_nowait(attributed(lambda: answering(connection, request_id, carry_out), self.room_id))

    def disconnected(self, connection: Connection, peer_id: str) -> None:
        """A participant's socket is gone, or as good as gone."""
        self._queue.put_nowait(attributed(lambda: self._gone(connection, peer_id), self.room_id))

    def control(self, command: Command) -> asyncio.Future[None]:
        """Carry out what the account's own server wants. The future fails with `Refused` where a request would.

        Wait for it with a limit: it is never done if the node closes before. Raises `Refused` if too many are waiting.
        """
        done = self._loop.create_future()

        def carry_out() -> None:
            try:
                self._apply(command)
            except Exception as error:
                if not done.done():
                    done.set_exception(refusal_of(error))
                if not isinstance(error, Refused):
                    raise
            else:
                if not done.done():
                    done.set_result(None)

        self._check_queue()
        self._queue.put_nowait(attributed(carry_out, self.room_id))
        return done

    # --- what the recorder calls ---

    def seen_by_viewers(self) -> protocol.RoomSnapshot:
        """What a recording begins with."""
        return self.state.seen_by_viewers()

    @property
    def interpretation_recorded(self) -> bool:
        """Whether the account has interpreters recorded, too."""
        return self.state.interpretation_recorded

    def recording_began(self, since_ms: int, missing_ms: int | None = None) -> None:
        """The recorder records: everybody sees it, and who comes back soon hears what is missing."""
        if missing_ms is not None:
            self._joining.tell_of_gap(missing_ms)
        self._apply(RecordingBegan(since_ms))
        self.remembering.now()  # and not in some seconds: whether people are recorded is theirs to decide

    def recording_ended(self, problem: protocol.RecordingProblem | None) -> None:
        """The recorder does not record any more: everybody sees it, and moderators see why."""
        self._apply(RecordingEnded(problem))
        self.remembering.now()

    def send_everybody_elsewhere(self, *, remember: bool) -> None:
        """End at once, and have whoever is in, or waits, ask where the room is now."""
        for peer_id in [*self._members, *self._joining.waiting]:
            if peer_id in self._members:
                self._members[peer_id].connection.dismiss("serverClosing", MOVED)
            self._joining.send_away(peer_id, "serverClosing", MOVED)
        self.close(remember=remember)

    def close(self, *, remember: bool = True) -> None:
        """End at once; whoever was in has been told. With `remember`, another node finds what is to be remembered."""
        if remember:
            self.remembering.leave()
        now_ms = self._now_ms()
        while self._members:
            peer_id, member = self._members.popitem()
            self._take_leave(member, self.state.display_name(peer_id), now_ms)
        self._joining.close()
        self._task.cancel()
        self._stop()

    # --- the room's own task ---

    def _check_queue(self) -> None:
        if self._queue.qsize() >= MAX_QUEUED_REQUESTS:
            raise Refused("tooManyRequests", "The room is too busy at the moment. Please try again.")

    async def _run(self) -> None:
        memory = await self.remembering.load()
        if memory is not None:
            self.state.restore(memory)
            recording = memory.recording
            if recording is not None and recording.since_ms is not None:
                self._recorder.recorded_elsewhere(self, recording.since_ms, recording.last_ms, recording.until_ms)
        done, began_s = 0, 0.0
        while True:
            if self._queue.empty():
                done = 0
            work = await self._queue.get()
            if not done:
                began_s = self._loop.time()
            attempt(work, self.room_id)
            done += 1
            if done == WORK_AT_ONCE or self._loop.time() - began_s > WORK_S:
                await asyncio.sleep(0)
                done = 0
            if self.state.empty and self._queue.empty() and not self._somebody_is_expected():
                self.remembering.forget()
                self._stop()
                self._on_empty(self)
                return

    def _somebody_is_expected(self) -> bool:
        """Whether it is worth while to wait for anybody; then the room looks again when that is over."""
        left_s = self._joining.expecting_for_s()
        if left_s <= 0:
            return self._joining.placing
        if self._end_timer is not None:
            self._end_timer.cancel()
        self._end_timer = self._loop.call_later(left_s, self._queue.put_nowait, lambda: None)
        return True

    def _stop(self) -> None:
        self._timer.cancel()
        if self._sampling is not None:
            self._sampling.close()
        self._speakers.close()
        self._news.close()
        self._timed.close()
        self.remembering.close()
        for timer in (self._end_timer, self._viewers_timer):
            if timer is not None:
                timer.cancel()
        self._recorder.room_closed(self)
        self.elsewhere.room_closed(self.router)
        self.router.close()

    def _gone(self, connection: Connection, peer_id: str) -> None:
        """A connection is lost, of somebody inside or in the waiting room."""
        if self._joining.give_up(connection, peer_id):
            self._apply(GiveUp(peer_id))
        self._remove(connection, peer_id, "lost")

    # --- what joining calls ---

    def later(self, work: Callable[[], None]) -> None:
        """Do something when it is its turn."""
        self._queue.put_nowait(work)

    def replace(self, peer_id: str) -> None:
        """Part with somebody whose peer id another connection takes over, if anybody has it."""
        previous = self._members.get(peer_id)
        if previous is not None:
            previous.connection.dismiss("peerReplaced", REPLACED)
            self._remove(previous.connection, peer_id, "replaced")

    def take_in(self, member: Member, *, recorded: bool, chat: bool, gathered: bool) -> None:
        """A participant is in, whom nobody has been told of yet; with `recorded`, so is every meeting of theirs.

        `chat` says whether they may read it, `gathered` whether they take several events in a frame.
        """
        self.remembering.entered = True
        if not self._members:
            self._recorder.somebody_came(self)  # what it tells everybody is in the newcomer's snapshot
        self._members[member.peer_id] = member
        self._news.follow(member.peer_id, member.connection, chat=chat, gathered=gathered)
        if self.state.max_bitrate_bps:
            member.send_transport.limit_video(self.state.max_bitrate_bps)
        self._observer.peer_joined(member.visit)
        if recorded and not self.state.recording_stopped:
            self._recorder.expect(self)

    def welcome(self, member: Member, outcome: Outcome) -> None:
        """The newcomer has the answer to their `join`; now they get the others' data, and the others hear of them."""
        for other in self._members.values():
            if other is not member:
                for data_producer in other.data_producers:
                    member.consume_data(other.peer_id, data_producer)
        self.publish(outcome)

    def _remove(self, connection: Connection, peer_id: str, reason: Literal["left", "lost", "replaced"]) -> None:
        if self.holds(connection, peer_id):
            member = self._members.pop(peer_id)
            self._forget(peer_id)
            display_name = self.state.display_name(peer_id)
            outcome = self.state.apply(Exit(peer_id, reason), self._now_ms())
            member.close_media()
            if reason == "lost":
                self._joining.expect(peer_id)
            self._take_leave(member, display_name, self._now_ms())
            self.publish(outcome)
            if not self._members and reason != "replaced":
                self._recorder.everybody_left(self)

    def _forget(self, peer_id: str) -> None:
        """Somebody is out: they are told nothing more, and nothing comes from them."""
        self._news.unfollow(peer_id)
        self._speakers.forget(peer_id)
        self.consuming.gone(peer_id)

    def _send_away(self, peer_id: str, display_name: str, code: ErrorCode, message: str) -> Member | None:
        """Part with somebody whom the state has put out already. Returns who was inside; their media is still open."""
        self._joining.send_away(peer_id, code, message)
        member = self._members.pop(peer_id, None)
        self._forget(peer_id)
        if member is not None:
            member.connection.dismiss(code, message)
            self._take_leave(member, display_name, self._now_ms())
            if not self._members:
                self._recorder.everybody_left(self)
        return member

    def _take_leave(self, member: Member, display_name: str, now_ms: int) -> None:
        """Note that a participant is out, who is no member any more."""
        if self._sampling is not None:
            self._sampling.left(member)
        self._observer.peer_left(member.visit, display_name, now_ms, len(self._members))

    def _send_all_away(self, display_names: dict[str, str], code: ErrorCode, message: str) -> None:
        """Part with everybody, whether the state knows that they wait or not. Nobody is expected back."""
        self._joining.expect_nobody()
        self._recorder.meeting_ended(self)
        for peer_id in {**display_names, **dict.fromkeys(self._joining.waiting)}:
            member = self._send_away(peer_id, display_names.get(peer_id, ""), code, message)
            if member is not None:  # their media one after the other and not at once: there may be 2000
                self._queue.put_nowait(member.close_media)

    def holds(self, connection: Connection, peer_id: str) -> bool:
        """Whether this very connection is that participant's at the moment."""
        member = self._members.get(peer_id)
        return member is not None and member.connection is connection

    def _carry_out(self, member: Member, request: Request) -> Message:  # noqa: C901, PLR0911, PLR0912 - one case a request
        if type(request) in RULES:
            self._apply(By(member.peer_id, request))
            if type(request).moderator:
                self._observer.moderated(member.visit, request, self._now_ms())
            return protocol.Done()
        match request:
            case protocol.Leave():
                self._remove(member.connection, member.peer_id, "left")
            case protocol.ConnectTransport():
                check_dtls_parameters(request.dtls_parameters)
                member.transport(request.transport_id).connect(request.dtls_parameters)
            case protocol.ListViewers():
                return self.state.viewers(member.peer_id, request.words, request.offset)
            case protocol.RestartIce():
                parameters = member.transport(request.transport_id).restart_ice()
                servers = self._turn.ice_servers(self._now_ms() / 1000, member.address)
                return protocol.IceRestarted(parameters, servers)
            case protocol.Produce():
                return self._produce(member, request)
            case protocol.PauseConsumer():
                member.consumer(request.consumer_id).pause()
            case protocol.ResumeConsumer():
                member.consumer(request.consumer_id).resume()
            case protocol.SetPreferredLayers():
                check_layers(request.layers, request.priority)
                consumer = member.consumer(request.consumer_id)
                consumer.set_importance(request.priority, on_stage=request.on_stage)
                consumer.set_preferred_layers(request.layers)
            case protocol.Watch():
                self.consuming.watch(member, request.producer_ids)
            case protocol.ReportStatistics():
                member.gathering.report(request, self._loop.time())
            case protocol.ExplainQuality():
                return self._explain_quality(request.peer_id)
            case protocol.RequestKeyFrame():
                member.consumer(request.consumer_id).request_key_frame()
            case protocol.ProduceData():
                return self._produce_data(member, request)
            case _:
                raise Refused("notAllowed", "This request makes no sense inside a room.")
        return protocol.Done()

    def _explain_quality(self, peer_id: str) -> protocol.QualityFigures:
        member = self._members.get(peer_id)
        if member is None or peer_id not in self.state.tiles:
            raise Refused("notFound", "Nobody with a tile has this id.")
        return member.quality_figures()

    def _produce(self, member: Member, request: protocol.Produce) -> protocol.Produced:
        self.state.check_produce(member.peer_id, request.kind, request.source, paused=request.paused)
        check_rtp_parameters(request.rtp_parameters)
        producer = member.send_transport.produce(request.kind, request.rtp_parameters, paused=request.paused)
        self.sparing.begin(producer, request.source)
        self._apply(AddProducer(member.peer_id, producer.id, request.source, request.paused))
        return protocol.Produced(producer.id)

    def _produce_data(self, member: Member, request: protocol.ProduceData) -> protocol.DataProduced:
        self.state.check_produce_data(member.peer_id)
        producer = member.produce_data(request)
        for other in self._members.values():
            if other is not member:
                other.consume_data(member.peer_id, producer)
        return protocol.DataProduced(producer.id)

    def _apply(self, command: Command) -> None:
        self.publish(self.state.apply(command, self._now_ms()))

    def publish(self, outcome: Outcome) -> None:
        """Tell everybody whom it concerns, and do what follows for media and connections."""
        for event in outcome.events:
            if isinstance(event.message, protocol.ViewersChanged) and self.state.viewer_count >= MANY_VIEWERS:
                if self._viewers_timer is None:
                    interval_s = max(VIEWERS_INTERVAL_S, len(self._members) / VIEWERS_FRAMES_PER_S)
                    self._viewers_timer = self._loop.call_later(interval_s, self._tell_viewers)
            else:
                self._tell(event)
        for effect in outcome.effects:
            self._perform(effect)
        self.remembering.soon(len(self._members))

    def _tell(self, event: Event) -> None:
        if self.state.recording_since is not None and event.for_all:
            self._recorder.hear(self, event.message)
        frame = encode_notification(event.message)
        if event.for_all or event.for_chat:
            self._news.tell(frame, event.but, chat=event.for_chat)
            return
        for peer_id in self.state.listeners(event):
            member = self._members.get(peer_id)
            if member is not None:
                member.connection.send(frame)

    def _tell_viewers(self) -> None:
        self._viewers_timer = None
        self._tell(Event(protocol.ViewersChanged(self.state.viewer_count)))
        self._news.flush()  # it has waited long enough

    def _measure(self) -> None:
        """Every few seconds: how good is the connection of everybody with a tile. Nobody sees a viewer's."""
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self._measure)
        self._measure_some(list(self.state.tiles))

    def _measure_some(self, peer_ids: list[str]) -> None:
        rest = peer_ids[MEASURED_AT_ONCE:]
        if rest:
            self.later(lambda: self._measure_some(rest))
        for peer_id in peer_ids[:MEASURED_AT_ONCE]:
            member = self._members.get(peer_id)
            if member is not None and peer_id in self.state.tiles:
                member.bitrates.measure(member.send_transport.producers.values(), self._loop.time())
                quality = member.meter.measure(member.send_transport, member.recv_transport)
                self._apply(SetQuality(peer_id, quality))

    def _perform(self, effect: Effect) -> None:  # noqa: C901, PLR0912 - one case an effect
        match effect:
            case ListenTo(peer_id, producer_id, on, takes_part):
                microphone = self._members[peer_id].send_transport.producers[producer_id]
                self._speakers.listen(peer_id, microphone, on=on, takes_part=takes_part)
            case ConsumeProducer():
                self.consuming.begin(effect)
            case StopConsuming():
                self.consuming.end(effect)
            case Later(command, at_ms):
                self._timed.schedule(command, at_ms)
            case PauseMedia(peer_id, producer_id, paused):
                self._speakers.turn(producer_id, on=not paused)
                self.consuming.turned(producer_id, on=not paused)
                media_producer = self._members[peer_id].send_transport.producers[producer_id]
                (media_producer.pause if paused else media_producer.resume)()
            case CloseProducerMedia(peer_id, producer_id):
                self._speakers.remove(producer_id)
                self.consuming.ended(producer_id)
                self._members[peer_id].send_transport.producers[producer_id].close()
            case CloseDataMedia(peer_id):
                self._members[peer_id].close_data()
            case LimitVideo(bitrate_bps):
                for everybody in self._members.values():
                    everybody.send_transport.limit_video(bitrate_bps)
            case AnswerWaiting(peer_id, admitted):
                self._joining.decide(peer_id, admitted=admitted)
            case SendAway(peer_id, display_name, code, message):
                member = self._send_away(peer_id, display_name, code, message)
                if member is not None:
                    member.close_media()
            case BeginCapture():
                self._begin_capture()
            case EndCapture():
                self._recorder.end(self)
            case SendAllAway(display_names, code, message):
                self._send_all_away(display_names, code, message)

    def _begin_capture(self) -> None:
        self._recorder.begin(self)
        if not self._members:  # somebody waits in the waiting room, or is expected back
            self._recorder.everybody_left(self)
