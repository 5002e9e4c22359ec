"""How long a login lasts."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from meet.config import PROJECT, Config
from meet.session_keys import BEGAN, SEEN
from tests.meet.personas import Household, household, operator
from tests.password import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from django.conf import LazySettings

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def acme(db: None) -> Household:  # noqa: ARG001 - its tables
    return household("acme")


class Time:
    """The time, which passes only when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.now)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def is_in(client: Client) -> bool:
    return client.get("/admin/accounts/account/").status_code == 200


class TestSessions:
    def test_who_does_nothing_for_long_logs_in_again(self, db: None, time: Time) -> None:
        del db
        client = operator()
        for _ in range(3):
            assert is_in(client)
            time.now += 11 * HOUR
        assert is_in(client)
        time.now += 12 * HOUR + HOUR / 60
        assert not is_in(client)
        assert not Session.objects.exists(), "it is gone from the database, too"

    def test_after_a_week_everybody_does(self, db: None, time: Time) -> None:
        del db
        client = operator()
        began = time.now
        while time.now - began <= 168 * HOUR:
            assert is_in(client)
            time.now += 10 * HOUR
        assert not is_in(client)

    def test_both_are_settings(self, db: None, time: Time, settings: LazySettings) -> None:
        del db
        settings.CONFIG = Config(session_idle_hours=1, session_hours=2)
        client = operator()
        assert is_in(client)
        time.now += 1.5 * HOUR
        assert not is_in(client)

    def test_a_clock_that_was_ahead_ends_nobodys_login_and_prolongs_none(self, db: None, time: Time) -> None:
        del db
        client = operator()
        time.now += 10 * HOUR
        assert is_in(client)
        time.now -= 10 * HOUR
        assert is_in(client)
        now_s = int(time.now.timestamp())
        assert (client.session[BEGAN], client.session[SEEN]) == (now_s, now_s)
        time.now += 13 * HOUR
        assert not is_in(client)

    def test_a_new_login_begins_anew(self, acme: Household, time: Time) -> None:
        del acme
        client = Client()
        body = {"username": "acmeperson", "password": PASSWORD}
        assert client.post("/admin/login/", body).status_code == 302
        began = client.session[BEGAN]
        time.now += 10 * HOUR
        client.get("/admin/")
        assert client.post("/admin/login/", body).status_code == 302
        assert client.session[BEGAN] == began + 36_000

    def test_who_has_not_logged_in_costs_no_session(self, db: None) -> None:
        del db
        Client().get("/")
        assert not Session.objects.exists()

    def test_little_is_written(self, db: None, time: Time) -> None:
        del db
        client = operator()
        client.get("/recordings")
        before = client.session[SEEN]
        time.now += dt.timedelta(seconds=59)
        client.get("/recordings")
        assert client.session[SEEN] == before


@pytest.mark.django_db
def test_pages_say_what_of_a_browser_they_use() -> None:
    page, admin = (Client().get(path).headers["Permissions-Policy"] for path in ("/healthz", "/admin/login/"))
    assert page.startswith("camera=(self), microphone=(self), display-capture=(self), geolocation=()")
    assert admin.startswith("camera=(), microphone=(), display-capture=(), geolocation=()")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "sessionid csrftoken False 0 604800"),
        ({"MEET_TLS": "true"}, "__Host-sessionid __Host-csrftoken True 0 604800"),
        (
            {"MEET_ENV": "production", "MEET_SECRET_KEY": "s" * 50, "MEET_ALLOWED_HOSTS": "a.example"},
            "__Host-sessionid __Host-csrftoken True 31536000 604800",
        ),
    ],
)
def test_cookies_and_hsts(tmp_path: Path, environment: dict[str, str], expected: str) -> None:
    script = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, "
        "s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.SESSION_COOKIE_AGE)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEET_")}
    environment = {**kept, **environment, "MEET_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "meet.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == expected
