"""Where one transport's peer is, by its connectivity checks, and what may be sent there until that is proven.

This is what the sockets know of a transport. What comes by the selected path is handed on as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.net.ice import IceLite
from media.net.path_validation import Probation
from media.send.held_back import PACKET_OVERHEAD, HeldBack, Holding
from media.send.sender_reports import Reporting, sender_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pylibsrtp import Session

    from media.net.buffers import Block
    from media.net.endpoints import Address, Endpoints, MediaProtocol, Way
    from media.net.stun import BindingRequest
    from media.ortc.parameters import IceParameters, MediaKind
    from media.send.destination import Destination
    from media.send.egress import Egress

    Path = tuple[Way[Egress], Address]


class SentTrack(HeldBack, Reporting, Protocol):
    """A track that goes to the peer: a consumer."""

    @property
    def kind(self) -> MediaKind: ...
    def skip_to_key_frame(self) -> None: ...
    def path_changed(self) -> None: ...


class PathListener(Protocol):
    """Who wants to know where the peer is: a transport."""

    def on_path_changed(self, now: float) -> None: ...
    def on_path_alive(self, now: float) -> None: ...
    def on_path_lost(self) -> None: ...


class PeerPath:
    """Tells `destination` the address, and holds `tracks` back. `begin` once all that receives is there.

    `hurry` asks for `check_share` within 20 ms.
    """

    def __init__(
        self,
        destination: Destination,
        tracks: Mapping[str, SentTrack],
        listener: PathListener,
        endpoints: Endpoints,
        clock: Callable[[], float],
        hurry: Callable[[], None],
        consent_timeout_s: float,
    ) -> None:
        now = clock()
        self._destination = destination
        self._tracks = tracks
        self._listener = listener
        self._endpoints = endpoints
        self._clock = clock
        self._hurry = hurry
        self._ice: IceLite[Path] = IceLite(consent_timeout_s, now)
        self.probation: Probation[Path] = Probation(now)
        self._holding = Holding(destination, tracks, self.probation)
        self._ended = False

    def begin(
        self, receive_dtls: Callable[[bytes], None], receive_srtp: Callable[[Block, int, float], None]
    ) -> IceParameters:
        """Take checks from now on, with the credentials that are returned. Sockets call the two without a detour."""
        self.receive_dtls = receive_dtls
        self.receive_srtp = receive_srtp
        self._register_fragments()
        return self._ice.local

    @property
    def selected(self) -> Path | None:
        """The socket or connection, and the address behind it; None before the first check."""
        return self._ice.selected

    @property
    def protocol(self) -> MediaProtocol | None:
        """What packets come and go by; None before the first check."""
        return self._ice.selected[0].protocol if self._ice.selected is not None else None

    def restart(self, made: IceParameters | None = None) -> IceParameters:
        """New credentials (RFC 8445 section 9), these or random ones."""
        before = self._ice.username_fragments
        parameters = self._ice.restart(made)
        self._register_fragments()
        self._unregister_fragments(before)
        return parameters

    def expired(self, now: float) -> bool:
        """Whether the peer's consent (RFC 7675) ran out."""
        return self._ice.expired(now)

    def end(self) -> None:
        """Somebody else may have the address from now on."""
        self._ended = True

    def close(self) -> None:
        """Take no checks any more."""
        self._ended = True
        for fragment in self._ice.username_fragments:
            self._endpoints.remove_fragment(fragment)
        if self._ice.selected is not None:
            way, address = self._ice.selected
            way.remove_address(address, self)

    # --- what the sockets call (`media.net.endpoints.Endpoint`) ---

    def password_for(self, username_fragment: str) -> bytes | None:
        """The ICE password that goes with one of our fragments."""
        return self._ice.password_for(username_fragment)

    def consents(self, now: float) -> bool:
        """Whether the peer still agrees to get packets at the address it checked from (RFC 7675)."""
        return not self._ended and not self._ice.expired(now)

    def receive_check(self, request: BindingRequest, way: Way[Egress], address: Address, now: float) -> None:
        """An authentic connectivity check came from `address`."""
        previous = self._ice.selected
        fragments = self._ice.username_fragments
        if self._ice.checked(request, (way, address), now):
            if previous is not None:
                previous[0].remove_address(previous[1], self)
            if self._destination.set_address(address, way.egress):
                self.socket_changed()
            self._listener.on_path_changed(now)
            self._doubt(now)
        self._unregister_fragments(fragments)
        if self._ice.selected == (way, address):
            way.add_address(address, self)
            self._listener.on_path_alive(now)

    def way_relieved(self, way: Way[Egress]) -> None:
        """A connection that had to drop video can take some again."""
        if self._ice.selected is not None and self._ice.selected[0] is way:
            for track in list(self._tracks.values()):
                if track.kind == "video":
                    track.skip_to_key_frame()

    def way_lost(self, way: Way[Egress], address: Address) -> None:
        """A connection is closed: any other path will do."""
        if self._ice.lose((way, address)):
            self._listener.on_path_lost()

    # --- what may be sent ---

    def secure(self, session: Session, *, proven: bool) -> None:
        """The keys are there; `proven`: by a peer that is where it seems to be."""
        self._destination.set_session(session)
        if self._ice.selected is None:
            return
        if proven:
            self.probation.prove(self._ice.selected)
        else:
            self.probation.begin(self._ice.selected, self._clock())
            self._hurry()

    def release(self) -> None:
        """The path is proven: send what there is."""
        self._holding.release(self._clock())

    def check_share(self, now: float) -> bool:
        """Hold media back from an unproven path that has had its share; whether to be called again soon."""
        watched = self.probation.active and bool(self._tracks)
        if watched:
            self._holding.check(now)
        return watched

    def socket_changed(self) -> None:
        """Packets leave by another way than before."""
        for track in self._tracks.values():
            track.stream.socket_changed()

    def send_datagram(self, data: bytes) -> None:
        """Send as it is, if there is a path."""
        if self._ice.selected is not None:
            way, address = self._ice.selected
            way.send(data, address)

    def send_rtcp(self, data: bytes, *, probe: bool = False) -> None:
        """Protect and send, if there are keys; on probation within the share, unless it is the `probe` of the path."""
        if self.probation.active:
            may_be_sent = self.probation.spend(len(data) + PACKET_OVERHEAD, self._clock())
            if not may_be_sent and not probe:
                return
        if self._destination.session is not None:
            self.send_datagram(self._destination.session.protect_rtcp(data))

    def send_sender_reports(self, now: float) -> None:
        """About all tracks; on probation as many as fit into one datagram, which the peer is to echo."""
        probation = self.probation if self.probation.active else None
        reports = sender_reports(self._tracks.values(), now, probation)
        for data in reports[:1] if probation else reports:
            self.send_rtcp(data, probe=probation is not None)

    # --- inside ---

    def _doubt(self, now: float) -> None:
        """The peer checks from elsewhere, and is to be sent to there."""
        if self._ice.selected is None or self._destination.session is None:
            return
        self.probation.begin(self._ice.selected, now)
        if self.probation.active:
            pacing = self._destination.pacing
            self._holding.begin(pacing.queued_bytes if pacing is not None else 0)
            self.send_sender_reports(now)
            self._hurry()
        else:
            self._holding.release(now)
        for track in self._tracks.values():
            track.path_changed()

    def _register_fragments(self) -> None:
        for fragment in self._ice.username_fragments:
            self._endpoints.add_fragment(fragment, self)

    def _unregister_fragments(self, before: list[str]) -> None:
        """Forget those of these fragments that are out of use."""
        for fragment in set(before).difference(self._ice.username_fragments):
            self._endpoints.remove_fragment(fragment)
