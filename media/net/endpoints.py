"""Who a connectivity check is for, by whatever socket it comes, and when all ways out send what they hold.

One `Endpoints` and one `Departures` serve all sockets of an SFU: a client may come by any of them, and what comes by
one leaves by others.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from media.errors import ParseError
from media.net.stun import binding_response, parse_binding_request

if TYPE_CHECKING:
    import asyncio

    from media.net.buffers import Block
    from media.net.stun import BindingRequest

logger = logging.getLogger(__name__)

Address = tuple[str, int]
MediaProtocol = Literal["udp", "tcp"]


class Flushing(Protocol):
    """A way out that may hold packets back until all that one wake-up brought has been taken."""

    def flush(self) -> None: ...


class Releasing(Flushing, Protocol):
    """One that may hold some for longer: `release` sends the rest, and tells after how many seconds to ask again."""

    def release(self) -> float: ...


WayOut = TypeVar("WayOut", bound=Releasing)
WayOut_co = TypeVar("WayOut_co", bound=Releasing, covariant=True)


class Way(Protocol[WayOut_co]):
    """What a peer's packets come and go by: a UDP socket, or one TCP connection."""

    @property
    def protocol(self) -> MediaProtocol: ...
    @property
    def egress(self) -> WayOut_co: ...
    def send(self, data: bytes, address: Address) -> None: ...
    def add_address(self, address: Address, endpoint: Endpoint) -> None: ...
    def remove_address(self, address: Address, endpoint: Endpoint) -> None: ...


class Endpoint(Protocol):
    """What a transport is to its sockets."""

    def password_for(self, username_fragment: str) -> bytes | None: ...
    def consents(self, now: float) -> bool: ...
    def receive_check(self, request: BindingRequest, way: Way[Any], address: Address, now: float) -> None: ...
    def receive_dtls(self, data: bytes) -> None: ...
    def receive_srtp(self, memory: Block, length: int, now: float) -> None: ...
    def way_relieved(self, way: Way[Any]) -> None: ...
    def way_lost(self, way: Way[Any], address: Address) -> None: ...


class Departures:
    """Of all ways out of an SFU: what one socket's wake-up brought leaves by any of them, so all are flushed then.

    What some of them hold for longer leaves in time from `start` to `close`.
    """

    def __init__(self) -> None:
        self._always: list[Releasing] = []
        self._noted: list[Flushing] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have a timer on this loop, one for all, while anything is held."""
        self._loop = loop

    def close(self) -> None:
        """Stop it. Idempotent."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def add(self, way_out: Releasing) -> None:
        """Flush this one each time."""
        self._always.append(way_out)

    def remove(self, way_out: Releasing) -> None:
        """Don't any more; unknown ones are ignored."""
        if way_out in self._always:
            self._always.remove(way_out)

    def note(self, way_out: Flushing) -> None:
        """Flush this one the next time; to be called once for each time."""
        self._noted.append(way_out)

    def flush(self) -> None:
        """Hand everything to the kernel that need not wait."""
        wait_s = 0.0
        for way_out in self._always:
            held_s = way_out.release()
            if held_s and (not wait_s or held_s < wait_s):
                wait_s = held_s
        if self._noted:
            noted, self._noted = self._noted, []
            for connection in noted:
                connection.flush()
        if wait_s and self._timer is None and self._loop is not None:
            # All are held equally long: one that is running comes before it is needed.
            self._timer = self._loop.call_later(wait_s, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self.flush()


class Endpoints:
    """By the user name fragments under which checks may arrive for them."""

    def __init__(self) -> None:
        self.by_fragment: dict[str, Endpoint] = {}

    def add_fragment(self, username_fragment: str, endpoint: Endpoint) -> None:
        """Hand STUN checks for this fragment to `endpoint`."""
        self.by_fragment[username_fragment] = endpoint

    def remove_fragment(self, username_fragment: str) -> None:
        """Stop handing on checks for this fragment."""
        self.by_fragment.pop(username_fragment, None)

    def receive_check(
        self, data: bytes, way: Way[Any], address: Address, holder: Endpoint | None, now: float
    ) -> tuple[Endpoint, str] | None:
        """Answer a check that came from `address` and hand it on: to whom and by which fragment, None for nobody.

        `holder` is who has this address at the moment. Whoever can forge a sender's address must not be able to cut
        that sender off.
        """
        endpoint: Endpoint | None = None

        def password_for(username: str) -> bytes | None:
            nonlocal endpoint
            fragment = username.partition(":")[0]
            endpoint = self.by_fragment.get(fragment)
            return endpoint.password_for(fragment) if endpoint is not None else None

        try:
            request = parse_binding_request(data, password_for)
        except ParseError as error:
            logger.debug("Dropped a STUN message from %s: %s", address, error)
            return None
        if endpoint is None or (password := endpoint.password_for(request.local_ufrag)) is None:
            return None
        if holder is not None and holder is not endpoint and holder.consents(now):
            return None
        way.send(binding_response(request, address, password), address)
        endpoint.receive_check(request, way, address, now)
        return endpoint, request.local_ufrag
