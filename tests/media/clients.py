"""A call in one process: an SFU on a real UDP port, and clients that keep what they get, decrypted."""

from __future__ import annotations

import asyncio
import ctypes
import random
import socket
import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from benchmarks.light_client import LightClient
from media.config import MediaConfig
from media.net.buffers import Block
from media.net.dtls import generate_certificate
from media.net.framing import FrameReader
from media.net.srtp import context_of, protect, unprotect
from media.ortc.parameters import (
    RtcpFeedback,
    RtcpParameters,
    RtpCapabilities,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)
from media.rtp.rtcp import Nack, RtcpPacket, build_sender_report, is_rtcp, parse_compound
from media.rtp.rtp import RtpHeader, parse_rtp_header
from media.sfu import Sfu
from tests.media.packets import build_rtp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pylibsrtp import Session

    from media.consumer import Consumer
    from media.ortc.parameters import ConsumerLayers, IceParameters, MediaKind
    from media.producer import Producer
    from media.states import TransportState
    from media.transport import WebRtcTransport

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
CERTIFICATE = generate_certificate()
# RTCP feedback by which a receiver tells what its link carries.
REPORTS = {"transport-cc", "goog-remb"}


async def until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait for something that the loop brings about. Raises `TimeoutError`."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - any condition, also of parts that know no events
            await asyncio.sleep(0.005)


async def settle(seconds: float = 0.02) -> None:
    """Let all that was sent arrive, and what it brings about: after so long the loop goes round some times more.

    Without those a loop that stood still meanwhile would have taken the first datagrams only.
    """
    await asyncio.sleep(seconds)
    for _ in range(20):
        await asyncio.sleep(0)


def in_place(function: Any, session: Session, data: bytes) -> bytes | None:
    """Protect or unprotect a packet, longer ones too than pylibsrtp's own 1356 bytes; None if libsrtp refuses."""
    block, length = Block(len(data) + 200), ctypes.c_int(len(data))
    block.view[: len(data)] = data
    if function(context_of(session), block.pointer, ctypes.byref(length)):
        return None
    return bytes(block.view[: length.value])


def without_reports(capabilities: RtpCapabilities) -> RtpCapabilities:
    """What a `Peer` can receive, which reports on nothing that arrives, and so does not say that it would.

    Whoever says so and is silent for half a second gets less and less, as by a link that carries nothing.
    """
    codecs = [
        replace(codec, rtcp_feedback=[one for one in codec.rtcp_feedback if one.type not in REPORTS])
        for codec in capabilities.codecs
    ]
    return replace(capabilities, codecs=codecs)


def with_remb(capabilities: RtpCapabilities) -> RtpCapabilities:
    """What somebody can receive who tells by REMB alone what arrives."""
    codecs = [
        replace(codec, rtcp_feedback=[one for one in codec.rtcp_feedback if one.type != "transport-cc"])
        for codec in capabilities.codecs
    ]
    return replace(capabilities, codecs=codecs)


class Clock:
    """A steady clock that can be put forward. It does not see that the machine stood still.

    Of the time between two readings `LONGEST_S` count at most. `start` has it read often enough that nothing else is
    lost: who measures silence, refills a budget or ends what is old finds the time in which the loop really ran.
    """

    LONGEST_S = 0.1

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self.on_put_forward: Callable[[], object] = lambda: None
        self._read_at = self._now = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> float:
        read_at = time.monotonic()
        self._now += min(read_at - self._read_at, self.LONGEST_S)
        self._read_at = read_at
        return self._now + self._ahead_s

    @property
    def ahead_s(self) -> float:
        """By how much it was put forward. Whoever has a timer hears of it, as real timers don't follow."""
        return self._ahead_s

    @ahead_s.setter
    def ahead_s(self, seconds: float) -> None:
        self._ahead_s = seconds
        self.on_put_forward()

    def start(self) -> None:
        """Go on also while nobody reads it, until `stop`."""
        self()
        self._timer = asyncio.get_running_loop().call_later(self.LONGEST_S / 2, self.start)

    def stop(self) -> None:
        """Go on only while it is read. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()


class Rtp:
    """One received packet."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.header: RtpHeader = parse_rtp_header(data, len(data))
        offset = self.header.payload_offset
        self.payload = data[offset : offset + self.header.payload_length]

    @property
    def sequence_number(self) -> int:
        return self.header.sequence_number


