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
