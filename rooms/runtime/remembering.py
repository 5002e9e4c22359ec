"""What of one room outlives its node: kept soon after it changes, and forgotten when the room is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from rooms.state.memory import left_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from rooms.room_key import RoomKey
    from rooms.state.memory import Memories, RoomMemory

# What moderators have decided is kept so soon; with many people, who come and go, less often.
REMEMBER_AFTER_S: Final = 0.1
REMEMBER_MANY_AFTER_S: Final = 3.0
MANY_PEOPLE: Final = 100


class Remembering:
    """`memory` is what there is to be remembered at the moment. Nothing is kept before somebody has `entered`."""

    def __init__(
        self, key: RoomKey, memories: Memories, memory: Callable[[], RoomMemory | None], now_ms: Callable[[], int]
    ) -> None:
        self._key = key
        self._memories = memories
        self._memory = memory
        self._now_ms = now_ms
        self._kept: RoomMemory | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._left_ms = 0
        self.entered = False

    async def load(self) -> RoomMemory | None:
        """What the room has to remember from before, here or on another node."""
        self._kept = await self._memories.load(self._key)
        return self._kept

    def soon(self, people: int) -> None:
        """Keep what has changed, in a while that is longer with many people."""
        if self._timer is None:
            delay_s = REMEMBER_AFTER_S if people < MANY_PEOPLE else REMEMBER_MANY_AFTER_S
            self._timer = asyncio.get_running_loop().call_later(delay_s, self.now)

    def now(self) -> None:
        """Keep what has changed at once."""
        self.close()
        memory = self._memory()
        if memory is not None and self._left_ms:
            memory = left_at(memory, self._left_ms)
        if self.entered and memory != self._kept:
            self._memories.save(self._key, memory)
            self._kept = memory

    def leave(self) -> None:
        """Keep it at once, for another node: the room ends on this one, which counts from the first time on."""
        self._left_ms = self._left_ms or self._now_ms()
        self.now()

    def forget(self) -> None:
        """Nobody is in any more, so there is nothing to remember; but who did not come in can't make us forget."""
        if self.entered and (self._kept is not None or self._timer is not None):
            self._memories.save(self._key, None)

    def close(self) -> None:
        """Keep nothing more by itself. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
