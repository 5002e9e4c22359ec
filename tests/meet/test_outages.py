"""A full disk and a database that is away: people and programs are told what is wrong, and the log in one line."""

from __future__ import annotations

import errno
import logging
import sys
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import RequestAborted
from django.db import OperationalError
from django.test import Client

from meet.outages import outage
from meet.run.logs import MAX_MESSAGE, BoundedFormatter
from meet.run.refusals_in_logs import without_tracebacks_of_refusals
from meet.settings import LOGGING

if TYPE_CHECKING:
    from django.conf import LazySettings

FULL = OperationalError("database or disk is full")
LOCKED = OperationalError("database is locked")
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
OUTAGES = [(FULL, "storageUnavailable"), (LOCKED, "databaseUnavailable"), (NO_SPACE, "storageUnavailable")]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        *OUTAGES,
        (OperationalError('could not extend file "base/1": No space left on device'), "storageUnavailable"),
        (OperationalError("connection refused"), "databaseUnavailable"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "storageUnavailable"),
        (OSError(errno.EMFILE, "Too many open files"), "serverBusy"),
    ],
)
def test_what_is_away_is_named(error: Exception, code: str) -> None:
    away = outage(error)
    assert away is not None
    assert (away.status, away.code) == (503, code)
    assert "moment" in away.hint


@pytest.mark.parametrize("error", [None, ValueError("full"), OSError(errno.ENOENT, "disk is full"), KeyError()])
def test_a_mistake_of_ours_is_no_outage(error: BaseException | None) -> None:
    assert outage(error) is None


@pytest.mark.django_db
class TestAnswers:
    @pytest.fixture
    def browser(self) -> Client:
        return Client(raise_request_exception=False)

    @pytest.mark.parametrize(("error", "code"), OUTAGES)
    def test_a_room_is_not_available_and_its_page_may_be_framed(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
    ) -> None:
        monkeypatch.setattr("meet.views.pages.place", raising(error))
        response = browser.get("/call/?roomId=room")
        assert response.status_code == 503
        assert code.encode() in response.content
        assert response.headers["Retry-After"] == "5"
        assert "X-Frame-Options" not in response.headers

    @pytest.mark.parametrize(("error", "code"), OUTAGES)
    def test_a_page_that_asks_for_a_ticket_gets_json(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
    ) -> None:
        monkeypatch.setattr("meet.views.pages.place", raising(error))
        body = '{"interface": "call", "query": "?roomId=room"}'
        response = browser.post("/tickets/", body, content_type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (503, code)
        assert response.headers["Retry-After"] == "5"

    @pytest.mark.parametrize(("path", "json"), [("/", False), ("/admin/login/", False), ("/rooms/", True)])
    def test_where_nothing_can_be_looked_up_every_page_says_so(
        self, browser: Client, monkeypatch: pytest.MonkeyPatch, settings: LazySettings, path: str, json: bool
    ) -> None:
        settings.CONFIG = type(settings.CONFIG)(allowed_hosts="elsewhere.example")
        monkeypatch.setattr("meet.middleware.account_of", raising(LOCKED))
        response = browser.get(path)
        assert response.status_code == 503
        if json:
            assert response.json()["error"]["code"] == "databaseUnavailable"
        else:
            assert b"The server&#x27;s database does not answer at the moment." in response.content
        assert browser.get("/healthz").status_code == 200

    def test_a_mistake_is_still_a_mistake(self, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("meet.views.pages.place", raising(ValueError("full")))
        assert browser.get("/call/?roomId=room").status_code == 500


def raising(error: Exception) -> object:
    def fail(*_given: object, **_named: object) -> None:
        raise error

    return fail


def logged(name: str, message: str, error: BaseException | None = None) -> str | None:
    """What the console would show; None where it shows nothing."""
    trace = None
    if error is not None:
        try:
            raise error
        except type(error):
            trace = sys.exc_info()
    record = logging.LogRecord(name, logging.ERROR, "", 1, "%s", (message,), trace)
    if not without_tracebacks_of_refusals(record):
        return None
    return BoundedFormatter("{levelname} {name}: {message}", style="{").format(record)


class TestLog:
    def test_it_is_what_the_console_has(self) -> None:
        assert LOGGING["formatters"]["text"]["()"] is BoundedFormatter

    def test_an_outage_is_one_line_with_its_reason(self) -> None:
        assert logged("django.request", "Service Unavailable: /", FULL) == (
            "ERROR django.request: Service Unavailable: / (database or disk is full)"
        )

    def test_a_mistake_has_its_traceback(self) -> None:
        text = logged("django.request", "Internal Server Error: /", ValueError("x"))
        assert text is not None
        assert "Traceback" in text

    def test_whoever_has_gone_meanwhile_leaves_no_line(self) -> None:
        for error in (RequestAborted(), ConnectionResetError()):
            assert logged("asyncio", "Task exception was never retrieved", error) is None
        assert "ValueError" in (logged("asyncio", "Task exception was never retrieved", ValueError("x")) or "")

    def test_what_somebody_sends_is_bounded_and_stays_on_its_line(self) -> None:
        text = logged("django.request", "Not Found: /" + "a" * 7000 + "\nERROR root: fire\x1b[2J\u202e") or ""
        assert "\n" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert len(text) < MAX_MESSAGE + 100
        assert "7,034 characters" in text

    def test_names_in_other_scripts_can_be_read(self) -> None:
        assert logged("rooms", "Жан-Клод Müller") == "ERROR rooms: Жан-Клод Müller"

    def test_a_traceback_is_bounded_and_controls_nothing(self) -> None:
        text = logged("daphne", "failed", ValueError("\x1b[2J" + "x" * 50_000)) or ""
        assert "\x1b" not in text
        assert len(text) < 12_000
        assert text.count("\n") > 2

    @pytest.mark.django_db
    @pytest.mark.parametrize("host", ["a b", "evil.example/" + "x" * 7000, "[::1"])
    def test_a_bad_host_is_one_line_without_a_traceback(self, caplog: pytest.LogCaptureFixture, host: str) -> None:
        assert Client().get("/", headers={"host": host}).status_code == 400
        (record,) = [record for record in caplog.records if record.name.startswith("django.security")]
        assert without_tracebacks_of_refusals(record)
        assert record.exc_info is None
