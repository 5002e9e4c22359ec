"""The commands as an operator types them: each mistake is one clear line, no traceback."""

from __future__ import annotations

import os
import re
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.e2e.server import PROJECT, running_server
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


def manage(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MEET_", "DJANGO_"))}
    environment |= {"MEET_DATA_DIR": str(folder)}
    environment |= {f"MEET_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def only_line(result: subprocess.CompletedProcess[str]) -> str:
    """What the operator reads; fails for success and for more than one line."""
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        (socket.SOCK_STREAM, "--port"),
        # Each start takes seconds: the others are looked for in the same way.
        pytest.param(socket.SOCK_STREAM, "--node-port", marks=pytest.mark.long),
        pytest.param(socket.SOCK_STREAM, "--control-port", marks=pytest.mark.long),
        (socket.SOCK_DGRAM, "--media-port"),
        pytest.param(socket.SOCK_STREAM, "--media-port", marks=pytest.mark.long),
    ],
)
def test_a_port_in_use_is_named_with_the_option_that_changes_it(
    tmp_path: Path, kind: socket.SocketKind, option: str
) -> None:
    ports = {option: free_port() for option in ("--port", "--node-port", "--control-port")}
    ports["--media-port"] = free_port(socket.SOCK_DGRAM)
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        ports[option] = taken.getsockname()[1]
        arguments = [text for name, port in ports.items() for text in (name, str(port))]
        line = only_line(manage(tmp_path, "serve", "--host", "127.0.0.1", *arguments))
    assert f"Port {ports[option]}/" in line
    assert "in use" in line
    assert option in line


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    line = only_line(manage(file / "data", "serve"))
    assert str(file / "data") in line
    assert "MEET_DATA_DIR" in line


def test_production_without_a_secret_is_refused(tmp_path: Path) -> None:
    assert "MEET_SECRET_KEY" in only_line(manage(tmp_path, "serve", env="production"))


def test_the_first_administrators_password_is_in_no_journal_but_in_a_file_for_its_owner(tmp_path: Path) -> None:
    first, second = manage(tmp_path, "setup"), manage(tmp_path, "setup")
    path = tmp_path / "first_administrator"
    found = re.fullmatch(r"name admin-[0-9a-f]{6}\npassword (\S{12,})\n", path.read_text())
    assert found is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(path) in first.stdout
    assert found[1] not in first.stdout + first.stderr
    assert (second.returncode, second.stdout) == (0, "")
    assert stat.S_IMODE((tmp_path / "meet.sqlite3").stat().st_mode) == 0o600


def test_tls_serves_pages_and_signalling_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with running_server(tmp_path, tls="true") as server:
        assert server.url.startswith("https://")
        for url in (f"{server.url}/", server.node_health):
            with urllib.request.urlopen(url, timeout=30, context=context) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=30, context=context) as answer:  # noqa: S310
            assert answer.read() == b'{"status": "ok"}'
