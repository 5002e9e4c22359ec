"""Other clients in processes of their own, which end when their input does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING

from tests.e2e.server import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def running_module(module: str, *arguments: str, **environment: str) -> Iterator[IO[str]]:
    """`python -m MODULE …`, with more environment; what it prints."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
