"""What everybody in a room is told, gathered where many are in: one frame for many changes.

Where few are in, an event goes out at once. Where many are, it is kept, and each person's share of what was kept goes
out as one frame (`rooms.protocol.envelopes.NotificationsFrame`): a change costs the same however many are in, and
everybody together a bounded number of frames a second however much changes. Whatever else is sent to a person comes
after what was kept for them, so that each hears everything in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rooms.protocol.frames import gather

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from rooms.runtime.connection import Connection

# From so many people on.
GATHERED_FROM: Final = 40
# What was kept goes out so soon, and later the more there are; frames a second for all together, and the longest wait.
SOONEST_S: Final = 0.25
FRAMES_PER_S: Final = 1000
LATEST_S: Final = 1.0
# With so many kept they go out at once: a frame stays small, and so does what is kept.
MOST_KEPT: Final = 200


class _Kept(NamedTuple):
    """A frame, with whom not to tell it, and whether it is of the chat."""

    frame: str
    but: str | None
    chat: bool


class News:
    """Of one room."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._readers: dict[str, _Reader] = {}
        # And the number of the first one.
        self._kept: list[_Kept] = []
        self._first = 0
        self._left_out: set[str] = set()
        # What goes out to all who were told up to a number, with the chat or without, gathered or not, as far as it is
        # known by now.
        self._texts: dict[tuple[int, bool, bool], Sequence[str]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def end(self) -> int:
        """The number of the next frame."""
        return self._first + len(self._kept)

    def follow(self, peer_id: str, connection: Connection, *, chat: bool, gathered: bool) -> None:
        """Somebody is told what happens from now on, with the chat or without, several events in a frame or not."""
        reader = self._readers[peer_id] = _Reader(self, peer_id, connection, chat=chat, gathered=gathered)
        connection.missed = reader.take

    def unfollow(self, peer_id: str) -> None:
        """Somebody is told nothing more. Unknown ones are ignored."""
        reader = self._readers.pop(peer_id, None)
        if reader is not None:
            reader.connection.missed = None

    def tell(self, frame: str, but: str | None = None, *, chat: bool = False) -> None:
        """Everybody who follows (or follows the chat), but for one, is told, now or soon."""
        if len(self._readers) < GATHERED_FROM:
            for peer_id, reader in self._readers.items():
                if peer_id != but and (reader.chat or not chat):
                    reader.connection.send(frame)
            return
        self._kept.append(_Kept(frame, but, chat))
        self._texts.clear()
        if but is not None:
            self._left_out.add(but)
        if len(self._kept) >= MOST_KEPT:
            self.flush()
        elif self._timer is None:
            wait_s = min(LATEST_S, max(SOONEST_S, len(self._readers) / FRAMES_PER_S))
            self._timer = self._loop.call_later(wait_s, self.flush)

    def flush(self) -> None:
        """Send what is kept."""
        self.close()
        for reader in self._readers.values():
            reader.connection.catch_up()
        self._first = self.end
        self._kept.clear()
        self._left_out.clear()
        self._texts.clear()

    def close(self) -> None:
        """Wait for nothing any more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def since(self, number: int, peer_id: str, *, chat: bool, gathered: bool) -> Sequence[str]:
        """All that somebody is told from a number on, as frames."""
        if number >= self.end:
            return ()
        if peer_id in self._left_out:
            return self._frames(number, peer_id, chat=chat, gathered=gathered)
        which = (number, chat, gathered)
        if which not in self._texts:
            self._texts[which] = self._frames(number, None, chat=chat, gathered=gathered)
        return self._texts[which]

    def _frames(self, number: int, peer_id: str | None, *, chat: bool, gathered: bool) -> Sequence[str]:
        waiting = self._kept[number - self._first :]
        told = [one.frame for one in waiting if (peer_id is None or one.but != peer_id) and (chat or not one.chat)]
        return gather(told) if gathered else told


class _Reader:
    """How far somebody has been told."""

    __slots__ = ("_gathered", "_news", "_next", "_peer_id", "chat", "connection")

    def __init__(self, news: News, peer_id: str, connection: Connection, *, chat: bool, gathered: bool) -> None:
        self._news = news
        self._gathered = gathered
        self.chat = chat
        self._peer_id = peer_id
        self.connection = connection
        self._next = news.end

    def take(self) -> Sequence[str]:
        """What they have not been told yet, which they are now."""
        number, self._next = self._next, self._news.end
        return self._news.since(number, self._peer_id, chat=self.chat, gathered=self._gathered)
