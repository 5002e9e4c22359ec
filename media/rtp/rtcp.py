"""RTCP (RFC 3550 section 6, RFC 4585, RFC 5104, REMB): the packets an SFU understands and sends."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from media.errors import ParseError
from media.rtp.seq import seq_delta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
SOURCE_DESCRIPTION: Final = 202
GOODBYE: Final = 203
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
GENERIC_NACK: Final = 1
TRANSPORT_WIDE_CC: Final = 15
PICTURE_LOSS: Final = 1
FULL_INTRA_REQUEST: Final = 4
APPLICATION_LAYER: Final = 15
BLOCK_SIZE: Final = 24
MAX_NACKED: Final = 1000
# Packets of one compound that are read. Browsers send up to five, or a report and a few requests for each track.
MAX_COMPOUND: Final = 32


@dataclass(slots=True)
class ReportBlock:
    """RFC 3550 section 6.4.1; `fraction_lost` in 1/256, `jitter` in RTP ticks, `lsr` and `dlsr` in 1/65536 s."""

    ssrc: int
    fraction_lost: int = 0
    packets_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    lsr: int = 0
    dlsr: int = 0


@dataclass(slots=True)
class SenderReport:
    """`ntp` is the 64-bit NTP timestamp, `rtp_timestamp` the same moment in RTP ticks."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: list[ReportBlock] = field(default_factory=list)


@dataclass(slots=True)
class ReceiverReport:
    """RFC 3550 section 6.4.2."""

    ssrc: int
    reports: list[ReportBlock] = field(default_factory=list)


@dataclass(slots=True)
class Bye:
    """RFC 3550 section 6.6."""

    ssrcs: list[int]


@dataclass(slots=True)
class Nack:
    """RFC 4585 section 6.2.1, bit masks expanded."""

    media_ssrc: int
    lost: list[int]


@dataclass(slots=True)
class Pli:
    """RFC 4585 section 6.3.1."""

    media_ssrc: int


@dataclass(slots=True)
class Fir:
    """RFC 5104 section 4.3.1: the SSRCs that shall send a keyframe."""

    ssrcs: list[int]


@dataclass(slots=True)
class Remb:
    """draft-alvestrand-rmcat-remb-03: what the receiver thinks it can get, in bits/s."""

    bitrate_bps: int
    ssrcs: list[int]


@dataclass(slots=True)
class TransportWide:
    """Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01); `media.rtp.twcc` parses `fci`."""

    fci: bytes


RtcpPacket = SenderReport | ReceiverReport | Bye | Nack | Pli | Fir | Remb | TransportWide


def is_rtcp(first: int, second: int) -> bool:
    """Whether a packet with these first two bytes is RTCP and not RTP (RFC 5761 section 4)."""
    return first >> 6 == 2 and 192 <= second <= 223


def parse_compound(data: bytes) -> list[RtcpPacket]:
    """The packets of a compound (or reduced-size) datagram that we know, of the first 32. Raises `ParseError`."""
    packets: list[RtcpPacket] = []
    position = 0
    read = 0
    while position < len(data) and read < MAX_COMPOUND:
        read += 1
        if position + 4 > len(data):
            message = "The RTCP datagram ends inside a packet's header."
            raise ParseError(message)
        first, packet_type, words = struct.unpack_from(">BBH", data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2:
            message = f"RTCP version {first >> 6} is not 2."
            raise ParseError(message)
        if end > len(data):
            message = "An RTCP packet is longer than its datagram."
            raise ParseError(message)
        body = data[position + 4 : end]
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                message = "An RTCP packet has an impossible padding."
                raise ParseError(message)
            body = body[: len(body) - body[-1]]
        packet = _parse(first & 0x1F, packet_type, body)
        if packet is not None:
            packets.append(packet)
        position = end
    return packets


def _parse(count: int, packet_type: int, body: bytes) -> RtcpPacket | None:
    parse = _PARSERS.get(packet_type)
    return parse(count, body) if parse is not None else None


def _parse_sender_report(count: int, body: bytes) -> SenderReport:
    _need(body, 24 + count * BLOCK_SIZE, "sender report")
    ssrc, ntp, rtp_timestamp, packets, octets = struct.unpack_from(">IQIII", body)
    return SenderReport(ssrc, ntp, rtp_timestamp, packets, octets, _parse_blocks(body, 24, count))


def _parse_receiver_report(count: int, body: bytes) -> ReceiverReport:
    _need(body, 4 + count * BLOCK_SIZE, "receiver report")
    return ReceiverReport(struct.unpack_from(">I", body)[0], _parse_blocks(body, 4, count))


def _parse_bye(count: int, body: bytes) -> Bye:
    _need(body, 4 * count, "BYE packet")
    return Bye(list(struct.unpack_from(f">{count}I", body)))


def _parse_transport_feedback(count: int, body: bytes) -> RtcpPacket | None:
    _need(body, 8, "feedback packet")
    if count == TRANSPORT_WIDE_CC:
        return TransportWide(body[8:])
    return Nack(struct.unpack_from(">I", body, 4)[0], _parse_nack(body)) if count == GENERIC_NACK else None


def _parse_payload_feedback(count: int, body: bytes) -> RtcpPacket | None:
    _need(body, 8, "feedback packet")
    if count == PICTURE_LOSS:
        return Pli(struct.unpack_from(">I", body, 4)[0])
    if count == FULL_INTRA_REQUEST:
        entries = (len(body) - 8) // 8
        return Fir([struct.unpack_from(">I", body, 8 + 8 * entry)[0] for entry in range(entries)])
    if count == APPLICATION_LAYER and body[8:12] == b"REMB":
        return _parse_remb(body)
    return None


_PARSERS: Final[dict[int, Callable[[int, bytes], RtcpPacket | None]]] = {
    SENDER_REPORT: _parse_sender_report,
    RECEIVER_REPORT: _parse_receiver_report,
    GOODBYE: _parse_bye,
    TRANSPORT_FEEDBACK: _parse_transport_feedback,
    PAYLOAD_FEEDBACK: _parse_payload_feedback,
}


def _need(body: bytes, size: int, what: str) -> None:
    if len(body) < size:
        message = f"An RTCP {what} of {len(body)} bytes should have {size}."
        raise ParseError(message)


def _parse_blocks(body: bytes, offset: int, count: int) -> list[ReportBlock]:
    blocks = []
    for index in range(count):
        ssrc, loss, highest, jitter, lsr, dlsr = struct.unpack_from(">IIIIII", body, offset + index * BLOCK_SIZE)
        lost = loss & 0xFFFFFF
        if lost & 0x800000:
            lost -= 0x1000000
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, lsr, dlsr))
    return blocks


