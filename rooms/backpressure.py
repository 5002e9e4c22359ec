"""Makes daphne's `send` wait while a client does not read, so that what waits is in a bounded outbox of ours.

daphne hands what is sent to Twisted's transport and returns, however much is waiting there. This wrapper registers
as the transport's push producer (Twisted, `IPushProducer`): paused when 64 KiB wait, resumed when all is gone.
The contract with daphne 4, which a test of a client that does not read holds: `send` is
`functools.partial(Server.handle_reply, protocol)`, and `protocol` is an autobahn protocol. Other servers wait by
themselves, and are left alone.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Any, Send], Awaitable[None]]


@implementer(IPushProducer)
class _Valve:
    """Twisted's names: `pauseProducing` closes it, `resumeProducing` opens it, `stopProducing` opens it for good."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.opened.set()

    def pauseProducing(self) -> None:  # noqa: N802
        self.opened.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self.opened.set()

    def stopProducing(self) -> None:  # noqa: N802
        self.opened.set()


class Backpressure:
    """An ASGI application around another one."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Serve one socket."""
        protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
        if not hasattr(protocol, "registerProducer"):
            await self._application(scope, receive, send)
            return
        valve = _Valve()
        # The HTTP channel that the socket began as is still registered; it would stop reading, not writing.
        protocol.unregisterProducer()
        protocol.registerProducer(valve, True)  # noqa: FBT003 - Twisted's signature: streaming

        async def send_and_wait(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "websocket.send":
                await valve.opened.wait()

        await self._application(scope, receive, send_and_wait)
