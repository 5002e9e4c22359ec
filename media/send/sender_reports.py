"""The RTCP sender reports (RFC 3550 section 6.4.1) of all that one transport sends, as few datagrams as they fit in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from media.net.path_validation import Probation

# Bytes of one datagram of RTCP, so that it is not cut into fragments on the way.
MAX_RTCP_SIZE: Final = 1200


class Reporting(Protocol):
    """Who sends a track and reports on it: a consumer. None where there is nothing to report yet."""

    def sender_report(self, now: float, set_back_s: float = 0.0, *, by_arrival: bool = False) -> bytes | None: ...


def sender_reports(consumers: Collection[Reporting], now: float, probation: Probation[Any] | None) -> list[bytes]:
    """About all that is sent; on probation with time stamps that nobody can guess.

    A path on probation is proven by nothing else, so there is one even if no sender has told its clocks.
    """
    datagrams = [bytearray()]
    for consumer in consumers:
        report = consumer.sender_report(now, probation.set_back_s() if probation is not None else 0.0)
        if report is not None:
            if len(datagrams[-1]) + len(report) > MAX_RTCP_SIZE:
                datagrams.append(bytearray())
            datagrams[-1] += report
    if probation is not None and not datagrams[-1]:
        made = (one.sender_report(now, probation.set_back_s(), by_arrival=True) for one in consumers)
        datagrams[-1] += next((report for report in made if report is not None), b"")
    return [bytes(datagram) for datagram in datagrams if datagram]
