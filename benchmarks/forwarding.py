"""What forwarding costs: one sender to 1, 10, 100 and 500 receivers, batched and plain.

The SFU runs in a process of its own; sender and receivers are real ICE, DTLS and SRTP clients in this one. The
sender sends what a 720p camera and a microphone send: 118 video packets of 1100 bytes and 50 audio packets of
100 bytes a second, in frames. Run with `python -m benchmarks.forwarding [--seconds 8] [--receivers 1 10 100 500]`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.light_client import LightClient
from benchmarks.report import percentile, print_table, save
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions
from media.rtp.packet import HEADER

VIDEO_SIZE: Final = 1100
AUDIO_SIZE: Final = 100
FRAME_S: Final = 1 / 30
AUDIO_S: Final = 0.02
VIDEO_SSRC: Final = 0x1000
AUDIO_SSRC: Final = 0x2000
# This many receivers are woken for each packet and tell the latency; the others look every 20 ms.
WATCHED_CLOSELY: Final = 4
MEDIASOUP_SCRIPT: Final = Path(__file__).with_name("mediasoup_process.mjs")


class SfuProcess:
    """The SFU's process and its control line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls, *, plain: bool, interpreted: bool = False, module: str = "benchmarks.sfu_process"
    ) -> SfuProcess:
        """Start it; it ends with its standard input."""
        flags = {"--plain": plain, "--interpreted": interpreted}
        return await cls._run(sys.executable, "-m", module, *(flag for flag, wanted in flags.items() if wanted))

    @classmethod
    async def start_mediasoup(cls, folder: Path) -> SfuProcess:
        """Start mediasoup, of `folder`/node_modules, behind the same requests (those that it knows)."""
        node = shutil.which("node")
        if node is None:
            message = "There is no node on the PATH, which mediasoup needs."
            raise RuntimeError(message)
        return await cls._run(node, str(MEDIASOUP_SCRIPT), str(folder))

    @classmethod
    async def _run(cls, *arguments: str) -> SfuProcess:
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*arguments, stdin=pipe, stdout=pipe, limit=2**24))

    async def ask(self, op: str, **arguments: Any) -> Any:
        """One request and its answer. Raises `RuntimeError` where the process has ended; it said itself why."""
        if self._process.stdin is None or self._process.stdout is None:
            message = "The SFU process has no pipes."
            raise RuntimeError(message)
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(msgspec.json.encode({"op": op, **arguments}) + b"\n")
            await self._process.stdin.drain()
        answer = await self._process.stdout.readline()
        if not answer:
            message = f"The SFU process ended before it answered {op!r}."
            raise RuntimeError(message)
        return msgspec.json.decode(answer)

    async def stop(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()


@dataclass
class Receiver:
    """Counts what one subscriber gets, and how late every 16th video packet is."""

    video: int = 0
    audio: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    sent_at: dict[int, float] = field(default_factory=dict)

    def on_packet(self, view: memoryview, length: int) -> None:
        """One SRTP datagram; RTCP is left out."""
        if 64 <= view[1] & 0x7F < 96:
            return
        if length < VIDEO_SIZE // 2:
            self.audio += 1
            return
        self.video += 1
        if self.video % 16 == 0:
            sent = self.sent_at.get(struct.unpack_from(">I", view, 4)[0])
            if sent is not None:
                self.latencies_ms.append((time.perf_counter() - sent) * 1000)


def sender_parameters(capabilities: Any, kind: str, mime_type: str, ssrc: int) -> dict[str, Any]:
    """RtpParameters of a plain sender with the router's own payload type."""
    codec = next(c for c in capabilities["codecs"] if c["mimeType"].lower() == mime_type)
    made = {
        "mimeType": codec["mimeType"],
        "payloadType": codec["preferredPayloadType"],
        "clockRate": codec["clockRate"],
        "parameters": codec.get("parameters", {}),
        "rtcpFeedback": codec.get("rtcpFeedback", []),
    }
    if kind == "audio":
        made["channels"] = codec["channels"]
    return {"codecs": [made], "encodings": [{"ssrc": ssrc}], "rtcp": {"cname": "bench"}}


class Sender:
    """Sends frames of four packets 30 times a second and an audio packet every 20 ms."""

    def __init__(self, client: LightClient, video_type: int, audio_type: int, sent_at: dict[int, float]) -> None:
        self.client = client
        self._video_type = video_type
        self._audio_type = audio_type
        self.sent_at = sent_at
        """When which timestamp was sent."""
        self.video = 0
        self.audio = 0
        self._payload = os.urandom(VIDEO_SIZE)

    async def run(self, seconds: float) -> None:
        """Send in real time; late wake-ups are caught up with."""
        start = time.perf_counter()
        frames = sounds = 0
        while (passed := time.perf_counter() - start) < seconds:
            while sounds * AUDIO_S <= passed:
                self._send_audio()
                sounds += 1
            while frames * FRAME_S <= passed:
                for index in range(4):
                    self._send_video(last=index == 3)
                frames += 1
            await asyncio.sleep(max(0.0, min(sounds * AUDIO_S, frames * FRAME_S) - passed))

    def _send_video(self, *, last: bool) -> None:
        # VP8 descriptor with S=1 and a keyframe's first byte, so that a receiver may start anywhere.
        timestamp = self.video + 1
        header = HEADER.pack(0x80, self._video_type | (0x80 if last else 0), self.video & 0xFFFF, timestamp, VIDEO_SSRC)
        self.sent_at[timestamp] = time.perf_counter()
        self.client.send_rtp(header + b"\x10\x00" + self._payload[: VIDEO_SIZE - 14])
        self.video += 1

    def _send_audio(self) -> None:
        header = HEADER.pack(0x80, self._audio_type, self.audio & 0xFFFF, self.audio * 960, AUDIO_SSRC)
        self.client.send_rtp(header + self._payload[: AUDIO_SIZE - 12])
        self.audio += 1


async def measure(receivers: int, seconds: float, *, plain: bool) -> dict[str, Any]:
    """One run: connect everybody, send, count."""
    sfu = await SfuProcess.start(plain=plain)
    certificate = generate_certificate()
    clients: list[LightClient] = []

    async def connect(counter: Receiver, *, patient: bool = False) -> tuple[str, LightClient]:
        options = msgspec.convert(await sfu.ask("transport"), TransportOptions)
        client = LightClient(options, certificate, counter.on_packet, patient=patient)
        await sfu.ask("connect", transport=options.id, dtls=msgspec.to_builtins(client.dtls_parameters))
        await client.connect()
        clients.append(client)
        return options.id, client

    try:
        capabilities = await sfu.ask("capabilities")
        source_id, source = await connect(Receiver())
        video = sender_parameters(capabilities, "video", "video/vp8", VIDEO_SSRC)
        audio = sender_parameters(capabilities, "audio", "audio/opus", AUDIO_SSRC)
        video_id = await sfu.ask("produce", transport=source_id, kind="video", rtp=video)
        audio_id = await sfu.ask("produce", transport=source_id, kind="audio", rtp=audio)
        sent_at: dict[int, float] = {}
        sender = Sender(source, video["codecs"][0]["payloadType"], audio["codecs"][0]["payloadType"], sent_at)
        before_joins = await sfu.ask("usage")
        counters = [Receiver(sent_at=sent_at) for _ in range(receivers)]
        for number, counter in enumerate(counters):
            transport_id, _ = await connect(counter, patient=number >= WATCHED_CLOSELY)
            await sfu.ask("consume", transport=transport_id, producer=video_id)
            await sfu.ask("consume", transport=transport_id, producer=audio_id)
        await sender.run(1.0)  # everybody's video starts, buffers warm up
        await asyncio.sleep(0.3)
        joined = await sfu.ask("usage")
        video_before, audio_before = sender.video, sender.audio
        for counter in counters:
            counter.video = counter.audio = 0
            counter.latencies_ms.clear()
        await sender.run(seconds)
        await asyncio.sleep(0.3)
        done = await sfu.ask("usage")
        arrived = sum(counter.video + counter.audio for counter in counters)
        latencies = [latency for counter in counters[:WATCHED_CLOSELY] for latency in counter.latencies_ms]
        loop = await sfu.ask("loop", seconds=4.5, size=VIDEO_SIZE, interval_s=FRAME_S / 2)
    finally:
        for client in clients:
            client.close()
        await asyncio.sleep(0.2)
        await sfu.stop()
    expected = (sender.video - video_before + sender.audio - audio_before) * receivers
    forwarded = done["sent"] - joined["sent"]
    cost = (done["cpu_s"] - joined["cpu_s"]) * 1e6 / max(1, forwarded)
    return {
        "path": "plain" if plain else "batched",
        "receivers": receivers,
        "packets/s": round(forwarded / seconds),
        "cpu µs/packet": cost,
        "burst µs": loop["burst"],
        "single µs": loop["single"],
        "bare sendmmsg µs": loop["bare"] or None,
        "burst/bare": loop["burst"] / loop["bare"] if loop["bare"] else None,
        "single/bare": loop["single"] / loop["bare"] if loop["bare"] else None,
        "loss %": 100 * (1 - arrived / max(1, expected)),
        "latency p50 ms": percentile(latencies, 0.50),
        "p95 ms": percentile(latencies, 0.95),
        "p99 ms": percentile(latencies, 0.99),
        "kB/subscriber": (joined["memory_bytes"] - before_joins["memory_bytes"]) / max(1, receivers) / 1000,
    }


async def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--receivers", type=int, nargs="+", default=[1, 10, 100, 500])
    options = parser.parse_args()
    rows = []
    for receivers in options.receivers:
        for plain in (False, True):
            rows.append(await measure(receivers, options.seconds, plain=plain))
            print_table("Forwarding", rows[-1:])
    print_table("Forwarding one 720p camera and a microphone", rows)
    save("forwarding", {"rows": rows})


if __name__ == "__main__":
    asyncio.run(main())
