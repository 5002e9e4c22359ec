"""Many people: a page receives the videos that it shows, draws what is in view, and its lists have everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.crowd import running_crowd
from tests.e2e.participant import wait_for
from tests.e2e.server import KEY

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

LIGHT = 40
PRESENT = 200
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


class Finger:
    """One that touches a participant's page; a mouse does not leaf through tiles."""

    def __init__(self, watcher: Participant) -> None:
        self.page = watcher.page
        self.session = watcher.context.new_cdp_session(watcher.page)
        self.session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def swipe(self, over: Locator) -> None:
        """From the right to the left, across the middle of this element."""
        box = over.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        for kind, part in (("touchStart", 0.9), ("touchMove", 0.5), ("touchMove", 0.1), ("touchEnd", None)):
            points = [] if part is None else [{"x": box["x"] + part * box["width"], "y": y}]
            self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def zoom(self, scale: float) -> None:
        self.session.send("Emulation.setPageScaleFactor", {"pageScaleFactor": scale})


def test_a_finger_across_the_tiles_turns_the_page(server: Server, room: str, participant: MakeParticipant) -> None:
    with running_crowd(server.url, room, 0, LIGHT):
        watcher = participant("Watcher", SIZE)
        watcher.join(room, token=jwt.encode({"role": "moderator", "roomId": room}, KEY, "HS256"))
        area = watcher.page.locator(".tiles")
        pager = watcher.button("pager")
        finger = Finger(watcher)
        expect(area).to_have_css("touch-action", "pan-y pinch-zoom")
        finger.swipe(area)
        expect(pager).to_contain_text("2 /")

        # A page that is zoomed moves under it.
        finger.zoom(2)
        expect(area).to_have_css("touch-action", "auto")
        finger.swipe(area)
        finger.zoom(1)
        expect(area).to_have_css("touch-action", "pan-y pinch-zoom")

        # And what lies open over the tiles is not the tiles.
        watcher.page.locator("[data-testid=tile] [data-testid=person-menu]").first.press("Enter")
        finger.swipe(watcher.page.get_by_role("menu"))
        expect(pager).to_contain_text("2 /")
        watcher.page.keyboard.press("Escape")
        finger.swipe(area)
        expect(pager).to_contain_text("3 /")


def test_the_list_of_two_hundred_people_draws_those_in_view(
    server: Server, room: str, participant: MakeParticipant
) -> None:
    with running_crowd(server.url, room, 0, PRESENT):
        watcher = participant("Watcher", (1280, 800))
        watcher.join(room)
        expect(watcher.button("participant-count")).to_have_text(str(PRESENT + 1))
        watcher.button("toggle-people").click()
        rows = watcher.page.get_by_test_id("person")
        expect(rows.first).to_have_attribute("aria-setsize", str(PRESENT + 1))
        assert rows.count() < PRESENT / 2

        last = watcher.page.locator(f'[data-testid=person][aria-posinset="{PRESENT + 1}"]')
        expect(last).to_have_count(0)
        watcher.page.locator(".people-scroll").evaluate("area => area.scrollTo(0, area.scrollHeight)")
        expect(last).to_be_in_viewport()
        assert rows.count() < PRESENT / 2

        # A row with the keyboard's focus is drawn wherever the list is scrolled to: else the keyboard scrolls no more.
        area = watcher.page.locator(".people-scroll")
        area.evaluate("area => area.scrollTo(0, 0)")
        button = watcher.page.locator('[data-testid=person][aria-posinset="3"]').get_by_role("button").first
        button.focus()
        area.evaluate("area => area.scrollTo(0, area.scrollHeight / 2)")
        expect(watcher.page.locator(f'[data-testid=person][aria-posinset="{PRESENT // 2}"]')).to_be_in_viewport()
        expect(button).to_be_focused()
        scrolled = area.evaluate("area => area.scrollTop")
        watcher.page.keyboard.press("PageDown")
        wait_for(lambda: area.evaluate("area => area.scrollTop") > scrolled)

        # The field stays in view, and finds who is not drawn.
        search = watcher.button("people-search")
        expect(search).to_be_in_viewport()
        search.fill("p07")
        expect(rows).to_have_count(1)
        expect(rows).to_have_attribute("data-peer-id", "peer-P07")
