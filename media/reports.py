"""The RTCP reports that a transport sends once a second, in datagrams of at most 1200 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from media.rtp.rtcp import build_receiver_report, build_remb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.consumer import Consumer
    from media.net.path_validation import Probation
    from media.producer import Producer

MAX_REPORT_BLOCKS: Final = 31
MAX_RTCP_SIZE: Final = 1200


def sender_reports(consumers: Iterable[Consumer], now: float, probation: Probation[Any] | None) -> list[bytes]:
    """About all that is sent; on probation with time stamps that nobody can guess."""
    datagrams = [bytearray()]
    for consumer in consumers:
        report = consumer.sender_report(now, probation.set_back_s() if probation is not None else 0.0)
        if report is not None:
            if len(datagrams[-1]) + len(report) > MAX_RTCP_SIZE:
                datagrams.append(bytearray())
            datagrams[-1] += report
    return [bytes(datagram) for datagram in datagrams if datagram]


def receiver_reports(ssrc: int, producers: Iterable[Producer], now: float, remb_bps: int) -> list[bytes]:
    """About all that is received, with a REMB of so many bits/s for its video; 0 for none."""
    streams = [stream for producer in producers for stream in producer.streams]
    blocks = [block for stream in streams if (block := stream.report(now)) is not None]
    datagrams = []
    for start in range(0, len(blocks), MAX_REPORT_BLOCKS):
        data = build_receiver_report(ssrc, blocks[start : start + MAX_REPORT_BLOCKS])
        if remb_bps and start == 0:
            ssrcs = [stream.ssrc for stream in streams if stream.ssrc is not None and stream.format.is_video]
            if ssrcs:
                data += build_remb(ssrc, remb_bps, ssrcs)
        datagrams.append(data)
    return datagrams
