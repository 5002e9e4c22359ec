"""A room larger than one node: some of its people receive from another one, and each node is killed in turn."""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.cluster.test_serve_nodes import node_pids, receivers
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant, wait_for
from tests.e2e.server import Server, running_server

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Playwright

logger = logging.getLogger(__name__)

# About a second.
FRAMES = 12

pytestmark = [pytest.mark.long, pytest.mark.timeout(280)]


def all_see_each_other(people: list[Participant], timeout_s: float = 60) -> float:
    """Wait until each has been shown a second of everybody else; how long that took, in seconds.

    A video that is made anew counts its frames from the beginning.
    """
    began = time.monotonic()
    pairs = [(one, other) for one in people for other in people if one is not other]
    least = {pair: one.frames(other) for pair in pairs for one, other in [pair]}
    waiting = set(pairs)

    def none_waits() -> bool:
        for one, other in list(waiting):
            shown = one.frames(other)
            least[one, other] = min(least[one, other], shown)
            if shown - least[one, other] >= FRAMES:
                waiting.discard((one, other))
        return not waiting

    wait_for(none_waits, timeout_s, str(waiting))
    return time.monotonic() - began


def kill(server: Server, name: str) -> None:
    """`kill -9` for a node; the supervisor starts it again."""
    os.kill(node_pids(server)[name], signal.SIGKILL)


def test_three_people_on_two_nodes_each_of_which_is_killed(playwright: Playwright, tmp_path: Path) -> None:
    with running_server(tmp_path, nodes="2", receivers_per_node="1", media_ip="127.0.0.1") as server:
        wait_for(lambda: set(receivers(server)) == {"serv0", "serv1"}, 60)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        people = [
            Participant(browser, server.url, name, (640, 480), small_camera=True) for name in ("Ada", "Ben", "Cleo")
        ]
        for one in people:
            one.join("serv0large")
            time.sleep(1.5)  # rows are written each second
        all_see_each_other(people)
        # One at the home, one on the other node; the third where there was place, though both were at their marks.
        wait_for(lambda: sum(receivers(server).values()) == 3 and receivers(server)["serv1"] >= 1, 60)

        kill(server, "serv1")  # which has part of the room
        branch_s = all_see_each_other(people)
        wait_for(lambda: set(node_pids(server)) == {"serv0", "serv1"}, 60)
        time.sleep(5)  # the lease of the first one's name
        kill(server, "serv0")  # the home
        home_s = all_see_each_other(people)
        logger.info("Together again %.1f s after the end of a branch, %.1f s after that of the home", branch_s, home_s)
        browser.close()
