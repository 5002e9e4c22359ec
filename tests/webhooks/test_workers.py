"""Real nodes, workers, brokers and databases; some of them killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from meet.accounts.hosts import default_account
from meet.config import PROJECT
from rooms.webhooks.models import Delivery, State
from tests.meet.answering import Answering, Asked, answer, answering
from tests.ports import free_port
from tests.postgresql import NotInstalledError
from tests.redis_server import running_redis
from tests.rooms.client import Address, Client
from tests.webhooks.parts import endpoint, happen, peers
from tests.webhooks.processes import TIMEOUT_S, environment_of, kill, node, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKER = ("manage.py", "worker")
# Without our own look at the database every second: it hears of work from Redis only.
BARE_WORKER = ("-m", "celery", "-A", "meet.celery", "--quiet", "worker", "--pool=threads", "--concurrency=4")
SQLITE = "sqlite"
PRODUCTION = "postgresql and redis"


@pytest.fixture(params=[SQLITE, PRODUCTION])
def environment(
    request: pytest.FixtureRequest,
    transactional_db: None,  # noqa: ARG001 - SQLite's part
    tmp_path: Path,
) -> Iterator[dict[str, str]]:
    """Of nodes and workers, as on one machine or as in production."""
    with ExitStack() as stack:
        more = {}
        if request.param == PRODUCTION:
            request.getfixturevalue("postgresql")
            try:
                more["MEET_REDIS_URL"] = stack.enter_context(running_redis())
            except NotInstalledError as error:
                pytest.skip(str(error))
        elif connections["default"].vendor != "sqlite":
            pytest.skip("all tests run on PostgreSQL")
        yield environment_of(tmp_path, **more)


def come_and_go(address: Address) -> None:
    """Two participants; one of them leaves again."""
    admission: dict[str, Any] = {"account_id": default_account().pk}

    async def visit() -> None:
        async with Client(address) as ada, Client(address) as bob:
            await ada.join("room", "ada", admission)
            await bob.join("room", "bob", admission)
            await ada.request("leave")
            await asyncio.to_thread(until, lambda: waiting() >= 3)

    connections.close_all()
    asyncio.run(asyncio.wait_for(visit(), TIMEOUT_S))


def waiting() -> int:
    try:
        return Delivery.objects.filter(state=State.WAITING).count()
    finally:
        connections.close_all()


def delivered() -> bool:
    return not Delivery.objects.exclude(state=State.DELIVERED).exists()


def _mostly(key: str, other: str) -> pytest.MarkDecorator:
    """On one of them in each run, on the other among the long tests: what may differ has tests of its own."""
    return pytest.mark.parametrize("environment", [key, pytest.param(other, marks=pytest.mark.long)], indirect=True)


@_mostly(SQLITE, PRODUCTION)
def test_what_happened_on_a_node_that_was_killed_before_it_could_tell_anybody_is_delivered(
    environment: dict[str, str], receiver: Answering
) -> None:
    endpoint(default_account(), receiver)
    # Its broker can't be reached, so nobody is woken.
    deaf = environment | {"MEET_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    with node(deaf) as (address, process):
        come_and_go(address)
        kill(process)
    assert receiver.asked == []
    with running(environment, *WORKER):
        until(delivered)
    told = [(one.path, *peers([one])) for one in receiver.asked]
    assert told[:3] == [("/events/joinPeer", "ada"), ("/events/joinPeer", "bob"), ("/events/closePeer", "ada")]


@_mostly(PRODUCTION, SQLITE)
def test_what_a_killed_worker_was_sending_is_sent_by_others_in_order(
    environment: dict[str, str], receiver: Answering
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hold(one: Asked, write: Any) -> None:
        asked.set()
        go_on.wait(TIMEOUT_S)
        answer(200)(one, write)

    receiver.script = hold
    endpoint(default_account(), receiver)
    happen(default_account(), "a", "b", "c")
    with running(environment, *WORKER) as worker:
        assert asked.wait(TIMEOUT_S)
        kill(worker)
    go_on.set()
    receiver.script = answer(200)
    assert not Delivery.objects.exclude(state=State.WAITING).exists()
    # Half a minute later.
    Delivery.objects.update(lease_until=None)
    with running(environment, *WORKER), running(environment, *WORKER):
        until(delivered)
    assert peers(receiver.asked) == ["a", "a", "b", "c"]


@_mostly(PRODUCTION, SQLITE)
def test_workers_are_woken_by_what_happens(environment: dict[str, str], receiver: Answering) -> None:
    account = default_account()
    endpoint(account, receiver)
    # Without Redis it looks by itself.
    with running(environment, *(BARE_WORKER if "MEET_REDIS_URL" in environment else WORKER)):
        tell = [sys.executable, "-m", "tests.webhooks.event_process", str(account.pk)]
        subprocess.run(tell, cwd=PROJECT, env=environment, check=True, timeout=TIMEOUT_S)
        until(lambda: Delivery.objects.count() == 2 and delivered())
    assert peers(receiver.asked) == ["a", "b"]


@pytest.mark.parametrize("environment", [SQLITE], indirect=True)
def test_a_server_that_does_not_answer_holds_up_nobody_else(environment: dict[str, str], receiver: Answering) -> None:
    others_are_done = threading.Event()
    early: list[Asked] = []

    def hold(one: Asked, write: Any) -> None:
        others_are_done.wait(TIMEOUT_S)
        answer(200)(one, write)

    def note(one: Asked, write: Any) -> None:
        if not others_are_done.is_set():
            early.append(one)
        answer(200)(one, write)

    receiver.script = note
    with answering(hold) as slow:
        endpoint(default_account(), slow)
        for number in range(30):
            happen(default_account(), "slow", room=f"slow{number}")
        endpoint(default_account(), receiver)
        for number in range(10):
            happen(default_account(), "a", "b", room=f"fast{number}")
        with running(environment, *WORKER):
            until(lambda: len(receiver.asked) >= 20)
            others_are_done.set()
    assert len(early) >= 20
