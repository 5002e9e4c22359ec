"""The curl examples of the spec, pasted with another host and token, and docs/api.md step by step as a new reader does.

In a shell, against the whole product with people in it.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.product import joined, manage, shell
from tests.e2e.server import PROJECT, Server, running_server
from tests.password import PASSWORD
from tests.rooms.guests import OPUS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


USERNAME = "carl"
# Spec: "Server Endpoints", examples 1 and 3, "Example of video server performance check", "Bearer Authentication".
DURATION = """\
curl -L -X GET 'https://webrtc3.gvideo.co/rooms/serv1l8bsg8zw/durationOfBroadcast' -H 'Authorization: Bearer eyJ0eXAiOiJKV'
"""  # noqa: E501 - as it is
CLEAR = """\
curl -L -X POST 'https://webrtc3.gvideo.co/chat/clear-rooms' \\
-H 'Authorization: Bearer eyJ0eXAiOiJKV' \\
-H 'Content-Type: application/json' \\
--data-raw '{
   "hostname": "102748.gvideo.co",
   "rooms": [
    {
      "roomId": "serv0d17nfe1s"
    }
  ]
}'
"""
PAGE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
CHECK = "https://webrtc3.gvideo.co/rooms/serv0l8bsg8zw1/durationOfBroadcast"


@dataclass(frozen=True)
class Product:
    """A running server with a user, and curl."""

    server: Server
    folder: Path
    access: str

    async def paste(self, example: str) -> tuple[int, Any]:
        """Run an example with our host and token: the status and the body."""
        script = example.replace("https://webrtc3.gvideo.co", self.server.url)
        script = script.replace("eyJ0eXAiOiJKV", self.access).replace("102748.gvideo.co", "localhost")
        return await asyncio.to_thread(curl, script, self.folder)

    async def ask(self, method: str, path: str, *options: str) -> tuple[int, Any]:
        """Anything else."""
        words = " ".join(f"'{option}'" for option in options)
        bearer = f"-H 'Authorization: Bearer {self.access}'"
        return await self.paste(f"curl -X {method} '{self.server.url}{path}' {bearer} {words}")


def curl(script: str, folder: Path) -> tuple[int, Any]:
    """The status and the body; where it is written what comes is said by a `.curlrc`, so the script is as it is."""
    (folder / ".curlrc").write_text('silent\nwrite-out = "\\n%{http_code}"\n', encoding="utf-8")
    body, status = shell(f"export CURL_HOME='{folder}'\n{script}", folder).rsplit("\n", 1)
    return int(status), json.loads(body)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    with running_server(folder, api_requests_per_second="0") as server:
        typed = PASSWORD + "\n"
        manage(server, folder, "create_user", "default", USERNAME, "--role", "admin", "--ask-password", typed=typed)
        status, tokens = log_in(server, folder, PASSWORD)
        assert status == 200
        yield Product(server, folder, tokens["access"])


def log_in(server: Server, folder: Path, password: str) -> tuple[int, Any]:
    body = json.dumps({"username": USERNAME, "password": password})
    return curl(
        f"curl -X POST '{server.url}/auth/jwt/login' -H 'Content-Type: application/json' --data-raw '{body}'", folder
    )


async def test_the_page_leads_from_nothing_to_a_muted_room(product: Product) -> None:
    server, folder = product.server, product.folder
    make_token, ask, act, log_in = (
        block.replace("http://localhost:8000", server.url).replace(".venv/bin/python", f"'{sys.executable}'")
        for block in BLOCKS
    )

    async def run(*blocks: str) -> str:
        return await asyncio.to_thread(shell, "\n".join(blocks), folder, stores=server.stores)

    answer = await run(make_token, ask)
    assert f"`{answer}`" in PAGE
    async with joined(server, "team42", "ada") as ada:
        await ada.request("produce", kind="audio", source="mic", rtpParameters=OPUS)
        said, _, muted = (await run(make_token, act)).rpartition("{")
        assert [track["source"] for track in json.loads(said)["peers"][0]["tracks"]] == ["mic"]
        assert json.loads("{" + muted) == {"muted": True}
        assert await ada.event("trackStopped") == {"device": "mic"}
    typed = "correct horse battery\n"
    await asyncio.to_thread(manage, server, folder, "create_user", "default", "ada", "--ask-password", typed=typed)
    assert json.loads(await run(make_token, log_in)).keys() == {"access", "refresh"}


async def test_how_long_a_room_existed(product: Product) -> None:
    assert (await product.paste(DURATION))[0] == 400
    async with joined(product.server, "serv1l8bsg8zw", "ada"):
        status, body = await product.paste(DURATION)
        assert (status, list(body)) == (200, ["duration"])


async def test_a_chat_is_cleared(product: Product) -> None:
    assert await product.paste(CLEAR) == (200, {"deleted": []})
    async with joined(product.server, "serv0d17nfe1s", "ada") as ada:
        await ada.request("sendChat", text="hello")
        assert await product.paste(CLEAR) == (200, {"deleted": ["serv0d17nfe1s"]})
        await ada.event("chatCleared")


async def test_a_server_is_checked_by_a_room_that_is_not_there(product: Product) -> None:
    status, body = await product.paste(f"curl '{CHECK}' -H 'Authorization: Bearer eyJ0eXAiOiJKV'")
    assert (status, body["error"]["code"]) == (400, "roomNotFound")
    status, body = await product.paste(f"curl '{CHECK}'")
    assert (status, body["error"]["code"]) == (401, "tokenMissing")


async def test_logging_in_and_going_on(product: Product) -> None:
    server, folder = product.server, product.folder
    assert log_in(server, folder, "wrong")[0] == 401
    status, tokens = log_in(server, folder, PASSWORD)
    assert (status, tokens.keys()) == (200, {"access", "refresh"})
    body = json.dumps({"refresh": tokens["refresh"]})
    refresh = f"curl -X POST '{server.url}/auth/jwt/refresh' -H 'Content-Type: application/json' --data-raw '{body}'"
    status, renewed = curl(refresh, folder)
    assert (status, renewed.keys()) == (200, {"access", "refresh"})
    check = CHECK.replace("https://webrtc3.gvideo.co", server.url)
    assert curl(f"curl '{check}' -H 'Authorization: Bearer {renewed['access']}'", folder)[0] == 400
    assert curl(refresh, folder)[0] == 401


async def test_the_other_requests_of_the_specs_table(product: Product) -> None:
    room = f"room{secrets.token_hex(4)}"
    async with joined(product.server, room, "ada") as ada, joined(product.server, room, "bob") as bob:
        assert await product.ask("GET", f"/rooms/{room}/exists") == (200, {"exists": True})
        assert await product.ask("GET", f"/rooms/{room}/numberPeers") == (200, {"numberPeers": 2})
        assert await product.ask("GET", f"/rooms/{room}/existingPeer/ada") == (200, {"exists": True})
        whom = ("-H", "Content-Type: application/json", "--data-raw", '{"peerId": "ada"}')
        assert await product.ask("POST", f"/rooms/{room}/existingPeer", *whom) == (200, {"exists": True})
        assert await product.ask("POST", f"/rooms/{room}/closePeer", *whom) == (200, {"closed": True})
        assert await ada.closed() == 4411
        assert (await product.ask("POST", f"/rooms/{room}/existingPeer", *whom))[0] == 400
        assert await product.ask("GET", f"/rooms/{room}/closeRoom") == (200, {"closed": True})
        assert await bob.closed() == 4412
    assert (await product.ask("GET", f"/rooms/{room}/exists"))[0] == 400


async def test_what_somebody_sends_is_measured(product: Product) -> None:
    room = f"room{secrets.token_hex(4)}"
    program = [sys.executable, "-m", "tests.e2e.other_client", product.server.url, room, "Pia"]
    pia = await asyncio.create_subprocess_exec(
        *program, cwd=PROJECT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    assert pia.stdin is not None
    arriving: set[str] = set()
    try:
        async with asyncio.timeout(60):
            while arriving != {"mic", "camera"}:
                status, body = await product.ask("GET", f"/rooms/{room}/peers")
                if status == 200:
                    arriving = {track["source"] for track in body["peers"][0]["tracks"] if track["bitrate"]}
    finally:
        pia.stdin.close()  # they leave
        await pia.wait()
