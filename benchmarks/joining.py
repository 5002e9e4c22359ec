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
# What a page-speed check looks at: first contentful paint and readiness in ms, and the script's octets on the wire.
LOAD = """
() => {
  const scripts = performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('.js'));
  return {
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    ready: performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
    script: scripts.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  };
}
"""


def measure(browser: Browser, url: str, joins: int) -> tuple[list[float], list[dict[str, float]]]:
    """Milliseconds from click to frame, and what loading the page took, for each join."""
    first_frames: list[float] = []
    loads: list[dict[str, float]] = []
    sender = Participant(browser, url, "Sender")
    sender.join("bench")
    for number in range(joins):
        guest = Participant(browser, url, f"Guest{number}")
        guest.open("bench")
        guest.page.get_by_test_id("name-input").fill(guest.name)
        loads.append(guest.page.evaluate(LOAD))
        guest.page.wait_for_timeout(1500)  # people look at the welcome screen
        guest.page.evaluate(WATCH)
        guest.page.get_by_test_id("join").click()
        first_frames.append(float(guest.page.evaluate(ANSWER)))
        guest.close()
    sender.close()
    return first_frames, loads


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
        first_frames, loads = measure(browser, server.url, options.joins)
        browser.close()
    rows = [
        {
            "what": what,
            "p50 ms": percentile(values, 0.5),
            "p95 ms": percentile(values, 0.95),
            "max ms": max(values),
            "times": len(values),
        }
        for what, values in (
            ("click on Join to first frame", first_frames),
            ("page opened to first contentful paint", [load["paint"] for load in loads]),
            ("page opened to ready", [load["ready"] for load in loads]),
        )
    ]
    print_table("Joining a call on loopback", rows)
    script_kb = loads[0]["script"] / 1000
    print(f"  script of the first load, compressed: {script_kb:.1f} kB")
    save("joining", {"times": rows, "script_kb": script_kb})


if __name__ == "__main__":
    main()
