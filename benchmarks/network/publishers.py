"""Senders that cost next to nothing: they replay one camera's simulcast layers and one voice, encoded once for all.

Four cameras in four browsers take more than two cores, and then the machine is what is measured. Run as
`python -m benchmarks.network.publishers URL ROOM SPEECH.wav NAME …`; prints `ready` when all are in and ends when its
input ends. A keyframe that is asked for is the loop's first picture: the replay starts anew.

Layers that nobody wants are not sent, and one that is wanted with less has smaller pictures, as a browser's encoder
makes them. Pictures are encoded with the least that is ever asked for, and filled up to the size that they should have:
no decoder reads what follows its last partition.
"""

from __future__ import annotations

import asyncio
import sys
import time
import wave
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import av
import numpy as np

from benchmarks.network.media import FRAMES_PER_S, frames
from media.net.dtls import generate_certificate
from media.rtp.rtcp import Fir, Pli, build_sender_report, is_rtcp, parse_compound
from tests.e2e.crowd import Member
from tests.media.packets import build_rtp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

VIDEO_CLOCK: Final = 90_000
AUDIO_CLOCK: Final = 48_000
AUDIO_FRAME_S: Final = 0.02
MAX_PAYLOAD: Final = 1100
REPORT_S: Final = 1.0
# Width and bits/s of what our page sends of a 720p camera (`sdk/js/src/rtc/encodings.ts`).
LAYERS: Final = ((320, 163_000), (640, 495_000), (1280, 1_500_000))
# Nobody asks for a layer with less than this share of its bits (`WORTHWHILE` of `allocation_ladder.py`).
LEAST_SHARE: Final = 0.4
VIDEO_SSRC: Final = 0x3000
AUDIO_SSRC: Final = 0x2000
VIDEO_TYPE: Final = 96
AUDIO_TYPE: Final = 111
# As Chromium does with L1T3: which temporal layer each picture of a round is of.
TEMPORAL_LAYERS: Final = (0, 2, 1, 2)
TEMPORAL_OPTIONS: Final = (
    "ts_number_layers=3:ts_target_bitrate={0},{1},{2}:ts_rate_decimator=4,2,1:ts_periodicity=4:ts_layer_id=0,2,1,2"
    ":ts_layering_mode=3"
)
NTP_EPOCH_S: Final = 2_208_988_800
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
AUDIO_LEVEL_ID: Final = 1
RTCP_FEEDBACK: Final = ({"type": "nack"}, {"type": "nack", "parameter": "pli"}, {"type": "ccm", "parameter": "fir"})


class Sound(NamedTuple):
    """An Opus packet and its level in -dBov (RFC 6464)."""

    packet: bytes
    level: int


class Loop:
    """A layer's pictures, of which the first is a keyframe. `bitrate_bps` is what all of the layer takes."""

    def __init__(self, bitrate_bps: int, pictures: Sequence[bytes]) -> None:
        self.bitrate_bps = bitrate_bps
        self.pictures = pictures
        self._encoded_bps = sum(map(len, pictures)) * 8 * FRAMES_PER_S / len(pictures)

    def picture(self, position: int, bitrate_bps: int) -> bytes:
        """A picture as large as it would be with so many bits/s."""
        picture = self.pictures[position]
        return picture + bytes(max(0, round(len(picture) * (bitrate_bps / self._encoded_bps - 1))))


def encode_layers() -> list[Loop]:
    """Each layer's loop, the smallest layer first."""
    pictures = frames(1280, 720, FRAMES_PER_S)
    return [Loop(bitrate, encode(pictures, width, int(LEAST_SHARE * bitrate))) for width, bitrate in LAYERS]


