"""A tab in the background: its browser draws nothing and slows its timers down, and the meeting goes on."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.e2e.background import GRACE_S, TabUser, slowing_browser
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

# Of somebody who is silent a node hears again and again within 10 s, or they are gone for the others.
HIDDEN_S: Final = 25
# As many as a page in sight has, and the most of one out of sight: Chromium gives those one timer a second.
SHOWN_TIMERS_PER_S: Final = 5
HIDDEN_TIMERS_PER_S: Final = 2
# The aim is 3 s; more where others use the same processors.
BACK_WITHIN_S: Final = 15.0
LIVES: Final = "[window.__loaded ??= Math.random(), window.__connections.length]"


@pytest.fixture
def ben(playwright: Playwright, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TabUser]:
    with slowing_browser(playwright, tmp_path_factory.mktemp("browser")) as browser:
        person = TabUser(browser, server.url, "Ben")
        yield person
        person.close()
        assert not [message for message in person.messages if "error:" in message], person.messages


@pytest.mark.usefixtures("small_cameras")
def test_a_hidden_tab_hears_and_is_seen_stays_in_and_shows_pictures_again(
    participant: MakeParticipant, ben: TabUser, room: str
) -> None:
    ada = participant("Ada")
    for person in (ada, ben):
        person.join(room)
    for person, other in ((ada, ben), (ben, ada)):
        person.sees(other)
        person.hears(1)
    life = ben.page.evaluate(LIVES)
    assert ben.timers_per_s(3) > SHOWN_TIMERS_PER_S

    ben.goes_elsewhere()
    ben.receives("video", 0)
    ben.hears(1)
    ada.sees(ben)
    ada.hears(1)

    # While nothing sounds Chromium slows the page down.
    ada.button("toggle-mic").click()
    wait_for(lambda: ben.timers_per_s(GRACE_S) <= HIDDEN_TIMERS_PER_S, message="Ben's page should be slowed down.")
    slow = ben.timers_per_s(HIDDEN_S)
    assert slow <= HIDDEN_TIMERS_PER_S
    expect(ada.tile(ben)).to_have_count(1)
    ada.sees(ben)
    ada.hears(1)
    ada.button("toggle-mic").click()
    ben.hears(1)

    returned = time.monotonic()
    ben.returns()
    ben.sees(ada, timeout_s=BACK_WITHIN_S)
    back_s = time.monotonic() - returned
    print(json.dumps({"timers_per_s": round(slow, 1), "pictures_again_s": round(back_s, 2)}))  # noqa: T201
    ben.receives("video", 1)
    assert ben.page.evaluate(LIVES) == life
