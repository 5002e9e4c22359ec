"""Makes what was leased: in a process of its own, watched over here; what comes of it is written down."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, Self, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from meet.leases import RELEASED, Lease
from recording.jobs import subprocess as child
from recording.jobs.limits import has_space, limits_for
from recording.jobs.retries import pause_after
from recording.jobs.turns import held, keep, others_wait, release
from recording.models import Job, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from recording.jobs.limits import Limits

J = TypeVar("J", bound=Job)

logger = logging.getLogger(__name__)

BEAT_S: Final = 2.0
MAX_PROBLEM: Final = 300
# Between two looks at the disk, and at who else waits.
LOOK_AROUND_S: Final = 5.0
# An account's turn lasts so long while others wait, or as long as was spent before on the same job: what is begun anew
# with each turn must not take up all of them.
TURN_S: Final = 1800.0
# A full disk is looked at again after that.
FULL_PAUSE: Final = dt.timedelta(minutes=1)
FULL: Final = "The server's disk is nearly full. It goes on when there is room."
# What people read who know nothing of files and seconds.
SENTENCES: Final = {
    "nothingCaptured": "Nobody sent sound or pictures at that time.",
    "unreadableCapture": "The files of the recording are gone, or can't be read.",
    "tooMuchMemory": "It would take more of the server's memory than one video may.",
    "tooExpensive": "It would take more of the server's time than a video of this length may.",
}


class Kind(Protocol[J]):
    """One of the kinds of things that are made on the machine of a capture."""

    model: type[J]
    module: str

    def jobs(self, *nodes: str) -> QuerySet[J]:
        """All that may be made on the machine of these nodes."""

    def length_s(self, job: J) -> float:
        """How many seconds of a recording it is made of."""

    def arguments(self, job: J) -> Sequence[str]:
        """What the module's command line says, for one of them."""

    def made(self, job: J) -> child.Line | None:
        """What an earlier process has said in the end, if only the rest is to be done."""

    def finish(self, job: J, lease: Lease, line: child.Line, wanted: Callable[[], bool]) -> None:
        """Put in its place what was made, unless that isn't `wanted` any more. Interrupted, it is called again."""

    def failed(self, job: J, code: str) -> None:
        """There will be none: tell those who should know. The code is a problem's, empty for what nobody foresaw."""


@dataclass(frozen=True)
class Maker(Generic[J]):
    """Makes jobs of one kind. `stopping` is set when this process should end; `clock` tells steady seconds."""

    kind: Kind[J]
    stopping: threading.Event
    clock: Callable[[], float] = time.monotonic

    def make(self, lease: Lease) -> None:
        """Make one, if it is still ours. What goes wrong is tried again later, or written down."""
        job = held(self.kind.model, lease).first()
        if job is None:
            return
        limits = limits_for(self.kind.length_s(job), settings.CONFIG)
        turn = _Turn(self.kind, lease, job.spent_s, limits, self.clock)
        with _SignsOfLife(self.kind.model, lease, job.progress, self.clock) as alive:

            def wanted() -> bool:
                return not (alive.lost or self.stopping.is_set() or turn.is_over())

            try:
                line = self.kind.made(job) or self._run(job, limits, alive, wanted)
                if line.problem is not None:
                    self._give_up(job, lease, SENTENCES.get(line.problem.code, line.problem.message), line.problem.code)
                else:
                    self.kind.finish(job, lease, line, wanted)
            except child.Unwanted:
                if turn.overspent:
                    self._give_up(job, lease, SENTENCES["tooExpensive"], "tooExpensive")
                elif turn.disk_is_full:
                    postpone(held(self.kind.model, lease), timezone.now())
            except child.Overspent:
                self._give_up(job, lease, SENTENCES["tooExpensive"], "tooExpensive")
            except Exception as error:  # whatever the disk, the storage or a codec does
                logger.exception("%s can't be made", job)
                self._try_later(job, lease, error)
        release(self.kind.model, lease)  # where it isn't done

    def _run(self, job: J, limits: Limits, alive: _SignsOfLife, wanted: Callable[[], bool]) -> child.Line:
        arguments = [*self.kind.arguments(job), *limits.arguments()]
        return child.run(self.kind.module, arguments, alive.tell, wanted)

    def _try_later(self, job: J, lease: Lease, error: Exception) -> None:
        failures = job.attempts + 1
        pause = pause_after(failures)
        message = str(error) if isinstance(error, child.ChildError) else f"The server failed ({type(error).__name__})."
        if pause is None:
            self._give_up(job, lease, message)
            return
        held(self.kind.model, lease).update(
            attempts=failures,
            due_at=timezone.now() + pause,
            problem=message[:MAX_PROBLEM],
        )

    def _give_up(self, job: J, lease: Lease, message: str, code: str = "") -> None:
        ended = held(self.kind.model, lease).update(
            status=Status.FAILED,
            **RELEASED,
            attempts=F("attempts") + 1,
            problem=message[:MAX_PROBLEM],
        )
        if ended:
            self.kind.failed(job, code)


def postpone(jobs: QuerySet[Job], now: dt.datetime) -> None:
    """There is no room for these on the disk. That is no failure of theirs."""
    jobs.update(due_at=now + FULL_PAUSE, problem=FULL)


class _Turn:
    """Whether a job may go on: not for ever, not while others wait for too long, not on a full disk."""

    def __init__(
        self, kind: Kind[Any], lease: Lease, spent_s: float, limits: Limits, clock: Callable[[], float]
    ) -> None:
        self.overspent = False
        self.disk_is_full = False
        self._kind = kind
        self._lease = lease
        self._left_s = limits.seconds - spent_s
        self._turn_s = max(TURN_S, spent_s)
        self._clock = clock
        self._began = self._looked_at = clock()

    def is_over(self) -> bool:
        """To be asked often; it looks around now and then."""
        now = self._clock()
        self.overspent = now - self._began > self._left_s
        if self.overspent:
            return True
        if now - self._looked_at < LOOK_AROUND_S:
            return False
        self._looked_at = now
        self.disk_is_full = not has_space(settings.COMPOSITIONS_DIR, settings.CONFIG)
        if self.disk_is_full:
            return True
        jobs = self._kind.jobs(*settings.CONFIG.composed_nodes)
        return now - self._began > self._turn_s and others_wait(jobs, self._lease, timezone.now())


class _SignsOfLife:
    """Keeps a lease up in a thread of its own, with what was told last and the time that was spent."""

    def __init__(self, model: type[Job], lease: Lease, progress: int, clock: Callable[[], float]) -> None:
        self.lost = False
        self._clock = clock
        self._noted_at = clock()
        self._model = model
        self._lease = lease
        self._progress = progress
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def tell(self, done: float) -> None:
        """How far it is, from 0 to 1. It is done when it is in its place."""
        self._progress = min(99, int(done * 100))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            over = False
            while not self.lost:
                try:
                    self.lost = not self._keep()
                except Error as error:
                    logger.warning("A composer's lease can't be kept up at the moment: %s", error)
                if over:  # what was spent last is noted
                    return
                over = self._over.wait(BEAT_S)
        finally:
            connection.close()

    def _keep(self) -> bool:
        now = self._clock()
        kept = keep(self._model, self._lease, timezone.now(), self._progress, now - self._noted_at)
        self._noted_at = now
        return kept
