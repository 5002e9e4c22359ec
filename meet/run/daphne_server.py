"""Runs an ASGI application under daphne in this process, with something to start before and to stop after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

# First of all that touches Twisted: it installs the asyncio reactor.
from daphne.server import Server
from twisted.internet import defer, reactor
from twisted.logger import globalLogPublisher

from meet.run.http_channel import MAX_MESSAGE, BoundedFactory, Connections, CountedSocket, Limits
from meet.run.open_files import connections_within, raise_limit
from meet.run.prompt_socket import stop_decorating
from meet.run.sd_notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

logger = logging.getLogger(__name__)

# Connections that have come and wait to be taken, such as all browsers of a node after its restart.
BACKLOG: Final = 512
# So many of them are taken in one turn of the loop, in which what each asks for at once is done as well.
ACCEPTED_AT_ONCE: Final = 4
FINISH_STEP_S: Final = 0.02


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
            return f"tcp:port={self.port}:interface={host}:backlog={BACKLOG}"
        pem = str(self.certificate).replace(":", r"\:")
        return f"ssl:port={self.port}:interface={host}:backlog={BACKLOG}:privateKey={pem}:certKey={pem}"


async def _nothing() -> None:
    return


def take_some(port: Any) -> None:
    """Have a port (Twisted's) take at most `ACCEPTED_AT_ONCE` connections in a turn of the loop, whatever came before.

    Its own number begins with 100, and grows as long as so many come.
    """
    take = port.doRead

    def take_a_few() -> None:
        port.numberAccepts = min(port.numberAccepts, ACCEPTED_AT_ONCE)
        take()

    port.doRead = take_a_few


class _Server(Server):  # type: ignore[misc]  # daphne has no types
    """daphne with bounds for strangers; what runs is told before its sockets are torn down.

    daphne makes its two factories itself, in `run`. Where it puts them, ours take their place.
    """

    on_stop: Callable[[], Awaitable[None]] = staticmethod(_nothing)
    notifier = Notifier()
    failure: str | None = None

    def __init__(self, *args: Any, limits: Limits, finish_s: float = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = limits
        self.finish_s = finish_s
        self.ports: list[Any] = []
        self.open_connections = Connections(limits.max_connections)

    @property
    def http_factory(self) -> BoundedFactory:
        """For all connections, as they begin."""
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _daphnes: Any) -> None:
        self._http_factory = BoundedFactory(self, self.limits, self.open_connections)

    @property
    def ws_factory(self) -> Any:
        """For those that become WebSockets."""
        return self._ws_factory

    @ws_factory.setter
    def ws_factory(self, daphnes: Any) -> None:
        daphnes.protocol = CountedSocket
        self._ws_factory = daphnes

    def notice(self, event: dict[str, Any]) -> None:
        """Of Twisted's log, see when connections can't be accepted: otherwise nobody would know."""
        text = str(event.get("log_format") or "")
        if text.startswith(("EMFILE encountered", "Could not accept")):
            self.open_connections.turned_away("no more files can be opened (ulimit -n)")

    def kill_all_applications(self) -> defer.Deferred[Any]:
        self.notifier.stopping()
        stopping = defer.Deferred.fromFuture(asyncio.ensure_future(self._wind_down()))
        stopping.addErrback(lambda problem: logger.error("Stopping failed: %s", problem))
        return stopping.addCallback(lambda _: self._kill())

    async def _wind_down(self) -> None:
        if self.finish_s:
            await self._finish()
        await self.on_stop()

    async def _finish(self) -> None:
        """Nobody new gets in, so that a proxy asks another process; who has asked gets an answer that comes soon."""
        for port in self.ports:
            await defer.maybeDeferred(port.stopListening).asFuture(asyncio.get_running_loop())
        self.open_connections.wind_down()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.finish_s):
                while self._answering():  # noqa: ASYNC110 - daphne doesn't tell
                    await asyncio.sleep(FINISH_STEP_S)

    def _answering(self) -> bool:
        """Whether a request has no answer yet, or an answer is still being sent."""
        return any("disconnected" not in details for details in self.connections.values())

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        take_some(port)
        super().listen_success(port)

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
    max_body: int = 0,
    max_connections: int = 2500,
    finish_s: float = 0,
) -> None:
    """Serve until SIGINT or SIGTERM.

    The service manager is told when it is ready, while it goes round, and when it ends. `on_start` runs in the server's
    loop; when it raises, the server stops and the error is raised here. `max_body` is in octets, `max_connections` is
    lowered to what the process may have open. When it is to stop, those who have asked get
    `finish_s` seconds for their answers.
    """
    stop_decorating()
    most = connections_within(raise_limit(), max_connections)
    server = _Server(
        application,
        endpoints=[listen.endpoint],
        ping_interval=websocket_ping_s,
        ping_timeout=websocket_pong_timeout_s,
        websocket_max_message_size=MAX_MESSAGE,
        websocket_max_frame_size=MAX_MESSAGE,
        proxy_forwarded_address_header=None,
        server_name="meet",
        verbosity=0,
        limits=Limits(max_body, most),
        finish_s=finish_s,
    )
    server.on_stop = on_stop
    notifier = server.notifier = Notifier.taken_from(os.environ)
    globalLogPublisher.addObserver(server.notice)
    problems: list[BaseException] = []
    tasks: list[asyncio.Task[None]] = []

    async def start() -> None:
        try:
            await on_start()
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the reactor
            problems.append(error)
            server.stop()
            return
        if server.failure is None:
            notifier.ready()
            go_on()

    def go_on() -> None:
        """From the loop itself, so that one that hangs is noticed."""
        if notifier.interval_s is not None:
            notifier.alive()
            loop.call_later(notifier.interval_s, go_on)

    def begin() -> None:
        tasks.append(asyncio.get_running_loop().create_task(start()))

    loop = reactor._asyncioEventloop  # noqa: SLF001 - daphne relies on it too
    reactor.callWhenRunning(loop.call_soon, begin)
    server.run()
    if problems:
        raise problems[0]
    if server.failure:
        raise OSError(server.failure)
