"""RTP headers and extensions: there and back, and malformed twins that are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import ParseError
from media.rtp.rtp import MAX_EXTENSIONS, MAX_EXTENSIONS_SIZE, build_extensions, parse_rtp_header, read_extensions
from tests.media.packets import build_rtp

extension_values = st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=5)
wide_values = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=60)), min_size=1, max_size=5)


@given(
    st.integers(0, 127),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=200),
    st.booleans(),
    st.one_of(extension_values, wide_values),
)
def test_what_is_built_is_parsed_again(
    payload_type: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool,
    extensions: list[tuple[int, bytes]],
) -> None:
    packet = build_rtp(payload_type, sequence_number, timestamp, ssrc, payload, marker=marker, extensions=extensions)
    header = parse_rtp_header(packet, len(packet))
    assert (header.payload_type, header.sequence_number, header.timestamp, header.ssrc, header.marker) == (
        payload_type,
        sequence_number,
        timestamp,
        ssrc,
        marker,
    )
    assert packet[header.payload_offset : header.payload_offset + header.payload_length] == payload
    found = {key: bytes(packet[at : at + size]) for key, (at, size) in read_extensions(packet, header).items()}
    assert found == dict(extensions)


def test_padding_is_not_payload() -> None:
    packet = build_rtp(96, 1, 2, 3, b"media" + bytes(3) + b"\x04")
    packet[0] |= 0x20
    header = parse_rtp_header(packet, len(packet))
    assert (header.payload_length, header.padding) == (5, 4)


def test_a_packet_of_padding_only_has_no_payload() -> None:
    packet = build_rtp(96, 1, 2, 3, bytes(254) + b"\xff")
    packet[0] |= 0x20
    assert parse_rtp_header(packet, len(packet)).payload_length == 0


def test_contributing_sources_are_skipped() -> None:
    packet = build_rtp(96, 1, 2, 3, bytes(8) + b"media")
    packet[0] |= 2
    header = parse_rtp_header(packet, len(packet))
    assert packet[header.payload_offset :] == b"media"


def test_what_lies_behind_the_length_is_not_read() -> None:
    packet = build_rtp(96, 1, 2, 3, b"media") + bytes(100)
    assert parse_rtp_header(packet, 17).payload_length == 5


def twin(change: dict[int, int], size: int = 40) -> bytes:
    packet = build_rtp(96, 1, 2, 3, bytes(size), extensions=[(1, b"abcd")])
    for at, value in change.items():
        packet[at] = value
    return bytes(packet)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        twin({})[:11],
        twin({0: 0x50}),
        twin({0: 0x10}),
        twin({0: 0x9F}, size=0),  # 15 contributing sources that are not there
        twin({})[:14],  # ends inside the extension header
        twin({14: 0xFF, 15: 0xFF}),  # an extension block of 256 KiB
        twin({0: 0xB0}),  # padding of 0
        twin({0: 0xB0, -1: 0xFF}),  # more padding than packet
    ],
)
def test_malformed_packets_are_refused(packet: bytes) -> None:
    with pytest.raises(ParseError):
        parse_rtp_header(packet, len(packet))


@pytest.mark.parametrize(
    "block",
    [
        b"\xbe\xde\x00\x01\x1f\x00\x00\x00",  # 16 bytes announced, 3 there
        b"\x10\x00\x00\x01\x01\x09\x00\x00",
        b"\x10\x00\x00\x01\x00\x00\x00\x05",  # ends inside an element's header
    ],
)
def test_extensions_that_leave_their_block_are_refused(block: bytes) -> None:
    packet = bytearray(build_rtp(96, 1, 2, 3, b"")) + block + b"media"
    packet[0] |= 0x10
    header = parse_rtp_header(packet, len(packet))
    with pytest.raises(ParseError):
        read_extensions(packet, header)


@pytest.mark.parametrize("block", [b"\xbe\xde\x00\x01\xf0\x10\x00\x00", b"\xab\xcd\x00\x01\x10\x01\x00\x00"])
def test_id_15_ends_a_one_byte_block_and_other_profiles_are_skipped(block: bytes) -> None:
    packet = bytearray(build_rtp(96, 1, 2, 3, b"")) + block
    packet[0] |= 0x10
    assert read_extensions(packet, parse_rtp_header(packet, len(packet))) == {}


def test_the_form_of_extensions_follows_the_values() -> None:
    assert build_extensions([(1, b"a")])[:2] == b"\xbe\xde"
    assert build_extensions([(15, b"a")])[:2] == b"\x10\x00"
    assert build_extensions([(1, bytes(17))])[:2] == b"\x10\x00"
    assert build_extensions([(1, b"")])[:2] == b"\x10\x00"
    assert build_extensions([]) == b""


@pytest.mark.parametrize(
    "extensions",
    [[(1, b"x")] * (MAX_EXTENSIONS + 1), [(200, bytes(255))] * (MAX_EXTENSIONS_SIZE // 257 + 1)],
    ids=["many", "long"],
)
def test_more_extensions_than_any_client_sends_are_refused(extensions: list[tuple[int, bytes]]) -> None:
    data = build_rtp(96, 1, 2, 3, b"payload", extensions=extensions)
    with pytest.raises(ParseError, match="header extensions"):
        read_extensions(data, parse_rtp_header(data, len(data)))
