"""Tests that wait on a loop for what another thread or process writes into the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
TIMEOUT_S = 60


def run(live: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """On a loop of its own, with no other connection to the database than the collector's."""
    connections.close_all()
    asyncio.run(asyncio.wait_for(live(), TIMEOUT_S))


async def found(ask: Callable[[], T]) -> T:
    """What the database says, asked in a thread that leaves no connection behind."""

    def and_close() -> T:
        try:
            return ask()
        finally:
            connections.close_all()

    return await asyncio.to_thread(and_close)


async def until(condition: Callable[[], bool]) -> None:
    """Until something is so in the database."""
    while not await found(condition):  # noqa: ASYNC110 - the database has no event
        await asyncio.sleep(0.02)
