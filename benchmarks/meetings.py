"""What a meeting costs in which everybody sends and sees all others: 2, 5, 10 and 20 people.

Each sends what a 720p camera and a microphone send (118 and 50 packets a second, `benchmarks.forwarding`), by real ICE,
DTLS and SRTP. Where the packet path has been compiled (`make compile`), a node that uses it and one that runs the
sources take turns, so that whatever else the machine does disturbs both alike. Run with
`python -m benchmarks.meetings [--people 2 5 10 20] [--senders 1] [--rounds 3] [--seconds 3]
[--feedback transport-cc] [--srtp aes-cm] [--mediasoup FOLDER]`: with `--senders` only so many send, with `--feedback`
everybody reports as Chromium does. `--mediasoup` has mediasoup, of `FOLDER`/node_modules, take turns as well: the same
clients and media, on one port of loopback, and of its cost the worker's process; what Node takes is told apart. Where
both are to do the same, `--srtp` says the profile. Packets are counted where they arrive.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import struct
import sys
import time
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from aiortc import rtcdtlstransport

from benchmarks.estimation import Camera
from benchmarks.feedback import Feedback, FeedbackKind
from benchmarks.forwarding import AUDIO_SSRC, VIDEO_SSRC, SfuProcess, sender_parameters
from benchmarks.light_client import LightClient
from benchmarks.report import percentile, print_table, save
from media.compiled import DIGEST, FOLDER, digest_of_sources
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions

# Sent before anything is counted: everybody's video begins, buffers warm up.
LEAD_S: Final = 1.0
# Packets that are still on their way when a round ends.
SETTLE_S: Final = 0.2
# How long a test waits for them where the machine stands still.
PATIENCE_S: Final = 30.0
# This many receivers are woken for each packet and tell how late it is; the others look each 20 ms.
WATCHED_CLOSELY: Final = 2
MEDIASOUP: Final = "mediasoup"
# What clients offer, by the name that the command line has for it.
SRTP_PROFILES: Final = {
    "aes-gcm-256": rtcdtlstransport.SRTP_AEAD_AES_256_GCM,
    "aes-gcm-128": rtcdtlstransport.SRTP_AEAD_AES_128_GCM,
    "aes-cm": rtcdtlstransport.SRTP_AES128_CM_SHA1_80,
}
# Everybody who reports looks whether it is time to, one after the other, within so long.
TICK_S: Final = 0.02
TICK_PARTS: Final = 10


class Person:
    """Counts what comes from the others, and how late every 16th packet of video is; may report to the sender."""

    def __init__(self) -> None:
        self.packets = 0
        self.client: LightClient | None = None
        self.feedback: Feedback | None = None
        self.latencies_ms: list[float] = []
        self.sent_at: dict[int, dict[int, float]] = {}
        """By the SSRC of a stream that is received when its sender sent which timestamp, of sound none."""

    def on_packet(self, view: memoryview, length: int) -> None:
        """One datagram; RTCP is left out, and of what probes for bandwidth only that it came is reported."""
        if 64 <= view[1] & 0x7F < 96:
            return
        timestamp, ssrc = struct.unpack_from(">II", view, 4)
        sent_at = self.sent_at.get(ssrc)
        self.packets += sent_at is not None
        if self.feedback is not None and self.client is not None:
            self.feedback.received(view, length, self.client.arrived_at_s)
        if sent_at and self.packets % 16 == 0:
            sent = sent_at.get(timestamp)
            if sent is not None:
                self.latencies_ms.append((time.perf_counter() - sent) * 1000)


class TimedCamera(Camera):
    """A camera that remembers when it began to send a picture."""

    def _send_video(self, *, last: bool) -> None:
        self.sent_at.setdefault(self.video // 4 * 3000 & 0xFFFFFFFF, time.perf_counter())
        super()._send_video(last=last)


class Meeting:
    """A node's process and its people; `costs` has µs of CPU a packet that arrived, for each round.

    `path` is `compiled`, `interpreted`, or `mediasoup`, which `folder` has.
    """

    def __init__(self, path: str, *, feedback: FeedbackKind = "none", folder: Path | None = None) -> None:
        self.path = path
        self.people: list[Person] = []
        self.costs: list[float] = []
        self.costs_received: list[float] = []
        self.costs_of_control: list[float] = []
        self.rates: list[tuple[float, float]] = []
        self.expected = 0
        self.memory_bytes = 0.0
        """What everybody's coming took."""
        self._feedback: FeedbackKind = feedback
        self._folder = folder
        self._clients: list[LightClient] = []
        self._cameras: list[TimedCamera] = []

    async def _start(self) -> SfuProcess:
        if self._folder is not None:
            return await SfuProcess.start_mediasoup(self._folder)
        return await SfuProcess.start(plain=False, interpreted=self.path == "interpreted")

    async def open(self, count: int, senders: int | None = None) -> None:
        """Start the node and connect everybody with all others, or with the first `senders`, who alone send then."""
        self.sfu = await self._start()
        certificate = generate_certificate()
        capabilities = await self.sfu.ask("capabilities")
        parameters = {
            "video": sender_parameters(capabilities, "video", "video/vp8", VIDEO_SSRC),
            "audio": sender_parameters(capabilities, "audio", "audio/opus", AUDIO_SSRC),
        }
        types = [made["codecs"][0]["payloadType"] for made in parameters.values()]
        produced: list[dict[str, str]] = []
        transports: list[str] = []
        before = await self.sfu.ask("usage")
        for number in range(count):
            person = Person()
            options = msgspec.convert(await self.sfu.ask("transport"), TransportOptions)
            client = LightClient(
                options,
                certificate,
                person.on_packet,
                patient=number >= WATCHED_CLOSELY,
                timed=self._feedback != "none",
            )
            await self.sfu.ask("connect", transport=options.id, dtls=msgspec.to_builtins(client.dtls_parameters))
            await client.connect()
            person.client = client
            self._clients.append(client)
            self.people.append(person)
            transports.append(options.id)
            if senders is None or number < senders:
                produced.append(
                    {
                        kind: await self.sfu.ask("produce", transport=options.id, kind=kind, rtp=rtp)
                        for kind, rtp in parameters.items()
                    }
                )
                self._cameras.append(TimedCamera(client, types[0], types[1], {}))
        for person, transport in zip(self.people, transports, strict=True):
            for camera, made in zip(self._cameras, produced, strict=True):
                if camera.client is not person.client:
                    await self._watch(person, transport, camera, made)
        self.memory_bytes = (await self.sfu.ask("usage"))["memory_bytes"] - before["memory_bytes"]

    async def _watch(self, person: Person, transport: str, camera: TimedCamera, made: dict[str, str]) -> None:
        video, audio = [
            await self.sfu.ask("consume", transport=transport, producer=made[kind], feedback=self._feedback)
            for kind in ("video", "audio")
        ]
        ssrc = video["encodings"][0]["ssrc"]
        person.sent_at[ssrc] = camera.sent_at
        person.sent_at[audio["encodings"][0]["ssrc"]] = {}
        if self._feedback != "none" and person.feedback is None and person.client is not None:
            person.feedback = Feedback(self._feedback, person.client.send_rtcp, ssrc)

    async def _report(self) -> None:
        while True:
            for part in range(TICK_PARTS):
                for person in self.people[part::TICK_PARTS]:
                    if person.feedback is not None:
                        person.feedback.tick()
                await asyncio.sleep(TICK_S / TICK_PARTS)

    async def play(self, seconds: float, *, measured: bool, patience_s: float = 0.0) -> None:
        """Have all who send do so for so long, and count what it costs. What is late is waited for, for so long."""
        before = await self.sfu.ask("usage")
        sent = self._sent()
        arrived_before = [(person.packets, len(person.latencies_ms)) for person in self.people]
        reporting = asyncio.ensure_future(self._report())
        await asyncio.gather(*(camera.run(seconds) for camera in self._cameras))
        await asyncio.sleep(SETTLE_S)
        all_before = sum(packets for packets, _ in arrived_before)
        due = all_before + (self._sent() - sent) * (len(self.people) - 1)
        patience = time.monotonic() + patience_s
        while sum(person.packets for person in self.people) < due and time.monotonic() < patience:  # noqa: ASYNC110
            await asyncio.sleep(SETTLE_S)
        reporting.cancel()
        after = await self.sfu.ask("usage")
        arrived = sum(person.packets for person in self.people) - all_before
        if not measured:
            for person, (packets, latencies) in zip(self.people, arrived_before, strict=True):
                person.packets = packets
                del person.latencies_ms[latencies:]
            return
        cpu_us = (after["cpu_s"] - before["cpu_s"]) * 1e6
        control_us = (after.get("control_cpu_s", 0.0) - before.get("control_cpu_s", 0.0)) * 1e6
        received = self._sent() - sent
        self.expected += received * (len(self.people) - 1)
        self.costs.append(cpu_us / max(1, arrived))
        self.costs_received.append(cpu_us / max(1, received))
        self.costs_of_control.append(control_us / max(1, arrived))
        self.rates.append((received / seconds, arrived / seconds))

    def _sent(self) -> int:
        return sum(camera.video + camera.audio for camera in self._cameras)

    def row(self, other: Meeting | None = None) -> dict[str, Any]:
        """What the table tells. `other` has played in turns with this one: the share is the median of their rounds'."""
        latencies = [late for person in self.people[:WATCHED_CLOSELY] for late in person.latencies_ms]
        arrived = sum(person.packets for person in self.people)
        return {
            "people": len(self.people),
            "senders": len(self._cameras),
            "path": self.path,
            "in/s": round(statistics.median(rate for rate, _ in self.rates)),
            "out/s": round(statistics.median(rate for _, rate in self.rates)),
            "cpu µs/packet": statistics.median(self.costs),
            "least": min(self.costs),
            "most": max(self.costs),
            "µs/received": statistics.median(self.costs_received),
            "loss %": 100 * (1 - arrived / max(1, self.expected)),
            "latency p50 ms": percentile(latencies, 0.50),
            "p95 ms": percentile(latencies, 0.95),
            "p99 ms": percentile(latencies, 0.99),
            "kB/person": self.memory_bytes / len(self.people) / 1000,
            "control µs": statistics.median(self.costs_of_control),
            "of mediasoup's": None
            if other is None
            else statistics.median(mine / its for mine, its in zip(self.costs, other.costs, strict=True)),
        }

    async def close(self) -> None:
        """End it."""
        for client in self._clients:
            client.close()
        await asyncio.sleep(SETTLE_S)
        await self.sfu.stop()


