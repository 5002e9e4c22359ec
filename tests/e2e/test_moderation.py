"""What a moderator does, as the others' pictures, sound and pages show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.participant import wait_for
from tests.e2e.server import KEY
from tests.e2e.test_accessibility import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant


pytestmark = pytest.mark.usefixtures("small_cameras")


def moderate(person: Participant, room: str, interface: str = "call", **claims: Any) -> None:
    """Come in as a moderator, and open the moderator's panel."""
    token = jwt.encode({"role": "moderator", "roomId": room, **claims}, KEY, "HS256")
    person.join(room, interface, token=token)
    person.button("toggle-moderator").click()
    expect(person.button("moderator-panel")).to_be_visible()


def call(participant: MakeParticipant, room: str, **claims: Any) -> tuple[Participant, Participant, Participant]:
    """A moderator and two others who see and hear each other."""
    mona, ada, ben = participant("Mona"), participant("Ada"), participant("Ben")
    moderate(mona, room, **claims)
    ada.join(room)
    ben.join(room)
    ben.sees(ada)
    ben.receives("audio", 2)
    return mona, ada, ben


def test_viewers_and_single_messages_are_removed(participant: MakeParticipant, room: str) -> None:
    mona, vic, eve = participant("Mona"), participant("Vic"), participant("Eve")
    moderate(mona, room, "webinar")
    for one in (vic, eve):
        one.join(room, "webinar")
    vic.button("toggle-chat").click()
    for text in ("spam", "a question"):
        vic.button("chat-input").fill(text)
        vic.button("chat-input").press("Enter")
    mona.button("toggle-chat").click()
    expect(mona.button("chat-message")).to_have_count(2)
    mona.button("chat-message").first.hover()
    mona.button("remove-message").first.click()
    for one in (mona, vic):
        expect(one.button("chat-message")).to_have_text(["a question"])
    expect(vic.button("remove-message")).to_have_count(0)

    mona.button("viewer-count").click()
    expect(mona.button("viewer")).to_have_count(2)
    rows = mona.page.locator(f'[data-testid=viewer][data-peer-id="{vic.peer_id}"]')
    rows.get_by_test_id("kick-viewer").click()
    closed(vic, "kicked")
    expect(mona.button("viewer")).to_have_count(1)
    expect(mona.button("viewer-count")).to_have_attribute("data-count", "1")
    expect(eve.page.locator("button[data-testid=viewer-count]")).to_have_count(0)
    assert serious(mona.page) == []


def come(person: Participant, room: str) -> None:
    """Open the link without a welcome screen, and so without devices."""
    person.open(room, displayName=person.name, nameScreenDisabled="true")


def row(moderator: Participant, person: Participant) -> Locator:
    return moderator.page.locator(f'[data-testid=person][data-peer-id="{person.peer_id}"]')


def choose(moderator: Participant, person: Participant, action: str) -> None:
    """Take a line of somebody's menu, in the list of people."""
    if moderator.button("people-panel").count() == 0:
        moderator.button("toggle-people").click()
    row(moderator, person).get_by_test_id("person-menu").click()
    moderator.button(action).click()


def toast(person: Participant, text: str) -> None:
    expect(person.button("toast").filter(has_text=text)).to_be_visible()


def closed(person: Participant, code: str) -> None:
    expect(person.button("closed")).to_have_attribute("data-code", code)


