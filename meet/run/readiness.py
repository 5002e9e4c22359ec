"""Whether this process can do its work, and if not, what is away. For load balancers, probes and people.

`/healthz` only says that a process answers. `/readyz` looks at what it depends on, at most once a second however often
it is asked, and never for longer than `LIMIT_S`: what has not answered by then is away. Who may see it all is told why;
everybody else is told names and nothing of addresses, users or errors.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEPT_S: Final = 1.0
LIMIT_S: Final = 2.0
MAX_PROBLEM: Final = 300


@dataclass(frozen=True)
class Check:
    """Something that this process depends on. `problem` says in a sentence what is wrong, None where it is well.

    It may take its time and may raise. Without what is not `needed`, the work goes on, only worse or more slowly.
    """

    name: str
    problem: Callable[[], str | None]
    needed: bool = True


@dataclass(frozen=True)
class Finding:
    """How a check went; `took_s` is None for one that has not answered yet."""

    name: str
    needed: bool
    problem: str | None
    took_s: float | None = None


class Readiness:
    """Of one process. Any thread may ask; all that ask within a second get the same findings."""

    def __init__(self, checks: Sequence[Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks = tuple(checks)
        self._clock = clock
        self._lock = threading.Lock()
        self._found: list[Finding] = []
        self._found_at = float("-inf")
        # One thread for each check: one that hangs holds up no other, and is not begun a second time meanwhile.
        self._threads = ThreadPoolExecutor(max(1, len(self._checks)), thread_name_prefix="readiness")
        self._running: dict[str, Future[Finding]] = {}

    def look(self) -> list[Finding]:
        """What was found, not longer than `KEPT_S` ago. Takes `LIMIT_S` at most."""
        with self._lock:
            if self._clock() - self._found_at >= KEPT_S:
                self._found = self._look()
                self._found_at = self._clock()
            return self._found

    def close(self) -> None:
        """Begin no more checks. Idempotent."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> list[Finding]:
        for check in self._checks:
            if check.name not in self._running:
                self._running[check.name] = self._threads.submit(_try, check)
        wait(self._running.values(), LIMIT_S)
        found = []
        for check in self._checks:
            future = self._running[check.name]
            if future.done():
                del self._running[check.name]
                found.append(future.result())
            else:
                found.append(Finding(check.name, check.needed, f"It has not answered for {LIMIT_S:g} s."))
        return found


def _try(check: Check) -> Finding:
    began = time.perf_counter()
    try:
        problem = check.problem()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        problem = " ".join(f"{type(error).__name__}: {error}".split())
    return Finding(check.name, check.needed, problem[:MAX_PROBLEM] if problem else None, time.perf_counter() - began)


def answer(found: Sequence[Finding], *, details: bool) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the JSON body of `/readyz`: 200 while everything that is needed is there.

    `status` is `ready`, `degraded` where something is away that the work goes on without, or `notReady`; `away` are the
    names of what is away.
    """
    away = [one for one in found if one.problem is not None]
    ready = not any(one.needed for one in away)
    body: dict[str, Any] = {
        "status": "notReady" if not ready else "degraded" if away else "ready",
        "away": [one.name for one in away],
    }
    if details:
        body["checks"] = {
            one.name: {
                "ok": one.problem is None,
                "needed": one.needed,
                **({"problem": one.problem} if one.problem else {}),
                **({"seconds": round(one.took_s, 4)} if one.took_s is not None else {}),
            }
            for one in found
        }
    return (200 if ready else 503), body
