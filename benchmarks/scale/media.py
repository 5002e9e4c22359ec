"""What a participant sends: VP8 as a 720p camera makes it, and Opus as a microphone does, each packet with its time."""

from __future__ import annotations

import os
import struct
import time
from typing import TYPE_CHECKING, Any, Final

from benchmarks.scale.drain import SENT_AT
from media.rtp.packet import HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

# Of a camera's layers, the smallest first.
VIDEO_SSRCS: Final = (0x1002, 0x1001, 0x1000)
AUDIO_SSRC: Final = 0x2000
VIDEO_TYPE: Final = 96
AUDIO_TYPE: Final = 111
AUDIO_LEVEL_ID: Final = 1
VIDEO_SIZE: Final = 1100
AUDIO_SIZE: Final = 100
# 118 packets of video a second: frames of four packets, the last second's half frame left out.
PACKETS_PER_FRAME: Final = 4
FRAME_S: Final = 4 / 118
# Packets a frame and their size of 180p, 360p and 720p, with about the bitrates of `cameraBitrateBps` in `sdk/js`.
LAYERS: Final = ((1, 650), (2, 1000), (PACKETS_PER_FRAME, VIDEO_SIZE))
AUDIO_S: Final = 0.02
KEYFRAME_S: Final = 10.0
# Of speech: how many packets a word and the pause after it take, and levels in -dBov.
SOUNDS_PER_WORD: Final = 25
SOUNDS_BETWEEN_WORDS: Final = 3
# In silence one packet comes of so many.
SOUNDS_PER_SILENCE: Final = 20
LOUD: Final = 30
QUIET: Final = 70
SILENCE: Final = 127
# RFC 7741: S of a partition; a frame's tag of a keyframe, its start code, 1280 by 720; a tag of another frame.
FIRST: Final = b"\x10"
OTHER: Final = b"\x00"
KEYFRAME: Final = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 1280, 720)
INTERFRAME: Final = b"\x11\x02\x00"
AUDIO_LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


def rtp_parameters(kind: str, layers: int = 1) -> dict[str, Any]:
    """What a participant announces with `produce`; a camera of several `layers` sends smaller ones, too (simulcast)."""
    if kind == "audio":
        codec = {"mimeType": "audio/opus", "payloadType": AUDIO_TYPE, "clockRate": 48_000, "channels": 2}
        level = [{"uri": AUDIO_LEVEL_URI, "id": AUDIO_LEVEL_ID}]
        encodings = [{"ssrc": AUDIO_SSRC}]
        return {"codecs": [codec], "headerExtensions": level, "encodings": encodings, "rtcp": {"cname": "scale"}}
    feedback = [{"type": "nack", "parameter": "pli"}]
    codec = {"mimeType": "video/VP8", "payloadType": VIDEO_TYPE, "clockRate": 90_000, "rtcpFeedback": feedback}
    encodings = [{"ssrc": ssrc} for ssrc in VIDEO_SSRCS[-layers:]]
    return {"codecs": [codec], "encodings": encodings, "rtcp": {"cname": "scale"}}


class Camera:
    """A camera's packets; `run` sends what is due, and a keyframe of all `layers` when one is wanted."""

    def __init__(self, send: Callable[[bytes], None], begin: float, layers: int = 1) -> None:
        self._send = send
        self._begin = begin
        self._layers = list(zip(VIDEO_SSRCS, LAYERS, strict=True))[-layers:]
        # So many of them somebody receives, the smallest first; the others are not sent.
        self.wanted_layers = layers
        self._frames = 0
        # Pictures that were due while there was no time to send them.
        self.left_out = 0
        self._keyframe_at = 0
        self._numbers = dict.fromkeys(VIDEO_SSRCS, 0)
        self._payload = os.urandom(VIDEO_SIZE)
        self.keyframe_wanted = True

    def run(self, now: float) -> None:
        """Send the frames that are due."""
        due = int((now - self._begin) / FRAME_S)
        if due - self._frames > 2:  # late: a camera drops frames
            self.left_out += due - 2 - self._frames
            self._frames = due - 2
        while self._frames < due:
            self._frame()

    def _frame(self) -> None:
        key = self.keyframe_wanted or (self._frames - self._keyframe_at) * FRAME_S >= KEYFRAME_S
        if key:
            self.keyframe_wanted = False
            self._keyframe_at = self._frames
        timestamp = int(self._frames * FRAME_S * 90_000) & 0xFFFFFFFF
        for ssrc, (count, size) in self._layers[: self.wanted_layers]:
            self._picture(ssrc, count, size, timestamp, key=key)
        self._frames += 1

    def _picture(self, ssrc: int, count: int, size: int, timestamp: int, *, key: bool) -> None:
        """One layer's packets of one frame."""
        for index in range(count):
            begin = OTHER + b"\x55" if index else FIRST + (KEYFRAME if key else INTERFRAME)
            marker = 0x80 if index == count - 1 else 0
            header = HEADER.pack(0x80, VIDEO_TYPE | marker, self._numbers[ssrc] & 0xFFFF, timestamp, ssrc)
            filling = self._payload[: size - len(begin) - HEADER.size - SENT_AT.size]
            self._send(header + begin + filling + SENT_AT.pack(time.time_ns()))
            self._numbers[ssrc] += 1


class Microphone:
    """A microphone's packets, with a level (RFC 6464): 30 dB below full where somebody speaks, silence else.

    Between words it is as quiet as a room: a sound that never changes is background, which is not forwarded. In silence
    a packet comes now and then, as of Opus with DTX (RFC 6716 section 2.1.9), which our pages turn on.
    """

    def __init__(self, send: Callable[[bytes], None], begin: float) -> None:
        self._send = send
        self._begin = begin
        self._sounds = 0
        self._number = 0
        self._payload = os.urandom(AUDIO_SIZE)
        self.speaks = True

    def run(self, now: float) -> None:
        """Send the sounds that are due."""
        due = int((now - self._begin) / AUDIO_S)
        if due - self._sounds > 5:
            self._sounds = due - 5
        while self._sounds < due:
            if self.speaks or self._sounds % SOUNDS_PER_SILENCE == 0:
                self._sound()
            self._sounds += 1

    def _sound(self) -> None:
        header = HEADER.pack(0x90, AUDIO_TYPE, self._number & 0xFFFF, self._sounds * 960 & 0xFFFFFFFF, AUDIO_SSRC)
        spoken = QUIET if self._sounds % SOUNDS_PER_WORD < SOUNDS_BETWEEN_WORDS else LOUD
        level = spoken | 0x80 if self.speaks else SILENCE
        extension = struct.pack(">HHBBxx", 0xBEDE, 1, AUDIO_LEVEL_ID << 4, level)
        filling = self._payload[: AUDIO_SIZE - HEADER.size - len(extension) - SENT_AT.size]
        self._send(header + extension + filling + SENT_AT.pack(time.time_ns()))
        self._number += 1
