"""STUN binding requests and responses for ICE (RFC 8489, RFC 8445), on aioice's codec, fully checked."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aioice import stun

from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER_SIZE: Final = 20
BINDING_REQUEST_TYPE: Final = b"\x00\x01"
MAGIC_COOKIE: Final = struct.pack(">I", stun.COOKIE)


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


def parse_binding_request(data: bytes, password_for: Callable[[str], bytes | None]) -> BindingRequest:
    """Parse and authenticate. `password_for` gets the whole user name. Raises `ParseError` for anything else."""
    if not is_stun(data) or data[:2] != BINDING_REQUEST_TYPE:
        message = "The datagram is no STUN binding request."
        raise ParseError(message)
    try:
        parsed = stun.parse_message(data)
    except (ValueError, struct.error, LookupError, OverflowError) as error:
        message = f"The STUN message is malformed: {error}."
        raise ParseError(message) from error
    attributes = parsed.attributes
    username = attributes.get("USERNAME")
    if not isinstance(username, str) or ":" not in username:
        message = "The STUN binding request has no user name of two fragments."
        raise ParseError(message)
    password = password_for(username)
    if password is None:
        message = "The STUN binding request is for somebody unknown."
        raise ParseError(message)
    if not parsed.check_message_integrity(password):
        message = "The STUN binding request's MESSAGE-INTEGRITY is missing or wrong."
        raise ParseError(message)
    local, _, remote = username.partition(":")
    return BindingRequest(
        transaction_id=parsed.transaction_id,
        username=username,
        local_ufrag=local,
        remote_ufrag=remote,
        priority=attributes.get("PRIORITY", 0),
        use_candidate="USE-CANDIDATE" in attributes,
        ice_controlling=attributes.get("ICE-CONTROLLING"),
    )


def binding_response(request: BindingRequest, address: tuple[str, int], password: bytes) -> bytes:
    """A success response with the address that the request came from."""
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=request.transaction_id,
        attributes={"XOR-MAPPED-ADDRESS": address},
    )
    response.add_message_integrity(password)
    return bytes(response)


def binding_request(*, username: str, password: bytes, use_candidate: bool, tie_breaker: int, priority: int) -> bytes:
    """A check as a controlling client sends it."""
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
