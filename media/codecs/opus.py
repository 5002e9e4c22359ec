"""How long an Opus packet sounds (RFC 6716 section 3)."""

from __future__ import annotations

from typing import Final

from media.errors import ParseError

# A frame's length in ms by the packet's configuration (section 3.1, table 2): SILK, hybrid, CELT.
_FRAME_MS: Final = (*(10.0, 20.0, 40.0, 60.0) * 3, *(10.0, 20.0) * 2, *(2.5, 5.0, 10.0, 20.0) * 4)
# How many frames are in a packet, by its code (section 3.2); of code 3 the second octet tells.
_FRAMES: Final = (1, 2, 2)


def opus_duration_s(payload: bytes | memoryview) -> float:
    """A packet's length in s, at most 0.12. Raises `ParseError`."""
    if not payload:
        raise ParseError("An Opus packet has at least one octet.")
    code = payload[0] & 0x03
    if code == len(_FRAMES) and len(payload) == 1:
        raise ParseError("An Opus packet of any number of frames has at least two octets.")
    frames = _FRAMES[code] if code < len(_FRAMES) else payload[1] & 0x3F
    duration_ms = frames * _FRAME_MS[payload[0] >> 3]
    if not 0 < duration_ms <= 120:
        message = f"An Opus packet sounds for up to 120 ms, not for {duration_ms:g}."
        raise ParseError(message)
    return duration_ms / 1000
