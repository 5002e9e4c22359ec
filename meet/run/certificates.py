"""Whether the certificates that Caddy keeps for us are there and are renewed in time."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509

from meet.run.failing import Failing
from meet.run.front import folder_of

if TYPE_CHECKING:
    from pathlib import Path

    from meet.config import Config

logger = logging.getLogger(__name__)

ROLE: Final = "certificate"
LOOK_EVERY_S: Final = 10.0
# A first certificate takes seconds; by then something is in its way.
PATIENCE_S: Final = 60.0
# Of its life; Caddy renews it when a third is left, and tries again for as long as it takes.
TOLD_BELOW: Final = 0.25


@dataclass(frozen=True)
class Validity:
    """From when to when a certificate counts."""

    begins: dt.datetime
    ends: dt.datetime

    def overdue(self, now: dt.datetime) -> bool:
        """Whether another one should long be there."""
        return self.ends - now < TOLD_BELOW * (self.ends - self.begins)


def validity_of(folder: Path, name: str) -> Validity | None:
    """Of the newest certificate for a name in Caddy's folder, whoever issued it; None where there is none."""
    found = []
    for file in folder.glob(f"certificates/*/{name}/{name}.crt"):
        try:
            certificate = x509.load_pem_x509_certificates(file.read_bytes())[0]
        except (OSError, ValueError, IndexError):  # it is being written
            continue
        found.append(Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc))
    return max(found, key=lambda one: one.ends, default=None)


class CertificateWatch:
    """Looks now and then, says in the log what is wrong once, and tells it to whoever asks as long as it is.

    `failing` takes the time of a clock that only goes forward, in seconds, and Unix time.
    """

    def __init__(self, config: Config, started_at: float) -> None:
        self._folder = folder_of(config)
        self._names = config.domains
        self._started_at = started_at
        self._next_at = started_at
        self._said: dict[str, str] = {}
        self._since: dict[str, float] = {}

    def failing(self, now: float, unix_s: float) -> list[Failing]:
        """The certificate, if any is missing or overdue."""
        if now >= self._next_at:
            self._next_at = now + LOOK_EVERY_S
            self._look(now, unix_s)
        return [Failing(ROLE, len(self._since), 0, min(self._since.values()))] if self._since else []

    def _look(self, now: float, unix_s: float) -> None:
        for name in self._names:
            problem = self._problem(name, now, dt.datetime.fromtimestamp(unix_s, dt.UTC))
            if problem:
                self._since.setdefault(name, unix_s)
                if self._said.get(name) != problem:
                    logger.error("%s Caddy's own words are above; it tries again by itself.", problem)
            elif self._since.pop(name, None) is not None:
                logger.info("There is a good certificate for %s again.", name)
            self._said[name] = problem

    def _problem(self, name: str, now: float, at: dt.datetime) -> str:
        validity = validity_of(self._folder, name)
        if validity is None:
            if now - self._started_at < PATIENCE_S:
                return ""
            return (
                f"There is no certificate for {name} yet: its DNS entry must lead to this machine, and ports 80 and "
                "443 must be open to the internet."
            )
        if not validity.overdue(at):
            return ""
        if validity.ends <= at:
            return f"The certificate for {name} has expired ({validity.ends:%Y-%m-%d %H:%M} UTC)."
        return (
            f"The certificate for {name} should have been renewed; it is good until {validity.ends:%Y-%m-%d %H:%M} UTC "
            "and serves until then."
        )
