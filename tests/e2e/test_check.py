"""`/check`: what the page finds with good devices and a good way, and what it says where something is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.embedding import ALLOW, Host, embedding_site
from tests.e2e.test_accessibility import serious

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

# Ten seconds are measured; the rest is time for a busy machine.
MEASURED_MS = 60_000


@pytest.fixture(scope="module")
def site(server: Server) -> Iterator[str]:
    with embedding_site(server.url) as origin:
        yield origin


def go_through(page: Any) -> None:
    """Start, hear the sound, and wait for the verdict."""
    page.get_by_test_id("check-start").click()
    page.get_by_test_id("check-yes").click(timeout=MEASURED_MS)
    page.get_by_test_id("check-verdict").wait_for(timeout=MEASURED_MS)


def states(page: Page) -> dict[str, str | None]:
    steps = ("camera", "microphone", "speakers", "connection", "bandwidth")
    return {step: page.get_by_test_id(f"check-{step}").get_attribute("data-state") for step in steps}


def test_devices_and_network_are_good(participant: MakeParticipant, server: Server) -> None:
    ada = participant("Ada")
    page = ada.page
    page.goto(f"{server.url}/check")
    assert serious(page) == []
    page.get_by_test_id("check-start").click()
    expect(page.get_by_test_id("check-picture")).to_be_visible()
    page.get_by_test_id("check-yes").click(timeout=MEASURED_MS)
    page.get_by_test_id("check-skip-bandwidth").click(timeout=MEASURED_MS)
    page.get_by_test_id("check-verdict").wait_for()
    assert states(page) == {
        "camera": "ok",
        "microphone": "ok",
        "speakers": "ok",
        "connection": "ok",
        "bandwidth": "skipped",
    }
    expect(page.get_by_test_id("check-connection")).to_contain_text("UDP")
    assert serious(page) == []


@pytest.mark.long
def test_the_page_around_it_hears_the_result(browser: Browser, server: Server, site: str) -> None:
    host = Host(browser, server.url, site, "Ada")
    try:
        host.page.goto(site)
        embed = "([src, allow]) => { window.bridge = attach(embed(src, allow), ''); }"
        host.page.evaluate(embed, [f"{server.url}/check?lang=de", ALLOW])
        frame = host.page.frame_locator("iframe")
        expect(frame.get_by_test_id("check-start")).to_have_text("Test beginnen")
        go_through(frame)
        result = host.hears_event("checkResult", camera="ok", microphone="ok", speakers="ok")
        assert result["verdict"] in {"hd", "video", "audio"}  # a busy machine measures little
        assert result["connection"]["protocol"] == "udp"
        assert result["connection"]["signalling"] is True
        assert result["bandwidth"]["upBps"] > 50_000
        assert result["bandwidth"]["downBps"] > 50_000
        assert host.refused("join") == "notJoined"
    finally:
        host.close()


@pytest.mark.long
def test_who_may_not_use_devices_is_told_what_helps_and_comes_back(participant: MakeParticipant, room: str) -> None:
    ada = participant("Ada")
    denied = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('No.', 'NotAllowedError'))"
    ada.context.add_init_script(denied)
    ada.open(room, lang="fr")
    ada.button("to-check").first.click()
    page = ada.page
    page.get_by_test_id("check-start").click()
    page.get_by_test_id("check-no").click(timeout=MEASURED_MS)
    page.get_by_test_id("check-skip-bandwidth").click(timeout=MEASURED_MS)
    verdict = page.get_by_test_id("check-verdict")
    for problem in ("camera.denied", "microphone.denied", "speakers.notHeard"):
        expect(verdict.locator(f'[data-problem="{problem}"]')).to_be_visible()
    expect(verdict).to_contain_text("Autorisez")
    page.get_by_test_id("check-back").click()
    ada.button("join").wait_for()
    assert room in page.url
