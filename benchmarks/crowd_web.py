"""What a crowd asks of web: each opens a room's page, gets a ticket, and is in the statistics; nobody connects.

Starts the product on loopback, with SQLite or (`--postgresql`) a private PostgreSQL. People come at `--rate` a second
for `--seconds`, whether answers come or not; statistics are written beside, by a node's collector, on the same
database. Figures go to `benchmarks/out/crowd-web.json`; ends with 1 where anything failed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import django
import msgspec

from benchmarks.report import percentile, print_table, save
from benchmarks.scale.nodes import use
from tests.e2e.server import running_server
from tests.postgresql import running_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

# Pages of a crowd give up after so long.
PATIENCE_S = 60.0
ROOM = "crowd"


async def ask(url: str, method: str, path: str, body: bytes = b"") -> int:
    """The status of one answer, read to its end, on a connection of its own. Raises `OSError`, `TimeoutError`."""
    parts = urlsplit(url)
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        try:
            head = f"{method} {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
            kind = "Content-Type: application/json\r\n" if body else ""
            writer.write(f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.read()
        finally:
            writer.close()
    return int(answer[9:12] or b"0")


class Crowd:
    """Everybody, and how long each answer took in seconds."""

    def __init__(self, url: str, account_id: int, collector: Any) -> None:
        self._url = url
        self._account_id = account_id
        self._collector = collector
        self.took: dict[str, list[float]] = {"page": [], "ticket": []}
        self.failures: Counter[str] = Counter()
        self.came = 0

    async def come(self, rate: float, seconds: float) -> None:
        """So many a second, evenly; returns when all have what they wanted, or have given up."""
        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
                group.create_task(self._one(number))

    async def _one(self, number: int) -> None:
        from rooms.room_key import RoomKey  # noqa: PLC0415 - needs the apps
        from rooms.runtime.observer import Visit  # noqa: PLC0415 - needs the apps

        query = f"roomId={ROOM}&peerId=p{number}"
        body = msgspec.json.encode({"interface": "webinar", "query": query})
        well = await self._ask("page", "GET", f"/webinar/?{query}", b"") and await self._ask(
            "ticket", "POST", "/tickets/", body
        )
        if well:
            self.came += 1
            room, now_ms = RoomKey(self._account_id, ROOM), int(time.time() * 1000)
            visit = Visit(room, f"p{number}", f"Guest {number}", "participant", viewer=True, joined_at=now_ms)
            self._collector.peer_joined(visit)
            self._collector.peer_left(visit, visit.display_name, now_ms + 1000, 1)

    async def _ask(self, what: str, method: str, path: str, body: bytes) -> bool:
        begin = time.monotonic()
        try:
            status = await ask(self._url, method, path, body)
        except (OSError, TimeoutError, ValueError) as error:
            self.failures[f"{what}: {type(error).__name__}"] += 1
            return False
        self.took[what].append(time.monotonic() - begin)
        if status != 200:
            self.failures[f"{what}: {status}"] += 1
        return status == 200


async def play(url: str, web: int, rate: float, seconds: float) -> dict[str, Any]:
    """A crowd's row."""
    from asgiref.sync import sync_to_async  # noqa: PLC0415 - needs the apps

    from meet.accounts.hosts import default_account  # noqa: PLC0415 - needs the apps
    from meet.database_writer import DatabaseThread  # noqa: PLC0415 - needs the apps
    from stats.collector import Collector  # noqa: PLC0415 - needs the apps
    from stats.models import Session  # noqa: PLC0415 - needs the apps

    database = DatabaseThread()
    account = await sync_to_async(default_account)()
    collector = Collector("bench", database)
    await collector.start()
    await ask(url, "GET", f"/webinar/?roomId={ROOM}&peerId=first")
    before = use(web).cpu_s
    crowd, begin = Crowd(url, account.pk, collector), time.monotonic()
    await crowd.come(rate, seconds)
    passed = time.monotonic() - begin
    spent = use(web).cpu_s - before
    async with asyncio.timeout(PATIENCE_S):
        while any(database.waiting.values()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
    await collector.close()
    written = await sync_to_async(Session.objects.filter(room_id=ROOM, left_at__isnull=False).count)()
    if written != crowd.came:
        crowd.failures["sessions that are not in the statistics"] = crowd.came - written
    return {
        "offered/s": rate,
        "people": int(rate * seconds),
        "came/s": crowd.came / passed,
        "failed": sum(crowd.failures.values()),
        "failures": dict(crowd.failures),
        "sessions": written,
        "web ms/person": 1000 * spent / max(1, crowd.came),
        **{
            f"{what} p{100 * share:.0f} ms": 1000 * percentile(values, share)
            for what, values in crowd.took.items()
            for share in (0.5, 0.99)
        },
    }


@contextlib.contextmanager
def stores(*, postgresql: bool) -> Iterator[None]:
    """Where servers that start within keep their data (`tests.e2e.server.stores_of_run`)."""
    if not postgresql:
        yield
        return
    with running_postgresql("--locale=C") as url:
        os.environ["TEST_DATABASE_URL"] = url
        yield


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--rate", type=float, default=0.0, help="people a second; 100, or 500 with PostgreSQL")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    rate = options.rate or (500.0 if options.postgresql else 100.0)
    settings = {"sockets_per_address": "0", "joins_per_minute": "0"}
    with (
        stores(postgresql=options.postgresql),
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), **settings) as server,
    ):
        os.environ |= {**server.stores, "DJANGO_SETTINGS_MODULE": "meet.settings"}
        django.setup()
        row = asyncio.run(play(server.url, server.child("web"), rate, options.seconds))
        from django.db import connections  # noqa: PLC0415 - needs the apps

        connections.close_all()  # or the server would wait for them
        said = [line for line in server.log.read_text().splitlines() if " ERROR " in line]
    row["database"] = "PostgreSQL" if options.postgresql else "SQLite"
    save("crowd-web-postgresql" if options.postgresql else "crowd-web", row)
    print_table("A crowd at the web's door", [{k: v for k, v in row.items() if k != "failures"}])
    for what, count in row["failures"].items():
        print(f"  {what}: {count}")
    print(*said[:10], sep="\n")
    sys.exit(bool(row["failed"] or said))


if __name__ == "__main__":
    main()
