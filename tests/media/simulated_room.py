"""A whole call in simulated time: the node's real parts, DTLS and SRTP included, and doubles of browsers on links.

A case of `benchmarks.network` takes seconds of processor here, and the same seed gives the same call but for random
numbers that nothing depends on. What a browser's codecs, its machine or the operating system do isn't in it.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pylibsrtp import Error as SrtpError

from benchmarks.download import Download
from benchmarks.light_client import LightClient
from benchmarks.link import SLICE_S, UDP_OVERHEAD, Channel, Direction
from media.config import MediaConfig
from media.net.datagrams import SingleDatagrams
from media.net.dtls import generate_certificate
from media.net.stun import is_stun
from media.net.udp import UdpSocket
from media.ortc.parameters import ConsumerLayers
from media.rtp.rtcp import is_rtcp
from media.send.plain_egress import DatagramEgress
from media.sfu import Sfu
from tests.media.simulated_camera import Camera, audio_parameters, video_parameters
from tests.media.simulated_time import run_simulated
from tests.media.simulated_viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.network.cases import Case
    from media.consumer import Consumer
    from media.ortc.parameters import RtpCapabilities
    from media.producer import Producer
    from media.states import TransportState
    from media.transport import WebRtcTransport

NEAR: Final = Direction(delay_s=0.02)
SIGNALLING_S: Final = 0.04
# Chromium checks a connection that works so often.
CHECKS_S: Final = 2.5
SAMPLE_S: Final = 0.25
# Where all are whose link the case is about.
SHARED_HOST: Final = "203.0.113.1"
CERTIFICATE = generate_certificate()
Address = tuple[str, int]


class Network:
    """Carries datagrams between the node and its clients, each on its own or a shared link."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.zero = loop.time()
        self.node: UdpSocket[Any] | None = None
        self._clients: dict[Address, SimulatedClient] = {}
        self._carried = 0
        self._addresses = 0

    def add(self, client: SimulatedClient) -> Address:
        """The address of one more client: those of one household have one IP address."""
        self._addresses += 1
        address = (client.host or f"192.0.2.{self._addresses}", 5000 + self._addresses)
        self._clients[address] = client
        return address

    def remove(self, address: Address) -> None:
        """Nobody is there any more."""
        del self._clients[address]

    def to_client(self, data: bytes, address: Address) -> None:
        """A datagram that the node sends."""
        client = self._clients.get(address)
        if client is None:
            return
        arrival = client.down.send(self.loop.time() - self.zero, len(data) + UDP_OVERHEAD, client.name)
        if arrival is not None:
            self._at(arrival, client.take, data)

    def to_node(self, data: bytes, address: Address, channel: Channel) -> None:
        """A datagram that a client sends."""
        arrival = channel.send(self.loop.time() - self.zero, len(data) + UDP_OVERHEAD)
        if arrival is not None:
            self._at(arrival, self._arrive, data, address)

    def _at(self, arrival: float, action: Callable[..., None], *data: Any) -> None:
        """Timers of the same time are called in any order: what was sent later comes a nanosecond later."""
        self._carried += 1
        self.loop.call_at(self.zero + arrival + self._carried * 2e-9, action, *data)

    def _arrive(self, data: bytes, address: Address) -> None:
        if self.node is not None:
            wire: Any = self.node._socket
            wire.waiting.append((data, address))
            self.node._readable()


class _Wire:
    """What the node takes for its socket."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.waiting: list[tuple[bytes, Address]] = []

    def sendto(self, data: bytes | memoryview, address: Address) -> None:
        self._network.to_client(bytes(data), address)

    def recvfrom_into(self, view: memoryview) -> tuple[int, Address]:
        if not self.waiting:
            raise BlockingIOError
        data, address = self.waiting.pop(0)
        view[: len(data)] = data
        return len(data), address

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Nothing is open."""


