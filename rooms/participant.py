"""One client's way out: a bounded outbox and the task that empties it. A slow client never slows the room."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from rooms.errors import CLOSE_CODES, CloseCode
from rooms.frames import encode_notification
from rooms.protocol import Closing

if TYPE_CHECKING:
    from rooms.protocol import ErrorCode, Message

MAX_WAITING_FRAMES: Final = 2000
MAX_WAITING_CHARACTERS: Final = 4 * 1024 * 1024


class Socket(Protocol):
    """What a participant sends through."""

    async def send_frame(self, frame: str) -> None: ...
    async def close_socket(self, code: int, reason: str) -> None: ...


class Participant:
    """`peer_id` and `room` are set while joined. `run` must be awaited by the owner of the socket."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._frames: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self._closing: tuple[CloseCode, str] | None = None

    @property
    def closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._closing is not None

    def notify(self, message: Message) -> None:
        """Send one event."""
        self.send(encode_notification(message))

    def send(self, frame: str) -> None:
        """Queue one frame; a client that reads so slowly that its outbox overflows is closed."""
        if self._closing is not None:
            return
        self._frames.append(frame)
        self._characters += len(frame)
        if len(self._frames) > MAX_WAITING_FRAMES or self._characters > MAX_WAITING_CHARACTERS:
            self._frames.clear()
            self._characters = 0
            self.close(CloseCode.TOO_SLOW, "The connection is too slow for this room.")
        self._wake.set()

    def dismiss(self, code: ErrorCode, message: str) -> None:
        """Tell why, then close."""
        self.notify(Closing(code, message))
        self.close(CLOSE_CODES.get(code, CloseCode.NORMAL), message)

    def close(self, code: CloseCode, reason: str = "") -> None:
        """Close the socket after what waits has been sent. Idempotent."""
        if self._closing is None:
            self._closing = (code, reason)
            self._wake.set()

    async def run(self) -> None:
        """Send until closed."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                frame = self._frames.popleft()
                self._characters -= len(frame)
                await self._socket.send_frame(frame)
            if self._closing is not None:
                code, reason = self._closing
                # A close frame's reason has 123 bytes at most (RFC 6455 section 5.5).
                await self._socket.close_socket(code, reason.encode()[:120].decode(errors="ignore"))
                return
