"""The page in web views of phones: no screens to share, one camera at a time, calls that come, notches, keyboards."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import expect

from meet.config import PROJECT
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, wait_for
from tests.e2e.phone import ANDROID_WEB_VIEW, IPHONE_SAFARI, IPHONE_WEB_VIEW, LANDSCAPE, PORTRAIT, Insets, Phone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Playwright

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

PLAYS = "() => [...document.querySelectorAll('audio')].every((audio) => !audio.paused)"
KEYBOARD_HEIGHT = 340


class MakePhone(Protocol):
    def __call__(self, name: str, user_agent: str = ..., browser: Browser | None = ...) -> Phone: ...


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[MakePhone]:
    """Makes people with phones; closes their pages afterwards and fails on errors in them."""
    made: list[Phone] = []

    def make(name: str, user_agent: str = ANDROID_WEB_VIEW, browser: Browser | None = browser) -> Phone:
        assert browser is not None
        made.append(Phone(browser, server.url, name, user_agent))
        return made[-1]

    yield make
    problems = [f"{person.name}: {message}" for person in made for message in person.messages]
    for person in made:
        person.close()
    assert not [problem for problem in problems if "error:" in problem], problems


@pytest.fixture
def strict(playwright: Playwright) -> Iterator[Browser]:
    """A browser that plays sound only after a tap, as those of phones do."""
    arguments = [each for each in CHROMIUM_ARGUMENTS if "autoplay" not in each]
    launched = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*arguments, "--autoplay-policy=user-gesture-required"]
    )
    yield launched
    launched.close()


def enter(person: Phone, room: str) -> None:
    """As an app opens a room: without a welcome screen, and then with microphone and camera."""
    person.open(room, displayName=person.name, nameScreenDisabled="true")
    person.button("toggle-mic").tap()
    person.button("toggle-camera").tap()
    for device in ("toggle-mic", "toggle-camera"):
        expect(person.button(device)).to_have_attribute("aria-pressed", "true")


@pytest.mark.usefixtures("small_cameras")
@pytest.mark.parametrize("user_agent", [ANDROID_WEB_VIEW, pytest.param(IPHONE_WEB_VIEW, marks=pytest.mark.long)])
def test_a_call_in_a_web_view(phone: MakePhone, participant: MakeParticipant, room: str, user_agent: str) -> None:
    ada, ben = phone("Ada", user_agent), participant("Ben")
    enter(ada, room)
    ben.join(room)
    for person, other in ((ada, ben), (ben, ada)):
        person.sees(other)
        person.hears(1)

    expect(ada.button("toggle-share")).to_have_count(0)
    ada.button("more").tap()
    expect(ada.button("settings")).to_be_visible()
    expect(ada.button("toggle-share")).to_have_count(0)
    ada.button("settings").press("Escape")

    own = ada.tile(ada).locator("video")
    expect(own).to_have_class("mirrored")
    ada.button("other-camera").tap()
    expect(own).not_to_have_class("mirrored")
    assert [one for one in ada.asked_for() if one != "microphone"] == ["front", "back"]
    ben.sees(ada)
    ada.button("other-camera").tap()
    expect(own).to_have_class("mirrored")
    ben.sees(ada)


@pytest.mark.usefixtures("small_cameras")
@pytest.mark.long
@pytest.mark.parametrize("user_agent", [ANDROID_WEB_VIEW, IPHONE_WEB_VIEW])
def test_the_page_around_the_room_that_the_docs_have(
    phone: MakePhone, participant: MakeParticipant, room: str, server: Server, user_agent: str
) -> None:
    (page,) = re.findall(r"```html\n(.*?)```", (PROJECT / "docs" / "mobile.md").read_text(encoding="utf-8"), re.DOTALL)
    page = page.replace("https://YOUR-HOST", server.url).replace("team42", room)
    ada, ben = phone("Ada", user_agent), participant("Ben")
    ben.join(room)
    # As loadDataWithBaseURL and loadHTMLString do: the app's page under the server's address.
    address = f"{server.url}/app"
    ada.page.route(address, lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"))
    ada.page.goto(address)
    tile = ben.page.locator('[data-testid=tile][data-self="false"]')
    expect(tile).to_contain_text("Ada")
    peer_id = tile.get_attribute("data-peer-id")
    assert peer_id is not None
    ben.sees(peer_id)
    ben.hears(1)
    inside = ada.page.frame_locator("iframe")
    inside.get_by_test_id("other-camera").tap()
    expect(inside.locator('[data-testid=tile][data-self="true"] video')).not_to_have_class("mirrored")
    inside.get_by_test_id("leave").tap()
    expect(tile).to_have_count(0)


@pytest.mark.usefixtures("small_cameras")
@pytest.mark.long
@pytest.mark.parametrize("how", ["mute", "ended"])
def test_a_phone_call_takes_the_devices_and_gives_them_back(
    phone: MakePhone, participant: MakeParticipant, room: str, how: str
) -> None:
    ada, ben = phone("Ada", IPHONE_WEB_VIEW), participant("Ben")
    enter(ada, room)
    ben.join(room)
    ben.sees(ada)
    ben.hears(1)
    before = ada.asked_for()

    ada.show(False)
    ada.lose_devices(how)
    ada.page.evaluate("() => document.querySelectorAll('audio, video').forEach((one) => one.pause())")
    ada.page.wait_for_timeout(1500)
    assert not ada.page.evaluate(PLAYS), "Nothing is played behind a phone call."

    ada.get_devices_back()
    ada.show(True)
    ben.sees(ada)
    ben.hears(1)
    ada.sees(ben)
    wait_for(lambda: ada.page.evaluate(PLAYS), message="The others are heard again.")
    assert len(ada.asked_for()) == len(before) + 2, "Each device is asked for once more."


# Playwright's own looks at the page count as a person's gestures, and sound that begins just after one is played.
BUTTON = "There is a button for the sound."
TELLS_OF_THE_BUTTON = f"""
new MutationObserver(() => {{
  if (document.querySelector("[data-testid=play-sound]")) console.info({BUTTON!r});
}}).observe(document, {{ childList: true, subtree: true }});
"""


@pytest.mark.long
def test_sound_that_the_browser_holds_back_waits_for_a_tap(
    phone: MakePhone, participant: MakeParticipant, strict: Browser, room: str
) -> None:
    speaker, ada = participant("Speaker"), phone("Ada", IPHONE_SAFARI, browser=strict)
    speaker.join(room, "webinar", itisparticipant="true")
    ada.page.add_init_script(TELLS_OF_THE_BUTTON)
    with ada.page.expect_console_message(lambda message: message.text == BUTTON):
        ada.open(room, "webinar", displayName="Ada", nameScreenDisabled="true", autoplayWithoutAudioTrack="true")
    assert ada.asked_for() == [], "A viewer is asked for no microphone."
    assert not ada.page.evaluate(PLAYS)

    ada.button("play-sound").tap()
    expect(ada.button("play-sound")).to_have_count(0)
    wait_for(lambda: ada.page.evaluate(PLAYS))
    ada.page.evaluate("() => document.querySelector('audio').pause()")
    wait_for(lambda: ada.page.evaluate(PLAYS), message="What another app has paused goes on.")


@pytest.mark.long
def test_the_screen_stays_on_during_a_call(phone: MakePhone, room: str) -> None:
    ada = phone("Ada")
    enter(ada, room)
    held = "() => window.__locks.filter(({ released }) => !released).length"
    wait_for(lambda: ada.page.evaluate(held) == 1)
    # A browser lets go of it by itself where the page is not seen.
    ada.page.evaluate("() => window.__locks[0].release()")
    ada.show(False)
    ada.page.wait_for_timeout(300)
    assert ada.page.evaluate(held) == 0
    ada.show(True)
    wait_for(lambda: ada.page.evaluate(held) == 1, message="The page is seen again.")
    ada.button("leave").tap()
    wait_for(lambda: ada.page.evaluate(held) == 0, message="The call is over.")


def box(locator: Locator) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    found = locator.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def is_free(locator: Locator, size: tuple[int, int], insets: Insets) -> bool:
    """Whether nothing of the screen's frame lies over it."""
    left, top, right, bottom = box(locator)
    width, height = size
    inside_x = left >= insets.left and right <= width - insets.right
    return inside_x and top >= insets.top and bottom <= height - insets.bottom


