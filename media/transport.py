"""One client's connection, a mediasoup `WebRtcTransport`: puts its parts together, and knows what travels on it.

Where the client is and what may be sent there is `media/send/peer_path.py`, how the keys come `media/net/handshake.py`.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from functools import partial
from typing import TYPE_CHECKING, Protocol

from media.bandwidth.allocation import Allocation
from media.data import DataChannels, check_enabled
from media.errors import InvalidState
from media.net.dtls import check_parameters, local_parameters
from media.net.handshake import Handshake
from media.net.srtp import forget
from media.ortc.parameters import TransportOptions
from media.receive.demux import Demultiplexer
from media.receive.policer import Police
from media.receive.rtcp_feedback import RtcpFeedback
from media.receive.rtcp_receiver import RtcpReceiver
from media.receive.rtp_receiver import RtpReceiver
from media.send.destination import Destination
from media.send.downlink import Downlink
from media.send.peer_path import PeerPath
from media.states import ENDED, NEXT_STATES, TransportState
from media.stats import TransportStats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.bandwidth.estimator import BandwidthStats
    from media.consumer import Consumer, ConsumerListener
    from media.data import DataConsumer, DataProducer
    from media.host import Host, Room
    from media.net.endpoints import MediaProtocol
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import (
        DtlsParameters,
        IceParameters,
        MediaKind,
        RtpCapabilities,
        RtpParameters,
        SctpStreamParameters,
    )
    from media.producer import Producer
    from media.receive.stream import ReceiveStream

logger = logging.getLogger(__name__)


class TransportListener(Protocol):
    """Who wants to know about a transport."""

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None: ...
    def on_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None: ...


class WebRtcTransport:
    """Made by a `Router`. `options` is what the client needs; `connect` brings what we need from it."""

    takes_everything = False

    def __init__(self, host: Host, room: Room, listener: TransportListener) -> None:
        config, certificate, now = host.config, host.certificate, host.clock()
        self.id = str(uuid.uuid4())
        self.state = TransportState.NEW
        self.destination = Destination()
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, Consumer] = {}
        self.bandwidth_feedback: BandwidthFeedback | None = None
        self._room = room
        self._listener = listener
        self._clock = host.clock
        self._counts = host.counts
        self._ticker = host.ticker
        self._cname = ""
        self._last_mid = -1
        hurry, after = partial(host.ticker.hurry, self), partial(host.ticker.after, self)
        self._path = PeerPath(
            self.destination, self.consumers, self, host.endpoints, host.clock, hurry, config.consent_timeout_s
        )
        self._handshake = Handshake(
            certificate,
            self._path,
            self,
            host.clock,
            host.counts,
            host.handshake_turns.ask,
            data=bool(config.data_channels),
        )
        self._data = DataChannels(self._handshake.dtls, config, host.clock) if config.data_channels else None
        self.allocation = Allocation(self.consumers, hurry)
        self._downlink = Downlink(
            self.destination,
            host.numbers,
            self.allocation,
            lambda: [consumer for consumer in self.consumers.values() if consumer.kind == "video"],
            (after, partial(host.ticker.pace, self)),
            self._path.socket_changed,
            host.flow_groups,
            now,
        )
        demultiplexer, probation = Demultiplexer(), self._path.probation
        self._rtcp = RtcpReceiver(demultiplexer, probation, self._path.release, self._downlink, host.counts)
        soon = partial(host.ticker.soon, self)
        self._feedback = RtcpFeedback(self._path.send_rtcp, hurry, soon, after, config.initial_remb_bps, host.counts)
        police = Police(config.max_send_bps, now)
        self._receiver = RtpReceiver(police, probation, demultiplexer, self._rtcp, self._feedback)
        self.options = TransportOptions(
            id=self.id,
            ice_parameters=self._path.begin(self._handshake.receive, self._receiver.receive),
            ice_candidates=list(host.ice_candidates),
            dtls_parameters=local_parameters(certificate),
            sctp_parameters=self._data.parameters if self._data is not None else None,
        )
        self._ticker.add(self)

    # --- what the owner calls ---

    @property
    def connected(self) -> bool:
        """Whether media can flow."""
        return self.state is TransportState.CONNECTED and self.destination.ready

    def connect(self, dtls_parameters: DtlsParameters) -> None:
        """Take the client's DTLS parameters; once a transport. Raises `InvalidState`, `InvalidParameters`."""
        if self.state is not TransportState.NEW:
            message = "The transport was connected before."
            raise InvalidState(message)
        check_parameters(dtls_parameters)
        self._set_state(TransportState.CONNECTING)
        self._handshake.connect(dtls_parameters)

    def restart_ice(self, made: IceParameters | None = None) -> IceParameters:
        """New ICE credentials for the same DTLS association (RFC 8445 section 9), these or random ones."""
        self._check_open()
        return self._path.restart(made)

    def produce(self, kind: MediaKind, rtp_parameters: RtpParameters, *, paused: bool = False) -> Producer:
        """Receive a track from the client. Raises `InvalidParameters` or `UnsupportedError`."""
        self._check_open()
        producer = self._room.make_producer(self, kind, rtp_parameters)
        # One name for all that comes from one client, given or not: receivers play it in sync (RFC 3550 section 6.5.1).
        self._cname = self._cname or rtp_parameters.rtcp.cname or secrets.token_hex(8)
        producer.consumable.rtcp.cname = self._cname
        self._receiver.add(producer)
        producer.paused = paused
        self.producers[producer.id] = producer
        self._room.add_producer(producer)
        self._feedback.follow(rtp_parameters)
        return producer

    def consume(
        self,
        producer_id: str,
        rtp_capabilities: RtpCapabilities,
        listener: ConsumerListener,
        *,
        paused: bool = True,
    ) -> Consumer:
        """Send a producer's track to the client. Raises `NotFound` or `UnsupportedError`."""
        self._check_open()
        return self._follow(self._room.make_consumer(self, producer_id, rtp_capabilities, listener, paused=paused))

    def consume_as(
        self, consumer_id: str, producer_id: str, rtp_parameters: RtpParameters, listener: ConsumerListener
    ) -> Consumer:
        """As `consume`, paused, with an id and parameters that were negotiated at a room's home. Raises `NotFound`."""
        self._check_open()
        return self._follow(self._room.adopt_consumer(self, consumer_id, producer_id, rtp_parameters, listener))

    def _follow(self, consumer: Consumer) -> Consumer:
        self.consumers[consumer.id] = consumer
        consumer.on_wish = self.allocation.changed
        self._rtcp.add(consumer)
        if consumer.kind == "video":
            self._downlink.follow(consumer.rtp_parameters, self._clock())
        if self._path.probation.active:
            self._ticker.hurry(self)
        if self.destination.held:
            consumer.stream.hold()
        consumer.retarget(self._clock())
        return consumer

    def produce_data(self, stream: SctpStreamParameters, label: str = "", protocol: str = "") -> DataProducer:
        """Receive a data channel that the client opened. Raises `InvalidParameters` or `InvalidState`."""
        self._check_open()
        producer = check_enabled(self._data).produce(stream, label, protocol)
        self._room.add_data_producer(producer)
        return producer

    def consume_data(self, data_producer_id: str) -> DataConsumer:
        """Open a data channel to the client that repeats what a data producer receives. Raises as `produce_data`."""
        self._check_open()
        return check_enabled(self._data).consume(self._room.data_producer(data_producer_id))

    def limit_video(self, bitrate_bps: int) -> None:
        """Drop what the client sends beyond a room's limit of video, in bits/s; 0 for none."""
        self._receiver.limit_video(bitrate_bps, self._clock())

    def stats(self) -> TransportStats:
        """Counters since the beginning."""
        return TransportStats(
            id=self.id,
            state=self.state.value,
            protocol=self.protocol,
            packets_received=self.received_packets,
            bytes_received=self._receiver.octets,
            available_bitrate=self._downlink.estimate_bps,
            packets_over_limit=self._receiver.over_limit,
            producers=[producer.stats() for producer in self.producers.values()],
            consumers=[consumer.stats() for consumer in self.consumers.values()],
        )

    @property
    def estimate_bps(self) -> int | None:
        """What the client's link carries of video; None: unknown, everything that is wanted is sent."""
        return self._downlink.estimate_bps

    @property
    def bandwidth(self) -> BandwidthStats:
        """What the client's link carries, as far as is known."""
        return self._downlink.stats()

    @property
    def protocol(self) -> MediaProtocol | None:
        """What the client's packets come and go by; None before the first check."""
        return self._path.protocol

    @property
    def received_packets(self) -> int:
        """Packets of RTP that came, whether anybody knows their streams or not."""
        return self._receiver.packets

    def next_mid(self) -> str:
        """A media id for one more consumer (RFC 9143), unique on this transport."""
        self._last_mid += 1
        return str(self._last_mid)

    def close(self) -> None:
        """End everything on this connection, then the connection. Idempotent."""
        if self.state is TransportState.CLOSED:
            return
        self._close_media()
        self._set_state(TransportState.CLOSED)
        self._room.remove_transport(self.id)

    def _close_media(self) -> None:
        for producer in list(self.producers.values()):
            producer.close()
        for consumer in list(self.consumers.values()):
            consumer.close()
        if self._data is not None:
            self._data.close()
        self._ticker.remove(self)
        self.destination.close()
        self._downlink.close()
        self._receiver.stop()
        self._counts.closed.packets_over_limit += self._receiver.over_limit
        self._handshake.close()
        self._path.close()

    # --- what the way to the client calls ---

    def on_path_changed(self, now: float) -> None:
        """The client is somewhere else, or has come."""
        self._handshake.path_changed()
        self._downlink.moved(now)

    def on_path_alive(self, now: float) -> None:
        """A connectivity check came from where we send."""
        if self.state is TransportState.DISCONNECTED:
            self._set_state(TransportState.CONNECTED if self.destination.ready else TransportState.CONNECTING)
            for consumer in list(self.consumers.values()):
                consumer.retarget(now)

    def on_path_lost(self) -> None:
        """Nothing gets there any more, or nobody wants it."""
        if self.state in {TransportState.CONNECTING, TransportState.CONNECTED}:
            self._set_state(TransportState.DISCONNECTED)

    # --- what DTLS calls ---

    def on_dtls_connected(self) -> None:
        """The keys are there: media and data may flow."""
        receiving, sending = self._handshake.sessions
        self._receiver.start(receiving)
        self._path.secure(sending, proven=self._handshake.stayed)
        if self._data is not None:
            self._data.start()
        if self.state is TransportState.CONNECTING:
            self._set_state(TransportState.CONNECTED)
        now = self._clock()
        for consumer in list(self.consumers.values()):
            consumer.stream.socket_changed()
            consumer.retarget(now)

    def on_dtls_closed(self, *, failed: bool) -> None:
        """The client said good-bye, or the handshake failed."""
        if self.state is not TransportState.CLOSED:
            logger.debug("DTLS of transport %s ended, failed: %s", self.id, failed)
            if self._data is not None:
                self._data.stop()
            self._set_state(TransportState.FAILED)

    # --- what producers and consumers call ---

    def request_key_frame(self, ssrc: int) -> None:
        """Send a PLI (RFC 4585 section 6.3.1)."""
        self._feedback.request_key_frame(ssrc)

    def watch_key_frames(self) -> None:
        """A keyframe is waited for: see to its request until it comes."""
        self._ticker.hurry(self)

    def watch_repairs(self, stream: ReceiveStream, now: float) -> None:
        """Ask for what `stream` misses, now and until it has come."""
        self._feedback.watch_repairs(stream, now)

    def ask_for_layers(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        """Have the client send so many spatial layers of a video, the smallest first, each with at most so much.

        A bitrate of 0 is no limit.
        """
        self._listener.on_layers_wanted(producer, count, max_bitrates_bps)

    def remove_producer(self, producer: Producer) -> None:
        """Forget a closed producer."""
        if self.producers.pop(producer.id, None) is not None:
            self._counts.closed.add_producer(producer.stats())
        self._receiver.remove(producer)
        self._feedback.forget(producer.streams)
        self._room.remove_producer(producer)

    def remove_consumer(self, consumer: Consumer) -> None:
        """Forget a closed consumer."""
        if self.consumers.pop(consumer.id, None) is not None:
            self._counts.closed.add_consumer(consumer.stats())
        self._rtcp.remove(consumer)
        session = self.destination.session
        if session is not None and self.destination.egress is not None:
            self.destination.egress.flush()  # what waits there still needs the keys
            for ssrc in (consumer.ssrc, consumer.stream.rtx_ssrc):
                if ssrc is not None:
                    self._downlink.pacing.forget(ssrc)
                    forget(session, ssrc)

    # --- what the ticker calls ---

    def tick(self, now: float) -> bool:
        """Send feedback and NACKs that are due; whether to be called again soon."""
        watched = self._path.check_share(now)
        self._downlink.tick(now, may_probe=not self._path.probation.active)
        wanted = self._feedback.tick(now)
        self.allocation.update(self._downlink.settled_bps, now)
        for producer in self.producers.values():
            wanted = producer.repeat_key_frame_requests(now) or wanted
        return wanted or watched

    def pace(self, now: float) -> bool:
        """Send what is due of what is spread over time; whether to be called again in 5 ms."""
        return self._downlink.pace(now)

    def report(self, now: float) -> None:
        """Once a second: RTCP reports, keyframe retries, layer choice, consent, and what DTLS need not keep."""
        if self._path.expired(now):
            self.on_path_lost()
        for producer in self.producers.values():
            producer.retry_key_frames(now)
            producer.let_layers_go(now)
        for consumer in self.consumers.values():
            consumer.retarget(now)
        self._downlink.report(now, may_probe=not self._path.probation.active)
        self.allocation.update(self._downlink.settled_bps, now)
        if self.connected:
            self._handshake.settle(now, heard=self._receiver.heard)
            self._path.send_sender_reports(now)
            streams = [stream for producer in self.producers.values() for stream in producer.streams]
            self._feedback.report(streams, now)

    # --- inside ---

    def _check_open(self) -> None:
        if self.state in ENDED:
            message = f"The transport is {self.state.value}."
            raise InvalidState(message)

    def _set_state(self, state: TransportState) -> None:
        if state is self.state:
            return
        if state not in NEXT_STATES[self.state]:
            logger.warning("Transport %s can't go from %s to %s", self.id, self.state.value, state.value)
            return
        logger.debug("Transport %s: %s -> %s", self.id, self.state.value, state.value)
        self.state = state
        if state in ENDED:
            self._path.end()
        if state in {TransportState.DISCONNECTED, TransportState.FAILED}:
            for consumer in list(self.consumers.values()):
                consumer.transport_lost()
        self._listener.on_transport_state(self, state)
