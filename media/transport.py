"""One client connection: ICE, DTLS and SRTP of a mediasoup `WebRtcTransport`, and what travels on it."""

from __future__ import annotations

import logging
import secrets
import uuid
from functools import partial
from typing import TYPE_CHECKING, Protocol

from media.bandwidth.allocation import Allocation
from media.data import DataChannels
from media.errors import InvalidState
from media.net.dtls import DtlsTransport, check_parameters, datagram_budget, local_parameters
from media.net.ice import IceLite
from media.net.path_validation import Probation
from media.net.srtp import forget
from media.ortc.parameters import TransportOptions
from media.receive.demux import Demultiplexer
from media.receive.policer import Police
from media.receive.rtcp_feedback import RtcpFeedback
from media.receive.rtcp_receiver import RtcpReceiver
from media.receive.rtp_receiver import RtpReceiver
from media.send.destination import Destination
from media.send.downlink import Downlink
from media.send.held_back import PACKET_OVERHEAD, Holding
from media.send.sender_reports import sender_reports
from media.states import ENDED, NEXT_STATES, TransportState
from media.stats import TransportStats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.bandwidth.estimator import BandwidthStats
    from media.config import MediaConfig
    from media.consumer import Consumer, ConsumerListener, ConsumerTransport
    from media.counts import Counts
    from media.data import DataConsumer, DataProducer
    from media.net.dtls import Certificate
    from media.net.endpoints import Address, Endpoints, MediaProtocol, Way
    from media.net.stun import BindingRequest
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import (
        DtlsParameters,
        IceCandidate,
        IceParameters,
        MediaKind,
        RtpCapabilities,
        RtpParameters,
        SctpStreamParameters,
    )
    from media.producer import Producer, ProducerTransport
    from media.receive.stream import ReceiveStream
    from media.send.egress import Egress
    from media.send.transport_wide import TransportWideTable
    from media.ticker import Ticker

    Path = tuple[Way[Egress], Address]

logger = logging.getLogger(__name__)


class TransportListener(Protocol):
    """Who wants to know about a transport."""

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None: ...
    def on_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None: ...


class Host(Protocol):
    """What all transports of a process share: an `Sfu`."""

    @property
    def config(self) -> MediaConfig: ...
    @property
    def clock(self) -> Callable[[], float]: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def ice_candidates(self) -> Sequence[IceCandidate]: ...
    @property
    def ticker(self) -> Ticker: ...
    @property
    def numbers(self) -> TransportWideTable: ...
    @property
    def counts(self) -> Counts: ...


