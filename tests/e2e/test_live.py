"""Administrators see in the admin who is in a room and what they send, and act in it."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import administrator
from tests.e2e.server import KEY
from tests.e2e.test_accessibility import serious

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Route

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

pytestmark = pytest.mark.usefixtures("small_cameras")
BITRATE = re.compile(r"[1-9]\d* kbit/s|\d+\.\d Mbit/s")


@pytest.fixture
def admin(browser: Browser, server: Server) -> Iterator[Page]:
    """An owner's tab; at the end its page must have had no error."""
    page = administrator(browser, server)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda entry: errors.append(entry.text) if "Content Security Policy" in entry.text else None)
    yield page
    page.context.close()
    assert errors == []


def open_room(admin: Page, server: Server, room: str) -> None:
    """By the list of live rooms, as people do."""
    admin.goto(f"{server.url}/admin/")
    admin.get_by_role("link", name="Live rooms").click()
    admin.get_by_role("link", name=room).click()


def person(admin: Page, somebody: Participant) -> Locator:
    return admin.locator(f'[data-testid=live-person][data-peer-id="{somebody.peer_id}"]')


def updated(admin: Page) -> None:
    """Wait until the page has shown another state."""
    with admin.expect_response(lambda response: response.url.endswith("/state/")):
        pass
    admin.wait_for_timeout(200)


def test_an_administrator_sees_what_people_send_and_turns_it_off(
    participant: MakeParticipant, room: str, admin: Page, server: Server
) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.open(room, displayName="Ada", nameScreenDisabled="true")
    ada.button("leave").wait_for()
    ben.join(room)
    ada.sees(ben)
    admin.goto(f"{server.url}/admin/rooms/liveroom/")
    row = admin.locator(f'[data-testid=live-room][data-room-id="{room}"]')
    expect(row).to_contain_text("Ada, Ben")
    expect(row).to_contain_text("2 people")

    row.get_by_role("link").click()
    for device in ("live-mic", "live-camera"):
        expect(person(admin, ben).get_by_test_id(device)).to_contain_text(BITRATE)
        expect(person(admin, ada).get_by_test_id(device)).to_have_attribute("data-status", "off")
    expect(person(admin, ben).get_by_test_id("live-screen")).to_have_attribute("data-status", "off")

    mute = admin.get_by_role("button", name="Mute Ben")
    mute.focus()
    updated(admin)
    expect(mute).to_be_focused()
    admin.keyboard.press("Enter")
    expect(ben.button("toggle-mic")).to_have_attribute("aria-pressed", "false")
    expect(admin.get_by_test_id("live-said")).to_have_text("Ben is muted.")
    expect(person(admin, ben).get_by_test_id("live-mic")).not_to_have_attribute("data-status", "on")
    expect(person(admin, ben)).to_be_focused()
    admin.get_by_role("button", name="Turn off Ben's camera").click()
    expect(ben.button("toggle-camera")).to_have_attribute("aria-pressed", "false")
    expect(person(admin, ben).get_by_test_id("live-camera")).not_to_have_attribute("data-status", "on")


