"""Links of `benchmarks.link` between browsers and a server on this machine: each datagram passes, both ways.

A process of its own, so that a busy browser or test does not delay packets. A client's media and signalling are led to
ports of the emulator, which has an address of its own towards the server for each of the client's. TCP passes as what
it is for those who speak it, a stream that loses nothing: what the link loses comes later.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import selectors
import socket
import time
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.download import Download
from benchmarks.link import SLICE_S, UDP_OVERHEAD, Channel, Link, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from playwright.sync_api import BrowserContext

LOOPBACK: Final = "127.0.0.1"
SOCKET_BUFFER: Final = 4 * 1024 * 1024
MAX_DATAGRAM: Final = 2048
AT_ONCE: Final = 64
# A TCP segment with its headers, and how long a sender waits for the acknowledgement of one that was lost (RFC 6298).
TCP_SEGMENT: Final = 1448
TCP_OVERHEAD: Final = 52
TCP_WINDOW: Final = 10
# For what the kernel does at once on loopback.
TCP_TIMEOUT_S: Final = 1.0
RETRANSMISSION_S: Final = 0.2
MAX_RETRANSMISSION_S: Final = 60.0
LONGEST_SLEEP_S: Final = 0.2
READY_TIMEOUT_S: Final = 30.0
# Before its start a link's clock is that far below 0.
FAR_S: Final = 1e6
# Leads a page's media and signalling to the emulator, whatever addresses the server tells.
DETOUR: Final = """
((media, node, signalling) => {
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/^(a=candidate:\\S+ \\d udp \\d+) \\S+ \\d+ /gm, `$1 127.0.0.1 ${media} `);
    return original.call(this, { type: description.type, sdp });
  };
  if (!signalling) return;
  window.WebSocket = class extends window.WebSocket {
    constructor(address, ...others) {
      const url = new URL(address, location.href);
      if (url.port === String(node)) url.port = signalling;
      super(url.href, ...others);
    }
  };
})
"""


@dataclass(frozen=True)
class Server:
    """Where the server's media, signalling and pages are; without the last two only media passes."""

    media_port: int
    node_port: int = 0
    web_port: int = 0


@dataclass(frozen=True)
class Setup:
    """Links by name, which one each client is behind, and TCP downloads that share a link's way down: from, to."""

    links: dict[str, Link]
    clients: dict[str, str]
    downloads: dict[str, tuple[float, float]] = field(default_factory=dict)
    seed: int = 1


@dataclass(frozen=True)
class Ports:
    """Where a client's traffic enters; 0 for what does not pass."""

    media: int
    signalling: int
    pages: int


@dataclass(frozen=True)
class Log:
    """What one direction of a link did: its slices by their number since the start."""

    slices: dict[int, Slice]

    def total(self, what: str) -> int:
        """The sum of one of a slice's numbers."""
        return sum(getattr(part, what) for part in self.slices.values())

    def through_bytes(self, from_s: float, to_s: float, flow: str | None = None) -> int:
        """Bytes on the wire that left the bottleneck between two times, of one flow or of all."""
        parts = [part for number, part in self.slices.items() if from_s <= number * SLICE_S < to_s]
        return sum(part.through.total() if flow is None else part.through[flow] for part in parts)


class Emulator:
    """The process, as a context manager. Each client is led to it before its page is opened.

    Links are at their time 0 until `start`; then their schedules run.
    """

    def __init__(self, server: Server, setup: Setup) -> None:
        self._server = server
        context = multiprocessing.get_context("spawn")
        self._pipe, far_end = context.Pipe()
        self._process = context.Process(target=_run, args=(server, setup, far_end), name="emulator", daemon=True)
        self.ports: dict[str, Ports] = {}

    def __enter__(self) -> Self:
        self._process.start()
        if not self._pipe.poll(READY_TIMEOUT_S):
            self._process.kill()
            raise TimeoutError("The emulator did not come up.")
        self.ports = self._pipe.recv()
        return self

    def __exit__(self, *_exception: object) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send("end")
        self._process.join(5)
        self._process.kill()
        self._pipe.close()

    @property
    def pid(self) -> int:
        """The process's id, to see what it costs."""
        return self._process.pid or 0

    def lead(self, context: BrowserContext, client: str) -> None:
        """Have the media and the signalling of a context's pages go through this client's link."""
        ports = self.ports[client]
        context.add_init_script(f"{DETOUR.strip()}({ports.media}, {self._server.node_port}, {ports.signalling})")

    def start(self) -> float:
        """Begin the links' schedules; their time 0 in Unix time."""
        return float(self._ask("start"))

    def logs(self) -> dict[str, tuple[Log, Log]]:
        """What each link did so far, up and down."""
        found: dict[str, tuple[Log, Log]] = self._ask("logs")
        return found

    def _ask(self, what: str) -> Any:
        self._pipe.send(what)
        if not self._pipe.poll(READY_TIMEOUT_S):
            raise TimeoutError("The emulator does not answer.")
        return self._pipe.recv()


