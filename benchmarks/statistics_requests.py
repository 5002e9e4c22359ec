"""The part of `benchmarks.statistics` that needs Django: fills its database and sends requests."""

from __future__ import annotations

import datetime as dt
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.report import percentile, print_table
from meet.accounts.api_tokens import equip, text_of
from meet.accounts.models import Account, ApiToken, Role
from rooms.webhooks.models import Endpoint
from rooms.webhooks.pruning import KEPT
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


def fill_deliveries(account: Account, now: dt.datetime) -> None:
    """An event for each session of the last 30 days, of which a few failed at first."""
    endpoint = Endpoint.objects.create(account=account, url="https://example.org/events")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhooks_delivery"
            " (endpoint_id, room_id, kind, body, message_id, happened_at, state, failures, finished_at, lease)"
            " SELECT %s, room_id, 'joinPeer', '{}', left('msg_' || id, 40), joined_at, 'delivered',"
            " (random() < 0.001)::int, joined_at, '' FROM stats_session WHERE account_id = %s AND joined_at > %s",
            [endpoint.pk, account.pk, now - KEPT],
        )


def elapsed_ms(send: Send) -> float:
    """How long a request takes."""
    started = time.perf_counter()
    send()
    return (time.perf_counter() - started) * 1000


def cpu_ms() -> float:
    """What this process and its PostgreSQL backend have computed so far: tells more where others compute as well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat").read_text(encoding="ascii")
    return time.process_time() * 1000 + int(backend.split()[0]) / 1e6


def plans_of(send: Send) -> list[str]:
    """How the database does each query about sessions that a request makes."""
    with CaptureQueriesContext(connection) as captured:
        send()
    plans = []
    for query in captured.captured_queries:
        sql = query["sql"].strip()
        if ("stats_" in sql or "webhooks_" in sql) and sql.startswith(("SELECT", "WITH")):
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
    fill_deliveries(account, now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    visitor = Visitor(account, now)
    first_ms = elapsed_ms(visitor.overview(DAYS))
    far_behind = Session.objects.filter(account=account, room_id="crowded").count() * 9 // 10
    requests = {
        "summary of a room, a day": visitor.statistics("/summary", "room-1", 1),
        "summary of a room, 90 days": visitor.statistics("/summary", "room-1", DAYS),
        "summary of the crowded room, a day": visitor.statistics("/summary", "crowded", 1),
        "summary of the crowded room, 90 days": visitor.statistics("/summary", "crowded", DAYS),
        "list of a room, a day": visitor.statistics("/", "room-1", 1),
        "list of a room, 90 days": visitor.statistics("/", "room-1", DAYS),
        "list of the crowded room, 90 days": visitor.statistics("/", "crowded", DAYS),
        "the same, far behind": visitor.statistics("/", "crowded", DAYS, offset=far_behind),
        "overview of 7 days": visitor.overview(7),
        "overview of 90 days": visitor.overview(DAYS),
    }
    found = []
    for what, send in requests.items():
        send()  # warms up
        cpu = cpu_ms()
        values = [elapsed_ms(send) for _ in range(times)]
        cpu = cpu_ms() - cpu
        late = percentile(values, 0.95)
        found.append(
            {
                "what": what,
                "p50 ms": percentile(values, 0.5),
                "p95 ms": late,
                "max ms": max(values),
                "cpu ms": cpu / times,
                "in time": "yes" if late < GOAL_MS else "no",
            }
        )
    plans = {what: plans_of(send) for what, send in requests.items()}
    for what, queries in plans.items():
        print("\n".join([f"\nPlans: {what}", *(f"  {query}" for query in queries)]))
    print_table(f"Statistics of an account with {count:,} sessions, {times} requests each", found)
    print(f"  the first overview of 90 days, of which none was kept: {first_ms:.0f} ms")
    return {"sessions": count, "times": found, "first_overview_ms": first_ms, "plans": plans}
