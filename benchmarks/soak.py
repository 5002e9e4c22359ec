"""A call of ten that goes on and on, recorded, while people come and go: whether anything grows that should not.

Starts the product on loopback. Memory, open files, threads and connections to the database of each process, and the
tasks of the node's event loop, are looked at all the time; the last third is compared with the second. Run as
`python -m benchmarks.soak [--minutes 5]`; an hour shows slow leaks. Figures go to `benchmarks/out/soak.json`; ends
with 1 where something has grown, or nothing was recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt

from benchmarks.report import print_table, save
from benchmarks.scale.cases import Case
from benchmarks.scale.nodes import children, proportional
from benchmarks.scale.people import Person, Place
from benchmarks.scale.run import PROBLEMS, Crowd
from media.net.dtls import generate_certificate
from meet.metrics.catalogue import TASKS
from meet.run.watch import OFFSETS
from tests.e2e.server import KEY, running_server
from tests.ports import free_media_port

if TYPE_CHECKING:
    from collections.abc import Sequence

PEOPLE: Final = 10
ROOM: Final = "soak"
# Somebody goes and somebody else comes so often.
CHANGE_S: Final = 4.0
LOOK_S: Final = 2.0
# What may be more in the last third of the time than in the second: caches fill, and allocators don't give back.
GROWTH: Final = {"MB": 0.05, "files": 0.1, "threads": 0.0, "connections": 0.0, "tasks": 0.1}
SLACK: Final = {"MB": 4.0, "files": 6.0, "threads": 1.0, "connections": 1.0, "tasks": 6.0}
DATABASE: Final = "meet.sqlite3"


def look(pid: int) -> dict[str, float]:
    """What a process holds."""
    files = list(Path(f"/proc/{pid}/fd").iterdir())
    return {
        # A part of a file in memory is larger while fewer other processes use it, whatever this one does
        "MB": proportional(pid, "Pss_Anon") / 1e6,
        "files": len(files),
        "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
        "connections": sum(path.resolve().name == DATABASE for path in files),
    }


async def tasks_of(metrics: httpx.AsyncClient) -> dict[str, float]:
    """How many tasks the node's event loop has; nothing where it does not say."""
    try:
        lines = (await metrics.get("/metrics")).text.splitlines()
    except httpx.HTTPError:
        return {}
    counts = [float(line.split()[1]) for line in lines if line.startswith(f"{TASKS.name} ")]
    return {"tasks": counts[0]} if counts else {}


class Call:
    """Ten people, of whom the first moderates and has it recorded, and never goes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._certificate = generate_certificate()
        self.crowd = Crowd(url, Case(ROOM, "call", 0, 0, 0.0), ROOM)
        self.came = 0
        self.failed = 0

    async def begin(self) -> None:
        """Come together, and have it recorded."""
        token = jwt.encode({"roomId": ROOM, "role": "moderator", "canRecord": True}, KEY, "HS256")
        moderator = await self._come(token)
        await moderator.ask("startRecording")
        for _ in range(PEOPLE - 1):
            await self._come()

    async def change(self) -> None:
        """One goes, another one comes, until cancelled."""
        while True:
            await asyncio.sleep(CHANGE_S)
            guests = self.crowd.people[1:]
            if guests:
                person = random.choice(guests)  # noqa: S311 - no secret
                self.crowd.remove(person)
                await person.leave()
            try:
                await self._come()
            except PROBLEMS:
                self.failed += 1

    async def _come(self, token: str = "") -> Person:
        self.came += 1
        place = Place(self._url, "call", ROOM, f"p{self.came}", sends=("mic", "camera"), shows=PEOPLE, token=token)
        person = Person(place, self._certificate, self.crowd.taps.append)
        try:
            await person.enter()
        except PROBLEMS:
            await person.leave()
            raise
        self.crowd.add(person)
        return person


async def play(url: str, supervisor: int, metrics_port: int, seconds: float) -> tuple[list[dict[str, Any]], Call]:
    """Rows of what was seen, each with its role and time. `metrics_port` is the node's."""
    call = Call(url)
    await call.begin()
    working = [asyncio.create_task(work()) for work in (call.crowd.send, call.crowd.receive, call.change)]
    seen: list[dict[str, Any]] = []
    begin = time.monotonic()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{metrics_port}", trust_env=False) as metrics:
        while (passed := time.monotonic() - begin) < seconds:
            for pid, role in children(supervisor).items():
                tasks = await tasks_of(metrics) if role == "node" else {}
                with contextlib.suppress(OSError):
                    seen.append({"role": role, "pid": pid, "at_s": passed, **look(pid), **tasks})
            await asyncio.sleep(LOOK_S)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    await call.crowd.leave()
    return seen, call


def judged(seen: Sequence[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
    """For each role and each thing: its median in the second and in the last third, and whether it has grown."""
    rows = []
    for role in dict.fromkeys(one["role"] for one in seen):
        mine = [one for one in seen if one["role"] == role]
        thirds = [
            [one for one in mine if share * seconds / 3 <= one["at_s"] < (share + 1) * seconds / 3] for share in (1, 2)
        ]
        for what, growth in GROWTH.items():
            known = [[one[what] for one in third if what in one] for third in thirds]
            if not any(known):
                continue
            second, last = (median(values or [0.0]) for values in known)
            grown = last > second * (1 + growth) + SLACK[what]
            rows.append({"role": role, "what": what, "second third": second, "last third": last, "grown": grown})
        started = len({one["pid"] for one in mine})
        rows.append({"role": role, "what": "starts", "second third": 1, "last third": started, "grown": started > 1})
    return rows


def main() -> None:
    """Play, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args()
    port = free_media_port(len(OFFSETS))
    settings = {
        "jwt_key": KEY,
        "sockets_per_address": "0",
        "joins_per_minute": "0",
        "recording_min_free_mb": "64",
        "metrics_port": str(port),
    }
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), **settings) as server:
        seconds = 60 * options.minutes
        seen, call = asyncio.run(play(server.url, server.process.pid, port + OFFSETS["node"], seconds))
        captured = sum(path.stat().st_size for path in (server.data / "captures").rglob("*") if path.is_file())
    rows = judged(seen, seconds)
    print_table(f"{call.came} people came, {call.failed} in vain; {captured / 1e6:.0f} MB recorded", rows)
    save("soak", {"minutes": options.minutes, "came": call.came, "failed": call.failed, "rows": rows})
    sys.exit(any(row["grown"] for row in rows) or call.failed > 0 or not captured)


if __name__ == "__main__":
    main()