class Listener:
    """Remembers what it is told, about transports and consumers."""

    def __init__(self) -> None:
        self.states: list[TransportState] = []
        self.closed: list[Consumer] = []
        self.layers: list[ConsumerLayers | None] = []
        self.wanted: list[int] = []

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None:
        assert transport.state is state
        self.states.append(state)

    def on_layers_wanted(self, _producer: Producer, count: int, _max_bitrates_bps: Sequence[int]) -> None:
        self.wanted.append(count)

    def on_consumer_closed(self, consumer: Consumer) -> None:
        self.closed.append(consumer)

    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None:
        assert consumer.current_layers == layers
        self.layers.append(layers)


class Peer(LightClient):
    """A client that decrypts and keeps all it gets, may lose datagrams either way, and may record what it sends."""

    def __init__(self, transport: WebRtcTransport, listener: Listener, **options: Any) -> None:
        super().__init__(transport.options, CERTIFICATE, self._on_srtp, **options)
        self.transport = transport
        self.listener = listener
        self.rtp: list[Rtp] = []
        self.rtcp: list[RtcpPacket] = []
        self.raw_rtcp: list[bytes] = []
        self.undecryptable = 0
        self.lose_outgoing: Callable[[bytes], bool] = lambda _: False
        self.lose_incoming: Callable[[bytes], bool] = lambda _: False
        self.recorded: list[bytes] | None = None

    def send(self, data: bytes) -> None:
        if self.recorded is not None:
            self.recorded.append(data)
        if not self.lose_outgoing(data):
            super().send(data)

    def _receive(self, view: memoryview, length: int) -> None:
        if not self.lose_incoming(bytes(view[:length])):
            super()._receive(view, length)

    def _on_srtp(self, view: memoryview, length: int) -> None:
        session = self.dtls.sessions[0]
        if is_rtcp(view[0], view[1]):
            plain = session.unprotect_rtcp(bytes(view[:length]))
            self.raw_rtcp.append(plain)
            self.rtcp += parse_compound(plain)
            return
        data = in_place(unprotect, session, bytes(view[:length]))
        if data is None:
            self.undecryptable += 1
        else:
            self.rtp.append(Rtp(data))

    def send_rtp(self, packet: bytes) -> None:
        protected = in_place(protect, self.dtls.sessions[1], packet)
        assert protected is not None
        self.send(protected)

    def of(self, ssrc: int | None) -> list[Rtp]:
        """The packets of one stream, as they came."""
        return [packet for packet in self.rtp if packet.header.ssrc == ssrc]

    def feedback(self, kind: type[Any]) -> list[Any]:
        """The RTCP packets of one kind."""
        return [packet for packet in self.rtcp if isinstance(packet, kind)]

    def produce(self, kind: MediaKind, parameters: RtpParameters, *, paused: bool = False) -> Producer:
        return self.transport.produce(kind, parameters, paused=paused)

    def consume(
        self, producer: Producer, capabilities: RtpCapabilities, *, paused: bool = False
    ) -> tuple[Consumer, Listener]:
        listener = Listener()
        return self.transport.consume(producer.id, capabilities, listener, paused=paused), listener

    def report(self, ssrc: int, ntp: int, rtp_timestamp: int) -> None:
        """Send a sender report."""
        self.send_rtcp(
            build_sender_report(ssrc=ssrc, ntp=ntp, rtp_timestamp=rtp_timestamp, packet_count=1, octet_count=1)
        )


