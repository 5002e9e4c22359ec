"""STUN binding requests and responses for ICE (RFC 8489, RFC 8445).

Anybody may send us a request, so what is cheap comes first: its size, how its attributes are cut, whom its user
name means. Only what is for one of our transports is worth an HMAC.
"""

from __future__ import annotations

import binascii
import hmac
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER_SIZE: Final = 20
BINDING_REQUEST_TYPE: Final = b"\x00\x01"
BINDING_RESPONSE_TYPE: Final = b"\x01\x01"
MAGIC_COOKIE: Final = b"\x21\x12\xa4\x42"
# Bytes of a request and attributes in it. A browser's have 100 to 200 bytes and up to eleven attributes.
MAX_REQUEST_SIZE: Final = 500
MAX_ATTRIBUTES: Final = 20
# RFC 8489 section 14 and RFC 8445 section 16.1. FINGERPRINT and MESSAGE-INTEGRITY cover what is before them.
USERNAME: Final = 0x0006
MESSAGE_INTEGRITY: Final = 0x0008
PRIORITY: Final = 0x0024
XOR_MAPPED_ADDRESS: Final = 0x0020
USE_CANDIDATE: Final = 0x0025
FINGERPRINT: Final = 0x8028
ICE_CONTROLLING: Final = 0x802A
# How long the value of an attribute is that we read, and that has only one length.
LENGTHS: Final = {MESSAGE_INTEGRITY: 20, PRIORITY: 4, USE_CANDIDATE: 0, FINGERPRINT: 4, ICE_CONTROLLING: 8}
INTEGRITY_SIZE: Final = 24
FINGERPRINT_SIZE: Final = 8
FINGERPRINT_XOR: Final = 0x5354554E
# RFC 8489 section 14.1: the families of an address, and what a port is xored with (the cookie's first half).
IPV4: Final = 1
IPV6: Final = 2
PORT_MASK: Final = 0x2112
_attribute_header = struct.Struct(">HH").unpack_from


@dataclass(slots=True)
class BindingRequest:
    """An authentic connectivity check (RFC 8445 section 7.1)."""

    transaction_id: bytes
    username: str
    local_ufrag: str
    remote_ufrag: str
    priority: int
    use_candidate: bool
    ice_controlling: int | None


def is_stun(data: bytes) -> bool:
    """Whether a datagram looks like STUN: first byte 0 to 3 (RFC 7983) and the magic cookie."""
    return len(data) >= HEADER_SIZE and data[0] < 4 and data[4:8] == MAGIC_COOKIE


def read_attributes(data: bytes) -> dict[int, tuple[int, int]]:
    """Offset and length of each attribute's value, by type, of a request that a client may send. Raises `ParseError`.

    What follows MESSAGE-INTEGRITY counts for nothing (RFC 8489 section 14.5), except for FINGERPRINT at the very end.
    """
    size = len(data)
    if not is_stun(data) or data[:2] != BINDING_REQUEST_TYPE:
        message = "The datagram is no STUN binding request."
        raise ParseError(message)
    if size > MAX_REQUEST_SIZE:
        message = f"A STUN binding request has at most {MAX_REQUEST_SIZE} bytes, this one {size}."
        raise ParseError(message)
    if data[2] << 8 | data[3] != size - HEADER_SIZE or size % 4:
        message = "The STUN message's length is not that of its datagram."
        raise ParseError(message)
    found: dict[int, tuple[int, int]] = {}
    seen: set[int] = set()
    position = HEADER_SIZE
    while position < size:
        kind, length = _attribute_header(data, position)
        position += 4
        if position + length > size or LENGTHS.get(kind, length) != length:
            message = f"The STUN attribute {kind:#06x} has an impossible length of {length} bytes."
            raise ParseError(message)
        if kind in seen or len(seen) == MAX_ATTRIBUTES:
            message = "The STUN message has an attribute twice, or too many of them."
            raise ParseError(message)
        seen.add(kind)
        if MESSAGE_INTEGRITY not in found or (kind == FINGERPRINT and position + length == size):
            found[kind] = (position, length)
        position += length + -length % 4
    return found


