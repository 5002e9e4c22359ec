"""The steps of docs/upgrades.md, during a call that is recorded and whose events are told: nobody notices.

The next release is a copy of this tree with one more column in a table that nodes of both releases write.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from meet.config import PROJECT
from tests.cluster.installation import possible
from tests.cluster.signalling import Wanderer, wandering
from tests.cluster.whole import check_events, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.installation import Installation
    from tests.meet.answering import Answering

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not possible(), reason="PostgreSQL, Redis, nginx and coturn are needed."),
]

CALL, OTHERS = "serv0call", "serv1others"
POLL_S: Final = 0.1
# As the page has it: until the proxy asks a process again that was gone.
PROXY_S: Final = 3.0
NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "tests", "benchmarks", "__pycache__", ".*_cache", "site"
)
FIELD: Final = """
    release = models.CharField(max_length=8, blank=True, default="next", db_default="")
"""
MIGRATION: Final = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("stats", "{last}"),)
    operations = (
        migrations.AddField(
            "session", "release", models.CharField(max_length=8, blank=True, default="next", db_default="")
        ),
    )
"""


def next_release(tree: Path) -> Path:
    """A copy of this tree, one migration further."""
    shutil.copytree(PROJECT, tree, ignore=NOT_COPIED)
    models = tree / "stats" / "models.py"
    models.write_text(
        re.sub(r"(class Session\(.*?\n)(    class Meta)", rf"\1{FIELD}\n\2", models.read_text(), flags=re.DOTALL)
    )
    migrations = tree / "stats" / "migrations"
    last = max(migrations.glob("0*.py")).stem
    (migrations / f"{int(last[:4]) + 1:04}_next_release.py").write_text(MIGRATION.format(last=last))
    return tree


