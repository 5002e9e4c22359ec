"""One room's media: which tracks there are and who may receive them. mediasoup's `Router`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final, Protocol

from media.consumer import Consumer
from media.errors import InvalidState, NotFound
from media.host import Host as TransportHost
from media.ortc.header_extensions import ABS_SEND_TIME, HOP_BY_HOP, TRANSPORT_WIDE_CC
from media.ortc.negotiated import Negotiated
from media.ortc.negotiation import (
    generate_router_rtp_capabilities,
    get_consumable_rtp_parameters,
    get_producer_rtp_parameters_mapping,
    validate_rtp_parameters,
)
from media.pipe.transport import PipeHost, PipeTransport
from media.producer import Producer
from media.transport import WebRtcTransport

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from media.consumer import ConsumerListener, ConsumerTransport
    from media.data import DataProducer
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import (
        MediaKind,
        ProducerType,
        RtpCapabilities,
        RtpCodecCapability,
        RtpParameters,
    )
    from media.pipe.transport import PipeListener
    from media.producer import ProducerTransport
    from media.transport import TransportListener

SVC_MIME_TYPES: Final = frozenset({"video/vp9", "video/av1"})


class Host(TransportHost, PipeHost, Protocol):
    """Who makes routers and is told of their end: an `Sfu`, with what it lends to all transports."""

    def remove_router(self, router: Router) -> None: ...


class Router:
    """Made by an `Sfu`. `close` ends all its transports, and with them everything on them."""

    def __init__(self, host: Host, codecs: Sequence[RtpCodecCapability] | None) -> None:
        self.id = str(uuid.uuid4())
        self.rtp_capabilities: RtpCapabilities = generate_router_rtp_capabilities(codecs)
        self.closed = False
        self.negotiated = Negotiated()
        self._host = host
        self._transports: dict[str, WebRtcTransport] = {}
        self._pipes: dict[str, PipeTransport] = {}
        self._producers: dict[str, Producer] = {}
        self._data_producers: dict[str, DataProducer] = {}

    def create_webrtc_transport(self, listener: TransportListener) -> WebRtcTransport:
        """A new transport for one client. Raises `InvalidState` after `close`."""
        if self.closed:
            message = "The router is closed."
            raise InvalidState(message)
        transport = WebRtcTransport(self._host, self, listener)
        self._transports[transport.id] = transport
        return transport

    def create_pipe_transport(self, listener: PipeListener, ip: str) -> PipeTransport:
        """One end of a pipe to another router, on a port of an address that strangers don't reach.

        Raises `InvalidState` after `close`, `InvalidParameters` for another address, `AddressInUse`.
        """
        if self.closed:
            message = "The router is closed."
            raise InvalidState(message)
        pipe = PipeTransport(self._host, self, listener, ip)
        self._pipes[pipe.id] = pipe
        return pipe

    @property
    def transports(self) -> Collection[WebRtcTransport]:
        """Those that are there at the moment."""
        return self._transports.values()

    @property
    def pipes(self) -> Collection[PipeTransport]:
        """Those that are there at the moment."""
        return self._pipes.values()

    def can_consume(self, producer_id: str, rtp_capabilities: RtpCapabilities) -> bool:
        """Whether an endpoint with these capabilities can decode a producer; False for an unknown producer."""
        producer = self._producers.get(producer_id)
        return producer is not None and self.negotiated.can_consume(producer_id, producer.consumable, rtp_capabilities)

    def close(self) -> None:
        """End everything. Idempotent."""
        if self.closed:
            return
        self.closed = True
        for transport in list(self._transports.values()):
            transport.close()
        for pipe in list(self._pipes.values()):
            pipe.close()
        self._host.remove_router(self)

    # --- what transports call ---

    def make_producer(self, transport: ProducerTransport, kind: MediaKind, rtp_parameters: RtpParameters) -> Producer:
        """Check and translate a client's parameters. Raises `InvalidParameters` or `UnsupportedError`."""
        validate_rtp_parameters(rtp_parameters)
        mapping = get_producer_rtp_parameters_mapping(rtp_parameters, self.rtp_capabilities)
        consumable = get_consumable_rtp_parameters(kind, rtp_parameters, self.rtp_capabilities, mapping)
        outgoing = {
            extension.uri: extension.preferred_id
            for extension in self.rtp_capabilities.header_extensions
            if extension.kind == kind and extension.direction in {"sendrecv", "sendonly"}
        }
        extensions = {
            extension.id: outgoing[extension.uri]
            for extension in rtp_parameters.header_extensions
            if extension.uri in outgoing and extension.uri not in HOP_BY_HOP
        }
        producer = Producer(transport, kind, rtp_parameters, consumable, _type_of(rtp_parameters), self._host.clock)
        producer.open_streams(mapping, outgoing.get(ABS_SEND_TIME, 0), extensions, outgoing.get(TRANSPORT_WIDE_CC, 0))
        return producer

    def make_consumer(
        self,
        transport: ConsumerTransport,
        producer_id: str,
        rtp_capabilities: RtpCapabilities,
        listener: ConsumerListener,
        *,
        paused: bool,
    ) -> Consumer:
        """Negotiate a consumer. Raises `NotFound`, `InvalidParameters` or `UnsupportedError`."""
        producer = self.producer(producer_id)
        rtp_capabilities = self.negotiated.admit(rtp_capabilities)
        if transport.bandwidth_feedback is None and producer.kind == "video":
            transport.bandwidth_feedback = self._feedback_of_one_more()
        feedback = transport.bandwidth_feedback or self._host.config.bandwidth_feedback
        parameters = self.negotiated.parameters(producer_id, producer.consumable, rtp_capabilities, feedback)
        parameters.mid = transport.next_mid()
        return Consumer(transport, producer, parameters, listener, self._host.clock, paused=paused)

    def adopt_consumer(
        self,
        transport: ConsumerTransport,
        consumer_id: str,
        producer_id: str,
        rtp_parameters: RtpParameters,
        listener: ConsumerListener,
    ) -> Consumer:
        """A consumer, paused, that another router has negotiated of the same track. Raises `NotFound`."""
        producer = self.producer(producer_id)
        consumer = Consumer(transport, producer, rtp_parameters, listener, self._host.clock, paused=True)
        consumer.id = consumer_id
        return consumer

    def _feedback_of_one_more(self) -> BandwidthFeedback:
        """How one more receiver of video is to report: precisely, unless enough others in the room do."""
        config = self._host.config
        if config.bandwidth_feedback != "transport-cc" or not config.precise_up_to:
            return config.bandwidth_feedback
        precise = sum(other.bandwidth_feedback == "transport-cc" for other in self._transports.values())
        return "transport-cc" if precise < config.precise_up_to else "remb"

    def producer(self, producer_id: str) -> Producer:
        """A producer by id. Raises `NotFound`."""
        producer = self._producers.get(producer_id)
        if producer is None:
            message = f"There is no producer {producer_id} in this room."
            raise NotFound(message)
        return producer

    def add_producer(self, producer: Producer) -> None:
        """Let others consume a new producer."""
        self._producers[producer.id] = producer

    def remove_producer(self, producer: Producer) -> None:
        """Forget a closed producer."""
        self._producers.pop(producer.id, None)
        self.negotiated.forget(producer.id)

    def add_data_producer(self, producer: DataProducer) -> None:
        """Let others consume a new data producer."""
        self._forget_closed_data_producers()
        self._data_producers[producer.id] = producer

    def data_producer(self, data_producer_id: str) -> DataProducer:
        """A data producer by id. Raises `NotFound`."""
        producer = self._data_producers.get(data_producer_id)
        if producer is None or producer.closed:
            self._data_producers.pop(data_producer_id, None)
            message = f"There is no data producer {data_producer_id} in this room."
            raise NotFound(message)
        return producer

    def remove_transport(self, transport_id: str) -> None:
        """Forget a closed transport."""
        self._transports.pop(transport_id, None)
        self._forget_closed_data_producers()

    def remove_pipe(self, pipe: PipeTransport) -> None:
        """Forget a closed pipe."""
        self._pipes.pop(pipe.id, None)

    def _forget_closed_data_producers(self) -> None:
        self._data_producers = {key: value for key, value in self._data_producers.items() if not value.closed}


def _type_of(parameters: RtpParameters) -> ProducerType:
    """Mediasoup's rule: several encodings are simulcast; one with several layers is SVC if the codec does that."""
    if len(parameters.encodings) > 1:
        return "simulcast"
    mode = parameters.encodings[0].scalability_mode
    if not mode or mode.upper().startswith(("L1T1", "S1T1")):
        return "simple"
    return "svc" if parameters.codecs[0].mime_type.lower() in SVC_MIME_TYPES else "simulcast"
