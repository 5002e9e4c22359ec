"""TCP connections that clients open to us for their media (RFC 6544, passive candidates): one port for all transports.

Datagrams are framed (RFC 4571), and are handed on as those of UDP. A connection belongs to whom the first authentic
check on it was for. Anybody may open one, so what one may do before that is bounded in number, bytes and time; later
its transport's own budgets count.
"""

from __future__ import annotations

import logging
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic

from media.errors import AddressInUse, ParseError
from media.net.buffers import SLOT_SIZE, Block
from media.net.endpoints import Address, MediaProtocol, WayOut
from media.net.framing import FrameQueue, FrameReader
from media.net.stun import is_stun
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from media.net.endpoints import Departures, Endpoint, Endpoints

logger = logging.getLogger(__name__)

BACKLOG: Final = 256
ACCEPTED_PER_WAKE_UP: Final = 64
# Bytes that are read in one go: of the smallest frames a thousand, after which others get their turn.
READ_SIZE: Final = 16_384
# Frames of one connection, in a second and at once. Beyond that nothing is read for a while, so that TCP slows its
# sender down. A client may send 2500 packets of media a second, and 1000 reports (`media.receive.policer`).
FRAMES_PER_S: Final = 4000
FRAMES_AT_ONCE: Final = 4000
# Connections without an authentic check: of all addresses (then the oldest one goes), and of one.
MAX_STRANGERS: Final = 1024
MAX_STRANGERS_PER_ADDRESS: Final = 128
# What one of them may last, and send: a check has 100 to 200 bytes and is repeated ten times a second until answered.
STRANGER_S: Final = 10.0
STRANGER_BYTES: Final = 4096
# A browser opens one for each of its own and our addresses, and new ones after an ICE restart.
MAX_PER_ENDPOINT: Final = 8
# Browsers check each connection that they keep in reserve every 25 s.
IDLE_S: Final = 60.0
# Bytes that the kernel takes beyond what is on its way: what waits, waits with us, where it can be left out.
NOT_SENT_LOW_WATER: Final = 32_768
TCP_NOTSENT_LOWAT: Final = 25
IPV6_NETWORK: Final = 8


@dataclass(frozen=True)
class TcpLimits:
    """Connections at once: of all, and of one address (of IPv6: a /64 network). 0 for any number."""

    connections: int = 4000
    per_address: int = 2000


def network_of(address: Address) -> bytes:
    """What counts as one address: of IPv6 the /64 network, of which one customer has all."""
    ip = address[0].partition("%")[0]
    if ":" in ip:
        return socket.inet_pton(socket.AF_INET6, ip)[:IPV6_NETWORK]
    return ip.encode()


