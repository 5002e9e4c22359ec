"""The front of one machine: real Caddy with certificates of a real ACME server."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import shutil
import socket
import ssl
import stat
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography import x509
from websockets.sync.client import connect
from websockets.sync.server import serve

from meet.config import Config
from meet.run import front
from meet.run.certificates import PATIENCE_S, CertificateWatch, Validity, validity_of
from tests.authority import Authority
from tests.deploy.pebble import Pebble, installed, running_pebble
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from websockets.sync.server import ServerConnection

NAME: Final = "meet.example.org"
# An account's, which isn't listed.
CUSTOMER: Final = "video.customer.example"
# Renewed when a third of it is left.
LIFETIME_S: Final = 24
WAIT_S: Final = 90

needs_caddy = pytest.mark.skipif(shutil.which(front.PROGRAM) is None, reason="Caddy is not installed.")
needs_pebble = pytest.mark.skipif(not installed(), reason="pebble is not installed.")


def config_in(folder: Path, **settings: Any) -> Config:
    return Config(data_dir=str(folder), domain=NAME, **settings)


class Web(BaseHTTPRequestHandler):
    """In web's place: says what it has been told."""

    def do_GET(self) -> None:
        if self.path.startswith(front.ASK):
            asked = self.path.partition("domain=")[2]
            self.server.asked.append(asked)  # type: ignore[attr-defined]
            self.send_response(200 if asked == CUSTOMER else 404)
            self.end_headers()
            return
        told = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"path": self.path, **told}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


def echo(client: ServerConnection) -> None:
    """In the node's place."""
    for message in client:
        client.send(message)


@dataclass(frozen=True)
class Running:
    config: Config
    pebble: Pebble
    caddy: subprocess.Popen[bytes]
    log: Path
    asked: list[str]

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.pebble.issued)

    def socket(self, context: ssl.SSLContext | None = None, name: str = NAME) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.config.https_port), 20)
        return (context or self.trusting()).wrap_socket(plain, server_hostname=name)

    def certificate(self) -> x509.Certificate:
        """What is shown to who connects now, whether it is good or not."""
        context = ssl._create_unverified_context()  # noqa: S323 - it is looked at, not trusted
        with self.socket(context) as shown:
            return x509.load_der_x509_certificate(shown.getpeercert(binary_form=True) or b"")

    def get(self, path: str, name: str = NAME, **headers: str) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPSConnection(name)
        connection.sock = self.socket(name=name)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told


def wait_for(what: Callable[[], Any], log: Path) -> Any:
    deadline = time.monotonic() + WAIT_S
    while True:
        with contextlib.suppress(OSError):
            if found := what():
                return found
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    web.asked = []  # type: ignore[attr-defined]
    node = serve(echo, "127.0.0.1", 0)
    for server in (web, node):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    http_port, https_port = free_port(), free_port()
    with running_pebble(
        tmp_path / "pebble", http_port=http_port, https_port=https_port, lifetime_s=LIFETIME_S
    ) as pebble:
        config = config_in(
            tmp_path / "data",
            port=web.server_port,
            node_port=node.socket.getsockname()[1],
            http_port=http_port,
            https_port=https_port,
            acme_url=pebble.url,
            acme_roots=str(pebble.roots),
            acme_email="ops@example.org",
        )
        config.ensure_data_path()
        file = front.write(config, "127.0.0.1")
        file.write_text(json.dumps(front.content(config, "127.0.0.1", look_every="1s")))
        log = tmp_path / "caddy.log"
        with log.open("wb") as output:
            command = [front.program(), "run", "--config", str(file)]
            home = {"HOME": str(tmp_path), "PATH": "/usr/bin"}
            caddy = subprocess.Popen(command, stdout=output, stderr=output, env=home, umask=0o077)
        made = Running(config, pebble, caddy, log, web.asked)  # type: ignore[attr-defined]
        try:
            yield made
        finally:
            caddy.terminate()
            caddy.wait(20)
            web.shutdown()
            node.shutdown()


