"""What estimating costs: 100 receivers without an estimate, with transport-wide feedback, and with REMB, in turns.

Each kind has an SFU process of its own; the sender sends to one after the other, so that whatever else the machine does
disturbs all alike. Receivers report as Chromium does. Run with `python -m benchmarks.estimation [--receivers 100]
[--rounds 3] [--seconds 5] [--warm 12]`. The budget is 0.8 µs of CPU more a forwarded packet.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any, Final

import msgspec

from benchmarks.feedback import Feedback, FeedbackKind
from benchmarks.forwarding import AUDIO_SSRC, VIDEO_SSRC, Sender, SfuProcess, sender_parameters
from benchmarks.light_client import LightClient
from benchmarks.report import print_table, save
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions

KINDS: Final[tuple[FeedbackKind, ...]] = ("none", "transport-cc", "remb")
TICK_S: Final = 0.02
# Sent before each measurement, so that what begins anew after a pause isn't measured.
LEAD_S: Final = 1.0


class Subscriber:
    """Counts what comes, and reports."""

    def __init__(self, kind: FeedbackKind) -> None:
        self._kind = kind
        self.packets = 0
        self.feedback: Feedback | None = None

    def on_packet(self, view: memoryview, length: int) -> None:
        """One datagram; RTCP is left out."""
        if 64 <= view[1] & 0x7F < 96:
            return
        self.packets += 1
        if self.feedback is not None:
            self.feedback.received(view, length)

    def watch(self, client: LightClient, ssrc: int) -> None:
        """Report about this video from now on."""
        self.feedback = Feedback(self._kind, client.send_rtcp, ssrc)


class Room:
    """An SFU process with one sender and receivers of one kind."""

    def __init__(self, kind: FeedbackKind) -> None:
        self.kind = kind
        self.subscribers: list[Subscriber] = []
        self.spent_s = 0.0
        self.forwarded = 0
        self.estimates: list[int] = []
        self._clients: list[LightClient] = []

    async def open(self, receivers: int) -> None:
        """Start it and connect everybody."""
        self.sfu = await SfuProcess.start(plain=False)
        certificate = generate_certificate()
        capabilities = await self.sfu.ask("capabilities")

        async def connect(subscriber: Subscriber) -> tuple[str, LightClient]:
            options = msgspec.convert(await self.sfu.ask("transport"), TransportOptions)
            client = LightClient(options, certificate, subscriber.on_packet, patient=True)
            await self.sfu.ask("connect", transport=options.id, dtls=msgspec.to_builtins(client.dtls_parameters))
            await client.connect()
            self._clients.append(client)
            return options.id, client

        source_id, source = await connect(Subscriber(self.kind))
        video = sender_parameters(capabilities, "video", "video/vp8", VIDEO_SSRC)
        audio = sender_parameters(capabilities, "audio", "audio/opus", AUDIO_SSRC)
        video_id = await self.sfu.ask("produce", transport=source_id, kind="video", rtp=video)
        audio_id = await self.sfu.ask("produce", transport=source_id, kind="audio", rtp=audio)
        types = [parameters["codecs"][0]["payloadType"] for parameters in (video, audio)]
        self.sender = Sender(source, types[0], types[1], {})
        for _ in range(receivers):
            subscriber = Subscriber(self.kind)
            transport_id, client = await connect(subscriber)
            parameters = await self.sfu.ask("consume", transport=transport_id, producer=video_id, feedback=self.kind)
            await self.sfu.ask("consume", transport=transport_id, producer=audio_id)
            subscriber.watch(client, parameters["encodings"][0]["ssrc"])
            self.subscribers.append(subscriber)

    async def send(self, seconds: float, *, measured: bool) -> None:
        """Send for so long, and count what it costs."""
        before = await self.sfu.ask("usage")
        reporting = asyncio.ensure_future(self._report())
        await self.sender.run(seconds)
        after = await self.sfu.ask("usage")
        self.estimates = sorted(bps for bps, _ in await self.sfu.ask("estimates") if bps is not None)
        reporting.cancel()
        if measured:
            self.spent_s += after["cpu_s"] - before["cpu_s"]
            self.forwarded += int(after["sent"] - before["sent"])

    async def _report(self) -> None:
        while True:
            for subscriber in self.subscribers:
                if subscriber.feedback is not None:
                    subscriber.feedback.tick()
            await asyncio.sleep(TICK_S)

    async def close(self) -> None:
        """End it."""
        for client in self._clients:
            client.close()
        await asyncio.sleep(0.2)
        await self.sfu.stop()

    def row(self, seconds: float, floor: float) -> dict[str, Any]:
        """What the table tells."""
        feedbacks = [subscriber.feedback for subscriber in self.subscribers if subscriber.feedback is not None]
        cost = self.spent_s * 1e6 / max(1, self.forwarded)
        return {
            "feedback": self.kind,
            "receivers": len(self.subscribers),
            "packets": self.forwarded,
            "cpu µs/packet": cost,
            "more µs/packet": cost - floor if floor else 0.0,
            "feedback/s of each": sum(feedback.sent for feedback in feedbacks) / seconds / max(1, len(feedbacks)),
            "estimate Mbit/s": self.estimates[len(self.estimates) // 2] / 1e6 if self.estimates else None,
            "numbered %": 100
            * sum(feedback.numbered for feedback in feedbacks)
            / max(1, sum(subscriber.packets for subscriber in self.subscribers)),
        }


async def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receivers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm", type=float, default=12.0)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    options = parser.parse_args()
    rooms = [Room(kind) for kind in options.kinds]
    try:
        for room in rooms:
            await room.open(options.receivers)
            await room.send(options.warm, measured=False)
            for subscriber in room.subscribers:
                subscriber.packets = 0
                if subscriber.feedback is not None:
                    subscriber.feedback.sent = subscriber.feedback.numbered = 0
        for _ in range(options.rounds):
            for room in rooms:
                await room.send(LEAD_S, measured=False)
                await room.send(options.seconds, measured=True)
    finally:
        for room in rooms:
            await room.close()
    seconds = options.rounds * (options.seconds + LEAD_S)
    floor = rooms[0].spent_s * 1e6 / max(1, rooms[0].forwarded)
    rows = [room.row(seconds, floor if room is not rooms[0] else 0.0) for room in rooms]
    print_table("Estimating what receivers' links carry", rows)
    save("estimation", {"rows": rows})


if __name__ == "__main__":
    asyncio.run(main())
