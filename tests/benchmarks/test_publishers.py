"""What the replayed senders of the network benchmark send: a receiver must be able to decode every picture of it."""

from __future__ import annotations

import av
import numpy as np
import pytest

from benchmarks.network.media import FRAMES_PER_S
from benchmarks.network.publishers import MAX_PAYLOAD, Layer, Loop, Publisher, encode
from media.codecs.vp8 import Vp8Descriptor, parse_vp8_descriptor
from media.rtp.rtp import parse_rtp_header

LOOP = Loop(0, [bytes([number > 0]) + bytes(MAX_PAYLOAD // (1 + number % 2)) for number in range(12)])


def pictures(layer: Layer, count: int) -> list[list[Vp8Descriptor]]:
    """The descriptors of each picture's packets."""
    found = []
    for number in range(count):
        packets = layer.packets_of_next(number)
        headers = [parse_rtp_header(packet, len(packet)) for packet in packets]
        assert [header.marker for header in headers] == [False] * (len(packets) - 1) + [True]
        found.append(
            [
                parse_vp8_descriptor(memoryview(packet)[header.payload_offset :])
                for packet, header in zip(packets, headers, strict=True)
            ]
        )
    return found


def test_temporal_layers_say_what_they_depend_on() -> None:
    sent = [parts[0] for parts in pictures(Layer(1, LOOP), 8)]
    assert [one.temporal_id for one in sent] == [0, 2, 1, 2, 0, 2, 1, 2]
    assert [one.layer_sync for one in sent] == [False, True, True, False, False, True, False, False]
    assert [one.keyframe for one in sent] == [True] + [False] * 7
    assert [one.tl0_picture_index for one in sent] == [1, 1, 1, 1, 2, 2, 2, 2]
    assert [one.picture_id for one in sent] == list(range(1, 9))


def test_a_large_picture_is_several_packets() -> None:
    first, second = pictures(Layer(1, LOOP), 2)
    assert [one.starts_frame for one in first] == [True, False]
    assert [one.starts_frame for one in second] == [True]


def test_a_keyframe_that_is_asked_for_comes_next_but_not_twice() -> None:
    layer = Layer(1, Loop(0, [bytes([number > 0]) for number in range(2 * FRAMES_PER_S)]))
    pictures(layer, FRAMES_PER_S)
    layer.begin_anew()
    assert pictures(layer, 1)[0][0].keyframe
    layer.begin_anew()
    assert not pictures(layer, 1)[0][0].keyframe


def publisher(layers: int) -> Publisher:
    return Publisher("", "", 0, None, layers=[Layer(number, LOOP) for number in range(layers)])


def test_what_nobody_wants_is_not_sent_and_comes_back_with_a_keyframe_of_each_layer() -> None:
    one = publisher(3)
    for layer in one.layers:
        pictures(layer, 5)
    one.hear("producerLayersWanted", {"producerId": "1", "spatialLayers": 2, "maxBitrates": [0, 0, 0]})
    assert [layer.active for layer in one.layers] == [True, True, False]
    assert [pictures(layer, 1)[0][0].keyframe for layer in one.layers[:2]] == [True, True]


def test_a_layer_with_less_has_smaller_pictures_and_no_keyframe_for_it() -> None:
    one = publisher(2)
    layer = one.layers[1]
    layer.loop = Loop(120_000, [bytes([number > 0]) * 200 for number in range(12)])

    def octets() -> int:
        before = layer.octets
        assert len(layer.packets_of_next(0)) == 1
        return layer.octets - before - 6

    assert octets() == 1000
    one.want(2, [0, 60_000])
    assert octets() == 500
    one.want(2, [0, 10_000])
    assert octets() == 200
    one.want(2, [0, 0])
    assert octets() == 1000
    assert layer.position == 4


@pytest.mark.parametrize("decoder", ["libvpx", "vp8"])
def test_filled_pictures_can_be_decoded(decoder: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (8, 720, 1280), np.uint8)
    made = encode([(luma, luma[::2, ::2], luma[::2, ::2]) for luma in noise], 64, 50_000)
    loop = Loop(0, made)
    filled = [loop.picture(number, 500_000) for number in range(len(made))]
    assert sum(map(len, filled)) > 2 * sum(map(len, made))
    assert decoded(decoder, filled) == decoded(decoder, made)


def decoded(decoder: str, pictures: list[bytes]) -> list[bytes]:
    """What is seen."""
    codec = av.VideoCodecContext.create(decoder, "r")
    assert isinstance(codec, av.VideoCodecContext)
    return [frame.to_ndarray().tobytes() for picture in pictures for frame in codec.decode(av.Packet(picture))]
