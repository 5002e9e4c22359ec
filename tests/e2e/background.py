"""A Chromium that slows its hidden tabs down, and somebody who goes to another tab of it.

Playwright has all pages shown and in focus, and Chromium's switches of the other tests let hidden pages run on. A
browser that was started without it, and that it joins without its defaults, has tabs as everybody's browser has them.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Playwright

LISTENING: Final = re.compile(r"DevTools listening on (ws://\S+)")
# After so long out of sight a page without connections gets a timer a minute; it would be 5 minutes otherwise.
GRACE_S: Final = 5
NOT_SLOWED_DOWN: Final = (
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
)
ARGUMENTS: Final = (
    "--headless",
    "--lang=en-US",
    "--window-size=1280,800",
    "--remote-debugging-port=0",
    f"--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/{GRACE_S}",
    *(argument for argument in CHROMIUM_ARGUMENTS if argument not in NOT_SLOWED_DOWN),
)
# Counts what timers a page gets.
TICKS: Final = "window.__ticks = 0; setInterval(() => { window.__ticks += 1; }, 100);"


@contextmanager
def slowing_browser(playwright: Playwright, folder: Path) -> Iterator[Browser]:
    """One with a profile in this folder, which has one window with tabs."""
    command = [CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        address = next(found[1] for found in map(LISTENING.search, process.stderr) if found)
        browser = playwright.chromium.connect_over_cdp(address, no_defaults=True)
        yield browser
        browser.close()
    finally:
        process.terminate()
        process.wait(10)


class TabUser(Participant):
    """Somebody in a tab of the browser's window, beside whose tab there can be another one."""

    def __init__(self, browser: Browser, url: str, name: str) -> None:
        super().__init__(browser, url, name, small_camera=True, scripts=(TICKS,))

    def _begin(self, browser: Browser, size: tuple[int, int], emulated: dict[str, Any]) -> BrowserContext:  # noqa: ARG002
        return browser.contexts[0]

    def goes_elsewhere(self) -> None:
        """Open another tab, which hides this one."""
        self.context.new_page().bring_to_front()
        self.page.wait_for_function("document.visibilityState === 'hidden'", polling=100)

    def returns(self) -> None:
        """Go back to the tab of the meeting."""
        self.page.bring_to_front()

    def timers_per_s(self, seconds: float) -> float:
        """How many of ten timers a second its page gets at the moment."""
        before = self._ticks()
        self.page.wait_for_timeout(seconds * 1000)
        return (self._ticks() - before) / seconds

    def close(self) -> None:
        self.page.close()

    def _ticks(self) -> int:
        return int(self.page.evaluate("window.__ticks"))
