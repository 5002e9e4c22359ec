"""Which database a URL means."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from django.urls import path

from meet.conf.database import Patience, bound_statements, database_settings, end_connections_with_requests
from meet.config import PROJECT, ConfigError
from meet.run.request_handler import RequestHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.conf import LazySettings
    from django.http import HttpRequest

# A network without any machine, for one command.
NAMESPACE = ["unshare", "--net"]


def _namespaces() -> bool:
    needed = (["nft", "list", "tables"], ["ip", "link"])
    try:
        return all(
            subprocess.run([*NAMESPACE, *one], capture_output=True, check=False).returncode == 0 for one in needed
        )
    except OSError:
        return False


def test_without_a_url_it_is_sqlite_in_the_data_folder() -> None:
    settings = database_settings("", Path("/data"))
    assert settings["ENGINE"] == "django.db.backends.sqlite3"
    assert settings["NAME"] == Path("/data/meet.sqlite3")


def test_a_url_is_taken_apart_and_its_escapes_undone() -> None:
    settings = database_settings("postgresql://us%40er:p%2Fw%3Aord@db.example:5433/me%20et?sslmode=require", Path())
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    assert (settings["USER"], settings["PASSWORD"]) == ("us@er", "p/w:ord")
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.example", "5433", "me et")
    assert settings["OPTIONS"] == {**Patience().options(), "sslmode": "require"}


def test_how_long_it_is_waited_for_is_a_setting_and_the_url_wins() -> None:
    url = "postgresql://db.example/meet?connect_timeout=7"
    options = database_settings(url, Path(), Patience(connect_s=3, silence_s=20))["OPTIONS"]
    assert (options["connect_timeout"], options["tcp_user_timeout"], options["keepalives_idle"]) == ("7", 20_000, 10)


def test_statements_are_bounded_for_those_who_answer_people(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://db.example/meet?options=-c%20search_path%3Dmine"
    for limit_s, expected in (
        (0, "-c search_path=mine"),
        (60, "-c statement_timeout=60s -c search_path=mine"),
    ):
        monkeypatch.setitem(connections.settings, "default", database_settings(url, Path()))
        bound_statements(limit_s)
        assert connections.settings["default"]["OPTIONS"]["options"] == expected
    monkeypatch.setitem(connections.settings, "default", database_settings("", Path()))
    bound_statements(60)
    assert "options" not in connections.settings["default"]["OPTIONS"]


def test_requests_of_web_leave_no_connection_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://db.example/meet"
    monkeypatch.setitem(connections.settings, "default", database_settings(url, Path()))
    assert connections.settings["default"]["CONN_MAX_AGE"] > 0
    end_connections_with_requests()
    assert connections.create_connection("default").settings_dict["CONN_MAX_AGE"] == 0
    monkeypatch.setitem(connections.settings, "default", database_settings(url, Path()))
    monkeypatch.delitem(sys.modules, "meet.asgi", raising=False)
    importlib.import_module("meet.asgi")
    assert connections.settings["default"]["CONN_MAX_AGE"] == 0


def asked_of_the_database(_request: HttpRequest) -> HttpResponse:
    """A page that needs the database, whatever has been remembered."""
    connections["default"].ensure_connection()
    return HttpResponse("asked")


urlpatterns = [path("asked", asked_of_the_database)]


@pytest.mark.django_db(transaction=True)
async def test_a_requests_connection_has_ended_before_its_answer_is_sent(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    """Its reader may take their time."""
    opened: list[Any] = []
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    settings.ALLOWED_HOSTS = ["*"]
    settings.ROOT_URLCONF = __name__

    def note(**made: Any) -> None:
        opened.append(made["connection"])

    seen: list[tuple[str, list[bool]]] = []

    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not asked:
            await asyncio.Event().wait()
        return asked.pop()

    async def send(message: Mapping[str, Any]) -> None:
        seen.append((message["type"], [one.connection is not None for one in opened]))

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"}
    address = {
        "path": "/asked",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", b"Bearer unknown")],
    }
    connection_created.connect(note)
    try:
        await RequestHandler()({**scope, **address, "client": ("127.0.0.1", 1)}, receive, send)
    finally:
        connection_created.disconnect(note)
    assert seen == [("http.response.start", [False]), ("http.response.body", [False])]


@pytest.mark.long
@pytest.mark.skipif(not _namespaces(), reason="Needs root, network namespaces and nftables.")
def test_where_its_packets_vanish_whoever_waits_for_it_is_told() -> None:
    """In a network of its own, whose packets to and from PostgreSQL are dropped without an answer."""
    program = [*NAMESPACE, sys.executable, "-m", "tests.meet.black_hole"]
    told = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, timeout=90, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == ["asked", "connecting", "waiting", "back"]


@pytest.mark.parametrize("url", ["postgres://db.example/meet", "postgresql:///meet"])
def test_host_port_and_user_may_be_left_to_the_environment(url: str) -> None:
    assert database_settings(url, Path())["PORT"] == ""


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/d",
        "postgresql://h",
        "postgresql://h/",
        "h/d",
        "postgresql://h:port/d",
        "postgresql://[/d",
        "sqlite:///x",
    ],
)
def test_a_url_of_another_kind_is_said_in_one_line_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="MEET_DATABASE_URL must look like") as caught:
        database_settings(url, Path())
    assert "\n" not in str(caught.value)
    assert url not in str(caught.value)