class Room(Protocol):
    """Where what transports receive finds its way to others: a `Router`."""

    def make_producer(
        self, transport: ProducerTransport, kind: MediaKind, rtp_parameters: RtpParameters
    ) -> Producer: ...
    def make_consumer(
        self,
        transport: ConsumerTransport,
        producer_id: str,
        rtp_capabilities: RtpCapabilities,
        listener: ConsumerListener,
        *,
        paused: bool,
    ) -> Consumer: ...
    def add_producer(self, producer: Producer) -> None: ...
    def remove_producer(self, producer: Producer) -> None: ...
    def add_data_producer(self, producer: DataProducer) -> None: ...
    def data_producer(self, data_producer_id: str) -> DataProducer: ...
    def remove_transport(self, transport: WebRtcTransport) -> None: ...


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
        self._endpoints = host.endpoints
        self._ticker = host.ticker
        self._hurry = partial(host.ticker.hurry, self)
        self._ice: IceLite[Path] = IceLite(config.consent_timeout_s, now)
        self._probation: Probation[Path] = Probation(now)
        self.allocation = Allocation(self.consumers, self._hurry)
        self._holding = Holding(self.destination, self.consumers, self._probation)
        # Where the handshake began, and whether the peer moved meanwhile.
        self._handshake_path: Path | None = None
        self._handshake_moved = False
        self._remote_dtls: DtlsParameters | None = None
        self._handshaking = False
        self._handshake_at = now
        self._dtls = DtlsTransport(certificate, self._send_datagram, self, self._affords_dtls)
        self._data = DataChannels(self._dtls, config, host.clock) if config.data_channels else None
        self._dtls_budget = datagram_budget(now, data=self._data is not None)
        self._cname = ""
        self._last_mid = -1
        demultiplexer = Demultiplexer()
        self._downlink = Downlink(
            self.destination,
            host.numbers,
            self.allocation,
            lambda: [consumer for consumer in self.consumers.values() if consumer.kind == "video"],
            (partial(host.ticker.after, self), partial(host.ticker.pace, self)),
            self._destination_changed,
            now,
        )
        self._rtcp = RtcpReceiver(demultiplexer, self._probation, self._holding.release, self._downlink, self._counts)
        soon = partial(host.ticker.soon, self)
        self._feedback = RtcpFeedback(self._send_rtcp, self._hurry, soon, config.initial_remb_bps, self._counts)
        self._receiver = RtpReceiver(
            Police(config.max_send_bps, now), self._probation, demultiplexer, self._rtcp, self._feedback
        )
        # The socket hands media straight to the receiver.
        self.receive_srtp = self._receiver.receive
        self.options = TransportOptions(
            id=self.id,
            ice_parameters=self._ice.local,
            ice_candidates=list(host.ice_candidates),
            dtls_parameters=local_parameters(certificate),
            sctp_parameters=self._data.parameters if self._data is not None else None,
        )
        self._register_fragments()
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
        self._remote_dtls = dtls_parameters
        self._set_state(TransportState.CONNECTING)
        self._try_handshake()

    def restart_ice(self) -> IceParameters:
        """New ICE credentials for the same DTLS association (RFC 8445 section 9)."""
        self._check_open()
        before = self._ice.username_fragments
        parameters = self._ice.restart()
        self._register_fragments()
        self._unregister_fragments(before)
        return parameters

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
        consumer = self._room.make_consumer(self, producer_id, rtp_capabilities, listener, paused=paused)
        self.consumers[consumer.id] = consumer
        consumer.on_wish = self.allocation.changed
        self._rtcp.add(consumer)
        if consumer.kind == "video":
            self._downlink.follow(consumer.rtp_parameters, self._clock())
        if self._probation.active:
            self._hurry()
        consumer.retarget(self._clock())
        return consumer

    def produce_data(self, stream: SctpStreamParameters, label: str = "", protocol: str = "") -> DataProducer:
        """Receive a data channel that the client opened. Raises `InvalidParameters` or `InvalidState`."""
        self._check_open()
        producer = self._data_channels().produce(stream, label, protocol)
        self._room.add_data_producer(producer)
        return producer

    def consume_data(self, data_producer_id: str) -> DataConsumer:
        """Open a data channel to the client that repeats what a data producer receives. Raises as `produce_data`."""
        self._check_open()
        return self._data_channels().consume(self._room.data_producer(data_producer_id))

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
        return self._ice.selected[0].protocol if self._ice.selected is not None else None

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
        self._room.remove_transport(self)

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
        self._dtls.close()
        for fragment in self._ice.username_fragments:
            self._endpoints.remove_fragment(fragment)
        if self._ice.selected is not None:
            way, address = self._ice.selected
            way.remove_address(address, self)

    # --- what the socket calls ---

    def password_for(self, username_fragment: str) -> bytes | None:
        """The ICE password that goes with one of our fragments."""
        return self._ice.password_for(username_fragment)

    def consents(self, now: float) -> bool:
        """Whether the peer still agrees to get packets at the address it checked from (RFC 7675)."""
        return self.state not in ENDED and not self._ice.expired(now)

    def receive_check(self, request: BindingRequest, way: Way[Egress], address: Address, now: float) -> None:
        """An authentic connectivity check came from `address`."""
        previous = self._ice.selected
        fragments = self._ice.username_fragments
        if self._ice.checked(request, (way, address), now):
            if previous is not None:
                previous[0].remove_address(previous[1], self)
            if self.destination.set_address(address, way.egress):
                self._destination_changed()
            self._moved(request, now)
            self._try_handshake()
        elif self._probation.active and self._ice.selected == (way, address):
            self._probation.checked(request.transaction_id, now)
        self._unregister_fragments(fragments)
        if self._ice.selected == (way, address):
            way.add_address(address, self)
            if self.state is TransportState.DISCONNECTED:
                self._set_state(TransportState.CONNECTED if self.destination.ready else TransportState.CONNECTING)
                for consumer in list(self.consumers.values()):
                    consumer.retarget(now)

    def way_relieved(self, way: Way[Egress]) -> None:
        """A connection that had to drop video can take some again."""
        if self._ice.selected is not None and self._ice.selected[0] is way:
            for consumer in list(self.consumers.values()):
                if consumer.kind == "video":
                    consumer.skip_to_key_frame()

    def way_lost(self, way: Way[Egress], address: Address) -> None:
        """A connection is closed: any other path will do."""
        if self._ice.lose((way, address)) and self.state in {TransportState.CONNECTING, TransportState.CONNECTED}:
            self._set_state(TransportState.DISCONNECTED)

    def receive_dtls(self, data: bytes) -> None:
        """A DTLS datagram came from the selected address."""
        if self._handshake_path is None:
            self._handshake_path = self._ice.selected
        self._dtls.receive(data)

    # --- what DTLS calls ---

    def on_dtls_connected(self) -> None:
        """The keys are there: media and data may flow."""
        self._counts.handshake_done(self._clock() - self._handshake_at)
        receiving, sending = self._dtls.sessions
        self._receiver.start(receiving)
        self.destination.set_session(sending)
        if self._ice.selected is not None and self._ice.selected == self._handshake_path and not self._handshake_moved:
            self._probation.prove(self._ice.selected)  # whoever shook hands got what we sent there
        elif self._ice.selected is not None:
            self._probation.begin(self._ice.selected, b"", self._clock())
            self._hurry()
        if self._data is not None:
            self._data.start()
        if self.state is TransportState.CONNECTING:
            self._set_state(TransportState.CONNECTED)
        now = self._clock()
        for consumer in list(self.consumers.values()):
            consumer.socket_changed()
            consumer.retarget(now)

    def on_dtls_closed(self, *, failed: bool) -> None:
        """The client said good-bye, or the handshake failed."""
        if self.state is not TransportState.CLOSED:
            logger.debug("DTLS of transport %s ended, failed: %s", self.id, failed)
            self._counts.handshakes_failed += failed and self.destination.session is None
            if self._data is not None:
                self._data.stop()
            self._set_state(TransportState.FAILED)

    # --- what producers and consumers call ---

    def request_key_frame(self, ssrc: int) -> None:
        """Send a PLI (RFC 4585 section 6.3.1)."""
        self._feedback.request_key_frame(ssrc)

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
            for ssrc in (consumer.ssrc, consumer.rtx_ssrc):
                if ssrc is not None:
                    self._downlink.pacing.forget(ssrc)
                    forget(session, ssrc)

    # --- what the ticker calls ---

    def tick(self, now: float) -> bool:
        """Send feedback and NACKs that are due; whether to be called again soon."""
        watched = self._probation.active and bool(self.consumers)
        if watched:
            self._holding.check(now)
        self._downlink.tick(now, may_probe=not self._probation.active)
        wanted = self._feedback.tick(now)
        self.allocation.update(self.estimate_bps, now)
        for producer in self.producers.values():
            producer.repeat_key_frame_requests(now)
        return wanted or watched

    def pace(self, now: float) -> bool:
        """Send what is due of what is spread over time; whether to be called again in 5 ms."""
        return self._downlink.pace(now)

    def report(self, now: float) -> None:
        """Once a second: RTCP reports, keyframe retries, layer choice, consent."""
        if self._ice.expired(now) and self.state in {TransportState.CONNECTING, TransportState.CONNECTED}:
            self._set_state(TransportState.DISCONNECTED)
        for producer in self.producers.values():
            producer.retry_key_frames(now)
            producer.let_layers_go(now)
        for consumer in self.consumers.values():
            consumer.retarget(now)
        self.allocation.update(self.estimate_bps, now)
        if self.connected:
            self._send_reports(now)

    def _send_reports(self, now: float) -> None:
        self._send_sender_reports(now)
        streams = [stream for producer in self.producers.values() for stream in producer.streams]
        self._feedback.report(streams, now)

    def _send_sender_reports(self, now: float) -> None:
        """For all consumers; on probation as many as fit into one datagram, which the peer is to echo."""
        probation = self._probation if self._probation.active else None
        reports = sender_reports(self.consumers.values(), now, probation)
        for data in reports[:1] if probation else reports:
            self._send_rtcp(data, probe=probation is not None)

    # --- where the peer is ---

    def _moved(self, request: BindingRequest, now: float) -> None:
        """The peer checks from elsewhere, and is to be sent to there."""
        if self._handshake_path is not None and self.destination.session is None:
            self._handshake_moved = True
        self._downlink.moved(now)
        if self._ice.selected is None or self.destination.session is None:
            return
        self._probation.begin(self._ice.selected, request.transaction_id, now)
        if self._probation.active:
            self._holding.begin(self._downlink.pacing.queued_bytes)
            self._send_sender_reports(now)
            self._hurry()
        else:
            self._holding.release()

    # --- inside ---

    def _destination_changed(self) -> None:
        for consumer in self.consumers.values():
            consumer.socket_changed()

    def _try_handshake(self) -> None:
        if self._remote_dtls is not None and self._ice.selected is not None and not self._handshaking:
            self._handshaking = True
            self._handshake_at = self._clock()
            self._counts.handshakes_begun += 1
            self._dtls.start_handshake(self._remote_dtls)

    def _affords_dtls(self) -> bool:
        return self._dtls_budget.spend(1, self._clock())

    def _send_datagram(self, data: bytes) -> None:
        if self._ice.selected is not None:
            way, address = self._ice.selected
            way.send(data, address)

    def _send_rtcp(self, data: bytes, *, probe: bool = False) -> None:
        if self._probation.active:
            may_be_sent = self._probation.spend(len(data) + PACKET_OVERHEAD, self._clock())
            if not may_be_sent and not probe:
                return
        if self.destination.session is not None:
            self._send_datagram(self.destination.session.protect_rtcp(data))

    def _register_fragments(self) -> None:
        for fragment in self._ice.username_fragments:
            self._endpoints.add_fragment(fragment, self)

    def _unregister_fragments(self, before: list[str]) -> None:
        """Forget those of these fragments that are out of use."""
        for fragment in set(before).difference(self._ice.username_fragments):
            self._endpoints.remove_fragment(fragment)

    def _data_channels(self) -> DataChannels:
        if self._data is None:
            message = "Data channels are turned off on this server. Its operator can turn them on by a setting."
            raise InvalidState(message)
        return self._data

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
        if state in {TransportState.DISCONNECTED, TransportState.FAILED}:
            for consumer in list(self.consumers.values()):
                consumer.transport_lost()
        self._listener.on_transport_state(self, state)