@pytest.mark.usefixtures("small_cameras")
@pytest.mark.long
def test_nothing_is_under_a_notch_or_a_keyboard_however_the_phone_is_held(
    phone: MakePhone, participant: MakeParticipant, room: str
) -> None:
    ada, ben = phone("Ada", IPHONE_WEB_VIEW), participant("Ben")
    enter(ada, room)
    ben.join(room)
    ada.sees(ben)
    for size, insets in ((PORTRAIT, Insets(top=47, bottom=34)), (LANDSCAPE, Insets(left=47, right=47, bottom=21))):
        ada.page.set_viewport_size({"width": size[0], "height": size[1]})
        ada.inset(insets)
        for one in (ada.tile(ada), ada.tile(ben), ada.button("toggle-mic"), ada.button("leave")):
            expect(one).to_be_in_viewport(ratio=1)
            wait_for(partial(is_free, one, size, insets), message=f"{one} lies under something.")

    ada.page.set_viewport_size({"width": PORTRAIT[0], "height": PORTRAIT[1]})
    ada.inset(Insets(top=47, bottom=34))
    ada.button("toggle-chat").tap()
    ada.keyboard(KEYBOARD_HEIGHT)
    seen = PORTRAIT[1] - KEYBOARD_HEIGHT
    wait_for(lambda: seen - 80 <= box(ada.button("chat-input"))[3] <= seen, message="It stands on the keyboard.")
    ada.button("chat-input").fill("On my way")
    ada.button("chat-send").tap()
    ada.keyboard(0)
    wait_for(lambda: box(ada.button("chat-input"))[3] > seen, message="The keyboard is gone.")
    ben.button("toggle-chat").click()
    expect(ben.button("chat-message")).to_have_text(["On my way"])