def _username(data: bytes, attributes: dict[int, tuple[int, int]]) -> str:
    offset, length = attributes.get(USERNAME, (0, 0))
    try:
        username = data[offset : offset + length].decode("ascii")
    except UnicodeDecodeError as error:
        message = "The STUN binding request's user name is no text."
        raise ParseError(message) from error
    if ":" not in username:
        message = "The STUN binding request has no user name of two fragments."
        raise ParseError(message)
    return username


def parse_binding_request(data: bytes, password_for: Callable[[str], bytes | None]) -> BindingRequest:
    """Parse and authenticate. `password_for` gets the whole user name. Raises `ParseError` for anything else."""
    attributes = read_attributes(data)
    username = _username(data, attributes)
    password = password_for(username)
    if password is None:
        message = "The STUN binding request is for somebody unknown."
        raise ParseError(message)
    _check_signatures(data, attributes, password)
    local, _, remote = username.partition(":")

    def number(kind: int) -> int | None:
        place = attributes.get(kind)
        return int.from_bytes(data[place[0] : place[0] + place[1]], "big") if place else None

    return BindingRequest(
        transaction_id=data[8:HEADER_SIZE],
        username=username,
        local_ufrag=local,
        remote_ufrag=remote,
        priority=number(PRIORITY) or 0,
        use_candidate=USE_CANDIDATE in attributes,
        ice_controlling=number(ICE_CONTROLLING),
    )


def _check_signatures(data: bytes, attributes: dict[int, tuple[int, int]], password: bytes) -> None:
    """Each is made with the length that the message would have if it ended with it (RFC 8489 sections 14.5, 14.7)."""
    offset, length = attributes.get(MESSAGE_INTEGRITY, (0, 0))
    signed = _ending_with(data, offset - 4, INTEGRITY_SIZE) if length else b""
    if not length or not hmac.compare_digest(data[offset : offset + length], hmac.digest(password, signed, "sha1")):
        message = "The STUN binding request's MESSAGE-INTEGRITY is missing or wrong."
        raise ParseError(message)
    if FINGERPRINT in attributes:
        offset, length = attributes[FINGERPRINT]
        checksum = binascii.crc32(_ending_with(data, offset - 4, FINGERPRINT_SIZE)) ^ FINGERPRINT_XOR
        if int.from_bytes(data[offset : offset + length], "big") != checksum:
            message = "The STUN binding request's FINGERPRINT is wrong."
            raise ParseError(message)


def _ending_with(data: bytes, position: int, attribute_size: int) -> bytes:
    """What is before `position`, its length field as if one more attribute of this size were all that followed."""
    return data[:2] + struct.pack(">H", position - HEADER_SIZE + attribute_size) + data[4:position]


def binding_response(request: BindingRequest, address: tuple[str, int], password: bytes) -> bytes:
    """A success response with the address that the request came from."""
    host, port = address[0].partition("%")[0], address[1]
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    mask = MAGIC_COOKIE + request.transaction_id
    mapped = bytes(a ^ b for a, b in zip(packed, mask, strict=False))
    family = IPV6 if len(packed) > len(MAGIC_COOKIE) else IPV4
    value = struct.pack(">HH", family, port ^ PORT_MASK) + mapped
    attribute = struct.pack(">HH", XOR_MAPPED_ADDRESS, len(value)) + value
    size = len(attribute) + INTEGRITY_SIZE
    signed = BINDING_RESPONSE_TYPE + struct.pack(">H", size) + mask + attribute
    integrity = struct.pack(">HH", MESSAGE_INTEGRITY, INTEGRITY_SIZE - 4) + hmac.digest(password, signed, "sha1")
    size += FINGERPRINT_SIZE
    whole = signed[:2] + struct.pack(">H", size) + signed[4:] + integrity
    checksum = binascii.crc32(whole) ^ FINGERPRINT_XOR
    return whole + struct.pack(">HHI", FINGERPRINT, FINGERPRINT_SIZE - 4, checksum)
