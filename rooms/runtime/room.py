"""A live room: who is in, how they come and go, and the way of a command through its parts.

A request or command waits for its turn (`WorkQueue`) and goes through the state machine (`RoomState`). Its events go to
people (`Announcer`), its effects to media (`RoomMedia`), the recorder, and those who come or have to go (`Joining`).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Literal

from rooms import protocol
from rooms.protocol.errors import CloseCode, Refused, refusal_of
from rooms.runtime.announcer import Announcer
from rooms.runtime.answering import answering
from rooms.runtime.joining import MOVED, REPLACED, Joining, PendingJoin, entry_of
from rooms.runtime.quality_rounds import QualityRounds
from rooms.runtime.receiving import ONE_NODE
from rooms.runtime.remembering import Remembering
from rooms.runtime.room_media import RoomMedia
from rooms.runtime.sampling import Sampling
from rooms.runtime.timed_commands import TimedCommands
from rooms.runtime.work_queue import WorkQueue
from rooms.state.commands import By, Exit, GiveUp, RecordingBegan, RecordingEnded
from rooms.state.machine import RULES, RoomState
from rooms.state.memory import RemembersNothing
from rooms.state.outcome import AnswerWaiting, BeginCapture, EndCapture, Later, SendAllAway, SendAway
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
        on_admitted: Callable[[Room], None] = lambda _room: None,
    ) -> None:
        """`on_admitted` hears of each whom a moderator lets in and who receives from here."""
        self.key, self.elsewhere = key, elsewhere
        self.room_id = key.room_id
        self.router = router
        self.state = RoomState(key.room_id, video_codecs, max_bitrate_bps)
        self._members: dict[str, Member] = {}
        self._work = WorkQueue(key.room_id)
        self._on_empty = on_empty
        self._on_admitted = on_admitted
        self._observer = observer
        self._recorder = recorder
        self.remembering = Remembering(key, memories, self.state.memory, now_ms)
        self._now_ms = now_ms
        self.opened_at = now_ms()
        self._joining = Joining(self, now_ms)
        self._end_timer: asyncio.TimerHandle | None = None
        self._timed = TimedCommands(lambda command: self.later(lambda: self._apply(command)), now_ms)
        self._task = asyncio.create_task(self._run(), name=f"room {key.room_id}")
        self._loop = asyncio.get_running_loop()
        self._announcer = Announcer(self._members, self.state, lambda message: recorder.hear(self, message))
        self.media = RoomMedia(self._members, self.state, self.later, self._apply, turn, now_ms, all_microphones_up_to)
        self._quality = QualityRounds(self._members, self.state, self.later, self._apply)
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

    def must_wait(self, request: protocol.Join, ticket: Ticket) -> bool:
        """Whether somebody who came in now would wait until a moderator lets them in."""
        return self.state.must_wait(entry_of(ticket, request))

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
            watches=request.watches,
            only_elsewhere=only_elsewhere,
        )
        self._work.follow_up(lambda: self._joining.join(pending))

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

        self._work.request(lambda: answering(connection, request_id, carry_out))

    def disconnected(self, connection: Connection, peer_id: str) -> None:
        """A participant's socket is gone, or as good as gone."""
        self._work.follow_up(lambda: self._gone(connection, peer_id))

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

        self._work.request(carry_out)
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

    async def _run(self) -> None:
        memory = await self.remembering.load()
        if memory is not None:
            self.state.restore(memory)
            recording = memory.recording
            if recording is not None and recording.since_ms is not None:
                self._recorder.recorded_elsewhere(self, recording.since_ms, recording.last_ms, recording.until_ms)
        await self._work.run(lambda: self.state.empty and not self._somebody_is_expected())
        self.remembering.forget()
        self._stop()
        self._on_empty(self)

    def _somebody_is_expected(self) -> bool:
        """Whether it is worth while to wait for anybody; then the room looks again when that is over."""
        left_s = self._joining.expecting_for_s()
        if left_s <= 0:
            return self._joining.placing
        if self._end_timer is not None:
            self._end_timer.cancel()
        self._end_timer = self._loop.call_later(left_s, self.later, lambda: None)
        return True

    def _stop(self) -> None:
        self._quality.close()
        if self._sampling is not None:
            self._sampling.close()
        self.media.close()
        self._announcer.close()
        self._timed.close()
        self.remembering.close()
        if self._end_timer is not None:
            self._end_timer.cancel()
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
        self._work.later(work)

    def admitted(self) -> None:
        """Somebody who waited comes in, and receives from the room's own node."""
        self._on_admitted(self)

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
        self._announcer.news.follow(member.peer_id, member.connection, chat=chat, gathered=gathered)
        self.media.admit(member)
        self._observer.peer_joined(member.visit)
        if recorded and not self.state.recording_stopped:
            self._recorder.expect(self)

    def welcome(self, member: Member, outcome: Outcome) -> None:
        """The newcomer has the answer to their `join`; now they get the others' data, and the others hear of them."""
        self.media.consume_data(member)
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
        self._announcer.news.unfollow(peer_id)
        self.media.forget(peer_id)

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
                self.later(member.close_media)

    def holds(self, connection: Connection, peer_id: str) -> bool:
        """Whether this very connection is that participant's at the moment."""
        member = self._members.get(peer_id)
        return member is not None and member.connection is connection

    def _carry_out(self, member: Member, request: Request) -> Message:
        if type(request) in RULES:
            self._apply(By(member.peer_id, request))
            if type(request).moderator:
                self._observer.moderated(member.visit, request, self._now_ms())
            return protocol.Done()
        match request:
            case protocol.Leave():
                self._remove(member.connection, member.peer_id, "left")
                return protocol.Done()
            case protocol.ListViewers():
                return self.state.viewers(member.peer_id, request.words, request.offset)
            case _:
                return self.media.carry_out(member, request)

    def _apply(self, command: Command) -> None:
        self.publish(self.state.apply(command, self._now_ms()))

    def publish(self, outcome: Outcome) -> None:
        """Tell everybody whom it concerns, and do what follows for media and connections."""
        for event in outcome.events:
            self._announcer.announce(event)
        for effect in outcome.effects:
            self._perform(effect)
        self.remembering.soon(len(self._members))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Later(command, at_ms):
                self._timed.schedule(command, at_ms)
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
            case _:
                self.media.perform(effect)

    def _begin_capture(self) -> None:
        self._recorder.begin(self)
        if not self._members:  # somebody waits in the waiting room, or is expected back
            self._recorder.everybody_left(self)
