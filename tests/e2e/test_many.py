"""Sixty people who all send: a page receives the videos that it shows, and its lists have everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.crowd import running_crowd
from tests.e2e.participant import wait_for
from tests.e2e.test_twelve import shown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

LIGHT = 60
# Fewer tiles than cameras of which everybody would have all.
SIZE = (1000, 700)

pytestmark = [pytest.mark.long, pytest.mark.timeout(280)]


def tiles(watcher: Participant) -> list[str]:
    """Who of the others has a tile on this page."""
    found = watcher.page.locator('[data-testid=tile][data-self="false"]').evaluate_all(
        "tiles => tiles.map((tile) => tile.dataset.peerId)"
    )
    return [str(one) for one in found]


def sees_all(watcher: Participant) -> bool:
    """Whether pictures of all are shown who have a tile."""
    return all(watcher.frames(one) > 0 for one in tiles(watcher))


def test_a_page_receives_the_videos_that_it_shows_of_sixty(
    server: Server, room: str, participant: MakeParticipant, tmp_path: Path
) -> None:
    with running_crowd(server.url, room, LIGHT):
        watcher = participant("Watcher", SIZE)
        watcher.join(room)
        wait_for(lambda: shown(watcher) > 5, 30)
        wait_for(lambda: sees_all(watcher), 40, "A page of tiles has pictures.")
        first = set(tiles(watcher))
        assert len(first) < LIGHT / 2
        # Videos are received of those who were shown, and of nobody else.
        assert len(watcher.inbound("video")) < LIGHT / 2

        watcher.page.locator("[data-testid=pager] button").last.click()
        wait_for(lambda: bool(set(tiles(watcher)) - first), 10)
        wait_for(lambda: sees_all(watcher), 40, "So has the next one.")
        watcher.page.screenshot(path=tmp_path / "tiles.png")
        # Who is loud changes what is where; there is sound of some, and not of everybody.
        assert 0 < len(watcher.inbound("audio")) <= LIGHT / 2

        watcher.button("toggle-people").click()
        wait_for(lambda: watcher.page.locator("[data-testid=person]").count() == LIGHT + 1, 20)
        watcher.page.screenshot(path=tmp_path / "people.png")
