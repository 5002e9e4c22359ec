"""A way for media between browsers and a server on which datagrams get lost."""

from __future__ import annotations

import random
import selectors
import socket
import threading
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

LOOPBACK: Final = "127.0.0.1"
_BUFFER: Final = 4 * 1024 * 1024
_MAX_DATAGRAM: Final = 2048
# Sends the page's media along the way, whatever address the server tells.
_DETOUR: Final = """
((port) => {
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/^(a=candidate:\\S+ \\d udp \\d+) \\S+ \\d+ /gm, `$1 127.0.0.1 ${port} `);
    return original.call(this, { type: description.type, sdp });
  };
})
"""


class LossyWay:
    """Takes datagrams to a server's port and back, but loses a share of each direction's."""

    def __init__(self, port: int, loss: float) -> None:
        self.lost = 0
        self.passed = 0
        self._server = (LOOPBACK, port)
        self._loss = loss
        self._random = random.Random(7)  # noqa: S311 - not a secret
        self._selector = selectors.DefaultSelector()
        self._front = self._socket()
        self._front.bind((LOOPBACK, 0))
        self._behind: dict[tuple[str, int], socket.socket] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lossy way", daemon=True)

    def lead(self, context: BrowserContext) -> None:
        """Have the media of a context's pages go this way."""
        context.add_init_script(f"{_DETOUR.strip()}({self._front.getsockname()[1]})")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()
        for one in (self._front, *self._behind.values()):
            one.close()
        self._selector.close()

    def _socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._selector.register(made, selectors.EVENT_READ)
        return made

    def _run(self) -> None:
        browsers: dict[socket.socket, tuple[str, int]] = {}
        while not self._over.is_set():
            for key, _ in self._selector.select(0.2):
                come = key.fileobj
                assert isinstance(come, socket.socket)
                for data, source in _datagrams(come):
                    if come is not self._front:
                        self._pass(data, self._front, browsers[come])
                        continue
                    if source not in self._behind:
                        self._behind[source] = self._socket()
                        browsers[self._behind[source]] = source
                    self._pass(data, self._behind[source], self._server)

    def _pass(self, data: bytes, way: socket.socket, target: tuple[str, int]) -> None:
        if self._random.random() < self._loss:
            self.lost += 1
            return
        self.passed += 1
        try:
            way.sendto(data, target)
        except OSError:  # nobody is there any more
            self.lost += 1


def _datagrams(come: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
    """All that wait."""
    found = []
    while True:
        try:
            found.append(come.recvfrom(_MAX_DATAGRAM))
        except OSError:
            return found