def encode(pictures: Sequence[tuple[NDArray[np.uint8], ...]], width: int, bitrate: int) -> list[bytes]:
    """Pictures of 1280x720, made smaller, as VP8 of three temporal layers at a constant bit rate."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)  # noqa: S101 - for the type checker
    codec.width, codec.height, codec.pix_fmt = width, width * 9 // 16, "yuv420p"
    codec.time_base, codec.framerate, codec.bit_rate = Fraction(1, FRAMES_PER_S), Fraction(FRAMES_PER_S), bitrate
    kbps = [int(bitrate * share / 1000) for share in (0.4, 0.6, 1.0)]
    codec.options = {
        "g": "10000",
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "minrate": str(bitrate),
        "maxrate": str(bitrate),
        "bufsize": str(bitrate),
        "error-resilient": "1",
        "ts-parameters": TEMPORAL_OPTIONS.format(*kbps),
    }
    made: list[bytes] = []
    step = 1280 // width
    for number, planes in enumerate(pictures):
        reduced = np.concatenate([plane[::step, ::step].ravel() for plane in planes])
        frame = av.VideoFrame.from_ndarray(reduced.reshape(codec.height * 3 // 2, width), format="yuv420p")
        frame.pts = number
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made


def encode_speech(path: Path | str) -> list[Sound]:
    """A WAV file of 48 kHz as Opus packets of 20 ms."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)  # noqa: S101 - for the type checker
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = AUDIO_CLOCK, "mono", "s16", 32_000
    made: list[Sound] = []
    for number in range(len(samples) // 960):
        part = samples[number * 960 : (number + 1) * 960]
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = AUDIO_CLOCK, number * 960
        strength = float(np.sqrt(np.mean((part / 32768.0) ** 2)))
        level = min(127, round(-20 * np.log10(max(strength, 1e-7))))
        made += [Sound(bytes(packet), level) for packet in codec.encode(frame)]
    return made


@dataclass
class Layer:
    """One simulcast layer's stream. `cap_bps` is what it may take, 0 for all that it does."""

    ssrc: int
    loop: Loop
    active: bool = True
    cap_bps: int = 0
    sequence_number: int = 1
    picture_id: int = 0
    base_index: int = 0
    # Where in the loop it is, and how often a key picture has come.
    position: int = 0
    keys: int = 0
    packets: int = 0
    octets: int = 0

    def packets_of_next(self, timestamp: int) -> list[bytes]:
        """The RTP packets of the next picture (RFC 7741)."""
        position = self.position % len(self.loop.pictures)
        temporal = TEMPORAL_LAYERS[position % len(TEMPORAL_LAYERS)]
        # The Y bit: it depends on nothing but the lowest layer (FFmpeg's pattern 3; of T1 only the keyframe's is so).
        sync = position % len(TEMPORAL_LAYERS) == 1 or position == 2
        self.position += 1
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        if temporal == 0:
            self.base_index = (self.base_index + 1) & 0xFF
            self.keys = (self.keys + 1) & 0x1F
        bitrate_bps = self.loop.bitrate_bps
        picture = self.loop.picture(position, min(self.cap_bps or bitrate_bps, bitrate_bps))
        made = []
        for start in range(0, len(picture), MAX_PAYLOAD):
            descriptor = bytes(
                (
                    0x90 if start == 0 else 0x80,
                    0xF0,
                    0x80 | self.picture_id >> 8,
                    self.picture_id & 0xFF,
                    self.base_index,
                    temporal << 6 | sync << 5 | self.keys,
                )
            )
            last = start + MAX_PAYLOAD >= len(picture)
            payload = descriptor + picture[start : start + MAX_PAYLOAD]
            made.append(bytes(build_rtp(VIDEO_TYPE, self.sequence_number, timestamp, self.ssrc, payload, marker=last)))
            self.sequence_number = (self.sequence_number + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
        return made

    def begin_anew(self) -> None:
        """A keyframe is wanted: the loop's first picture is one. Not again while it has only just come."""
        if self.position % len(self.loop.pictures) > FRAMES_PER_S // 2:
            self.position = 0


@dataclass
class Publisher(Member):
    """A participant who sends simulcast and speech."""

    title: str = ""
    layers: list[Layer] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.title

    def parameters(self, kind: str) -> dict[str, Any]:
        codec: dict[str, Any]
        encodings: list[dict[str, Any]]
        if kind == "audio":
            codec = {"mimeType": "audio/opus", "payloadType": AUDIO_TYPE, "clockRate": AUDIO_CLOCK, "channels": 2}
            extensions = [{"uri": AUDIO_LEVEL, "id": AUDIO_LEVEL_ID}]
            encodings = [{"ssrc": AUDIO_SSRC}]
        else:
            codec = {
                "mimeType": "video/VP8",
                "payloadType": VIDEO_TYPE,
                "clockRate": VIDEO_CLOCK,
                "rtcpFeedback": list(RTCP_FEEDBACK),
            }
            extensions = []
            encodings = [
                {"ssrc": layer.ssrc, "scalabilityMode": "L1T3", "maxBitrate": bitrate}
                for layer, (_, bitrate) in zip(self.layers, LAYERS, strict=True)
            ]
        return {
            "codecs": [codec],
            "headerExtensions": extensions,
            "encodings": encodings,
            "rtcp": {"cname": self.title},
        }

    def receive(self, view: memoryview, length: int) -> None:
        """A request for a keyframe is answered; there is nothing else to do about feedback here."""
        if self.client is None or not is_rtcp(view[0], view[1]):
            return
        for packet in parse_compound(self.client.dtls.sessions[0].unprotect_rtcp(bytes(view[:length]))):
            wanted = {packet.media_ssrc} if isinstance(packet, Pli) else set()
            if isinstance(packet, Fir):
                wanted = set(packet.ssrcs)
            for layer in self.layers:
                if layer.ssrc in wanted:
                    layer.begin_anew()

    def hear(self, event: str, data: dict[str, Any]) -> None:
        """Which layers somebody wants, and with how much."""
        if event == "producerLayersWanted":
            self.want(data["spatialLayers"], data["maxBitrates"])

    def want(self, count: int, max_bitrates_bps: Sequence[int]) -> None:
        """So many layers are to be sent, the smallest first. If others than before, all begin anew."""
        changes = [layer.active for layer in self.layers] != [index < count for index in range(len(self.layers))]
        for index, layer in enumerate(self.layers):
            layer.active = index < count
            layer.cap_bps = max_bitrates_bps[index] if index < len(max_bitrates_bps) else 0
            if changes:
                layer.position = 0

    def send_picture(self, timestamp: int) -> None:
        """The next picture of each layer that is wanted."""
        if self.client is None:
            return
        for layer in self.layers:
            if not layer.active:
                continue
            for packet in layer.packets_of_next(timestamp):
                self.client.send_rtp(packet)

    def send_sound(self, number: int, sound: Sound) -> None:
        """One packet of speech with its level."""
        if self.client is None:
            return
        level = bytes((sound.level | (0x80 if sound.level < 60 else 0),))
        packet = build_rtp(
            AUDIO_TYPE, number & 0xFFFF, number * 960, AUDIO_SSRC, sound.packet, extensions=[(AUDIO_LEVEL_ID, level)]
        )
        self.client.send_rtp(bytes(packet))

    def report(self, timestamp: int) -> None:
        """Sender reports, by which layers are put on one clock."""
        if self.client is None:
            return
        now = time.time() + NTP_EPOCH_S
        ntp = int(now) << 32 | int((now % 1) * (1 << 32))
        for layer in self.layers:
            self.client.send_rtcp(
                build_sender_report(
                    ssrc=layer.ssrc,
                    ntp=ntp,
                    rtp_timestamp=timestamp,
                    packet_count=layer.packets,
                    octet_count=layer.octets,
                )
            )


async def replay(publishers: list[Publisher], speech: list[Sound]) -> None:
    """Send in real time, cameras one after the other; who wakes up late catches up."""
    began = reported = time.monotonic()
    pictures = sounds = 0
    pictures_per_s = FRAMES_PER_S * len(publishers)
    while True:
        passed = time.monotonic() - began
        while pictures / pictures_per_s <= passed:
            number, publisher = divmod(pictures, len(publishers))
            publishers[publisher].send_picture(number * VIDEO_CLOCK // FRAMES_PER_S & 0xFFFFFFFF)
            pictures += 1
        while sounds * AUDIO_FRAME_S <= passed:
            for number, one in enumerate(publishers):
                one.send_sound(sounds, speech[(sounds + 100 * number) % len(speech)])
            sounds += 1
        if passed > reported - began + REPORT_S:
            reported = began + passed
            for one in publishers:
                one.report(int(passed * VIDEO_CLOCK) & 0xFFFFFFFF)
        due = min(pictures / pictures_per_s, sounds * AUDIO_FRAME_S)
        await asyncio.sleep(max(0.001, began + due - time.monotonic()))


async def main(url: str, room: str, speech: str, names: list[str]) -> None:
    """Join, send, until the input ends."""
    certificate = generate_certificate()
    encoded = encode_layers()
    publishers = [
        Publisher(
            url,
            room,
            number,
            certificate,
            title=name,
            layers=[Layer(VIDEO_SSRC + index, loop) for index, loop in enumerate(encoded)],
        )
        for number, name in enumerate(names)
    ]
    inside = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(publisher.live(inside)) for publisher in publishers]
        for _ in publishers:
            await inside.acquire()
        tasks.append(group.create_task(replay(publishers, encode_speech(speech))))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
