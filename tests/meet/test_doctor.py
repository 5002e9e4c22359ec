"""The doctor: what it finds on real servers, in words that say what to do."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import redis
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from media import compiled
from meet.config import Config
from meet.doctor import front, machine, network, stores, turn
from meet.doctor.examination import LOOKS, examine
from meet.doctor.findings import Finding, Level, gather, well
from meet.management.commands.doctor import summary
from rooms.models import Node
from tests.meet.test_commands import manage
from tests.ports import free_port
from tests.postgresql import NotInstalledError
from tests.redis_server import running_redis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from django.conf import LazySettings


def by_name(found: Iterable[Finding]) -> dict[str, Finding]:
    return {one.about: one for one in found}


def only(found: Iterable[Finding]) -> Finding:
    (one,) = found
    return one


@pytest.mark.django_db(transaction=True)
def test_the_database_is_well(database: str) -> None:
    found = by_name(stores.database(Config()))
    assert {one.level for one in found.values()} == {Level.WELL}
    assert "Migrations" in found
    if database == "postgresql":
        assert found["Database encoding"].text == "It is UTF8."
        assert re.match(r"\d+ of \d+ connections", found["Database connections"].text)
        assert only(stores.database_clock(Config())).level is Level.WELL
    else:
        assert found["Database journal"].text == "Its mode is WAL."
        production = by_name(stores.database(Config(env="production")))
        assert production["Database"].level is Level.WARNING


@pytest.mark.django_db(transaction=True)
def test_pending_migrations_are_told(database: str) -> None:
    assert database
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        found = by_name(stores.database(Config()))
        assert found["Migrations"].level is Level.WRONG
        assert "setup" in found["Migrations"].hint
    finally:
        call_command("migrate", "sessions", fake=True, verbosity=0)


def test_redis_that_throws_work_away_is_wrong() -> None:
    try:
        with running_redis() as url:
            config = Config(redis_url=url)
            found = by_name(stores.redis_server(config))
            assert {one.level for one in found.values()} == {Level.WELL}
            assert {"Redis", "Redis memory", "Clock"} <= found.keys()
            with redis.Redis.from_url(url) as client:
                client.config_set("maxmemory-policy", "allkeys-lru")
            found = by_name(stores.redis_server(config))
            assert found["Redis memory"].level is Level.WRONG
            assert "noeviction" in found["Redis memory"].hint
    except NotInstalledError as error:
        pytest.skip(str(error))
    assert only(stores.redis_server(config)).level is Level.WRONG


@pytest.mark.parametrize(("apart_s", "level"), [(0, Level.WELL), (5, Level.WARNING), (-40, Level.WRONG)])
def test_clocks_that_differ(apart_s: float, level: Level) -> None:
    now = time.time()
    assert stores._clock("Redis", now + apart_s, now, now + 0.1).level is level


def test_this_machine_can_do_what_is_needed(tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path), recording_min_free_mb=1)
    tmp_path.chmod(0o700)
    for look in (machine.python, machine.codecs, machine.srtp, machine.data_folder):
        assert only(look(config)).level is Level.WELL, look
    assert only(machine.disk(replace(config, recording_min_free_mb=65535 * 1000))).level is Level.WRONG
    assert only(machine.open_files(replace(config, max_connections=2**31))).level is Level.WARNING


@pytest.mark.parametrize(
    ("state", "level", "said"),
    [
        (compiled.State.READY, Level.WELL, "It is compiled."),
        (compiled.State.ABSENT, Level.WELL, "`make compile`"),
        (compiled.State.STALE, Level.WARNING, "of other sources"),
    ],
)
def test_a_packet_path_that_is_not_compiled_is_a_hint_and_one_that_is_stale_a_warning(
    state: compiled.State, level: Level, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "state_of", lambda: state)
    found = only(machine.packet_path(Config()))
    assert (found.level, said in found.text) == (level, True)
    assert bool(found.hint) == (level is Level.WARNING)
    assert machine.packet_path in [look for _, look in LOOKS]


@pytest.mark.django_db
def test_several_nodes_without_an_address_for_pipes_are_told() -> None:
    anywhere = Config(control_host="0.0.0.0")  # noqa: S104 - as in containers
    for name in ("serv0", "serv1"):
        assert list(network.large_rooms(anywhere)) == []
        Node.objects.create(name=name, port=1, started_at=timezone.now(), heartbeat_at=timezone.now())
    found = only(network.large_rooms(anywhere))
    assert (found.level, "MEET_PIPE_IP" in found.hint) == (Level.WARNING, True)
    for enough in (
        replace(anywhere, pipe_ip="10.0.0.5"),
        replace(anywhere, control_host="127.0.0.1"),
        replace(anywhere, receivers_per_node=0),
    ):
        assert list(network.large_rooms(enough)) == []


def test_buffers_that_are_too_small_say_which_command_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "KERNEL", tmp_path)
    (tmp_path / "rmem_max").write_text("212992\n")
    (tmp_path / "wmem_max").write_text("67108864\n")
    received, sent = machine.udp_buffers(Config())
    assert (received.level, sent.level) == (Level.WARNING, Level.WELL)
    assert "sysctl -w net.core.rmem_max=" in received.hint


def test_a_data_folder_for_all_is_wrong(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "meet.sqlite3").touch(0o644)
    (tmp_path / "meet.sqlite3").chmod(0o644)
    found = only(machine.data_folder(Config(data_dir=str(tmp_path))))
    assert found.level is Level.WRONG
    assert "chmod" in found.hint


@contextmanager
def answering(kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[int]:
    """A port that somebody else has."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        yield taken.getsockname()[1]


