"""A service manager that asks is told how a process does, by the datagrams of sd_notify(3)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from meet.config import PROJECT
from meet.run.sd_notify import Notifier, watchdog_interval_s
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT_S: Final = 30
SERVER: Final = """
import sys, django; django.setup()
from meet.run.daphne_server import Listen, run
async def nothing(scope, receive, send): pass
run(nothing, Listen("127.0.0.1", int(sys.argv[1])))
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(TIMEOUT_S)
        yield made


def test_what_is_asked_for_is_told_and_not_left_to_children(manager: socket.socket) -> None:
    environment = {
        "NOTIFY_SOCKET": manager.getsockname(),
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    notifier = Notifier.taken_from(environment)
    assert environment == {}
    assert notifier.interval_s == 10
    notifier.alive()
    notifier.ready()
    notifier.alive()
    notifier.stopping()
    notifier.alive()
    told = [manager.recv(1000).decode().split() for _ in range(5)]
    assert told == [
        ["WATCHDOG=1"],
        ["READY=1"],
        ["READY=1", "WATCHDOG=1"],
        ["STOPPING=1"],
        ["STOPPING=1", "WATCHDOG=1"],
    ]


def test_an_abstract_socket_is_one_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(f"\0meet-{os.getpid()}")
        made.settimeout(TIMEOUT_S)
        Notifier(f"@meet-{os.getpid()}").ready()
        assert made.recv(1000) == b"READY=1"


def test_nobody_who_listens_costs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notifier.taken_from({}).ready()
    assert caplog.text == ""
    Notifier(str(tmp_path / "gone")).ready()
    Notifier("/" + 200 * "x").ready()
    assert caplog.text.count("can't be told") == 2


def test_a_service_manager_that_reads_nothing_holds_nobody_up(manager: socket.socket) -> None:
    notifier = Notifier(manager.getsockname(), 1)
    for _ in range(2000):
        notifier.alive()


@pytest.mark.parametrize(
    ("environment", "interval_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 1),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"}, 1),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_for_the_process_that_is_meant(environment: dict[str, str], interval_s: float | None) -> None:
    assert watchdog_interval_s(environment, 7) == interval_s


def test_a_server_says_when_it_listens_goes_round_and_ends(manager: socket.socket) -> None:
    port = free_port()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "NOTIFY_SOCKET": manager.getsockname()}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)], cwd=PROJECT, env=environment | {"WATCHDOG_USEC": "300000"}
    )
    try:
        assert manager.recv(1000) == b"READY=1"
        socket.create_connection(("127.0.0.1", port), TIMEOUT_S).close()
        assert [manager.recv(1000) for _ in range(3)] == 3 * [b"READY=1\nWATCHDOG=1"]
        process.send_signal(signal.SIGTERM)
        while (told := manager.recv(1000)) != b"STOPPING=1":
            assert told == b"READY=1\nWATCHDOG=1"
    finally:
        process.terminate()
        assert process.wait(TIMEOUT_S) == 0
