"""The course of one transport's DTLS association: when it begins, what it may cost, and where the peer was meanwhile.

Once the peer has the keys, and if no data channels need more, nothing but good-byes is kept of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from media.net.dtls import DtlsTransport, datagram_budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from pylibsrtp import Session

    from media.counts import Counts
    from media.net.close_notify import GoodByes
    from media.net.dtls import Certificate, DtlsListener
    from media.ortc.parameters import DtlsParameters

# After this long without a word of DTLS a peer that we have not heard has the keys, too: it would have said its last
# word of the handshake again five times by then (RFC 6347 section 4.2.4.1).
QUIET_S: Final = 60.0


class SelectedPath(Protocol):
    """The way to the peer that ICE has selected; None before the first check, and nothing is sent then."""

    @property
    def selected(self) -> object | None: ...
    def send_datagram(self, data: bytes) -> None: ...


class Handshake:
    """Begins once the client's parameters are there and a path is selected. `listener` hears how `dtls` fares."""

    def __init__(
        self,
        certificate: Certificate,
        path: SelectedPath,
        listener: DtlsListener,
        clock: Callable[[], float],
        counts: Counts,
        in_turn: Callable[[Callable[[], None]], object],
        *,
        data: bool,
    ) -> None:
        """`in_turn` is asked when to read what came, as many may shake hands at once."""
        self._association: DtlsTransport | None = DtlsTransport(
            certificate, path.send_datagram, self, self._affords, in_turn
        )
        self._path = path
        self._listener = listener
        self._clock = clock
        self._counts = counts
        self._budget = datagram_budget(clock(), data=data)
        self._remote: DtlsParameters | None = None
        self._begun_at: float | None = None
        # Where the first datagram came from, and whether the peer moved before the handshake was done.
        self._path_before: object | None = None
        self._moved = False
        self._done = False
        self._keeps = data
        self._sessions: tuple[Session, Session] | None = None
        # When DTLS came last; what is left once the association is gone, and whether either side has said good-bye.
        self._came_at = 0.0
        self._good_byes: GoodByes | None = None
        self._left = False

    @property
    def stayed(self) -> bool:
        """Whether the peer is where it shook hands: it got what we sent there."""
        selected = self._path.selected
        return selected is not None and selected == self._path_before and not self._moved

    @property
    def dtls(self) -> DtlsTransport:
        """The association; it is there as long as this lives only with data channels. Raises `RuntimeError`."""
        if self._association is None:
            message = "Nothing but good-byes is kept of this DTLS association."
            raise RuntimeError(message)
        return self._association

    @property
    def sessions(self) -> tuple[Session, Session]:
        """The SRTP sessions (receiving, sending); only once connected."""
        if self._sessions is None:
            self._sessions = self.dtls.sessions
        return self._sessions

    def connect(self, remote: DtlsParameters) -> None:
        """Shake hands with who has this certificate; once."""
        self._remote = remote
        self._try()

    def path_changed(self) -> None:
        """ICE has selected a path, the first one or another."""
        if self._path_before is not None and not self._done:
            self._moved = True
        self._try()

    def receive(self, data: bytes) -> None:
        """A DTLS datagram came from the selected path."""
        if self._path_before is None:
            self._path_before = self._path.selected
        if self._good_byes is None:
            self._came_at = self._clock()
            self.dtls.receive(data)
        elif self._affords() and self._good_byes.come(data):
            self._left = True
            self.on_dtls_closed(failed=False)

    def settle(self, now: float, *, heard: bool) -> None:
        """Keep nothing but the good-byes, if the handshake is over for the peer, too: SRTP of it was `heard`."""
        association = self._association
        if association is None or self._keeps or not self._done or not (heard or now - self._came_at > QUIET_S):
            return
        self._sessions = self.sessions
        self._good_byes = association.condense()
        if self._good_byes is not None:
            self._association = None

    def on_dtls_connected(self) -> None:
        """The keys are there."""
        self._done = True
        if self._begun_at is not None:
            self._counts.handshake_done(self._clock() - self._begun_at)
        self._listener.on_dtls_connected()

    def on_dtls_closed(self, *, failed: bool) -> None:
        """The client said good-bye, or the handshake failed."""
        self._counts.handshakes_failed += failed and not self._done
        self._listener.on_dtls_closed(failed=failed)

    def close(self) -> None:
        """Say good-bye where connected. Idempotent, synchronous."""
        if self._good_byes is None:
            self.dtls.close()
        elif not self._left:
            self._left = True
            self._path.send_datagram(self._good_byes.ours)

    def _try(self) -> None:
        if self._remote is not None and self._path.selected is not None and self._begun_at is None:
            self._begun_at = self._clock()
            self._counts.handshakes_begun += 1
            self.dtls.start_handshake(self._remote)

    def _affords(self) -> bool:
        return self._budget.spend(1, self._clock())
