"""An SFU in a process of its own, driven by JSON lines on its standard input: what the load runs against.

Started by the benchmarks as `python -m benchmarks.sfu_process [--plain] [--interpreted]`. Each request line is
`{"op": …, …}`, each answer one line. Nothing here decodes or generates media. What is compiled of the packet path is
used, as a node does, unless `--interpreted` is said.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from media.compiled import use_compiled

if __name__ == "__main__" and "--interpreted" not in sys.argv:
    use_compiled()

from media.bandwidth.gcc import GccEstimator
from media.config import MediaConfig
from media.ortc.header_extensions import ABS_SEND_TIME, TRANSPORT_WIDE_CC
from media.ortc.parameters import ConsumerLayers, DtlsParameters, RtpCapabilities, RtpParameters
from media.rtp.packet import HEADER, Packet
from media.send.batch_egress import SINGLES, BatchEgress
from media.send.egress import Members
from media.send.rewriter import PacketRewriter
from media.sfu import Sfu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.consumer import Consumer
    from media.producer import Producer
    from media.router import Router
    from media.states import TransportState
    from media.transport import WebRtcTransport


# Nobody consumes it, so that its numbers can't meet those of a real track.
LOOP_SSRC: Final = 1
# Packets of a large frame, which arrive together.
LOOP_BURST: Final = 8


def resident_bytes() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def with_feedback(capabilities: RtpCapabilities, kind: str) -> RtpCapabilities:
    """What a receiver can that tells of its bandwidth by transport-wide feedback, by REMB, or not (`none`)."""
    unwanted = {"transport-cc": (), "remb": (TRANSPORT_WIDE_CC,), "none": (TRANSPORT_WIDE_CC, ABS_SEND_TIME)}[kind]
    extensions = [e for e in capabilities.header_extensions if e.uri not in unwanted]
    return msgspec.structs.replace(capabilities, header_extensions=extensions)


class Driver:
    """Carries out requests; is the listener of everything it makes."""

    def __init__(self, sfu: Sfu) -> None:
        self._sfu = sfu
        self._routers: dict[str, Router] = {"": sfu.create_router()}
        self._transports: dict[str, WebRtcTransport] = {}

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None:
        """Nothing depends on it here."""

    def on_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        """What senders send stays the same."""

    def on_consumer_closed(self, consumer: Consumer) -> None:
        """Nothing depends on it here."""

    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None:
        """Nothing depends on it here."""

    def handle(self, request: dict[str, Any]) -> Any:
        """One request's answer."""
        return getattr(self, f"do_{request.pop('op')}")(**request)

    def do_room(self, room: str) -> None:
        self._routers[room] = self._sfu.create_router()

    def do_transport(self, room: str = "") -> Any:
        transport = self._routers[room].create_webrtc_transport(self)
        self._transports[transport.id] = transport
        return transport.options

    def do_connect(self, transport: str, dtls: Any) -> None:
        self._transports[transport].connect(msgspec.convert(dtls, DtlsParameters))

    def do_capabilities(self) -> RtpCapabilities:
        return self._routers[""].rtp_capabilities

    def do_produce(self, transport: str, kind: Any, rtp: Any) -> str:
        return self._transports[transport].produce(kind, msgspec.convert(rtp, RtpParameters)).id

    def do_consume(self, transport: str, producer: str, feedback: str = "none") -> Any:
        capabilities = with_feedback(self._routers[""].rtp_capabilities, feedback)
        return self._transports[transport].consume(producer, capabilities, self, paused=False).rtp_parameters

    def do_estimates(self) -> list[tuple[int | None, str]]:
        return [(t.estimate_bps, t.bandwidth.state) for t in self._transports.values() if t.consumers]

    def do_attentive(self) -> None:
        """Let no estimator become calm, as on a narrow link."""
        for transport in self._transports.values():
            estimator = transport._downlink._estimator  # noqa: SLF001 - a state that only a narrow link brings
            if isinstance(estimator, GccEstimator):
                estimator._attentive_until = math.inf  # noqa: SLF001

    def do_close(self, transport: str) -> None:
        self._transports.pop(transport).close()

    async def do_loop(self, seconds: float, size: int, interval_s: float) -> dict[str, float]:
        """CPU µs a packet of the hot loop alone, to all connected clients, next to its floor.

        `burst` is `fan_out` of the packets of a frame and one `flush`, `single` a `flush` for each of them, `bare` a
        `sendmmsg` of as many ready datagrams of the same size, without segmentation. They take turns, so that
        whatever else the machine does disturbs all alike.
        """
        forwards = [PacketRewriter(t.destination, LOOP_SSRC) for t in self._transports.values() if t.connected]
        egress = next(udp.egress for udp in self._sfu.sockets)
        members = Members(forwards)
        payload = bytes(size - HEADER.size)
        if isinstance(egress, BatchEgress):
            ready = Packet(bytearray(HEADER.pack(0x80, 96, 0, 0, 0)) + payload, 0, 0, HEADER.size)
            for forward in forwards[:SINGLES]:
                egress.put(ready, forward)
            egress.flush()
        spent = {"burst": 0.0, "single": 0.0, "bare": 0.0}
        rounds = int(seconds / interval_s)
        for index in range(rounds):
            first = index * LOOP_BURST
            kind = ("burst", "single", "bare")[index % 3]
            if kind == "bare" and not isinstance(egress, BatchEgress):
                continue
            packets = [
                Packet(
                    bytearray(HEADER.pack(0x80, 96, number & 0xFFFF, number, 0)) + payload, number, number, HEADER.size
                )
                for number in range(first, first + LOOP_BURST)
            ]
            start = time.process_time()
            for packet in packets:
                if kind == "bare" and isinstance(egress, BatchEgress):
                    egress.send_again_for_measurement(len(forwards))
                    continue
                egress.fan_out(packet, members)
                if kind == "single":
                    egress.flush()
            egress.flush()
            spent[kind] += time.process_time() - start
            await asyncio.sleep(interval_s)
        return {name: value / (rounds // 3) / LOOP_BURST / len(forwards) * 1e6 for name, value in spent.items()}

    def do_usage(self) -> dict[str, float]:
        return {
            "cpu_s": time.process_time(),
            "memory_bytes": resident_bytes(),
            "sent": sum(udp.egress.sent for udp in self._sfu.sockets),
            "dropped": sum(udp.egress.dropped for udp in self._sfu.sockets),
            "received": sum(udp.received for udp in self._sfu.sockets),
        }


async def main(driver_class: type[Driver] = Driver) -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true", help="one sendto a packet instead of batches")
    parser.add_argument("--interpreted", action="store_true", help="the sources, whatever is compiled of them")
    options = parser.parse_args()
    sys.setswitchinterval(0.0002)
    sfu = Sfu(MediaConfig(port=0, batched=not options.plain, precise_up_to=0))
    await sfu.start()
    driver = driver_class(sfu)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=16 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        answer = driver.handle(msgspec.json.decode(line))
        if asyncio.iscoroutine(answer):
            answer = await answer
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    await sfu.close()


if __name__ == "__main__":
    asyncio.run(main())
