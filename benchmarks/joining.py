"""Time from the click on Join to the first frame of somebody who is in the room already, in real Chromium.

Starts the product on loopback with one participant who sends; another one joins again and again. Run as
`python -m benchmarks.joining`; figures go to `benchmarks/out/joining.json`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import percentile, print_table, save
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant
from tests.e2e.server import running_server

# In the page: the moment of the first frame of each video that is not the own one.
WATCH = """
() => {
  window.__click = new Promise((resolve) => document.querySelector('[data-testid=join]')
    .addEventListener('click', () => resolve(performance.now()), { capture: true, once: true }));
  window.__first = new Promise((resolve) => {
    const look = () => {
      for (const video of document.querySelectorAll('[data-testid=tile]:not([data-self=true]) video')) {
        if (video.__watched) continue;
        video.__watched = true;
        video.requestVideoFrameCallback(() => resolve(performance.now()));
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true });
    look();
  });
}
"""
# A camera's usual pace: at the tests' 10 frames a second, up to 100 ms of the answer is waiting for the next frame.
ARGUMENTS = [argument.replace("fps=10", "fps=30") for argument in CHROMIUM_ARGUMENTS]
ANSWER = "async () => (await window.__first) - (await window.__click)"
PAGE_READY = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def measure(browser: Browser, url: str, joins: int) -> tuple[list[float], list[float]]:
    """Milliseconds from click to frame, and from navigation to a page that is ready, for each join."""
    first_frames: list[float] = []
    ready: list[float] = []
    sender = Participant(browser, url, "Sender")
    sender.join("bench")
    for number in range(joins):
        guest = Participant(browser, url, f"Guest{number}")
        guest.open("bench")
        guest.page.get_by_test_id("name-input").fill(guest.name)
        ready.append(float(guest.page.evaluate(PAGE_READY)))
        guest.page.wait_for_timeout(1500)  # people look at the welcome screen
        guest.page.evaluate(WATCH)
        guest.page.get_by_test_id("join").click()
        first_frames.append(float(guest.page.evaluate(ANSWER)))
        guest.close()
    sender.close()
    return first_frames, ready


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--joins", type=int, default=20)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        first_frames, ready = measure(browser, server.url, options.joins)
        browser.close()
    rows = [
        {
            "what": what,
            "p50 ms": percentile(values, 0.5),
            "p95 ms": percentile(values, 0.95),
            "max ms": max(values),
            "times": len(values),
        }
        for what, values in (("click on Join to first frame", first_frames), ("page opened to ready", ready))
    ]
    print_table("Joining a call on loopback", rows)
    save("joining", rows)


if __name__ == "__main__":
    main()
