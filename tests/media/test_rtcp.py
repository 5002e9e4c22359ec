"""RTCP: there and back, compounds, and malformed twins that are refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import ParseError
from media.rtp.rtcp import (
    MAX_COMPOUND,
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    SenderReport,
    TransportWide,
    build_nack,
    build_pli,
    build_receiver_report,
    build_remb,
    build_sdes_cname,
    build_sender_report,
    build_transport_feedback,
    is_rtcp,
    parse_compound,
)
from tests.media.packets import build_bye, build_fir

word = st.integers(0, 0xFFFFFFFF)
blocks = st.lists(
    st.builds(
        ReportBlock,
        ssrc=word,
        fraction_lost=st.integers(0, 255),
        packets_lost=st.integers(-0x800000, 0x7FFFFF),
        highest_sequence=word,
        jitter=word,
        lsr=word,
        dlsr=word,
    ),
    max_size=31,
)


@given(word, st.integers(0, 2**64 - 1), word, word, word, blocks)
def test_sender_reports_there_and_back(
    ssrc: int, ntp: int, rtp_timestamp: int, packets: int, octets: int, reports: list[ReportBlock]
) -> None:
    data = build_sender_report(
        ssrc=ssrc, ntp=ntp, rtp_timestamp=rtp_timestamp, packet_count=packets, octet_count=octets, reports=reports
    )
    assert parse_compound(data) == [SenderReport(ssrc, ntp, rtp_timestamp, packets, octets, reports)]


@given(word, blocks)
def test_receiver_reports_there_and_back(ssrc: int, reports: list[ReportBlock]) -> None:
    assert parse_compound(build_receiver_report(ssrc, reports)) == [ReceiverReport(ssrc, reports)]


@given(st.integers(0, 0xFFFF), st.sets(st.integers(0, 300), min_size=1))
def test_nacks_there_and_back_also_around_the_wrap(start: int, distances: set[int]) -> None:
    lost = [(start + distance) & 0xFFFF for distance in sorted(distances)]
    data = build_nack(1, 2, lost)
    assert parse_compound(data) == [Nack(2, lost)]
    assert len(data) <= 12 + 4 * len(lost)


@pytest.mark.parametrize("start", [0, 0xFFFE])
def test_neighbours_share_an_entry_of_a_nack(start: int) -> None:
    assert len(build_nack(1, 2, [(start + number) & 0xFFFF for number in range(17)])) == 16
    assert len(build_nack(1, 2, [(start + number) & 0xFFFF for number in range(18)])) == 20


def test_a_nack_of_everything_is_cut() -> None:
    entries = b"".join(struct.pack(">HH", number * 17, 0xFFFF) for number in range(200))
    data = struct.pack(">BBHII", 0x81, 205, 2 + len(entries) // 4, 1, 2) + entries
    (nack,) = parse_compound(data)
    assert isinstance(nack, Nack)
    assert 1000 < len(nack.lost) < 1020


@pytest.mark.parametrize("bitrate", [0, 1, 2**18 - 1, 2**18, 5_000_000, 2**40])
def test_remb_keeps_the_18_highest_bits(bitrate: int) -> None:
    (remb,) = parse_compound(build_remb(1, bitrate, [7, 8]))
    assert isinstance(remb, Remb)
    assert remb.ssrcs == [7, 8]
    assert remb.bitrate_bps == pytest.approx(bitrate, rel=2**-17)


def test_the_others_there_and_back() -> None:
    assert parse_compound(build_pli(1, 2)) == [Pli(2)]
    assert parse_compound(build_fir(1, 2, 300)) == [Fir([2])]
    assert parse_compound(build_bye([1, 2])) == [Bye([1, 2])]


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "alice@example.org", "ä" * 300])
def test_source_descriptions_are_padded_to_words_and_skipped(name: str) -> None:
    data = build_sdes_cname(5, name)
    assert len(data) % 4 == 0
    assert struct.unpack_from(">H", data, 2)[0] == len(data) // 4 - 1
    assert data[-1] == 0
    assert parse_compound(data + build_pli(1, 2)) == [Pli(2)]


@given(st.binary(min_size=8, max_size=60))
def test_transport_feedback_is_padded_as_rfc_3550_says(fci: bytes) -> None:
    data = build_transport_feedback(1, 2, fci)
    assert len(data) % 4 == 0
    assert data[12 : 12 + len(fci)] == fci
    assert bool(data[0] & 0x20) == bool(len(fci) % 4)
    if data[0] & 0x20:
        assert data[-1] == -len(fci) % 4
    assert parse_compound(data) == [TransportWide(fci)]


def test_a_compound_keeps_its_order_and_unknown_packets_are_skipped() -> None:
    unknown = struct.pack(">BBHI", 0x80, 207, 1, 9)
    data = build_receiver_report(1, []) + unknown + build_pli(1, 2) + build_nack(1, 2, [3])
    assert parse_compound(data) == [ReceiverReport(1), Pli(2), Nack(2, [3])]


def test_padding_of_the_last_packet_is_left_out() -> None:
    data = bytearray(build_pli(1, 2) + bytes(3) + b"\x04")
    data[0] |= 0x20
    data[3] += 1
    assert parse_compound(bytes(data)) == [Pli(2)]


SR = build_sender_report(ssrc=1, ntp=2, rtp_timestamp=3, packet_count=4, octet_count=5, reports=[ReportBlock(6)])


def changed(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


@pytest.mark.parametrize(
    "data",
    [
        SR[:-1],
        SR + b"\x80",
        changed(SR, 0, 0x41),  # version 1
        changed(SR, 0, 0x82),  # two blocks announced
        changed(SR, 3, 0xFF),  # longer than the datagram
        changed(SR, 0, 0xA1),  # a padding of 0
        changed(build_pli(1, 2), 3, 1)[:8],
        struct.pack(">BBH", 0x81, 201, 0),
        changed(build_remb(1, 2, [3]), 16, 200),  # 200 SSRCs announced
        struct.pack(">BBHI", 0x85, 203, 1, 1),  # BYE of five
        struct.pack(">BBH", 0xA1, 206, 0),  # padded, but empty
    ],
)
def test_malformed_packets_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_compound(data)


def test_rtcp_is_told_from_rtp_by_its_second_byte() -> None:
    assert is_rtcp(0x80, 200)
    assert is_rtcp(0x81, 206)
    assert not is_rtcp(0x80, 96)
    assert not is_rtcp(0x80, 0x80 | 96)
    assert not is_rtcp(0x40, 200)


def test_of_a_compound_the_first_packets_are_read() -> None:
    assert len(parse_compound(build_pli(1, 2) * 150)) == MAX_COMPOUND
