"""The course of one transport's DTLS handshake: when it begins, what it may cost, and where the peer was meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.net.dtls import DtlsTransport, datagram_budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from pylibsrtp import Session

    from media.counts import Counts
    from media.net.dtls import Certificate, DtlsListener
    from media.ortc.parameters import DtlsParameters


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
        *,
        data: bool,
    ) -> None:
        self.dtls = DtlsTransport(certificate, path.send_datagram, self, self._affords)
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

    @property
    def stayed(self) -> bool:
        """Whether the peer is where it shook hands: it got what we sent there."""
        selected = self._path.selected
        return selected is not None and selected == self._path_before and not self._moved

    @property
    def sessions(self) -> tuple[Session, Session]:
        """The SRTP sessions (receiving, sending); only once connected."""
        return self.dtls.sessions

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
        self.dtls.receive(data)

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
        self.dtls.close()

    def _try(self) -> None:
        if self._remote is not None and self._path.selected is not None and self._begun_at is None:
            self._begun_at = self._clock()
            self._counts.handshakes_begun += 1
            self.dtls.start_handshake(self._remote)

    def _affords(self) -> bool:
        return self._budget.spend(1, self._clock())
