"""`serve --nodes 2`: both behind the same pages, rooms spread, and one that is killed is missed for seconds only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.signalling import Wanderer, wandering
from tests.e2e.server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]


async def until(condition: Callable[[], object], timeout_s: float = 60) -> None:
    async with asyncio.timeout(timeout_s):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - it is another process's
            await asyncio.sleep(0.1)


async def back(person: Wanderer, at: float) -> None:
    """Until somebody is in again after a time."""
    await until(lambda: person.back_after_s(at) < float("inf"))


def node_pids(server: Server) -> dict[str, int]:
    """The processes of nodes, by name."""
    found = {}
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for pid in children:
        if b"node" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            names = [one.partition(b"=")[2].decode() for one in told if one.startswith(b"MEET_NODE_NAME=")]
            found[names[0] if names else "serv0"] = int(pid)
    return found


async def test_two_nodes_share_the_rooms_and_one_takes_over_from_the_other(tmp_path: Path) -> None:
    with running_server(tmp_path, nodes="2", media_ip="127.0.0.1") as server:
        log = server.log
        await until(lambda: "2 nodes, serv0 to serv1" in log.read_text())
        ports = {"serv0": server.node_port, "serv1": server.node_port + 2}

        def node_of(person: Wanderer) -> str:
            return person.came[-1][1].rstrip("/").rpartition("/")[2]

        named = [Wanderer(server.url, f"serv{number}team", f"p{number}") for number in range(2)]
        others = [Wanderer(server.url, f"room{number}", f"q{number}") for number in range(4)]
        await until(lambda: set(node_pids(server)) == {"serv0", "serv1"})
        async with wandering(*named), wandering(*others):
            assert [node_of(one) for one in named] == ["serv0", "serv1"]
            for one in (*named, *others):
                assert f":{ports[node_of(one)]}/" in one.came[-1][1]
            assert {node_of(one) for one in others} == {"serv0", "serv1"}  # spread, without a name in the id

            killed = node_pids(server)["serv1"]
            os.kill(killed, signal.SIGKILL)
            at = time.time()
            there = [one for one in (*named, *others) if node_of(one) == "serv1"]
            await until(lambda: all(one.back_after_s(at) < 30 for one in there))
            # The supervisor starts it again, and it takes its name at once.
            await until(lambda: node_pids(server).get("serv1", killed) != killed)
        assert "node serv1 ended with exit code -9" in log.read_text()


def receivers(server: Server) -> dict[str, int]:
    """How many receive from each node, as it says."""
    with sqlite3.connect(f"file:{server.data}/meet.sqlite3?mode=ro", uri=True) as database:
        return dict(database.execute("SELECT name, receivers FROM rooms_node"))


async def test_people_of_a_room_on_two_nodes_are_back_soon_whichever_of_them_is_killed(tmp_path: Path) -> None:
    with running_server(tmp_path, nodes="2", receivers_per_node="1", media_ip="127.0.0.1") as server:
        await until(lambda: set(receivers(server)) == {"serv0", "serv1"})
        people = [Wanderer(server.url, "serv0large", f"p{number}") for number in range(3)]
        async with contextlib.AsyncExitStack() as stack:
            for one in people:
                await stack.enter_async_context(wandering(one))
                await asyncio.sleep(1.5)  # a beat
            await until(lambda: receivers(server)["serv1"] >= 1)
            for name in ("serv1", "serv0"):  # where some of them receive from, and the home
                await until(lambda: set(node_pids(server)) == {"serv0", "serv1"})
                await asyncio.sleep(5)
                at = time.time()
                os.kill(node_pids(server)[name], signal.SIGKILL)
                await asyncio.wait_for(asyncio.gather(*(back(one, at) for one in people)), 60)
                took = [round(one.back_after_s(at), 1) for one in people]
                logger.info("Back after the end of %s: %s s", name, took)
                assert max(took) < 30
