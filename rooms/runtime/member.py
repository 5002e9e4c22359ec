"""A participant inside a live room, with everything media of theirs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from media.errors import MediaError
from media.states import TransportState
from rooms import protocol
from rooms.protocol.errors import Refused
from rooms.runtime.bitrates import BitrateMeter
from rooms.runtime.media_limits import check_sctp_stream
from rooms.runtime.quality import QualityMeter
from rooms.runtime.samples import Gathering
from rooms.runtime.traffic import TrafficMeter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from media.data import DataProducer
    from media.ortc.parameters import ConsumerLayers, RtpCapabilities
    from media.producer import Producer
    from media.router import Router
    from media.transport import WebRtcTransport
    from rooms.protocol import ProducerInfo
    from rooms.runtime.connection import Connection
    from rooms.runtime.observer import Visit
    from rooms.runtime.receiving import ReceivedTrack, Receiving, ReceivingElsewhere

MAX_DATA_PRODUCERS: Final = 16

logger = logging.getLogger(__name__)

ANOTHER_NODE: Final = "The server that your sound and pictures came from is gone."


class Member:
    """Listens to its own transports and consumers, and tells the client what they report."""

    def __init__(
        self,
        router: Router,
        connection: Connection,
        visit: Visit,
        capabilities: RtpCapabilities,
        now_s: float,
        *,
        address: str,
        receiving: ReceivingElsewhere | None = None,
    ) -> None:
        """`address` is where their connection comes from, empty where that isn't known.

        With `receiving` they receive from another node.
        """
        self._router = router
        self.connection = connection
        self.visit = visit
        self.peer_id = visit.peer_id
        self.address = address
        self.capabilities = capabilities
        self.send_transport: WebRtcTransport = router.create_webrtc_transport(self)
        self.recv_transport: Receiving = receiving or router.create_webrtc_transport(self)
        if receiving is not None:
            receiving.on_lost = self._receiving_lost
            receiving.on_failed = self._receiving_failed
        self.data_producers: list[DataProducer] = []
        self.meter = QualityMeter()
        self.bitrates = BitrateMeter(now_s)
        self.gathering = Gathering(now_s)
        self._traffic = TrafficMeter(now_s)
        # By their producers; what was asked for last is at the end.
        self._received: dict[str, ReceivedTrack] = {}
        # The videos that were asked for last; None where none have ever been.
        self.watched: frozenset[str] | None = None

    def transport(self, transport_id: str) -> WebRtcTransport | Receiving:
        """One of the two transports. Raises `Refused`."""
        if self.send_transport.id == transport_id:
            return self.send_transport
        if self.recv_transport.id == transport_id:
            return self.recv_transport
        raise Refused("notFound", "You have no such transport.")

    def consumer(self, consumer_id: str) -> ReceivedTrack:
        """One of my consumers. Raises `Refused`."""
        consumer = self.recv_transport.consumers.get(consumer_id)
        if consumer is None:
            raise Refused("notFound", "You have no such consumer.")
        return consumer

    def receives(self, producer_id: str) -> bool:
        """Whether I have a consumer of somebody's producer."""
        return producer_id in self._received

    def keep_videos(self, wanted: Sequence[str], most: int) -> None:
        """Get no more cameras than so many: those that were asked for longest ago go, but none of these producers.

        Shared screens stay as they are: everybody has them.
        """
        for producer_id in wanted:
            consumer = self._received.pop(producer_id, None)
            if consumer is not None:
                self._received[producer_id] = consumer
        videos = [one for one in self._received.values() if one.kind == "video"]
        cameras = [one.producer_id for one in videos if not one.is_screen]
        spare = [key for key in cameras if key not in wanted]
        for producer_id in spare[: max(0, len(cameras) - most)]:
            self.stop_consuming(producer_id)

    def stop_consuming(self, producer_id: str) -> None:
        """Get no more of somebody's producer, and be told."""
        consumer = self._received.pop(producer_id, None)
        if consumer is not None:
            consumer.close()
            self.connection.notify(protocol.ConsumerClosed(consumer.id))

    def consume(self, peer_id: str, producer: ProducerInfo) -> protocol.ConsumerCreated | None:
        """A consumer of somebody's producer for me, or None where I can't decode or can't take it."""
        if not self._router.can_consume(producer.id, self.capabilities):
            return None
        try:
            consumer = self.recv_transport.consume(producer.id, self.capabilities, self)
        except MediaError as error:
            logger.debug("Somebody cannot receive %s: %s", producer.id, error)
            return None
        consumer.is_screen = producer.source == "screen"
        self._received[producer.id] = consumer
        return protocol.ConsumerCreated(
            consumer_id=consumer.id,
            peer_id=peer_id,
            producer_id=producer.id,
            kind=consumer.kind,
            type=consumer.producer.type,
            source=producer.source,
            producer_paused=consumer.producer.paused,
            rtp_parameters=consumer.rtp_parameters,
            language=producer.language,
        )

    @property
    def sends(self) -> bool:
        """Whether any track comes from here."""
        return bool(self.send_transport.producers)

    def produce_data(self, request: protocol.ProduceData) -> DataProducer:
        """A data channel that comes from here. Raises `Refused`."""
        self.data_producers = [producer for producer in self.data_producers if not producer.closed]
        if len(self.data_producers) >= MAX_DATA_PRODUCERS:
            raise Refused("notAllowed", f"You have {MAX_DATA_PRODUCERS} data channels already.")
        check_sctp_stream(request.sctp_stream_parameters)
        producer = self.send_transport.produce_data(request.sctp_stream_parameters, request.label, request.protocol)
        self.data_producers.append(producer)
        return producer

    def consume_data(self, peer_id: str, producer: DataProducer) -> None:
        """Get somebody's data channel, where I can, and be told of it."""
        try:
            consumer = self.recv_transport.consume_data(producer.id)
        except MediaError as error:
            logger.debug("Somebody cannot receive %s: %s", producer.id, error)
            return
        self.connection.notify(
            protocol.DataConsumerCreated(
                data_consumer_id=consumer.id,
                peer_id=peer_id,
                data_producer_id=producer.id,
                label=consumer.label,
                protocol=consumer.protocol,
                sctp_stream_parameters=consumer.sctp_stream_parameters,
            )
        )

    def measure(self, now_s: float) -> None:
        """Gather what media has counted since the last call, for samples."""
        self.gathering.measured("up", self._traffic.up(self.send_transport.stats(), now_s))
        self.gathering.measured("down", self._traffic.down(self.recv_transport.stats(), self.recv_transport, now_s))

    def quality_figures(self) -> protocol.QualityFigures:
        """What the badge on their tile was judged by."""
        round_trip_s = self.meter.round_trip_s
        return protocol.QualityFigures(
            self.meter.upload_loss,
            self.meter.download_loss,
            None if round_trip_s is None else 1000 * round_trip_s,
            self.gathering.limited_by,
        )

    def close_data(self) -> None:
        """End all data channels that come from me."""
        for producer in self.data_producers:
            producer.close()
        self.data_producers.clear()

    def close_media(self) -> None:
        """Close both transports."""
        self.send_transport.close()
        self.recv_transport.close()

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None:
        """Media tells; the client must know when a connection is lost."""
        if state is TransportState.DISCONNECTED:
            self.connection.notify(protocol.TransportFailed(transport.id, "ice"))
        elif state is TransportState.FAILED:
            self.connection.notify(protocol.TransportFailed(transport.id, "dtls"))

    def on_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        """Others want more, or fewer, layers of a video of mine, or can use more, or less, of one."""
        self.connection.notify(protocol.ProducerLayersWanted(producer.id, count, list(max_bitrates_bps)))

    def _receiving_lost(self) -> None:
        """The node that I received from is gone: come again, and receive from another one."""
        self.connection.dismiss("serverClosing", ANOTHER_NODE)

    def _receiving_failed(self, reason: Literal["ice", "dtls"]) -> None:
        self.connection.notify(protocol.TransportFailed(self.recv_transport.id, reason))

    def on_consumer_closed(self, consumer: ReceivedTrack) -> None:
        """A producer went away, and my consumer with it."""
        self._received.pop(consumer.producer_id, None)
        self.connection.notify(protocol.ConsumerClosed(consumer.id))

    def on_consumer_layers(self, consumer: ReceivedTrack, layers: ConsumerLayers | None) -> None:
        """Another layer is being sent. Of sound there is one, and a newcomer receives dozens."""
        if consumer.kind == "audio":
            return
        told = protocol.ConsumerLayersChanged(consumer.id, layers, consumer.exceeds_link, consumer.withheld)
        self.connection.notify(told)
