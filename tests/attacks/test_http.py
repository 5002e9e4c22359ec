"""Connections and requests that want to be too much, against the running product; two strangers notice nothing."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.attacks.bystanders import bystanders
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.server import Server

pytestmark = pytest.mark.long

MOST = 60
PATIENCE_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("http"), max_connections=str(MOST)) as server:
        yield server


def connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname, parts.port), PATIENCE_S)


def exchange(address: str, request: bytes) -> bytes:
    """All that comes back until the other side has had enough."""
    with connect(address) as client:
        with contextlib.suppress(OSError):  # it stopped reading: what it has said is there all the same
            client.sendall(request)
        return until_closed(client)


def until_closed(client: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionError):
        while piece := client.recv(65536):
            answer += piece
    return answer


def memory_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - not a file
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def check_health(address: str) -> None:
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
        assert json.load(answer)["status"] == "ok"


@pytest.mark.parametrize("role", ["web", "node"])
class TestBodies:
    def test_a_length_of_a_terabyte_is_refused_at_once(self, server: Server, role: str) -> None:
        head = b"POST /tickets/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n"
        assert exchange(address_of(server, role), head).startswith(b"HTTP/1.1 413 ")

    def test_chunks_without_end_are_refused_and_kept_nowhere(self, server: Server, role: str) -> None:
        head = b"POST /tickets/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        before = memory_kib(server.child(role))
        with bystanders(server.url) as strangers:
            for _ in range(3):
                assert exchange(address_of(server, role), head + chunk * 100).startswith(b"HTTP/1.1 413 ")
        strangers.check()
        assert memory_kib(server.child(role)) - before < 20_000
        check_health(address_of(server, role))


@pytest.mark.parametrize("role", ["web", "node"])
def test_those_who_trickle_hold_no_connection_for_ever_and_newcomers_hear_of_it(server: Server, role: str) -> None:
    address = address_of(server, role)
    with bystanders(server.url) as strangers, ExitStack() as stack:
        slow = [stack.enter_context(connect(address)) for _ in range(MOST)]
        for client in slow:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises(urllib.error.HTTPError) as refused:
            check_health(address)
        assert refused.value.code == 503
        assert json.load(refused.value)["error"]["code"] == "serverBusy"
        assert "MEET_MAX_CONNECTIONS" in server.log.read_text()
        deadline = time.monotonic() + PATIENCE_S
        while slow and time.monotonic() < deadline:
            slow = [client for client in slow if goes_on(client)]
            time.sleep(1)
        assert slow == []
    strangers.check()
    check_health(address)


def goes_on(client: socket.socket) -> bool:
    """One octet more; whether the server still wants any."""
    client.setblocking(False)
    try:
        client.send(b"x")
        client.recv(10)  # the end, or what is said before it
    except BlockingIOError:
        return True
    except ConnectionError:
        pass
    return False


def test_a_process_that_can_open_no_more_files_says_so(server: Server) -> None:
    web = server.child("web")
    soft, hard = resource.prlimit(web, resource.RLIMIT_NOFILE)
    assert soft == hard
    resource.prlimit(web, resource.RLIMIT_NOFILE, (30, hard))
    try:
        with ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(connect(server.url))
            time.sleep(0.5)
    finally:
        resource.prlimit(web, resource.RLIMIT_NOFILE, (soft, hard))
    assert "no more files can be opened" in server.log.read_text()
    check_health(server.url + "/healthz")


def address_of(server: Server, role: str) -> str:
    return f"{server.url}/healthz" if role == "web" else server.node_health


def test_a_composer_that_dies_again_and_again_ends_no_meeting_and_it_shows(server: Server) -> None:
    others = {role: server.child(role) for role in ("web", "node", "worker")}
    deadline = time.monotonic() + PATIENCE_S
    deaths = 0
    while deaths < 5 and time.monotonic() < deadline:
        with contextlib.suppress(LookupError, ProcessLookupError):
            os.kill(server.child("composer"), signal.SIGKILL)
            deaths += 1
        time.sleep(0.5)
    assert deaths == 5
    assert {role: server.child(role) for role in others} == others
    check_health(server.node_health)
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
        assert json.load(answer) == {"status": "degraded", "failing": ["composer"]}
    assert "composer ended with exit code -9 (4 in a row): starting it again in 8 s." in server.log.read_text()


def test_who_is_no_trusted_proxy_chooses_neither_address_nor_scheme(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("proxy")
    with running_server(folder, behind_proxy="true", trusted_proxies="192.0.2.1") as server:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        page = urllib.request.Request(f"{server.url}/new", headers=headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(page, timeout=PATIENCE_S) as answer:  # noqa: S310
            assert b"https://localhost" not in answer.read()
        statuses = [log_in(server, f"198.51.100.{number}") for number in range(15)]
        assert 429 in statuses


def log_in(server: Server, address: str) -> int:
    """A wrong guess, with the address that whoever guesses would like to have."""
    body = '{"username": "NAME", "password": "wrong"}'
    return post(f"{server.url}/auth/jwt/login", body, f"name-{address}", {"X-Forwarded-For": address})[0]


TICKET = '{"interface": "call", "query": "?roomId=NAME"}'


def post(url: str, body: str, name: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Status and JSON of the answer."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, body.replace("NAME", name).encode(), headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_locked_database_is_told_to_pages_in_their_own_words(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while post(f"{server.url}/tickets/", TICKET, "before")[0] != 200:  # the node has not registered yet
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with contextlib.closing(sqlite3.connect(server.data / "meet.sqlite3", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        status, answer = post(f"{server.url}/tickets/", TICKET, "locked")
        check_health(server.node_health)
    assert (status, answer["error"]["code"]) == (503, "databaseUnavailable")


@pytest.mark.parametrize("role", ["web", "node"])
def test_strange_handshakes_leave_no_traceback_in_the_log(server: Server, role: str) -> None:
    address = address_of(server, role)
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for path, headers in (
        (b"/ws/", b"Host: a..b\r\n" + upgrade + key),
        (b"/ws/", b"Host: localhost\r\nOrigin: https://" + b"x" * 7000 + b".example\r\n" + upgrade + key),
        (b"/nowhere", b"Host: localhost\r\n" + upgrade + key),
        (b"/ws/", b"Host: localhost\r\nSec-WebSocket-Protocol: \xff\r\n" + upgrade + key),
        (b"/ws/", b"Host: localhost\r\n" + upgrade),
        (b"/", b"Host: a..b\r\nDaphne-Root-Path: \xff\r\n"),
    ):
        with connect(address) as client:
            client.sendall(b"GET " + path + b" HTTP/1.1\r\n" + headers + b"\r\n")
            client.recv(65536)
    for _ in range(20):  # gone before anybody could answer
        with connect(address) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + upgrade + key + b"\r\n")
        with connect(address) as client:
            client.sendall(b"GET /call/?roomId=gone HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(3)
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "never retrieved" not in log
    assert max(map(len, log.splitlines())) < 1500
