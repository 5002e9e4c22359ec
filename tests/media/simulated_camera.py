"""A browser's camera and microphone without pictures and sound: packets of the sizes and at the times of Chromium's.

VP8 simulcast with three temporal layers each, 15 pictures a second. A keyframe that is asked for, or a change of the
layers that are sent, makes keyframes of all layers; a layer that begins takes seconds to reach its bitrate.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from media.ortc.parameters import (
    RtcpFeedback,
    RtcpParameters,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)
from media.rtp.rtcp import Fir, Nack, Pli, build_sender_report, parse_compound
from tests.media.packets import build_rtp

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from media.rtp.rtcp import RtcpPacket

FRAMES_PER_S: Final = 15
VIDEO_CLOCK: Final = 90_000
AUDIO_FRAME_S: Final = 0.02
# Bits/s of what our page sends of a 720p camera (`sdk/js/src/rtc/encodings.ts`).
LAYERS: Final = (163_000, 495_000, 1_500_000)
PAYLOAD: Final = 1100
VIDEO_SSRC: Final = 0x3000
RTX_SSRC: Final = 0x4000
AUDIO_SSRC: Final = 0x2000
VIDEO_TYPE: Final = 96
RTX_TYPE: Final = 97
AUDIO_TYPE: Final = 111
AUDIO_BYTES: Final = 90
# A round of temporal layers, and how large a picture of each is beside the mean: 40 % are T0, 20 % T1.
ROUND: Final = ((0, 1.6), (2, 0.8), (1, 0.8), (2, 0.8))
KEYFRAME: Final = 5.0
# What pictures after a keyframe save, until its size is made good.
SAVING: Final = 0.75
RAMP_S: Final = 5.0
RAMP_FROM: Final = 0.15
# libwebrtc takes no notice of a request so soon after its last keyframe.
KEYFRAME_PAUSE_S: Final = 0.3
NTP_EPOCH_S: Final = 2_208_988_800
REMEMBERED: Final = 1000


def video_parameters() -> RtpParameters:
    """What the page of such a camera tells."""
    feedback = [RtcpFeedback("nack"), RtcpFeedback("nack", "pli"), RtcpFeedback("ccm", "fir")]
    return RtpParameters(
        mid="1",
        codecs=[
            RtpCodecParameters("video/VP8", VIDEO_TYPE, VIDEO_CLOCK, rtcp_feedback=feedback),
            RtpCodecParameters("video/rtx", RTX_TYPE, VIDEO_CLOCK, parameters={"apt": VIDEO_TYPE}),
        ],
        encodings=[
            RtpEncodingParameters(
                ssrc=VIDEO_SSRC + layer,
                rtx=RtxParameters(RTX_SSRC + layer),
                scalability_mode="L1T3",
                max_bitrate=bitrate,
            )
            for layer, bitrate in enumerate(LAYERS)
        ],
        rtcp=RtcpParameters(cname="camera"),
    )


def audio_parameters() -> RtpParameters:
    """What the page of such a microphone tells."""
    return RtpParameters(
        mid="0",
        codecs=[RtpCodecParameters("audio/opus", AUDIO_TYPE, 48_000, channels=2, rtcp_feedback=[RtcpFeedback("nack")])],
        header_extensions=[RtpHeaderExtensionParameters("urn:ietf:params:rtp-hdrext:ssrc-audio-level", 1)],
        encodings=[RtpEncodingParameters(ssrc=AUDIO_SSRC)],
        rtcp=RtcpParameters(cname="camera"),
    )


class _Layer:
    def __init__(self, index: int, began: float) -> None:
        self.index = index
        self.active = True
        self.cap_bps = 0
        self.began = began
        self.number = 1
        self.picture_id = 0
        self.base_index = 0
        self.debt = 0.0
        self.packets = 0
        self.octets = 0
        self.sent: dict[int, bytes] = {}
        self.rtx_number = 1


class Camera:
    """Sends by `send_rtp` and `send_rtcp` on a loop until `stop`; `hear` takes RTCP, decrypted."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        send_rtp: Callable[[bytes], None],
        send_rtcp: Callable[[bytes], None],
        seed: int,
    ) -> None:
        self._loop = loop
        self._send_rtp = send_rtp
        self._send_rtcp = send_rtcp
        self._chance = random.Random(seed)  # noqa: S311 - the same sizes in each run
        self._began = loop.time()
        self._layers = [_Layer(index, self._began - RAMP_S) for index in range(len(LAYERS))]
        self._position = 0
        self._frame = 0
        self._sounds = 0
        self._key_at = float("-inf")
        self._key = True
        self._key_due = float("inf")
        self._running = True
        self.keyframes: list[float] = []
        loop.call_later(0.001 * seed, self._picture)
        loop.call_later(0.0005 * seed, self._sound)
        loop.call_later(0.2, self._report)

    def stop(self) -> None:
        """Send nothing more."""
        self._running = False

    def want(self, layers: int, max_bitrates_bps: Sequence[int] = ()) -> None:
        """The node asks for so many layers, the smallest first, each with at most so many bits/s (0: no limit)."""
        for layer in self._layers:
            active = layer.index < layers
            if active and not layer.active:
                layer.began = self._loop.time()
            if active is not layer.active:
                self._key = True
            layer.active = active
            layer.cap_bps = max_bitrates_bps[layer.index] if layer.index < len(max_bitrates_bps) else 0

    def hear(self, data: bytes) -> None:
        """Requests for keyframes and for lost packets."""
        for packet in parse_compound(data):
            self._answer(packet)

    def _answer(self, packet: RtcpPacket) -> None:
        if isinstance(packet, (Pli, Fir)):
            if self._loop.time() - self._key_at > KEYFRAME_PAUSE_S:
                self._key = True
        elif isinstance(packet, Nack):
            layer = next((one for one in self._layers if one.index + VIDEO_SSRC == packet.media_ssrc), None)
            if layer is None:
                return
            for number in packet.lost:
                found = layer.sent.get(number)
                if found is not None:
                    again = bytearray(found[:12]) + number.to_bytes(2, "big") + found[12:]
                    again[1] = again[1] & 0x80 | RTX_TYPE
                    again[2:4] = (layer.rtx_number & 0xFFFF).to_bytes(2, "big")
                    again[8:12] = (RTX_SSRC + layer.index).to_bytes(4, "big")
                    layer.rtx_number += 1
                    self._send_rtp(bytes(again))

    def _picture(self) -> None:
        if not self._running:
            return
        now = self._loop.time()
        self._frame += 1
        self._loop.call_at(self._began + self._frame / FRAMES_PER_S, self._picture)
        key, self._key = self._key, False
        if key:
            self._position = 0
            self._key_at = now
            self.keyframes.append(now)
        temporal, factor = ROUND[self._position % len(ROUND)]
        sync = self._position % 8 in {1, 2, 5}
        self._position += 1
        timestamp = round((now - self._began) * VIDEO_CLOCK) & 0xFFFFFFFF
        for layer in self._layers:
            if layer.active:
                self._send_picture(layer, now, timestamp, temporal, factor, key=key, sync=sync)

    def _send_picture(
        self, layer: _Layer, now: float, timestamp: int, temporal: int, factor: float, *, key: bool, sync: bool
    ) -> None:
        target = layer.cap_bps or LAYERS[layer.index]
        ramp = RAMP_FROM + (1 - RAMP_FROM) * (now - layer.began) / RAMP_S
        mean = min(1.0, ramp) * min(target, LAYERS[layer.index]) / 8 / FRAMES_PER_S
        size = mean * factor * self._chance.uniform(0.8, 1.2)
        if key:
            size = mean * KEYFRAME
            layer.debt += size - mean
        elif layer.debt > 0:
            layer.debt -= size * (1 - SAVING)
            size *= SAVING
        layer.picture_id = layer.picture_id + 1 & 0x7FFF
        if temporal == 0:
            layer.base_index = layer.base_index + 1 & 0xFF
        left = max(60, int(size))
        start = True
        while left > 0:
            part = min(left, PAYLOAD)
            left -= part
            descriptor = bytes(
                (
                    0x90 if start else 0x80,
                    0xE0,
                    0x80 | layer.picture_id >> 8,
                    layer.picture_id & 0xFF,
                    layer.base_index,
                    temporal << 6 | sync << 5,
                )
            )
            body = bytes((0 if key else 1, layer.index)) + bytes(max(0, part - 2))
            data = bytes(
                build_rtp(
                    VIDEO_TYPE,
                    layer.number & 0xFFFF,
                    timestamp,
                    VIDEO_SSRC + layer.index,
                    descriptor + body,
                    marker=left <= 0,
                )
            )
            layer.sent[layer.number & 0xFFFF] = data
            layer.sent.pop(layer.number - REMEMBERED & 0xFFFF, None)
            layer.number += 1
            layer.packets += 1
            layer.octets += part
            start = False
            self._send_rtp(data)

    def _sound(self) -> None:
        if not self._running:
            return
        self._sounds += 1
        self._loop.call_at(self._began + self._sounds * AUDIO_FRAME_S, self._sound)
        self._send_rtp(
            bytes(
                build_rtp(
                    AUDIO_TYPE,
                    self._sounds & 0xFFFF,
                    self._sounds * 960 & 0xFFFFFFFF,
                    AUDIO_SSRC,
                    bytes(AUDIO_BYTES),
                    extensions=[(1, bytes((0x80 | 30,)))],
                )
            )
        )

    def _report(self) -> None:
        if not self._running:
            return
        self._loop.call_later(1.0, self._report)
        now = self._loop.time()
        ntp = int((now + NTP_EPOCH_S) * (1 << 32))
        for layer in self._layers:
            self._send_rtcp(
                build_sender_report(
                    ssrc=VIDEO_SSRC + layer.index,
                    ntp=ntp,
                    rtp_timestamp=round((now - self._began) * VIDEO_CLOCK) & 0xFFFFFFFF,
                    packet_count=layer.packets,
                    octet_count=layer.octets,
                )
            )
