"""A person in a browser tab: what they do, see and hear."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

CHROMIUM = "/usr/bin/chromium"
# Fake cameras at 10 frames a second: several tabs encode and decode on two cores here.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
    "--auto-accept-this-tab-capture",
    "--autoplay-policy=no-user-gesture-required",
]
# Keeps the page's connections where the test can ask them for statistics.
SPY = """
(() => {
  const Original = window.RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) { super(...parameters); window.__connections.push(this); }
  };
})();
"""
# The camera gives small pictures, whatever the page would like: encoding and drawing them costs a tenth.
SMALL_CAMERA = """
(() => {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) => original(wanted?.video
    ? { ...wanted, video: { ...Object(wanted.video), width: { ideal: 320 }, height: { ideal: 180 } } } : wanted);
})();
"""
INBOUND = """
async () => {
  const found = [];
  for (const connection of window.__connections) {
    if (connection.connectionState === 'closed') continue;
    const report = await connection.getStats();
    report.forEach((entry) => {
      if (entry.type !== 'inbound-rtp') return;
      found.push({ ssrc: entry.ssrc, kind: entry.kind, frames: entry.framesDecoded ?? 0,
        energy: entry.totalAudioEnergy ?? 0, width: entry.frameWidth ?? 0, asked: entry.pliCount ?? 0,
        codec: report.get(entry.codecId)?.mimeType ?? '' });
    });
  }
  return found;
}
"""
# How many tracks of a kind bring packets, in a window that is longer than the pause between two of them.
FLOWING = """
async (kind) => {
  const counts = async () => {
    const found = new Map();
    for (const connection of window.__connections) {
      if (connection.connectionState === 'closed') continue;
      (await connection.getStats()).forEach((entry) => {
        if (entry.type === 'inbound-rtp' && entry.kind === kind) found.set(entry.ssrc, entry.packetsReceived);
      });
    }
    return found;
  };
  const before = await counts();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return [...await counts()].filter(([ssrc, count]) => count > (before.get(ssrc) ?? 0)).length;
}
"""
FRAMES = """
([peer, source]) => {
  const video = document.querySelector(
    `[data-testid=tile][data-peer-id="${CSS.escape(peer)}"][data-source="${source}"] video`);
  return video ? video.getVideoPlaybackQuality().totalVideoFrames : -1;
}
"""


def wait_for(what: Callable[[], Any], timeout_s: float = 40, message: str = "") -> Any:
    """The first true value of `what`; fails when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, f"Waited {timeout_s} s in vain. {message} Last: {value!r}"
        time.sleep(0.05)


def more_than(count: int, frames: Callable[[], int]) -> Callable[[], bool]:
    """Whether so many more have been shown by now; a video in the place of another one counts from 0."""
    before = max(frames(), 0)

    def shown() -> bool:
        nonlocal before
        now = max(frames(), 0)
        before = min(before, now)
        return now > before + count

    return shown


class Participant:
    """One tab with storage and devices of its own."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        name: str,
        size: tuple[int, int] = (1280, 800),
        *,
        small_camera: bool = False,
        scripts: Sequence[str] = (),
        **emulated: Any,
    ) -> None:
        """`scripts` run in each page before its own; `emulated` are options of Playwright's contexts."""
        self.url = url
        self.name = name
        self.peer_id = f"peer-{name}"
        self.messages: list[str] = []
        self.context = self._begin(browser, size, emulated)
        self.context.add_init_script(SPY)
        if small_camera:
            self.context.add_init_script(SMALL_CAMERA)
        for script in scripts:
            self.context.add_init_script(script)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))
        self.page.on("console", lambda entry: self._note(entry.type, entry.text))

    def _begin(self, browser: Browser, size: tuple[int, int], emulated: dict[str, Any]) -> BrowserContext:
        """Where the tab is opened."""
        return browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            permissions=["camera", "microphone"],
            locale="en-US",
            **emulated,
        )

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.messages.append(f"{kind}: {text}")

    def open(self, room: str, interface: str = "call", **attributes: str) -> None:
        """Open the room's link; the welcome screen follows unless the attributes skip it."""
        query = urlencode({"roomId": room, "peerId": self.peer_id, **attributes})
        self.page.goto(f"{self.url}/{interface}/?{query}")

    def join(self, room: str, interface: str = "call", **attributes: str) -> None:
        """Open the link, type the name, press Join."""
        self.open(room, interface, **attributes)
        self.page.get_by_test_id("name-input").fill(self.name)
        self.page.get_by_test_id("join").click()
        self.button("leave").wait_for()

    def button(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def tile(self, peer: Participant | str, source: str = "camera") -> Locator:
        peer_id = peer if isinstance(peer, str) else peer.peer_id
        return self.page.locator(f'[data-testid=tile][data-peer-id="{peer_id}"][data-source="{source}"]')

    def frames(self, peer: Participant | str, source: str = "camera") -> int:
        """Frames shown of somebody so far; -1 without a video."""
        peer_id = peer if isinstance(peer, str) else peer.peer_id
        return int(self.page.evaluate(FRAMES, [peer_id, source]))

    def sees(self, peer: Participant | str, source: str = "camera", timeout_s: float = 40) -> None:
        """Wait until several new frames of somebody have been shown."""
        wait_for(more_than(3, lambda: self.frames(peer, source)), timeout_s, f"{self.name} should see {peer}.")

    def inbound(self, kind: str) -> list[dict[str, Any]]:
        """What arrives, one entry a track."""
        entries: list[dict[str, Any]] = self.page.evaluate(INBOUND)
        return [entry for entry in entries if entry["kind"] == kind]

    def hears(self, voices: int, timeout_s: float = 40) -> None:
        """Wait until the sound of this many others arrives and is no silence."""
        before = {entry["ssrc"]: entry["energy"] for entry in self.inbound("audio")}

        def rising() -> bool:
            louder = [entry for entry in self.inbound("audio") if entry["energy"] > before.get(entry["ssrc"], 0) + 1e-6]
            return len(louder) >= voices

        wait_for(rising, timeout_s, f"{self.name} should hear {voices} others.")

    def hears_nothing(self) -> None:
        """Wait until a second brings no sound of anybody."""

        def energy() -> dict[int, float]:
            return {entry["ssrc"]: round(entry["energy"], 4) for entry in self.inbound("audio")}

        def still() -> bool:
            before = energy()
            self.page.wait_for_timeout(1000)
            return energy() == before

        wait_for(still, message=f"{self.name} should hear nobody.")

    def receives(self, kind: str, tracks: int, timeout_s: float = 40) -> None:
        """Wait until packets of exactly this many tracks of a kind arrive."""
        message = f"{self.name} should receive {tracks} tracks of {kind}."
        wait_for(lambda: self.page.evaluate(FLOWING, kind) == tracks, timeout_s, message)

    def close(self) -> None:
        self.context.close()

    def __str__(self) -> str:
        return self.name
