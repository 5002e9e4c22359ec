"""A received stream: order, duplicates, padding, repairs, outages."""

from __future__ import annotations

import pytest

from media.receive.nack import MAX_GAP
from media.receive.stream import CACHE_PACKETS, MAX_CANONICAL, SILENT_AFTER_S
from media.rtp.rtcp import SenderReport
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.send.transport_wide import element_head
from tests.media.clients import audio_parameters, vp8
from tests.media.packets import build_rtp
from tests.media.parts import Track, body

STARTS = [0, 65_534, 65_535]


@pytest.mark.parametrize("start", STARTS)
def test_padding_only_packets_are_dropped_and_leave_no_hole(start: int) -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.frame(start, key=True)
    for number in range(1, 10):
        if number % 3 == 0:
            track.frame(start + number)
        else:
            track.feed(start + number, b"", padding=True)
    got = [packet.sequence_number for packet in egress.of(consumer.ssrc)]
    assert got == list(range(got[0], got[0] + 4))
    assert not track.streams[0].repairing


def test_padding_before_the_first_media_is_nothing() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.feed(5, b"", padding=True)
    track.frame(6, key=True)
    assert len(egress.of(consumer.ssrc)) == 1


def test_late_padding_and_recovered_padding_end_the_wait_for_them() -> None:
    track = Track()
    track.frame(1, key=True)
    track.frame(4)
    assert track.streams[0].missing(track.now) == ([2, 3], False)
    track.feed(2, b"", padding=True)
    track.feed(3, b"", recovered=True)
    assert not track.streams[0].repairing


@pytest.mark.parametrize("start", STARTS)
def test_late_packets_take_their_own_place(start: int) -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    for number in (0, 1, 4, 3, 2, 5):
        track.frame(start + number, key=number == 0)
    got = egress.of(consumer.ssrc)
    assert [body(packet) - start for packet in got] == [0, 1, 4, 3, 2, 5]
    first = got[0].sequence_number
    assert [packet.sequence_number - first for packet in got] == [0, 1, 4, 3, 2, 5]


def test_duplicates_and_old_packets_are_dropped() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    for number in range(1, CACHE_PACKETS + 100):
        if number != 50:
            track.frame(number, key=number == 1)
    sent = egress.sent
    for number in (1, 50, 100, CACHE_PACKETS):
        track.frame(number)
    assert egress.sent == sent
    assert track.streams[0].discarded == 4
    assert consumer.closed is False


def test_a_retransmission_repairs_once() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.frame(1, key=True)
    track.frame(3)
    assert track.transport.watched == [track.streams[0]]
    assert track.streams[0].missing(track.now) == ([2], False)
    track.feed(2, vp8(2, body=b"repaired"), recovered=True)
    track.feed(2, vp8(2, body=b"again"), recovered=True)
    assert [packet.payload[-8:] for packet in egress.of(consumer.ssrc)][-1] == b"repaired"
    assert len(egress.of(consumer.ssrc)) == 3
    stream = track.streams[0]
    assert (stream.repaired, stream.discarded, stream.repairing) == (1, 1, False)
    assert stream.reception.lost == 1


@pytest.mark.parametrize("gap", [MAX_GAP + 2, 30_000])
@pytest.mark.parametrize("start", [1, 60_000])
def test_an_outage_is_closed_over_and_ends_with_a_keyframe(start: int, gap: int) -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.frame(start, key=True)
    track.frame(start + 1)
    track.frame(start + gap)
    track.frame(start + gap - 1)  # late, from within the outage
    track.frame(start + 2)
    track.frame(start + gap + 1)
    got = egress.of(consumer.ssrc)
    assert [body(packet) - start for packet in got] == [0, 1, gap, gap + 1]
    first = got[0].sequence_number
    assert [packet.sequence_number - first for packet in got] == [0, 1, 2, 3]
    assert track.transport.watched
    assert track.streams[0].missing(track.now) == ([], True)


