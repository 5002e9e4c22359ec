"""Data channels: what one client sends on a stream, others get on a stream of theirs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from media.errors import InvalidParameters, InvalidState
from media.net.sctp import MAX_STREAMS, SCTP_PORT, SctpAssociation
from media.ortc.parameters import SctpParameters, SctpStreamParameters
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.config import MediaConfig
    from media.net.dtls import DtlsTransport

# At once a client may send what it may send in so many seconds, and a message of the greatest size in any case.
BURST_S: Final = 4
# Chunks that a client needs for its messages: one each, and one for so many bytes of them (fragments, repeats).
OCTETS_A_CHUNK: Final = 500
# A chunk that we send is acknowledged, perhaps twice.
CHUNKS_FOR_A_SENT_ONE: Final = 2


class DataProducer:
    """A data channel that a client sends on. Closed with its transport or on its own; closes its consumers."""

    def __init__(self, channels: DataChannels, stream_id: int, label: str, protocol: str) -> None:
        self.id = str(uuid.uuid4())
        self.stream_id = stream_id
        self.label = label
        self.protocol = protocol
        self.stream_parameters = SctpStreamParameters(stream_id)
        self.closed = False
        self._channels = channels
        self._consumers: list[DataConsumer] = []

    def follow(self, consumer: DataConsumer) -> None:
        """Repeat messages to one more consumer."""
        self._consumers.append(consumer)

    def unfollow(self, consumer: DataConsumer) -> None:
        """Forget a consumer."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    def on_message(self, protocol_id: int, data: bytes) -> None:
        """One message came."""
        for consumer in list(self._consumers):  # one that is too far behind is closed on the way
            consumer.send(protocol_id, data)

    def close(self) -> None:
        """End the channel for everybody. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._channels.remove_producer(self)
        for consumer in list(self._consumers):
            consumer.close()


class DataConsumer:
    """A data channel that a client receives on, as reliable as the producer's."""

    def __init__(self, channels: DataChannels, producer: DataProducer, stream: SctpStreamParameters) -> None:
        self.id = str(uuid.uuid4())
        self.data_producer_id = producer.id
        self.label = producer.label
        self.protocol = producer.protocol
        self.sctp_stream_parameters = stream
        self.closed = False
        self._channels = channels
        self._producer = producer
        producer.follow(self)

    def send(self, protocol_id: int, data: bytes) -> None:
        """Repeat one message."""
        self._channels.send(self.sctp_stream_parameters, protocol_id, data)

    def close(self) -> None:
        """Stop for good. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._producer.unfollow(self)
        self._channels.remove_consumer(self)


class DataBudget:
    """What one client may send on all its data channels together: messages, bytes, and SCTP chunks of any kind."""

    def __init__(self, config: MediaConfig, clock: Callable[[], float]) -> None:
        now = clock()
        messages, octets = config.data_messages_per_s, config.data_bps / 8
        at_once = max(BURST_S * octets, 2 * config.max_message_size)
        chunks_at_once = BURST_S * messages + at_once / OCTETS_A_CHUNK
        self._clock = clock
        self._messages = TokenBucket(messages, BURST_S * messages, now)
        self._octets = TokenBucket(octets, at_once, now)
        self._chunks = TokenBucket(messages + octets / OCTETS_A_CHUNK, chunks_at_once, now)

    def admits_message(self, octets: int) -> bool:
        """Whether one more message is within the budget; it is counted then."""
        now = self._clock()
        return self._messages.spend(1, now) and self._octets.spend(octets, now)

    def admits_chunks(self, count: int) -> bool:
        """Whether a datagram of so many chunks is within the budget; they are counted then."""
        return self._chunks.spend(count, self._clock())

    def sent(self, chunks: int) -> None:
        """We have sent so many, which will be acknowledged."""
        self._chunks.give(CHUNKS_FOR_A_SENT_ONE * chunks)


class DataChannels:
    """All data channels of one transport, both ways. The association opens with the first of them.

    Not before: who has no data channel doesn't answer, and the association would be given up. A client that sends
    more than its budget, or leaves too much unread, loses all its data channels for good.
    """

    def __init__(self, dtls: DtlsTransport, config: MediaConfig, clock: Callable[[], float]) -> None:
        max_message_size = config.max_message_size
        self._dtls = dtls
        self._budget = DataBudget(config, clock)
        self._overrun = False
        self._max_message_size = max_message_size
        self._association: SctpAssociation | None = None
        self._connected = False
        self._next_stream_id = 0
        self._producers: dict[int, DataProducer] = {}
        self._consumers: dict[int, DataConsumer] = {}
        self.parameters = SctpParameters(
            port=SCTP_PORT,
            os=MAX_STREAMS,
            mis=MAX_STREAMS,
            max_message_size=max_message_size,
            max_send_message_size=max_message_size,
            max_receive_message_size=max_message_size,
        )

    def start(self) -> None:
        """DTLS is connected."""
        self._connected = True
        if self._producers or self._consumers:
            self._open()

    def stop(self) -> None:
        """DTLS is gone; the channels stay, but nothing goes through them any more."""
        self._connected = False
        if self._association is not None:
            self._association.end()
            self._association = None

    def produce(self, stream: SctpStreamParameters, label: str, protocol: str) -> DataProducer:
        """Take messages of a stream. Raises `InvalidParameters` or `InvalidState`."""
        self._check_not_overrun()
        if stream.stream_id is None or not 0 <= stream.stream_id < MAX_STREAMS:
            message = f"A data producer needs a streamId from 0 to {MAX_STREAMS - 1}."
            raise InvalidParameters(message)
        if stream.stream_id in self._producers:
            message = f"SCTP stream {stream.stream_id} is used by another data producer."
            raise InvalidParameters(message)
        producer = DataProducer(self, stream.stream_id, label, protocol)
        producer.stream_parameters = stream
        self._producers[stream.stream_id] = producer
        self._open()
        return producer

    def consume(self, producer: DataProducer) -> DataConsumer:
        """Send a producer's messages on a free stream. Raises `InvalidParameters` if none is, or `InvalidState`."""
        self._check_not_overrun()
        if len(self._consumers) == MAX_STREAMS:
            message = "All SCTP streams of this transport are in use."
            raise InvalidParameters(message)
        # Around in a circle: the client may still be closing a channel with a number that is free here.
        while (stream_id := self._next_stream_id) in self._consumers:
            self._next_stream_id = (stream_id + 1) % MAX_STREAMS
        self._next_stream_id = (stream_id + 1) % MAX_STREAMS
        source = producer.stream_parameters
        stream = SctpStreamParameters(stream_id, source.ordered, source.max_packet_life_time, source.max_retransmits)
        consumer = DataConsumer(self, producer, stream)
        self._consumers[stream_id] = consumer
        self._open()
        return consumer

    def send(self, stream: SctpStreamParameters, protocol_id: int, data: bytes) -> None:
        """Send one message, if the association is open."""
        if self._association is not None:
            self._association.send_message(stream, protocol_id, data)

    def on_message(self, stream_id: int, protocol_id: int, data: bytes) -> None:
        """One message came; on a stream that nobody announced it is dropped."""
        if not self._budget.admits_message(len(data)):
            self.on_overrun()
            return
        producer = self._producers.get(stream_id)
        if producer is not None:
            producer.on_message(protocol_id, data)

    def on_overrun(self) -> None:
        """The client went over its limits: nothing goes through its data channels any more."""
        if not self._overrun:
            self._overrun = True
            self.close()

    def remove_producer(self, producer: DataProducer) -> None:
        """Forget a closed producer."""
        self._producers.pop(producer.stream_id, None)

    def remove_consumer(self, consumer: DataConsumer) -> None:
        """Forget a closed consumer."""
        stream_id = consumer.sctp_stream_parameters.stream_id
        if stream_id is not None:
            self._consumers.pop(stream_id, None)

    def close(self) -> None:
        """Close all channels and the association. Idempotent."""
        for producer in list(self._producers.values()):
            producer.close()
        for consumer in list(self._consumers.values()):
            consumer.close()
        self.stop()

    def _open(self) -> None:
        if self._association is not None and self._association.state == "closed":
            self._association.end()
            self._association = None
        if self._connected and self._association is None:
            self._association = SctpAssociation(self._dtls, self._max_message_size, self, self._budget)
            self._association.begin()

    def _check_not_overrun(self) -> None:
        if self._overrun:
            message = "The data channels of this transport were closed because they were used beyond their limits."
            raise InvalidState(message)


def check_enabled(channels: DataChannels | None) -> DataChannels:
    """The data channels of a transport that has any. Raises `InvalidState` where they are turned off."""
    if channels is None:
        message = "Data channels are turned off on this server. Its operator can turn them on by a setting."
        raise InvalidState(message)
    return channels
