"""Makes what was claimed: in a process of its own, watched over here; what comes of it is written down."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, Self, TypeVar

from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from recording.library import child
from recording.library.claims import Claim, held, keep, release
from recording.library.schedule import pause_after
from recording.models import Job, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

J = TypeVar("J", bound=Job)

logger = logging.getLogger(__name__)

BEAT_S: Final = 2.0
MAX_PROBLEM: Final = 300
# What people read who know nothing of files and seconds.
SENTENCES: Final = {
    "nothingCaptured": "Nobody sent sound or pictures at that time.",
    "unreadableCapture": "The files of the recording are gone, or can't be read.",
}


class Kind(Protocol[J]):
    """One of the kinds of things that are made on the machine of a capture."""

    model: type[J]
    module: str

    def jobs(self, node: str) -> QuerySet[J]:
        """All that may be made on a machine."""

    def arguments(self, job: J) -> Sequence[str]:
        """What the module's command line says, for one of them."""

    def made(self, job: J) -> child.Line | None:
        """What an earlier process has said in the end, if only the rest is to be done."""

    def finish(self, job: J, claim: Claim, line: child.Line, wanted: Callable[[], bool]) -> None:
        """Put in its place what was made, unless that isn't `wanted` any more. Interrupted, it is called again."""

    def failed(self, job: J, code: str) -> None:
        """There will be none: tell those who should know. The code is a problem's, empty for what nobody foresaw."""


@dataclass(frozen=True)
class Maker(Generic[J]):
    """Makes jobs of one kind. `stopping` is set when this process should end."""

    kind: Kind[J]
    stopping: threading.Event

    def make(self, claim: Claim) -> None:
        """Make one, if it is still ours. What goes wrong is tried again later, or written down."""
        job = held(self.kind.model, claim).first()
        if job is None:
            return
        with _SignsOfLife(self.kind.model, claim, job.progress) as alive:

            def wanted() -> bool:
                return not (alive.lost or self.stopping.is_set())

            try:
                line = self.kind.made(job) or child.run(self.kind.module, self.kind.arguments(job), alive.tell, wanted)
                if line.problem is not None:
                    self._give_up(job, claim, SENTENCES.get(line.problem.code, line.problem.message), line.problem.code)
                else:
                    self.kind.finish(job, claim, line, wanted)
            except child.Unwanted:
                pass
            except Exception as error:  # whatever the disk, the storage or a codec does
                logger.exception("%s can't be made", job)
                self._try_later(job, claim, error)
        release(self.kind.model, claim)  # where it isn't done

    def _try_later(self, job: J, claim: Claim, error: Exception) -> None:
        failures = job.attempts + 1
        pause = pause_after(failures)
        message = str(error) if isinstance(error, child.ChildError) else f"The server failed ({type(error).__name__})."
        if pause is None:
            self._give_up(job, claim, message)
            return
        held(self.kind.model, claim).update(
            attempts=failures,
            due_at=timezone.now() + pause,
            problem=message[:MAX_PROBLEM],
        )

    def _give_up(self, job: J, claim: Claim, message: str, code: str = "") -> None:
        ended = held(self.kind.model, claim).update(
            status=Status.FAILED,
            lease="",
            lease_until=None,
            attempts=F("attempts") + 1,
            problem=message[:MAX_PROBLEM],
        )
        if ended:
            self.kind.failed(job, code)


class _SignsOfLife:
    """Keeps a claim up in a thread of its own, with what was told last."""

    def __init__(self, model: type[Job], claim: Claim, progress: int) -> None:
        self.lost = False
        self._model = model
        self._claim = claim
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
            while not self._over.is_set() and not self.lost:
                try:
                    self.lost = not keep(self._model, self._claim, timezone.now(), self._progress)
                except Error as error:
                    logger.warning("A composer's claim can't be kept up at the moment: %s", error)
                self._over.wait(BEAT_S)
        finally:
            connection.close()
