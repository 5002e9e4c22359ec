"""Runs tests with PostgreSQL as their database: `python -m tests.on_postgresql`, then what pytest takes."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.postgresql import running_postgresql


def main() -> int:
    """Pytest's exit status."""
    with running_postgresql("--locale=C") as url:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