def test_one_persons_devices(participant: MakeParticipant, room: str) -> None:
    mona, ada, ben = call(participant, room)

    choose(mona, ada, "stop-mic")
    toast(ada, "A moderator turned off your microphone.")
    expect(ada.button("toggle-mic")).to_have_attribute("aria-pressed", "false")
    expect(ben.tile(ada)).to_have_attribute("data-muted", "true")
    ben.receives("audio", 1)
    choose(mona, ada, "stop-camera")
    expect(ada.button("toggle-camera")).to_have_attribute("aria-pressed", "false")
    wait_for(lambda: ben.frames(ada) == -1, message="Ada's picture should give way to her avatar.")

    choose(mona, ada, "ask-mic")
    expect(ada.button("asked")).to_contain_text("Mona asks you to turn on your microphone")
    expect(ben.tile(ada)).to_have_attribute("data-muted", "true")
    ada.button("asked-not-now").click()
    expect(ada.button("asked")).to_have_count(0)
    expect(ada.button("toggle-mic")).to_have_attribute("aria-pressed", "false")
    choose(mona, ada, "ask-mic")
    ada.button("asked-turn-on").click()
    ben.receives("audio", 2)
    choose(mona, ada, "ask-camera")
    expect(ada.button("asked")).to_contain_text("Mona asks you to turn on your camera")
    ada.button("asked-turn-on").click()
    ben.sees(ada)

    choose(mona, ada, "may-camera")
    toast(ada, "A moderator has turned off your camera.")
    wait_for(lambda: ben.frames(ada) == -1, message="A forbidden camera should be off.")
    expect(ada.button("toggle-camera")).to_be_disabled()
    expect(ada.button("toggle-camera")).to_have_attribute("title", re.compile("A moderator has turned off your camera"))
    expect(ben.button("toggle-camera")).to_be_enabled()
    choose(mona, ada, "may-camera")
    toast(ada, "You may turn on your camera again.")
    expect(ada.button("toggle-camera")).to_be_enabled()
    expect(ada.button("toggle-camera")).to_have_attribute("aria-pressed", "false")

    choose(mona, ada, "may-screen")
    expect(ada.button("toggle-share")).to_be_disabled()
    choose(mona, ada, "ask-screen")  # allows it too
    expect(ada.button("asked")).to_contain_text("Mona asks you to share your screen")
    ada.button("asked-turn-on").click()
    ben.sees(ada, "screen")
    choose(mona, ada, "stop-screen")
    expect(ben.tile(ada, "screen")).to_have_count(0)
    toast(ada, "A moderator ended your screen share.")


@pytest.mark.long
def test_a_menu_stays_open_when_its_row_moves(participant: MakeParticipant, room: str) -> None:
    mona, ada, ben = participant("Mona"), participant("Ada"), participant("Ben")
    # Safari can't move what is in a page without taking it out.
    mona.page.add_init_script("delete Element.prototype.moveBefore; delete Document.prototype.moveBefore")
    moderate(mona, room, handEnabled=True)
    for one in (ada, ben):
        one.join(room)
    mona.button("toggle-people").click()
    rows = mona.button("person")
    expect(rows).to_have_count(3)
    # Either of the two may be the one that is taken out of the page and put back.
    for place, other in ((2, ada), (1, ben)):
        expect(rows.last).to_have_attribute("data-peer-id", ben.peer_id)
        row(mona, other).get_by_test_id("person-menu").click()
        mona.page.keyboard.press("ArrowDown")
        chosen = mona.page.locator("[role=menu] :focus")
        expect(chosen).to_be_visible()
        text = chosen.inner_text()

        ben.button("toggle-hand").click()
        expect(rows.nth(place)).to_have_attribute("data-peer-id", other.peer_id)
        expect(chosen).to_have_text(text)
        expect(chosen).to_be_visible()
        menu, anchor = mona.page.get_by_role("menu").bounding_box(), row(mona, other).bounding_box()
        assert menu is not None
        assert anchor is not None
        assert abs(menu["y"] - (anchor["y"] + anchor["height"])) < anchor["height"], "the menu has moved along"
        mona.page.keyboard.press("Escape")
        ben.button("toggle-hand").click()


