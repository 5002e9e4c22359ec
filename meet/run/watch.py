"""What every role has beside its work: tracing, error reports, and the port for those who watch it."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Final

from meet import tracing
from meet.config import ConfigError
from meet.run import error_reports
from meet.run.operations import Operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

    from meet.config import Config
    from meet.run.readiness import Readiness

logger = logging.getLogger(__name__)

# With one setting for all roles of a machine, each has a port of its own.
OFFSETS: Final = {"web": 0, "node": 1, "worker": 2, "composer": 3}


def port_of(role: str, config: Config) -> int:
    """Where a role is watched; 0 for nowhere."""
    return config.metrics_port + OFFSETS[role] if config.metrics_port else 0


def begin(role: str, config: Config) -> None:
    """Trace and report errors, where the settings say so. Raises `ConfigError` where an extra is missing."""
    for setting, extra, start in (
        ("MEET_OTLP_ENDPOINT", "otel", tracing.begin),
        ("MEET_SENTRY_DSN", "sentry", error_reports.begin),
    ):
        try:
            start(config, role)
        except ImportError as error:
            message = f"{setting} is set, and its extra is not installed: pip install 'meet[{extra}]'."
            raise ConfigError(message) from error


@contextlib.contextmanager
def watched(role: str, config: Config, readiness: Readiness, registry: CollectorRegistry) -> Iterator[None]:
    """For the length of a block, `/healthz`, `/readyz` and `/metrics` answer."""
    operations = Operations(readiness, registry)
    if port := port_of(role, config):
        operations.start(config.metrics_host, port)
    try:
        yield
    finally:
        operations.close()
        tracing.end()
