"""Tells systemd how a process does (sd_notify(3)): that it is ready, that it still goes round, that it ends.

Units with `Type=notify` and `WatchdogSec=` ask for it by two environment variables. Where nobody asks, nothing is said.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

logger = logging.getLogger(__name__)

SOCKET: Final = "NOTIFY_SOCKET"
WATCHDOG: Final = "WATCHDOG_USEC"
WATCHDOG_PID: Final = "WATCHDOG_PID"
# Within the time after which systemd takes a process for dead, it is heard of so often.
BEATS: Final = 3


class Notifier:
    """The way to the service manager of one process; `interval_s` is how often `alive` is to be called, if at all.

    Nothing here waits or raises: what systemd does not take at once is lost, so `alive` says all that counts again.
    """

    def __init__(self, address: str = "", interval_s: float | None = None) -> None:
        """`address` is a Unix socket for datagrams, `@` before an abstract one; empty for nobody who listens."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.interval_s = interval_s
        self._state = ""

    @classmethod
    def taken_from(cls, environment: MutableMapping[str, str]) -> Self:
        """As the service manager has asked this process; children do not inherit it."""
        made = cls(environment.get(SOCKET, ""), watchdog_interval_s(environment, os.getpid()))
        for name in (SOCKET, WATCHDOG, WATCHDOG_PID):
            environment.pop(name, None)
        return made

    def ready(self) -> None:
        """It does its work from now on."""
        self._state = "READY=1"
        self._send(self._state)

    def alive(self) -> None:
        """It still goes round. To be called from the loop that does the work, so that one that hangs is noticed."""
        self._send(f"{self._state}\nWATCHDOG=1")

    def stopping(self) -> None:
        """It ends, which may take a while."""
        self._state = "STOPPING=1"
        self._send(self._state)

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as way:
                way.sendto(text.encode(), self._address)
        except (OSError, ValueError) as error:
            logger.warning("The service manager can't be told (%s): %s", text.replace("\n", " "), error)


def watchdog_interval_s(environment: Mapping[str, str], pid: int) -> float | None:
    """How often, in seconds, the process `pid` has to be heard of; None for never (sd_watchdog_enabled(3))."""
    try:
        timeout_us = int(environment.get(WATCHDOG, "0"))
        asked = int(environment.get(WATCHDOG_PID, str(pid)))
    except ValueError:
        return None
    return timeout_us / 1e6 / BEATS if timeout_us > 0 and asked == pid else None
