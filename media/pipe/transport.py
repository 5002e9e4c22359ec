"""One end of a pipe between two routers: RTP and RTCP under SRTP on a UDP socket of its own.

Both ends tell each other their `PipeParameters` over a channel that is authentic and secret, and `connect`. There is no
ICE and no DTLS: both are on loopback or in a private network, and the socket takes datagrams of the other end alone.
"""

from __future__ import annotations

import logging
import socket
import uuid
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from media.counts import PipeTotals
from media.errors import AddressInUse, InvalidState
from media.net.backlog import Backlog
from media.net.buffers import SLOT_SIZE, Block
from media.net.path_validation import Probation
from media.net.srtp import forget
from media.net.udp import DATAGRAMS_PER_WAKE_UP
from media.pipe.addresses import check_private
from media.pipe.consumer import PipeConsumer
from media.pipe.egress import PipeEgress
from media.pipe.parameters import (
    PipeParameters,
    generate_srtp_parameters,
    srtp_session,
)
from media.receive.demux import Demultiplexer
from media.receive.policer import Police
from media.receive.rtcp_feedback import FEEDBACK_SSRC, RtcpFeedback
from media.receive.rtcp_receiver import RtcpReceiver
from media.receive.rtp_receiver import RtpReceiver
from media.rtp.rtcp import build_receiver_report
from media.send.destination import Destination
from media.send.sender_reports import sender_reports

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

    from media.counts import Counts
    from media.net.endpoints import Departures
    from media.ortc.parameters import MediaKind, RtpParameters
    from media.pipe.consumer import PipeConsumerListener
    from media.producer import Producer, ProducerTransport
    from media.receive.stream import ReceiveStream
    from media.send.transport_wide import TransportWideTable
    from media.ticker import Ticker

logger = logging.getLogger(__name__)

SOCKET_BUFFER: Final = 4 * 1024 * 1024


class PipeListener(Protocol):
    """Who hears what the receivers at this end want, and hands it on to the other end (`PipeConsumer.set_layers`)."""

    def on_pipe_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None: ...


class PipeHost(Protocol):
    """An `Sfu`, as its pipes know it."""

    @property
    def clock(self) -> Callable[[], float]: ...
    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...
    @property
    def ticker(self) -> Ticker: ...
    @property
    def numbers(self) -> TransportWideTable: ...
    @property
    def departures(self) -> Departures: ...
    @property
    def counts(self) -> Counts: ...


class PipeRoom(Protocol):
    """A `Router`, as its pipes know it."""

    def make_producer(
        self, transport: ProducerTransport, kind: MediaKind, rtp_parameters: RtpParameters
    ) -> Producer: ...
    def producer(self, producer_id: str) -> Producer: ...
    def add_producer(self, producer: Producer) -> None: ...
    def remove_producer(self, producer: Producer) -> None: ...
    def remove_pipe(self, pipe: PipeTransport) -> None: ...


class _Unmeasured:
    """What the network between two nodes carries: enough."""

    def on_transport_wide(self, fci: bytes, now: float) -> None: ...
    def on_remb(self, bitrate_bps: int, now: float) -> None: ...
    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None: ...
    def on_nacked(self, packets: int, now: float) -> None: ...


