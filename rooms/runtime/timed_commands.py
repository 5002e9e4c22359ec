"""What a room does by itself later, such as the end of a handover that nobody took."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rooms.state.commands import Command


class TimedCommands:
    """Hands each command to `carry_out` at its time, until `close`. `now_ms` is Unix time in ms."""

    def __init__(self, carry_out: Callable[[Command], None], now_ms: Callable[[], int]) -> None:
        self._carry_out = carry_out
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self._timers: dict[Command, asyncio.TimerHandle] = {}

    def schedule(self, command: Command, at_ms: int) -> None:
        """Carry out a command at a time. The same one at another time takes the place of an earlier one."""
        earlier = self._timers.pop(command, None)
        if earlier is not None:
            earlier.cancel()
        delay_s = max(0, at_ms - self._now_ms()) / 1000
        self._timers[command] = self._loop.call_later(delay_s, self._due, command)

    def close(self) -> None:
        """Forget all of them. Idempotent."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, command: Command) -> None:
        self._timers.pop(command, None)
        self._carry_out(command)
