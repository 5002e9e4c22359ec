"""Participants without media, who come in as pages do: with a ticket that web gives them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

PING_S: Final = 0.5
RETRY_S: Final = 0.3


class Wanderer:
    """Somebody in a room, who comes back whenever the connection ends. All times are Unix times."""

    def __init__(self, url: str, room: str, peer_id: str) -> None:
        self._url = url
        self._query = f"roomId={room}&peerId={peer_id}"
        self.peer_id = peer_id
        self.came: list[tuple[float, str]] = []
        self.lost: list[tuple[float, str]] = []
        self.pongs: list[float] = []

    def back_after_s(self, since: float) -> float:
        """How long after a time they were in again; of who was never out the next answer counts."""
        if any(at >= since for at, _ in self.lost):
            return next((at for at, _ in self.came if at >= since), float("inf")) - since
        return next((at for at in self.pongs if at >= since), float("inf")) - since

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._stay()
            except (OSError, WebSocketException, TimeoutError, urllib.error.URLError, LookupError) as error:
                self._note(f"{type(error).__name__}: {error}")
            await asyncio.sleep(RETRY_S)

    async def _stay(self) -> None:
        admission = await asyncio.to_thread(self._admission)
        async with connect(admission["nodeUrl"], subprotocols=["meet.v1"], open_timeout=3) as socket:  # type: ignore[list-item]
            hello = await self._until(socket, lambda frame: frame.get("event") == "hello")
            join = {"ticket": admission["ticket"], "rtpCapabilities": hello["data"]["routerRtpCapabilities"]}
            await socket.send(json.dumps({"id": 1, "method": "join", "data": join}))
            answer = await self._until(socket, lambda frame: frame.get("id") == 1)
            if not answer["ok"]:
                raise LookupError(answer["error"]["code"])
            self.came.append((time.time(), admission["nodeUrl"]))
            number = 1
            while True:
                number += 1
                await socket.send(json.dumps({"id": number, "method": "ping", "data": {}}))
                await self._until(socket, lambda frame, number=number: frame.get("id") == number)
                self.pongs.append(time.time())
                await asyncio.sleep(PING_S)

    async def _until(self, socket: ClientConnection, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                frame: dict[str, Any] = json.loads(await socket.recv())
                if wanted(frame):
                    return frame

    def _admission(self) -> dict[str, Any]:
        body = json.dumps({"interface": "call", "query": self._query}).encode()
        request = urllib.request.Request(f"{self._url}/tickets/", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=8) as answer:  # noqa: S310 - our own server
            return dict(json.load(answer))

    def _note(self, why: str) -> None:
        if len(self.lost) < len(self.came):  # not each attempt to come back
            self.lost.append((time.time(), why))


@contextlib.asynccontextmanager
async def wandering(*people: Wanderer) -> AsyncIterator[None]:
    """They are in, as far as anybody is, for as long as the block lasts."""
    tasks = [asyncio.create_task(one.run()) for one in people]
    try:
        async with asyncio.timeout(60):
            while not all(one.came for one in people):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
