"""How far long work is, for those who wait for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper

EVERY_S: Final = 2.0


class Progress:
    """A line now and then, not for each step."""

    def __init__(self, output: OutputWrapper) -> None:
        self._output = output
        self._next_s = time.monotonic() + EVERY_S

    def tell(self, text: str) -> None:
        """Say it, if nothing was said lately."""
        if time.monotonic() >= self._next_s:
            self._output.write(text)
            self._next_s = time.monotonic() + EVERY_S
