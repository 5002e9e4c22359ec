"""What loops take: bounded queues that are iterated over."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meet_participant.errors import ParticipantError

T = TypeVar("T")


class Feed(Generic[T]):
    """Things as they come, for one `async for`. Beyond `size` the oldest are dropped, and `behind`, if any, is raised.

    `close` ends it. One that nobody holds any more is forgotten, and nothing is received for it.
    """

    def __init__(self, size: int, behind: ParticipantError | None = None) -> None:
        self._waiting: deque[T] = deque(maxlen=size)
        self._behind = behind
        self._lost = False
        self._closed = False
        self._something = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def put(self, thing: T) -> None:
        """One more."""
        if self._closed:
            return
        self._lost = self._lost or len(self._waiting) == self._waiting.maxlen
        self._waiting.append(thing)
        self._something.set()

    def put_all(self, things: Iterable[T]) -> None:
        """Some more."""
        for thing in things:
            self.put(thing)

    def close(self) -> None:
        """Nothing comes any more; what waits can still be taken. Idempotent."""
        self._closed = True
        self._something.set()

    def __aiter__(self) -> Feed[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            if self._lost and self._behind is not None:
                self._lost = False
                raise self._behind
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                raise StopAsyncIteration
            self._something.clear()
            await self._something.wait()
