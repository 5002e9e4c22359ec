"""People whose microphones send one tone each (`tones.js`), and what the others' pages play of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jwt
from playwright.sync_api import expect

from tests.e2e.participant import wait_for
from tests.e2e.server import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant

_FUNCTION: Final = (Path(__file__).parent / "tones.js").read_text(encoding="utf-8").strip().removesuffix(";")
# In Hz: who speaks in the meeting, interpreters into German (two), Ukrainian and French.
FLOOR, GERMAN, SECOND_GERMAN, UKRAINIAN, FRENCH = 440, 880, 1100, 1320, 1760
TONES: Final = (FLOOR, GERMAN, SECOND_GERMAN, UKRAINIAN, FRENCH)
# Between a tone at a low volume and what encoders make of the silence beside another one.
AUDIBLE_DB: Final = -55.0
# The original beside an interpreter, at 15 % of its volume.
SOFT_DB: Final = -16.5
TOLERANCE_DB: Final = 3.0


def speaker(participant: MakeParticipant, name: str, frequency: int = 0) -> Participant:
    """Somebody who sends this tone; or nothing (0), but listens."""
    person = participant(name, (1000, 640))
    person.context.add_init_script(f"({_FUNCTION})({json.dumps({'frequency': frequency})})")
    return person


def token(room: str, **claims: Any) -> str:
    return jwt.encode({"roomId": room, **claims}, KEY, "HS256")


def interpret(person: Participant, room: str, language: str, interface: str = "call") -> None:
    """Come in as an interpreter into a language, with the tutorial's token; the microphone is on."""
    claims = {"role": "interpreter", "featureInterpreters": True, "intLang": language}
    person.join(room, interface, token=token(room, **claims))


def choose(person: Participant, language: str) -> None:
    """Choose a language; "" is the original."""
    relay = person.button(f"relay-{language or 'floor'}")
    if person.button("booth").count():
        relay.check(force=True)
        return
    if not person.button("language-box").count():
        person.button("toggle-language").click()
    option = person.page.locator(f'[data-testid=language-option][data-language="{language}"]')
    option.click()
    expect(option).to_have_attribute("aria-checked", "true")
    person.page.keyboard.press("Escape")


def levels(person: Participant) -> dict[int, float]:
    """The tones that somebody hears, with their levels in dB."""
    told = person.page.evaluate("(tones) => __levels(tones)", TONES)
    return {tone: level for tone, level in zip(TONES, told, strict=True) if level > AUDIBLE_DB}


def hears(person: Participant, *tones: int, timeout_s: float = 40) -> dict[int, float]:
    """Wait until somebody hears these and no others, twice in turn and as loud: their levels.

    A sound that begins, or misses a packet, is softer for a moment.
    """
    seen: list[dict[int, float]] = []

    def settled() -> bool:
        seen.append(levels(person))
        person.page.wait_for_timeout(200)
        if len(seen) < 2 or any(set(one) != set(tones) for one in seen[-2:]):
            return False
        return all(abs(seen[-1][tone] - seen[-2][tone]) < 1 for tone in tones)

    try:
        wait_for(settled, timeout_s)
    except AssertionError as error:
        raise AssertionError(f"{person} should hear {tones}, and hears {seen[-1]}") from error
    return seen[-1]


def never_hears(person: Participant, *tones: int, seconds: float = 2) -> None:
    """For a while none of these are heard."""
    for _ in range(round(seconds * 5)):
        assert not set(levels(person)) & set(tones), f"{person} hears {levels(person)}"
        person.page.wait_for_timeout(200)


def languages(person: Participant) -> list[str]:
    """The languages that somebody can choose."""
    return list(_tags(person))


def _tags(person: Participant) -> Iterator[str]:
    if not person.button("toggle-language").count():
        return
    if not person.button("language-box").count():
        person.button("toggle-language").click()
    for option in person.page.get_by_test_id("language-option").all():
        tag = option.get_attribute("data-language")
        if tag:
            yield tag
    person.page.keyboard.press("Escape")
