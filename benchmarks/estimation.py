"""What estimating costs: 100 receivers without an estimate, with transport-wide feedback, and with REMB, in turns.

Each kind has an SFU process of its own; the sender sends to one after the other, so that whatever else the machine does
disturbs all alike. Receivers report as Chromium does, by the kernel's arrival times, and their link is one of plenty.
`attentive` is transport-wide feedback that is kept from becoming calm, as it is on narrow links: every packet is
numbered. Run with `python -m benchmarks.estimation [--receivers 100] [--rounds 5] [--seconds 4] [--warm 12]
[--kinds none transport-cc attentive remb]`. The budget is 0.8 µs of CPU more a forwarded packet, in the median round.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from typing import Any, Final, Literal

import msgspec

from benchmarks.feedback import Feedback, FeedbackKind
from benchmarks.forwarding import AUDIO_SSRC, VIDEO_SIZE, VIDEO_SSRC, Sender, SfuProcess, sender_parameters
from benchmarks.light_client import LightClient
from benchmarks.report import print_table, save
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions
from media.rtp.packet import HEADER

Kind = Literal["none", "transport-cc", "attentive", "remb"]
KINDS: Final[tuple[Kind, ...]] = ("none", "transport-cc", "attentive", "remb")
FEEDBACK_OF: Final[dict[Kind, FeedbackKind]] = {
    "none": "none",
    "transport-cc": "transport-cc",
    "attentive": "transport-cc",
    "remb": "remb",
}
TICK_S: Final = 0.02
# In so many parts of a tick receivers report: their feedback comes one by one, as it does from a network.
PARTS: Final = 10
# Sent before each measurement, so that what begins anew after a pause isn't measured.
LEAD_S: Final = 1.5
BUDGET_US: Final = 0.8
FRAME_PACKETS: Final = 4
KEYFRAME_EACH: Final = 90


class Camera(Sender):
    """Pictures of four packets, a keyframe each three seconds: what is priced and probed for is what is sent."""

    def _send_video(self, *, last: bool) -> None:
        frame, index = divmod(self.video, FRAME_PACKETS)
        marked = self._video_type | (0x80 if last else 0)
        header = HEADER.pack(0x80, marked, self.video & 0xFFFF, frame * 3000 & 0xFFFFFFFF, VIDEO_SSRC)
        # VP8: where a picture begins (RFC 7741 section 4.2), and whether it depends on others (section 4.3).
        start = (b"\x10" if index == 0 else b"\x00") + (b"\x01" if frame % KEYFRAME_EACH else b"\x00")
        self.client.send_rtp(header + start + self._payload[: VIDEO_SIZE - HEADER.size - len(start)])
        self.video += 1


class Subscriber:
    """Counts what comes, and reports."""

    def __init__(self, kind: FeedbackKind) -> None:
        self._kind = kind
        self._client: LightClient | None = None
        self.packets = 0
        self.feedback: Feedback | None = None

    def on_packet(self, view: memoryview, length: int) -> None:
        """One datagram; RTCP is left out."""
        if 64 <= view[1] & 0x7F < 96:
            return
        self.packets += 1
        if self.feedback is not None and self._client is not None:
            self.feedback.received(view, length, self._client.arrived_at_s)

    def watch(self, client: LightClient, ssrc: int) -> None:
        """Report about this video from now on."""
        self._client = client
        self.feedback = Feedback(self._kind, client.send_rtcp, ssrc)


class Room:
    """An SFU process with one sender and receivers of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.subscribers: list[Subscriber] = []
        self.costs: list[float] = []
        """CPU of each round in µs a forwarded packet."""
        self.forwarded = 0
        self.estimates: list[int] = []
        self.states: list[str] = []
        self._clients: list[LightClient] = []

    async def open(self, receivers: int) -> None:
        """Start it and connect everybody."""
        feedback = FEEDBACK_OF[self.kind]
        self.sfu = await SfuProcess.start(plain=False)
        certificate = generate_certificate()
        capabilities = await self.sfu.ask("capabilities")

        async def connect(subscriber: Subscriber) -> tuple[str, LightClient]:
            options = msgspec.convert(await self.sfu.ask("transport"), TransportOptions)
            client = LightClient(options, certificate, subscriber.on_packet, patient=True, timed=True)
            await self.sfu.ask("connect", transport=options.id, dtls=msgspec.to_builtins(client.dtls_parameters))
            await client.connect()
            self._clients.append(client)
            return options.id, client

        source_id, source = await connect(Subscriber(feedback))
        video = sender_parameters(capabilities, "video", "video/vp8", VIDEO_SSRC)
        audio = sender_parameters(capabilities, "audio", "audio/opus", AUDIO_SSRC)
        video_id = await self.sfu.ask("produce", transport=source_id, kind="video", rtp=video)
        audio_id = await self.sfu.ask("produce", transport=source_id, kind="audio", rtp=audio)
        types = [parameters["codecs"][0]["payloadType"] for parameters in (video, audio)]
        self.sender = Camera(source, types[0], types[1], {})
        for _ in range(receivers):
            subscriber = Subscriber(feedback)
            transport_id, client = await connect(subscriber)
            parameters = await self.sfu.ask("consume", transport=transport_id, producer=video_id, feedback=feedback)
            await self.sfu.ask("consume", transport=transport_id, producer=audio_id)
            subscriber.watch(client, parameters["encodings"][0]["ssrc"])
            self.subscribers.append(subscriber)
        if self.kind == "attentive":
            await self.sfu.ask("attentive")

    async def send(self, seconds: float, *, measured: bool) -> None:
        """Send for so long, and count what it costs."""
        before = await self.sfu.ask("usage")
        reporting = asyncio.ensure_future(self._report())
        await self.sender.run(seconds)
        after = await self.sfu.ask("usage")
        found = await self.sfu.ask("estimates")
        self.estimates = sorted(bps for bps, _ in found if bps is not None)
        self.states = [state for _, state in found]
        reporting.cancel()
        if measured:
            forwarded = int(after["sent"] - before["sent"])
            self.costs.append((after["cpu_s"] - before["cpu_s"]) * 1e6 / max(1, forwarded))
            self.forwarded += forwarded

    async def _report(self) -> None:
        while True:
            for part in range(PARTS):
                for subscriber in self.subscribers[part::PARTS]:
                    if subscriber.feedback is not None:
                        subscriber.feedback.tick()
                await asyncio.sleep(TICK_S / PARTS)

    async def close(self) -> None:
        """End it."""
        for client in self._clients:
            client.close()
        await asyncio.sleep(0.2)
        await self.sfu.stop()

    def forget_counts(self) -> None:
        """Count packets and feedback from now on."""
        for subscriber in self.subscribers:
            subscriber.packets = 0
            if subscriber.feedback is not None:
                subscriber.feedback.sent = subscriber.feedback.numbered = 0

    def row(self, seconds: float, floor: list[float]) -> dict[str, Any]:
        """What the table tells; `floor` is what forwarding alone cost in each round."""
        feedbacks = [subscriber.feedback for subscriber in self.subscribers if subscriber.feedback is not None]
        more = [cost - least for cost, least in zip(self.costs, floor, strict=True)]
        return {
            "feedback": self.kind,
            "receivers": len(self.subscribers),
            "packets": self.forwarded,
            "cpu µs/packet": statistics.median(self.costs),
            "more µs/packet": statistics.median(more),
            "least": min(more),
            "most": max(more),
            "feedback/s of each": sum(feedback.sent for feedback in feedbacks) / seconds / max(1, len(feedbacks)),
            "estimate Mbit/s": self.estimates[len(self.estimates) // 2] / 1e6 if self.estimates else None,
            "not steady %": 100 * sum(state not in {"steady", "unknown"} for state in self.states) / len(self.states),
            "numbered %": 100
            * sum(feedback.numbered for feedback in feedbacks)
            / max(1, sum(subscriber.packets for subscriber in self.subscribers)),
        }


async def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receivers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--warm", type=float, default=12.0)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    options = parser.parse_args()
    rooms = [Room(kind) for kind in options.kinds]
    try:
        for room in rooms:
            await room.open(options.receivers)
            await room.send(options.warm, measured=False)
            room.forget_counts()
        for _ in range(options.rounds):
            for room in rooms:
                await room.send(LEAD_S, measured=False)
                await room.send(options.seconds, measured=True)
            print(", ".join(f"{room.kind} {room.costs[-1]:.2f} µs" for room in rooms), flush=True)
    finally:
        for room in rooms:
            await room.close()
    seconds = options.rounds * (options.seconds + LEAD_S)
    rows = [room.row(seconds, rooms[0].costs) for room in rooms]
    print_table("Estimating what receivers' links carry", rows)
    for row in rows:
        if row["feedback"] in {"transport-cc", "remb"}:
            verdict = "within" if row["more µs/packet"] <= BUDGET_US else "BEYOND"
            print(f"{row['feedback']}: {verdict} the budget of {BUDGET_US} µs a packet.")
    save("estimation", {"rows": rows, "rounds": {room.kind: room.costs for room in rooms}})


if __name__ == "__main__":
    asyncio.run(main())
