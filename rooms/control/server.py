"""A node's control API: HTTP/1.1 in the node's own event loop, on a port of its own that only web should reach.

One request a connection, everything bounded in size and time, and no long step: media flows beside it. Whoever asks
must sign (`rooms.control.signing`); who can't is told nothing but 403.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import h11
import msgspec

from rooms.control import survey
from rooms.control.around import nothing
from rooms.control.requests import PATH, Act, DescribeRoom, ListRooms, Problem, SayWhetherThere, decode, request_of
from rooms.control.signing import Nonces, Signed, accepted
from rooms.protocol.errors import Refused
from rooms.room_key import RoomKey
from rooms.state.commands import By
from rooms.uptime import uptime_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rooms.control.around import Around
    from rooms.control.requests import Ask
    from rooms.runtime.node import Node
    from rooms.runtime.room import Room

logger = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 64
MAX_HEAD: Final = 8 * 1024
MAX_BODY: Final = 16 * 1024
READ_AT_ONCE: Final = 16 * 1024
# For the whole request, for what a room is asked to do, and for whoever reads the answer.
READ_TIMEOUT_S: Final = 2.0
ROOM_TIMEOUT_S: Final = 2.0
WRITE_TIMEOUT_S: Final = 2.0
NO_SUCH_ROOM: Final = Problem("roomNotFound", "There is no such room.")


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
    ) -> None:
        self._node = node
        self._keys = (key, *other_keys)
        self._now_s = now_s
        self._around = around
        self._nonces = Nonces()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises `OSError`."""
        self._server = await asyncio.start_server(self._connected, host, port)

    async def close(self) -> None:
        """Free the port and cut off who is connected. Idempotent."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer), name="control connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and its answer."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        try:
            status, answer = await self._exchange(connection, reader)
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
            writer.transport.abort()

    async def _exchange(self, connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `h11.ProtocolError` and `OSError` where none is due."""
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                head, body = await _read(connection, reader)
            status, answer = await self._answer(head, body)
        except _Unfit as unfit:
            return unfit.status, b""
        return status, msgspec.json.encode(answer)

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

    def _check_signature(self, head: h11.Request, body: bytes) -> None:
        """Raise `_Unfit` for a request that was not signed, or for another node or time, or was here before."""
        headers = {name: value.decode("latin-1") for name, value in head.headers}
        signed = Signed(
            node=self._node.config.name,
            method=head.method.decode("latin-1"),
            path=head.target.decode("latin-1"),
            time=headers.get(b"x-meet-time", ""),
            nonce=headers.get(b"x-meet-nonce", ""),
            body=body,
        )
        if not accepted(signed, headers.get(b"x-meet-signature", ""), self._keys, self._nonces, self._now_s()):
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
