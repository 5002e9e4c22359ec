"""How good a meeting was: what two browsers measure and the node counts arrives on the admin's page of the meeting."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import administrator
from tests.e2e.participant import wait_for
from tests.e2e.test_accessibility import serious

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

# Each page looks every 5 s and tells from the second look on.
TOLD_AFTER_MS = 17_000

# Lets a test say what the server would say. The page's socket is the one that it sends on.
TOLD = """
(() => {
  const send = WebSocket.prototype.send;
  let socket;
  WebSocket.prototype.send = function (text) {
    socket = this;
    return send.call(this, text);
  };
  window.__told = (event, data) =>
    socket.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ event, data }) }));
})();
"""


@pytest.mark.long
def test_a_weak_connections_badge_explains_itself_to_who_uses_the_keyboard(
    participant: MakeParticipant, room: str
) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.context.add_init_script(TOLD)
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    badge = ada.tile(ben).get_by_test_id("quality-badge")
    expect(badge).to_have_count(0)
    ada.page.evaluate("(peerId) => window.__told('qualityChanged', { peerId, quality: 'poor' })", ben.peer_id)
    expect(badge).to_have_attribute("aria-expanded", "false")

    badge.focus()
    ada.page.keyboard.press("Enter")
    explanation = ada.page.get_by_role("dialog", name=re.compile("Ben"))
    expect(explanation).to_be_focused()
    expect(explanation.get_by_test_id("quality-cause").first).not_to_be_empty()
    expect(explanation).to_contain_text(re.compile(r"\d+ × \d+"), timeout=TOLD_AFTER_MS)  # noqa: RUF001 - how sizes are written
    expect(badge).to_have_attribute("aria-expanded", "true")

    # Who reads reads on, though the connection gets better meanwhile.
    for quality in ("good", "poor"):
        ada.page.evaluate(
            "(told) => window.__told('qualityChanged', told)", {"peerId": ben.peer_id, "quality": quality}
        )
        expect(explanation).to_be_focused()
    assert serious(ada.page) == []
    ada.page.evaluate("(told) => window.__told('qualityChanged', told)", {"peerId": ben.peer_id, "quality": "poor"})
    ada.page.keyboard.press("Escape")
    expect(explanation).to_have_count(0)
    expect(badge).to_be_focused()


@pytest.mark.long
def test_real_numbers_of_two_browsers_are_on_the_page_of_their_meeting(
    participant: MakeParticipant, room: str, browser: Browser, server: Server
) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    ben.sees(ada)
    ada.page.wait_for_timeout(TOLD_AFTER_MS)
    for somebody in (ada, ben):
        somebody.button("leave").click()

    admin = administrator(browser, server)
    try:
        admin.goto(f"{server.url}/admin/stats/session/?q={room}")
        admin.get_by_role("link", name=re.compile(f"Quality of the meeting of {ada.peer_id}")).click()

        def both() -> bool:
            admin.reload()
            return admin.get_by_test_id("meeting-person").count() == 2

        wait_for(both, message="samples of both")
        expect(admin.get_by_role("heading", name=room)).to_be_visible()
        for name in ("Ada", "Ben"):
            plot = admin.get_by_role("img", name=re.compile(f"Bits a second of {name}"))
            expect(plot).to_have_attribute("aria-label", re.compile(r"Upload: [\d.]+ [kM]?bit/s on average"))
            row = (
                admin.get_by_test_id("meeting-person")
                .filter(has_text=name)
                .get_by_role("row")
                .filter(has_text="Upload")
            )
            expect(row).to_contain_text(re.compile(r"\d+×\d+"))  # noqa: RUF001 - how sizes are written
        assert serious(admin) == []

        with admin.expect_download() as downloading:
            admin.get_by_role("link", name="Download (JSON)").click()
        found: dict[str, Any] = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    finally:
        admin.context.close()
    assert {one["name"] for one in found["participants"]} == {"Ada", "Ben"}
    for sender in (ada, ben):
        up, down = (
            [one for one in found["samples"] if (one["person_id"], one["direction"]) == (sender.peer_id, direction)]
            for direction in ("up", "down")
        )
        for samples in (up, down):
            assert max(one["bitrate_bps"] for one in samples) > 20_000
            assert any((one["width"] or 0) >= 160 and (one["frame_rate"] or 0) > 0 for one in samples)
            assert all(one["loss"] is None or one["loss"] < 0.5 for one in samples)
        assert any(one["round_trip_ms"] is not None for one in up + down)
