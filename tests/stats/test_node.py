"""`manage.py node` writes who comes and goes: real processes, real sockets, both databases."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from meet.accounts.hosts import default_account
from meet.config import PROJECT
from stats.models import Session
from tests.rooms.client import Address, Client
from tests.stats.waiting import found, run, until
from tests.webhooks.processes import environment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_TIMEOUT_S = 30


@contextmanager
def node(environment: dict[str, str]) -> Iterator[tuple[Address, subprocess.Popen[bytes]]]:
    """A node that answers. At the end it is told to stop, unless it is gone already."""
    address = Address(int(environment["MEET_NODE_PORT"]))
    process = subprocess.Popen([sys.executable, "manage.py", "node"], cwd=PROJECT, env=environment)
    deadline = time.monotonic() + START_TIMEOUT_S
    try:
        while True:
            try:
                address.health()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        assert process.wait(START_TIMEOUT_S) in {0, -signal.SIGKILL}


@pytest.fixture
def environment(database: str, tmp_path: Path) -> dict[str, str]:
    """Settings of a node on the test's database."""
    del database
    return environment_of(tmp_path)


def sessions() -> dict[str, tuple[bool, bool]]:
    """Of each participant: whether they have left, and whether they were interrupted."""
    return {one.peer_id: (one.left_at is not None, one.interrupted) for one in Session.objects.all()}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
def test_sessions_are_written_by_a_node_that_stops_and_by_one_that_is_killed(environment: dict[str, str]) -> None:
    admission: dict[str, Any] = {"account_id": default_account().pk}

    async def stopped() -> None:
        with node(environment) as (address, _):
            async with Client(address) as ada, Client(address) as bob:
                await ada.join("room", "ada", admission)
                await bob.join("room", "bob", admission | {"role": "moderator"})
                await until(lambda: sessions() == {"ada": (False, False), "bob": (False, False)})
                await ada.request("leave")
                await until(lambda: sessions() == {"ada": (True, False), "bob": (False, False)})
        assert await found(sessions) == {"ada": (True, False), "bob": (True, False)}

    async def killed() -> None:
        with node(environment) as (address, process):
            async with Client(address) as eve:
                await eve.join("room", "eve", admission)
                await until(lambda: sessions().get("eve") == (False, False))
                process.kill()
                process.wait(START_TIMEOUT_S)
        with node(environment):
            await until(lambda: sessions()["eve"] == (True, True))

    run(stopped)
    bob = Session.objects.get(peer_id="bob")
    assert (bob.account, bob.room_id, bob.role, bob.node) == (default_account(), "room", "moderator", "serv0")
    assert bob.joined_at < bob.marked_at == bob.left_at
    run(killed)
    eve = Session.objects.get(peer_id="eve")
    assert eve.left_at == eve.marked_at
    assert [one for one in Session.objects.exclude(peer_id="eve") if one.interrupted] == []
