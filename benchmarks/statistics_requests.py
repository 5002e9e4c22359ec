"""The part of `benchmarks.statistics` that needs Django: fills its database and sends requests."""

from __future__ import annotations

import datetime as dt
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.report import percentile, print_table
from meet.accounts.api_tokens import equip, text_of
from meet.accounts.models import Account, ApiToken, Role
from stats.models import Session
from tests.meet.personas import member
from tests.stats.seeding import COLUMNS, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[[], None]

DAYS: Final = 90
ROOMS: Final = 1000
# The share of all sessions that one room has.
CROWDED: Final = 0.2
# For each session of the account, others have so many: what belongs to them must not be in the way.
OTHERS: Final = 0.2
GOAL_MS: Final = 50
PATH: Final = "/streaming/statistics/peers"


class Visitor:
    """Asks the Server API with a token of an account, and opens the account's overview as one of its people."""

    def __init__(self, account: Account, now: dt.datetime) -> None:
        self._now = now
        token = ApiToken(account=account, name="Benchmark")
        equip(token)
        token.save()
        self._headers = {"authorization": f"APIKey {text_of(token)}"}
        self._api, self._admin = Client(), member(account, Role.OWNER)

    def statistics(self, path: str, room: str, days: int, **more: int) -> Send:
        """A request about the last so many days of a room."""
        period = {"from": (self._now - dt.timedelta(days=days)).isoformat(), "to": self._now.isoformat()}
        address = f"{PATH}{path}?{urlencode({'room_id': room, **period, **more})}"
        return lambda: _check(self._api.get(address, headers=self._headers), b'"person_id"' if path == "/" else b"data")

    def overview(self, days: int) -> Send:
        """A request for the admin's first page."""
        return lambda: _check(self._admin.get("/admin/", {"days": days}), b"overview-figures")


def _check(answer: Any, words: bytes) -> None:
    if answer.status_code != HTTPStatus.OK or words not in answer.content:
        message = f"{answer.status_code}: {answer.content[:500]!r}"
        raise RuntimeError(message)


def fill(account: Account, now: dt.datetime, count: int, seed: int) -> None:
    """Write that many sessions."""
    copy_rows = f"COPY stats_session ({', '.join(COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy_rows) as copy:
        for row in rows(account.pk, now, days=DAYS, count=count, rooms=ROOMS, crowded=CROWDED, seed=seed):
            copy.write_row(row)


def elapsed_ms(send: Send) -> float:
    """How long a request takes."""
    started = time.perf_counter()
    send()
    return (time.perf_counter() - started) * 1000


def plans_of(send: Send) -> list[str]:
    """How the database does each query about sessions that a request makes."""
    with CaptureQueriesContext(connection) as captured:
        send()
    plans = []
    for query in captured.captured_queries:
        sql = query["sql"].strip()
        if "stats_" in sql and sql.startswith(("SELECT", "WITH")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
                plans.append("\n    ".join([sql, *(line for (line,) in cursor.fetchall())]))
    return plans


def measure(count: int, times: int) -> dict[str, Any]:
    """Fill the database, send requests, print what they took."""
    now = dt.datetime.now(dt.UTC)
    call_command("migrate", interactive=False, verbosity=0)
    account, others = Account.objects.create(name="Large"), Account.objects.create(name="Others")
    fill(account, now, count, seed=1)
    fill(others, now, int(count * OTHERS), seed=2)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE stats_session")
    visitor = Visitor(account, now)
    first_ms = elapsed_ms(visitor.overview(DAYS))
    crowd = Session.objects.filter(account=account, room_id="crowded", joined_at__gte=now - dt.timedelta(days=DAYS - 1))
    requests = {
        "summary of a room, a day": visitor.statistics("/summary", "room-1", 1),
        "summary of a room, 90 days": visitor.statistics("/summary", "room-1", DAYS),
        "summary of the crowded room, a day": visitor.statistics("/summary", "crowded", 1),
        "summary of the crowded room, 90 days": visitor.statistics("/summary", "crowded", DAYS),
        "list of a room, a day": visitor.statistics("/", "room-1", 1),
        "list of a room, 90 days": visitor.statistics("/", "room-1", DAYS),
        "list of the crowded room, 90 days": visitor.statistics("/", "crowded", DAYS),
        "the same, far behind": visitor.statistics("/", "crowded", DAYS, offset=crowd.count()),
        "overview of 7 days": visitor.overview(7),
        "overview of 90 days": visitor.overview(DAYS),
    }
    found = []
    for what, send in requests.items():
        send()  # warms up
        values = [elapsed_ms(send) for _ in range(times)]
        late = percentile(values, 0.95)
        found.append(
            {
                "what": what,
                "p50 ms": percentile(values, 0.5),
                "p95 ms": late,
                "max ms": max(values),
                "in time": "yes" if late < GOAL_MS else "no",
            }
        )
    plans = {what: plans_of(send) for what, send in requests.items()}
    for what, queries in plans.items():
        print("\n".join([f"\nPlans: {what}", *(f"  {query}" for query in queries)]))
    print_table(f"Statistics of an account with {count:,} sessions, {times} requests each", found)
    print(f"  the first overview of 90 days, of which none was kept: {first_ms:.0f} ms")
    connections.close_all()
    return {"sessions": count, "times": found, "first_overview_ms": first_ms, "plans": plans}
