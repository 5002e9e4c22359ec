"""Runs an ASGI application under daphne in this process, with something to start before and to stop after it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# First of all that touches Twisted: it installs the asyncio reactor.
from daphne.server import Server
from twisted.internet import defer, reactor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listen:
    """Where to listen; `certificate` is a PEM file with key and certificate, None for plain http."""

    host: str
    port: int
    certificate: Path | None = None

    @property
    def endpoint(self) -> str:
        """Twisted's endpoint string."""
        host = self.host.replace(":", r"\:")
        if self.certificate is None:
            return f"tcp:port={self.port}:interface={host}"
        pem = str(self.certificate).replace(":", r"\:")
        return f"ssl:port={self.port}:interface={host}:privateKey={pem}:certKey={pem}"


async def _nothing() -> None:
    return


class _Server(Server):  # type: ignore[misc]  # daphne has no types
    """daphne, but what runs is told before its sockets are torn down."""

    on_stop: Callable[[], Awaitable[None]] = staticmethod(_nothing)
    failure: str | None = None

    def kill_all_applications(self) -> defer.Deferred[Any]:
        stopping = defer.Deferred.fromFuture(asyncio.ensure_future(self.on_stop()))
        stopping.addErrback(lambda problem: logger.error("Stopping failed: %s", problem))
        return stopping.addCallback(lambda _: self._kill())

    def _kill(self) -> Any:
        for protocol, details in list(self.connections.items()):
            if "application_instance" not in details:  # daphne would stumble over these
                del self.connections[protocol]
        return super().kill_all_applications()

    def listen_error(self, failure: Any) -> None:
        self.failure = failure.getErrorMessage()
        self.stop()


def run(
    application: Any,
    listen: Listen,
    *,
    on_start: Callable[[], Awaitable[None]] = _nothing,
    on_stop: Callable[[], Awaitable[None]] = _nothing,
    websocket_ping_s: float = 20,
    websocket_pong_timeout_s: float = 30,
) -> None:
    """Serve until SIGINT or SIGTERM.

    `on_start` runs in the server's loop; when it raises, the server stops and the error is raised here.
    """
    server = _Server(
        application,
        endpoints=[listen.endpoint],
        ping_interval=websocket_ping_s,
        ping_timeout=websocket_pong_timeout_s,
        proxy_forwarded_address_header=None,
        server_name="meet",
        verbosity=0,
    )
    server.on_stop = on_stop
    problems: list[BaseException] = []
    tasks: list[asyncio.Task[None]] = []

    async def start() -> None:
        try:
            await on_start()
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the reactor
            problems.append(error)
            server.stop()

    def begin() -> None:
        tasks.append(asyncio.get_running_loop().create_task(start()))

    loop = reactor._asyncioEventloop  # noqa: SLF001 - daphne relies on it too
    reactor.callWhenRunning(loop.call_soon, begin)
    server.run()
    if problems:
        raise problems[0]
    if server.failure:
        raise OSError(server.failure)
