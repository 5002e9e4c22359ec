"""A UDP socket for all transports of an SFU: receives, tells datagrams apart, hands them on.

Datagrams are told apart by their first byte (RFC 7983). STUN reaches a transport by the user name fragment,
everything else by the remote address that an authentic STUN check brought. What fits nowhere is counted and
dropped; nothing that arrives can raise out of the receive loop.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Final, Generic

from media.errors import AddressInUse
from media.net.buffers import SLOT_SIZE, Block
from media.net.endpoints import Address, MediaProtocol, WayOut
from media.net.stun import is_stun

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from media.net.endpoints import Departures, Endpoint, Endpoints

logger = logging.getLogger(__name__)

# How many datagrams one wake-up takes before other work of the loop gets its turn.
DATAGRAMS_PER_WAKE_UP: Final = 256
SOCKET_BUFFER: Final = 4 * 1024 * 1024


class UdpSocket(Generic[WayOut]):
    """A socket bound to `address`. `clock` counts seconds.

    `make_egress` makes what media leaves through by the same socket (`egress`). All `departures` are flushed after
    each wake-up.
    """

    protocol: MediaProtocol = "udp"

    def __init__(
        self,
        bind_ip: str,
        port: int,
        clock: Callable[[], float],
        shared: tuple[Endpoints, Departures],
        make_egress: Callable[[socket.socket], WayOut],
    ) -> None:
        family = socket.AF_INET6 if ":" in bind_ip else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)  # noqa: FBT003 - socket's own signature
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._socket.bind((bind_ip, port))
        except OSError as error:
            self._socket.close()
            message = f"The media address {bind_ip} port {port}/udp cannot be used: {error.strerror}."
            raise AddressInUse(message) from error
        self.address: Address = self._socket.getsockname()[:2]
        self._endpoints, self._departures = shared
        self.egress = make_egress(self._socket)
        self._departures.add(self.egress)
        self._memory = Block(SLOT_SIZE)
        self._view = self._memory.view
        self._by_address: dict[Address, Endpoint] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock = clock
        self.received = 0
        self.discarded = 0

    @property
    def port(self) -> int:
        """The bound port."""
        return self.address[1]

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Receive on this loop until `close`."""
        self._loop = loop
        loop.add_reader(self._socket.fileno(), self._readable)

    def close(self) -> None:
        """Stop receiving and free the port. Idempotent."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
        self.egress.flush()
        self._departures.remove(self.egress)
        self._socket.close()
        self._by_address.clear()

    def add_address(self, address: Address, endpoint: Endpoint) -> None:
        """Hand DTLS and SRTP from this remote address to `endpoint`."""
        self._by_address[address] = endpoint

    def remove_address(self, address: Address, endpoint: Endpoint) -> None:
        """Stop it, unless somebody else has the address by now."""
        if self._by_address.get(address) is endpoint:
            del self._by_address[address]

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram now; a full buffer or a bad address loses it, as the network might."""
        try:
            self._socket.sendto(data, address)
        except OSError as error:
            logger.debug("Could not send to %s: %s", address, error)

    def _readable(self) -> None:
        try:
            self._receive_all()
        except Exception:
            # Not foreseen, whatever it is; the datagrams behind it are still in the socket.
            logger.exception("A datagram could not be handled")
        self._departures.flush()

    def _receive_all(self) -> None:
        receive = self._socket.recvfrom_into
        view = self._view
        by_address = self._by_address
        clock = self._clock
        for _ in range(DATAGRAMS_PER_WAKE_UP):
            try:
                length, address = receive(view)
            except BlockingIOError:
                break
            except OSError as error:  # an ICMP error of an earlier datagram
                logger.debug("The media socket reported: %s", error)
                continue
            self.received += 1
            if length == 0:
                self.discarded += 1
                continue
            first = view[0]
            if 128 <= first < 192:
                endpoint = by_address.get(address[:2])
                if endpoint is not None:
                    endpoint.receive_srtp(self._memory, length, clock())
                else:
                    self.discarded += 1
            else:
                self._receive_other(bytes(view[:length]), address[:2], clock())

    def _receive_other(self, data: bytes, address: Address, now: float) -> None:
        holder = self._by_address.get(address)
        if is_stun(data):
            # A link-local address could not be answered without its zone.
            if "%" in address[0] or self._endpoints.receive_check(data, self, address, holder, now) is None:
                self.discarded += 1
        elif 20 <= data[0] < 64 and holder is not None:
            holder.receive_dtls(data)
        else:
            self.discarded += 1
