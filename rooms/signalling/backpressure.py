"""Makes daphne's `send` wait while a client does not read: what waits is in a bounded outbox of ours, or in a file.

daphne hands what is sent to Twisted's transport and returns, however much is waiting there. This wrapper registers
as the transport's push producer (Twisted, `IPushProducer`): paused when 64 KiB wait, resumed when all is gone.
The contract with daphne 4, which a test of a client that does not read holds: `send` is
`functools.partial(Server.handle_reply, protocol)`, and `protocol` is an autobahn protocol, or Twisted's `http.Request`.
Other servers wait by themselves, and are left alone.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

logger = logging.getLogger(__name__)

# Who takes nothing of an answer for so long holds its connection and its file no longer. A player that stands still
# stops reading, too; it asks for the rest again when it goes on.
STALLED_S: Final = 120.0


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
        """Serve one socket or one request."""
        protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
        if not hasattr(protocol, "registerProducer"):
            await self._application(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve_request(scope, receive, send, protocol)
        else:
            await self._serve_socket(scope, receive, send, protocol)

    async def _serve_request(self, scope: dict[str, Any], receive: Any, send: Send, request: Any) -> None:
        """An answer that its application can't finish ends with its connection: nobody takes it for whole, or waits."""
        try:
            await self._application(scope, receive, _answering(request, send))
        except Exception:
            if not request.startedWriting or request.finished:
                raise
            logger.exception("An answer breaks off")  # daphne tells nobody of a connection that has gone
            if request.channel is not None:
                request.channel.forceAbortClient()

    async def _serve_socket(self, scope: dict[str, Any], receive: Any, send: Send, protocol: Any) -> None:
        valve = _Valve()
        # The HTTP channel that the socket began as is still registered; it would stop reading, not writing.
        protocol.unregisterProducer()
        protocol.registerProducer(valve, True)  # noqa: FBT003 - Twisted's signature: streaming

        async def send_and_wait(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "websocket.send":
                await valve.opened.wait()

        await self._application(scope, receive, send_and_wait)


def _answering(request: Any, send: Send) -> Send:
    """A `send` for an HTTP answer, which waits after each piece but the last.

    A request whose client has gone has no channel any more; what is sent to it is thrown away.
    """
    valve = _Valve()
    registered = False

    async def send_and_wait(message: dict[str, Any]) -> None:
        nonlocal registered
        more = message["type"] == "http.response.body" and bool(message.get("more_body"))
        if request.channel is None:
            registered = False
        elif more and not registered:
            request.registerProducer(valve, True)  # noqa: FBT003 - Twisted's signature: streaming
            registered = True
        elif registered and not more:
            request.unregisterProducer()
            registered = False
        await send(message)
        if more and not valve.opened.is_set():
            try:
                async with asyncio.timeout(STALLED_S):
                    await valve.opened.wait()
            except TimeoutError:
                valve.resumeProducing()  # what the application still sends goes nowhere
                if request.channel is not None:
                    request.channel.forceAbortClient()

    return send_and_wait
