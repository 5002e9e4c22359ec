"""The whole product for tests of the Server API by curl: its commands, people in its rooms, and what curl says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.api.meeting import person
from tests.e2e.server import PROJECT, Server
from tests.rooms.client import Address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.rooms.client import Client

TIMEOUT_S = 60


def manage(server: Server, folder: Path, *arguments: str, typed: str = "") -> str:
    """What a command of the product says that runs in this folder, with that server's database."""
    return shell(f'"{sys.executable}" manage.py "$@"', folder, *arguments, typed=typed, stores=server.stores)


def shell(script: str, folder: Path, *arguments: str, typed: str = "", stores: Mapping[str, str] | None = None) -> str:
    """What a script says, run from the project's folder with the product's data; it must not fail."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script, "bash", *arguments],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "MEET_DATA_DIR": str(folder / "data"), **(stores or {})},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.asynccontextmanager
async def joined(server: Server, room_id: str, peer_id: str) -> AsyncIterator[Client]:
    """Somebody who opened the room's link at the product."""
    admission = await asyncio.to_thread(_admission, server, room_id, peer_id)
    port = urlsplit(admission["nodeUrl"]).port
    assert port is not None
    async with person(Address(port)) as client:
        await client.request("join", ticket=admission["ticket"], rtpCapabilities=client.hello["routerRtpCapabilities"])
        yield client


def _admission(server: Server, room_id: str, peer_id: str) -> dict[str, Any]:
    body = json.dumps({"interface": "call", "query": f"roomId={room_id}&peerId={peer_id}"}).encode()
    request = urllib.request.Request(f"{server.url}/tickets/", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own server
        return dict(json.load(answer))
