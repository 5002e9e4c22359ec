"""Layers of VP9 and AV1 within one stream: what is left out, and that what is left is a stream that can be decoded."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bandwidth.allocation_ladder import EVERY_LAYER, UNLIMITED, Layers
from media.codecs.dependency_descriptor import MAX_TEMPLATES, SWITCH, Descriptor, Structure, parse_descriptor
from media.codecs.vp9 import parse_vp9_descriptor
from media.errors import ParseError
from media.ortc.header_extensions import DEPENDENCY_DESCRIPTOR
from media.ortc.parameters import ConsumerLayers, RtpEncodingParameters, RtpHeaderExtensionParameters
from media.receive import inspection
from media.receive.inspection import PACKETS_A_STRUCTURE, STRUCTURES_AT_ONCE, DependencyInspector
from media.rtp.packet import Packet
from tests.media.clients import Rtp, video_parameters
from tests.media.parts import Track
from tests.media.svc import PATTERN, TARGETS, dependency_descriptor, indications, vp9_descriptor

if TYPE_CHECKING:
    from media.ortc.parameters import RtpParameters

DESCRIPTOR_ID = 12
# What is told of a frame behind its descriptor: picture, spatial layer, temporal layer, packet of the frame.
MARK = b"\xee\xdd"


def parameters(codec: str, mode: str) -> RtpParameters:
    made = video_parameters(mime_type=f"video/{codec}", profile_id=0)
    made.encodings = [RtpEncodingParameters(ssrc=0x2000, scalability_mode=mode)]
    if codec == "AV1":
        made.header_extensions = [RtpHeaderExtensionParameters(DEPENDENCY_DESCRIPTOR, DESCRIPTOR_ID)]
    return made


class Svc:
    """A camera of three spatial layers (predicted from each other at keyframes only) and three temporal ones."""

    def __init__(self, codec: str, *, packets: int = 2) -> None:
        self.codec = codec
        self.track = Track(parameters(codec, "L3T3_KEY"), producer_type="svc")
        self.packets = packets
        self.picture = 3
        self.number = 65_500

    def send(self, pictures: int = 1, *, key: bool = False, sizes: tuple[int, ...] = (0, 1, 2)) -> None:
        """Pictures with these spatial layers, the first of them a keyframe."""
        for step in range(pictures):
            self.track.now += 1 / 30
            self.picture += 1
            keyframe = key and step == 0
            temporal = 0 if keyframe else PATTERN[self.picture % 4][0]
            for spatial in sizes:
                for index in range(self.packets):
                    self._send_packet(spatial, temporal, index, key=keyframe)

    def _send_packet(self, spatial: int, temporal: int, index: int, *, key: bool) -> None:
        begins, ends = index == 0, index == self.packets - 1
        told = MARK + bytes([self.picture & 0xFF, spatial, temporal, index]) + bytes(60 << 2 * spatial)
        extensions: tuple[tuple[int, bytes], ...] = ()
        if self.codec == "VP9":
            payload = vp9_descriptor(self.picture, spatial, temporal, predicted=not key, begins=begins, ends=ends)
        else:
            payload = b"\x18" if key and spatial == 0 and begins else b"\x10"
            descriptor = dependency_descriptor(
                self.picture * 3 + spatial,
                spatial,
                temporal,
                key=key,
                starts=begins,
                ends=ends,
                brings_structure=key and spatial == 0 and begins,
            )
            extensions = ((DESCRIPTOR_ID, descriptor),)
        marker = ends and spatial == 2
        self.track.feed(self.number, payload + told, self.picture * 3000, marker=marker, extensions=extensions)
        self.number += 1


def told(packet: Rtp) -> tuple[int, int, int, int]:
    """Picture, spatial layer, temporal layer, packet."""
    at = packet.payload.index(MARK) + 2
    picture, spatial, temporal, index = packet.payload[at : at + 4]
    return picture, spatial, temporal, index


def check(packets: list[Rtp], each: int = 2) -> None:
    """No hole in the numbers, frames are whole, of each picture the last packet has the marker, all sizes are there."""
    numbers = [packet.sequence_number for packet in packets]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(numbers)))
    whole: dict[tuple[int, int, int], int] = {}
    for packet in packets:
        picture, spatial, temporal, _ = told(packet)
        whole[picture, spatial, temporal] = whole.get((picture, spatial, temporal), 0) + 1
    assert set(whole.values()) == {each}
    for packet, following in zip(packets, [*packets[1:], None], strict=True):
        ends = following is None or following.header.timestamp != packet.header.timestamp
        assert bool(packet.data[1] & 0x80) is ends
    sizes: dict[int, set[int]] = {}
    for picture, spatial, _ in whole:
        sizes.setdefault(picture, set()).add(spatial)
    assert all(spatial == set(range(max(spatial) + 1)) for spatial in sizes.values()), "No size without those below."


def layers(packets: list[Rtp]) -> set[tuple[int, int]]:
    return {(spatial, temporal) for _, spatial, temporal, _ in map(told, packets)}


LIMITS = [Layers(0, 0), Layers(0, EVERY_LAYER), Layers(1, 1), Layers(2, 0), Layers(1, EVERY_LAYER)]
ALL = {(spatial, temporal) for spatial in range(3) for temporal in range(3)}


@pytest.mark.parametrize("codec", ["VP9", "AV1"])
@pytest.mark.parametrize(
    "limit", [Layers(0, 0), Layers(0, EVERY_LAYER), Layers(1, 1), Layers(2, 0), Layers(1, EVERY_LAYER)]
)
def test_layers_go_at_once_and_leave_a_whole_stream(codec: str, limit: Layers) -> None:
    camera = Svc(codec)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=True)
    camera.send(7)
    assert layers(egress.packets) == ALL
    consumer.allow(limit, camera.track.now)
    sent = len(egress.packets)
    camera.send(16)
    kept = {(s, t) for s, t in ALL if s <= limit.spatial and t <= limit.temporal}
    assert layers(egress.packets[sent:]) == kept
    check(egress.packets)
    assert consumer.stream.sent[0] == len(egress.packets)


@pytest.mark.parametrize("codec", ["VP9", "AV1"])
def test_a_size_comes_back_at_a_keyframe_that_is_asked_for_and_frames_without(codec: str) -> None:
    camera = Svc(codec)
    consumer, egress, listener = camera.track.consume()
    camera.send(key=True)
    consumer.allow(Layers(0, 0), camera.track.now)
    camera.send(12)
    consumer.retarget(camera.track.now)
    asked = len(camera.track.transport.requested)
    camera.track.now += 1
    consumer.allow(UNLIMITED, camera.track.now)
    assert len(camera.track.transport.requested) == asked + 1
    sent = len(egress.packets)
    camera.send(12)
    assert layers(egress.packets[sent:]) == {(0, 0), (0, 1), (0, 2)}
    sent = len(egress.packets)
    camera.send(12, key=True)
    assert layers(egress.packets[sent:]) == ALL
    consumer.retarget(camera.track.now)
    camera.send(4)
    assert not camera.track.streams[0].forwards._picky, "The fast way again."
    check(egress.packets)
    assert [told for told in listener.layers if told is not None][-1] == ConsumerLayers(2)
    assert ConsumerLayers(0, 0) in listener.layers


@pytest.mark.parametrize("codec", ["VP9", "AV1"])
def test_the_page_gets_what_it_prefers(codec: str) -> None:
    camera = Svc(codec)
    consumer, egress, _ = camera.track.consume()
    consumer.set_preferred_layers(ConsumerLayers(1))
    camera.send(8, key=True)
    assert layers(egress.packets) == {(s, t) for s, t in ALL if s < 2}
    assert consumer.current_layers == ConsumerLayers(1)
    check(egress.packets)


@pytest.mark.parametrize("codec", ["VP9", "AV1"])
def test_what_is_sent_again_is_the_same_to_the_last_bit(codec: str) -> None:
    from media.rtp.rtcp import Nack  # noqa: PLC0415 - used here only

    camera = Svc(codec)
    consumer, egress, _ = camera.track.consume()
    camera.send(4, key=True)
    consumer.allow(Layers(1, EVERY_LAYER), camera.track.now)
    camera.send(4)
    consumer.allow(Layers(0, EVERY_LAYER), camera.track.now)
    camera.send(4)
    got = egress.of(consumer.ssrc)
    consumer.resend(Nack(consumer.ssrc, [packet.sequence_number for packet in got]), camera.track.now + 1)
    resent = egress.of(consumer.stream.rtx_ssrc)
    assert [packet.payload[2:] for packet in resent] == [packet.payload for packet in got]
    assert [packet.data[1] & 0x80 for packet in resent] == [packet.data[1] & 0x80 for packet in got]


@pytest.mark.parametrize("codec", ["VP9", "AV1"])
@pytest.mark.parametrize("limit", [UNLIMITED, Layers(1, EVERY_LAYER), Layers(0, EVERY_LAYER)])
def test_a_picture_whose_sender_leaves_out_sizes_ends_with_a_marker(codec: str, limit: Layers) -> None:
    camera = Svc(codec)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=True)
    consumer.allow(limit, camera.track.now)
    sent = len(egress.packets)
    for sizes in ((0, 1), (0,), (0, 2), (0, 1, 2), (0,), (0, 1), (0, 1, 2), (0, 1, 2)):
        camera.send(sizes=sizes)
    packets = egress.packets[sent:]
    for packet, following in pairwise(packets):
        assert bool(packet.data[1] & 0x80) is (following.header.timestamp != packet.header.timestamp)
    assert len({packet.header.timestamp for packet in packets}) == 8


def test_a_size_that_may_only_be_lost_is_waited_for() -> None:
    camera = Svc("VP9")
    _, egress, _ = camera.track.consume()
    camera.send(key=True)
    camera.send(sizes=(0, 1))
    camera.number += camera.packets
    camera.send()
    ends = [packet for packet in egress.packets if told(packet)[0] == camera.picture - 1]
    assert [packet.data[1] & 0x80 for packet in ends] == [0] * 4, "The largest may still be sent again."


def test_the_first_packet_of_the_next_picture_may_be_lost() -> None:
    camera = Svc("VP9")
    _, egress, _ = camera.track.consume()
    camera.send(key=True)
    camera.send(sizes=(0, 1))
    camera.picture += 1
    camera.track.now += 1 / 30
    camera.number += 1
    camera._send_packet(0, 0, 1, key=False)
    ends = [packet for packet in egress.packets if told(packet)[0] == camera.picture - 1]
    assert [bool(packet.data[1] & 0x80) for packet in ends] == [False, False, False, True]


def test_what_waits_for_the_end_of_its_picture_leaves_with_the_time_when_it_does() -> None:
    camera = Svc("VP9")
    consumer, egress, _ = camera.track.consume()
    camera.send(key=True)
    camera.send(sizes=(0, 1))
    waiting = len(egress.packets)
    camera.send()
    held = camera.track.streams[0].cached(camera.track.streams[0].highest - 3 * camera.packets)
    assert held is not None
    assert told(egress.packets[waiting])[:2] == (camera.picture - 1, 1)
    assert held.age_s(camera.track.now) == pytest.approx(0.0, abs=0.001)
    assert consumer.stream.sent[0] == len(egress.packets)


def test_who_stops_while_the_end_of_a_picture_waits_has_no_hole_in_its_numbers() -> None:
    camera = Svc("VP9")
    consumer, egress, _ = camera.track.consume()
    camera.send(key=True)
    camera.send(sizes=(0, 1))
    consumer.skip_to_key_frame()
    camera.send(2, key=True)
    numbers = [packet.sequence_number for packet in egress.packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_each_layers_bitrate_is_known() -> None:
    camera = Svc("VP9")
    consumer, _, _ = camera.track.consume()
    camera.send(key=True)
    camera.send(90)
    need = consumer.need(camera.track.now)
    assert need is not None
    rungs = [tuple(rung.layers) for rung in need.ladder.rungs]
    assert rungs == [(0, 0), (0, 1), (0, EVERY_LAYER), (1, 1), (1, EVERY_LAYER), (2, 1), (2, EVERY_LAYER)]
    prices = [rung.bitrate_bps for rung in need.ladder.rungs]
    assert prices[2] == pytest.approx(4 * prices[0], rel=0.1)


def test_a_dependency_descriptor_without_sense_leaves_its_packet_to_everybody() -> None:
    camera = Svc("AV1", packets=1)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=True)
    consumer.allow(Layers(0, 0), camera.track.now)
    for broken in (b"", b"\xc0", b"\xff\xff\xff", b"\xbf\x00\x01\x80"):
        camera.track.feed(camera.number, b"\x10" + MARK + bytes(4), 999, extensions=((DESCRIPTOR_ID, broken),))
        camera.number += 1
    assert len(egress.packets) == 3 + 4


class TestDescriptors:
    @pytest.mark.parametrize("spatial", range(3))
    @pytest.mark.parametrize("temporal", range(3))
    @pytest.mark.parametrize("offset", [0, 60])
    def test_what_is_written_is_read(self, spatial: int, temporal: int, offset: int) -> None:
        first = parse_descriptor(dependency_descriptor(0, 0, 0, key=True, brings_structure=True, offset=offset), None)
        structure = first.structure
        assert structure is not None
        assert structure.targets == tuple(TARGETS)
        assert structure.chains == 3
        assert first.indications == (SWITCH,) * 9
        read = parse_descriptor(dependency_descriptor(70_000, spatial, temporal, ends=False, offset=offset), structure)
        assert (read.spatial_id, read.temporal_id) == (spatial, temporal)
        assert (read.starts_frame, read.ends_frame, read.frame_number) == (True, False, 70_000 & 0xFFFF)
        assert read.indications == tuple(indications(spatial, temporal, key=False))
        assert read.switches_to(structure) == 2

    def test_without_a_structure_nothing_is_known(self) -> None:
        with pytest.raises(ParseError, match="before the structure"):
            parse_descriptor(dependency_descriptor(1, 0, 0), None)

    def test_a_structure_is_bounded(self) -> None:
        # New templates of the same layer for ever.
        with pytest.raises(ParseError, match="more layers or templates"):
            parse_descriptor(b"\xc0\x00\x00\x80\x00" + bytes(MAX_TEMPLATES), None)

    @given(st.binary(max_size=255))
    def test_nothing_else_is_raised(self, data: bytes) -> None:
        structure = parse_descriptor(dependency_descriptor(0, 0, 0, key=True, brings_structure=True), None).structure
        for known in (None, structure):
            try:
                read = parse_descriptor(data, known)
            except ParseError:
                continue
            counting = read.structure or structure
            assert counting is not None
            assert len(read.indications) == len(counting.targets)
            assert read.switches_to(counting) <= 7

    @given(st.binary(max_size=20))
    def test_nothing_else_is_raised_for_vp9(self, data: bytes) -> None:
        try:
            read = parse_vp9_descriptor(memoryview(data))
        except ParseError:
            return
        assert 0 <= read.temporal_id < 8
        assert 0 <= read.spatial_id < 8


def test_structures_are_read_as_often_as_keyframes_may_come_and_not_with_each_packet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []

    def parse(data: bytes, structure: Structure | None) -> Descriptor:
        read.append(data)
        return parse_descriptor(data, structure)

    monkeypatch.setattr(inspection, "parse_descriptor", parse)
    inspector = DependencyInspector()
    descriptor = dependency_descriptor(1, 1, 0, key=True, brings_structure=True)
    for number in range(1000):
        inspector.inspect(made(number), descriptor)
    assert len(read) <= STRUCTURES_AT_ONCE + 1000 / PACKETS_A_STRUCTURE
    # The newest structure counts for what comes between, and with time there is another.
    for number in range(1000, 1000 + PACKETS_A_STRUCTURE):
        packet = made(number)
        inspector.inspect(packet, dependency_descriptor(2, 1, 0))
        assert packet.spatial_layer == 1
    before = len(read)
    inspector.inspect(made(2000), descriptor)
    assert len(read) == before + 1


def made(extended: int) -> Packet:
    return Packet(bytearray(20), extended, 0, 12)
