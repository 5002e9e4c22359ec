"""A meeting goes on through a network that is away, another one, and sleep: back without a reload, soon.

The times until the first picture moves again are printed; the bounds are those of a busy machine.
"""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.far_network import NEAR, FarNetwork, far_network, possible
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant, wait_for
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Playwright

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not possible(), reason="Only root can make network namespaces."),
]

# The aim is 3 s; eight times as much where others use the same two processors.
BACK_WITHIN_S: Final = 24.0
# Notes when a frame of somebody else is shown, and that the page is still the same.
WATCH: Final = """
(() => {
  window.__loaded = Math.random();
  window.__shown = [];
  let stream = null, count = 0;
  setInterval(() => {
    for (const video of document.querySelectorAll('[data-testid=tile] video')) {
      if (!video.srcObject || video.closest(`[data-peer-id="${window.__me}"]`)) continue;
      const frames = video.getVideoPlaybackQuality().totalVideoFrames;
      if (video.srcObject !== stream) { stream = video.srcObject; count = 0; }
      if (frames > count) { count = frames; window.__shown.push(Date.now() / 1000); }
    }
  }, 25);
})();
"""
BACK_AT: Final = "(since) => window.__shown.find((at) => at >= since) ?? null"


class Pair:
    """Ada beside the server, Ben in the far network."""

    def __init__(self, ada: Participant, ben: Participant, network: FarNetwork) -> None:
        self.ada = ada
        self.ben = ben
        self.network = network

    def back_after_s(self, since: float) -> dict[str, float]:
        """How long after `since` each has seen the other move again."""
        found: dict[str, float] = {}
        for person in (self.ada, self.ben):
            shown = partial(person.page.evaluate, BACK_AT, since)
            found[person.name] = round(float(wait_for(shown, BACK_WITHIN_S + 10)) - since, 2)
        return found

    def survives(self, name: str, trouble: Callable[[], None]) -> None:
        """Both see each other again after `trouble`, on the same pages, with what was on."""
        loaded = [person.page.evaluate("window.__loaded") for person in (self.ada, self.ben)]
        began = time.time()
        trouble()
        ended = time.time()
        back = self.back_after_s(ended + 0.2)  # what is on its way doesn't count
        print(json.dumps({"case": name, "trouble_s": round(ended - began, 1), "back_s": back}))  # noqa: T201
        assert max(back.values()) < BACK_WITHIN_S
        self.ada.sees(self.ben, timeout_s=30)
        self.ben.sees(self.ada, timeout_s=30)
        self.ada.hears(1, timeout_s=30)
        self.ben.hears(1, timeout_s=30)
        assert [person.page.evaluate("window.__loaded") for person in (self.ada, self.ben)] == loaded


@pytest.fixture(scope="module")
def places(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Browser, Browser, FarNetwork]]:
    folder = tmp_path_factory.mktemp("survival")
    with far_network() as network, running_server(folder / "server", host="0.0.0.0", media_ip=NEAR) as server:  # noqa: S104
        url = f"http://{NEAR}:{server.port}"
        arguments = [*CHROMIUM_ARGUMENTS, f"--unsafely-treat-insecure-origin-as-secure={url}"]
        near = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        far = playwright.chromium.launch(executable_path=network.browser(folder), args=arguments)
        yield url, near, far, network
        near.close()
        far.close()


@pytest.fixture
def pair(places: tuple[str, Browser, Browser, FarNetwork], room: str) -> Iterator[Pair]:
    url, near, far, network = places
    ada, ben = Participant(near, url, "Ada", (800, 600)), Participant(far, url, "Ben", (800, 600))
    for person in (ada, ben):
        person.context.add_init_script(WATCH)
        person.context.add_init_script(f"window.__me = {json.dumps(person.peer_id)}")
        person.join(room)
    ada.sees(ben, timeout_s=30)
    ben.sees(ada, timeout_s=30)
    yield Pair(ada, ben, network)
    for person in (ada, ben):
        person.close()


@pytest.mark.parametrize("seconds", [5, 15, 30])
def test_no_network_for_a_while(pair: Pair, seconds: int) -> None:
    def trouble() -> None:
        pair.network.cut(noticed=False)
        time.sleep(seconds)
        pair.network.mend()

    pair.survives(f"no network for {seconds} s", trouble)


def test_a_cable_out_and_in_again(pair: Pair) -> None:
    def trouble() -> None:
        pair.network.cut(noticed=True)
        time.sleep(10)
        pair.network.mend()

    pair.survives("cable out for 10 s", trouble)


def test_another_address(pair: Pair) -> None:
    pair.survives("another address", pair.network.move)


def test_sleep(pair: Pair) -> None:
    def trouble() -> None:
        pair.network.stop()
        time.sleep(20)
        pair.network.wake()

    pair.survives("sleep", trouble)
