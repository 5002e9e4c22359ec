"""One UDP socket for all transports of an SFU: receives, tells datagrams apart, hands them on.

Datagrams are told apart by their first byte (RFC 7983). STUN reaches a transport by the user name fragment,
everything else by the remote address that an authentic STUN check brought. What fits nowhere is counted and
dropped; nothing that arrives can raise out of the receive loop.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from media.errors import AddressInUse, ParseError
from media.net.buffers import SLOT_SIZE, Block
from media.net.stun import binding_response, is_stun, parse_binding_request

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from media.net.stun import BindingRequest

logger = logging.getLogger(__name__)

Address = tuple[str, int]

# How many datagrams one wake-up takes before other work of the loop gets its turn.
DATAGRAMS_PER_WAKE_UP: Final = 256
SOCKET_BUFFER: Final = 4 * 1024 * 1024


class Endpoint(Protocol):
    """What a transport is to its socket."""

    def password_for(self, username_fragment: str) -> bytes | None: ...
    def consents(self, now: float) -> bool: ...
    def receive_check(self, request: BindingRequest, udp: UdpSocket[Any], address: Address, now: float) -> None: ...
    def receive_dtls(self, data: bytes) -> None: ...
    def receive_srtp(self, memory: Block, length: int, now: float) -> None: ...


class Flushing(Protocol):
    """A way out that may hold packets back until all that one wake-up brought has been taken."""

    def flush(self) -> None: ...


WayOut = TypeVar("WayOut", bound=Flushing)


class UdpSocket(Generic[WayOut]):
    """A bound socket. `address` is what is bound, `announced_ip` what clients are told, `clock` counts seconds.

    `make_egress` makes what media leaves through by the same socket (`egress`); it is flushed after each wake-up.
    """

    def __init__(
        self,
        bind_ip: str,
        announced_ip: str,
        port: int,
        clock: Callable[[], float],
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
        self.announced_ip = announced_ip
        self.egress = make_egress(self._socket)
        self._memory = Block(SLOT_SIZE)
        self._view = self._memory.view
        self._by_address: dict[Address, Endpoint] = {}
        self._by_fragment: dict[str, Endpoint] = {}
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
        self._socket.close()
        self._by_address.clear()
        self._by_fragment.clear()

    def add_fragment(self, username_fragment: str, endpoint: Endpoint) -> None:
        """Hand STUN checks for this fragment to `endpoint`."""
        self._by_fragment[username_fragment] = endpoint

    def remove_fragment(self, username_fragment: str) -> None:
        """Stop handing on checks for this fragment."""
        self._by_fragment.pop(username_fragment, None)

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
        self.egress.flush()

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
        if is_stun(data):
            self._receive_stun(data, address, now)
        elif 20 <= data[0] < 64 and (endpoint := self._by_address.get(address)) is not None:
            endpoint.receive_dtls(data)
        else:
            self.discarded += 1

    def _receive_stun(self, data: bytes, address: Address, now: float) -> None:
        endpoint: Endpoint | None = None

        def password_for(username: str) -> bytes | None:
            nonlocal endpoint
            fragment = username.partition(":")[0]
            endpoint = self._by_fragment.get(fragment)
            return endpoint.password_for(fragment) if endpoint is not None else None

        try:
            request = parse_binding_request(data, password_for)
        except ParseError as error:
            self.discarded += 1
            logger.debug("Dropped a STUN message from %s: %s", address, error)
            return
        if endpoint is None or (password := endpoint.password_for(request.local_ufrag)) is None:
            self.discarded += 1
            return
        holder = self._by_address.get(address)
        if "%" in address[0] or (holder is not None and holder is not endpoint and holder.consents(now)):
            # A link-local address (which we could not answer without its zone), or one that belongs to somebody
            # else: whoever can forge a sender's address must not be able to cut that sender off.
            self.discarded += 1
            return
        self.send(binding_response(request, address, password), address)
        endpoint.receive_check(request, self, address, now)
