"""`serve --domain`: what web and node are told behind the front, and what is wrong with it in one line."""

from __future__ import annotations

import shutil
import socket
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from meet.conf.rules import broken
from meet.config import Config
from meet.management.commands.serve import behind_front, front_environment
from meet.run.front import PROGRAM
from meet.run.started_with import as_running, noted
from tests.meet.test_commands import manage, only_line

if TYPE_CHECKING:
    from pathlib import Path


def test_web_and_node_are_in_production_on_loopback_behind_a_proxy_on_this_machine(tmp_path: Path) -> None:
    config = behind_front(Config(data_dir=str(tmp_path), domain="Meet.example.org,b.example"))
    told = {"MEET_HOST": config.host, **front_environment(config)}
    assert set(told) <= {f"MEET_{field.name.upper()}" for field in fields(Config)}
    theirs = Config.from_environment(told)
    assert broken(theirs) == []
    assert (theirs.production, theirs.host, theirs.behind_proxy, theirs.domain) == (True, "127.0.0.1", True, "")
    assert theirs.hosts == ["meet.example.org", "b.example"]
    assert theirs.node_url == "wss://meet.example.org/ws/serv0/"
    assert theirs.secret_key == Config(data_dir=str(tmp_path)).effective_secret_key()


def test_what_the_operator_has_set_stays(tmp_path: Path) -> None:
    own: dict[str, Any] = {
        "secret_key": "s" * 50,
        "allowed_hosts": "c.example",
        "node_url": "wss://n.example/ws/serv3/",
    }
    config = behind_front(Config(data_dir=str(tmp_path), domain="a.example", **own))
    assert {name: getattr(config, name) for name in own} == own


def test_commands_beside_it_know_its_address(tmp_path: Path) -> None:
    config = behind_front(Config(data_dir=str(tmp_path), domain="meet.example.org"))
    with noted(config):
        running = as_running(Config(data_dir=str(tmp_path)))
    assert (running.production, running.hosts) == (True, ["meet.example.org"])


@pytest.mark.parametrize(
    ("arguments", "settings", "part"),
    [
        (["--domain", "203.0.113.7"], {}, "(meet.E054)"),
        # Each start takes seconds: the others are found in the same way.
        pytest.param(["--domain", "localhost"], {}, "(meet.E054)", marks=pytest.mark.long),
        pytest.param(["--domain", "meet.example.org", "--tls"], {}, "(meet.E055)", marks=pytest.mark.long),
        (["--domain", "meet.example.org"], {"PATH": "/nonexistent"}, "apt install caddy"),
    ],
)
def test_what_cannot_be_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    settings: dict[str, str],
    part: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert part in only_line(manage(tmp_path, "serve", *arguments))


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="Caddy is not installed.")
@pytest.mark.parametrize("name", [pytest.param("http_port", marks=pytest.mark.long), "https_port"])
def test_a_port_that_somebody_else_has_is_named(tmp_path: Path, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - as the front would
        taken.listen()
        port = str(taken.getsockname()[1])
        line = only_line(manage(tmp_path, "serve", "--domain", "meet.example.org", **{"http_port": "1", name: port}))
    assert f"Port {port}/tcp is in use" in line
    assert f"MEET_{name.upper()}" in line
