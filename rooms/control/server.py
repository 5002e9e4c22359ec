"""A node's control API: HTTP/1.1 in the node's own event loop, on a port of its own that only web should reach.

One request a connection, everything bounded in size and time, and no long step: media flows beside it. Whoever asks
must sign (`rooms.control.signing`); who can't is told nothing but 403.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import h11
import msgspec

from rooms.control import survey
from rooms.control.around import nothing
from rooms.control.requests import (
    LINK_PATH,
    PATH,
    Act,
    DescribeRoom,
    ListRooms,
    Problem,
    SayWhetherThere,
    decode,
    request_of,
)
from rooms.control.signing import Nonces, Signed, accepted
from rooms.protocol.errors import Refused
from rooms.room_key import RoomKey
from rooms.state.commands import By
from rooms.uptime import uptime_s

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from ssl import SSLContext

    from rooms.control.around import Around
    from rooms.control.requests import Ask
    from rooms.runtime.node import Node
    from rooms.runtime.room import Room

logger = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 64
MAX_HEAD: Final = 8 * 1024
MAX_BODY: Final = 16 * 1024
READ_AT_ONCE: Final = 16 * 1024
# For the handshake of TLS, for the whole request, for what a room is asked to do, and for whoever reads the answer.
READ_TIMEOUT_S: Final = 2.0
ROOM_TIMEOUT_S: Final = 2.0
WRITE_TIMEOUT_S: Final = 2.0
NO_SUCH_ROOM: Final = Problem("roomNotFound", "There is no such room.")


@dataclass(frozen=True)
class Opening:
    """A link that another node opens: the answer that it gets, and the keys of what we send and of what comes."""

    node: str
    answer: bytes
    keys: tuple[bytes, bytes]


class Links(Protocol):
    """Who keeps connections with other nodes (`rooms.cascade`)."""

    def opening(self, key: bytes, body: bytes) -> Opening | None:
        """What comes of a request that was signed with this key; None where it is none for us."""

    def accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opening: Opening
    ) -> Coroutine[Any, Any, None]:
        """Use the connection until it ends."""


class _Unfit(Exception):
    """A request that nothing but a status answers."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ControlServer:
    """Between `start` and `close` web can ask. `now_s` is Unix time.

    `key` is made by `signing.derive_key`, and so are `other_keys`, which count as well.
    """

    def __init__(
        self,
        node: Node,
        key: bytes,
        now_s: Callable[[], float] = time.time,
        around: Around = nothing,
        *,
        other_keys: Iterable[bytes] = (),
        links: Links | None = None,
    ) -> None:
        """`links` takes connections that other nodes want to keep; without it there are none."""
        self._links = links
        self._linked: set[asyncio.Task[None]] = set()
        self._node = node
        self._keys = (key, *other_keys)
        self._now_s = now_s
        self._around = around
        self._nonces = Nonces()
        self._tls: SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int, tls: SSLContext | None = None) -> None:
        """Listen, by https if there is `tls`. Raises `OSError`."""
        self._tls = tls
        self._server = await asyncio.start_server(self._connected, host, port)

    async def close(self) -> None:
        """Free the port and cut off who is connected. Idempotent."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        connections = [*self._connections, *self._linked]
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer), name="control connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    def _keep(self, link: Coroutine[Any, Any, None]) -> None:
        """A connection of another node goes on; it counts among no others."""
        task = asyncio.create_task(link, name="link of another node")
        self._linked.add(task)
        task.add_done_callback(self._linked.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> None:
        """One request and its answer. Where there is TLS, its handshake is a part of the connection, and counts."""
        if writer is None:
            return
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        try:
            if self._tls is not None:
                await writer.start_tls(self._tls, ssl_handshake_timeout=READ_TIMEOUT_S)
            status, answer, opening = await self._exchange(connection, reader)
            if opening is not None and self._links is not None:
                writer.write(_frame(connection, status, answer))
                self._keep(self._links.accept(reader, writer, opening))
                writer = None
                return
            writer.write(_frame(connection, status, answer))
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, h11.ProtocolError):  # they are gone, or it never was HTTP
            pass
        except Exception:
            logger.exception("The control API failed")
        finally:
            if writer is not None:
                writer.transport.abort()

    async def _exchange(
        self, connection: h11.Connection, reader: asyncio.StreamReader
    ) -> tuple[int, bytes, Opening | None]:
        """Status and body of the answer, and whether another node's link follows.

        Raises `h11.ProtocolError` and `OSError` where no answer is due.
        """
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                head, body = await _read(connection, reader)
            if self._links is not None and head.target == LINK_PATH.encode():
                return self._open_link(self._links, head, body)
            status, answer = await self._answer(head, body)
        except _Unfit as unfit:
            return unfit.status, b"", None
        return status, msgspec.json.encode(answer), None

    def _open_link(self, links: Links, head: h11.Request, body: bytes) -> tuple[int, bytes, Opening | None]:
        key = self._check_signature(head, body)
        if not self._node.tenure.serves(uptime_s()):
            raise _Unfit(503)
        opening = links.opening(key, body)
        return (409, b"", None) if opening is None else (200, opening.answer, opening)

    async def _answer(self, head: h11.Request, body: bytes) -> tuple[int, Any]:
        self._check_signature(head, body)
        if (head.method, head.target) != (b"POST", PATH.encode()):
            raise _Unfit(404)
        if not self._node.tenure.serves(uptime_s()):
            raise _Unfit(503)  # another process may know better
        try:
            ask = decode(body)
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
            whose = (str(ask.account_id), ask.room_id) if isinstance(ask, DescribeRoom | Act) else ("", "")
            with self._around(type(ask).__name__, headers, *whose):
                return await self._carry_out(ask)
        except (msgspec.MsgspecError, RecursionError) as error:
            return 400, Problem("malformedMessage", str(error))

    async def _carry_out(self, ask: Ask) -> tuple[int, Any]:
        match ask:
            case SayWhetherThere():
                return 200, self._node.tenure.epoch
            case ListRooms():
                return 200, await survey.summaries(self._node, ask.account_ids)
            case DescribeRoom():
                room = self._room(ask)
                return (404, NO_SUCH_ROOM) if room is None else (200, await survey.describe(self._node, room))
            case Act():
                return await self._act(ask)

    def _check_signature(self, head: h11.Request, body: bytes) -> bytes:
        """The key that a request was signed with.

        Raises `_Unfit` for one that was not signed, or for another node or time, or was here before.
        """
        headers = {name: value.decode("latin-1") for name, value in head.headers}
        signed = Signed(
            node=self._node.config.name,
            method=head.method.decode("latin-1"),
            path=head.target.decode("latin-1"),
            time=headers.get(b"x-meet-time", ""),
            nonce=headers.get(b"x-meet-nonce", ""),
            body=body,
        )
        signature = headers.get(b"x-meet-signature", "")
        for key in self._keys:
            if accepted(signed, signature, [key], self._nonces, self._now_s()):
                return key
        logger.warning("The control API refused a request whose signature or time is wrong.")
        raise _Unfit(403)

    async def _act(self, request: Act) -> tuple[int, Problem | None]:
        command = By(None, request_of(request))
        room = self._room(request)
        if room is None:
            return 404, NO_SUCH_ROOM
        try:
            async with asyncio.timeout(ROOM_TIMEOUT_S):
                await room.control(command)
        except Refused as refused:
            return 409, Problem(refused.info.code, refused.info.message)
        except TimeoutError:
            return 409, Problem("tooManyRequests", "The room is too busy at the moment. Please try again.")
        return 200, None

    def _room(self, ask: DescribeRoom | Act) -> Room | None:
        """A room with somebody in it, or in its waiting room."""
        room = self._node.rooms.get(RoomKey(ask.account_id, ask.room_id))
        return None if room is None or room.state.empty else room


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes]:
    """A whole request. Raises `_Unfit`, `h11.RemoteProtocolError` or `OSError`."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            raise _Unfit(error.error_status_hint) from error
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_AT_ONCE))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                raise _Unfit(413)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return head, bytes(body)
        else:  # closed, or something else than one request
            raise ConnectionAbortedError


def _frame(connection: h11.Connection, status: int, body: bytes) -> bytes:
    """An answer as it goes over the wire."""
    head = h11.Response(
        status_code=status,
        headers=[
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ],
    )
    return b"".join(sent or b"" for sent in map(connection.send, (head, h11.Data(data=body), h11.EndOfMessage())))
