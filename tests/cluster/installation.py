"""An installation as operators of several machines have it: each part a process of its own that can be killed.

Nodes, web, workers, a composer, PostgreSQL, Redis, nginx and coturn, all on loopback.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from meet.config import PROJECT
from tests.deploy import coturn
from tests.meet.answering import certificate
from tests.ports import free_port
from tests.postgresql import NotInstalledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TIMEOUT_S: Final = 90.0
SECRET_KEY: Final = secrets.token_hex(32)
# Signs tokens of moderators.
JWT_KEY: Final = secrets.token_hex(24)


@dataclass
class Part:
    """One process, which `start` starts, again and again. `ready` tells whether it does its work."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    ready: Callable[[], bool] = lambda: True
    options: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it works."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.options.get("cwd", PROJECT),
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **{name: value for name, value in self.options.items() if name != "cwd"},
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it works."""
        deadline = time.monotonic() + TIMEOUT_S
        while not self.ready():
            assert self.process is not None
            assert self.process.poll() is None, f"{self.name} ended:\n{self.text[-3000:]}"
            assert time.monotonic() < deadline, f"{self.name} does not come up:\n{self.text[-3000:]}"
            time.sleep(0.1)

    def send(self, number: int) -> None:
        """Send a signal to the process and its children."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def kill(self) -> float:
        """`kill -9`; when that was, as Unix time."""
        at = time.time()
        self.send(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(TIMEOUT_S)
        return at

    def stop(self) -> None:
        """End it, by force where nothing else helps. Idempotent."""
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def text(self) -> str:
        """All that it has said."""
        return self.log.read_text(encoding="utf-8", errors="replace")


class Installation:
    """Its parts by name, and where to reach it. `start` starts parts."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.parts: dict[str, Part] = {}
        self.proxy_port = free_port()
        self.url = f"http://localhost:{self.proxy_port}"
        self._web_ports: list[int] = []
        self._nodes: dict[str, int] = {}
        self._settings = {
            "MEET_SECRET_KEY": SECRET_KEY,
            "MEET_JWT_KEY": JWT_KEY,
            "MEET_BEHIND_PROXY": "true",
            "MEET_HOST": "127.0.0.1",
            "MEET_OUTGOING_NETWORKS": "127.0.0.0/8",
            "MEET_API_REQUESTS_PER_SECOND": "0",
            **{f"MEET_{name.upper()}": value for name, value in settings.items()},
        }

    def environment(self, **more: str) -> dict[str, str]:
        """Of a process of the product."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEET_", "DJANGO_"))}
        return kept | self._settings | {"PYTHONUNBUFFERED": "1"} | more

    def start(self, *names: str) -> None:
        """Start parts beside each other, and wait until they work."""
        for name in names:
            self.parts[name].start(wait=False)
        for name in names:
            self.parts[name].wait()

    def stop(self) -> None:
        """End all parts, those last on which others rely."""
        for part in reversed(self.parts.values()):
            part.stop()

    def run_from(self, tree: Path, name: str) -> None:
        """Stop a process of the product as its supervisor does, and start it with the code of another tree."""
        part = self.parts[name]
        part.stop()
        part.options["cwd"] = tree
        part.start()

    def manage(self, *arguments: str, tree: Path = PROJECT) -> str:
        """What a command of the product says; it must not fail."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=tree,
            env=self.environment(MEET_DATA_DIR=str(self._data("web"))),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str, *values: Any) -> list[Any]:
        """What the database says."""
        with psycopg.connect(self._settings["MEET_DATABASE_URL"], connect_timeout=5) as database:
            return database.execute(query, values).fetchall()

    # --- parts, in the order in which they are to be added ---

    def add_postgresql(self) -> None:
        """An empty cluster. Raises `NotInstalledError`."""
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            raise NotInstalledError("PostgreSQL is not installed")
        binaries, port = programs[-1].parent, free_port()
        home = Path(tempfile.mkdtemp(prefix="meet-postgresql-"))
        options: dict[str, Any] = {"cwd": home}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(home, owner.pw_uid, owner.pw_gid)
            options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        make = [
            str(binaries / "initdb"),
            "-D",
            f"{home}/data",
            "-U",
            "meet",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run([*make, "--no-sync"], check=True, stdout=subprocess.DEVNULL, **options)
        url = f"postgresql://meet@127.0.0.1:{port}/postgres"
        self._settings["MEET_DATABASE_URL"] = url
        # Nothing is synchronised to the disk: a killed process loses nothing by it, and the machine stays up.
        command = [str(binaries / "postgres"), "-D", f"{home}/data", "-p", str(port), "-k", str(home), "-F"]

        def ready() -> bool:
            try:
                psycopg.connect(url, connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        self._add("postgresql", command, {}, ready, options)

    def add_redis(self) -> None:
        """One that keeps nothing."""
        port = free_port()
        self._settings["MEET_REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        program = _program("redis-server")
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self._add("redis", command, {}, lambda: _listens(port))

    def add_coturn(self) -> None:
        """A relay of the distribution, with the operator's configuration; pages are told of it."""
        port = free_port()
        made = certificate_path(self.folder)
        values = {
            "static-auth-secret": [coturn.SECRET],
            "cert": [str(made)],
            "pkey": [str(made)],
            "allowed-peer-ip": ["127.0.0.1"],
            "listening-ip": ["127.0.0.1"],
            "listening-port": [str(port)],
            "tls-listening-port": [str(free_port())],
        }
        file = self.folder / "turnserver.conf"
        file.write_text(coturn.configured(coturn.FILE.read_text(encoding="utf-8"), values) + "relay-ip=127.0.0.1\n")
        command = [coturn.PROGRAM, "-c", str(file), "--log-file=stdout", f"--pidfile={self.folder}/turn.pid"]
        command.append(f"--userdb={self.folder}/turndb")
        self._settings |= {"MEET_TURN_URLS": f"turn:127.0.0.1:{port}?transport=udp", "MEET_TURN_SECRET": coturn.SECRET}
        self._add("coturn", command, {}, lambda: _listens(port), {"cwd": self.folder})

    def add_web(self) -> None:
        """One more web process."""
        port = free_port()
        self._web_ports.append(port)
        environment = {"MEET_PORT": str(port), "MEET_DATA_DIR": str(self._data("web"))}
        self._add_product(f"web{len(self._web_ports)}", "web", environment, lambda: _says_ok(port))

    def add_node(self, name: str, data: str = "", *, part: str = "") -> int:
        """A node; the port of its signalling."""
        port = free_port()
        self._nodes.setdefault(name, port)
        environment = {
            "MEET_NODE_NAME": name,
            "MEET_NODE_PORT": str(port),
            "MEET_CONTROL_PORT": str(free_port()),
            "MEET_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
            "MEET_NODE_URL": f"ws://localhost:{self.proxy_port}/ws/{name}/",
            "MEET_DATA_DIR": str(self._data(data or name)),
        }
        self._add_product(part or name, "node", environment, lambda: _says_ok(port))
        return port

    def add_worker(self) -> None:
        """One more worker."""
        number = sum(name.startswith("worker") for name in self.parts) + 1
        self._add_product(f"worker{number}", "worker", {"MEET_DATA_DIR": str(self._data("web"))})

    def add_composer(self, node: str) -> str:
        """Beside a node, whose captures are on its machine; the part's name."""
        name = f"composer-{node}"
        self._add_product(name, "composer", {"MEET_NODE_NAME": node, "MEET_DATA_DIR": str(self._data(node))})
        return name

    def add_nginx(self) -> None:
        """The proxy, as docs/nodes.md has it."""
        forward = (
            "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_connect_timeout 2s;"
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto http;"
        )
        webs = "".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in self._web_ports)
        nodes = "".join(
            f"location /ws/{name}/ {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Upgrade $http_upgrade;"
            f'proxy_set_header Connection "upgrade"; proxy_read_timeout 1h; {forward} }}\n'
            for name, port in self._nodes.items()
        )
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log stderr warn;\n"
            f"events {{ worker_connections 512; }}\nhttp {{ access_log off; upstream web {{ {webs} }}\n"
            f"client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;"
            f"fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;\n"
            f"server {{ listen 127.0.0.1:{self.proxy_port}; {nodes}"
            f"location / {{ proxy_pass http://web; proxy_next_upstream error timeout; {forward} }} }} }}\n"
        )
        command = [_program("nginx"), "-c", str(config), "-p", str(self.folder), "-e", "stderr"]
        self._add("nginx", command, dict(os.environ), lambda: _listens(self.proxy_port))

    def _add_product(
        self, name: str, role: str, environment: dict[str, str], ready: Callable[[], bool] = lambda: True
    ) -> None:
        self._add(name, [sys.executable, "manage.py", role], self.environment(**environment), ready)

    def _add(
        self,
        name: str,
        command: Sequence[str],
        environment: dict[str, str],
        ready: Callable[[], bool],
        options: dict[str, Any] | None = None,
    ) -> None:
        self.parts[name] = Part(name, command, environment, self.folder / f"{name}.log", ready, options or {})

    def _data(self, name: str) -> Path:
        data = self.folder / name
        data.mkdir(mode=0o700, exist_ok=True)
        return data


@contextlib.contextmanager
def installed(folder: Path, **settings: str) -> Iterator[Installation]:
    """An installation with a database that has its tables; all that is started of it ends with the block."""
    made = Installation(folder, **settings)
    try:
        made.add_postgresql()
        made.start("postgresql")
        made.manage("setup")
        yield made
    finally:
        made.stop()
        home = made.parts["postgresql"].options["cwd"] if "postgresql" in made.parts else None
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)


def possible() -> bool:
    """Whether the programs are installed that a whole installation needs."""
    programs = all(shutil.which(name) for name in ("nginx", "redis-server", "turnserver"))
    return programs and any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def certificate_path(folder: Path) -> Path:
    """A self-signed certificate with its key."""
    path = folder / "localhost.pem"
    path.write_bytes(certificate("localhost"))
    return path


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotInstalledError(f"{name} is not installed")
    return found


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _says_ok(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
