"""What the replayed senders of the network benchmark send: a receiver must be able to decode every picture of it."""

from __future__ import annotations

from benchmarks.network.media import FRAMES_PER_S
from benchmarks.network.publishers import MAX_PAYLOAD, Layer
from media.codecs.vp8 import Vp8Descriptor, parse_vp8_descriptor
from media.rtp.rtp import parse_rtp_header

LOOP = [bytes([number > 0]) + bytes(MAX_PAYLOAD // (1 + number % 2)) for number in range(12)]


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
    layer = Layer(1, [bytes([number > 0]) for number in range(2 * FRAMES_PER_S)])
    pictures(layer, FRAMES_PER_S)
    layer.begin_anew()
    assert pictures(layer, 1)[0][0].keyframe
    layer.begin_anew()
    assert not pictures(layer, 1)[0][0].keyframe
