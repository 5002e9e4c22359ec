"""The most telling cases of `make bench-network`, with bounds that a busy machine keeps as well.

What they can tell is whether the node adapts at all: where it does not, most packets find a full queue and most of the
time no picture moves. The benchmark has the aims.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.network.cases import CASES, Case
from benchmarks.network.media import make_media
from benchmarks.network.participants import chromium_arguments
from benchmarks.network.run import Stage, play
from tests.e2e.participant import CHROMIUM
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SECRET_KEY = secrets.token_hex(32)
# A camera that is cheap to encode leaves time for the network.
FRAMES_PER_S = 10


def figures(name: str, stage: Stage) -> dict[str, Any]:
    played = play(case(name), stage)
    found: dict[str, Any] = played["figures"]
    print(name, found, played["machine"])  # noqa: T201 - shown where a test fails
    return found


def case(name: str) -> Case:
    return next(one for one in CASES if one.name == name)


@pytest.fixture(scope="module")
def stage(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("network")
    media = make_media(folder, FRAMES_PER_S)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=chromium_arguments(media))
    with running_server(folder / "server", secret_key=SECRET_KEY) as server:
        yield Stage(server, SECRET_KEY, media, browser)
    browser.close()


def test_a_twentieth_of_packets_lost_is_repaired(stage: Stage) -> None:
    found = figures("loss-5", stage)
    assert found["lost_packets"] > 50
    assert found["frozen_share"] < 0.2
    assert found["concealed_share"] < 0.1


def test_a_narrow_link_gets_what_it_carries(stage: Stage) -> None:
    found = figures("steady-500k-1s", stage)
    assert found["dropped_share"] < 0.25
    assert found["frozen_share"] < 0.3
    assert found["width"] < 1280


def test_a_rate_that_drops_is_followed_down_and_up(stage: Stage) -> None:
    found = figures("drop-and-return", stage)
    assert found["dropped_share"] < 0.25
    assert found["frozen_share"] < 0.3
    assert found["full_again_s"] is not None


def test_after_ten_seconds_without_network_pictures_come_again(stage: Stage) -> None:
    found = figures("outage-10", stage)
    assert found["back_s"] is not None
    assert found["back_s"] < 12