class TcpPeer(Peer):
    """A client that comes by TCP: the first candidate of that kind."""

    def _open_socket(self) -> socket.socket:
        candidate = next(c for c in self._options.ice_candidates if c.protocol == "tcp")
        self._server = (candidate.ip, candidate.port)
        self._reader = FrameReader()
        made = socket.create_connection(self._server)
        made.setblocking(False)
        self._loop.add_reader(made.fileno(), self._readable)
        return made

    def send(self, data: bytes) -> None:
        super().send(len(data).to_bytes(2, "big") + data)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(65_536)
        except OSError:
            return
        for frame in self._reader.feed(data):
            self._receive(frame, len(frame))


class Call:
    """An SFU with one room."""

    def __init__(self, **config: Any) -> None:
        self.clock = Clock()
        self.sfu = Sfu(MediaConfig(**{"port": 0, **config}), self.clock)
        self.peers: list[Peer] = []

    async def start(self) -> None:
        self.clock.start()
        await self.sfu.start()
        self.clock.on_put_forward = lambda: self.sfu.loop.call_soon(self.sfu.ticker._tick)
        self.router = self.sfu.create_router()

    async def close(self) -> None:
        self.clock.stop()
        self.clock.on_put_forward = lambda: None
        for peer in self.peers:
            peer.close()
        await asyncio.sleep(0.02)
        await self.sfu.close()
        await asyncio.sleep(0.12)

    def make_peer(self, kind: type[Peer] = Peer, **options: Any) -> Peer:
        """A client whose transport is made and told the client's fingerprint."""
        listener = Listener()
        transport = self.router.create_webrtc_transport(listener)
        peer = kind(transport, listener, **options)
        self.peers.append(peer)
        transport.connect(peer.dtls_parameters)
        return peer

    async def join(self, **options: Any) -> Peer:
        """A connected client."""
        peer = self.make_peer(**options)
        await peer.connect()
        await until(lambda: peer.transport.connected)
        return peer

    @property
    def capabilities(self) -> RtpCapabilities:
        """What a `Peer` can receive."""
        return without_reports(self.router.rtp_capabilities)

    def restart(self, peer: Peer) -> IceParameters:
        return peer.transport.restart_ice()


VIDEO_FEEDBACK = [
    RtcpFeedback("nack"),
    RtcpFeedback("nack", "pli"),
    RtcpFeedback("ccm", "fir"),
    RtcpFeedback("transport-cc"),
]


def audio_parameters(ssrc: int = 0x1000, mid: str = "0") -> RtpParameters:
    """What a client sends for a microphone."""
    return RtpParameters(
        mid=mid,
        codecs=[
            RtpCodecParameters(
                mime_type="audio/opus",
                payload_type=109,
                clock_rate=48_000,
                channels=2,
                rtcp_feedback=[RtcpFeedback("nack")],
            )
        ],
        header_extensions=[RtpHeaderExtensionParameters(MID, 4)],
        encodings=[RtpEncodingParameters(ssrc=ssrc)],
        rtcp=RtcpParameters(cname="alice"),
    )


def video_parameters(
    ssrc: int | None = 0x2000,
    rtx_ssrc: int | None = 0x2001,
    *,
    mime_type: str = "video/VP8",
    mid: str = "1",
    rids: Sequence[str] = (),
    transport_cc: bool = False,
    **parameters: Any,
) -> RtpParameters:
    """What a client sends for a camera; with `rids` as simulcast without SSRCs, as Chromium does."""
    if rids:
        encodings = [RtpEncodingParameters(rid=rid, scalability_mode="L1T3") for rid in rids]
    else:
        encodings = [RtpEncodingParameters(ssrc=ssrc, rtx=RtxParameters(rtx_ssrc) if rtx_ssrc else None)]
    extensions = [
        RtpHeaderExtensionParameters(MID, 4),
        RtpHeaderExtensionParameters(RID, 10),
        RtpHeaderExtensionParameters(REPAIRED_RID, 11),
    ]
    if transport_cc:
        extensions.append(RtpHeaderExtensionParameters(TRANSPORT_CC, 3))
    return RtpParameters(
        mid=mid,
        codecs=[
            RtpCodecParameters(
                mime_type=mime_type,
                payload_type=120,
                clock_rate=90_000,
                rtcp_feedback=VIDEO_FEEDBACK,
                parameters={name.replace("_", "-"): value for name, value in parameters.items()},
            ),
            RtpCodecParameters(mime_type="video/rtx", payload_type=121, clock_rate=90_000, parameters={"apt": 120}),
        ],
        header_extensions=extensions,
        encodings=encodings,
        rtcp=RtcpParameters(cname="alice"),
    )


