"""What is read of codecs' payloads: keyframes, and VP8's counters."""

from __future__ import annotations

import pytest

from media.codecs import is_keyframe
from media.codecs.opus import opus_duration_s
from media.codecs.vp8 import parse_vp8_descriptor
from media.errors import ParseError
from tests.media.clients import vp8


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        (b"\x10\x00", True),
        (b"\x10\x01", False),
        (b"\x00\x00", False),  # not the first packet of a frame
        (b"\x11\x00", False),  # partition 1
        (b"\x90\x00\x00", True),
        (vp8(7, key=True), True),
        (vp8(7), False),
        (vp8(7, key=True, start=False), False),
        (b"", False),
        (b"\x10", False),
        (b"\x90", False),
        (b"\x90\xe0\x80", False),
    ],
)
def test_vp8_keyframes(payload: bytes, keyframe: bool) -> None:
    assert is_keyframe("video/VP8", memoryview(payload)) is keyframe


@pytest.mark.parametrize("number", [0, 1, 127, 128, 0x7FFF])
def test_a_wide_vp8_picture_id(number: int) -> None:
    descriptor = parse_vp8_descriptor(memoryview(vp8(number, temporal_layer=2)))
    assert (descriptor.picture_id, descriptor.picture_id_wide, descriptor.picture_id_offset) == (number, True, 2)
    assert (descriptor.tl0_picture_index, descriptor.tl0_picture_index_offset) == (number & 0xFF, 4)
    assert (descriptor.temporal_id, descriptor.size, descriptor.starts_frame) == (2, 6, True)


def test_a_narrow_vp8_picture_id_and_fields_that_are_missing() -> None:
    descriptor = parse_vp8_descriptor(memoryview(b"\x90\x80\x7f\x00"))
    assert (descriptor.picture_id, descriptor.picture_id_wide, descriptor.size) == (127, False, 3)
    assert (descriptor.tl0_picture_index, descriptor.temporal_id) == (None, None)
    # KEYIDX without a temporal layer occupies its byte all the same.
    descriptor = parse_vp8_descriptor(memoryview(b"\x90\x10\xff\x00"))
    assert (descriptor.temporal_id, descriptor.size, descriptor.keyframe) == (None, 3, True)


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\x10", b"\x90\x80", b"\x90\x80\xff", b"\x90\xf0\xff\xff\xff"])
def test_cut_vp8_descriptors_are_refused(payload: bytes) -> None:
    with pytest.raises(ParseError):
        parse_vp8_descriptor(memoryview(payload))


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        (b"\x08\x00", True),
        (b"\x88\x01\x00", True),
        (b"\x88\x81\x02\x00", True),
        (b"\x48\x00", False),  # predicted
        (b"\x00\x00", False),  # in the middle of a frame
        (b"\xa8\x01\x00\x00", True),  # spatial layer 0
        (b"\xa8\x01\x02\x00", False),  # spatial layer 1
        (b"\xa8\x81\x01\x00\x00", True),
        (b"\xa8\x81\x01", False),
        (b"\x08", False),
        (b"", False),
    ],
)
def test_vp9_keyframes(payload: bytes, keyframe: bool) -> None:
    assert is_keyframe("video/VP9", memoryview(payload)) is keyframe


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        (b"\x67\x42", True),  # SPS
        (b"\x65\x88", False),  # IDR without its parameter sets
        (b"\x61\x88", False),
        (b"\x78\x00\x02\x67\x42\x00\x01\x68", True),  # STAP-A: SPS, PPS
        (b"\x78\x00\x01\x06\x00\x02\x67\x42", True),  # STAP-A: SEI, SPS
        (b"\x78\x00\x01\x06\x00\x01\x68", False),
        (b"\x78\x00\x00\x67", True),
        (b"\x78\x00\x00\x06\x67", False),
        (b"\x78\xff\xff\x06", False),
        (b"\x7c\x87", True),  # FU-A, the first of an SPS
        (b"\x7c\x07", False),
        (b"\x7c\x85", False),
        (b"\x7c", False),
        (b"\x78", False),
        (b"", False),
    ],
)
def test_h264_keyframes(payload: bytes, keyframe: bool) -> None:
    assert is_keyframe("video/H264", memoryview(payload)) is keyframe


@pytest.mark.parametrize(
    ("payload", "keyframe"),
    [
        (b"\x08\x0a", True),
        (b"\x18\x0a", True),
        (b"\x88\x0a", False),
        (b"\x10\x0a", False),
        (b"\x08", False),
        (b"", False),
    ],
)
def test_av1_keyframes(payload: bytes, keyframe: bool) -> None:
    assert is_keyframe("video/AV1", memoryview(payload)) is keyframe


def test_unknown_codecs_have_none() -> None:
    assert not is_keyframe("video/VP7", memoryview(b"\x10\x00"))


@pytest.mark.parametrize(
    ("payload", "duration_s"),
    [
        (b"\xfc", 0.02),  # CELT, fullband, 20 ms, as browsers send music
        (b"\x78\x01", 0.02),  # hybrid, fullband, as they send speech
        (b"\x18", 0.06),  # SILK, narrowband
        (b"\xe1\x00\x00", 0.005),  # two frames of one size
        (b"\x4a\x00", 0.04),  # two of two sizes
        (b"\x03\x83", 0.03),  # as many as the second octet tells, with padding
        (b"\x1b\x02", 0.12),
    ],
)
def test_how_long_an_opus_packet_sounds(payload: bytes, duration_s: float) -> None:
    assert opus_duration_s(memoryview(payload)) == pytest.approx(duration_s)


@pytest.mark.parametrize("payload", [b"", b"\x03", b"\x03\x00", b"\x1b\x03", b"\xff\x3f"])
def test_opus_packets_that_can_not_be_are_refused(payload: bytes) -> None:
    with pytest.raises(ParseError):
        opus_duration_s(payload)
