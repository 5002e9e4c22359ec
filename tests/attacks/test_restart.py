"""A node that is killed: a meeting that was closed to somebody is closed to them afterwards as well."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.attacks.test_budgets import KEY, admission, ask_to_join, inside, socket_at, token
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

HERE, THERE = "192.0.2.1", "203.0.113.66"


async def code(server: Server, peer_id: str) -> str:
    """What somebody is told who wants to come in, once the node is up again and has its lease."""
    deadline = time.monotonic() + 60
    while True:
        try:
            admitted = await admission(server, THERE, "closed", peerId=peer_id)
            async with socket_at(admitted, THERE) as client:
                answer: dict[str, Any] = await client.answer(await ask_to_join(client, admitted))
            said = "in" if answer["ok"] else str(answer["error"]["code"])
        except OSError:
            said = "nothing"
        if said not in {"nothing", "serverClosing"}:
            return said
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.2)


async def test_a_lock_and_a_removal_outlive_a_killed_node(tmp_path: Path) -> None:
    moderator = token(role="moderator", roomId="closed", peerId="mod")
    with running_server(tmp_path, jwt_key=KEY, behind_proxy="true") as server:
        async with (
            inside(server, HERE, "closed", token=moderator) as mod,
            inside(server, THERE, "closed", peerId="bad"),
        ):
            await mod.request("kick", peerId="bad")
            await mod.request("setLocked", locked=True)
            await asyncio.sleep(1)  # a crash at the very moment of a command may forget it
            os.kill(server.child("node"), signal.SIGKILL)
        assert await code(server, "bad") == "kicked"
        assert await code(server, "eve") == "roomLocked"
        async with inside(server, HERE, "closed", token=moderator) as mod:
            await mod.request("setLocked", locked=False)
            assert await code(server, "bad") == "kicked"
            assert await code(server, "eve") == "in"
            await mod.request("endMeeting")
        assert await code(server, "bad") == "in"