class TcpConnection(Generic[WayOut]):
    """One client's connection. `egress` is what media leaves through."""

    protocol: MediaProtocol = "tcp"

    def __init__(self, sock: socket.socket, address: Address, server: TcpServer[WayOut], now: float) -> None:
        self.address = address
        self.network = network_of(address)
        # Whom the latest authentic check was for, by which fragment, and who gets DTLS and SRTP.
        self.owner: Endpoint | None = None
        self.fragment = ""
        self._receiver: Endpoint | None = None
        self.orphaned = False
        self.opened_at = self.checked_at = now
        self.egress = server.make_egress(self)
        self._socket = sock
        self._server = server
        self._reader = FrameReader()
        self._queue = FrameQueue()
        self._received = 0
        self._budget = TokenBucket(FRAMES_PER_S, FRAMES_AT_ONCE, now)
        self._pause: asyncio.TimerHandle | None = None
        self._noted = False
        self._writing = False
        self.closed = False
        server.loop.add_reader(sock.fileno(), self._readable)

    # --- what its transport calls ---

    def send(self, data: bytes, address: Address) -> None:  # noqa: ARG002 - there is only one
        """Send one datagram now, or as soon as the network takes it; without place for it, it is lost."""
        if not self.closed:
            self._queue.put(data, self._server.clock(), video=False)
            self.flush()

    def add_address(self, address: Address, endpoint: Endpoint) -> None:  # noqa: ARG002 - there is only one
        """Hand DTLS and SRTP to this endpoint."""
        self._receiver = endpoint

    def remove_address(self, address: Address, endpoint: Endpoint) -> None:  # noqa: ARG002 - there is only one
        """Stop it; checks are still heard."""
        if self._receiver is endpoint:
            self._receiver = None

    @property
    def selected(self) -> bool:
        """Whether media goes by it."""
        return self._receiver is not None

    # --- what its egress calls ---

    def put(self, data: memoryview, *, video: bool) -> bool:
        """Let a datagram leave with the next `flush`; False where there is no place for it."""
        if self.closed or not self._queue.put(data, self._server.clock(), video=video):
            self._server.dropped += 1
            return False
        self._server.sent += 1
        if not self._noted:
            self._noted = True
            self._server.departures.note(self)
        return True

    def flush(self) -> None:
        """Write as much as the network takes."""
        self._noted = False
        queue = self._queue
        relieved = False
        try:
            while queue and not self.closed:
                relieved = queue.written(self._socket.sendmsg(queue.parts())) or relieved
        except BlockingIOError:
            pass
        except OSError as error:
            logger.debug("The connection of %s broke: %s", self.address, error)
            self.close()
            return
        self._watch_writable()
        if relieved and self._receiver is not None:
            self._receiver.way_relieved(self)

    def close(self) -> None:
        """Free it. Idempotent."""
        if self.closed:
            return
        self.closed = True
        if self._pause is not None:
            self._pause.cancel()
        self._server.loop.remove_reader(self._socket.fileno())
        self._watch_writable()
        self._socket.close()
        self._server.forget(self)
        if self.owner is not None:
            self.owner.way_lost(self, self.address)

    # --- inside ---

    def _watch_writable(self) -> None:
        wanted = bool(self._queue) and not self.closed
        if wanted is not self._writing:
            self._writing = wanted
            if wanted:
                self._server.loop.add_writer(self._socket.fileno(), self.flush)
            else:
                self._server.loop.remove_writer(self._socket.fileno())

    def _readable(self) -> None:
        try:
            self._receive()
        except ParseError as error:
            logger.debug("Closed the connection of %s: %s", self.address, error)
            self.close()
        except Exception:
            # Not foreseen, whatever it is; it ends this connection only.
            logger.exception("A datagram could not be handled")
            self.close()
        self._server.departures.flush()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(READ_SIZE if self.owner is not None else STRANGER_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += len(data)
        server, memory = self._server, self._server.memory
        frames = self._reader.feed(data)
        self._count(len(frames))
        for frame in frames:
            if not frame:
                continue
            now = server.clock()
            server.received += 1
            if self._receiver is not None and 128 <= frame[0] < 192:
                memory.view[: len(frame)] = frame
                self._receiver.receive_srtp(memory, len(frame), now)
            else:
                self._receive_other(bytes(frame), now)
            if self.closed:
                return
        if self.owner is None and self._received >= STRANGER_BYTES:
            message = "It sends much and no connectivity check for anybody."
            raise ParseError(message)

    def _count(self, frames: int) -> None:
        """Read no more for as long as so many are too many."""
        budget = self._budget
        budget.has(frames, self._server.clock())
        budget.tokens -= frames
        if budget.tokens < 0:
            self._server.loop.remove_reader(self._socket.fileno())
            self._pause = self._server.loop.call_later(-budget.tokens / budget.rate, self._read_on)

    def _read_on(self) -> None:
        self._pause = None
        self._server.loop.add_reader(self._socket.fileno(), self._readable)

    def _receive_other(self, data: bytes, now: float) -> None:
        if is_stun(data):
            found = self._server.endpoints.receive_check(data, self, self.address, self.owner, now)
            if found is None:
                self._server.discarded += 1
            elif not self.closed:
                self.checked_at = now
                self._server.admit(self, *found)
        elif self.owner is None:
            self._server.discarded += 1
            message = "It begins with something that is no connectivity check."
            raise ParseError(message)
        elif self._receiver is not None and 20 <= data[0] < 64:
            self._receiver.receive_dtls(data)
        else:
            self._server.discarded += 1


class TcpServer(Generic[WayOut]):
    """All connections of an SFU. `start` receives, `report` closes what is over, once a second.

    Counted are datagrams, as for UDP: `received`, of those `discarded`, and of media `sent` and `dropped`.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        shared: tuple[Endpoints, Departures],
        make_egress: Callable[[TcpConnection[WayOut]], WayOut],
        limits: TcpLimits,
    ) -> None:
        self.clock = clock
        self.endpoints, self.departures = shared
        self.make_egress = make_egress
        self.loop: asyncio.AbstractEventLoop
        self.memory = Block(SLOT_SIZE)
        self._limits = limits
        self._listeners: list[socket.socket] = []
        self._paused = False
        # In the order in which they came.
        self._strangers: dict[TcpConnection[WayOut], None] = {}
        self._by_owner: dict[Endpoint, list[TcpConnection[WayOut]]] = {}
        self._by_network: Counter[bytes] = Counter()
        self._strangers_by_network: Counter[bytes] = Counter()
        self.refused = 0
        self.received = self.discarded = self.sent = self.dropped = 0

    def __len__(self) -> int:
        return sum(self._by_network.values())

    @property
    def port(self) -> int:
        """The bound port."""
        port: int = self._listeners[0].getsockname()[1]
        return port

    def listen(self, bind_ip: str, port: int) -> None:
        """Bind one more address. Raises `AddressInUse`."""
        family = socket.AF_INET6 if ":" in bind_ip else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setblocking(False)  # noqa: FBT003 - socket's own signature
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((bind_ip, port))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            message = f"The media address {bind_ip} port {port}/tcp cannot be used: {error.strerror}."
            raise AddressInUse(message) from error
        self._listeners.append(listener)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Accept connections on this loop until `close`."""
        self.loop = loop
        self._paused = True
        self._resume()

    def close(self) -> None:
        """Close all connections and free the port. Idempotent."""
        self._pause()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        for connection in self._all():
            connection.close()

    def tick(self, now: float) -> bool:  # noqa: ARG002 - a ticker's member
        """Nothing is due between two reports."""
        return False

    def report(self, now: float) -> None:
        """Close connections that nobody uses."""
        self._resume()
        for connection in self._all():
            if connection.owner is None:
                over = now - connection.opened_at > STRANGER_S
            else:
                # A second time, so that a good-bye has left.
                before = connection.orphaned
                connection.orphaned = self.endpoints.by_fragment.get(connection.fragment) is not connection.owner
                over = (before and connection.orphaned) or now - connection.checked_at > IDLE_S
            if over:
                connection.close()

    def admit(self, connection: TcpConnection[WayOut], endpoint: Endpoint, fragment: str) -> None:
        """An authentic check for this endpoint came by a connection."""
        connection.fragment = fragment
        before, connection.owner = connection.owner, endpoint
        if before is endpoint:
            return
        self._part(connection, before)
        others = self._by_owner.setdefault(endpoint, [])
        others.append(connection)
        if len(others) > MAX_PER_ENDPOINT:
            next(other for other in others if not other.selected).close()

    def forget(self, connection: TcpConnection[WayOut]) -> None:
        """A connection was closed."""
        _one_less(self._by_network, connection.network)
        self._part(connection, connection.owner)

    def _part(self, connection: TcpConnection[WayOut], owner: Endpoint | None) -> None:
        """Take a connection away from its owner, or from the strangers."""
        if owner is None:
            del self._strangers[connection]
            _one_less(self._strangers_by_network, connection.network)
            return
        others = self._by_owner[owner]
        others.remove(connection)
        if not others:
            del self._by_owner[owner]

    def _all(self) -> list[TcpConnection[WayOut]]:
        return [*self._strangers, *(one for many in self._by_owner.values() for one in many)]

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTED_PER_WAKE_UP):
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # gone again before we looked
            except OSError as error:
                # Out of files or memory: the listener stays readable, and would be looked at all the time.
                logger.warning("No connection for media can be accepted for a moment: %s", error)
                self._pause()
                return
            if not self._take(sock, (address[0], address[1])):
                self.refused += 1
                sock.close()

    def _take(self, sock: socket.socket, address: Address) -> bool:
        network, limits = network_of(address), self._limits
        if self._strangers_by_network[network] >= MAX_STRANGERS_PER_ADDRESS:
            return False
        if limits.per_address and self._by_network[network] >= limits.per_address:
            return False
        full = bool(limits.connections) and len(self) >= limits.connections
        if full or len(self._strangers) >= MAX_STRANGERS:
            # Strangers first, then what is kept in reserve by those whose media goes another way.
            oldest = next((one for one in self._all() if not one.selected), None)
            if oldest is None:
                return False
            oldest.close()
        with suppress(OSError):  # gone again, or not on this platform
            sock.setblocking(False)  # noqa: FBT003 - socket's own signature
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOT_SENT_LOW_WATER)
        connection = TcpConnection(sock, address, self, self.clock())
        self._strangers[connection] = None
        self._by_network[network] += 1
        self._strangers_by_network[network] += 1
        return True

    def _pause(self) -> None:
        if not self._paused and self._listeners:
            self._paused = True
            for listener in self._listeners:
                self.loop.remove_reader(listener.fileno())

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            for listener in self._listeners:
                self.loop.add_reader(listener.fileno(), self._accept, listener)


def _one_less(counter: Counter[bytes], key: bytes) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
