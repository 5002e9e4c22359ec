"""The admin's overview by the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import administrator
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server


@pytest.mark.long
def test_arrows_go_from_bar_to_bar_of_a_plot_and_tab_to_the_next_one(
    browser: Browser, participant: MakeParticipant, room: str, server: Server
) -> None:
    ada = participant("Ada")
    ada.join(room)
    ada.button("leave").click()
    page = administrator(browser, server)

    def has_plots() -> bool:
        page.goto(f"{server.url}/admin/")
        return page.locator("svg[data-bars] a").count() > 0

    wait_for(has_plots, message="There has been a meeting, and the overview should show it.")
    first, second = (page.locator("svg[data-bars]").nth(number).locator("a") for number in (0, 1))
    last = first.count() - 1
    first.nth(last).focus()
    for key, number in (("ArrowLeft", last - 1), ("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("End", last)):
        page.keyboard.press(key)
        expect(first.nth(number)).to_be_focused()
    page.keyboard.press("Tab")
    expect(second.last).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(first.nth(last)).to_be_focused()
    page.context.close()
