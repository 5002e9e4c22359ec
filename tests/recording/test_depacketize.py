"""Video payloads into frames: what real encoders made comes out and decodes; what is lost freezes, never garbles."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.composition.read.decoding import VideoDecoder
from recording.composition.read.depacketize import DEPACKETIZERS, frames
from recording.composition.read.packets import PacketParser, in_order
from recording.rtpdump import Record
from tests.media.packets import build_rtp
from tests.recording import packetizers
from tests.recording.signals import Encoded, encode_video, payloads, picture, read_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from recording.composition.read.depacketize import ReceivedFrame
    from recording.composition.read.packets import RtpPacket

CODECS = ["video/VP8", "video/VP9", "video/H264", "video/AV1"]
DECODERS = {"video/VP8": "vp8", "video/VP9": "vp9", "video/H264": "h264", "video/AV1": "libdav1d"}
COUNT = 24
CACHE: dict[tuple[str, bool], Sequence[Encoded]] = {}


def encoded(mime_type: str, *, temporal_layers: bool = False) -> Sequence[Encoded]:
    """Clock pictures with noise, so that frames have several packets; keyframes are the first and the 16th."""
    key = (mime_type, temporal_layers)
    if key not in CACHE:
        images = []
        for number in range(COUNT):
            image = picture(number, 320, 180, (40, 90, 160))
            image[:50, ::2] = 40 + 60 * ((number + 1) % 3)
            image[60:90, : 8 * number] = 200
            images.append(image)
        CACHE[key] = encode_video(mime_type, images, keyframes=16, temporal_layers=temporal_layers, bit_rate=3_000_000)
    return CACHE[key]


def records(mime_type: str, coded: Iterable[Encoded], *, mtu: int = 200, temporal_layers: bool = False) -> list[Record]:
    """The packets of frames, small ones so that there are many; a packet without payload after each frame."""
    made = []
    sequence_number = 65_500
    for frame in coded:
        parts = payloads(mime_type, frame, temporal_layers=temporal_layers, mtu=mtu)
        for number, payload in enumerate([*parts, b""]):
            data = build_rtp(
                96,
                sequence_number & 0xFFFF,
                (2**32 - 9000 + 3000 * frame.number) & 0xFFFFFFFF,
                1,
                payload,
                marker=number == len(parts) - 1,
            )
            made.append(Record(0, 33 * frame.number, is_rtcp=False, data=bytes(data)))
            sequence_number += 1
    return made


def parse(dump: Iterable[Record]) -> list[RtpPacket]:
    parser = PacketParser(96, 0.0)
    return [packet for record in dump if (packet := parser.parse(record)) is not None]


def receive(mime_type: str, dump: Iterable[Record]) -> list[ReceivedFrame]:
    return list(frames(in_order(parse(dump)), DEPACKETIZERS[mime_type.lower()]()))


def decode(mime_type: str, received: Iterable[ReceivedFrame]) -> list[int]:
    """The numbers that the pictures show."""
    decoder: Any = av.CodecContext.create(DECODERS[mime_type], "r")
    decoder.thread_count = 1
    if mime_type == "video/H264":
        decoder.flags |= 0x80000  # low delay
    shown = []
    for frame in received:
        pictures = decoder.decode(av.Packet(frame.coded.data))
        shown += [read_number(one.to_ndarray(format="gray")) for one in pictures[-1:]]
    shown += [read_number(one.to_ndarray(format="gray")) for one in decoder.decode(None)]
    return shown


@pytest.mark.parametrize("mime_type", CODECS)
def test_frames_come_out_as_they_went_in_and_decode(mime_type: str) -> None:
    coded = encoded(mime_type)
    received = receive(mime_type, records(mime_type, coded))
    assert [frame.coded.is_keyframe for frame in received] == [frame.is_keyframe for frame in coded]
    assert decode(mime_type, received) == list(range(COUNT))
    assert max(frame.last.extended - frame.first.extended for frame in received) >= 3


@pytest.mark.parametrize("mime_type", ["video/VP8", "video/VP9"])
def test_frames_are_the_very_bytes(mime_type: str) -> None:
    coded = encoded(mime_type)
    assert [frame.coded.data for frame in receive(mime_type, records(mime_type, coded))] == [
        frame.data for frame in coded
    ]


@pytest.mark.parametrize("mime_type", CODECS)
@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_lost_packet_freezes_the_picture_until_the_next_keyframe(mime_type: str, which: int) -> None:
    coded = encoded(mime_type)
    dump = records(mime_type, coded)
    frame = [place for place, record in enumerate(dump) if record.offset_ms == 33 * 5 and len(record.data) > 12]
    del dump[frame[min(which, len(frame) - 1)]]
    shown = decode(mime_type, receive(mime_type, dump))
    assert shown == [0, 1, 2, 3, 4, *range(16, COUNT)]


@pytest.mark.parametrize("mime_type", CODECS)
def test_a_lost_frame_freezes_the_picture_until_the_next_keyframe(mime_type: str) -> None:
    dump = [record for record in records(mime_type, encoded(mime_type)) if record.offset_ms != 33 * 5]
    assert decode(mime_type, receive(mime_type, dump)) == [0, 1, 2, 3, 4, *range(16, COUNT)]


@pytest.mark.parametrize("mime_type", CODECS)
def test_decoding_begins_with_a_keyframe(mime_type: str) -> None:
    dump = [record for record in records(mime_type, encoded(mime_type)) if record.offset_ms >= 33 * 3]
    assert decode(mime_type, receive(mime_type, dump)) == list(range(16, COUNT))


@pytest.mark.parametrize("mime_type", CODECS)
def test_packets_without_payload_may_be_lost(mime_type: str) -> None:
    dump = records(mime_type, encoded(mime_type)[:1])
    assert len(receive(mime_type, dump[:-1])) == 1


@pytest.mark.parametrize(
    ("lost", "shown"),
    [
        (5, [0, 1, 2, 3, 4, *range(8, COUNT)]),  # 5 is of the highest layer
        (6, [0, 1, 2, 3, 4, 5, *range(8, COUNT)]),  # 6 is of the middle one
        (4, [0, 1, 2, 3, *range(16, COUNT)]),  # all builds on 4
    ],
)
def test_with_temporal_layers_decoding_goes_on_at_the_lowest_layer(lost: int, shown: list[int]) -> None:
    coded = encoded("video/VP8", temporal_layers=True)
    dump = records("video/VP8", coded, temporal_layers=True)
    received = receive("video/VP8", [record for record in dump if record.offset_ms != 33 * lost])
    assert decode("video/VP8", received) == shown


def test_a_frame_without_a_marker_ends_where_the_next_begins() -> None:
    dump = records("video/VP8", encoded("video/VP8"))
    unmarked = [
        record._replace(data=bytes([record.data[0], record.data[1] & 0x7F]) + record.data[2:]) for record in dump
    ]
    assert decode("video/VP8", receive("video/VP8", unmarked)) == list(range(COUNT))


def test_parameter_sets_that_come_once_are_used_for_later_keyframes() -> None:
    coded = encoded("video/H264")
    later = b"".join(
        b"\0\0\0\1" + unit for unit in packetizers.nal_units(coded[16].data) if unit[0] & 0x1F not in {7, 8}
    )
    changed = [*coded[:16], Encoded(16, later, is_keyframe=True), *coded[17:]]
    dump = [record for record in records("video/H264", changed) if record.offset_ms != 33 * 5]
    assert decode("video/H264", receive("video/H264", dump)) == [0, 1, 2, 3, 4, *range(16, COUNT)]


def test_spatial_layers_become_a_superframe_of_which_the_largest_picture_is_shown() -> None:
    small, large = (
        encode_video("video/VP9", [picture(number, *size, (40, 90, 160)) for number in range(3)])
        for size in ((160, 90), (320, 180))
    )
    layers = [small[0].data, large[0].data]
    parts = packetizers.vp9(layers, keyframe=True, mtu=200)
    parts_after = packetizers.vp9([large[1].data], keyframe=False, picture_id=1, mtu=200)
    dump = [
        Record(0, at, is_rtcp=False, data=bytes(build_rtp(96, number, 3000 * at, 1, part, marker=part is last[-1])))
        for number, (at, part, last) in enumerate(
            [(0, part, parts) for part in parts] + [(1, part, parts_after) for part in parts_after]
        )
    ]
    received = receive("video/VP9", dump)
    assert len(received) == 2
    decoder: Any = av.CodecContext.create("vp9", "r")
    pictures = [decoder.decode(av.Packet(frame.coded.data))[-1] for frame in received]
    assert [(one.width, read_number(one.to_ndarray(format="gray"))) for one in pictures] == [(320, 0), (320, 1)]
    # A lower layer that is missing breaks the picture.
    without_first = [record for record in dump if record is not dump[0]]
    assert receive("video/VP9", without_first) == []


def browser_layers() -> list[Record]:
    """Packets of pictures with two, then three spatial layers, as a browser encoded them."""
    made: list[Record] = []
    told = json.loads((Path(__file__).parent / "data" / "vp9_l3t3_key.json").read_text())
    for place, one in enumerate(told["pictures"]):
        layers = [base64.b64decode(layer) for layer in one["layers"]]
        parts = packetizers.vp9(layers, keyframe=one["keyframe"], picture_id=place)
        for part in parts:
            data = build_rtp(96, len(made), 3000 * place, 1, part, marker=part is parts[-1])
            made.append(Record(0, 33 * place, is_rtcp=False, data=bytes(data)))
    return made


def widths(received: Iterable[ReceivedFrame]) -> list[int]:
    decoder = VideoDecoder("video/VP9")
    return [
        shown.width
        for key, frame in enumerate(received)
        for _, shown in decoder.decode(frame.coded.data, key, is_keyframe=frame.coded.is_keyframe)
    ]


def test_a_browser_s_spatial_layers_are_one_picture_each_in_the_largest_size() -> None:
    dump = browser_layers()
    assert widths(receive("video/VP9", dump)) == [480, 480, 480, 480, 960, 960, 960, 960, 960]
    # Without one of the layers' packets the picture stands still until all layers begin anew.
    lost = next(place for place, record in enumerate(dump) if record.offset_ms == 33)
    assert widths(receive("video/VP9", dump[:lost] + dump[lost + 1 :])) == [480, 960, 960, 960, 960, 960]


noise = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6)


@pytest.mark.parametrize("mime_type", CODECS)
@given(parts=noise)
@settings(max_examples=300, deadline=None)
def test_any_payloads_are_a_frame_or_none(mime_type: str, parts: list[bytes]) -> None:
    frame = DEPACKETIZERS[mime_type.lower()]().join([memoryview(part) for part in parts])
    assert frame is None or frame.data


@pytest.mark.parametrize("mime_type", CODECS)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_broken_packets_never_raise(mime_type: str, data: st.DataObject) -> None:
    dump = records(mime_type, encoded(mime_type)[:6])
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(dump) - 1))
        packet = bytearray(dump[place].data)
        packet[data.draw(st.integers(0, min(len(packet), 30) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(packet)))
        dump[place] = dump[place]._replace(data=bytes(packet[: cut or None]))
    for frame in receive(mime_type, dump):
        assert frame.coded.data