@needs_caddy
@needs_pebble
@pytest.mark.long
def test_a_certificate_is_got_and_renewed_under_open_connections_and_the_old_one_serves_on_without_an_authority(
    running: Running,
) -> None:
    config, log = running.config, running.log
    first = wait_for(running.certificate, log)

    status, told = running.get("/new?a=b", **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    assert (status, told["path"], told["host"]) == (200, "/new?a=b", NAME)
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")

    plain = http.client.HTTPConnection("127.0.0.1", config.http_port, timeout=5)
    plain.request("GET", "/new?a=b", headers={"Host": NAME})
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{NAME}/new?a=b")
    plain.close()
    plain.request("GET", "/new", headers={"Host": "elsewhere.example"})
    told = json.loads(plain.getresponse().read())
    assert (told["host"], told["x-forwarded-proto"]) == ("elsewhere.example", "http"), "web's to answer"
    plain.close()

    keys = list(front.folder_of(config).rglob("*.key"))
    assert keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert stat.S_IMODE(front.folder_of(config).stat().st_mode) == 0o700

    plain_socket = socket.create_connection(("127.0.0.1", config.https_port))
    with connect(f"wss://{NAME}/ws/serv0/?page=x", sock=plain_socket, ssl=running.trusting()) as call:
        call.send("before")
        assert call.recv(5) == "before"
        wait_for(lambda: running.certificate().serial_number != first.serial_number, log)
        call.send("after")
        assert call.recv(5) == "after"

        watch = CertificateWatch(config, 0.0)
        assert watch.failing(0.0, time.time()) == []
        running.pebble.process.kill()
        last = wait_for(lambda: _expired(running.certificate()), log)
        assert running.certificate().serial_number == last.serial_number
        assert [one.role for one in watch.failing(100.0, time.time())] == ["certificate"]
        call.send("still")
        assert call.recv(5) == "still"


@needs_caddy
@needs_pebble
@pytest.mark.long
def test_a_name_that_web_knows_gets_a_certificate_when_somebody_comes_by_it_and_no_other_name_does(
    running: Running,
) -> None:
    wait_for(running.certificate, running.log)
    for name in ("nobodys.example", "deep.video.customer.example"):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            running.socket(ssl._create_unverified_context(), name)  # noqa: S323 - there is nothing to trust
    status, told = running.get("/call/?roomId=a", CUSTOMER)
    assert (status, told["path"], told["host"]) == (200, "/call/?roomId=a", CUSTOMER)
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert set(running.asked) == {"nobodys.example", "deep.video.customer.example", CUSTOMER}
    folder = front.folder_of(running.config)
    assert sorted(one.stem for one in folder.rglob("*.crt")) == sorted([NAME, CUSTOMER])
    assert validity_of(folder, CUSTOMER) is not None


def _expired(certificate: x509.Certificate) -> x509.Certificate | None:
    return certificate if certificate.not_valid_after_utc < dt.datetime.now(dt.UTC) else None


@needs_caddy
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.1", "::1"])  # noqa: S104 - read only
def test_caddy_takes_the_file_whatever_the_folder_is_called(tmp_path: Path, host: str) -> None:
    folder = tmp_path / 'a "folder" with {braces}'
    config = config_in(folder, acme_email="ops@example.org", default_node="serv0")
    config.ensure_data_path()
    file = front.write(config, host)
    done = subprocess.run(
        [front.program(), "validate", "--config", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_file_has_no_secret_and_no_way_to_change_it(tmp_path: Path) -> None:
    content = front.content(config_in(tmp_path, secret_key="s" * 50, turn_secret="t" * 50), "0.0.0.0")  # noqa: S104
    assert content["admin"]["disabled"]
    assert "ssss" not in json.dumps(content)
    assert "tttt" not in json.dumps(content)


class TestWatch:
    NOW = 1_800_000_000.0

    @pytest.fixture
    def keep(self, tmp_path: Path) -> Callable[[float, float], None]:
        """Puts a certificate where Caddy would, which began and ends so many days from now."""
        folder = tmp_path / front.FOLDER / "certificates" / "acme.example.org-directory" / NAME
        folder.mkdir(parents=True)
        authority = Authority(tmp_path)

        def put(began: float, ends: float) -> None:
            at = dt.datetime.fromtimestamp(self.NOW, dt.UTC)
            span = (at + dt.timedelta(days=began), at + dt.timedelta(days=ends))
            authority.issue(folder / f"{NAME}.crt", NAME, span=span)

        return put

    def test_a_first_certificate_is_waited_for(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        watch = CertificateWatch(config_in(tmp_path), 0.0)
        assert watch.failing(PATIENCE_S - 1, self.NOW) == []
        (failing,) = watch.failing(PATIENCE_S + 20, self.NOW)
        assert (failing.role, failing.since) == ("certificate", self.NOW)
        assert watch.failing(PATIENCE_S + 40, self.NOW + 20) == [failing]
        assert caplog.text.count(f"There is no certificate for {NAME} yet: its DNS entry") == 1

    @pytest.mark.parametrize(
        ("began", "ends", "words"),
        [(-10, 80, ""), (-60, 30, ""), (-67, 23, ""), (-69, 21, "should have been renewed"), (-91, -1, "has expired")],
    )
    def test_it_should_have_been_renewed_with_a_third_of_its_life_left(
        self,
        tmp_path: Path,
        keep: Callable[[float, float], None],
        caplog: pytest.LogCaptureFixture,
        began: float,
        ends: float,
        words: str,
    ) -> None:
        keep(began, ends)
        watch = CertificateWatch(config_in(tmp_path), 0.0)
        assert bool(watch.failing(0.0, self.NOW)) == bool(words)
        assert words in caplog.text
        assert bool(caplog.text) == bool(words)

    def test_when_it_is_renewed_nothing_fails_any_more(
        self, tmp_path: Path, keep: Callable[[float, float], None]
    ) -> None:
        keep(-89, 1)
        watch = CertificateWatch(config_in(tmp_path), 0.0)
        assert watch.failing(0.0, self.NOW)
        keep(-1, 89)
        assert watch.failing(5.0, self.NOW), "it isn't looked at each time"
        assert not watch.failing(20.0, self.NOW)

    def test_a_file_that_is_being_written_is_none(self, tmp_path: Path, keep: Callable[[float, float], None]) -> None:
        keep(-1, 89)
        (file,) = (tmp_path / front.FOLDER).rglob("*.crt")
        assert isinstance(validity_of(tmp_path / front.FOLDER, NAME), Validity)
        for content in (b"", b"-----BEGIN CERTIFICATE-----\n", b"nonsense"):
            file.write_bytes(content)
            assert validity_of(tmp_path / front.FOLDER, NAME) is None

    def test_without_a_domain_there_is_nothing_to_watch(self, tmp_path: Path) -> None:
        assert CertificateWatch(Config(data_dir=str(tmp_path)), 0.0).failing(1000.0, self.NOW) == []
