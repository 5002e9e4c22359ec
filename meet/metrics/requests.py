"""What web counts of its requests. Written by all threads of the process, read at each scrape."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

from prometheus_client.core import HistogramMetricFamily

from meet.metrics import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.metrics_core import Metric as Family

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Routes are the patterns of `meet.urls`, of which there are some hundred with the admin's; codes of refusals are ours.
MAX_ROUTES: Final = 1000
OTHER: Final = "other"


class Requests:
    """Collects itself. Each label has few values: what is beyond is `other`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: Counter[tuple[str, str, str]] = Counter()
        self._tickets: Counter[str] = Counter()
        # Of each route, how many requests fell into each bucket, and their seconds.
        self._seconds: dict[str, tuple[list[int], list[float]]] = {}

    def answered(self, route: str, method: str, code: int, seconds: float) -> None:
        """A request was answered."""
        method = method if method in METHODS else OTHER
        with self._lock:
            if route not in self._seconds and len(self._seconds) >= MAX_ROUTES:
                route = OTHER
            self._answered[route, method, str(code)] += 1
            buckets, total = self._seconds.setdefault(route, ([0] * (len(catalogue.REQUEST_BUCKETS) + 1), [0.0]))
            buckets[bisect_left(catalogue.REQUEST_BUCKETS, seconds)] += 1
            total[0] += seconds

    def ticket(self, outcome: str) -> None:
        """A page got a ticket (`ok`), or the code of a refusal."""
        with self._lock:
            self._tickets[outcome] += 1

    def collect(self) -> Iterable[Family]:
        """Called for each scrape."""
        with self._lock:
            answered, tickets = dict(self._answered), dict(self._tickets)
            seconds = {route: (list(buckets), total[0]) for route, (buckets, total) in self._seconds.items()}
        yield catalogue.HTTP_REQUESTS.of(answered)
        yield catalogue.TICKETS.of(tickets)
        family = HistogramMetricFamily(
            catalogue.HTTP_SECONDS.name, catalogue.HTTP_SECONDS.help, labels=catalogue.HTTP_SECONDS.labels
        )
        for route, (buckets, total) in seconds.items():
            cumulative, so_far = [], 0
            for edge, count in zip((*map(str, catalogue.REQUEST_BUCKETS), "+Inf"), buckets, strict=True):
                so_far += count
                cumulative.append((edge, so_far))
            family.add_metric([route], cumulative, total)
        yield family


REQUESTS: Final = Requests()
