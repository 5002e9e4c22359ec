"""docs/start.md, followed with its own page and its own commands: the page has a call in it, and hears and mutes."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from meet.config import PROJECT
from tests.e2e.participant import wait_for
from tests.e2e.server import answers
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("small_cameras")]

DOC = (PROJECT / "docs" / "start.md").read_text(encoding="utf-8")
ROOM = "team42"


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Iterator[str]:
    """Steps 2 and 3: the page's address; only the ports are others."""
    (page,) = re.findall(r"```html\n(.*?)```", DOC, re.DOTALL)
    install, serve = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
    assert install == "make run\n"
    assert page.count("http://localhost:8000/") == 2
    (tmp_path / "page.html").write_text(page.replace("http://localhost:8000", server.url), encoding="utf-8")
    (tmp_path / "favicon.ico").touch()  # browsers ask for it by themselves
    port = free_port()
    command = serve.replace("8080", str(port))
    web = subprocess.Popen(["bash", "-euc", f"exec {command}"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        address = f"http://localhost:{port}/page.html"
        wait_for(lambda: answers(address))
        yield address
    finally:
        web.kill()
        web.wait(10)


def test_a_page_of_ones_own_has_a_call_in_it(site: str, participant: MakeParticipant) -> None:
    ada, bob = participant("Ada"), participant("Bob")
    ada.page.goto(site)
    room = ada.page.frame_locator("#room")
    room.get_by_test_id("join").click()
    room.get_by_test_id("leave").wait_for()
    assert ada.page.locator("#who").inner_text() == "nobody yet"
    bob.join(ROOM)
    wait_for(lambda: ada.page.locator("#who").inner_text() == "Bob")
    bob.receives("audio", 1)
    bob.receives("video", 1)
    enabled = "bridge.method({ name: 'isMicroEnabled' })"
    assert ada.page.evaluate(enabled) is True
    ada.page.get_by_role("button", name="Mute me").click()
    wait_for(lambda: ada.page.evaluate(enabled) is False)