def test_everybody_at_once(participant: MakeParticipant, room: str) -> None:
    mona, ada, ben = call(participant, room, handEnabled=True)

    ada.button("toggle-share").click()
    ben.sees(ada, "screen")
    for person in (ada, ben):
        person.button("toggle-hand").click()
    expect(mona.page.locator("[data-testid=tile][data-hand]")).to_have_count(2)
    mona.button("lower-all-hands").click()
    for person in (ada, ben):
        expect(person.button("toggle-hand")).to_have_attribute("aria-pressed", "false")
    mona.button("stop-all-screen").click()
    expect(ben.tile(ada, "screen")).to_have_count(0)
    mona.button("stop-all-mic").click()
    mona.receives("audio", 0)
    ben.receives("audio", 1)  # Mona's own
    mona.button("stop-all-camera").click()
    wait_for(lambda: ben.frames(ada) == -1 and ada.frames(ben) == -1, message="All cameras should be off.")
    ben.sees(mona)

    ada.button("toggle-mic").click()  # turned off is not forbidden
    ben.receives("audio", 2)
    for device in ("mic", "camera", "screen"):
        mona.button(f"rule-{device}").click()
        expect(mona.button(f"rule-{device}")).to_have_attribute("aria-checked", "false")
    ben.receives("audio", 1)
    for person in (ada, ben):
        for button in ("toggle-mic", "toggle-camera", "toggle-share"):
            expect(person.button(button)).to_be_disabled()
    expect(mona.button("toggle-mic")).to_be_enabled()
    choose(mona, ada, "may-mic")  # for her alone
    expect(ada.button("toggle-mic")).to_be_enabled()
    expect(ben.button("toggle-mic")).to_be_disabled()
    mona.button("toggle-moderator").click()
    mona.button("rule-mic").click()
    expect(ben.button("toggle-mic")).to_be_enabled()
    expect(ben.button("toggle-camera")).to_be_disabled()


def test_the_door(participant: MakeParticipant, room: str) -> None:
    mona = participant("Mona")
    moderate(mona, room)
    ada, ben, cleo, dan = (participant(name) for name in ("Ada", "Ben", "Cleo", "Dan"))
    come(ada, room)
    expect(ada.button("room")).to_be_visible()

    mona.button("rule-waiting-room").click()
    expect(mona.button("rule-waiting-room")).to_have_attribute("aria-checked", "true")
    come(ben, room)
    expect(ben.button("waiting")).to_contain_text("Please wait for confirmation")
    expect(mona.button("waiting-count")).to_have_text("1")
    row(mona, ben).get_by_test_id("reject").click()
    closed(ben, "notAdmitted")
    ben.button("retry").click()
    come(cleo, room)
    for person in (ben, cleo):
        expect(person.button("waiting")).to_be_visible()
    mona.button("admit-all").click()
    for person in (ben, cleo):
        expect(person.button("room")).to_be_visible()
    expect(mona.button("waiting-count")).to_have_count(0)
    come(dan, room)
    expect(dan.button("waiting")).to_be_visible()
    mona.button("rule-waiting-room").click()
    expect(dan.button("room")).to_be_visible()

    eve = participant("Eve")
    mona.button("rule-locked").click()
    expect(ada.button("room-locked")).to_be_visible()
    come(eve, room)
    closed(eve, "roomLocked")
    ada.page.reload()  # who was in comes back
    expect(ada.button("room")).to_be_visible()
    mona.button("rule-locked").click()
    expect(mona.button("rule-locked")).to_have_attribute("aria-checked", "false")
    eve.button("retry").click()
    expect(eve.button("room")).to_be_visible()


