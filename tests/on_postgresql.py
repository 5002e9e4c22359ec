"""Runs tests on PostgreSQL and Redis: `python -m tests.on_postgresql`, then what pytest takes."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.postgresql import NotInstalledError, running_postgresql
from tests.redis_server import running_redis


def main() -> int:
    """Pytest's exit status; 1 with a sentence where PostgreSQL or Redis is not installed."""
    try:
        return run()
    except NotInstalledError as error:
        print(f"{error}: scripts/install-test-packages does it.", file=sys.stderr)  # noqa: T201
        return 1


def run() -> int:
    """As `main`. Raises `NotInstalledError`."""
    with running_postgresql("--locale=C") as database, running_redis() as broker:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        told = {"TEST_DATABASE_URL": database, "TEST_REDIS_URL": broker}
        return subprocess.run(command, env={**os.environ, **told}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
