"""Many participants in one process, with real connections and real media, but no browser to pay for.

Run as `python -m tests.e2e.crowd URL ROOM COUNT [PRESENT]`. Each sends a VP8 picture (every frame a keyframe, encoded
once for all) and an Opus tone; nothing is received. So many more as PRESENT are in the room and send nothing. Prints
`ready` when all are in; ends when its input ends. `running_crowd` does that for a test.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import urllib.request
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
import msgspec
import numpy as np
from aiortc.codecs.vpx import VpxPayloadDescriptor
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.light_client import LightClient
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions
from media.rtp.packet import HEADER
from tests.e2e.child import running_module

if TYPE_CHECKING:
    from collections.abc import Iterator

VIDEO_SSRC: Final = 0x1000
AUDIO_SSRC: Final = 0x2000
VIDEO_TYPE: Final = 96
AUDIO_TYPE: Final = 111
FRAMES_PER_S: Final = 10
AUDIO_FRAME_S: Final = 0.02
MAX_PAYLOAD: Final = 1100
PING_S: Final = 4.0


def encode_pictures(count: int = 10) -> list[bytes]:
    """VP8 keyframes of 320x180 whose brightness changes."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = 320, 180, "yuv420p"
    codec.time_base, codec.bit_rate = Fraction(1, FRAMES_PER_S), 100_000
    codec.options = {"g": "1", "deadline": "realtime", "lag-in-frames": "0"}
    pictures = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 25 * number, np.uint8), format="rgb24")
        frame.pts = number
        pictures += [bytes(packet) for packet in codec.encode(frame.reformat(format="yuv420p"))]
    return pictures


def encode_tone(seconds: int = 1) -> list[bytes]:
    """Opus packets of 20 ms with 440 Hz in them."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = 48_000, "mono", "s16"
    packets = []
    for number in range(seconds * 50):
        times = (np.arange(960) + number * 960) / 48_000
        samples = (np.sin(2 * np.pi * 440 * times) * 8000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, number * 960
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


def rtp_parameters(kind: str) -> dict[str, Any]:
    if kind == "audio":
        codec = {"mimeType": "audio/opus", "payloadType": AUDIO_TYPE, "clockRate": 48_000, "channels": 2}
        return {"codecs": [codec], "encodings": [{"ssrc": AUDIO_SSRC}], "rtcp": {"cname": "crowd"}}
    feedback = [{"type": "nack", "parameter": "pli"}]
    codec = {"mimeType": "video/VP8", "payloadType": VIDEO_TYPE, "clockRate": 90_000, "rtcpFeedback": feedback}
    return {"codecs": [codec], "encodings": [{"ssrc": VIDEO_SSRC}], "rtcp": {"cname": "crowd"}}


@dataclass
class Member:
    """One participant's connection."""

    url: str
    room: str
    number: int
    certificate: Any
    sends: bool = True
    client: LightClient | None = None
    sequence_numbers: dict[int, int] = field(default_factory=lambda: {VIDEO_SSRC: 1, AUDIO_SSRC: 1})

    @property
    def name(self) -> str:
        return f"P{self.number:02}"

    async def live(self, inside: asyncio.Semaphore) -> None:
        """Join, connect, produce; then stay."""
        body = json.dumps({"interface": "call", "query": f"roomId={self.room}&peerId=peer-{self.name}"}).encode()
        request = urllib.request.Request(f"{self.url}/tickets/", body)  # noqa: S310 - our own server
        with await asyncio.to_thread(urllib.request.urlopen, request) as answer:
            admission = json.load(answer)
        async with connect(admission["nodeUrl"], subprotocols=[Subprotocol("meet.v1")], max_size=None) as socket:
            hello = json.loads(await socket.recv())
            last_id = 0

            async def ask(method: str, **data: Any) -> Any:
                nonlocal last_id
                last_id += 1
                await socket.send(json.dumps({"id": last_id, "method": method, "data": data}))
                while True:
                    message = json.loads(await asyncio.wait_for(socket.recv(), 20))
                    if message.get("id") == last_id:
                        assert message["ok"], message
                        return message["data"]
                    self.hear_all(message)

            capabilities = hello["data"]["routerRtpCapabilities"]
            joined = await ask("join", ticket=admission["ticket"], displayName=self.name, rtpCapabilities=capabilities)
            if self.sends:
                options = msgspec.convert(joined["sendTransport"], TransportOptions)
                client = LightClient(options, self.certificate, self.receive, patient=True)
                parameters = msgspec.to_builtins(client.dtls_parameters)
                await ask("connectTransport", transportId=options.id, dtlsParameters=parameters)
                await client.connect()
                for kind, source in (("audio", "mic"), ("video", "camera")):
                    await ask("produce", kind=kind, source=source, rtpParameters=self.parameters(kind))
                self.client = client
            inside.release()
            while True:
                await ask("ping")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PING_S):
                        while True:
                            self.hear_all(json.loads(await socket.recv()))

    def hear_all(self, frame: dict[str, Any]) -> None:
        """A frame that is no answer: one event, or several."""
        for event in frame.get("events", [frame]):
            self.hear(event["event"], event["data"])

    def hear(self, event: str, data: dict[str, Any]) -> None:
        """Something has happened in the room; here nobody cares."""

    def parameters(self, kind: str) -> dict[str, Any]:
        return rtp_parameters(kind)

    def receive(self, view: memoryview, length: int) -> None:
        """Feedback from the server; every picture here is a keyframe, and nothing is lost."""

    def send(self, ssrc: int, payload_type: int, timestamp: int, payload: bytes, *, marker: bool) -> None:
        if self.client is None:
            return
        number = self.sequence_numbers[ssrc]
        self.sequence_numbers[ssrc] = (number + 1) & 0xFFFF
        header = HEADER.pack(0x80, payload_type | (0x80 if marker else 0), number, timestamp & 0xFFFFFFFF, ssrc)
        self.client.send_rtp(header + payload)


