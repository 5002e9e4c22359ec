"""Waking the composer: a message in the queue of its machine, and no waiting where the broker is away."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from celery import Celery
from django.conf import settings
from kombu.connection import Connection
from kombu.exceptions import OperationalError

import meet.celery
from recording.jobs.wakeup import queue_of, try_to_wake, wake_composer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def attempts() -> Iterator[list[str]]:
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
        app.conf.broker_url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        app.set_current()
        yield made
        meet.celery.app.set_current()
        listener.shutdown(socket.SHUT_RDWR)


def test_a_message_waits_in_the_queue_of_the_nodes_machine() -> None:
    wake_composer("serv7")
    with (
        Connection(settings.CELERY_BROKER_URL, transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS) as broker,
        broker.SimpleQueue(queue_of("serv7")) as queue,
    ):
        message = queue.get(block=False)
        assert message.headers["task"] == "recording.look"
        message.ack()


def test_a_broker_that_is_away_is_tried_once_and_nobody_waits_for_it(attempts: list[str]) -> None:
    with pytest.raises(OperationalError):
        wake_composer("serv7")
    assert len(attempts) == 1
    try_to_wake("serv7")
    assert len(attempts) == 2
