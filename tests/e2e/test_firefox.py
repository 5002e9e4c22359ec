"""Firefox in a call with Chromium: pictures and sound both ways, chat, a moderator, and a node that is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.bidi import FIREFOX, running_firefox
from tests.e2e.firefox import FirefoxPerson
from tests.e2e.participant import wait_for
from tests.e2e.server import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not Path(FIREFOX).exists(), reason="Firefox is not installed (firefox-esr)."),
    pytest.mark.usefixtures("small_cameras"),
]

# WebDriver's name of the key.
ENTER: Final = "\ue007"


@pytest.fixture
def fox(server: Server, tmp_path: Path) -> Iterator[FirefoxPerson]:
    """Somebody in a Firefox of their own; fails on errors in their page."""
    with running_firefox(tmp_path / "firefox") as session:
        person = FirefoxPerson(session, server.url, "Fox")
        yield person
        messages = person.messages
        person.close()
        assert messages == []


def test_chat_and_a_moderators_actions(participant: MakeParticipant, fox: FirefoxPerson, room: str) -> None:
    mona = participant("Mona")
    mona.join(room, token=jwt.encode({"role": "moderator", "roomId": room}, KEY, "HS256"))
    fox.join(room)
    mona.sees(fox.peer_id)
    fox.click("toggle-chat")
    fox.fill("chat-input", "Hello from Firefox")
    fox.tab.type(ENTER)
    mona.button("toggle-chat").click()
    expect(mona.button("chat-message")).to_contain_text(["Hello from Firefox"])
    mona.button("chat-input").fill("Hello Firefox")
    mona.button("chat-input").press("Enter")
    wait_for(lambda: "Hello Firefox" in (fox.text('[data-testid="chat-panel"]') or ""))

    mona.button("toggle-people").click()
    row = mona.page.locator(f'[data-testid=person][data-peer-id="{fox.peer_id}"]')
    row.get_by_test_id("person-menu").click()
    mona.button("stop-mic").click()
    off = "() => document.querySelector('[data-testid=\"toggle-mic\"]').getAttribute('aria-pressed') === 'false'"
    wait_for(lambda: fox.tab.evaluate(off), message="A moderator has turned it off.")
    row.get_by_test_id("person-menu").click()
    mona.button("kick").click()
    fox.wait("closed")


def test_pictures_and_sound_go_both_ways_also_after_a_node_was_lost(
    participant: MakeParticipant, fox: FirefoxPerson, room: str, server: Server
) -> None:
    ben = participant("Ben")
    fox.join(room)
    ben.join(room)
    fox.sees()
    os.kill(server.child("node"), signal.SIGKILL)
    fox.wait("reconnecting")
    fox.gone("reconnecting", 40)
    fox.sees(30)
    ben.sees(fox.peer_id, timeout_s=30)
    fox.hears()
    ben.hears(1)
    fox.messages.clear()
    ben.messages.clear()
