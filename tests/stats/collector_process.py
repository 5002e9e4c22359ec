"""A collector that has two people in a room until it is killed, and one who has left.

`python -m tests.stats.collector_process DATABASE_SETTINGS ACCOUNT_ID MARK_S`
"""

from __future__ import annotations

import asyncio
import json
import sys

import django
from django.conf import settings


async def collect(account_id: int) -> None:
    from meet.database_writer import DatabaseThread  # noqa: PLC0415 - needs the apps
    from stats.collector import Collector  # noqa: PLC0415
    from tests.stats.parts import START_MS, visit  # noqa: PLC0415

    collector = Collector("serv0", DatabaseThread())
    await collector.start()
    ada, bob, eve = (visit(peer_id, account_id=account_id) for peer_id in ("ada", "bob", "eve"))
    for stay in (ada, bob, eve):
        collector.peer_joined(stay)
    collector.peer_left(eve, "Eve", START_MS + 1000, others=2)
    await asyncio.Event().wait()


if __name__ == "__main__":
    database, account, mark_s = sys.argv[1:]
    settings.DATABASES["default"].update(json.loads(database))
    django.setup()
    from stats import collector as module

    module.MARK_S = float(mark_s)  # type: ignore[misc]
    asyncio.run(collect(int(account)))
