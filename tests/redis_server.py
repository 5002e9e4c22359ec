"""A private Redis server, for tests."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import redis

from tests.ports import free_port
from tests.postgresql import NotInstalledError

if TYPE_CHECKING:
    from collections.abc import Iterator

START_TIMEOUT_S = 30


@contextmanager
def running_redis() -> Iterator[str]:
    """An empty server that keeps nothing, on a free port; its URL. Raises `NotInstalledError`."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalledError("Redis is not installed")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="meet-redis-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            client = redis.Redis(port=port)
            while not _answers(client):
                assert time.monotonic() < deadline
                assert server.poll() is None
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(START_TIMEOUT_S)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
