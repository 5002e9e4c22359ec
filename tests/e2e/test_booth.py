"""An interpreter's page: two of one language work by the keyboard alone, hand over, and are told what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.server import KEY
from tests.e2e.test_accessibility import serious

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server


pytestmark = pytest.mark.usefixtures("small_cameras")


def interpret(person: Participant, room: str, language: str = "de", **claims: Any) -> None:
    """Come in as an interpreter."""
    payload = {"role": "interpreter", "featureInterpreters": True, "intLang": language, "roomId": room, **claims}
    person.join(room, token=jwt.encode(payload, KEY, "HS256"))
    expect(person.button("booth")).to_be_visible()


def shows(person: Participant, state: str) -> None:
    """What the microphone's key shows."""
    expect(person.button("toggle-mic")).to_have_attribute("data-state", state)


def sees_live(person: Participant, partner: Participant, *, live: bool) -> None:
    line = person.page.locator(f'[data-testid=partner][data-peer-id="{partner.peer_id}"]')
    expect(line).to_have_attribute("data-live", str(live).lower())


def test_one_alone(participant: MakeParticipant, room: str, server: Server) -> None:
    ida = participant("Ida", server=server)
    interpret(ida, room)
    keyboard = ida.page.keyboard
    expect(ida.button("booth-language")).to_contain_text("Deutsch")
    for name in ("toggle-camera", "toggle-share"):
        expect(ida.button(name)).to_have_count(0)
    shows(ida, "live")

    ida.button("settings").focus()
    keyboard.press("Space")  # the microphone's, whatever has the focus
    shows(ida, "muted")
    expect(ida.button("settings-dialog")).to_have_count(0)
    keyboard.press("Space")
    shows(ida, "live")

    keyboard.down("c")
    shows(ida, "cough")
    keyboard.up("c")
    shows(ida, "live")
    ida.button("cough").hover()
    ida.page.mouse.down()
    shows(ida, "cough")
    ida.page.mouse.up()
    shows(ida, "live")

    keyboard.press("w")
    ida.button("chat-input").focus()
    keyboard.type("a cc")  # text, where one writes
    expect(ida.button("chat-input")).to_have_value("a cc")
    shows(ida, "live")
    assert serious(ida.page) == []
    keyboard.press("Escape")
    ida.page.set_viewport_size({"width": 360, "height": 740})
    assert serious(ida.page) == []
    keyboard.press("?")
    expect(ida.button("help")).to_be_visible()
    assert serious(ida.page) == []


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"featureInterpreters": False}, "featureInterpreters"),
        ({"intLang": ""}, "intLang"),
    ],
)
@pytest.mark.long
def test_a_token_that_lacks_something(
    participant: MakeParticipant, room: str, server: Server, claims: dict[str, Any], words: str
) -> None:
    ida = participant("Ida", server=server)
    interpret(ida, room, **claims)
    expect(ida.button("booth-problem")).to_contain_text(words)
    expect(ida.button("toggle-mic")).to_be_disabled()
    assert serious(ida.page) == []


@pytest.mark.long
def test_two_hand_over(participant: MakeParticipant, room: str, server: Server) -> None:
    ida, ole = participant("Ida", server=server), participant("Ole", server=server)
    interpret(ida, room)
    interpret(ole, room)
    ole.page.keyboard.press("Space")
    shows(ole, "muted")
    sees_live(ole, ida, live=True)
    sees_live(ida, ole, live=False)

    ole.page.keyboard.press("t")
    expect(ida.button("handover")).to_have_attribute("data-turn", "mayGive")
    expect(ole.button("handover")).to_have_attribute("data-turn", "requested")
    ida.page.keyboard.press("x")
    expect(ole.button("handover")).to_have_attribute("data-turn", "mayRequest")

    ida.page.keyboard.press("t")
    expect(ole.button("handover-accept")).to_be_visible()
    assert serious(ole.page) == []
    ole.button("handover-accept").focus()
    ole.page.keyboard.press("Enter")
    for person in (ida, ole):
        expect(person.button("countdown")).to_be_visible()
    shows(ida, "live")
    shows(ole, "muted")
    expect(ole.button("toggle-mic")).to_have_attribute("data-state", "live")
    expect(ida.button("toggle-mic")).to_have_attribute("data-state", "muted")
    sees_live(ida, ole, live=True)
    sees_live(ole, ida, live=False)
