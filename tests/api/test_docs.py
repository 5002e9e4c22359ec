"""docs/api.md, step by step as a new reader does it: in a shell, against the whole product."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from meet.api import description
from meet.config import PROJECT
from tests.api.product import joined, manage, shell
from tests.e2e.server import Server, running_server
from tests.rooms.guests import OPUS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(180)

PAGE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path) as running:
        yield running


async def test_the_page_leads_from_nothing_to_a_muted_room(server: Server, tmp_path: Path) -> None:
    make_token, ask, act, log_in = (
        block.replace("http://localhost:8000", server.url).replace(".venv/bin/python", f"'{sys.executable}'")
        for block in BLOCKS
    )

    async def run(*blocks: str) -> str:
        return await asyncio.to_thread(shell, "\n".join(blocks), tmp_path)

    answer = await run(make_token, ask)
    assert f"`{answer}`" in PAGE
    async with joined(server, "team42", "ada") as ada:
        await ada.request("produce", kind="audio", source="mic", rtpParameters=OPUS)
        said, _, muted = (await run(make_token, act)).rpartition("{")
        assert [track["source"] for track in json.loads(said)["peers"][0]["tracks"]] == ["mic"]
        assert json.loads("{" + muted) == {"muted": True}
        assert await ada.event("trackStopped") == {"device": "mic"}
    typed = "correct horse battery\n"
    await asyncio.to_thread(manage, tmp_path, "create_user", "default", "ada", "--ask-password", typed=typed)
    assert json.loads(await run(make_token, log_in)).keys() == {"access", "refresh"}


def test_the_page_has_the_requests_that_there_are_and_no_other() -> None:
    paths = description.described()["paths"]
    described = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    written = re.findall(r"`(GET|POST|DELETE) (/[^` ]+)`", PAGE)
    found = {(method, re.sub(r":(\w+)", r"{\1}", path.rstrip("/"))) for method, path in written}
    assert found == described, "give each request its row in the table of docs/api.md"