class SimulatedSfu(Sfu):
    """An SFU whose socket is a simulated network."""

    def __init__(self, network: Network) -> None:
        super().__init__(MediaConfig(port=0, batched=False), network.loop.time)
        self._network = network

    async def start(self) -> None:
        """Bind nothing."""
        wire: Any = _Wire(self._network)
        shared, egress = (self.endpoints, self.departures), DatagramEgress(wire, self.numbers)
        udp: UdpSocket[Any] = UdpSocket("127.0.0.1", 0, self.clock, shared, lambda _: egress)
        udp._socket.close()
        udp._socket, udp._inlet = wire, SingleDatagrams(wire)
        self.sockets.append(udp)
        self.announce(["192.0.2.254"])
        self._network.node = udp
        self.ticker.start(self._network.loop)


class SimulatedClient(LightClient):
    """One transport's other end on a simulated network, near by at first; what comes is handed on decrypted."""

    check_interval_s = CHECKS_S

    def __init__(self, network: Network, transport: WebRtcTransport, name: str, host: str = "") -> None:
        self.name = name
        self.host = host
        self.up, self.down = Channel(NEAR), Channel(NEAR)
        self._network = network
        self._address = network.add(self)
        super().__init__(transport.options, CERTIFICATE, self._decrypt)
        self._checked_at = 0.0
        # Of the last check that was answered; None before.
        self.round_trip_s: float | None = None
        self.on_rtp: Callable[[bytes], None] = lambda _: None
        self.on_rtcp: Callable[[bytes], None] = lambda _: None

    def _open_socket(self) -> Any:
        return None

    def send(self, data: bytes) -> None:
        """One datagram to the node."""
        self._network.to_node(bytes(data), self._address, self.up)

    def check(self, *, use_candidate: bool = True) -> None:
        """Send one connectivity check."""
        self._checked_at = self._network.loop.time()
        super().check(use_candidate=use_candidate)

    def move(self) -> None:
        """Be elsewhere from now on, and not know it, as behind a NAT that has forgotten its binding."""
        self._network.remove(self._address)
        self.host = ""
        self._address = self._network.add(self)

    def take(self, data: bytes) -> None:
        """One datagram from the node."""
        if is_stun(data):
            self.round_trip_s = self._network.loop.time() - self._checked_at
        self._receive(memoryview(data), len(data))

    def _decrypt(self, view: memoryview, length: int) -> None:
        session = self.dtls.sessions[0]
        with contextlib.suppress(SrtpError):  # sound that was sent again, and had come
            if is_rtcp(view[0], view[1]):
                self.on_rtcp(session.unprotect_rtcp(bytes(view[:length])))
            else:
                self.on_rtp(session.unprotect(bytes(view[:length])))

    def close(self) -> None:
        """Nothing is open."""
        self.stop_checking()


