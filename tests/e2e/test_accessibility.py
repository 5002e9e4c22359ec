"""axe-core finds nothing serious on any screen, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.server import KEY, PROJECT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.conftest import MakeParticipant

pytestmark = pytest.mark.usefixtures("small_cameras")
AXE = (PROJECT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = "() => axe.run(document, { resultTypes: ['violations'] })"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def serious(page: Page) -> list[str]:
    """What is serious or critical, with the elements concerned, in both themes."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_timeout(200)
        page.evaluate(AXE)
        report: dict[str, Any] = page.evaluate(RUN)
        found += [
            f"{theme}: {violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
            for violation in report["violations"]
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]
    return found


@pytest.mark.parametrize("path", ["/", "/new", "/playground", "/call/?roomId=%21"])
def test_pages(browser: Browser, server: Server, path: str) -> None:
    page = browser.new_page()
    page.goto(server.url + path)
    page.wait_for_timeout(500)
    problems = serious(page)
    page.close()
    assert problems == []


def test_the_welcome_screen(participant: MakeParticipant, room: str, server: Server) -> None:
    ada = participant("Ada", server=server)
    ada.open(room)
    ada.button("join").wait_for()
    assert serious(ada.page) == []


@pytest.mark.parametrize("size", [(1280, 800), pytest.param((360, 740), marks=pytest.mark.long)])
def test_the_room_with_its_panels_and_menus(
    participant: MakeParticipant, room: str, server: Server, size: tuple[int, int]
) -> None:
    token = jwt.encode({"role": "moderator", "handEnabled": True, "waitingRoom": True}, KEY, "HS256")
    mona, ben = participant("Mona", size, server=server), participant("Ben", server=server)
    mona.join(room, token=token)
    ben.open(room)
    ben.page.get_by_test_id("name-input").fill("Ben")
    ben.button("join").click()
    ben.page.get_by_test_id("waiting").wait_for()
    assert serious(ben.page) == []
    mona.button("toggle-people").click()
    mona.page.get_by_test_id("people-panel").wait_for()
    assert serious(mona.page) == []
    mona.page.get_by_test_id("admit").first.click()
    ben.button("leave").wait_for()
    mona.page.get_by_test_id("panel-close").click()
    expect(mona.page.get_by_test_id("people-panel")).to_have_count(0)
    mona.sees(ben)
    assert serious(mona.page) == []
    ben.button("toggle-chat").click()
    ben.page.get_by_test_id("chat-input").fill("Look at https://example.org/, please.")
    ben.page.keyboard.press("Enter")
    ben.page.get_by_test_id("chat-message").wait_for()
    assert serious(ben.page) == []
    mona.button("more").click()
    assert serious(mona.page) == []
    ben.button("leave").click()
    ben.page.get_by_test_id("left").wait_for()
    assert serious(ben.page) == []


def test_a_webinars_viewer(participant: MakeParticipant, room: str, server: Server) -> None:
    speaker, viewer = participant("Speaker", server=server), participant("Viewer", server=server)
    speaker.join(room, "webinar", itisparticipant="true")
    viewer.join(room, "webinar", handEnabled="true")
    viewer.sees(speaker)
    assert serious(viewer.page) == []
