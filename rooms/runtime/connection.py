"""One client's way out: a bounded outbox and the task that empties it. A slow client never slows the room."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from media.turns import Turns
from rooms.protocol import Closing
from rooms.protocol.errors import CLOSE_CODES, CloseCode
from rooms.protocol.frames import encode_notification, encode_refusal, encode_response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rooms.protocol import ErrorCode, Message
    from rooms.protocol.errors import Refused

MAX_WAITING_FRAMES: Final = 2000
MAX_WAITING_CHARACTERS: Final = 4 * 1024 * 1024
# A socket that takes no frame for this long is given up.
SEND_TIMEOUT_S: Final = 8.0
# The share of it after which a frame that got through begins it anew.
TIMER_SET_AFTER: Final = 0.1
# Of all connections of a node so many begin to send in one turn of the loop: a frame takes some 80 µs to leave.
SENDERS_AT_ONCE: Final = 25
MAX_REASON_OCTETS: Final = 123  # RFC 6455 section 5.5


class Socket(Protocol):
    """What a connection sends through; `send_frame` returns when there is room for more."""

    async def send_frame(self, frame: str) -> None: ...
    async def close_socket(self, code: int, reason: str) -> None: ...


class Connection:
    """A client's connection, joined or not. `run` must be awaited by the owner of the socket."""

    def __init__(
        self,
        socket: Socket,
        send_timeout_s: float = SEND_TIMEOUT_S,
        on_answer: Callable[[int, str], None] = lambda _request_id, _outcome: None,
        turns: Turns | None = None,
    ) -> None:
        """`on_answer` hears how each request ends: its id, and `ok` or the code of the refusal.

        Connections of one node share its `turns`.
        """
        self._turns = turns or Turns(SENDERS_AT_ONCE)
        self._on_answer = on_answer
        self._socket = socket
        self._send_timeout_s = send_timeout_s
        self._frames: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        # Whether a turn to send is asked for.
        self._asked = False
        self._closing: tuple[CloseCode, str] | None = None
        # What has been kept for this client elsewhere and comes before anything else, if there is any.
        self.missed: Callable[[], Sequence[str]] | None = None

    @property
    def closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._closing is not None

    def notify(self, message: Message) -> None:
        """Send one event."""
        self.send(encode_notification(message))

    def answer(self, request_id: int, message: Message) -> None:
        """Answer a request."""
        self._on_answer(request_id, "ok")
        self.send(encode_response(request_id, message))

    def refuse(self, request_id: int, refused: Refused) -> None:
        """Answer a request that is refused."""
        self._on_answer(request_id, refused.info.code)
        self.send(encode_refusal(request_id, refused))

    def send(self, frame: str) -> None:
        """Queue one frame; a client that reads so slowly that its outbox overflows is closed."""
        self.catch_up()
        self._put(frame)

    def catch_up(self) -> None:
        """Queue what has been kept for this client elsewhere."""
        if self.missed is not None:
            for frame in self.missed():
                self._put(frame)

    def _put(self, frame: str) -> None:
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._characters += len(frame)
        if len(self._frames) > MAX_WAITING_FRAMES or self._characters > MAX_WAITING_CHARACTERS:
            self._give_up()
        self._ask()

    def dismiss(self, code: ErrorCode, message: str) -> None:
        """Tell why, then close."""
        self.notify(Closing(code, message))
        self.close(CLOSE_CODES.get(code, CloseCode.NORMAL), message)

    def close(self, code: CloseCode, reason: str = "") -> None:
        """Close the socket after what waits has been sent. Idempotent."""
        if self._closing is None:
            self._closing = (code, reason)
            self._ask()

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            self._turns.ask(self._wake.set)

    async def run(self) -> None:
        """Send until closed."""
        while self._closing is None or self._frames:
            await self._wake.wait()
            self._wake.clear()
            self._asked = False
            try:
                await self._send_what_waits()
            except TimeoutError:
                self._give_up()
        code, reason = self._closing
        await self._socket.close_socket(int(code), reason.encode()[:MAX_REASON_OCTETS].decode(errors="ignore"))

    async def _send_what_waits(self) -> None:
        """Send all frames. Raises `TimeoutError` where the socket takes none for `send_timeout_s`.

        One timer serves many frames: it is set anew when the clock has gone on by a share of that.
        """
        loop = asyncio.get_running_loop()
        set_at = loop.time()
        async with asyncio.timeout(self._send_timeout_s) as limit:
            while self._frames:
                frame = self._frames.popleft()
                self._characters -= len(frame)
                await self._socket.send_frame(frame)
                now = loop.time()
                if now - set_at > self._send_timeout_s * TIMER_SET_AFTER:
                    set_at = now
                    limit.reschedule(now + self._send_timeout_s)

    def _give_up(self) -> None:
        self._frames.clear()
        self._characters = 0
        self.close(CloseCode.TOO_SLOW, "The connection is too slow for this room.")
