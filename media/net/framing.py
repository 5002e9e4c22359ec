"""Datagrams on a TCP connection (RFC 4571 section 2): each behind its length in two bytes. Pure; time is passed in."""

from __future__ import annotations

from collections import deque
from typing import Final

from media.errors import ParseError
from media.net.buffers import SLOT_SIZE

LENGTH_SIZE: Final = 2
MAX_FRAME: Final = SLOT_SIZE
"""Bytes of one datagram that a client may send, as by UDP; a browser's have 1200 to 1500."""
MIN_FRAME: Final = 12
"""The shortest thing that is sent beside media (RFC 7983), an RTP header; an empty frame keeps a connection alive."""
MAX_WAITING_BYTES: Final = 500_000
"""Video that may wait to be written to one connection: the keyframe of a very large screen, as in a `Pacer`."""
RESERVED_BYTES: Final = 64_000
"""Bytes beyond that for what is no video: two seconds of sound, reports, handshakes."""
MAX_WAIT_S: Final = 1.0
"""Once something has waited for so long, video that comes is of no use: it would only be later still."""
FRAMES_AT_ONCE: Final = 64
"""Frames that one system call takes; the kernel takes no more than 1024 parts."""


class FrameReader:
    """Cuts what comes into datagrams. The beginning of one that is not complete waits, of at most `MAX_FRAME` bytes."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[memoryview]:
        """The datagrams that are complete now, with empty ones. Raises `ParseError` for one too long or too short."""
        whole = self._rest + data if self._rest else data
        view = memoryview(whole)
        frames = []
        position, size = 0, len(whole)
        while position + LENGTH_SIZE <= size:
            length = whole[position] << 8 | whole[position + 1]
            if length > MAX_FRAME:
                message = f"A frame has at most {MAX_FRAME} bytes, this one {length}."
                raise ParseError(message)
            if 0 < length < MIN_FRAME:
                message = f"A frame has at least {MIN_FRAME} bytes or none, this one {length}."
                raise ParseError(message)
            end = position + LENGTH_SIZE + length
            if end > size:
                break
            frames.append(view[position + LENGTH_SIZE : end])
            position = end
        self._rest = whole[position:]
        return frames


class FrameQueue:
    """Datagrams that wait to be written to one connection, bounded in bytes and in time; each is dropped whole or not.

    Where video has to be dropped once, all of it is until what waits is written (`choked`): what was made upon what is
    missing is of no use, and the next keyframe finds the way free. Everything else goes on as long as there is place.
    """

    __slots__ = ("_begun", "_frames", "choked", "waiting_bytes")

    def __init__(self) -> None:
        self._frames: deque[tuple[bytes, float]] = deque()
        # Bytes of the first frame that are written.
        self._begun = 0
        self.waiting_bytes = 0
        self.choked = False

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, data: bytes | memoryview, now: float, *, video: bool) -> bool:
        """Let a datagram wait; False where it was dropped."""
        size = len(data) + LENGTH_SIZE
        if video:
            full = self.waiting_bytes + size > MAX_WAITING_BYTES
            if self.choked or full or (self._frames and now - self._frames[0][1] > MAX_WAIT_S):
                self.choked = bool(self._frames)
                return False
        elif self.waiting_bytes + size > MAX_WAITING_BYTES + RESERVED_BYTES:
            return False
        self._frames.append((len(data).to_bytes(LENGTH_SIZE, "big") + data, now))
        self.waiting_bytes += size
        return True

    def parts(self) -> list[memoryview | bytes]:
        """What is to be written next, in order."""
        parts: list[memoryview | bytes] = [frame for frame, _ in list(self._frames)[:FRAMES_AT_ONCE]]
        if parts and self._begun:
            parts[0] = memoryview(parts[0])[self._begun :]
        return parts

    def written(self, count: int) -> bool:
        """So many bytes of it were written; whether video may go on that was dropped before."""
        self.waiting_bytes -= count
        count += self._begun
        while self._frames and count >= len(self._frames[0][0]):
            count -= len(self._frames.popleft()[0])
        self._begun = count
        relieved = self.choked and not self._frames
        if relieved:
            self.choked = False
        return relieved