async def send_video(members: list[Member], pictures: list[bytes]) -> None:
    number = 0
    while True:
        picture = pictures[number % len(pictures)]
        parts = [picture[start : start + MAX_PAYLOAD] for start in range(0, len(picture), MAX_PAYLOAD)]
        for member in members:
            for index, part in enumerate(parts):
                descriptor = bytes(VpxPayloadDescriptor(partition_start=int(index == 0), partition_id=0))
                timestamp = number * 90_000 // FRAMES_PER_S
                last = index == len(parts) - 1
                member.send(VIDEO_SSRC, VIDEO_TYPE, timestamp, descriptor + part, marker=last)
        number += 1
        await asyncio.sleep(1 / FRAMES_PER_S)


async def send_audio(members: list[Member], tone: list[bytes]) -> None:
    start = asyncio.get_running_loop().time()
    number = 0
    while True:
        for member in members:
            member.send(AUDIO_SSRC, AUDIO_TYPE, number * 960, tone[number % len(tone)], marker=number == 0)
        number += 1
        await asyncio.sleep(max(0.0, start + number * AUDIO_FRAME_S - asyncio.get_running_loop().time()))


async def main(url: str, room: str, count: int, present: int = 0) -> None:
    certificate = generate_certificate()
    members = [Member(url, room, number, certificate, sends=number < count) for number in range(count + present)]
    inside = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(member.live(inside)) for member in members]
        tasks.append(group.create_task(send_video(members, encode_pictures())))
        tasks.append(group.create_task(send_audio(members, encode_tone())))
        for _ in members:
            await inside.acquire()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for task in tasks:
            task.cancel()


@contextlib.contextmanager
def running_crowd(url: str, room: str, count: int, present: int = 0) -> Iterator[None]:
    """So many people are in a room, in a process of their own; so many more send nothing."""
    with running_module("tests.e2e.crowd", url, room, str(count), str(present)) as printed:
        assert printed.readline() == "ready\n"
        yield


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]) if sys.argv[4:] else 0))