@pytest.mark.long
def test_a_room_on_many_nodes_fits_a_phone(
    participant: MakeParticipant, room: str, admin: Page, server: Server
) -> None:
    participant("Ada").join(room)

    def large(route: Route) -> None:
        answer = route.fetch()
        state = answer.json()
        state["room"]["elsewhere"] = {"serv1": 37, "serv2-of-a-long-name.eu-west.example": 1}
        route.fulfill(response=answer, json=state)

    admin.set_viewport_size({"width": 360, "height": 740})
    admin.route("**/state/", large)
    admin.goto(f"{server.url}/admin/rooms/liveroom/1/{room}/")
    expect(admin.get_by_test_id("live-elsewhere")).to_have_text(
        ["37 people receive from serv1", "1 person receives from serv2-of-a-long-name.eu-west.example"]
    )
    assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_administrator_lets_people_in_removes_them_and_closes_the_room(
    participant: MakeParticipant, room: str, admin: Page, server: Server
) -> None:
    mona, ada = participant("Mona"), participant("Ada")
    token = jwt.encode({"role": "moderator", "roomId": room, "waitingRoom": True}, KEY, "HS256")
    mona.join(room, token=token)
    ada.open(room, displayName="Ada", nameScreenDisabled="true")
    ada.button("waiting").wait_for()
    open_room(admin, server, room)
    admin.get_by_role("button", name="Let Ada in").click()
    ada.button("leave").wait_for()
    expect(person(admin, ada)).to_be_visible()

    admin.get_by_role("button", name="Lock").click()
    expect(admin.get_by_test_id("live-locked")).to_be_visible()
    admin.get_by_role("button", name="Remove Mona").click()
    admin.get_by_role("button", name="Cancel").click()
    expect(person(admin, mona)).to_be_visible()
    admin.get_by_role("button", name="Remove Mona").click()
    admin.get_by_test_id("live-confirmed").click()
    expect(mona.button("closed")).to_have_attribute("data-code", "kicked")
    expect(mona.button("closed")).not_to_contain_text("moderator")
    expect(person(admin, mona)).to_have_count(0)
    expect(admin.get_by_role("heading", name=room)).to_be_focused()

    admin.get_by_test_id("live-close").click()
    admin.get_by_test_id("live-confirmed").click()
    expect(ada.button("closed")).to_have_attribute("data-code", "meetingEnded")
    expect(admin.get_by_test_id("live-over")).to_be_visible()
    admin.get_by_role("link", name="All live rooms").click()
    expect(admin.locator(f'[data-room-id="{room}"]')).to_have_count(0)


@pytest.mark.long
def test_a_node_that_does_not_answer_is_named_until_it_does(
    participant: MakeParticipant, room: str, admin: Page, server: Server
) -> None:
    ada = participant("Ada")
    ada.join(room)
    admin.goto(f"{server.url}/admin/rooms/liveroom/")
    row = admin.locator(f'[data-testid=live-room][data-room-id="{room}"]')
    expect(row).to_be_visible()
    node = server.child("node")
    os.kill(node, signal.SIGSTOP)
    try:
        expect(admin.get_by_test_id("live-problem")).to_contain_text("serv0 does not answer")
    finally:
        os.kill(node, signal.SIGCONT)
    expect(row).to_be_visible()
    expect(admin.get_by_test_id("live-problem")).to_have_count(0)


def test_nothing_on_the_pages_is_hard_to_use_for_somebody(
    participant: MakeParticipant, room: str, admin: Page, server: Server
) -> None:
    ada = participant("Ada")
    ada.open(room, displayName="Ada", nameScreenDisabled="true")
    ada.button("leave").wait_for()
    admin.goto(f"{server.url}/admin/rooms/liveroom/")
    link = admin.get_by_role("link", name=room)
    link.wait_for()
    problems = serious(admin)
    link.click()
    admin.get_by_test_id("live-close").click()
    admin.get_by_test_id("live-confirm").wait_for()
    problems += serious(admin)
    admin.keyboard.press("Escape")
    expect(admin.get_by_test_id("live-close")).to_be_focused()
    problems += serious(admin)
    assert problems == []


@pytest.mark.parametrize("size", [pytest.param((1280, 800), marks=pytest.mark.long), (390, 844)])
def test_the_page_fits_and_does_not_move_while_it_keeps_itself_up_to_date(
    participant: MakeParticipant, room: str, browser: Browser, server: Server, size: tuple[int, int]
) -> None:
    people = [participant(name) for name in ("Ada", "Ben", "Cyd")]
    for somebody in people:
        somebody.open(room, displayName=somebody.name * 8, nameScreenDisabled="true")
        somebody.button("leave").wait_for()
    admin = administrator(browser, server, (size[0], 320))
    admin.goto(f"{server.url}/admin/rooms/liveroom/")
    admin.get_by_role("link", name=room).click()
    expect(admin.get_by_test_id("live-person")).to_have_count(3)
    assert admin.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    admin.evaluate("window.scrollTo(0, 60)")
    before = admin.evaluate("window.scrollY")
    assert before > 0
    updated(admin)
    assert admin.evaluate("window.scrollY") == before
    admin.context.close()
