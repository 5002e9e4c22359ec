"""What a streamed answer has, for tests whose client is synchronous."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync


def body_of(response: Any) -> bytes:
    """All of it, made in this thread, with its connection to the database."""

    async def collect() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(collect)()
