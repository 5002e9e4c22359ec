"""Starts the roles of one machine as child processes, restarts the ones that die, ends all of them together."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meet.config import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

logger = logging.getLogger(__name__)

POLL_S: Final = 0.2
STOP_TIMEOUT_S: Final = 10.0
# A process that dies sooner than this after its start has not come up.
SETTLED_AFTER_S: Final = 10.0
MAX_FAILED_STARTS: Final = 5
RESTART_DELAY_S: Final = 1.0
PR_SET_PDEATHSIG: Final = 1


def _end_with_parent() -> None:
    """In a new child on Linux: get SIGTERM should the supervisor be killed (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class _Role:
    name: str
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failed_starts: int = 0


class Supervisor:
    """`roles` are names of management commands; each runs as a process of its own with `environment`."""

    def __init__(self, roles: Sequence[str], environment: Mapping[str, str]) -> None:
        self._roles = [_Role(name) for name in roles]
        self._environment = {**os.environ, **environment}
        self._stopping = False

    def run(self) -> int:
        """Until SIGINT or SIGTERM, or until a role can't be started: the exit code."""
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        try:
            for role in self._roles:
                self._start(role)
            while not self._stopping:
                time.sleep(POLL_S)
                for role in self._roles:
                    if not self._stopping and not self._check(role):
                        return 1
            return 0
        finally:
            self._end_all()

    def _start(self, role: _Role) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends its children in order.
        role.process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, str(PROJECT / "manage.py"), role.name],
            env=self._environment,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has one thread
        )
        role.started_at = time.monotonic()

    def _check(self, role: _Role) -> bool:
        """Restart the role if it has died; False when it dies again and again."""
        process = role.process
        code = process.poll() if process is not None else None
        if code is None:
            return True
        settled = time.monotonic() - role.started_at > SETTLED_AFTER_S
        role.failed_starts = 0 if settled else role.failed_starts + 1
        if role.failed_starts >= MAX_FAILED_STARTS:
            logger.error("%s does not start (exit code %s): giving up. Its own message is above.", role.name, code)
            return False
        logger.warning("%s ended with exit code %s: starting it again.", role.name, code)
        time.sleep(RESTART_DELAY_S)
        if not self._stopping:
            self._start(role)
        return True

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end_all(self) -> None:
        running = [role.process for role in self._roles if role.process is not None and role.process.poll() is None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