def paths() -> list[str]:
    """How the packet path can be run here."""
    digest = FOLDER / DIGEST
    there = digest.is_file() and digest.read_text(encoding="ascii").strip() == digest_of_sources()
    return ["compiled", "interpreted"] if there else ["interpreted"]


async def compare(people: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The rows of one size: all paths in turns."""
    meetings = [Meeting(path, feedback=options.feedback) for path in paths()]
    other = Meeting(MEDIASOUP, feedback=options.feedback, folder=options.mediasoup) if options.mediasoup else None
    if other is not None:
        meetings.append(other)
    opened: list[Meeting] = []
    try:
        for meeting in meetings:
            await meeting.open(people, options.senders)
            opened.append(meeting)
        for _ in range(options.rounds):
            for meeting in meetings:
                await meeting.play(LEAD_S, measured=False)
                await meeting.play(options.seconds, measured=True)
    finally:
        for meeting in opened:
            await meeting.close()
    return [meeting.row(other) for meeting in meetings]


async def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[2, 5, 10, 20])
    parser.add_argument("--senders", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--feedback", choices=get_args(FeedbackKind), default="none")
    parser.add_argument("--srtp", choices=SRTP_PROFILES)
    parser.add_argument("--mediasoup", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.srtp is not None:
        rtcdtlstransport.SRTP_PROFILES[:] = [SRTP_PROFILES[options.srtp]]
    title = f"Meetings, feedback {options.feedback}, SRTP {options.srtp or 'as agreed'}"
    rows = []
    for people in options.people:
        rows.append(await compare(people, options))
        print_table(title, rows[-1])
        sys.stdout.flush()
    every = [row for size in rows for row in size]
    print_table(title, every)
    save("meetings", every)


if __name__ == "__main__":
    asyncio.run(main())
