"""Packets that only clients send: the product parses them and never builds one."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from aioice import stun

from media.rtp.rtcp import FULL_INTRA_REQUEST, GOODBYE, PAYLOAD_FEEDBACK
from media.rtp.rtp import build_extensions

if TYPE_CHECKING:
    from collections.abc import Sequence


def build_rtp(
    payload_type: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    marker: bool = False,
    extensions: Sequence[tuple[int, bytes]] = (),
) -> bytearray:
    """A whole packet without padding (RFC 3550 section 5.1)."""
    block = build_extensions(extensions)
    first, second = 0x90 if block else 0x80, payload_type | (0x80 if marker else 0)
    packet = bytearray(struct.pack(">BBHII", first, second, sequence_number, timestamp, ssrc))
    packet += block
    packet += payload
    return packet


def build_bye(ssrcs: Sequence[int]) -> bytes:
    """RFC 3550 section 6.6."""
    return struct.pack(f">BBH{len(ssrcs)}I", 0x80 | len(ssrcs), GOODBYE, len(ssrcs), *ssrcs)


def build_fir(sender_ssrc: int, media_ssrc: int, command: int) -> bytes:
    """Full intra request (RFC 5104 section 4.3.1); `command` counts requests."""
    body = struct.pack(">IIIBxxx", sender_ssrc, 0, media_ssrc, command & 0xFF)
    return struct.pack(">BBH", 0x80 | FULL_INTRA_REQUEST, PAYLOAD_FEEDBACK, len(body) // 4) + body


def binding_request(*, username: str, password: bytes, use_candidate: bool, tie_breaker: int, priority: int) -> bytes:
    """A connectivity check as a controlling ICE agent sends it (RFC 8445 section 7.2.2)."""
    attributes: dict[str, object] = {"USERNAME": username, "PRIORITY": priority, "ICE-CONTROLLING": tie_breaker}
    if use_candidate:
        attributes["USE-CANDIDATE"] = None
    request = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.REQUEST,
        transaction_id=os.urandom(12),
        attributes=attributes,
    )
    request.add_message_integrity(password)
    return bytes(request)