def _parse_nack(body: bytes) -> list[int]:
    lost: list[int] = []
    for offset in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from(">HH", body, offset)
        lost.append(first)
        lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(lost) > MAX_NACKED:
            break
    return lost


def _parse_remb(body: bytes) -> Remb:
    _need(body, 16, "REMB packet")
    count = body[12]
    _need(body, 16 + 4 * count, "REMB packet")
    exponent = body[13] >> 2
    mantissa = (body[13] & 0x03) << 16 | body[14] << 8 | body[15]
    return Remb(mantissa << exponent, list(struct.unpack_from(f">{count}I", body, 16)))


def _packet(count: int, packet_type: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0x80 | count, packet_type, len(body) // 4) + body


def _build_block(block: ReportBlock) -> bytes:
    loss = block.fraction_lost << 24 | block.packets_lost & 0xFFFFFF
    return struct.pack(">IIIIII", block.ssrc, loss, block.highest_sequence, block.jitter, block.lsr, block.dlsr)


def build_sender_report(
    *,
    ssrc: int,
    ntp: int,
    rtp_timestamp: int,
    packet_count: int,
    octet_count: int,
    reports: Sequence[ReportBlock] = (),
) -> bytes:
    """RFC 3550 section 6.4.1."""
    body = struct.pack(">IQIII", ssrc, ntp & (2**64 - 1), rtp_timestamp, packet_count, octet_count)
    return _packet(len(reports), SENDER_REPORT, body + b"".join(map(_build_block, reports)))


def build_receiver_report(ssrc: int, reports: Sequence[ReportBlock]) -> bytes:
    """RFC 3550 section 6.4.2; at most 31 blocks."""
    return _packet(len(reports), RECEIVER_REPORT, struct.pack(">I", ssrc) + b"".join(map(_build_block, reports)))


def build_sdes_cname(ssrc: int, cname: str) -> bytes:
    """A source description with only a CNAME (RFC 3550 section 6.5.1), cut to 255 bytes."""
    name = cname.encode()[:255]
    body = struct.pack(">IBB", ssrc, 1, len(name)) + name
    return _packet(1, SOURCE_DESCRIPTION, body + bytes(4 - len(body) % 4))


def build_nack(sender_ssrc: int, media_ssrc: int, lost: Sequence[int]) -> bytes:
    """Generic NACK (RFC 4585 section 6.2.1); neighbours share an entry when they come in order."""
    entries: list[list[int]] = []
    for number in lost:
        distance = seq_delta(number, entries[-1][0]) if entries else 0
        if entries and 0 < distance <= 16:
            entries[-1][1] |= 1 << distance - 1
        else:
            entries.append([number, 0])
    body = struct.pack(">II", sender_ssrc, media_ssrc) + b"".join(struct.pack(">HH", *entry) for entry in entries)
    return _packet(GENERIC_NACK, TRANSPORT_FEEDBACK, body)


def build_pli(sender_ssrc: int, media_ssrc: int) -> bytes:
    """Picture loss indication (RFC 4585 section 6.3.1)."""
    return _packet(PICTURE_LOSS, PAYLOAD_FEEDBACK, struct.pack(">II", sender_ssrc, media_ssrc))


def build_remb(sender_ssrc: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03)."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    head = struct.pack(
        ">II4sBBH", sender_ssrc, 0, b"REMB", len(ssrcs), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF
    )
    return _packet(APPLICATION_LAYER, PAYLOAD_FEEDBACK, head + struct.pack(f">{len(ssrcs)}I", *ssrcs))


def build_transport_feedback(sender_ssrc: int, media_ssrc: int, fci: bytes) -> bytes:
    """Transport-wide feedback around a ready FCI (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""
    padding = -len(fci) % 4
    body = struct.pack(">II", sender_ssrc, media_ssrc) + fci
    if not padding:
        return _packet(TRANSPORT_WIDE_CC, TRANSPORT_FEEDBACK, body)
    packet = bytearray(_packet(TRANSPORT_WIDE_CC, TRANSPORT_FEEDBACK, body + bytes(padding - 1) + bytes([padding])))
    packet[0] |= 0x20
    return bytes(packet)
