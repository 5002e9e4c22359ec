"""A signalling client for tests, on real sockets."""

from __future__ import annotations

import asyncio
import json
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.client import connect

from rooms.nodes.tickets import sign
from rooms.state.ticket import Ticket

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from websockets.asyncio.client import ClientConnection

TIMEOUT_S = 30.0


def ticket(room_id: str, peer_id: str, *, node: str = "serv0", account_id: int = 1, **more: Any) -> str:
    """A valid ticket; `more` are its other fields."""
    return sign(Ticket(account_id, room_id, node, peer_id, **{"display_name": peer_id, "name_fixed": False, **more}))


class Address:
    """Where a node listens."""

    def __init__(self, port: int, certificate: Path | None = None) -> None:
        self.port = port
        self.tls = ssl.create_default_context(cafile=certificate) if certificate is not None else None
        self.websocket = f"ws{'s' if self.tls else ''}://127.0.0.1:{port}/ws/serv0/"

    def health(self) -> dict[str, Any]:
        """What `/healthz` says."""
        url = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/healthz"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=self.tls) as answer:  # noqa: S310 - our own
            return dict(json.load(answer))

    async def rooms_gone(self) -> bool:
        """Whether the node has no rooms any more, soon."""
        for _ in range(300):
            health = await asyncio.to_thread(self.health)
            if health["rooms"] == health["peers"] == 0:
                return True
            await asyncio.sleep(0.1)
        return False


class Refusal(Exception):
    """The server said no."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["code"])
        self.code = error["code"]
        self.message = error["message"]


class Client:
    """One connection. `async with Client(address) as client`; `events` are those that nobody has waited for yet."""

    def __init__(self, address: Address, **options: Any) -> None:
        self._address = address
        # What comes is read at once: a client whose queue is full does not see the end of its connection either.
        self._options = {
            "subprotocols": ["meet.v1"], "max_size": None, "max_queue": None, "open_timeout": TIMEOUT_S, **options,
        }  # fmt: skip
        self._last_id = 0
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[int | None, dict[str, Any]] = {}
        self.socket: ClientConnection
        self.hello: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        self.socket = await connect(self._address.websocket, **self._options)
        frame = json.loads(await asyncio.wait_for(self.socket.recv(), TIMEOUT_S))
        assert frame["event"] == "hello"
        self.hello = frame["data"]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self.socket.close()

    async def send(self, frame: str | bytes | dict[str, Any]) -> None:
        """Send a frame as it is, or as JSON."""
        await self.socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def request(self, method: str, **data: Any) -> dict[str, Any]:
        """Ask and wait for the answer's data. Raises `Refusal`."""
        self._last_id += 1
        await self.send({"id": self._last_id, "method": method, "data": data})
        return self.unwrap(await self.answer(self._last_id))

    async def join(
        self, room_id: str, peer_id: str, admission: dict[str, Any] | None = None, **data: Any
    ) -> dict[str, Any]:
        """Join with all that the node can do; `admission` is what the ticket says besides."""
        return self.unwrap(await self.answer(await self.ask_to_join(room_id, peer_id, admission, **data)))

    async def ask_to_join(
        self, room_id: str, peer_id: str, admission: dict[str, Any] | None = None, **data: Any
    ) -> int:
        """Send a `join` and don't wait; its id."""
        self._last_id += 1
        shown = ticket(room_id, peer_id, **(admission or {}))
        join = {"ticket": shown, "rtpCapabilities": self.hello["routerRtpCapabilities"], **data}
        await self.send({"id": self._last_id, "method": "join", "data": join})
        return self._last_id

    async def answer(self, request_id: int | None) -> dict[str, Any]:
        """The whole frame that answers a request."""
        while request_id not in self.answers:
            await self._receive()
        return self.answers.pop(request_id)

    async def event(self, name: str, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        """The data of the next event of that name."""
        async with asyncio.timeout(timeout_s):
            while True:
                for index, (event, data) in enumerate(self.events):
                    if event == name:
                        del self.events[index]
                        return data
                await self._receive(timeout_s)

    async def closed(self) -> int | None:
        """The code that the server closes with."""
        async with asyncio.timeout(TIMEOUT_S):
            await self.socket.wait_closed()
        return self.socket.close_code

    async def drain(self) -> None:
        """Wait until the server has taken everything, and take what it has said; a busy room may still be at work."""
        await self.request("ping")

    @staticmethod
    def unwrap(answer: dict[str, Any]) -> dict[str, Any]:
        """An answer's data. Raises `Refusal`."""
        if not answer["ok"]:
            raise Refusal(answer["error"])
        return dict(answer["data"])

    async def _receive(self, timeout_s: float = TIMEOUT_S) -> None:
        frame = json.loads(await asyncio.wait_for(self.socket.recv(), timeout_s))
        if "event" in frame:
            self.events.append((frame["event"], frame["data"]))
        else:
            self.answers[frame["id"]] = frame
