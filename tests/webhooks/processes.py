"""Nodes and workers as operators run them, on the test's database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

from meet.config import PROJECT
from tests.database import environment_of_database
from tests.ports import free_media_port, free_port
from tests.rooms.client import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT_S = 60
Process = subprocess.Popen[bytes]


def environment_of(data: Path, **more: str) -> dict[str, str]:
    """Settings of processes with a data folder of their own, on the test's database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEET_")}
    return kept | {
        **environment_of_database(data),
        "DJANGO_SETTINGS_MODULE": "meet.settings",
        "MEET_DATA_DIR": str(data),
        "MEET_SECRET_KEY": settings.SECRET_KEY,
        "MEET_OUTGOING_NETWORKS": "127.0.0.0/8",
        "MEET_HOST": "127.0.0.1",
        "MEET_NODE_PORT": str(free_port()),
        "MEET_CONTROL_PORT": str(free_port()),
        "MEET_MEDIA_PORT": str(free_media_port()),
        **more,
    }


@contextmanager
def running(environment: dict[str, str], *command: str) -> Iterator[Process]:
    """`python …`, until it ends, is killed by the test or is told to stop."""
    process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(TIMEOUT_S) in {0, -signal.SIGKILL, -signal.SIGTERM}


@contextmanager
def node(environment: dict[str, str]) -> Iterator[tuple[Address, Process]]:
    """One that answers."""
    address = Address(int(environment["MEET_NODE_PORT"]))
    with running(environment, "manage.py", "node") as process:
        until(lambda: answers(address) or process.poll() is not None)
        assert process.poll() is None
        yield address, process


def answers(address: Address) -> bool:
    try:
        address.health()
    except OSError:
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    """Until something is so. Leaves no transaction open meanwhile."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(process: Process) -> None:
    """At once, in the middle of whatever it does."""
    process.kill()
    process.wait(TIMEOUT_S)
