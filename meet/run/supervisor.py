"""Starts the roles of one machine as child processes, restarts the ones that die, ends all of them together."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from meet.config import PROJECT
from meet.run.failing import Failing, note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

logger = logging.getLogger(__name__)

POLL_S: Final = 0.2
STOP_TIMEOUT_S: Final = 10.0
# Without these there are no meetings: where one can't be started at all, the whole service has failed. Of several nodes
# ("node serv1") one is enough.
ESSENTIAL: Final = frozenset({"web", "node", "front"})
MAX_FAILED_STARTS: Final = 5
# A process that dies sooner than this after its start has not come up; one that is not essential may also fail later.
SETTLED_AFTER_S: Final = 10.0
SETTLED_AFTER_WORK_S: Final = 60.0
# Before another try; twice as long after each failure.
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
# What has failed so often without a break is told to whoever watches.
TOLD_AFTER: Final = 2
PR_SET_PDEATHSIG: Final = 1


def _end_with_parent() -> None:
    """In a new child on Linux: get SIGTERM should the supervisor be killed (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Verdict(Enum):
    """What to do about a process that has ended."""

    TRY_AGAIN = auto()
    GIVE_UP = auto()


@dataclass
class Role:
    """One role's life: when it was started, how often it has failed since it ran properly. All times in seconds.

    The first word of `name` is its management command; `environment` is what it alone is told.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    started_at: float = 0.0
    failures: int = 0
    exit_code: int = 0
    start_at: float = 0.0

    @property
    def command(self) -> str:
        """The management command."""
        return self.name.partition(" ")[0]

    @property
    def essential(self) -> bool:
        """Whether there is no service without it."""
        return self.name in ESSENTIAL

    @property
    def pause_s(self) -> float:
        """How long to wait before the next try. An essential one is missed by everybody, so it is tried at once."""
        if self.essential:
            return FIRST_PAUSE_S
        return float(min(FIRST_PAUSE_S * 2 ** min(self.failures - 1, 30), LONGEST_PAUSE_S))

    def started(self, now: float) -> None:
        """Its process has begun."""
        self.started_at = now

    def runs(self, now: float) -> None:
        """Its process is there; after a while all that was before is forgotten."""
        if self._settled(now):
            self.failures = 0

    def ended(self, exit_code: int, now: float) -> Verdict:
        """Its process has ended by itself."""
        self.failures = 1 if self._settled(now) else self.failures + 1
        self.exit_code = exit_code
        self.start_at = now + self.pause_s
        return Verdict.GIVE_UP if self.essential and self.failures >= MAX_FAILED_STARTS else Verdict.TRY_AGAIN

    def _settled(self, now: float) -> bool:
        return now - self.started_at > (SETTLED_AFTER_S if self.essential else SETTLED_AFTER_WORK_S)


class Supervisor:
    """Each of `roles` runs as a process of its own with `environment` and what it alone is told.

    What fails again and again is noted in `folder`. `each_poll` is called again and again while they run. With
    `stale`, for development, all are started anew whenever it says so, and what can't be started waits for that.
    `others` is asked for what fails beside the processes, `on_end` hears which process of a role (by its id) has ended
    by itself.
    """

    def __init__(
        self,
        roles: Sequence[Role],
        environment: Mapping[str, str],
        folder: Path,
        each_poll: Callable[[], None] = lambda: None,
        stale: Callable[[], bool] | None = None,
        others: Callable[[], list[Failing]] = list,
        on_end: Callable[[Role, int], None] = lambda _role, _pid: None,
    ) -> None:
        self._on_end = on_end
        self._each_poll = each_poll
        self._stale = stale
        self._others = others
        self._roles = list(roles)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {**os.environ, **environment}
        self._folder = folder
        self._since: dict[str, float] = {}
        self._noted: list[Failing] = []
        self._stopping = False

    def run(self) -> int:
        """Until SIGINT or SIGTERM, or until an essential role can't be started: the exit code."""
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        note(self._folder, [])
        try:
            for role in self._roles:
                self._start(role)
            while not self._stopping:
                time.sleep(POLL_S)
                self._each_poll()
                if self._stale is not None and self._stale():
                    self._start_anew()
                for role in self._roles:
                    if not self._stopping and not self._check(role):
                        return 1
                self._tell()
            return 0
        finally:
            self._end_all()
            note(self._folder, [])

    def _start(self, role: Role) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends its children in order.
        self._processes[role.name] = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, str(PROJECT / "manage.py"), role.command],
            env={**self._environment, **role.environment},
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has one thread
        )
        role.started(time.monotonic())

    def _check(self, role: Role) -> bool:
        """Start the role again if it has died and it is time; False where there is no use in it."""
        now = time.monotonic()
        process = self._processes.get(role.name)
        if process is None:
            if now >= role.start_at:
                self._start(role)
            return True
        code = process.poll()
        if code is None:
            role.runs(now)
            return True
        del self._processes[role.name]
        self._on_end(role, process.pid)
        verdict = role.ended(code, now)
        if self._stale is not None:
            role.start_at = math.inf
            logger.warning("%s ended with exit code %s: it starts again when a file changes.", role.name, code)
            return True
        if verdict is Verdict.GIVE_UP:
            logger.error("%s does not start (exit code %s): giving up. Its own message is above.", role.name, code)
            return False
        logger.warning(
            "%s ended with exit code %s (%d in a row): starting it again in %d s.%s",
            role.name,
            code,
            role.failures,
            role.pause_s,
            "" if role.essential else " Meetings go on meanwhile.",
        )
        return True

    def _start_anew(self) -> None:
        """End all processes and start them with the files as they are now."""
        logger.info("Files have changed: starting again.")
        self._end_all()
        for role in self._roles:
            role.failures = 0
            self._start(role)

    def _tell(self) -> None:
        """Note what fails, when that has changed."""
        ailing = [role for role in self._roles if role.failures >= TOLD_AFTER]
        self._since = {role.name: self._since.get(role.name, time.time()) for role in ailing}
        failing = [Failing(role.name, role.failures, role.exit_code, self._since[role.name]) for role in ailing]
        failing += self._others()
        if failing != self._noted:
            note(self._folder, failing)
            self._noted = failing

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end_all(self) -> None:
        running = [process for process in self._processes.values() if process.poll() is None]
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
