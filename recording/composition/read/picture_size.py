"""What size a coded picture says that it has, read from its header: nobody need decode it to leave it out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from recording.composition.read.depacketize.av1 import SEQUENCE_HEADER, obus
from recording.composition.read.depacketize.h264 import SPS, units_of
from recording.composition.read.depacketize.vp9 import frames_of

if TYPE_CHECKING:
    from collections.abc import Callable

VP8_START_CODE: Final = b"\x9d\x01\x2a"
VP9_SYNC_CODE: Final = 0x498342
VP9_FRAME_MARKER: Final = 2
VP9_SRGB: Final = 7
VP9_REFERENCES: Final = 3
# Profiles whose parameter sets tell of chroma and scaling (ITU-T H.264 section 7.3.2.1.1).
H264_HIGH_PROFILES: Final = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
H264_444: Final = 3
# Levels of AV1 from 4.0 on tell their tier.
AV1_LAST_UNTIERED_LEVEL: Final = 7
# Numbers of variable length have no more bits than that.
MAX_ZEROS: Final = 32
# Octets of a header that are looked at: more than any real one has.
MAX_HEAD: Final = 1024
# What is beyond 4K (4096 by 2160) is left out of videos: a few octets may stand for a picture that takes seconds.
MAX_PIXELS: Final = 9_000_000


class Size(NamedTuple):
    """In pixels, before turning."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """How many it has."""
        return self.width * self.height


def declared_size(mime_type: str, data: bytes) -> Size | None:
    """The largest size that a coded picture, as `depacketize` gives it, says that it has.

    None where it says none, as most that are no keyframes, and where its header is broken.
    """
    try:
        return _READERS[mime_type.lower()](data)
    except _Broken:
        return None


class _Broken(Exception):
    """The header ends too early, or makes no sense."""


class _Bits:
    """Bits one after the other, the highest of each byte first. Raises `_Broken` beyond the end."""

    def __init__(self, data: bytes) -> None:
        head = data[:MAX_HEAD]
        self._value = int.from_bytes(head, "big")
        self._left = 8 * len(head)

    def take(self, count: int = 1) -> int:
        """A number of so many bits."""
        self._left -= count
        if self._left < 0:
            raise _Broken
        return self._value >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """An unsigned number of variable length (Exp-Golomb; ITU-T H.264 section 9.1, AV1's uvlc)."""
        zeros = 0
        while not self.take():
            zeros += 1
            if zeros > MAX_ZEROS:
                raise _Broken
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """The same, signed."""
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _largest(sizes: list[Size]) -> Size | None:
    return max(sizes, key=lambda size: size.pixels, default=None)


# --- VP8 (RFC 6386 section 9.1) ---


def _vp8(data: bytes) -> Size | None:
    if not data or data[0] & 1:
        return None
    if data[3:6] != VP8_START_CODE or len(data) < 10:
        raise _Broken
    return Size(int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF)


# --- VP9 (bitstream specification section 6.2); a superframe has several frames ---


def _vp9(data: bytes) -> Size | None:
    return _largest([size for frame in frames_of(data) if (size := _vp9_frame(_Bits(frame)))])


def _vp9_frame(bits: _Bits) -> Size | None:
    if bits.take(2) != VP9_FRAME_MARKER:
        raise _Broken
    profile = bits.take() | bits.take() << 1
    if profile == 3 and bits.take():
        raise _Broken
    if bits.take():  # a frame is shown that was decoded before
        return None
    inter, shown, resilient = bits.take(), bits.take(), bits.take()
    if not inter:
        _vp9_colours(bits, profile)
        return _vp9_size(bits)
    intra_only = 0 if shown else bits.take()
    if not resilient:
        bits.take(2)
    if intra_only:
        _vp9_colours(bits, profile, told=profile > 0)
        bits.take(8)
        return _vp9_size(bits)
    bits.take(8 + 4 * VP9_REFERENCES)
    if any(bits.take() for _ in range(VP9_REFERENCES)):  # as large as another one
        return None
    return _vp9_size(bits)


def _vp9_colours(bits: _Bits, profile: int, *, told: bool = True) -> None:
    if bits.take(24) != VP9_SYNC_CODE:
        raise _Broken
    if not told:
        return
    if profile >= 2:
        bits.take()
    if bits.take(3) != VP9_SRGB:
        bits.take()
        if profile & 1:
            bits.take(3)
    elif profile & 1:
        bits.take()


def _vp9_size(bits: _Bits) -> Size:
    return Size(bits.take(16) + 1, bits.take(16) + 1)


# --- H.264 (ITU-T H.264 section 7.3.2.1.1) ---


def _h264(data: bytes) -> Size | None:
    return _largest([_sequence_parameters(unit) for unit in units_of(data) if unit[0] & 0x1F == SPS])


def _sequence_parameters(unit: bytes) -> Size:
    # Without the bytes that keep start codes out of it
    bits = _Bits(unit[1 : MAX_HEAD + 1].replace(b"\0\0\3", b"\0\0"))
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    chroma = 1
    if profile in H264_HIGH_PROFILES:
        chroma = bits.golomb()
        if chroma == H264_444:
            bits.take()
        bits.golomb()
        bits.golomb()
        bits.take()
        if bits.take():
            for index in range(12 if chroma == H264_444 else 8):
                _skip_scaling(bits, 16 if index < 6 else 64)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take()
        bits.golomb()
        bits.golomb()
        for _ in range(bits.golomb()):
            bits.golomb()
    bits.golomb()
    bits.take()
    width, units_down = 16 * (bits.golomb() + 1), bits.golomb() + 1
    frames_only = bits.take()
    height = 16 * units_down * (2 - frames_only)
    if not frames_only:
        bits.take()
    bits.take()
    if not bits.take():
        return Size(width, height)
    left, right, top, bottom = (bits.golomb() for _ in range(4))
    across, down = (2 if chroma in {1, 2} else 1), (2 if chroma == 1 else 1) * (2 - frames_only)
    return Size(max(0, width - across * (left + right)), max(0, height - down * (top + bottom)))


def _skip_scaling(bits: _Bits, count: int) -> None:
    if not bits.take():
        return
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + bits.signed_golomb()) & 0xFF
        last = following or last


# --- AV1 (bitstream specification section 5.5.1) ---


def _av1(data: bytes) -> Size | None:
    return _largest([_sequence_header(_Bits(payload)) for kind, payload in obus(data) if kind == SEQUENCE_HEADER])


def _sequence_header(bits: _Bits) -> Size:
    bits.take(4)
    if bits.take():  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    return Size(bits.take(wide) + 1, bits.take(high) + 1)


def _skip_operating_points(bits: _Bits) -> None:
    delay_length = 0
    if bits.take():  # timing_info
        bits.take(64)
        if bits.take():
            bits.golomb()
        if bits.take():  # decoder_model_info
            delay_length = bits.take(5) + 1
            bits.take(42)
    display_delays = bits.take()
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > AV1_LAST_UNTIERED_LEVEL:
            bits.take()
        if delay_length and bits.take():
            bits.take(2 * delay_length + 1)
        if display_delays and bits.take():
            bits.take(4)


_READERS: Final[dict[str, Callable[[bytes], Size | None]]] = {
    "video/vp8": _vp8,
    "video/vp9": _vp9,
    "video/h264": _h264,
    "video/av1": _av1,
}
