"""ICE-lite (RFC 8445): we only answer connectivity checks, so there is no state but credentials and an address."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from media.ortc.parameters import IceCandidate, IceParameters
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.net.stun import BindingRequest

# Multiples of four.
UFRAG_LENGTH = 16
PASSWORD_LENGTH = 32
HOST_TYPE_PREFERENCE = 126
# As browsers have it: behind everything by UDP that is not relayed. RFC 6544 section 4.2 has the directions.
TCP_TYPE_PREFERENCE = 90
PASSIVE_PREFERENCE = 4
TRANSACTION_ID_SIZE = 12
# How often a minute, and at once, a peer whose consent has not run out may go over to another path.
SWITCHES_PER_MINUTE = 6
SWITCHES_AT_ONCE = 6
# Ten minutes at the pace of Chromium, in 3 kB.
TRANSACTIONS_REMEMBERED = 256


def random_credentials() -> IceParameters:
    """A fresh user name fragment and password (RFC 8445 section 5.3 asks for 24 and 128 random bits)."""
    return IceParameters(username_fragment=_random(UFRAG_LENGTH), password=_random(PASSWORD_LENGTH))


def _random(length: int) -> str:
    """Six random bits a character: of `ice-char` (RFC 8839 section 5.4) there are 64."""
    return b64encode(secrets.token_bytes(length * 3 // 4)).decode()


def host_candidates(udp: Sequence[tuple[str, int]], tcp: Sequence[tuple[str, int]] = ()) -> list[IceCandidate]:
    """One host candidate an announced address, the last one preferred (RFC 8445 section 5.1.2.1), those by UDP first.

    By TCP clients come to us (`passive`), and only where UDP does not get through (RFC 6544 section 4.2).
    """

    def candidate(index: int, address: tuple[str, int], **how: Any) -> IceCandidate:
        ip, port = address
        preference = TCP_TYPE_PREFERENCE if how else HOST_TYPE_PREFERENCE
        local = (PASSIVE_PREFERENCE << 13 if how else 0) + index + 1
        return IceCandidate(
            foundation=f"{'tcp' if how else 'udp'}{index}",
            priority=(preference << 24) + (local << 8) + 255,
            ip=ip,
            address=ip,
            port=port,
            **how,
        )

    by_udp = [candidate(index, address) for index, address in enumerate(udp)]
    return by_udp + [candidate(index, address, protocol="tcp", tcp_type="passive") for index, address in enumerate(tcp)]


Path = TypeVar("Path")


class IceLite(Generic[Path]):
    """The controlled side of one component. `now` is in seconds of any steady clock.

    A `Path` is whatever tells one way to the peer from another: our socket or connection, and its address.
    """

    def __init__(self, consent_timeout_s: float, now: float) -> None:
        self._consent_timeout_s = consent_timeout_s
        self.local = random_credentials()
        self._previous: IceParameters | None = None
        self.selected: Path | None = None
        self._last_check = now
        self._transactions = bytearray()
        self._switches = TokenBucket(SWITCHES_PER_MINUTE / 60, SWITCHES_AT_ONCE, now)

    @property
    def username_fragments(self) -> list[str]:
        """The fragments under which checks may arrive: during a restart the old one too."""
        both = [self.local, self._previous]
        return [parameters.username_fragment for parameters in both if parameters]

    def password_for(self, username_fragment: str) -> bytes | None:
        """The password that goes with one of our fragments."""
        for parameters in (self.local, self._previous):
            if parameters and parameters.username_fragment == username_fragment:
                return parameters.password.encode()
        return None

    def restart(self, made: IceParameters | None = None) -> IceParameters:
        """New credentials, these or random ones.

        The old ones stay valid until a check arrives with the new (RFC 8445 section 9).
        """
        self._previous = self.local
        self.local = made or random_credentials()
        return self.local

    def checked(self, request: BindingRequest, path: Path, now: float) -> bool:
        """Take note of an authentic check; True when `path` has become the selected one.

        Only checks on the selected path keep the consent (RFC 7675 section 5.1); without it any path will do.
        A check that came before on another path is a copy that somebody else made, and counts for nothing.
        """
        if path != self.selected and request.transaction_id in self._transactions:
            return False
        self._transactions += request.transaction_id
        del self._transactions[: -TRANSACTIONS_REMEMBERED * TRANSACTION_ID_SIZE]
        restarted = False
        if self._previous and request.local_ufrag == self.local.username_fragment:
            self._previous = None
            restarted = True
        changed = path != self.selected and (
            self.selected is None
            or self.expired(now)
            or ((restarted or request.use_candidate) and self._switches.spend(1, now))
        )
        if changed:
            self.selected = path
        if path == self.selected:
            self._last_check = now
        return changed

    def lose(self, path: Path) -> bool:
        """A path is known to be over; whether it was the selected one, so that now any will do."""
        if path != self.selected:
            return False
        self._last_check = float("-inf")
        return True

    def expired(self, now: float) -> bool:
        """Whether the peer's consent (RFC 7675) ran out: no check for `consent_timeout_s`."""
        return now - self._last_check > self._consent_timeout_s