def vp8(picture_id: int, *, key: bool = False, start: bool = True, temporal_layer: int = 0, body: bytes = b"") -> bytes:
    """A VP8 payload with a 15-bit picture id, TL0PICIDX and a temporal layer."""
    descriptor = bytes(
        [
            0x90 if start else 0x80,
            0xE0,
            0x80 | picture_id >> 8 & 0x7F,
            picture_id & 0xFF,
            picture_id & 0xFF,
            temporal_layer << 6,
        ]
    )
    return descriptor + (b"\x00" if key else b"\x01") + body


class Camera:
    """Sends numbered VP8 packets with random bodies, one a frame, and keeps their payloads by sequence number."""

    def __init__(
        self,
        peer: Peer,
        ssrc: int,
        *,
        first: int = 65_500,
        extensions: Sequence[tuple[int, bytes]] = (),
        payload_type: int = 120,
        seed: int = 1,
        size: int = 300,
    ) -> None:
        self.peer = peer
        self.ssrc = ssrc
        self.number = first
        self.timestamp = 0xFFFF_0000
        self.frame = 32_760
        self.rtx_number = 9
        self.payloads: dict[int, bytes] = {}
        self.extensions = extensions
        self.payload_type = payload_type
        self.random = random.Random(seed)  # noqa: S311 - the same bytes in each run
        self.size = size

    def send(self, *, key: bool = False, temporal_layer: int = 0, payload: bytes | None = None) -> bytes:
        """Send one frame of one packet."""
        self.timestamp = (self.timestamp + 3000) & 0xFFFF_FFFF
        self.frame += 1
        if payload is None:
            payload = vp8(
                self.frame & 0x7FFF, key=key, temporal_layer=temporal_layer, body=self.random.randbytes(self.size)
            )
        self.payloads[self.number & 0xFFFF] = payload
        self.peer.send_rtp(bytes(self.packet(self.number, payload)))
        self.number += 1
        return payload

    def packet(self, number: int, payload: bytes) -> bytearray:
        return build_rtp(
            self.payload_type,
            number & 0xFFFF,
            self.timestamp,
            self.ssrc,
            payload,
            marker=True,
            extensions=self.extensions,
        )

    def send_padding(self) -> None:
        """Send a packet of padding only."""
        packet = self.packet(self.number, bytes(99) + b"\x64")
        packet[0] |= 0x20
        self.peer.send_rtp(bytes(packet))
        self.number += 1

    def answer_nacks(self, rtx_ssrc: int, rtx_payload_type: int = 121) -> None:
        """Resend by RTX what was asked for since the last call."""
        nacks = [n for n in self.peer.feedback(Nack) if n.media_ssrc == self.ssrc]
        self.peer.rtcp = [packet for packet in self.peer.rtcp if packet not in nacks]
        for number in (number for nack in nacks for number in nack.lost):
            if number in self.payloads:
                self.rtx_number += 1
                packet = self.packet(self.rtx_number, number.to_bytes(2, "big") + self.payloads[number])
                packet[1] = 0x80 | rtx_payload_type
                packet[8:12] = rtx_ssrc.to_bytes(4, "big")
                self.peer.send_rtp(bytes(packet))
