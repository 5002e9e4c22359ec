"""What a meeting costs in which everybody sends and sees all others: 2, 5, 10 and 20 people.

Each sends what a 720p camera and a microphone send (118 and 50 packets a second, `benchmarks.forwarding`), by real ICE,
DTLS and SRTP. Where the packet path has been compiled (`make compile`), a node that uses it and one that runs the
sources take turns, so that whatever else the machine does disturbs both alike. Run with
`python -m benchmarks.meetings [--people 2 5 10 20] [--rounds 3] [--seconds 3]`.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import struct
import time
from typing import Any, Final

import msgspec

from benchmarks.estimation import Camera
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


class Person:
    """Counts what comes from the others, and how late every 16th packet of video is."""

    def __init__(self) -> None:
        self.packets = 0
        self.latencies_ms: list[float] = []
        self.sent_at: dict[int, dict[int, float]] = {}
        """By the SSRC of a video that is received when its sender sent which timestamp."""

    def on_packet(self, view: memoryview, _length: int) -> None:
        """One datagram; RTCP is left out."""
        if 64 <= view[1] & 0x7F < 96:
            return
        self.packets += 1
        if self.packets % 16 == 0:
            timestamp, ssrc = struct.unpack_from(">II", view, 4)
            sent = self.sent_at.get(ssrc, {}).get(timestamp)
            if sent is not None:
                self.latencies_ms.append((time.perf_counter() - sent) * 1000)


class TimedCamera(Camera):
    """A camera that remembers when it began to send a picture."""

    def _send_video(self, *, last: bool) -> None:
        self.sent_at.setdefault(self.video // 4 * 3000 & 0xFFFFFFFF, time.perf_counter())
        super()._send_video(last=last)


class Meeting:
    """A node's process and its people; `costs` has µs of CPU a packet that was forwarded, for each round."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.people: list[Person] = []
        self.costs: list[float] = []
        self.costs_received: list[float] = []
        self.rates: list[tuple[float, float]] = []
        self.expected = 0
        self._clients: list[LightClient] = []
        self._cameras: list[TimedCamera] = []

    async def open(self, count: int) -> None:
        """Start the node and connect everybody with everybody."""
        self.sfu = await SfuProcess.start(plain=False, interpreted=self.path == "interpreted")
        certificate = generate_certificate()
        capabilities = await self.sfu.ask("capabilities")
        parameters = {
            "video": sender_parameters(capabilities, "video", "video/vp8", VIDEO_SSRC),
            "audio": sender_parameters(capabilities, "audio", "audio/opus", AUDIO_SSRC),
        }
        types = [made["codecs"][0]["payloadType"] for made in parameters.values()]
        senders: list[tuple[str, dict[str, str]]] = []
        for number in range(count):
            person = Person()
            options = msgspec.convert(await self.sfu.ask("transport"), TransportOptions)
            client = LightClient(options, certificate, person.on_packet, patient=number >= WATCHED_CLOSELY)
            await self.sfu.ask("connect", transport=options.id, dtls=msgspec.to_builtins(client.dtls_parameters))
            await client.connect()
            made = {
                kind: await self.sfu.ask("produce", transport=options.id, kind=kind, rtp=rtp)
                for kind, rtp in parameters.items()
            }
            senders.append((options.id, made))
            self._clients.append(client)
            self._cameras.append(TimedCamera(client, types[0], types[1], {}))
            self.people.append(person)
        for receiver, (transport, _) in enumerate(senders):
            for sender, (_, made) in enumerate(senders):
                if sender == receiver:
                    continue
                video = await self.sfu.ask("consume", transport=transport, producer=made["video"])
                await self.sfu.ask("consume", transport=transport, producer=made["audio"])
                self.people[receiver].sent_at[video["encodings"][0]["ssrc"]] = self._cameras[sender].sent_at

    async def play(self, seconds: float, *, measured: bool, patience_s: float = 0.0) -> None:
        """Have everybody send for so long, and count what it costs. What is late is waited for, for so long."""
        before = await self.sfu.ask("usage")
        sent = self._sent()
        arrived_before = [(person.packets, len(person.latencies_ms)) for person in self.people]
        await asyncio.gather(*(camera.run(seconds) for camera in self._cameras))
        await asyncio.sleep(SETTLE_S)
        due = sum(packets for packets, _ in arrived_before) + (self._sent() - sent) * (len(self.people) - 1)
        patience = time.monotonic() + patience_s
        while sum(person.packets for person in self.people) < due and time.monotonic() < patience:  # noqa: ASYNC110
            await asyncio.sleep(SETTLE_S)
        after = await self.sfu.ask("usage")
        if not measured:
            for person, (packets, latencies) in zip(self.people, arrived_before, strict=True):
                person.packets = packets
                del person.latencies_ms[latencies:]
            return
        cpu_us = (after["cpu_s"] - before["cpu_s"]) * 1e6
        received = self._sent() - sent
        forwarded = after["sent"] - before["sent"]
        self.expected += received * (len(self.people) - 1)
        self.costs.append(cpu_us / max(1, forwarded))
        self.costs_received.append(cpu_us / max(1, received))
        self.rates.append((received / seconds, forwarded / seconds))

    def _sent(self) -> int:
        return sum(camera.video + camera.audio for camera in self._cameras)

    def row(self) -> dict[str, Any]:
        """What the table tells."""
        latencies = [late for person in self.people[:WATCHED_CLOSELY] for late in person.latencies_ms]
        arrived = sum(person.packets for person in self.people)
        return {
            "people": len(self.people),
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


async def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[2, 5, 10, 20])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    rows = []
    for people in options.people:
        meetings = [Meeting(path) for path in paths()]
        try:
            for meeting in meetings:
                await meeting.open(people)
            for _ in range(options.rounds):
                for meeting in meetings:
                    await meeting.play(LEAD_S, measured=False)
                    await meeting.play(options.seconds, measured=True)
        finally:
            for meeting in meetings:
                await meeting.close()
        rows += [meeting.row() for meeting in meetings]
    print_table("Meetings in which everybody sends", rows)
    save("meetings", rows)


if __name__ == "__main__":
    asyncio.run(main())
