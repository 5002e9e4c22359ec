"""A UDP socket for all transports of an SFU: receives, tells datagrams apart, hands them on.

All that one wake-up brings is taken and handed on, and what it made leave is sent, at once. Where datagrams come all
the time, wake-ups come by time (`media.net.coalescing`). Datagrams are told apart by their first byte (RFC 7983). STUN
reaches a transport by the user name fragment, everything else by the remote address that an authentic STUN check
brought. What fits nowhere is counted and dropped; nothing that arrives can raise out of the receive loop.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Final, Generic

from media.errors import AddressInUse
from media.net.backlog import Backlog
from media.net.coalescing import INTERVAL_S, Coalescing
from media.net.datagrams import make_inlet
from media.net.endpoints import Address, MediaProtocol, WayOut
from media.net.stun import is_stun

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Hashable

    from media.net.endpoints import Departures, Endpoint, Endpoints

logger = logging.getLogger(__name__)

# How many datagrams one wake-up takes, if it has the time (`media.net.backlog`), before other work of the loop gets its
# turn.
DATAGRAMS_PER_WAKE_UP: Final = 256
SOCKET_BUFFER: Final = 4 * 1024 * 1024


class UdpSocket(Generic[WayOut]):
    """A socket bound to `address`. `clock` counts seconds.

    `make_egress` makes what media leaves through by the same socket (`egress`). All `departures` are flushed after
    each wake-up. Datagrams are taken many at once, if `batched` and where the platform can.
    """

    protocol: MediaProtocol = "udp"

    def __init__(
        self,
        bind_ip: str,
        port: int,
        clock: Callable[[], float],
        shared: tuple[Endpoints, Departures],
        make_egress: Callable[[socket.socket], WayOut],
        *,
        batched: bool = True,
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
        self._inlet = make_inlet(self._socket, batched=batched)
        # By what the inlet knows an address by.
        self._by_key: dict[Hashable, Endpoint] = {}
        # Of the datagrams in the inlet, how many there are, how many were handed on, and when they were taken.
        self._taken = self._handed_on = 0
        self._taken_at = 0.0
        # The wake-up that goes on with them, where one had no time for all.
        self._goes_on: asyncio.Handle | None = None
        self.backlog = Backlog()
        # Whether the loop watches the socket; if not, it is looked at when the timer says so.
        self._coalescing = Coalescing()
        self._watched = False
        self._timer: asyncio.TimerHandle | None = None
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
        self._watch(loop)

    def close(self) -> None:
        """Stop receiving and free the port. Idempotent."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
        for handle in (self._goes_on, self._timer):
            if handle is not None:
                handle.cancel()
        self._goes_on = self._timer = None
        self.egress.flush()
        self._departures.remove(self.egress)
        self._socket.close()
        self._by_key.clear()

    def add_address(self, address: Address, endpoint: Endpoint) -> None:
        """Hand DTLS and SRTP from this remote address to `endpoint`."""
        self._by_key[self._inlet.key_of(address)] = endpoint

    def remove_address(self, address: Address, endpoint: Endpoint) -> None:
        """Stop it, unless somebody else has the address by now."""
        key = self._inlet.key_of(address)
        if self._by_key.get(key) is endpoint:
            del self._by_key[key]

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram now; a full buffer or a bad address loses it, as the network might."""
        try:
            self._socket.sendto(data, address)
        except OSError as error:
            logger.debug("Could not send to %s: %s", address, error)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.add_reader(self._socket.fileno(), self._readable)
        self._watched = True

    def _readable(self) -> None:
        """Something waits; where an earlier wake-up has left something, that comes first, in its own turn."""
        if self._goes_on is None:
            self._wake_up()

    def _go_on(self) -> None:
        self._goes_on = None
        self._wake_up()

    def _on_time(self) -> None:
        self._timer = None
        self._wake_up()

    def _wake_up(self) -> None:
        try:
            self._take()
        except Exception:
            # Not foreseen, whatever it is: somebody has to look at the socket again, and at what was taken from it.
            if self._loop is not None:
                if not self._watched:
                    self._watch(self._loop)
                if self._handed_on < self._taken and self._goes_on is None:
                    self._goes_on = self._loop.call_soon(self._go_on)
            raise

    def _take(self) -> None:
        """Take and hand on what there is, as far as there is time."""
        inlet, began = self._inlet, self._clock()
        ends, most = self.backlog.ends(began), self.received + DATAGRAMS_PER_WAKE_UP
        before = self.received
        emptied, over = False, self._hand_on_until(ends)
        while not over and not emptied and self.received < most:
            count = inlet.receive()
            self._taken, self._handed_on, self._taken_at = count, 0, self._clock()
            self.received += count
            emptied = count < inlet.size
            inlet.taken(self._taken_at)
            over = self._hand_on_until(ends)
        self._departures.flush()
        took_all = emptied and self._handed_on == self._taken
        ended = self._clock()
        self.backlog.woke_up(began, ended, took_all=took_all)
        self._coalescing.looked(ended, found=self.received > before)
        if self._loop is None:
            return
        if not took_all:
            # Also where nothing may be left: whether that is so, nobody else would find out if no more came.
            self._goes_on = self._loop.call_soon(self._go_on)
        elif self._coalescing.active:
            if self._watched:
                self._loop.remove_reader(self._socket.fileno())
                self._watched = False
            self._timer = self._loop.call_later(began + INTERVAL_S - ended, self._on_time)
        elif not self._watched:
            self._watch(self._loop)

    def _hand_on_until(self, ends: float) -> bool:
        """Hand on what was taken, as far as there is time; whether it is over."""
        while self._handed_on < self._taken:
            try:
                if self._hand_on(self._taken_at, ends):
                    return True
            except Exception:
                # Not foreseen, whatever it is; the datagrams behind it have nothing to do with it.
                logger.exception("A datagram could not be handled")
        return False

    def _hand_on(self, taken_at: float, ends: float) -> bool:
        """Hand on what was taken, also after one could not be; whether the time was over."""
        inlet, by_key, clock = self._inlet, self._by_key, self._clock
        blocks, lengths = inlet.blocks, inlet.lengths
        for index in range(self._handed_on, self._taken):
            self._handed_on = index + 1
            block, length = blocks[index], lengths[index]
            if length == 0:
                self.discarded += 1
                continue
            if 128 <= block.view[0] < 192:
                endpoint = by_key.get(inlet.key(index))
                if endpoint is not None:
                    endpoint.receive_srtp(block, length, taken_at)
                else:
                    self.discarded += 1
            else:
                holder = by_key.get(inlet.key(index))
                self._receive_other(bytes(block.view[:length]), inlet.address(index), holder, taken_at)
            if clock() >= ends:
                return True
        return False

    def _receive_other(self, data: bytes, address: Address, holder: Endpoint | None, now: float) -> None:
        if is_stun(data):
            # A link-local address could not be answered without its zone.
            if "%" in address[0] or self._endpoints.receive_check(data, self, address, holder, now) is None:
                self.discarded += 1
        elif 20 <= data[0] < 64 and holder is not None:
            holder.receive_dtls(data)
        else:
            self.discarded += 1
