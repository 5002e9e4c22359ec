"""Twelve people in one call; a page receives what it shows and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

OTHERS = 11
QUIET_MS = 2500


@pytest.fixture
def crowd(playwright: Playwright, server: Server) -> Iterator[list[Participant]]:
    """Eleven people with cameras at 5 frames a second, whose own pages show as little as possible."""
    arguments = [argument.replace("fps=10", "fps=5") for argument in CHROMIUM_ARGUMENTS]
    browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield [Participant(browser, server.url, f"P{number:02}", (320, 240)) for number in range(OTHERS)]
    browser.close()


def flowing(watcher: Participant) -> int:
    """Of how many videos frames arrive at the moment."""
    before = {entry["ssrc"]: entry["frames"] for entry in watcher.inbound("video")}
    watcher.page.wait_for_timeout(QUIET_MS)
    return sum(entry["frames"] > before.get(entry["ssrc"], 0) for entry in watcher.inbound("video"))


def shown(watcher: Participant) -> int:
    """How many tiles of others are on the screen."""
    return watcher.page.locator('[data-testid=tile][data-self="false"]').count()


@pytest.mark.timeout(300)
def test_twelve_people_and_only_what_is_visible_is_received(
    participant: MakeParticipant, room: str, crowd: list[Participant]
) -> None:
    for person in crowd:
        person.join(room)
    watcher = participant("Watcher", (1600, 1000))
    watcher.join(room)
    wait_for(lambda: shown(watcher) == OTHERS, 30)
    for person in crowd:
        watcher.sees(person, timeout_s=60)
    assert flowing(watcher) == OTHERS
    # All are small here: nobody's full picture is worth its bits.
    assert all(0 < entry["width"] <= 640 for entry in watcher.inbound("video"))

    watcher.page.set_viewport_size({"width": 360, "height": 480})
    wait_for(lambda: shown(watcher) < OTHERS, 10, "A phone shows a page of tiles.")
    watcher.page.wait_for_timeout(1000)
    on_screen = shown(watcher)
    assert 0 < on_screen < OTHERS
    assert flowing(watcher) == on_screen
    # Who is not visible is heard all the same.
    watcher.hears(OTHERS, timeout_s=40)
