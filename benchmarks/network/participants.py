"""Who takes part in a case: pages in Chromium that write down their own statistics twice a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error

from tests.e2e.participant import CHROMIUM_ARGUMENTS, Participant

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from benchmarks.network.media import Media
    from benchmarks.network.run import Way

# Large enough that a tile beside another one is worth the largest layer.
WINDOW: Final = (1600, 900)
# In the page: what getStats says, each entry reduced to what is used, with the time in ms since 1970.
SAMPLER: Final = """
(() => {
  const INBOUND = ['ssrc', 'kind', 'trackIdentifier', 'bytesReceived', 'packetsReceived', 'packetsLost',
    'framesDecoded', 'framesDropped', 'frameWidth', 'frameHeight', 'freezeCount', 'totalFreezesDuration', 'nackCount',
    'pliCount', 'concealedSamples', 'silentConcealedSamples', 'totalSamplesReceived', 'jitterBufferDelay',
    'jitterBufferEmittedCount', 'keyFramesDecoded'];
  const OUTBOUND = ['ssrc', 'kind', 'rid', 'active', 'bytesSent', 'retransmittedBytesSent', 'framesEncoded',
    'frameWidth', 'framesPerSecond', 'targetBitrate', 'qualityLimitationReason', 'totalEncodeTime', 'nackCount',
    'pliCount', 'keyFramesEncoded'];
  const pick = (entry, names) => Object.fromEntries(names.filter((name) => entry[name] !== undefined)
    .map((name) => [name, entry[name]]));
  window.__samples = [];
  setInterval(async () => {
    const sample = { t: Date.now(), inbound: [], outbound: [], pairs: [], tiles: [] };
    await Promise.all(window.__connections.map(async (connection, index) => {
      if (connection.connectionState === 'closed') return;
      (await connection.getStats()).forEach((entry) => {
        if (entry.type === 'inbound-rtp') sample.inbound.push({ pc: index, ...pick(entry, INBOUND) });
        if (entry.type === 'outbound-rtp') sample.outbound.push({ pc: index, ...pick(entry, OUTBOUND) });
        if (entry.type === 'candidate-pair' && entry.nominated) {
          sample.pairs.push({ pc: index, ...pick(entry, ['currentRoundTripTime', 'availableOutgoingBitrate']) });
        }
      });
    }));
    for (const tile of document.querySelectorAll('[data-testid=tile]:not([data-self=true])')) {
      const track = tile.querySelector('video')?.srcObject?.getVideoTracks()[0];
      sample.tiles.push([tile.dataset.peerId, track?.id ?? null]);
    }
    window.__samples.push(sample);
  }, 500);
})();
"""


def chromium_arguments(media: Media) -> list[str]:
    """How Chromium is started: as for the browser tests, but with our files for devices."""
    common = [one for one in CHROMIUM_ARGUMENTS if not one.startswith("--use-fake-device-for-media-stream")]
    return [*common, *media.arguments]


class Caller(Participant):
    """A page behind a link. Who doesn't send has its devices off."""

    def __init__(self, browser: Browser, way: Way, name: str, *, sends: bool) -> None:
        super().__init__(browser, way.url(name), name, WINDOW)
        self._sends = sends
        way.lead(self.context, name)
        self.context.add_init_script(SAMPLER)

    def enter(self, room: str) -> None:
        """Join as somebody would."""
        self.prepare(room)
        self.go_in()

    def prepare(self, room: str) -> None:
        """Open the page and get ready."""
        self.open(room)
        self.page.get_by_test_id("name-input").fill(self.name)
        for device in ("toggle-mic", "toggle-camera"):
            button = self.button(device)
            button.wait_for()
            if not self._sends and button.get_attribute("aria-pressed") == "true":
                button.click()

    def go_in(self) -> None:
        """Press Join."""
        self.page.get_by_test_id("join").click()
        self.button("leave").wait_for(timeout=60_000)

    def samples(self) -> list[dict[str, Any]]:
        """All statistics so far; none of a page that has crashed."""
        try:
            found: list[dict[str, Any]] = self.page.evaluate("() => window.__samples")
        except Error:
            return []
        return found
