"""Connectivity checks: authentic ones are read, forged and malformed ones refused."""

from __future__ import annotations

import hmac
import struct

import pytest
from aioice import stun

from media.errors import ParseError
from media.net.stun import MAX_REQUEST_SIZE, binding_response, is_stun, parse_binding_request
from tests.media.packets import binding_request

PASSWORD = b"p" * 32
USERNAME = "local:remote"


def passwords(username: str) -> bytes | None:
    return PASSWORD if username == USERNAME else None


def request(password: bytes = PASSWORD, username: str = USERNAME, *, use_candidate: bool = True) -> bytes:
    return binding_request(
        username=username, password=password, use_candidate=use_candidate, tie_breaker=2**63, priority=77
    )


@pytest.mark.parametrize("use_candidate", [True, False])
def test_an_authentic_check_is_read(use_candidate: bool) -> None:
    data = request(use_candidate=use_candidate)
    assert is_stun(data)
    parsed = parse_binding_request(data, passwords)
    assert (parsed.local_ufrag, parsed.remote_ufrag, parsed.priority) == ("local", "remote", 77)
    assert parsed.use_candidate is use_candidate
    assert parsed.ice_controlling == 2**63
    assert parsed.transaction_id == data[8:20]


@pytest.mark.parametrize("address", [("192.0.2.1", 65_535), ("2001:db8::1", 1)])
def test_the_answer_tells_the_address_and_is_signed(address: tuple[str, int]) -> None:
    parsed = parse_binding_request(request(), passwords)
    answer = stun.parse_message(binding_response(parsed, address, PASSWORD))
    assert answer.message_class is stun.Class.RESPONSE
    assert answer.transaction_id == parsed.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == address
    assert answer.check_message_integrity(PASSWORD)
    expected = stun.Message(
        stun.Method.BINDING, stun.Class.RESPONSE, parsed.transaction_id, {"XOR-MAPPED-ADDRESS": address}
    )
    expected.add_message_integrity(PASSWORD)
    assert binding_response(parsed, address, PASSWORD) == bytes(expected)


def unsigned(**attributes: object) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, bytes(12), {"USERNAME": USERNAME, **attributes})
    return bytes(message)


def with_attribute(kind: int, value: bytes) -> bytes:
    """A message with any attribute, right or wrong."""
    body = struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)
    return struct.pack(">HHI12s", 1, len(body), stun.COOKIE, bytes(12)) + body


def of_attributes(*attributes: tuple[int, bytes]) -> bytes:
    """A message with any attributes."""
    body = b"".join(with_attribute(kind, value)[20:] for kind, value in attributes)
    return struct.pack(">HHI12s", 1, len(body), stun.COOKIE, bytes(12)) + body


# What no client sends, and what would cost more than a look at where the attributes are.
UNUSUAL = {
    "longer than any client's": of_attributes((0x0006, USERNAME.encode()), (0x8022, bytes(MAX_REQUEST_SIZE))),
    "of 164 attributes": of_attributes(*[(0x0001, bytes([0, 1, 0, 0, 1, 2, 3, 4]))] * 164),
    "the user name twice": of_attributes((0x0006, b"a:b"), (0x0006, USERNAME.encode())),
    "an unknown attribute twice": of_attributes((0x0006, USERNAME.encode()), (0xC057, b"1234"), (0xC057, b"1234")),
    "more attributes than any client's": of_attributes(
        (0x0006, USERNAME.encode()), *[(0xC100 + number, b"") for number in range(40)]
    ),
}


@pytest.mark.parametrize("data", UNUSUAL.values(), ids=UNUSUAL)
def test_what_no_client_sends_is_refused_before_anybody_is_looked_up(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hmac.digest", None)
    asked: list[str] = []
    with pytest.raises(ParseError):
        parse_binding_request(data, asked.append)
    assert not asked


def test_a_request_for_somebody_unknown_is_refused_before_its_signature_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hmac.digest", None)
    with pytest.raises(ParseError, match="unknown"):
        parse_binding_request(request(username="other:remote"), passwords)


def test_a_request_as_chromium_sends_it_is_read() -> None:
    message = stun.Message(
        stun.Method.BINDING,
        stun.Class.REQUEST,
        bytes(12),
        {"USERNAME": USERNAME, "ICE-CONTROLLING": 5, "USE-CANDIDATE": None, "PRIORITY": 9},
    )
    head = bytes(message) + struct.pack(">HHI", 0xC057, 4, 0x000A_0001)  # GOOG-NETWORK-INFO
    signed = head[:2] + struct.pack(">H", len(head) - 20 + 24) + head[4:]
    whole = signed + struct.pack(">HH", 8, 20) + hmac.digest(PASSWORD, signed, "sha1")
    parsed = parse_binding_request(whole, passwords)
    assert (parsed.use_candidate, parsed.priority, parsed.ice_controlling) == (True, 9, 5)


FORGED_OR_MALFORMED = {
    "another password": request(password=b"forged"),
    "unknown user": request(username="other:remote"),
    "one fragment": request(username="nocolon"),
    "unsigned": unsigned(),
    "unsigned with a priority": unsigned(PRIORITY=1),
    "cut": request()[:-1],
    "longer": request() + b"\0",
    "part of a header": request()[:19],
    "empty": b"",
    "response": b"\x01\x01" + request()[2:],
    "indication": b"\x00\x11" + request()[2:],
    "unknown method": b"\x3f\xff" + request()[2:],
    "no magic cookie": request()[:4] + b"xxxx" + request()[8:],
    "priority of one byte": with_attribute(0x0024, b"\x01"),  # a struct.error in aioice
    "tie breaker of one byte": with_attribute(0x802A, b"\x01"),
    "address of one byte": with_attribute(0x0020, b"\x00"),
    "address of no family": with_attribute(0x0020, b"\x00\x09\x00\x00\x00\x00"),
    "user name that is no text": with_attribute(0x0006, b"\xff\xfe"),
    "error of one byte": with_attribute(0x0009, b"\x00"),
    "channel of one byte": with_attribute(0x000C, b"\x00"),
}


@pytest.mark.parametrize("data", FORGED_OR_MALFORMED.values(), ids=FORGED_OR_MALFORMED)
def test_forged_and_malformed_checks_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_binding_request(data, passwords)


def test_each_changed_bit_of_a_check_is_noticed() -> None:
    data = request()
    for position in range(8 * (len(data) - 8)):  # without FINGERPRINT, which is for telling protocols apart
        changed = bytearray(data)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(ParseError):
            parse_binding_request(bytes(changed), passwords)


def test_what_follows_the_signature_counts_for_nothing() -> None:
    signed = stun.parse_message(request(use_candidate=False))
    signed.attributes.pop("FINGERPRINT")
    data = bytearray(bytes(signed) + struct.pack(">HH", 0x0025, 0))
    data[2:4] = struct.pack(">H", len(data) - 20)
    assert not parse_binding_request(bytes(data), passwords).use_candidate
