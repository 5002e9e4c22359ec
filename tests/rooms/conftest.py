"""A node in a process of its own, for tests on real sockets."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from meet.config import PROJECT
from tests.ports import free_port
from tests.rooms.client import Address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


START_TIMEOUT_S = 30


class NodeProcess(Address):
    """A program that serves a port, and what it has logged; `control_port` is that of a node's control API."""

    def __init__(
        self,
        log: Path,
        program: str = "tests.rooms.node_process",
        certificate: Path | None = None,
        control_port: int | None = None,
    ) -> None:
        super().__init__(free_port(), certificate)
        self._log = log
        self.control_url = f"http://127.0.0.1:{control_port}"
        options = [str(option) for option in (certificate, control_port) if option is not None]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", program, str(self.port), *options],
                cwd=PROJECT,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.health()
            except OSError:
                assert self.process.poll() is None, self.log
                assert time.monotonic() < deadline, self.log
                time.sleep(0.1)
            else:
                return

    @property
    def log(self) -> str:
        """Everything so far."""
        return self._log.read_text(encoding="utf-8")

    @property
    def memory_kib(self) -> int:
        """The resident set."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - not a file
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def stop(self) -> None:
        """End it in order."""
        self.process.terminate()
        self.process.wait(START_TIMEOUT_S)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """One node for a module; at the end it must not have logged any exception."""
    process = NodeProcess(tmp_path_factory.mktemp("node") / "log", control_port=free_port())
    yield process
    process.stop()
    assert "Traceback" not in process.log, process.log
