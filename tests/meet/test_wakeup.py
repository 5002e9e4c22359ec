"""Waking: a message in the right queue, nobody waits where the broker is away, and nothing piles up unread."""

from __future__ import annotations

import io
import os
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from celery import Celery
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

import meet.celery
from meet import wakeup
from meet.accounts.tasks import dispatch_mail
from meet.conf.broker import POLL_S, broker_settings
from meet.wakeup import EVENTS, LOOK_S, Work, composer_of, do_here, send, wake
from recording.tasks import look
from rooms.webhooks.tasks import dispatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings

without_redis = pytest.mark.skipif(bool(os.environ.get("MEET_REDIS_URL")), reason="all tests run with Redis")


@pytest.fixture
def attempts(settings: LazySettings) -> Iterator[list[str]]:
    """Who tried to reach a Redis that closes each connection at once, which is the broker for the test."""
    made: list[str] = []

    def refuse() -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return
            made.append(str(address))
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, daemon=True).start()
        app = Celery("elsewhere")
        app.config_from_object("django.conf:settings", namespace="CELERY")
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        settings.CONFIG = replace(settings.CONFIG, redis_url=url)
        broker = broker_settings(url)
        app.conf.broker_url = broker["CELERY_BROKER_URL"]
        app.conf.broker_transport_options = broker["CELERY_BROKER_TRANSPORT_OPTIONS"]
        app.set_current()
        app.set_default()  # in other threads
        yield made
        meet.celery.app.set_current()
        meet.celery.app.set_default()
        listener.shutdown(socket.SHUT_RDWR)


def messages(queue: str) -> list[str]:
    """The tasks that wait in a queue; they are taken out."""
    found = []
    with meet.celery.app.connection_for_write() as broker:
        waiting = broker.SimpleQueue(queue)
        while waiting.qsize():
            message = waiting.get(block=False)
            found.append(message.headers["task"])
            message.ack()
        waiting.close()
    return found


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """What the composer of a machine does."""
    monkeypatch.setattr(wakeup, "_done_here", set())
    return composer_of("serv7")


@without_redis
def test_a_process_wakes_itself_without_redis(work: Work) -> None:
    do_here(work.queue)
    send(work)
    assert messages(work.queue) == ["recording.look"]


@without_redis
def test_without_redis_nothing_is_sent_that_nobody_would_take(work: Work) -> None:
    send(work)
    send(EVENTS)
    wake(work)
    wakeup._sender.submit(int).result(60)
    assert messages(work.queue) == messages(EVENTS.queue) == []


def test_a_broker_that_is_away_is_tried_once_and_nobody_waits_for_it(
    attempts: list[str], work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OperationalError):
        send(work)
    assert len(attempts) == 1
    wake(work)
    wakeup._sender.submit(int).result(60)
    assert len(attempts) == 2
    assert "recording.look could not be woken" in caplog.text


def test_who_is_about_to_be_woken_is_not_woken_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Work] = []
    go_on = threading.Event()
    wakeup._sender.submit(go_on.wait, 60)
    monkeypatch.setattr(wakeup, "send", sent.append)
    for _ in range(100):
        wake(work)
        wake(EVENTS)
    go_on.set()
    wakeup._sender.submit(int).result(60)
    assert sent == [work, EVENTS]


def test_what_is_due_is_begun_within_a_second() -> None:
    assert LOOK_S + POLL_S < 1


def test_looking_for_work_writes_nothing_while_there_is_none(db: None) -> None:
    del db
    with CaptureQueriesContext(connection) as asked:
        dispatch()
        dispatch_mail()
        look()
    statements = [query["sql"].split()[0] for query in asked.captured_queries]
    assert set(statements) == {"SELECT"}
    assert len(statements) <= 5


def test_files_of_an_earlier_versions_queue_are_deleted(db: None, settings: LazySettings, tmp_path: Path) -> None:
    del db
    settings.DATA_DIR = tmp_path
    (tmp_path / "queue" / "celery").mkdir(parents=True)
    (tmp_path / "queue" / "celery" / "1.json").write_text("{}")
    call_command("setup", stdout=io.StringIO())
    assert not (tmp_path / "queue").exists()