class _Listener:
    """What a page would be told."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._told = 0
        self.camera: Camera | None = None

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None:
        """Nothing to do."""

    def on_layers_wanted(self, _producer: Producer, count: int, max_bitrates_bps: Sequence[int] = ()) -> None:
        if self.camera is not None:
            self._told += 1
            # As in `Network._at`: what is told at the same time arrives in that order.
            at = self._loop.time() + SIGNALLING_S + self._told * 2e-9
            self._loop.call_at(at, self.camera.want, count, list(max_bitrates_bps))

    def on_consumer_closed(self, consumer: Consumer) -> None:
        """Nothing to do."""

    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None:
        """Nothing to do."""


@dataclass
class Participant:
    """A browser: its transport in the node, its end of it, and what it does with it."""

    client: SimulatedClient
    transport: WebRtcTransport
    listener: _Listener
    camera: Camera | None = None
    viewer: Viewer | None = None
    consumers: list[Consumer] = field(default_factory=list)


@dataclass
class Sample:
    """What was so at a time of a case."""

    at: float
    estimate_bps: int
    allocated_bps: int
    state: str
    pacer_bytes: int
    layers: list[ConsumerLayers | None]


class SimulatedRoom:
    """`play` a case; afterwards figures, with times counted from when the first receiver joined.

    Each further receiver joins `apart_s` after the one before.
    """

    def __init__(self, case: Case, seed: int = 1, apart_s: float = 0.0) -> None:
        self.case = case
        self.seed = seed
        self.apart_s = apart_s
        self.samples: list[Sample] = []
        self.receivers: list[Participant] = []
        self.senders: list[Participant] = []
        self.down = Channel(case.link.down, seed)
        self.up = Channel(case.link.up, seed + 1)
        self.zero = 0.0
        self._task: asyncio.Task[None] | None = None

    def play(self) -> SimulatedRoom:
        """Run the whole case."""
        run_simulated(self._play())
        return self

    async def _join(self, router: Any, network: Network, name: str, *, behind: bool) -> Participant:
        listener = _Listener(network.loop)
        transport = router.create_webrtc_transport(listener)
        client = SimulatedClient(network, transport, name, SHARED_HOST if behind else "")
        transport.connect(client.dtls_parameters)
        await client.connect()
        await asyncio.sleep(1.0)
        assert transport.connected
        if behind:
            client.up, client.down = self.up, self.down
        return Participant(client, transport, listener)

    async def _play(self) -> None:
        loop, case = asyncio.get_running_loop(), self.case
        network = Network(loop)
        self.zero = network.zero = loop.time() + 2.0 * (case.senders + case.receivers)
        sfu = SimulatedSfu(network)
        await sfu.start()
        router = sfu.create_router()
        for number in range(case.senders):
            self.senders.append(await self._join(router, network, f"Sender{number}", behind=case.behind == "sender"))
        for number in range(case.receivers):
            one = await self._join(router, network, f"Receiver{number}", behind=case.behind == "receiver")
            self.receivers.append(one)
        for number, sender in enumerate(self.senders):
            self._send(sender, self.seed + number)
        await asyncio.sleep(self.zero - loop.time())
        for number, one in enumerate(self.receivers):
            loop.call_later(number * self.apart_s, self._receive, one, router.rtp_capabilities)
        if case.download is not None:
            self._task = loop.create_task(self._download(network, case.download))
        self._move()
        self._sample()
        await asyncio.sleep(case.seconds)
        for one in (*self.senders, *self.receivers):
            if one.camera is not None:
                one.camera.stop()
            one.client.close()
        await sfu.close()

    def _send(self, one: Participant, seed: int) -> None:
        one.camera = Camera(asyncio.get_running_loop(), one.client.send_rtp, one.client.send_rtcp, seed)
        one.client.on_rtcp = one.camera.hear
        one.listener.camera = one.camera
        one.transport.produce("video", video_parameters())
        one.transport.produce("audio", audio_parameters())

    def _receive(self, one: Participant, capabilities: RtpCapabilities) -> None:
        loop = asyncio.get_running_loop()
        least_s = one.client.up.direction.delay_s + one.client.down.direction.delay_s
        one.viewer = Viewer(loop, one.client.send_rtcp, lambda: max(least_s, one.client.round_trip_s or 0.0))
        one.client.on_rtp = one.viewer.receive
        one.client.on_rtcp = one.viewer.hear
        for sender in self.senders:
            for producer in list(sender.transport.producers.values()):
                consumer = one.transport.consume(producer.id, capabilities, _Listener(loop))
                one.viewer.add(consumer.kind, consumer.rtp_parameters)
                one.consumers.append(consumer)
        loop.call_later(SIGNALLING_S, partial(self._show_tiles, one))

    def _show_tiles(self, one: Participant) -> None:
        for consumer in one.consumers:
            if consumer.kind == "video":
                consumer.set_preferred_layers(ConsumerLayers(self.case.layers - 1, 2))
                consumer.set_importance(0, on_stage=len(self.senders) == 1)
            consumer.resume()

    def _move(self) -> None:
        """Have those behind the link be elsewhere at its times, and check their connections as the seed has it."""
        loop, case = asyncio.get_running_loop(), self.case
        for one in (self.receivers if case.behind == "receiver" else self.senders) if case.link.moves else ():
            one.client.stop_checking()
            first = case.link.moves[0] + 0.2 + 0.7 * self.seed % CHECKS_S
            for number in range(-int(first / CHECKS_S), int((case.seconds - first) / CHECKS_S) + 1):
                loop.call_at(self.zero + first + number * CHECKS_S, one.client.check)
            for at in case.link.moves:
                loop.call_at(self.zero + at, one.client.move)

    async def _download(self, network: Network, times: tuple[float, float]) -> None:
        download = Download(self.down, *times)
        while download.due is not None:
            await asyncio.sleep(max(1e-4, self.zero + download.due - network.loop.time()))
            download.step(network.loop.time() - self.zero)

    def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(SAMPLE_S, self._sample)
        one = self.receivers[0]
        self.samples.append(
            Sample(
                loop.time() - self.zero,
                one.transport.estimate_bps or 0,
                one.transport.allocation.allocated_bps,
                one.transport.bandwidth.state,
                one.transport._downlink.pacing.queued_bytes,
                [consumer.current_layers for consumer in one.consumers if consumer.kind == "video"],
            )
        )

    # --- figures ---

    def freezes(self, from_s: float = 5.0, to_s: float | None = None) -> list[tuple[float, float]]:
        """When pictures stood still, until when, in s of the case, and for how long."""
        ends = self.zero + (self.case.seconds if to_s is None else to_s)
        return [
            (round(at - self.zero, 2), round(length, 2))
            for one in self.receivers
            for video in (one.viewer.videos if one.viewer else ())
            for at, length in video.freezes(self.zero + from_s, ends)
        ]

    def frozen_share(self, from_s: float = 5.0) -> float:
        """The share of the time in which pictures stood still, of the video that fared worst."""
        whole = self.case.seconds - from_s
        videos = [video for one in self.receivers if one.viewer for video in one.viewer.videos]
        ends = self.zero + self.case.seconds
        return max(sum(length for _, length in video.freezes(self.zero + from_s, ends)) / whole for video in videos)

    def used(self, from_s: float = 5.0, to_s: float | None = None) -> float:
        """The share of the bottleneck that was used."""
        ends = self.case.seconds if to_s is None else to_s
        return self.through_bytes(from_s, ends) / self.down.capacity_bytes(from_s, ends)

    def through_bytes(self, from_s: float, to_s: float, *flows: str) -> int:
        """What left the bottleneck between two times, of some flows or all."""
        parts = (part for number, part in self.down.slices.items() if from_s <= number * SLICE_S < to_s)
        return sum(sum(part.through[flow] for flow in flows or part.through) for part in parts)

    def concealed_share(self, from_s: float = 0.5) -> float:
        """The share of sound that had to be made up, where it was worst."""
        return max(
            sound.concealed_share(self.zero + from_s, self.zero + self.case.seconds)
            for one in self.receivers
            if one.viewer
            for sound in one.viewer.sounds
        )

    def down_s(self, at: float) -> float | None:
        """How long after a fall of the rate what is sent fits into the link, over a second."""
        rate = self.down.rate_bps(at)
        slices = self.down.slices
        for number in range(int(at / SLICE_S), int(self.case.seconds / SLICE_S) - 1):
            offered = sum(slices[one].offered for one in (number, number + 1) if one in slices)
            if offered * 8 / (2 * SLICE_S) <= rate * 1.1:
                return number * SLICE_S - at
        return None

    def shown_again_s(self, at: float, layer: int = 2) -> float | None:
        """How long after a time a picture of this layer was shown."""
        videos = [video for one in self.receivers if one.viewer for video in one.viewer.videos]
        times = [
            next(
                (shown - self.zero - at for shown, has in video.shown if shown > self.zero + at and has >= layer), None
            )
            for video in videos
        ]
        return None if None in times else max(time for time in times if time is not None)

    def frames_per_s(self, from_s: float = 5.0, to_s: float | None = None) -> float:
        """Pictures a second of the video that had least."""
        ends = self.zero + (self.case.seconds if to_s is None else to_s)
        return min(
            video.frames_per_s(self.zero + from_s, ends)
            for one in self.receivers
            if one.viewer
            for video in one.viewer.videos
        )
