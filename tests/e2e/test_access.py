"""Who may not enter sees why in the browser, and is let in when the time has come."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.embedding import embedding_site
from tests.e2e.server import PROJECT, Server, running_server
from tests.meet.answering import answer, answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

KEY = secrets.token_hex(24)
SETTINGS = {"jwt_key": KEY, "outgoing_networks": "127.0.0.0/8"}
# Long enough for a page to be loaded and looked at before.
SOON_MS = 12_000
PHONE = (360, 740)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("access"), **SETTINGS) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody in Berlin."""
    context = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin", viewport={"width": 900, "height": 700})
    yield context.new_page()
    context.close()


def configure(server: Server, **options: Any) -> None:
    """Set options of the default account, as an operator would with `manage.py shell`."""
    script = (
        "import json, sys\n"
        "from meet.accounts.hosts import default_account\n"
        "account = default_account()\n"
        f"for name, value in json.loads({json.dumps(options)!r}).items():\n"
        "    setattr(account, name, value)\n"
        "account.save()\n"
    )
    command = [sys.executable, "manage.py", "shell", "-c", script]
    subprocess.run(command, cwd=PROJECT, env=os.environ | server.stores, check=True)


def address(server: Server, room: str, **attributes: str) -> str:
    return f"{server.url}/call/?{urlencode({'roomId': room, **attributes})}"


def token(room: str, **claims: Any) -> str:
    return jwt.encode({"roomId": room, **claims}, KEY, "HS256")


def now_ms() -> int:
    return round(time.time() * 1000)


def fits(page: Page) -> bool:
    """Whether nothing must be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


class TestStart:
    def test_a_countdown_lets_the_person_in(self, server: Server, page: Page, room: str) -> None:
        early = token(room, startTime=now_ms() + SOON_MS)
        answered = page.goto(address(server, room, token=early))
        assert answered is not None
        assert answered.status == 425
        denied = page.get_by_test_id("denied")
        expect(denied).to_contain_text("Die Veranstaltung hat noch nicht begonnen. Beginn: ")
        expect(page.get_by_role("timer")).to_contain_text("00:0")
        expect(page.get_by_test_id("join")).to_be_visible()
        assert now_ms() >= jwt.decode(early, KEY, ["HS256"])["startTime"]

    @pytest.mark.long
    def test_in_an_iframe_too(self, server: Server, page: Page, room: str) -> None:
        early = token(room, startTime=now_ms() + SOON_MS)
        with embedding_site(server.url) as site:
            page.goto(site)
            page.evaluate("source => embed(source, '')", address(server, room, token=early, lang="fr"))
            frame = page.frame_locator("iframe")
            expect(frame.get_by_test_id("denied")).to_contain_text("Vous êtes en avance")
            expect(frame.get_by_test_id("join")).to_be_visible()

    def test_the_start_is_told_in_the_persons_time(self, server: Server, page: Page, room: str) -> None:
        page.goto(address(server, room, token=token(room, startTime="2099-06-21T10:00:00.0Z")))
        expect(page.get_by_test_id("denied")).to_contain_text("Sonntag, 21. Juni 2099 um 12:00")
        expect(page.get_by_role("timer")).to_contain_text("Tage")
        assert page.evaluate("document.documentElement.lang") == "de"
        assert page.title().startswith("Sie sind früh dran · ")


@pytest.mark.parametrize("size", [(900, 700), PHONE])
def test_a_locked_room_shows_the_reason_and_the_contact(
    server: Server, page: Page, room: str, size: tuple[int, int]
) -> None:
    with answering(answer(423, json.dumps({"message": "Die Vorlesung ist vorbei."}).encode())) as checker:
        configure(server, access_url=checker.url, contact="help@acme.example")
        try:
            page.set_viewport_size({"width": size[0], "height": size[1]})
            answered = page.goto(address(server, room, accessToken="a", peerId="ada"))
            assert answered is not None
            assert answered.status == 423
            denied = page.get_by_test_id("denied")
            expect(denied).to_contain_text("Die Vorlesung ist vorbei.")
            expect(denied.get_by_role("link", name="help@acme.example")).to_have_attribute(
                "href", "mailto:help@acme.example"
            )
            assert fits(page)
            checker.script = answer(200)
            page.get_by_test_id("again").click()
            expect(page.get_by_test_id("join")).to_be_visible()
        finally:
            configure(server, access_url="", contact="")
    assert [json.loads(one.body)["peerId"] for one in checker.asked] == ["ada", "ada"]


def test_where_tokens_are_required_a_link_without_one_says_access_denied(
    server: Server, browser: Browser, room: str
) -> None:
    configure(server, jwt_required=True)
    try:
        page = browser.new_page(locale="en-GB")
        answered = page.goto(address(server, room, accessToken="a"))
        assert answered is not None
        assert answered.status == 403
        expect(page.get_by_role("heading", name="Access denied")).to_be_visible()
        page.goto(address(server, room, token=token(room)))
        expect(page.get_by_test_id("join")).to_be_visible()
        page.close()
    finally:
        configure(server, jwt_required=False)


@pytest.mark.long
def test_who_is_in_loads_the_page_anew_after_the_tokens_end_and_a_duplicated_tab_does_not(
    server: Server, page: Page, room: str
) -> None:
    limited = token(room, displayName="Ada", tokenLifetime=1000)
    refusals: list[int] = []
    page.on("response", lambda answered: refusals.append(answered.status) if "/call/" in answered.url else None)
    page.goto(address(server, room, token=limited))
    page.get_by_test_id("join").click()
    expect(page.get_by_test_id("tile").first).to_be_visible()
    page.wait_for_function("begun => Date.now() > begun + 1500", arg=now_ms())
    with page.expect_popup() as opened:  # with a copy of this tab's storage
        page.evaluate("open(location.href)")
    expect(opened.value.get_by_test_id("denied")).to_contain_text("Dieser Link ist abgelaufen")
    opened.value.close()
    for _ in range(2):  # the second time from the welcome screen
        page.reload()
        expect(page.get_by_test_id("join")).to_be_visible()
    page.get_by_test_id("join").click()
    expect(page.get_by_test_id("tile").first).to_be_visible()
    assert refusals[0] == 200
    assert set(refusals[1:]) == {403}


@pytest.mark.long
def test_a_tokens_lifetime_goes_on_while_the_server_is_restarted(tmp_path: Path, page: Page, room: str) -> None:
    limited = token(room, tokenLifetime=1000)
    with running_server(tmp_path, **SETTINGS) as first:
        page.goto(address(first, room, token=limited))
        expect(page.get_by_test_id("join")).to_be_visible()
    with running_server(tmp_path, **SETTINGS) as second:
        answered = page.goto(address(second, room, token=limited))
        assert answered is not None
        assert answered.status == 403
        expect(page.get_by_test_id("denied")).to_contain_text("Dieser Link ist abgelaufen")
        page.goto(address(second, room, token=token(room, tokenLifetime=1001)))
        expect(page.get_by_test_id("join")).to_be_visible()