@dataclass
class Visitors:
    """Programs, and people who come: what they were answered, in the order in which they asked."""

    url: str
    token: str
    answers: list[tuple[float, str, int, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is over."""
        authorization = {"Authorization": f"APIKey {self.token}"}
        query = json.dumps({"interface": "call", "query": f"roomId={OTHERS}&peerId=eve"}).encode()
        while not self.over.wait(POLL_S):
            for room in (CALL, OTHERS):
                self._ask(f"/rooms/{room}/numberPeers", headers=authorization)
            self._ask("/streaming/videos/search", headers=authorization)
            self._ask("/tickets/", query, headers={"Content-Type": "application/json"})
            self._ask("/readyz")

    def _ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> None:
        request = urllib.request.Request(self.url + path, body, headers or {})  # noqa: S310 - our own server
        at, status, text = time.time(), 0, b""
        try:
            with urllib.request.urlopen(request, timeout=15) as answered:  # noqa: S310
                status, text = answered.status, answered.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        except OSError as error:
            text = str(error).encode()
        self.answers.append((at, path, status, text.decode(errors="replace")[:300]))


async def test_nobody_notices_an_upgrade(whole_installation: Installation, receiver: Answering, tmp_path: Path) -> None:
    installation = whole_installation
    tree = next_release(tmp_path / "next")
    token = installation.manage("create_api_token", "default", secrets.token_hex(4)).splitlines()[0]
    visitors = Visitors(installation.url, token)
    visiting = threading.Thread(target=visitors.run)
    here = [Wanderer(installation.url, CALL, name) for name in ("ada", "ben")]
    there = [Wanderer(installation.url, OTHERS, name) for name in ("cat", "dan")]
    moved: list[tuple[str, float, float]] = []
    async with wandering(*here, *there):
        await asyncio.to_thread(record, installation.url, token)
        visiting.start()
        try:
            await asyncio.to_thread(upgrade_all_but_nodes, installation, tree)
            assert [one.lost for one in (*here, *there)] == [[], [], [], []], "nodes run rooms, and are as they were"
            for name, other in (("serv0", "serv1"), ("serv1", "serv0")):
                moved.append(await upgrade_node(installation, tree, name, other, [*here, *there]))
            # Back to the release before, with the tables of the next one.
            await asyncio.to_thread(installation.run_from, PROJECT, "web1")
            await asyncio.sleep(2)
        finally:
            visitors.over.set()
            await asyncio.to_thread(visiting.join)
    away = {one.peer_id: [why for _, why in one.lost] for one in (*here, *there)}
    print(json.dumps({"moved": moved, "away": away}))  # noqa: T201
    check_answers(visitors.answers, moved)
    await check_events(installation, receiver)
    releases = Counter(release for (release,) in installation.rows("SELECT release FROM stats_session"))
    assert releases[""] >= 4, "the release before has written into the table of the next one"
    assert releases["next"] >= 2, releases
    await until(lambda: recorded_throughout(installation), 90, "the recording should go on at each node")


def upgrade_all_but_nodes(installation: Installation, tree: Path) -> None:
    """Steps 1 to 4."""
    installation.manage("backup", str(installation.folder / "backup.zip"))
    installation.manage("setup", tree=tree)
    for name in ("web1", "web2", "worker1", "worker2", "composer-serv0", "composer-serv1"):
        installation.run_from(tree, name)
        time.sleep(PROXY_S)


async def upgrade_node(
    installation: Installation, tree: Path, name: str, other: str, people: list[Wanderer]
) -> tuple[str, float, float]:
    """Step 5 for one node: which, when its people left it, and when the last of them was at the other one."""
    manage = installation.manage
    at = time.time()
    await asyncio.to_thread(manage, "node", "drain", name, "--move", tree=tree)

    async def drained() -> bool:
        listed = await asyncio.to_thread(manage, "node", "list", tree=tree)
        return any(line.split()[:2] == [name, "drained"] for line in listed.splitlines())

    await until(drained, 30, f"{name} should be empty")

    async def elsewhere() -> bool:
        return all(one.came[-1][1].endswith(f"/ws/{other}/") for one in people)

    await until(elsewhere, 30, f"everybody should be at {other}")
    back = max(one.came[-1][0] for one in people)
    await asyncio.to_thread(installation.run_from, tree, name)
    await asyncio.to_thread(manage, "node", "undrain", name, tree=tree)
    await asyncio.sleep(3)
    return name, at, back


def record(url: str, token: str) -> None:
    """Have the call recorded."""
    asked = urllib.request.Request(  # noqa: S310 - our own server
        f"{url}/rooms/{CALL}/recording/start", method="POST", headers={"Authorization": f"APIKey {token}"}
    )
    urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310


def check_answers(answers: list[tuple[float, str, int, str]], moved: list[tuple[str, float, float]]) -> None:
    """No request fails; of a room that is on its way, nobody may be in yet, which the API tells by a 400."""
    print(json.dumps({"answers": Counter(f"{path} {status}" for _, path, status, _ in answers)}))  # noqa: T201
    wrong: list[Any] = []
    for at, path, status, text in answers:
        on_its_way = "numberPeers" in path and any(began <= at <= back + 1 for _, began, back in moved)
        if status != 200 and not (on_its_way and status == 400):
            wrong.append((at, path, status, text))
    assert not wrong, (Counter((path, status) for _, path, status, _ in wrong), wrong[:5])


async def recorded_throughout(installation: Installation) -> bool:
    """Each node's recording of the call has ended with the room's move, and names the one before."""
    rows = await asyncio.to_thread(
        installation.rows,
        "SELECT node, started_at, continues, reason FROM recording_recording ORDER BY started_at",
    )
    chained = [continues for _, _, continues, _ in rows] == [None, *(began for _, began, _, _ in rows[:-1])]
    ended = [reason for *_, reason in rows[:-1]] == ["moved", "moved"]
    return [node for node, *_ in rows] == ["serv0", "serv1", "serv0"] and chained and ended
