"""The WebSocket of one client (Channels). Thin: checks the door, decodes, posts to the room, returns at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer

from meet.tickets import TicketError, verify
from rooms import protocol
from rooms.errors import CloseCode, Refused
from rooms.frames import BadFrame, decode_request, encode_bad_frame, encode_refusal, encode_response
from rooms.participant import Participant

if TYPE_CHECKING:
    from rooms.node import Node
    from rooms.protocol import Message
    from rooms.room import Room

logger = logging.getLogger(__name__)

JOIN_TIMEOUT_S: Final = 15 * 60
MAX_BAD_FRAMES: Final = 100
# A token bucket: this many requests at once, and this many a second for long.
REQUEST_BURST: Final = 400
REQUESTS_PER_S: Final = 100


def origin_allowed(origin: str | None, host: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether a page of this origin may open a socket: our own host on any port, or one that is allowed.

    Programs that are no browsers send no Origin, and have no cookies of ours to abuse either.
    """
    if origin is None or "*" in allowed or origin in allowed:
        return True
    hostname = urlsplit(origin).hostname
    return hostname is not None and host is not None and hostname == urlsplit(f"//{host}").hostname


class RequestBudget:
    """A token bucket; `now` in seconds."""

    def __init__(self) -> None:
        self._tokens: float = REQUEST_BURST
        self._last: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more request is within the limits."""
        if self._last is not None:
            self._tokens = min(REQUEST_BURST, self._tokens + (now - self._last) * REQUESTS_PER_S)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class SignallingConsumer(AsyncWebsocketConsumer):
    """One socket, from handshake to close. `node` comes with `as_asgi(node=…)`."""

    node: Node

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.node = kwargs.pop("node")
        super().__init__(*args, **kwargs)
        self._participant = Participant(self)
        self._room: Room | None = None
        self._peer_id = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._bad_frames = 0
        self._budget = RequestBudget()

    async def connect(self) -> None:
        """Check where the page comes from and what it speaks; greet."""
        headers = dict(self.scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1") or None
        host = headers.get(b"host", b"").decode("latin-1") or None
        if not origin_allowed(origin, host, self.node.config.allowed_origins):
            logger.warning("Refused a WebSocket from the origin %s", origin)
            await self.close()  # before accepting: the handshake is answered with 403
            return
        if protocol.SUBPROTOCOL not in self.scope["subprotocols"]:
            await self.accept()
            await self.close(CloseCode.WRONG_SUBPROTOCOL, f"This server speaks {protocol.SUBPROTOCOL}.")
            return
        await self.accept(protocol.SUBPROTOCOL)
        self.node.sockets.add(self._participant)
        self._tasks = [asyncio.create_task(self._send_all()), asyncio.create_task(self._limit_waiting())]
        self._participant.notify(
            protocol.Hello(version=protocol.VERSION, router_rtp_capabilities=self.node.rtp_capabilities)
        )

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame from the client."""
        if self._participant.closing:
            return
        if not self._budget.take(time.monotonic()):
            self._participant.dismiss("tooManyRequests", "Too many requests.")
            return
        try:
            request_id, request = decode_request(text_data if bytes_data is None else None)
        except BadFrame as bad:
            self._participant.send(encode_bad_frame(bad))
            self._bad_frames += 1
            if self._bad_frames > MAX_BAD_FRAMES:
                self._participant.dismiss("tooManyRequests", "Too many frames that are no requests.")
            return
        try:
            self._dispatch(request_id, request)
        except Refused as refused:
            self._participant.send(encode_refusal(request_id, refused))

    def _dispatch(self, request_id: int, request: Message) -> None:
        if isinstance(request, protocol.Ping):
            self._participant.send(encode_response(request_id, protocol.Done()))
        elif isinstance(request, protocol.Join):
            self._join(request_id, request)
        elif self._room is None:
            raise Refused("notJoined", "Join a room first.")
        else:
            self._room.request(self._participant, self._peer_id, request_id, request)

    def _join(self, request_id: int, request: protocol.Join) -> None:
        if self._room is not None:
            raise Refused("alreadyJoined", "You are in a room already.")
        try:
            ticket = verify(request.ticket, node=self.node.config.name)
        except TicketError as error:
            raise Refused(error.code, str(error)) from error
        self._room = self.node.room(ticket.room_id)
        self._peer_id = ticket.peer_id
        self._room.join(self._participant, request_id, request, ticket)

    async def disconnect(self, code: int) -> None:
        """The socket is gone, whoever closed it."""
        self.node.sockets.discard(self._participant)
        if self._room is not None:
            self._room.disconnected(self._participant, self._peer_id)
            self._room = None
        self._participant.close(CloseCode.NORMAL)
        for task in self._tasks:
            task.cancel()

    async def send_frame(self, frame: str) -> None:
        """For the participant's outbox."""
        await self.send(text_data=frame)

    async def close_socket(self, code: int, reason: str) -> None:
        """For the participant's outbox."""
        await self.close(code, reason)

    async def _send_all(self) -> None:
        with contextlib.suppress(Exception):  # a socket that closes while we send: `disconnect` follows
            await self._participant.run()

    async def _limit_waiting(self) -> None:
        await asyncio.sleep(JOIN_TIMEOUT_S)
        if self._room is None:
            self._participant.close(CloseCode.JOIN_TIMEOUT, "Nobody joined on this connection.")
