"""Joining: from a ticket to the waiting room or the room, taking over a peer id, coming back after a loss.

Everything here runs in the room's own task; only `decide` leaves work for later.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from rooms import protocol
from rooms.protocol.errors import Refused
from rooms.runtime.answering import answering
from rooms.runtime.door import busy_server
from rooms.runtime.member import Member
from rooms.runtime.observer import Visit
from rooms.state.commands import Enter, Wait
from rooms.state.names import clean_name
from rooms.state.recent import Recent
from rooms.state.roster import receivable_video
from rooms.state.waiting_places import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from media.ortc.parameters import RtpCapabilities
    from media.router import Router
    from rooms.protocol import ErrorCode, Join
    from rooms.room_key import RoomKey
    from rooms.runtime.connection import Connection
    from rooms.runtime.receiving import Elsewhere, ReceivingElsewhere
    from rooms.runtime.room_media import RoomMedia
    from rooms.state.machine import RoomState
    from rooms.state.outcome import Outcome
    from rooms.state.ticket import Ticket

logger = logging.getLogger(__name__)

MOVED: Final = "The meeting goes on on another server."
REPLACED: Final = "Someone joined into the room with your ID"
# Whose connection was lost is expected back for so long: a browser that is loaded anew, or a network that changes.
BACK_WITHIN_S: Final = 30.0
# So many of them are remembered, those who were lost last.
MAX_EXPECTED: Final = 4000
# Who comes within that time after a node was killed has probably been there before.
RESUMED_TOLD_S: Final = 60.0


def entry_of(ticket: Ticket, request: Join) -> Enter:
    """What comes in: the ticket decides, the request may only choose a name where the ticket leaves it open."""
    chosen = request.display_name or ticket.display_name
    name = clean_name(ticket.display_name if ticket.name_fixed else chosen)
    return Enter(ticket, name, receivable_video(request.rtp_capabilities))


@dataclass(frozen=True)
class PendingJoin:
    """A `join` that is not answered yet, perhaps because a moderator has to decide.

    `on_refused` is to be called when its answer is a refusal. `identity` is what the page may show
    later, to come back as the same (`rooms.protocol.Joined`).
    """

    connection: Connection
    request_id: int
    entry: Enter
    capabilities: RtpCapabilities
    on_refused: Callable[[], None]
    identity: str = field(default="", repr=False)
    origin: Origin = field(default_factory=Origin)
    # Whether they take several events in a frame.
    gathered: bool = False
    # Whether they ask for the videos that they show.
    watches: bool = False
    # Whether it is known where they receive, and from which other node.
    placed: bool = False
    receiving: ReceivingElsewhere | None = None
    # Whether they may come in only if another node carries them: the room's own is full.
    only_elsewhere: bool = False
    # Whether a moderator has let them in.
    admitted: bool = False

    @property
    def peer_id(self) -> str:
        """Who comes in."""
        return self.entry.peer_id


class JoinedRoom(Protocol):
    """What joining needs of a room. `rooms.runtime.room.Room` fits."""

    key: RoomKey
    router: Router
    state: RoomState
    elsewhere: Elsewhere
    media: RoomMedia

    def holds(self, connection: Connection, peer_id: str) -> bool:
        """Whether this very connection is that participant's at the moment."""

    def later(self, work: Callable[[], None]) -> None:
        """Do something when it is its turn."""

    def admitted(self) -> None:
        """Somebody who waited comes in, and receives from the room's own node."""

    def replace(self, peer_id: str) -> None:
        """Part with somebody whose peer id another connection takes over, if anybody has it."""

    def take_in(self, member: Member, *, recorded: bool, chat: bool, gathered: bool) -> None:
        """A participant is in, whom nobody has been told of yet."""

    def welcome(self, member: Member, outcome: Outcome) -> None:
        """The newcomer has their answer: tell the others."""

    def publish(self, outcome: Outcome) -> None:
        """Tell everybody whom it concerns."""