def test_removed_let_back_in_and_sent_away_with_everybody(participant: MakeParticipant, room: str) -> None:
    mona, ada, ben = call(participant, room)

    choose(mona, ada, "kick")
    closed(ada, "kicked")
    expect(ada.button("retry")).to_have_count(0)
    expect(ben.tile(ada)).to_have_count(0)
    ben.receives("audio", 1)
    come(ada, room)
    closed(ada, "kicked")
    toast(mona, "Ada was removed and can't come back.")
    mona.button("toast-action").click()
    ada.join(room)
    ben.sees(ada)

    choose(mona, ada, "kick-lock")
    closed(ada, "kicked")
    ada.open(room, displayName="Eve", peerId="eve", nameScreenDisabled="true")  # the same browser under another id
    closed(ada, "kicked")
    mona.button("toggle-moderator").click()
    expect(mona.button("rule-locked")).to_have_attribute("aria-checked", "true")
    expect(mona.button("removed")).to_contain_text("Ada")
    mona.button("let-back").click()
    expect(mona.button("removed")).to_have_count(0)
    come(ada, room)
    expect(ada.button("room")).to_be_visible()

    mona.button("end-meeting").click()
    mona.button("end-cancel").click()
    ben.sees(mona)
    mona.button("end-meeting").click()
    mona.button("end-confirm").click()
    for person in (mona, ada, ben):
        closed(person, "meetingEnded")
        expect(person.button("retry")).to_have_count(0)


def test_the_stage_of_a_webinar(participant: MakeParticipant, room: str) -> None:
    mona, vera, walt = participant("Mona"), participant("Vera"), participant("Walt")
    moderate(mona, room, "webinar", handEnabled=True, itisparticipant=True)
    expect(mona.button("alone")).to_be_visible()
    vera.join(room, "webinar")
    expect(mona.button("alone")).to_have_count(0)
    walt.join(room, "webinar")
    walt.sees(mona)

    vera.button("toggle-hand").click()
    mona.button("toggle-people").click()
    mona.button("to-stage").click()
    toast(vera, "You are on stage now")
    expect(walt.tile(vera)).to_be_visible()
    vera.button("toggle-camera").click()
    walt.sees(vera)
    choose(mona, vera, "may-mic")
    expect(vera.button("toggle-mic")).to_be_disabled()
    choose(mona, vera, "from-stage")
    expect(walt.tile(vera)).to_have_count(0)
    expect(vera.button("toggle-camera")).to_have_count(0)
    vera.sees(mona)


@pytest.mark.parametrize("size", [pytest.param((1280, 800), marks=pytest.mark.long), (390, 844)])
def test_accessible_by_keyboard_and_for_axe(participant: MakeParticipant, room: str, size: tuple[int, int]) -> None:
    mona, ada, ben = participant("Mona", size), participant("Ada", size), participant("Ben")
    moderate(mona, room, waitingRoom=True)
    come(ada, room)
    mona.button("admit").click()
    come(ben, room)
    expect(mona.button("waiting-count" if size[0] > 1000 else "admit")).to_be_visible()
    assert serious(mona.page) == []
    mona.page.keyboard.press("Escape")  # the focus is in the panel, though the button that had it is gone
    expect(mona.button("moderator-panel")).to_have_count(0)
    mona.page.keyboard.press("o")
    expect(mona.button("moderator-panel")).to_be_visible()
    mona.button("rule-locked").press("Space")
    expect(mona.button("rule-locked")).to_have_attribute("aria-checked", "true")
    mona.button("end-meeting").press("Enter")
    assert serious(mona.page) == []
    mona.page.keyboard.press("Escape")
    expect(mona.button("end-dialog")).to_have_count(0)
    mona.page.keyboard.press("Escape")

    mona.button("toggle-people").click()
    row(mona, ada).get_by_test_id("person-menu").press("Enter")
    assert serious(mona.page) == []
    mona.button("ask-mic").press("Enter")
    expect(ada.button("asked")).to_be_visible()
    assert serious(ada.page) == []
    ada.button("asked-not-now").press("Escape")
    expect(ada.button("asked")).to_have_count(0)
    choose(mona, ada, "may-mic")
    expect(ada.button("toggle-mic")).to_be_disabled()
    assert serious(ada.page) == []
    choose(mona, ada, "kick")
    closed(ada, "kicked")
    assert serious(ada.page) == []
    assert serious(mona.page) == []
