"""Redundant audio (RFC 2198, audio/red): each packet has the frame of its own time, and earlier ones once more.

A payload is a row of block headers, then the blocks in the same order; the last one is the primary encoding, whose
header is one octet. As Chromium sends Opus: the frame before (20 ms earlier), then this one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from media.errors import ParseError

# libwebrtc sends one block and accepts nine; more is nonsense.
MAX_BLOCKS: Final = 32
BLOCK_HEADER: Final = 4
PRIMARY_HEADER: Final = 1


class RedPayload(NamedTuple):
    """Where the headers of the blocks are, the primary's last, and where its frame begins."""

    headers: tuple[int, ...]
    primary_at: int


def parse_red(payload: bytes | bytearray | memoryview) -> RedPayload:
    """The places in a RED payload (RFC 2198 section 3). Raises `ParseError`."""
    size = len(payload)
    headers: list[int] = []
    at = redundant = 0
    while True:
        if at >= size or len(headers) == MAX_BLOCKS:
            message = f"A RED payload of {size} octets ends within its block headers, or has more than {MAX_BLOCKS}."
            raise ParseError(message)
        headers.append(at)
        if not payload[at] & 0x80:
            break
        if at + BLOCK_HEADER > size:
            message = f"A RED payload of {size} octets ends within a block header."
            raise ParseError(message)
        redundant += (payload[at + 2] & 0x03) << 8 | payload[at + 3]
        at += BLOCK_HEADER
    primary_at = at + PRIMARY_HEADER + redundant
    if primary_at >= size:
        message = f"The blocks of a RED payload of {size} octets leave nothing for the primary encoding."
        raise ParseError(message)
    return RedPayload(tuple(headers), primary_at)


def name_blocks(payload: bytearray | memoryview, received: int, payload_type: int) -> None:
    """Put a router's payload type in the place of the sender's. Raises `ParseError`, also where a block is no such."""
    for at in parse_red(payload).headers:
        if payload[at] & 0x7F != received:
            message = f"A RED block has the payload type {payload[at] & 0x7F}, not {received}."
            raise ParseError(message)
        payload[at] = payload[at] & 0x80 | payload_type