class Joining:
    """Everybody who wants to come into one room, waits for it, or is expected back."""

    def __init__(self, room: JoinedRoom, now_ms: Callable[[], int]) -> None:
        self._room = room
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, PendingJoin] = {}
        # Until when somebody is expected back, by the loop's clock.
        self._expected: Recent[float] = Recent(MAX_EXPECTED)
        # What of the recording is missing because the node was killed, and until when newcomers are told.
        self._gap: protocol.RecordingResumed | None = None
        self._gap_until = 0.0
        self._placing: set[asyncio.Task[None]] = set()

    # --- who waits, and who is expected back ---

    @property
    def waiting(self) -> Collection[str]:
        """The peer ids of those in the waiting room."""
        return self._waiting.keys()

    def waits(self, connection: Connection, peer_id: str) -> bool:
        """Whether this very connection is in the waiting room."""
        pending = self._waiting.get(peer_id)
        return pending is not None and pending.connection is connection

    def give_up(self, connection: Connection, peer_id: str) -> bool:
        """A connection of the waiting room is gone. Returns whether it was there."""
        if not self.waits(connection, peer_id):
            return False
        del self._waiting[peer_id]
        return True

    def send_away(self, peer_id: str, code: ErrorCode, message: str) -> None:
        """Close the connection of somebody in the waiting room; they are not expected back."""
        self._expected.pop(peer_id, None)
        pending = self._waiting.pop(peer_id, None)
        if pending is not None:
            pending.connection.dismiss(code, message)

    def expect(self, peer_id: str) -> None:
        """A connection was lost; its participant finds the room as it was for `BACK_WITHIN_S`."""
        self._expected.keep(peer_id, self._loop.time() + BACK_WITHIN_S)

    def expects(self, peer_id: str) -> bool:
        """Whether this participant is expected back."""
        return self._expected.get(peer_id, 0.0) > self._loop.time()

    def expect_nobody(self) -> None:
        """The meeting is over for those whose connection was lost, too."""
        self._expected.clear()

    def expecting_for_s(self) -> float:
        """For how long somebody may still come back; 0 where nobody is expected."""
        left_s = max(self._expected.values(), default=0.0) - self._loop.time()
        if left_s <= 0:
            self._expected.clear()
        return max(0.0, left_s)

    def tell_of_gap(self, missing_ms: int) -> None:
        """Newcomers of the next minute hear that the recording goes on without so much."""
        self._gap = protocol.RecordingResumed(missing_ms)
        self._gap_until = self._loop.time() + RESUMED_TOLD_S

    @property
    def placing(self) -> bool:
        """Whether somebody comes in as soon as it is known where they receive."""
        return bool(self._placing)

    def close(self) -> None:
        """Forget who waits; they have been told."""
        self._waiting.clear()
        for task in self._placing:
            task.cancel()

    # --- the steps of a `join` ---

    def join(self, pending: PendingJoin) -> None:
        """Answer a `join`, or have its participant wait."""
        self._go_on(pending, self._join)

    def decide(self, peer_id: str, *, admitted: bool) -> None:
        """A moderator has decided about somebody who waits. 200 may be let in with one command, so each has a turn."""
        pending = self._waiting.get(peer_id)

        def go_on() -> None:
            if pending is not None and self.give_up(pending.connection, peer_id) and not pending.connection.closing:
                known = replace(pending, admitted=admitted, only_elsewhere=False)
                self._go_on(known, self._enter if admitted else self._turn_away)

        self._room.later(go_on)

    def _go_on(self, pending: PendingJoin, step: Callable[[PendingJoin], None]) -> None:
        """Do the next step of a `join`; whoever is not in after a refusal may try again."""

        def refused() -> None:
            if not self._room.holds(pending.connection, pending.peer_id):
                pending.on_refused()

        answering(pending.connection, pending.request_id, lambda: step(pending), refused)

    def _join(self, pending: PendingJoin) -> None:
        if pending.connection.closing:
            return
        # Of those who are alike one is kept.
        pending = replace(pending, capabilities=self._room.router.negotiated.admit(pending.capabilities))
        if self._room.holds(pending.connection, pending.peer_id):
            raise Refused("alreadyJoined", "You are in the room already.")
        if self._room.state.must_wait(pending.entry):
            self._wait(pending)
        else:
            self._enter(pending)

    def _wait(self, pending: PendingJoin) -> None:
        entry = pending.entry
        outcome = self._room.state.apply(
            Wait(entry.peer_id, entry.display_name, entry.identity, pending.origin), self._now_ms()
        )
        self._replace_waiting(pending.peer_id)
        self._waiting[pending.peer_id] = pending
        pending.connection.notify(protocol.Waiting())
        self._room.publish(outcome)

    async def _find_place(self, pending: PendingJoin) -> None:
        """The room's node has enough to do: find another one for them to receive from."""
        receiving = None
        try:
            receiving = await self._room.elsewhere.reserve(self._room.router)
        except Exception:
            logger.exception("No other node could be found")
        placed = replace(pending, placed=True, receiving=receiving)
        self._room.later(lambda: self._enter_placed(placed))

    def _enter_placed(self, pending: PendingJoin) -> None:
        """Go on where it is known now; who can't come in after all, or has to wait by now, leaves no place taken."""

        def enter(pending: PendingJoin) -> None:
            try:
                if pending.connection.closing:
                    return
                if not pending.admitted and self._room.state.must_wait(pending.entry):
                    self._wait(replace(pending, placed=False, receiving=None))
                elif pending.only_elsewhere and pending.receiving is None:
                    raise busy_server()
                else:
                    self._enter(pending)
            finally:
                if pending.receiving is not None and not self._room.holds(pending.connection, pending.peer_id):
                    pending.receiving.close()

        self._go_on(pending, enter)

    def _enter(self, pending: PendingJoin) -> None:
        state = self._room.state
        state.check_enter(pending.entry)
        if not pending.placed and (pending.only_elsewhere or self._room.elsewhere.crowded()):
            task = asyncio.create_task(self._find_place(pending), name="find another node")
            self._placing.add(task)
            task.add_done_callback(self._placing.discard)
            return
        now_ms = self._now_ms()
        member = self._member(pending, now_ms)
        self._replace_waiting(pending.peer_id)
        self._room.replace(pending.peer_id)
        try:
            outcome = state.apply(pending.entry, now_ms)
        except Refused:
            member.close_media()
            raise
        if pending.admitted and pending.receiving is None:
            self._room.admitted()
        self._expected.pop(pending.peer_id, None)
        ticket = pending.entry.ticket
        chat = not ticket.chat_disabled
        self._room.take_in(member, recorded=ticket.recorded, chat=chat, gathered=pending.gathered)
        pending.connection.answer(pending.request_id, self._joined(pending, member))
        if self._gap is not None and self._loop.time() < self._gap_until:
            member.connection.notify(self._gap)
        self._room.welcome(member, outcome)

    def _member(self, pending: PendingJoin, now_ms: int) -> Member:
        entry = pending.entry
        visit = Visit(
            self._room.key,
            entry.peer_id,
            entry.display_name,
            entry.ticket.role,
            entry.ticket.only_watches,
            now_ms,
            entry.ticket.event_url,
            entry.ticket.event_header,
            entry.ticket.interprets_into,
        )
        return Member(
            self._room.router,
            pending.connection,
            visit,
            pending.capabilities,
            self._loop.time(),
            address=pending.origin.address,
            receiving=pending.receiving,
        )

    def _joined(self, pending: PendingJoin, member: Member) -> protocol.Joined:
        """The answer, with a consumer for everything that the newcomer can receive."""
        state = self._room.state
        return protocol.Joined(
            peer_id=member.peer_id,
            identity=pending.identity,
            room=state.snapshot(member.peer_id),
            send_transport=member.send_transport.options,
            recv_transport=member.recv_transport.options,
            consumers=self._room.media.consuming.for_newcomer(member, watches=pending.watches),
        )

    @staticmethod
    def _turn_away(_pending: PendingJoin) -> None:
        raise Refused("notAdmitted", "The moderator did not let you in.")

    def _replace_waiting(self, peer_id: str) -> None:
        """Another connection takes the place of an earlier one in the waiting room."""
        previous = self._waiting.pop(peer_id, None)
        if previous is not None:
            previous.connection.dismiss("peerReplaced", REPLACED)