def test_ports_that_somebody_else_has_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TIMEOUT_S", 0.1)
    free = Config(host="127.0.0.1", port=free_port(), node_port=free_port(), media_ip="127.0.0.1")
    free = replace(free, media_port=free_port(socket.SOCK_DGRAM), control_port=free_port())
    assert only(network.pages_port(free)).level is Level.WELL
    assert by_name(network.media_port(free))["Media"].level is Level.WELL
    assert only(network.control_port(free)).level is Level.WELL
    with answering() as port, answering(socket.SOCK_DGRAM) as media:
        taken = only(network.signalling_port(replace(free, node_port=port)))
        assert taken.level is Level.WRONG
        assert "MEET_NODE_PORT" in taken.hint
        found = by_name(network.media_port(replace(free, media_port=media)))
        assert (found["Media"].level, found["Media by TCP"].level) == (Level.WRONG, Level.WELL)
        found = by_name(network.media_port(replace(free, media_tcp_port=str(port))))
        assert (found["Media"].level, found["Media by TCP"].level) == (Level.WELL, Level.WRONG)
        assert f"Port {port}/tcp" in found["Media by TCP"].text
        assert "MEET_MEDIA_TCP_PORT" in found["Media by TCP"].hint
        assert only(network.control_port(replace(free, control_port=port))).level is Level.WELL


def test_media_by_tcp_that_is_off_is_told_unless_there_is_a_turn_server() -> None:
    off = Config(media_ip="127.0.0.1", media_port=free_port(socket.SOCK_DGRAM), media_tcp_port="0")
    assert by_name(network.media_port(off))["Media by TCP"].level is Level.WARNING
    relayed = replace(off, turn_urls="turn:turn.example.org")
    assert by_name(network.media_port(relayed))["Media by TCP"].level is Level.WELL


def test_what_a_domain_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(front.front(Config())) == []
    with answering() as port:
        config = Config(domain="nobody.invalid", http_port=free_port(), https_port=port)
        found = list(front.front(config))
        texts = {one.text: one.level for one in found}
        assert texts[f"Port {config.http_port}/tcp is free: nobody serves MEET_DOMAIN."] is Level.WARNING
        assert texts[f"Somebody answers at port {port}/tcp, the front by all appearances."] is Level.WELL
        assert by_name(found)["Name nobody.invalid"].level is Level.WRONG
    monkeypatch.setenv("PATH", "/nonexistent")
    missing = next(iter(front.front(config)))
    assert (missing.level, "apt install caddy" in missing.hint) == (Level.WRONG, True)
    local = by_name(front.front(replace(config, domain="localhost")))
    assert local["Name localhost"].level is Level.WELL
    assert local["Certificate of localhost"].level is Level.WARNING, "nobody answers there any more"


def test_an_address_that_nobody_outside_reaches() -> None:
    found = network._announced(Config(env="production"), ["10.0.0.5"])
    assert only(found).level is Level.WARNING
    assert only(network._announced(Config(), ["10.0.0.5"])).level is Level.WELL
    assert only(network._announced(Config(env="production"), ["198.51.101.7"])).level is Level.WELL
    assert only(network._announced(Config(), ["127.0.0.1"])).level is Level.WRONG


