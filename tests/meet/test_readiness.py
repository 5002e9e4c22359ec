"""Readiness: what is away, told in time, and no oftener than may be asked."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import FIRST_COMPLETED, wait
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from prometheus_client import CollectorRegistry

from meet.config import Config
from meet.metrics.registry import registry_of
from meet.run import readiness as module
from meet.run.dependencies import database_problem, dependencies, migrations_problem, redis_problem
from meet.run.heartbeat import Heartbeat, newest
from meet.run.operations import Operations
from meet.run.readiness import KEPT_S, Check, Readiness, answer
from meet.views import health
from tests.postgresql import NotInstalledError
from tests.redis_server import running_redis

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Future
    from pathlib import Path

    from django.conf import LazySettings

    from meet.run.readiness import Finding


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there answers, however slow the machine."""
    monkeypatch.setattr(module, "LIMIT_S", 60.0)


def away() -> str:
    raise ConnectionRefusedError("connection to 10.0.0.3 failed: password=hunter22")


def test_what_is_needed_decides_and_what_is_not_is_named() -> None:
    well, optional = Check("database", lambda: None), Check("redis", away, needed=False)
    assert answer(Readiness([well]).look(), details=False) == (200, {"status": "ready", "away": []})
    assert answer(Readiness([well, optional]).look(), details=False) == (200, {"status": "degraded", "away": ["redis"]})
    found = Readiness([Check("database", away), optional]).look()
    status, body = answer(found, details=False)
    assert (status, body) == (503, {"status": "notReady", "away": ["database", "redis"]})
    assert "10.0.0.3" not in json.dumps(body)
    assert "10.0.0.3" in json.dumps(answer(found, details=True))


def test_it_looks_once_however_many_ask() -> None:
    now, looks = [0.0], []
    readiness = Readiness([Check("database", lambda: looks.append(1))], lambda: now[0])
    threads = [threading.Thread(target=readiness.look) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looks) == 1
    now[0] = KEPT_S
    readiness.look()
    assert len(looks) == 2


def test_what_hangs_is_away_and_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT_S", 0.05)
    go_on, begun = threading.Event(), []

    def hang() -> None:
        begun.append(1)
        go_on.wait()

    def until_the_other_has_answered(running: Collection[Future[Finding]], limit_s: float) -> None:
        assert limit_s == module.LIMIT_S
        wait(running, return_when=FIRST_COMPLETED)

    monkeypatch.setattr(module, "wait", until_the_other_has_answered)
    readiness = Readiness([Check("database", hang), Check("disk", lambda: None)], iter(range(100)).__next__)
    for _ in range(3):
        database, disk = readiness.look()
        assert database.problem
        assert disk.problem is None
    assert len(begun) == 1
    go_on.set()
    readiness.close()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_there_has_all_its_tables(database: str) -> None:
    assert database
    assert database_problem() is None
    assert migrations_problem() is None


def test_redis_is_there_or_not() -> None:
    try:
        with running_redis() as url:
            assert redis_problem(url) is None
    except NotInstalledError as error:
        pytest.skip(str(error))
    with pytest.raises(Exception, match=r"\d"):
        redis_problem(url)


def test_redis_counts_for_those_whom_it_brings_work(settings: LazySettings) -> None:
    config = Config(redis_url="redis://127.0.0.1:1/0", data_dir=str(settings.DATA_DIR))
    assert [one.needed for one in dependencies(config) if one.name == "redis"] == [False]
    assert [one.needed for one in dependencies(config, needs_redis=True) if one.name == "redis"] == [True]
    assert "redis" not in {one.name for one in dependencies(Config())}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What web depends on, to be changed by the test."""
    checks: list[Check] = []
    monkeypatch.setattr(health, "web_readiness", lambda: Readiness(checks))
    return checks


@pytest.mark.django_db
def test_web_tells_strangers_names_and_this_machine_reasons(web: list[Check]) -> None:
    web.append(Check("database", away))
    here = Client().get("/readyz")
    assert here.status_code == 503
    assert "10.0.0.3" in here.json()["checks"]["database"]["problem"]
    for stranger in ({"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, {"HTTP_VIA": "1.1 x"}):
        told = Client().get("/readyz", **stranger)  # type: ignore[arg-type]
        assert told.status_code == 503
        assert told.json() == {"status": "notReady", "away": ["database"]}
    assert Client().get("/healthz").status_code == 200


def test_it_answers_at_any_host_and_without_a_database(web: list[Check], settings: LazySettings) -> None:
    settings.CONFIG = Config(env="production", secret_key="s" * 50, allowed_hosts="meet.example")
    web.append(Check("media", lambda: None))
    assert Client().get("/readyz", headers={"host": "10.0.0.7:8000"}).json()["status"] == "ready"


def test_a_request_keeps_its_name_and_gets_one(web: list[Check]) -> None:
    assert web == []
    assert Client().get("/readyz", headers={"x-request-id": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    made = Client().get("/readyz", headers={"x-request-id": "a b\r\n"}).headers["X-Request-ID"]
    assert len(made) == 16


def ask(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as told:
            return told.status, told.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_port_for_operations_answers_all_three() -> None:
    readiness = Readiness([Check("database", away), Check("disk", lambda: None)])
    operations = Operations(readiness, registry_of("worker", readiness))
    operations.start("127.0.0.1", 0)
    try:
        assert ask(operations.port, "/healthz") == (200, b'{"status": "ok"}')
        status, body = ask(operations.port, "/readyz")
        assert status == 503
        assert "10.0.0.3" in json.loads(body)["checks"]["database"]["problem"]
        status, text = ask(operations.port, "/metrics")
        assert status == 200
        assert b'meet_ready{check="database"} 0.0' in text
        assert b'meet_info{role="worker"' in text
        assert b"process_open_fds" in text
        assert ask(operations.port, "/")[0] == 404
    finally:
        operations.close()


def test_a_port_that_is_taken_is_a_line_and_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    first, second = (Operations(Readiness([]), CollectorRegistry()) for _ in range(2))
    first.start("127.0.0.1", 0)
    second.start("127.0.0.1", first.port)
    assert "MEET_METRICS_PORT" in caplog.text
    second.close()
    first.close()


def test_a_heartbeat_tells_of_the_newest_that_is_ready(tmp_path: Path) -> None:
    now = [1000.0]
    told: dict[str, Any] = {"status": "ready", "away": []}
    beat = Heartbeat(tmp_path, "worker", lambda: (200, told), lambda: now[0])
    assert newest(tmp_path, "worker", now[0]) is None
    beat()
    found = newest(tmp_path, "worker", now[0] + 29)
    assert found is not None
    assert (found.ready, found.body) == (True, told)
    assert newest(tmp_path, "worker", now[0] + 31) is None
    assert newest(tmp_path, "composer", now[0]) is None
    beat.close()
    assert newest(tmp_path, "worker", now[0]) is None