def _run(server: Server, setup: Setup, pipe: Connection) -> None:
    with contextlib.suppress(OSError):  # only root may; else packets of a busy machine may be some ms late
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    relay = _Relay(server, setup)
    pipe.send(relay.ports)
    relay.run(pipe)


class _Relay:
    """What runs in the process: sockets, a heap of what is due, and one clock."""

    def __init__(self, server: Server, setup: Setup) -> None:
        self.selector = selectors.DefaultSelector()
        self._zero = time.monotonic() + FAR_S
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._over = False
        self._channels = {
            name: (Channel(link.up, setup.seed + 2 * index), Channel(link.down, setup.seed + 2 * index + 1))
            for index, (name, link) in enumerate(setup.links.items())
        }
        self._downloads = [Download(self._channels[name][1], *times) for name, times in setup.downloads.items()]
        self._clients = {
            name: _Client(self, name, *self._channels[link], server) for name, link in setup.clients.items()
        }
        self._moves = [
            (at, self._clients[name]) for name, link in setup.clients.items() for at in setup.links[link].moves
        ]
        self.ports = {name: client.ports for name, client in self._clients.items()}

    @property
    def started(self) -> bool:
        return time.monotonic() >= self._zero

    def at(self, due: float, call: Callable[[], None]) -> None:
        """Call at a time of `time.monotonic`."""
        heappush(self._due, (due, next(self._number), call))

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        self.at(time.monotonic() + delay_s, call)

    def arrival(self, channel: Channel, size: int, flow: str) -> float | None:
        """When a packet that is sent now arrives, by `time.monotonic`; None if it doesn't."""
        arrival = channel.send(time.monotonic() - self._zero, size, flow)
        return None if arrival is None else arrival + self._zero

    def send(self, channel: Channel, size: int, flow: str, call: Callable[[], None]) -> None:
        """Send a packet through a link and call when it arrives."""
        arrival = self.arrival(channel, size, flow)
        if arrival is not None:
            self.at(arrival, call)

    def run(self, pipe: Connection) -> None:
        """Until the other end of the pipe says so or is gone."""
        self.selector.register(pipe, selectors.EVENT_READ, partial(self._told, pipe))
        while not self._over:
            self._call_due()
            sleep_s = min(LONGEST_SLEEP_S, self._due[0][0] - time.monotonic()) if self._due else LONGEST_SLEEP_S
            for key, _ in self.selector.select(max(0.0, sleep_s)):
                key.data()

    def _call_due(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            heappop(self._due)[2]()

    def _told(self, pipe: Connection) -> None:
        try:
            what = pipe.recv()
        except (EOFError, OSError):
            what = "end"
        match what:
            case "start":
                self._start()
                pipe.send(time.time())
            case "logs":
                pipe.send({name: (Log(up.slices), Log(down.slices)) for name, (up, down) in self._channels.items()})
            case _:
                self._over = True

    def _start(self) -> None:
        self._zero = time.monotonic()
        for at, client in self._moves:
            self.at(self._zero + at, client.move)
        for download in self._downloads:
            self._step(download)

    def _step(self, download: Download) -> None:
        download.step(time.monotonic() - self._zero)
        if download.due is not None:
            self.at(self._zero + download.due, partial(self._step, download))


class _Client:
    """One client's way: a UDP port for all its media, TCP ports for signalling and pages."""

    def __init__(self, relay: _Relay, name: str, up: Channel, down: Channel, server: Server) -> None:
        self._relay = relay
        self._name = name
        self._up, self._down = up, down
        self._server = (LOOPBACK, server.media_port)
        # The address towards the server of each of the client's.
        self._behind: dict[tuple[str, int], socket.socket] = {}
        self._front = self._datagram_socket()
        relay.selector.register(self._front, selectors.EVENT_READ, self._from_client)
        self.ports = Ports(
            self._front.getsockname()[1],
            self._listen(server.node_port) if server.node_port else 0,
            self._listen(server.web_port) if server.web_port else 0,
        )

    def move(self) -> None:
        """Another address, and another port for each flow: what is sent to the old one is lost."""
        for old in self._behind.values():
            self._relay.selector.unregister(old)
            old.close()
        self._behind.clear()

    def _datagram_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)  # noqa: FBT003 - socket's own signature
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        made.bind((LOOPBACK, 0))
        return made

    def _from_client(self) -> None:
        for data, source in _datagrams(self._front):
            self._relay.send(self._up, len(data) + UDP_OVERHEAD, self._name, partial(self._to_server, data, source))

    def _to_server(self, data: bytes, source: tuple[str, int]) -> None:
        behind = self._behind.get(source)
        if behind is None:
            behind = self._behind[source] = self._datagram_socket()
            self._relay.selector.register(behind, selectors.EVENT_READ, partial(self._from_server, behind, source))
        _send(behind, data, self._server)

    def _from_server(self, behind: socket.socket, source: tuple[str, int]) -> None:
        for data, _ in _datagrams(behind):
            self._relay.send(
                self._down, len(data) + UDP_OVERHEAD, self._name, partial(_send, self._front, data, source)
            )

    def _listen(self, port: int) -> int:
        listening = socket.create_server((LOOPBACK, 0))
        listening.setblocking(False)  # noqa: FBT003 - socket's own signature
        self._relay.selector.register(listening, selectors.EVENT_READ, partial(self._connected, listening, port))
        return int(listening.getsockname()[1])

    def _connected(self, listening: socket.socket, port: int) -> None:
        with contextlib.suppress(OSError):
            near, _ = listening.accept()
            far = socket.create_connection((LOOPBACK, port), timeout=TCP_TIMEOUT_S)
            near.settimeout(TCP_TIMEOUT_S)
            flow = f"{self._name} tcp"
            up = _Stream(self._relay, self._up, flow, near, far)
            down = _Stream(self._relay, self._down, flow, far, near)
            up.opposite, down.opposite = down, up


