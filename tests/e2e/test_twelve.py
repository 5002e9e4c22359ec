"""Twelve people in one call; a page receives what it shows and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.crowd import running_crowd
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

LIGHT = 10
OTHERS = LIGHT + 1
QUIET_MS = 2500


@pytest.fixture
def crowd(server: Server, room: str) -> Iterator[list[str]]:
    """Ten people with real media and without a browser; their ids."""
    with running_crowd(server.url, room, LIGHT):
        yield [f"peer-P{number:02}" for number in range(LIGHT)]


def flowing(watcher: Participant) -> int:
    """Of how many videos frames arrive at the moment."""
    before = {entry["ssrc"]: entry["frames"] for entry in watcher.inbound("video")}
    watcher.page.wait_for_timeout(QUIET_MS)
    return sum(entry["frames"] > before.get(entry["ssrc"], 0) for entry in watcher.inbound("video"))


def shown(watcher: Participant) -> int:
    """How many tiles of others are on the screen."""
    return watcher.page.locator('[data-testid=tile][data-self="false"]').count()


@pytest.mark.long
def test_twelve_people_and_only_what_is_visible_is_received(
    participant: MakeParticipant, room: str, crowd: list[str]
) -> None:
    ada = participant("Ada")
    ada.join(room)
    watcher = participant("Watcher", (1600, 1000))
    watcher.join(room)
    wait_for(lambda: shown(watcher) == OTHERS, 30)
    others: list[Participant | str] = [ada, *crowd]
    for person in others:
        watcher.sees(person)
    assert flowing(watcher) == OTHERS
    # All are small here: nobody's full picture is worth its bits.
    assert all(0 < entry["width"] <= 640 for entry in watcher.inbound("video"))

    watcher.page.set_viewport_size({"width": 360, "height": 480})
    wait_for(lambda: shown(watcher) < OTHERS, 10, "A phone shows a page of tiles.")
    # Which tiles are on the page may change while frames are counted: the loud ones come first.
    wait_for(lambda: 0 < flowing(watcher) == shown(watcher) < OTHERS, 30, "Only what is visible arrives.")
    # Who is not visible is heard all the same.
    watcher.hears(OTHERS, timeout_s=40)
