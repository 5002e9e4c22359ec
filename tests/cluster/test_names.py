"""Nodes as processes on a PostgreSQL: two of one name, and one that is stopped and goes on, or killed, or drained."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.cluster.installation import Installation, installed, possible
from tests.cluster.signalling import Wanderer, wandering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not possible(), reason="PostgreSQL, Redis, nginx and coturn are needed."),
]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("installation")) as made:
        made.add_web()
        made.add_node("serv0")
        made.add_node("serv1")
        made.add_nginx()
        made.start("web1", "serv0", "serv1", "nginx")
        yield made


async def until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    async with asyncio.timeout(timeout_s):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - it is another process's
            await asyncio.sleep(0.1)


async def test_a_second_node_of_a_name_does_not_start_and_says_why(installation: Installation) -> None:
    installation.add_node("serv0", "elsewhere", part="second")
    second = installation.parts["second"]
    second.start(wait=False)
    assert second.process is not None
    assert await asyncio.to_thread(second.process.wait, 60) == 1
    holder = installation.parts["serv0"].process
    assert holder is not None
    assert f"serv0 is run by process {holder.pid} on " in second.text
    assert "MEET_NODE_NAME=serv7" in second.text
    assert "Traceback" not in second.text
    # On the same data folder it is known at once.
    installation.add_node("serv0", part="third")
    third = installation.parts["third"]
    third.start(wait=False)
    assert third.process is not None
    assert await asyncio.to_thread(third.process.wait, 60) == 1
    assert f"serv0 runs already on this data folder (process {holder.pid})" in third.text


async def test_a_node_that_was_stopped_past_its_lease_gives_way_and_comes_back_when_it_can(
    installation: Installation,
) -> None:
    first = installation.parts["serv0"]
    ada, ben = (Wanderer(installation.url, "serv0stopped", name) for name in ("ada", "ben"))
    async with wandering(ada, ben):
        first.send(signal.SIGSTOP)
        # The room moves, and somebody else takes the name.
        await until(lambda: all(one.came[-1][1].endswith("/ws/serv1/") for one in (ada, ben)))
        installation.add_node("serv0", "elsewhere", part="second")
        await asyncio.to_thread(installation.start, "second")
        first.send(signal.SIGCONT)
        await until(lambda: "this process waits until it has gone" in first.text)
        second = installation.parts["second"].process
        assert second is not None
        assert f"serv0 is run by process {second.pid} on " in first.text
        # Nobody is in the wrong place, and the row is the other one's.
        assert all(one.came[-1][1].endswith("/ws/serv1/") for one in (ada, ben))
        assert first.process is not None
        (machine,) = installation.rows("SELECT machine FROM rooms_node WHERE name = 'serv0'")[0]
        assert machine.startswith(f"process {second.pid} ")
        await asyncio.to_thread(installation.parts["second"].stop)
        await until(lambda: "is run by this process again" in first.text)
        (machine,) = installation.rows("SELECT machine FROM rooms_node WHERE name = 'serv0'")[0]
        assert machine.startswith(f"process {first.process.pid} ")
    assert "Traceback" not in first.text


async def test_people_of_a_killed_node_are_on_another_one_within_10_s_and_others_notice_nothing(
    installation: Installation,
) -> None:
    here = [Wanderer(installation.url, "serv0killed", name) for name in ("ada", "ben")]
    there = [Wanderer(installation.url, "serv1room", name) for name in ("cat", "dan")]
    async with wandering(*here, *there):
        killed_at = installation.parts["serv0"].kill()
        await until(lambda: all(one.came[-1][1].endswith("/ws/serv1/") for one in here))
        back = {one.peer_id: round(one.back_after_s(killed_at), 2) for one in here}
        print(f"killed: back after {back}")  # noqa: T201
        assert max(back.values()) < 10
        assert [one.lost for one in there] == [[], []]
        # Started again by a supervisor it has its name at once, without waiting for its own lease.
        began = time.monotonic()
        await asyncio.to_thread(installation.start, "serv0")
        print(f"started again after {time.monotonic() - began:.1f} s")  # noqa: T201
        assert "Waiting whether" not in installation.parts["serv0"].text


async def test_a_drained_node_keeps_its_rooms_and_moves_them_when_told(installation: Installation) -> None:
    here = [Wanderer(installation.url, "serv0room", name) for name in ("ada", "ben")]
    late = Wanderer(installation.url, "serv0new", "eve")
    async with wandering(*here):
        assert "takes no new rooms" in await asyncio.to_thread(installation.manage, "node", "drain", "serv0")
        async with wandering(late):
            assert late.came[-1][1].endswith("/ws/serv1/")
            assert [one.lost for one in here] == [[], []]
            listed = await asyncio.to_thread(installation.manage, "node", "list")
            assert any(line.split()[:3] == ["serv0", "draining", "1"] for line in listed.splitlines()), listed
            moved_at = time.time()
            await asyncio.to_thread(installation.manage, "node", "drain", "serv0", "--move")
            await until(lambda: all(one.came[-1][1].endswith("/ws/serv1/") for one in here))
            for one in here:
                (lost_at, why) = one.lost[-1]
                assert lost_at >= moved_at
                print(f"moved: {one.peer_id} was away for {one.came[-1][0] - lost_at:.2f} s ({why})")  # noqa: T201
            assert late.lost == []
        await asyncio.to_thread(installation.manage, "node", "undrain", "serv0")
        # A node that is stopped drains by itself, here towards the other one.
        await asyncio.to_thread(installation.parts["serv1"].stop)
        await until(lambda: all(one.came[-1][1].endswith("/ws/serv0/") for one in here))
        await asyncio.to_thread(installation.start, "serv1")
