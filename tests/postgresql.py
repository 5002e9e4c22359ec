"""A private PostgreSQL server, for tests and benchmarks."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

START_TIMEOUT_S = 30


class NotInstalledError(Exception):
    """There is no PostgreSQL on this machine, or nobody to run it as."""


@contextmanager
def running_postgresql(*initdb: str) -> Iterator[str]:
    """A fresh cluster on a free port, made with `initdb`'s options; its URL. Raises `NotInstalledError`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        raise NotInstalledError("PostgreSQL is not installed")
    binaries = programs[-1].parent
    owner = _somebody() if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = tempfile.mkdtemp(prefix="meet-postgresql-")
    options: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    data = f"{folder}/data"
    port = free_port()
    subprocess.run(
        [str(binaries / "initdb"), "-D", data, "-U", "meet", "--auth=trust", "-E", "UTF8", "--no-sync", *initdb],
        check=True,
        **options,
    )
    server = subprocess.Popen(
        [str(binaries / "postgres"), "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"], **options
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert time.monotonic() < deadline
            assert server.poll() is None
            time.sleep(0.1)
        yield f"postgresql://meet@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # without waiting for connections that somebody has left open
        server.wait(START_TIMEOUT_S)
        shutil.rmtree(folder, ignore_errors=True)


def _somebody() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NotInstalledError("there is no user to run PostgreSQL as")