def test_packets_too_large_for_a_slot_are_dropped() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.frame(1, key=True)
    overhead = 12 + 12  # header, and the extension block with abs-send-time and a number
    track.feed(2, vp8(2, body=bytes(MAX_CANONICAL - overhead - 7)))
    track.feed(3, vp8(3, body=bytes(MAX_CANONICAL - overhead - 6)))
    assert [len(packet.data) for packet in egress.of(consumer.ssrc)][1:] == [MAX_CANONICAL]
    assert track.streams[0].discarded == 1


@pytest.mark.parametrize("wide", [True, False])
def test_picture_ids_are_counted_on_across_their_wrap(wide: bool) -> None:
    track = Track()
    width = 0x8000 if wide else 0x80
    for number in range(10):
        identifier = (width - 5 + number) % width
        descriptor = bytes([0x80 | identifier >> 8, identifier & 0xFF]) if wide else bytes([identifier])
        track.feed(100 + number, b"\x90\x80" + descriptor + (b"\x01" if number else b"\x00"))
        assert track.streams[0].highest_picture_id == width - 5 + number


def test_packets_without_a_picture_id_dont_disturb_the_count() -> None:
    track = Track()
    track.frame(1000, key=True)
    track.feed(1001, b"\x10\x01")
    assert track.streams[0].highest_picture_id == 1000


def test_audio_needs_no_keyframe() -> None:
    track = Track(audio_parameters(), "audio")
    consumer, egress, _ = track.consume()
    track.feed(7, b"sound")
    assert [packet.payload for packet in egress.of(consumer.ssrc)] == [b"sound"]
    assert not track.transport.requested


def test_a_silent_stream_is_not_active_and_reports_nothing_before_it_starts() -> None:
    track = Track()
    stream = track.streams[0]
    assert not stream.active(track.now)
    assert stream.report(track.now) is None
    track.frame(1, key=True)
    assert stream.active(track.now + SILENT_AFTER_S - 0.01)
    assert not stream.active(track.now + SILENT_AFTER_S)
    stream.receive_sender_report(SenderReport(1, 5 << 32, 6, 7, 8), track.now)
    report = stream.report(track.now + 1)
    assert report is not None
    assert (report.lsr, report.dlsr, report.ssrc) == (5 << 16, 65_536, 0x2000)


@pytest.mark.parametrize("ahead", [1, 100, 32_000])
def test_a_retransmission_of_what_is_yet_to_come_is_dropped(ahead: int) -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.feed(60_001, vp8(1), recovered=True)
    track.frame(60_000, key=True)
    track.feed(60_000 + ahead, vp8(1), recovered=True)
    track.frame(60_001)
    assert [body(packet) for packet in egress.of(consumer.ssrc)] == [60_000, 60_001]
    assert track.streams[0].discarded == 2


@pytest.mark.parametrize("two_byte", [False, True])
def test_video_keeps_room_for_its_send_time_and_number(two_byte: bool) -> None:
    track = Track()
    stream = track.streams[0]
    stream.format.extensions = {12: 7}
    value = bytes(range(1, 21 if two_byte else 5))
    data = build_rtp(stream.format.received_payload_type, 9, 3000, 1, vp8(9, key=True), extensions=[(12, value)])
    header = parse_rtp_header(data, len(data))
    stream.receive(memoryview(data), header, read_extensions(data, header), track.now)
    packet = stream.cached(stream.highest)
    assert packet is not None
    head = element_head(5, one_byte=not two_byte)
    elements = read_extensions(packet.data, parse_rtp_header(packet.data, len(packet.data)))
    assert elements[4] == (packet.abs_send_time_at, 3)
    assert set(elements) == {4, 7}
    packet.data[packet.number_at - len(head) : packet.number_at] = head
    elements = read_extensions(packet.data, parse_rtp_header(packet.data, len(packet.data)))
    assert elements[5] == (packet.number_at, 2)
    at, size = elements[7]
    assert packet.data[at : at + size] == value
