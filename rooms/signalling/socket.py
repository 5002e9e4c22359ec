"""The WebSocket of one client (Channels). Thin: checks the origin, decodes, posts to the room, returns at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from contextvars import Context
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from meet import tracing
from meet.client_address import address_in
from meet.log_context import REQUEST_ID_HEADER, About, start, tell
from meet.log_context import request_id as named_by
from rooms import protocol
from rooms.nodes.tickets import TicketError, identity_of, sign_identity, verify, vouched_host
from rooms.protocol import wire_name
from rooms.protocol.errors import CloseCode, Refused
from rooms.protocol.frames import BadFrame, decode_request, encode_bad_frame
from rooms.room_key import RoomKey
from rooms.runtime.checks import CHECK_S
from rooms.runtime.connection import Connection
from rooms.runtime.request_budget import RequestBudget, cost_of
from rooms.signalling.origins import origin_allowed
from rooms.state.waiting_places import Origin
from rooms.uptime import uptime_s

if TYPE_CHECKING:
    from rooms.protocol import Request
    from rooms.runtime.node import Node
    from rooms.runtime.room import Room
    from rooms.state.ticket import Ticket

logger = logging.getLogger(__name__)

JOIN_TIMEOUT_S: Final = 15 * 60
# A client pings every 4 s; two pings missed and it is lost (`rooms/protocol`). So does who waits.
SILENCE_LIMIT_S: Final = 9.0
MAX_BAD_FRAMES: Final = 100


class SignallingConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One socket, from handshake to close. `node` comes with `as_asgi(node=…)`."""

    node: Node

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.node = kwargs.pop("node")
        super().__init__(*args, **kwargs)
        self._connection = Connection(self, on_answer=self._answered, turns=self.node.send_turns)
        # Requests that have no answer yet: their names, and the span of a join.
        self._asked: dict[int, tuple[str, tracing.Span]] = {}
        self._room: Room | None = None
        self._peer_id = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._bad_frames = 0
        self._budget = RequestBudget()
        self._joins_later = False
        # What counts against the node's quotas because of this connection.
        self._address: str | None = None
        self._account_id: int | None = None
        self._check_from: str | None = None
        self._outside_since = self._heard_at = time.monotonic()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket; however that ends, nothing of it stays behind in the room.

        Channels' own reading waits for the client and for a channel layer, with two tasks a frame; there is no layer.
        """
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            self._clean_up()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Take an event of the ASGI server.

        Channels' own `dispatch` and `websocket_disconnect` look after database connections in a thread, at every
        frame; there are none here, and a busy thread beside the media loop is what a node must not have.
        """
        match message["type"]:
            case "websocket.connect":
                await self.connect()
            case "websocket.receive":
                await self.receive(message.get("text"))
            case "websocket.disconnect":
                raise StopConsumer

    async def connect(self) -> None:
        """Check where the page comes from and what it speaks; greet."""
        headers = dict(self.scope["headers"])
        start(About(request=named_by(headers.get(REQUEST_ID_HEADER.lower().encode(), b"").decode("latin-1"))))
        origin = headers.get(b"origin", b"").decode("latin-1") or None
        (page, *_) = parse_qs(self.scope["query_string"].decode("latin-1")).get("page", [""])
        hosts = (headers.get(b"host", b"").decode("latin-1") or None, vouched_host(page))
        if not any(origin_allowed(origin, host, self.node.config.allowed_origins) for host in hosts):
            logger.warning("Refused a WebSocket from the origin %.200r", origin)
            await self.close()  # before accepting: the handshake is answered with 403
            return
        if protocol.SUBPROTOCOL not in self.scope["subprotocols"]:
            await self.accept()
            self._connection.close(CloseCode.WRONG_SUBPROTOCOL, f"This server speaks {protocol.SUBPROTOCOL}.")
            await self._connection.run()
            return
        await self.accept(protocol.SUBPROTOCOL)
        address = address_in(self.scope)
        if not self.node.usage.connect(address):
            logger.warning("Refused a WebSocket: %s has as many as MEET_SOCKETS_PER_ADDRESS allows", address)
            self._connection.dismiss("tooManyRequests", "Too many connections come from your network.")
            await self._connection.run()
            return
        self._address = address
        self.node.sockets.add(self._connection)
        self._tasks = [asyncio.create_task(self._send_all()), asyncio.create_task(self._watch())]
        self._connection.notify(
            protocol.Hello(version=protocol.VERSION, router_rtp_capabilities=self.node.rtp_capabilities)
        )

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame from the client; `text_data` is None for a binary one."""
        del bytes_data
        if self._connection.closing:
            return
        self._heard_at = time.monotonic()
        if not self._budget.take(self._heard_at):
            self._connection.dismiss("tooManyRequests", "Too many requests.")
            return
        try:
            request_id, request = decode_request(text_data)
        except BadFrame as bad:
            self._connection.send(encode_bad_frame(bad))
            self._bad_frames += 1
            if self._bad_frames > MAX_BAD_FRAMES:
                self._connection.dismiss("tooManyRequests", "Too many frames that are no requests.")
            return
        if not self._budget.take(self._heard_at, cost_of(request)):
            self._connection.dismiss("tooManyRequests", "Too many requests.")
            return
        self._asked[request_id] = (wire_name(type(request)), tracing.NO_SPAN)
        try:
            self._carry_out(request_id, request)
        except Refused as refused:
            self._connection.refuse(request_id, refused)

    async def send_frame(self, frame: str) -> None:
        """For the outbox of the connection."""
        await self.base_send({"type": "websocket.send", "text": frame})

    async def close_socket(self, code: int, reason: str) -> None:
        """For the outbox of the connection."""
        await self.close(code, reason)

    def _carry_out(self, request_id: int, request: Request) -> None:
        if isinstance(request, protocol.Ping):
            self._connection.answer(request_id, protocol.Done())
        elif isinstance(request, protocol.Join):
            self._join(request_id, request)
        elif self._room is None:
            raise Refused("notJoined", "Join a room first.")
        else:
            member = self._room.member(self._peer_id)
            if isinstance(request, protocol.Produce) and member is not None and not member.sends:
                self.node.door.check_sender()
            self._room.request(self._connection, self._peer_id, request_id, request)

    def _join(self, request_id: int, request: protocol.Join) -> None:
        if self._room is not None or self._joins_later:
            raise Refused("alreadyJoined", "You are in a room already.")
        tenure = self.node.tenure
        if not tenure.serves(uptime_s()):
            raise Refused("serverClosing", tenure.lost_because or "This server is not ready yet.")
        try:
            ticket = verify(request.ticket, node=self.node.config.name, accepts=tenure.accepts)
        except TicketError as error:
            raise Refused(error.code, str(error)) from error
        self._asked[request_id] = ("join", tracing.begun("join", ticket.trace))
        now = time.monotonic()
        if not self.node.usage.join(self._address or "", ticket.account_id, now, token=bool(ticket.token)):
            raise Refused("tooManyRequests", "Too many people are coming in. Please try again in a minute.")
        # Not by an id that anybody can write: who copies it must not use up its owner's joins.
        who = ticket.peer_id if ticket.proof == "account" or not ticket.session else ticket.session
        key = f"{ticket.account_id} {ticket.room_id} {who}"
        wait_s = self.node.joins.take(key, now)
        if wait_s is None:
            raise Refused("tooManyRequests", "You have joined too often in a short time. Please wait a minute.")
        if wait_s > 0:
            self._joins_later = True
            self._tasks.append(asyncio.create_task(self._enter_later(wait_s, request_id, request, ticket)))
        else:
            self._knock(request_id, request, ticket)

    def _knock(self, request_id: int, request: protocol.Join, ticket: Ticket) -> None:
        """Come in when it is this page's turn; the node may have become full by then, or not be full any more."""
        self._joins_later = True
        key = RoomKey(ticket.account_id, ticket.room_id)
        room = self.node.rooms.get(key)
        expected = room is not None and room.expects(ticket.peer_id)

        def come_in() -> None:
            self._joins_later = False
            if self._connection.closing:
                return
            only_elsewhere = self.node.door.full and not expected and not ticket.check
            try:
                self._enter(request_id, request, ticket, only_elsewhere=only_elsewhere)
            except Refused as refused:
                self._connection.refuse(request_id, refused)

        def refuse(refused: Refused) -> None:
            self._joins_later = False
            self._connection.refuse(request_id, refused)

        welcome = self.node.door.full and not ticket.check and self.node.elsewhere.carries()

        def packets_per_s() -> float:
            room = self.node.rooms.get(key)
            waits = room is not None and room.must_wait(request, ticket)
            return 0.0 if ticket.check or waits else self.node.newcomer_packets_per_s(key)

        self.node.door.knock(come_in, refuse, welcome=welcome, expected=expected, packets_per_s=packets_per_s)

    async def _enter_later(self, wait_s: float, request_id: int, request: protocol.Join, ticket: Ticket) -> None:
        """Slow down a page that joins again and again."""
        await asyncio.sleep(wait_s)
        if not self._connection.closing:
            self._knock(request_id, request, ticket)

    def _enter(self, request_id: int, request: protocol.Join, ticket: Ticket, *, only_elsewhere: bool) -> None:
        key = RoomKey(ticket.account_id, ticket.room_id)
        if not self.node.takes(key):
            raise Refused("serverClosing", "This server takes no new meetings any more.")
        if ticket.check:
            address = self._address or ""
            self.node.checks.begin(address, time.monotonic())
            self._check_from = address
            self._tasks.append(asyncio.create_task(self._end_check()))
            self._room = self.node.check_room(key)
        else:
            if not self.node.usage.enter(ticket.account_id, token=bool(ticket.token)):
                raise Refused("roomFull", "There are too many people in these meetings. Please try again later.")
            self._account_id = ticket.account_id
            # The room's own task is about the room, not about who happens to come first.
            self._room = Context().run(self._open_room, key)
        self._peer_id = ticket.peer_id
        tell(account=str(ticket.account_id), room=ticket.room_id, peer=ticket.peer_id)
        identity = sign_identity(identity_of(ticket, joined=True))
        origin = Origin(self._address or "", token=bool(ticket.token))
        self._room.join(
            self._connection,
            request_id,
            request,
            ticket,
            self._stay_outside,
            identity,
            origin,
            only_elsewhere=only_elsewhere,
        )

    def _open_room(self, key: RoomKey) -> Room:
        start(About(account=str(key.account_id), room=key.room_id))
        return self.node.room(key)

    def _answered(self, request_id: int, outcome: str) -> None:
        """A request has its answer: `ok`, or the code of its refusal."""
        name, span = self._asked.pop(request_id, ("", tracing.NO_SPAN))
        if name:
            self.node.tallies.answered(name, outcome)
            span.end(outcome)

    def _stay_outside(self) -> None:
        """A `join` was refused, perhaps after long waiting; another one may follow."""
        self._room = None
        self._give_place_back()
        self._outside_since = time.monotonic()

    def _give_place_back(self) -> None:
        """Somebody else of the same account may come in."""
        if self._account_id is not None:
            self.node.usage.leave(self._account_id)
            self._account_id = None
        if self._check_from is not None:
            self.node.checks.end(self._check_from)
            self._check_from = None

    async def _end_check(self) -> None:
        """Nobody checks for longer."""
        await asyncio.sleep(CHECK_S)
        if self._check_from is not None:
            self._leave_room()
            self._connection.dismiss("meetingEnded", "The check of the connection is over.")

    def _leave_room(self) -> None:
        """The others hear of it now, not only when the closing handshake is done."""
        if self._room is not None:
            self._room.disconnected(self._connection, self._peer_id)
            self._room = None
            self.node.heap.somebody_went(len(self.node.sockets))
            self._give_place_back()

    def _clean_up(self) -> None:
        """The socket is gone, whoever closed it. Idempotent."""
        self.node.sockets.discard(self._connection)
        if self._address is not None:
            self.node.usage.disconnect(self._address)
            self._address = None
        self._leave_room()
        self._connection.close(CloseCode.NORMAL)
        for _, span in self._asked.values():
            span.end("gone")
        self._asked.clear()
        for task in self._tasks:
            task.cancel()

    async def _send_all(self) -> None:
        with contextlib.suppress(Exception):  # a socket that closes while we send: it will be cleaned up
            await self._connection.run()

    async def _watch(self) -> None:
        """Give up on a client that does not join in time, or says nothing any more."""
        while True:
            joined = self._room is not None
            deadline = self._heard_at + SILENCE_LIMIT_S if joined else self._outside_since + JOIN_TIMEOUT_S
            wait_s = deadline - time.monotonic()
            if wait_s > 0:
                # Whether a room was joined meanwhile shows soon enough.
                await asyncio.sleep(min(wait_s, SILENCE_LIMIT_S))
            elif joined:
                self._leave_room()
                self._connection.close(CloseCode.SILENT, "Nothing was heard from the client any more.")
                return
            else:
                self._connection.close(CloseCode.JOIN_TIMEOUT, "Nobody joined on this connection.")
                return
