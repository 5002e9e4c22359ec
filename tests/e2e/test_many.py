"""Forty people who all send: a page receives the videos that it shows, and its lists have everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.crowd import running_crowd
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

LIGHT = 40
# Tiles of a quarter of them.
SIZE = (640, 480)

pytestmark = [pytest.mark.long, pytest.mark.timeout(280)]


def tiles(watcher: Participant) -> set[str]:
    """Who of the others has a tile on this page."""
    found = watcher.page.locator('[data-testid=tile][data-self="false"]').evaluate_all(
        "tiles => tiles.map((tile) => tile.dataset.peerId)"
    )
    return {str(one) for one in found}


def test_a_page_receives_the_videos_that_it_shows_of_forty(
    server: Server, room: str, participant: MakeParticipant
) -> None:
    with running_crowd(server.url, room, LIGHT):
        watcher = participant("Watcher", SIZE)
        watcher.join(room)
        seen: set[str] = set()

        def all_seen() -> bool:
            there = tiles(watcher)
            seen.update(one for one in there if watcher.frames(one) > 0)
            return bool(there) and there <= seen

        wait_for(all_seen, 60, "Everybody with a tile should be seen.")
        assert 1 < len(seen) < LIGHT / 2
        # Videos are received of those who were shown, and of nobody else; sounds of those who have a place.
        assert len(watcher.inbound("video")) < LIGHT / 2
        assert len(watcher.inbound("audio")) <= LIGHT / 2

        watcher.page.set_viewport_size({"width": 1280, "height": 800})
        watcher.button("toggle-people").click()
        wait_for(lambda: watcher.page.locator("[data-testid=person]").count() == LIGHT + 1)
