"""An event loop whose time stands still while anything is to be done, and jumps to the next timer when nothing is."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

Result = TypeVar("Result")


class _Jump(selectors.SelectSelector):
    """Waits for nothing but the time."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Everybody waits for somebody else, and nobody for the time.")
        self.now += max(0.0, timeout)
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """`time` is simulated. Nothing that comes from outside the process is heard."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        """Simulated seconds since the loop was made, a day after zero."""
        return 86_400.0 + self._jump.now


def run_simulated(main: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end in simulated time; it takes as long as what is computed."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)
