"""The node's own estimate of what each participant's link carries, asked over its control API as web asks."""

from __future__ import annotations

import secrets
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from rooms.control.requests import PATH, DescribeRoom
from rooms.control.signing import Signed, derive_key

if TYPE_CHECKING:
    from tests.e2e.server import Server

NODE: Final = "serv0"
# The account of rooms that nobody has claimed, on a server with nothing but its defaults.
ACCOUNT: Final = 1
INTERVAL_S: Final = 0.5


class Estimates:
    """Asks twice a second, as a context manager. `curves` are Unix time and bits/s by participant."""

    def __init__(self, server: Server, secret_key: str, room: str) -> None:
        self._url = f"http://127.0.0.1:{server.control_port}{PATH}"
        self._key = derive_key(secret_key)
        self._room = room
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="estimates", daemon=True)
        self.curves: dict[str, list[tuple[float, float]]] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(INTERVAL_S):
            try:
                room = self._describe()
            except (OSError, msgspec.MsgspecError):
                continue
            for peer in room["peers"]:
                if peer.get("estimateBps") is not None:
                    self.curves.setdefault(peer["peerId"], []).append((time.time(), float(peer["estimateBps"])))

    def _describe(self) -> Any:
        body = msgspec.json.encode(DescribeRoom(ACCOUNT, self._room))
        signed = Signed(NODE, "POST", PATH, str(int(time.time())), secrets.token_hex(16), body)
        headers = {
            "Content-Type": "application/json",
            "X-Meet-Time": signed.time,
            "X-Meet-Nonce": signed.nonce,
            "X-Meet-Signature": signed.signature(self._key),
        }
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())
