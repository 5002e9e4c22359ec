"""The registry of one process: what Prometheus' own client tells of it, and what the role adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from meet.metrics import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.metrics_core import Metric as Family

    from meet.metrics.catalogue import Role
    from meet.run.readiness import Readiness

VERSION = "0.1.0"


class _OfProcess:
    """What every role tells: which it is, and what its readiness looks at."""

    def __init__(self, role: Role, readiness: Readiness) -> None:
        self._role = role
        self._readiness = readiness

    def collect(self) -> Iterable[Family]:
        """Called for each scrape."""
        yield catalogue.INFO.of({(self._role, VERSION): 1})
        yield catalogue.READY.of({one.name: int(one.problem is None) for one in self._readiness.look()})


def registry_of(role: Role, readiness: Readiness, *collectors: Any) -> CollectorRegistry:
    """A registry with what `collectors` tell; each has a method `collect`."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_OfProcess(role, readiness))
    for collector in collectors:
        registry.register(collector)
    return registry
