"""A whole installation that runs: two of each, composers beside nodes, an account whose server hears of events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from meet.config import PROJECT
from tests.cluster.installation import Installation, installed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from tests.meet.answering import Answering

NODES: Final = ("serv0", "serv1")
# The account's own server, as the admin would make it known.
PREPARE: Final = """
import sys, django; django.setup()
from meet.accounts.hosts import default_account
from rooms.webhooks.models import Endpoint
Endpoint.objects.create(account=default_account(), url=sys.argv[1], kinds=["joinPeer", "closePeer"])
"""


@contextlib.contextmanager
def running(folder: Path, receiver: Answering) -> Iterator[Installation]:
    """All of it works when the block begins, and has ended after it; `receiver` is told who comes and goes."""
    with installed(folder) as made:
        made.add_redis()
        made.add_coturn()
        for _ in range(2):
            made.add_web()
        for name in NODES:
            made.add_node(name)
        for _ in range(2):
            made.add_worker()
        composers = [made.add_composer(name) for name in NODES]  # a recording goes on at the other node
        made.add_nginx()
        subprocess.run(
            [sys.executable, "-c", PREPARE, f"http://127.0.0.1:{receiver.port}/events"],
            cwd=PROJECT,
            env=made.environment(DJANGO_SETTINGS_MODULE="meet.settings", MEET_DATA_DIR=str(folder / "web")),
            check=True,
        )
        for group in (("redis", "coturn", *NODES), ("web1", "web2"), ("worker1", "worker2", *composers), ("nginx",)):
            made.start(*group)
        yield made


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 90.0, message: str = "") -> None:
    """Wait; what fails to come has this message."""
    deadline = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline, message
        await asyncio.sleep(0.2)


async def check_events(installation: Installation, receiver: Answering) -> None:
    """Each session has ended, and for each the account's server was told that it began and that it ended."""

    def told() -> Counter[tuple[str, str]]:
        """Counted once however often it was sent."""
        unique = {
            asked.headers.get("webhook-id", asked.headers.get("Webhook-Id", "")): asked for asked in receiver.asked
        }
        bodies = [json.loads(asked.body) for asked in unique.values()]
        return Counter((body["event"], body["peerId"]) for body in bodies)

    def sessions() -> list[Any]:
        return installation.rows("SELECT peer_id, left_at IS NULL, interrupted FROM stats_session")

    async def all_told() -> bool:
        rows = await asyncio.to_thread(sessions)
        expected = Counter[tuple[str, str]]()
        for peer_id, open_, _ in rows:
            expected[("connected", peer_id)] += 1
            expected[("disconnected", peer_id)] += 1
            if open_:
                return False
        return told() == expected

    await until(all_told, 120, f"told {told()} of {sessions()}")
    counts = Counter(peer_id for peer_id, _, _ in sessions())
    print(json.dumps({"sessions": counts, "events": sum(told().values())}))  # noqa: T201
    assert min(counts[name] for name in ("ada", "ben", "cat", "dan")) >= 2
