"""Where one transport's packets go: an address behind one socket, and the SRTP context to protect them with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.net.buffers import SocketAddress
from media.net.srtp import address_of
from media.send.transport_wide import UNNUMBERED_SLOT
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from pylibsrtp import Session

    from media.send.egress import Egress
    from media.send.pacing import Pacing

# Packets that one receiver can have sent again of all its tracks, a second and at once: half of 20 Mbit/s. A request
# for a thousand packets fits into a datagram.
RESENDS_PER_SECOND: Final = 1000.0
RESENDS_AT_ONCE: Final = 1000.0


class Destination:
    """One receiver. It can be sent to (`ready`) once ICE chose an address and DTLS gave the keys.

    Media is sent (`open`) unless it is `held`, because the receiver may not be where it seems to be. A `plain` one
    needs neither address nor keys: its egress takes packets as they are.
    """

    __slots__ = (
        "address", "context", "egress", "held", "pacing", "plain", "resends", "session", "slot", "socket_address",
    )  # fmt: skip

    def __init__(self, *, plain: bool = False) -> None:
        self.plain = plain
        self.address: tuple[str, int] | None = None
        self.socket_address = SocketAddress()
        self.egress: Egress | None = None
        self.session: Session | None = None
        # Where libsrtp has the session's context; 0 without keys.
        self.context = 0
        self.held = False
        # How video goes out where the link is narrow.
        self.pacing: Pacing | None = None
        # The transport's row of transport-wide numbers.
        self.slot = UNNUMBERED_SLOT
        self.resends = TokenBucket(RESENDS_PER_SECOND, RESENDS_AT_ONCE, 0.0)

    @property
    def ready(self) -> bool:
        """Whether packets can go out."""
        return self.egress is not None and (self.plain or self.session is not None)

    @property
    def paced(self) -> bool:
        """Whether video is to be put into `pacing` at the moment."""
        return self.pacing is not None and self.pacing.active

    @property
    def open(self) -> bool:
        """Whether media packets are to go out."""
        return self.ready and not self.held

    def set_address(self, address: tuple[str, int], egress: Egress) -> bool:
        """Send to this address through this socket from now on; True if the socket is another one than before."""
        self._flush()  # what waits was meant for where the receiver has been
        self.address = address
        self.socket_address.set(address)
        moved = self.egress is not egress
        self.egress = egress
        return moved

    def set_session(self, session: Session) -> None:
        """Protect with this session from now on."""
        self._flush()  # what waits needs the keys before
        self.session = session
        self.context = address_of(session)

    def close(self) -> None:
        """Send what waits, then forget the keys: nothing may use the context afterwards."""
        self._flush()
        self.session = None
        self.context = 0
        self.egress = None

    def _flush(self) -> None:
        if self.egress is not None:
            self.egress.flush()