@contextmanager
def https(pem: Path) -> Iterator[int]:
    """A server with a certificate, which shakes hands and says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
                context.wrap_socket(accepted, server_side=True).close()
            except ssl.SSLError:
                continue
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(30)


def certificate(path: Path, days: int, host: str = "localhost") -> Path:
    """A certificate of its own authority, and its key."""
    from cryptography import x509  # noqa: PLC0415 - beside what needs it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(until - dt.timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("days", "host", "trusted", "level"),
    [
        (60, "localhost", True, Level.WELL),
        (5, "localhost", True, Level.WARNING),
        (-1, "localhost", True, Level.WRONG),
        (60, "another.example", True, Level.WRONG),
        (60, "localhost", False, Level.WRONG),
    ],
)
def test_a_certificate_as_browsers_see_it(tmp_path: Path, days: int, host: str, trusted: bool, level: Level) -> None:
    pem = certificate(tmp_path / "own.pem", days, host)
    with https(pem) as port:
        found = only(network.served_certificate("localhost", port, pem if trusted else None))
    assert found.level is level, found


def test_nobody_at_a_public_address_is_no_proof() -> None:
    assert only(network.served_certificate("localhost", free_port())).level is Level.WARNING


@contextmanager
def coturn(tmp_path: Path, secret: str) -> Iterator[int]:
    """A TURN server with time-limited credentials."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("coturn is not installed")
    port = free_port(socket.SOCK_DGRAM)
    options = ["-n", "-L", "127.0.0.1", "-p", str(port), "-r", "meet", "--use-auth-secret"]
    options += [f"--static-auth-secret={secret}", "--no-cli", "--no-tls", "--no-dtls", "--allow-loopback-peers"]
    options += ["--min-port=49900", "--max-port=49920", f"--pidfile={tmp_path / 'pid'}", f"--db={tmp_path / 'db'}"]
    options += ["--log-file=stdout", "--no-software-attribute", "-E", "127.0.0.1"]
    with (tmp_path / "coturn.log").open("wb") as log:
        server = subprocess.Popen([program, *options], stdout=log, stderr=log, cwd=tmp_path)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def test_a_turn_server_gives_a_relay_to_our_credentials_only(tmp_path: Path) -> None:
    with coturn(tmp_path, "a shared secret") as port:
        for transport in ("udp", "tcp"):
            found = turn.allocated(f"turn:127.0.0.1:{port}?transport={transport}", "a shared secret")
            assert found.level is Level.WELL, found
        refused = turn.allocated(f"turn:127.0.0.1:{port}", "another secret")
    assert refused.level is Level.WRONG
    assert "MEET_TURN_SECRET" in refused.hint


def test_a_turn_server_that_is_away_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "TIMEOUT_S", 0.2)
    for url in (f"turn:127.0.0.1:{free_port(socket.SOCK_DGRAM)}", "https://turn.example", "turn:127.0.0.1:port"):
        assert turn.allocated(url, "x").level is Level.WRONG, url
    assert only(turn.turn_servers(Config())).level is Level.WELL


def test_a_look_that_fails_is_a_finding_and_ends_no_other() -> None:
    def fails(_config: Config) -> Iterable[Finding]:
        raise RuntimeError("no\nway")

    found = gather([("Broken", fails), ("Python", lambda _config: [well("Python", "It is there.")])], Config())
    assert [(one.about, one.level) for one in found] == [("Broken", Level.WRONG), ("Python", Level.WELL)]
    assert "no way" in found[0].text
    assert summary(found) == "\n1 wrong, 0 to look at."


@pytest.mark.django_db
def test_its_report_has_no_secrets(settings: LazySettings) -> None:
    def leaks(config: Config) -> Iterable[Finding]:
        return [well("Database", f"connected to {config.database_url}")]

    settings.REDACT = type(settings.REDACT)(["postgresql://meet:hunter22@db/meet"])
    before = LOOKS
    try:
        from meet.doctor import examination  # noqa: PLC0415 - to change it

        examination.LOOKS = (("Database", leaks),)  # type: ignore[misc]
        (found,) = examine(Config(database_url="postgresql://meet:hunter22@db/meet"))
    finally:
        examination.LOOKS = before  # type: ignore[misc]
    assert "hunter22" not in found.text


def test_the_command_says_it_in_lines_and_for_programs(tmp_path: Path) -> None:
    assert manage(tmp_path, "setup").returncode == 0
    settings = {"port": str(free_port()), "node_port": str(free_port()), "media_ip": "127.0.0.1"}
    with ThreadPoolExecutor() as both:  # each waits for what does not answer
        as_json = both.submit(manage, tmp_path, "doctor", "--json", **settings)
        told = manage(tmp_path, "doctor", **settings)
    assert "Traceback" not in told.stderr
    assert re.search(r"^✓ Migrations +The tables are those of this version\.$", told.stdout, re.MULTILINE)
    assert re.search(r"^✗ Public address .*\n +→ Set MEET_MEDIA_IP", told.stdout, re.MULTILINE)
    assert told.returncode == 1
    found = json.loads(as_json.result().stdout)
    assert {"about", "level", "text", "hint"} == found[0].keys()
    assert {one["level"] for one in found} <= {"ok", "warning", "error"}
