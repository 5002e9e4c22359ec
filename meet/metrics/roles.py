"""Each role, watched: what it depends on and what it tells."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from meet.metrics.backlog import Backlog
from meet.metrics.node import NodeMetrics
from meet.metrics.registry import registry_of
from meet.metrics.requests import REQUESTS
from meet.run.dependencies import dependencies
from meet.run.heartbeat import BEAT_S, Heartbeat
from meet.run.loop_lag import LoopLag
from meet.run.readiness import Check, Readiness, answer
from meet.run.watch import begin, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meet.config import Config
    from meet.database_writer import DatabaseThread
    from meet.metrics.catalogue import Role
    from rooms.runtime.node import Node


@contextlib.contextmanager
def watched_web(config: Config, readiness: Readiness) -> Iterator[None]:
    """Web, for the length of a block."""
    begin("web", config)
    with watched("web", config, readiness, registry_of("web", readiness, REQUESTS)):
        yield


@contextlib.contextmanager
def watched_background(role: Role, config: Config) -> Iterator[tuple[float, Callable[[], object]]]:
    """A worker or a composer; gives what its beat is to do, and how often. Redis brings them their work."""
    begin(role, config)
    readiness = Readiness(dependencies(config, needs_redis=True))
    heartbeat = Heartbeat(config.data_path, role, lambda: answer(readiness.look(), details=True))
    collectors = [Backlog()] if role == "worker" else []
    with watched(role, config, readiness, registry_of(role, readiness, *collectors)):
        try:
            yield BEAT_S, heartbeat
        finally:
            heartbeat.close()


class WatchedNode:
    """A node, from `start` to `close`, both in its loop. What else can keep it from its work goes into `checks`."""

    def __init__(self, node: Node, config: Config, database: DatabaseThread, *checks: Check) -> None:
        own = (
            Check("media", node.media_problem),
            Check("lease", node.lease_problem),
            Check("draining", node.drain_problem),
        )
        self.readiness = Readiness([*dependencies(config), *own, *checks])
        self._node = node
        self._config = config
        self._database = database
        self.lag = LoopLag()
        self._open = contextlib.ExitStack()

    def start(self) -> None:
        """Trace, report errors, let others look. Raises `ConfigError` where an extra is missing."""
        begin("node", self._config)
        self.lag.start()
        metrics = NodeMetrics(self._node, self.lag, self._database, asyncio.get_running_loop())
        registry = registry_of("node", self.readiness, metrics)
        self._open.enter_context(watched("node", self._config, self.readiness, registry))

    async def close(self) -> None:
        """Let nobody look any more; in a thread, since somebody who looks at the moment needs the loop. Idempotent."""
        self.lag.close()
        await asyncio.to_thread(self._open.close)
