"""A node that has as much to do as it can: who is in stays, who comes is told, and comes in by itself later."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.participant import Participant, wait_for
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.e2e.server import Server

# A process that may run for 20 ms only after 40 ms is late with everything.
STOPPED_S = 0.04
RUNNING_S = 0.02
# Levels come one after the other, each after some seconds.
LEVELS_S = 60
# The page asks again within a minute.
AGAIN_S = 100


@contextlib.contextmanager
def late(server: Server) -> Iterator[None]:
    """Have the server's node be late with everything meanwhile."""
    node, over = server.child("node"), threading.Event()

    def hold_up() -> None:
        while not over.wait(RUNNING_S):
            os.kill(node, signal.SIGSTOP)
            over.wait(STOPPED_S)
            os.kill(node, signal.SIGCONT)

    thread = threading.Thread(target=hold_up)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.long
def test_a_newcomer_is_told_that_the_server_is_busy_and_comes_in_by_itself_later(
    tmp_path: Path, browser: Browser
) -> None:
    with running_server(tmp_path, full_percent="1") as server:
        ada, ben = Participant(browser, server.url, "Ada"), Participant(browser, server.url, "Ben")
        ada.join("busy")
        with late(server):
            wait_for(lambda: "NO_NEWCOMERS" in server.log.read_text(), LEVELS_S, "the node is full")
            ben.open("busy")
            ben.page.get_by_test_id("name-input").fill("Ben")
            ben.page.get_by_test_id("join").click()
            closed = ben.page.get_by_test_id("closed")
            expect(closed).to_be_visible()
            assert closed.get_attribute("data-code") == "serverBusy"
            expect(ben.page.get_by_test_id("again")).to_contain_text("tries again by itself in")
            expect(ben.page.get_by_test_id("retry")).to_be_visible()
        expect(ben.tile(ada)).to_be_visible(timeout=AGAIN_S * 1000)
        expect(ada.tile(ben)).to_be_visible()
        ada.close()
        ben.close()
