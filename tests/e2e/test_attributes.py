"""What each attribute of a room's link does in the browser, for who has it and for the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import pytest
from playwright.sync_api import expect

from meet.attributes.schema import Origin, specs
from tests.e2e.participant import wait_for
from tests.e2e.server import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant

pytestmark = pytest.mark.usefixtures("small_cameras")
PLAYER = "https://player.example/embed/1"


def token(**claims: Any) -> str:
    return jwt.encode(claims, KEY, algorithm="HS256")


def is_shown(name: str) -> Callable[[Participant], None]:
    return lambda person: expect(person.button(name)).to_be_visible()


def is_missing(name: str) -> Callable[[Participant], None]:
    return lambda person: expect(person.button(name)).to_have_count(0)


def is_pressable(name: str, *, pressable: bool) -> Callable[[Participant], None]:
    def check(person: Participant) -> None:
        button = person.button(name)
        expect(button).to_be_enabled() if pressable else expect(button).to_be_disabled()

    return check


def has_own_name(*, shown: bool) -> Callable[[Participant], None]:
    return lambda person: expect(person.tile(person).locator(".tile-label")).to_have_count(int(shown))


def may_moderate(*, may: bool) -> Callable[[Participant], None]:
    def check(person: Participant) -> None:
        expect(person.button("toggle-people")).to_be_visible()
        expect(person.button("toggle-moderator")).to_have_count(int(may))

    return check


@dataclass(frozen=True)
class Case:
    """With these attributes all `checks` hold. `warns` is what the console says of them, a line each."""

    attributes: dict[str, str]
    checks: tuple[Callable[[Participant], None], ...]
    interface: str = "call"
    claims: dict[str, Any] = field(default_factory=dict)
    warns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.interface} {' '.join([*self.attributes, *self.claims]) or 'nothing'}"


# Attributes that have nothing to do with one another are in one page: each page takes seconds.
CASES = [
    Case(
        {},
        (
            is_shown("leave"),
            is_pressable("toggle-chat", pressable=True),
            is_missing("toggle-hand"),
            has_own_name(shown=True),
            may_moderate(may=False),
        ),
    ),
    Case({"controlsDisabled": "true"}, (is_missing("leave"),)),
    Case(
        {"disableChat": "true", "handEnabled": "true", "hideIndicators": "true"},
        (is_pressable("toggle-chat", pressable=False), is_shown("toggle-hand"), has_own_name(shown=False)),
    ),
    Case(
        {"disbleChat": "true", "handEnabled": "1", "lang": "de-AT"},
        (is_pressable("toggle-chat", pressable=False), is_shown("toggle-hand"), is_shown("leave")),
    ),
    Case(
        {},
        (is_pressable("toggle-chat", pressable=False), is_shown("toggle-hand")),
        claims={"disableChat": True, "handEnabled": True},
    ),
    Case({}, (may_moderate(may=True),), claims={"role": "moderator"}),
    Case(
        {
            "controlsDisabled": "yes",
            "handEnabled": "2",
            "hideIndicators": "nope",
            "role": "moderator",
            "lang": "xx",
            "video": "http://player.example",
            "waitingRoom": "true",
        },
        (
            is_shown("leave"),
            is_missing("toggle-hand"),
            has_own_name(shown=True),
            may_moderate(may=False),
            is_missing("video-embed"),
        ),
        warns=(
            "controlsDisabled must be true or false",
            "handEnabled must be",
            "hideIndicators must be",
            "role can be given in a token only",
            "lang must be one of",
            "video must be an address",
            "waitingRoom can be given in a token only",
        ),
    ),
    Case({"handenabled": "true"}, (is_missing("toggle-hand"),), warns=("did you mean handEnabled?",)),
    Case({}, (is_missing("toggle-camera"),), interface="webinar"),
    Case({"itisparticipant": "true"}, (is_shown("toggle-camera"),), interface="webinar"),
    Case({}, (is_shown("toggle-camera"),), interface="webinar", claims={"itisparticipant": True}),
    Case(
        {"itisparticipant": "x", "autoplayWithoutAudioTrack": "true"},
        (is_missing("toggle-camera"), is_missing("toggle-mic")),
        interface="webinar",
        warns=("itisparticipant must be",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_attributes_of_one_alone(participant: MakeParticipant, room: str, case: Case) -> None:
    ada = participant("Ada")
    signed = {"token": token(**case.claims)} if case.claims else {}
    query = {"displayName": "Ada", "nameScreenDisabled": "true", **case.attributes, **signed}
    ada.open(room, case.interface, **query)
    ada.button("room").wait_for()
    for check in case.checks:
        check(ada)
    warnings = [message for message in ada.messages if message.startswith("warning: meet:")]
    assert len(warnings) == len(case.warns), warnings
    for said in case.warns:
        assert any(said in warning for warning in warnings), said


# Without those that decide whether there is a page at all.
WRONG = [spec for _field, spec, _default in specs() if spec.name not in {"roomId", "token"}]


@pytest.mark.parametrize("first", range(4))
def test_no_attribute_breaks_the_page_by_a_wrong_value(participant: MakeParticipant, room: str, first: int) -> None:
    """Each fourth one in turn, in one tab."""
    ada = participant("Ada")
    for spec in WRONG[first::4]:
        query = urlencode({"roomId": room, spec.name: "\x00<b>wrong</b>"})
        ada.page.goto(f"{ada.url}/call/?{query}")
        if Origin.URL in spec.restricts:
            expect(ada.page.get_by_text(f"{spec.name} must be")).to_be_visible()
            ada.messages.clear()  # of the page that refuses, which is 400 and says why
        else:
            expect(ada.button("name-input"), spec.name).to_be_visible()
        assert ada.page.locator("b", has_text="wrong").count() == 0, spec.name


# --- attributes that show only with others in the room ------------------------------------------------------------


def test_peer_id_and_display_name_are_what_others_see(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.peer_id = "ben@shop.example"
    ben.open(room, displayName="Ben Bitdiddle", nameScreenDisabled="true")
    expect(ada.tile("ben@shop.example")).to_contain_text("Ben Bitdiddle")


def test_max_broadcasters_keeps_the_next_one_quiet(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.open(room, maxBroadcasters="1", displayName="Ben", nameScreenDisabled="true")
    ben.sees(ada)
    if ben.button("toggle-camera").get_attribute("aria-pressed") != "true":
        ben.button("toggle-camera").click()
    expect(ben.button("toast").first).to_contain_text("limit")
    ada.button("leave").click()


def test_max_watchers_keeps_the_next_one_out(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.open(room, maxWatchers="1", displayName="Ben", nameScreenDisabled="true")
    ben.button("closed").wait_for()
    expect(ada.tile(ben)).to_have_count(0)


def test_sort_peers_brings_cameras_to_the_front(participant: MakeParticipant, room: str) -> None:
    ada, dark, bright = participant("Ada"), participant("Dark"), participant("Bright")
    dark.join(room)
    dark.button("toggle-camera").click()
    bright.join(room)

    ada.open(room, displayName="Ada", nameScreenDisabled="true")
    ada.sees(bright)
    wait_for(lambda: _order(ada, dark, bright) == ["Dark", "Bright"])
    ada.open(room, displayName="Ada", nameScreenDisabled="true", sortPeers="true")
    ada.sees(bright)
    wait_for(lambda: _order(ada, dark, bright) == ["Bright", "Dark"])


def _order(viewer: Participant, *people: Participant) -> list[str]:
    """The names as read: line by line, from the left."""
    found = []
    for person in people:
        box = viewer.tile(person).bounding_box()
        if box is None:
            return []
        found.append((round(box["y"]), round(box["x"]), person.name))
    return [name for _, _, name in sorted(found)]


def test_start_with_fs_fills_the_screen_with_the_first_click(participant: MakeParticipant, room: str) -> None:
    ada = participant("Ada")
    ada.open(room, displayName="Ada", nameScreenDisabled="true", startWithFS="true")
    ada.button("room").wait_for()
    assert ada.page.evaluate("document.fullscreenElement") is None
    ada.page.mouse.click(5, 5)
    wait_for(lambda: ada.page.evaluate("document.fullscreenElement !== null"))


def test_a_video_is_watched_by_everybody(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    for person in (ada, ben):
        person.context.route("https://player.example/**", lambda route: route.fulfill(body="<p>The player</p>"))
    ada.join(room, token=token(role="moderator", roomId=room))
    ben.join(room, token=token(video=PLAYER, roomId=room))
    for person in (ada, ben):
        expect(person.button("video-embed").locator("iframe")).to_have_attribute("src", PLAYER)
    expect(ben.button("stop-video")).to_have_count(0)
    ada.button("video-embed").hover()
    ada.button("stop-video").click()
    for person in (ada, ben):
        expect(person.button("video-embed")).to_have_count(0)


def test_the_waiting_room(participant: MakeParticipant, room: str) -> None:
    ada, ben, cleo = participant("Ada"), participant("Ben"), participant("Cleo")
    ada.join(room, token=token(role="moderator", waitingRoom=True, roomId=room))
    ben.open(room, displayName="Ben", nameScreenDisabled="true")
    ben.button("waiting").wait_for()
    expect(ada.button("door")).to_contain_text("Ben")
    ada.button("admit").click()
    ben.button("room").wait_for()
    expect(ada.tile(ben)).to_be_visible()
    cleo.open(room, displayName="Cleo", nameScreenDisabled="true")
    cleo.button("waiting").wait_for()
    ada.button("reject").click()
    cleo.button("closed").wait_for()


def test_minimize_tiles_puts_more_people_on_one_screen(participant: MakeParticipant, room: str) -> None:
    others = [participant(name) for name in ("Ben", "Cleo", "Dan", "Eve")]
    for person in others:
        person.open(room, displayName=person.name, nameScreenDisabled="true")
        person.button("room").wait_for()
    ada = participant("Ada", (320, 330))

    def tiles(**attributes: str) -> int:
        ada.open(room, displayName="Ada", nameScreenDisabled="true", **attributes)
        ada.button("tile").first.wait_for()
        expect(ada.button("participant-count")).to_have_attribute("data-count", "5")
        return ada.button("tile").count()

    few, many = tiles(), tiles(minimizeTiles="true")
    assert few < many == 5


def test_the_language(participant: MakeParticipant, room: str) -> None:
    ada = participant("Ada")
    words = set()
    for language in ("en", "fr", "de", "lb", "ru"):
        ada.open(room, lang=language)
        expect(ada.page.locator(f"html[lang={language}]")).to_have_count(1)
        if language != "en":
            expect(ada.button("join")).not_to_have_text("Join")
        words.add(ada.button("join").text_content())
    assert len(words) == 5