class _Stream:
    """One direction of a TCP connection: a window of segments at a time, each sent again until it gets through."""

    def __init__(
        self, relay: _Relay, channel: Channel, flow: str, source: socket.socket, target: socket.socket
    ) -> None:
        self._relay = relay
        self._channel = channel
        self._flow = flow
        self._source, self._target = source, target
        self._timeout_s = RETRANSMISSION_S
        self._arrived_at = 0.0
        self._ended = False
        self.opposite = self
        relay.selector.register(source, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        """Read a window's worth; the rest waits in the source's own buffer until that has been passed on."""
        try:
            data = self._source.recv(TCP_WINDOW * TCP_SEGMENT)
        except OSError:
            data = b""
        self._relay.selector.unregister(self._source)
        sizes = [min(TCP_SEGMENT, len(data) - at) for at in range(0, max(1, len(data)), TCP_SEGMENT)]
        self._try(data, sizes)

    def _try(self, data: bytes, sizes: list[int]) -> None:
        if not self._relay.started:
            self._arrive(data)  # pages load at full speed before the links have been started
            return
        lost = []
        for size in sizes:
            arrival = self._relay.arrival(self._channel, size + TCP_OVERHEAD, self._flow)
            if arrival is None:
                lost.append(size)
            else:
                self._arrived_at = max(self._arrived_at, arrival)
        if lost:
            self._relay.later(self._timeout_s, partial(self._try, data, lost))
            self._timeout_s = min(MAX_RETRANSMISSION_S, 2 * self._timeout_s)
        else:
            self._timeout_s = RETRANSMISSION_S
            self._relay.at(self._arrived_at, partial(self._arrive, data))

    def _arrive(self, data: bytes) -> None:
        try:
            if data:
                self._target.sendall(data)
                self._relay.selector.register(self._source, selectors.EVENT_READ, self._readable)
                return
            self._ended = True
            self._target.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):  # somebody is gone
            self.opposite._ended = self._ended = True  # noqa: SLF001 - the other half of the same connection
        if self.opposite._ended:  # noqa: SLF001
            for one in (self._source, self._target):
                with contextlib.suppress(KeyError, ValueError):
                    self._relay.selector.unregister(one)
                one.close()


def _datagrams(source: socket.socket) -> Iterator[tuple[bytes, Any]]:
    """All that wait, but not so many that others wait long."""
    for _ in range(AT_ONCE):
        try:
            yield source.recvfrom(MAX_DATAGRAM)
        except OSError:
            return


def _send(through: socket.socket, data: bytes, target: tuple[str, int]) -> None:
    with contextlib.suppress(OSError):  # nobody is there any more
        through.sendto(data, target)