class PipeTransport:
    """Made by a `Router`. `parameters` are what the other end needs, `connect` takes the other end's.

    At the end with the track `consume` it, at the other end `produce` it with the same id and the consumer's
    parameters. Closing it closes the producers that came by it, and with them all who receive them.
    """

    def __init__(self, host: PipeHost, room: PipeRoom, listener: PipeListener, ip: str) -> None:
        """Binds a port of `ip`. Raises `InvalidParameters` for an address that is not private, `AddressInUse`."""
        now = host.clock()
        self.id = str(uuid.uuid4())
        self.closed = False
        self.destination = Destination()
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, PipeConsumer] = {}
        self._host = host
        self._room = room
        self._listener = listener
        self._socket = _bound(check_private(ip))
        self._memory = Block(SLOT_SIZE)
        self._egress = PipeEgress(self._socket, host.numbers)
        srtp = generate_srtp_parameters()
        self._sending = srtp_session(srtp, inbound=False)
        self.parameters = PipeParameters(ip, self._socket.getsockname()[1], srtp)
        demultiplexer, probation = Demultiplexer(), Probation[None](now)
        self._rtcp = RtcpReceiver(demultiplexer, probation, lambda: None, _Unmeasured(), host.counts)
        hurry, soon = partial(host.ticker.hurry, self), partial(host.ticker.soon, self)
        after = partial(host.ticker.after, self)
        self._feedback = RtcpFeedback(self._send_rtcp, hurry, soon, after, 0, host.counts)
        self._receiver = RtpReceiver(Police(0, now), probation, demultiplexer, self._rtcp, self._feedback)
        self._octets = self._lost = 0
        self._again: asyncio.Handle | None = None
        self.backlog = Backlog()
        host.ticker.add(self)

    # --- what the owner calls ---

    @property
    def connected(self) -> bool:
        """Whether media can flow."""
        return self.destination.ready

    @property
    def heard(self) -> bool:
        """Whether anything of the other end has come: that the network between them lets UDP through."""
        return self._rtcp.heard

    def connect(self, remote: PipeParameters) -> None:
        """Receive from and send to the other end from now on; once. Raises `InvalidState`, `InvalidParameters`."""
        if self.closed or self.connected:
            message = "The pipe is closed." if self.closed else "The pipe was connected before."
            raise InvalidState(message)
        receiving = srtp_session(remote.srtp_parameters, inbound=True)
        address = (check_private(remote.ip), remote.port)
        try:
            self._socket.connect(address)  # the kernel drops what comes from anywhere else
        except (OSError, OverflowError) as error:
            message = f"The other end of the pipe can't be {remote.ip} port {remote.port}/udp: {error}."
            raise AddressInUse(message) from error
        self._receiver.start(receiving)
        self._receiving = receiving  # libsrtp's context lives as long as its session
        self.destination.set_session(self._sending)
        self.destination.set_address(address, self._egress)
        self._host.loop.add_reader(self._socket.fileno(), self._readable)
        self._send_rtcp(build_receiver_report(FEEDBACK_SSRC, []))
        now = self._host.clock()
        for consumer in self.consumers.values():
            consumer.retarget(now)

    def consume(self, producer_id: str, listener: PipeConsumerListener) -> PipeConsumer:
        """Send a producer's track through the pipe. Raises `NotFound`, `InvalidState`.

        Once, however many there are who receive it at the other end.
        """
        self._check_open()
        if any(one.producer_id == producer_id for one in self.consumers.values()):
            message = f"The producer {producer_id} is in this pipe already."
            raise InvalidState(message)
        consumer = PipeConsumer(self, self._room.producer(producer_id), listener, self._host.clock)
        self.consumers[consumer.id] = consumer
        for layer in consumer.layers:
            self._rtcp.add(layer)
        return consumer

    def produce(
        self, producer_id: str, kind: MediaKind, rtp_parameters: RtpParameters, *, paused: bool = False
    ) -> Producer:
        """Receive a track that the other end consumes: its id, kind and `PipeConsumer.rtp_parameters`.

        Raises `InvalidParameters`, `UnsupportedError` or `InvalidState`.
        """
        self._check_open()
        if producer_id in self.producers:
            message = f"The producer {producer_id} came by this pipe already."
            raise InvalidState(message)
        producer = self._room.make_producer(self, kind, rtp_parameters)
        producer.id = producer_id
        self._receiver.add(producer)
        producer.paused = paused
        self.producers[producer.id] = producer
        self._room.add_producer(producer)
        return producer

    @property
    def sent(self) -> tuple[int, int]:
        """Packets of RTP that went through the pipe, and how many of them were sent again."""
        return self._egress.sent, self._egress.resent

    def totals(self) -> PipeTotals:
        """What has gone through the pipe so far."""
        egress = self._egress
        lost = self._lost + sum(_lost_of(producer) for producer in self.producers.values())
        return PipeTotals(egress.sent, egress.resent, egress.octets, self._receiver.packets, self._octets, lost)

    @property
    def received_packets(self) -> int:
        """Packets of RTP that came through the pipe."""
        return self._receiver.packets

    def close(self) -> None:
        """End everything that goes through the pipe, then the pipe. Idempotent."""
        if self.closed:
            return
        self.closed = True
        for producer in list(self.producers.values()):
            producer.close()
        for consumer in list(self.consumers.values()):
            consumer.close()
        self._host.counts.closed_pipes += self.totals()
        self._host.ticker.remove(self)
        if self._again is not None:
            self._again.cancel()
        if self.destination.ready:
            self._host.loop.remove_reader(self._socket.fileno())
        self.destination.close()
        self._receiver.stop()
        self._socket.close()
        self._room.remove_pipe(self)

    # --- what producers and consumers call ---

    def request_key_frame(self, ssrc: int) -> None:
        """Send a PLI (RFC 4585 section 6.3.1)."""
        self._feedback.request_key_frame(ssrc)

    def watch_key_frames(self) -> None:
        """A keyframe is waited for: see to its request until it comes."""
        self._host.ticker.hurry(self)

    def watch_repairs(self, stream: ReceiveStream, now: float) -> None:
        """Ask for what `stream` misses, now and until it has come."""
        self._feedback.watch_repairs(stream, now)

    def ask_for_layers(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        """Have the other end send so many layers of a video; none where nobody here wants it."""
        if producer.id in self.producers:  # not while it is being made
            self._listener.on_pipe_layers_wanted(producer, count, max_bitrates_bps)

    def remove_producer(self, producer: Producer) -> None:
        """Forget a closed producer."""
        if self.producers.pop(producer.id, None) is not None:
            self._lost += _lost_of(producer)
        self._receiver.remove(producer)
        self._feedback.forget(producer.streams)
        self._room.remove_producer(producer)

    def remove_consumer(self, consumer: PipeConsumer) -> None:
        """Forget a closed consumer."""
        self.consumers.pop(consumer.id, None)
        for layer in consumer.layers:
            self._rtcp.remove(layer)
            self._egress.forget(layer.ssrc)
            forget(self._sending, layer.ssrc)

    def resend(self, ssrc: int, sequence_numbers: Iterable[int]) -> int:
        """Send packets again as they left; how many."""
        return self._egress.resend(ssrc, sequence_numbers) if self.connected else 0

    # --- what the ticker calls ---

    def tick(self, now: float) -> bool:
        """Send NACKs and requests for keyframes that are due; whether to be called again soon."""
        wanted = self._feedback.tick(now)
        for producer in self.producers.values():
            wanted = producer.repeat_key_frame_requests(now) or wanted
        return wanted

    def report(self, now: float) -> None:
        """Once a second: RTCP reports, keyframe retries, which layers are wanted."""
        for producer in self.producers.values():
            producer.retry_key_frames(now)
            producer.let_layers_go(now)
        layers = [layer for consumer in self.consumers.values() for layer in consumer.layers]
        for layer in layers:
            layer.retarget(now)
        if self.connected:
            for data in sender_reports(layers, now, None):
                self._send_rtcp(data)
            self._send_rtcp(build_receiver_report(FEEDBACK_SSRC, []))  # that we are there
            self._feedback.report([one for producer in self.producers.values() for one in producer.streams], now)

    # --- inside ---

    def _check_open(self) -> None:
        if self.closed:
            message = "The pipe is closed."
            raise InvalidState(message)

    def _send_rtcp(self, data: bytes) -> None:
        if not self.connected:
            return
        try:
            self._socket.send(self._sending.protect_rtcp(data))
        except OSError as error:
            logger.debug("RTCP could not be sent through a pipe: %s", error)

    def _readable(self) -> None:
        began, took_all = self._host.clock(), False
        try:
            took_all = self._receive_until(self.backlog.ends(began))
        except Exception:
            # Not foreseen, whatever it is; the datagrams behind it are still in the socket.
            logger.exception("A datagram of a pipe could not be handled")
        self._host.departures.flush()
        self.backlog.woke_up(began, self._host.clock(), took_all=took_all)
        if not took_all and self._again is None and not self.closed:
            # Whether anything is left, nobody else would find out if no more came.
            self._again = self._host.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._again = None
        self._readable()

    def _receive_until(self, ends: float) -> bool:
        """Take what there is, as far as there is time; whether that was all."""
        view, clock = self._memory.view, self._host.clock
        for _ in range(DATAGRAMS_PER_WAKE_UP):
            try:
                length = self._socket.recv_into(view)
            except BlockingIOError:
                return True
            except OSError as error:  # an ICMP error of an earlier datagram
                logger.debug("The socket of a pipe reported: %s", error)
                continue
            self._octets += length
            if length and 128 <= view[0] < 192:  # RFC 7983
                self._receiver.receive(self._memory, length, clock())
            if clock() >= ends:
                return False
        return False


def _lost_of(producer: Producer) -> int:
    return sum(max(0, stream.reception.lost) for stream in producer.streams)


def _bound(ip: str) -> socket.socket:
    """A socket on a free port. Raises `AddressInUse`."""
    made = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)  # noqa: FBT003 - socket's own signature
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        made.bind((ip, 0))
    except OSError as error:
        made.close()
        message = f"A pipe can't have a port of {ip}: {error.strerror}."
        raise AddressInUse(message) from error
    return made
