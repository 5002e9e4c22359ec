"""What waits in the database to be done by workers and composers. Every worker tells the same, so take `max`."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, close_old_connections
from django.db.models import Count, Min
from django.utils import timezone

from meet.leases import free
from meet.metrics import catalogue
from recording.models import PersonFile, Recording, Status, Video
from rooms.models import Node
from rooms.nodes.placement import live
from rooms.webhooks.models import Delivery, State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from prometheus_client.metrics_core import Metric as Family

logger = logging.getLogger(__name__)

# However often somebody scrapes, the database is asked so seldom.
KEPT_S: Final = 5.0


class Backlog:
    """Collects with a connection of its thread's own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: list[Family] = []
        self._known_at = float("-inf")

    def collect(self) -> Iterable[Family]:
        """Called for each scrape."""
        with self._lock:
            if self._clock() - self._known_at >= KEPT_S:
                self._known_at = self._clock()
                self._known = self._ask()
            return self._known

    def _ask(self) -> list[Family]:
        close_old_connections()
        try:
            now = timezone.now()
            return [catalogue.DATABASE_AWAY.of(0), *_nodes(now), *_webhooks(now), *_videos(now)]
        except DatabaseError as error:
            logger.warning("What waits is not known: the database says %s", error)
            return [catalogue.DATABASE_AWAY.of(1)]
        finally:
            close_old_connections()


def _nodes(now: dt.datetime) -> Iterable[Family]:
    every, running = Node.objects.count(), Node.objects.filter(live(now)).count()
    yield catalogue.NODES.of({"true": running, "false": every - running})


def _webhooks(now: dt.datetime) -> Iterable[Family]:
    waiting = Delivery.objects.filter(due_at__isnull=False, endpoint__active=True)
    counts = dict(waiting.values_list("state").annotate(Count("pk")).order_by())
    yield catalogue.WEBHOOKS.of({state.value: counts.get(state.value, 0) for state in (State.WAITING, State.FAILED)})
    first = waiting.filter(state=State.WAITING).aggregate(Min("happened_at"))["happened_at__min"]
    due = waiting.filter(free(now), state=State.WAITING).aggregate(Min("due_at"))["due_at__min"]
    yield catalogue.WEBHOOKS_AGE.of(_since(first, now))
    yield catalogue.WEBHOOKS_OVERDUE.of(_since(due, now))


def _videos(now: dt.datetime) -> Iterable[Family]:
    kinds = (Video.objects.filter(deleted_at=None), PersonFile.objects.all())
    counts = {status.value: 0 for status in (Status.WAITING, Status.COMPOSING, Status.FAILED)}
    oldest = []
    for jobs in kinds:
        for status, count in jobs.exclude(status=Status.READY).values_list("status").annotate(Count("pk")).order_by():
            counts[status] = counts.get(status, 0) + count
        oldest.append(jobs.filter(status=Status.WAITING).aggregate(Min("due_at"))["due_at__min"])
    yield catalogue.COMPOSITIONS.of(counts)
    yield catalogue.COMPOSITIONS_AGE.of(max(_since(due, now) for due in oldest))
    yield catalogue.UNFINISHED.of(Recording.objects.filter(ended_at=None).count())


def _since(then: dt.datetime | None, now: dt.datetime) -> float:
    """Seconds since then; 0 for never, and for what is still to come."""
    return max(0.0, (now - then).total_seconds()) if then is not None else 0.0
