"""The whole product, started as an operator starts it, on free ports and with a data folder of its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.sql import SQL, Identifier

from tests.ports import free_media_port, free_port
from tests.redis_server import running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROJECT = Path(__file__).parent.parent.parent
# The fixture `server` takes tokens that are signed with it.
KEY: Final = secrets.token_hex(24)


class Server:
    """A running `manage.py serve`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        scheme: str,
        port: int,
        node_port: int,
        control_port: int,
        media_port: int,
        log: Path,
        place: Sequence[str] = (),
        address: str = "localhost",
        stores: Mapping[str, str] | None = None,
    ) -> None:
        """`stores` are the settings that say where its data is, beside its folder."""
        self.process = process
        self._place = place
        self.port = port
        self.node_port = node_port
        self.control_port = control_port
        self.media_port = media_port
        self.data = log.parent / "data"
        self.stores = {"MEET_DATA_DIR": str(self.data), **(stores or {})}
        self.url = f"{scheme}://{address}:{port}"
        self.node_health = f"{scheme}://{address}:{node_port}/healthz"
        self.log = log

    def wait_until_ready(self, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        for url in (f"{self.url}/healthz", self.node_health):
            while not (self._answers_over_there(url) if self._place else answers(url)):
                assert self.process.poll() is None, f"The server ended:\n{self.log.read_text()}"
                assert time.monotonic() < deadline, f"The server did not come up:\n{self.log.read_text()}"
                time.sleep(0.1)

    def _answers_over_there(self, url: str) -> bool:
        script = "import sys; from tests.e2e.server import answers; sys.exit(not answers(sys.argv[1]))"
        return (
            subprocess.run([*self._place, sys.executable, "-c", script, url], cwd=PROJECT, check=False).returncode == 0
        )

    def child(self, role: str) -> int:
        """The pid of one of the server's processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in children:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if role.encode() in command:
                return int(pid)
        raise LookupError(role)


def answers(url: str) -> bool:
    """Whether a server of ours is there, and well."""
    trusting = ssl._create_unverified_context()  # noqa: S323 - the certificate is self-signed, and our own
    try:
        with urllib.request.urlopen(url, timeout=2, context=trusting) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def running_server(
    folder: Path, *, host: str = "127.0.0.1", place: Sequence[str] = (), address: str = "localhost", **settings: str
) -> Iterator[Server]:
    """Start the product with these `MEET_…` settings (lower case, without the prefix), and end it.

    `place` is what runs a command elsewhere, such as `ip netns exec …`, and `address` is the server's there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    nodes = int(settings.get("nodes", "1"))
    port, node_port, control_port, media_port = free_port(), free_port(), free_port(), free_media_port(nodes)
    if nodes > 1:  # each has the next two ports
        node_port = free_media_port(2 * nodes)
        control_port = node_port + 1
    log = folder / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MEET_", "DJANGO_"))}
    environment["MEET_NODES"] = "1"  # whatever the machine's number of processors
    environment |= {f"MEET_{name.upper()}": value for name, value in settings.items()}
    environment |= {"MEET_DATA_DIR": str(folder / "data"), "MEET_NODE_PORT": str(node_port)}
    ends = contextlib.ExitStack()
    stores = {} if place else ends.enter_context(stores_of_run(folder))
    environment |= stores
    command = [*place, sys.executable, "manage.py", "serve", "--host", host, "--port", str(port)]
    command += ["--node-port", str(node_port), "--control-port", str(control_port)]
    command += ["--media-port", str(media_port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    scheme = "https" if settings.get("tls") == "true" else "http"
    server = Server(process, scheme, port, node_port, control_port, media_port, log, place, address, stores)
    try:
        server.wait_until_ready()
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        ends.close()


@contextlib.contextmanager
def stores_of_run(folder: Path) -> Iterator[dict[str, str]]:
    """Where a server keeps things if all tests run on PostgreSQL and Redis (`tests.on_postgresql`), else nothing.

    A database for each folder, so that a server that starts again in it finds what it had.
    """
    cluster = os.environ.get("TEST_DATABASE_URL")
    if cluster is None:
        yield {}
        return
    name = f"e2e_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    with running_redis() as broker:
        yield {"MEET_DATABASE_URL": f"{cluster.rpartition('/')[0]}/{name}", "MEET_REDIS_URL": broker}
