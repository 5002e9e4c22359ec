"""One connection to a node: requests with their answers, notifications, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from meet_participant.errors import ConnectionLost, NoAnswer, RequestRefused
from meet_participant.wire import SUBPROTOCOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meet_participant.wire import Closing, EventName, Hello, Method

HELLO_TIMEOUT_S: Final = 8.0
REQUEST_TIMEOUT_S: Final = 10.0
# The server counts whom it has not heard for 9 s as lost.
PING_INTERVAL_S: Final = 4.0
# A room of hundreds is told whole in the answer to `join`.
MAX_FRAME: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Closed:
    """How a connection ended: the WebSocket close code (1006 where there was none), and what the server said before."""

    code: int
    closing: Closing | None


class Connection:
    """Made by `open_connection`. `on_notification` hears all events in order, in the event loop."""

    def __init__(self, socket: ClientConnection, on_notification: Callable[[EventName, Any], None]) -> None:
        self._socket = socket
        self._on_notification = on_notification
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._last_id = 0
        self._closing: Closing | None = None
        self._closed: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._tasks = (asyncio.create_task(self._listen()), asyncio.create_task(self._ping()))

    async def request(
        self, method: Method, data: Mapping[str, Any] | None = None, timeout_s: float | None = REQUEST_TIMEOUT_S
    ) -> Any:
        """Ask for something. Raises `RequestRefused`, `ConnectionLost`, or `NoAnswer` after `timeout_s` (if any)."""
        if self._closed.done():
            raise ConnectionLost
        self._last_id += 1
        number = self._last_id
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"id": number, "method": method, "data": data or {}}))
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError as error:
            raise NoAnswer(f"The server did not answer {method} in time.") from error
        except ConnectionClosed as error:
            raise ConnectionLost from error
        finally:
            self._answers.pop(number, None)

    async def closed(self) -> Closed:
        """Wait for the end."""
        return await asyncio.shield(self._closed)

    async def close(self) -> None:
        """End it. Idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._socket.close()
        self._end(1000)

    async def _listen(self) -> None:
        try:
            async for text in self._socket:
                self._take(json.loads(text))
        except (ConnectionClosed, ValueError):
            pass  # how it closed is seen below; what is no JSON is not from our server
        self._end(self._socket.close_code or 1006)

    async def _ping(self) -> None:
        while True:
            try:
                await self.request("ping", timeout_s=PING_INTERVAL_S * 2)
            except (NoAnswer, ConnectionLost):
                return self._end(1006)
            await asyncio.sleep(PING_INTERVAL_S)

    def _take(self, frame: dict[str, Any]) -> None:
        if "events" in frame:  # where many are in the room
            for each in frame["events"]:
                self._take(each)
            return
        if "event" in frame:
            if frame["event"] == "closing":
                self._closing = cast("Closing", frame["data"])
            self._on_notification(frame["event"], frame["data"])
            return
        answer = self._answers.pop(frame["id"], None)
        if answer is None or answer.done():
            return  # its time had run out
        if frame["ok"]:
            answer.set_result(frame["data"])
        else:
            answer.set_exception(RequestRefused(frame["error"]["code"], frame["error"]["message"]))

    def _end(self, code: int) -> None:
        if self._closed.done():
            return
        self._closed.set_result(Closed(code, self._closing))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionLost())


async def open_connection(url: str, on_notification: Callable[[EventName, Any], None]) -> tuple[Connection, Hello]:
    """Connect to a node, and its greeting. Raises `ConnectionLost`."""
    greeting: asyncio.Future[Hello] = asyncio.get_running_loop().create_future()

    def hear(event: EventName, data: Any) -> None:
        if event == "hello" and not greeting.done():
            greeting.set_result(data)
        on_notification(event, data)

    connection: Connection | None = None
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            socket = await connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=MAX_FRAME, ping_interval=None)
            connection = Connection(socket, hear)
            ended = asyncio.ensure_future(connection.closed())
            await asyncio.wait((greeting, ended), return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        if connection is not None:
            await connection.close()
        raise ConnectionLost("The server cannot be reached.") from error
    if not greeting.done():
        await connection.close()
        raise ConnectionLost
    return connection, greeting.result()
