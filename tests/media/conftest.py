"""A call for the tests that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.media.clients import Call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=[True, False], ids=["batched", "plain"])
async def call(request: pytest.FixtureRequest) -> AsyncIterator[Call]:
    """A call on each of the two ways out."""
    made = Call(batched=request.param)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def one_call() -> AsyncIterator[Call]:
    """A call on the batched way out."""
    made = Call()
    await made.start()
    yield made
    await made.close()
