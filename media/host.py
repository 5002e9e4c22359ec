"""What a transport needs of those above it: of an `Sfu`, which all transports share, and of a `Router`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.bandwidth.flow_groups import FlowGroups
    from media.config import MediaConfig
    from media.consumer import Consumer, ConsumerListener, ConsumerTransport
    from media.counts import Counts
    from media.data import DataProducer
    from media.net.dtls import Certificate
    from media.net.endpoints import Endpoints
    from media.ortc.parameters import IceCandidate, MediaKind, RtpCapabilities, RtpParameters
    from media.producer import Producer, ProducerTransport
    from media.send.transport_wide import TransportWideTable
    from media.ticker import Ticker
    from media.turns import Turns


class Host(Protocol):
    """An `Sfu`, as its transports know it."""

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
    def flow_groups(self) -> FlowGroups: ...
    @property
    def handshake_turns(self) -> Turns: ...
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
    def adopt_consumer(
        self,
        transport: ConsumerTransport,
        consumer_id: str,
        producer_id: str,
        rtp_parameters: RtpParameters,
        listener: ConsumerListener,
    ) -> Consumer: ...
    def add_producer(self, producer: Producer) -> None: ...
    def remove_producer(self, producer: Producer) -> None: ...
    def add_data_producer(self, producer: DataProducer) -> None: ...
    def data_producer(self, data_producer_id: str) -> DataProducer: ...
    def remove_transport(self, transport_id: str) -> None: ...
