"""SCTP over DTLS (RFC 8261) by aiortc, cut down to messages on streams.

mediasoup's clients open their data channels as `negotiated`, so there is no DCEP: a stream id and a payload
protocol identifier (RFC 8831 section 8) are all there is. aiortc trusts its peer; what a hostile one could do to
the event loop or to memory is refused here, before aiortc sees it. Private members of aiortc that this module
uses, and nobody else may: `_receive`, `_send`, `_abort`, `_set_state`, `_handle_data`, `_receive_data_chunk`,
`_get_inbound_stream`, `_association_state`, `_local_tsn`, `_last_received_tsn`, `_sack_misordered`,
`_advertised_rwnd`, `_inbound_streams`, `_outbound_queue`, `_sent_queue`, and of the DTLS transport
`_unregister_data_receiver`.
`tests/media/test_data.py` holds the contract.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiortc.rtcsctptransport import USERDATA_MAX_LENGTH, RTCSctpCapabilities, RTCSctpTransport

from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from media.net.dtls import DtlsTransport
    from media.ortc.parameters import SctpStreamParameters

logger = logging.getLogger(__name__)

SCTP_PORT: Final = 5000
MAX_STREAMS: Final = 1024
# Bytes that wait for a slow receiver, and chunks that wait or are on their way, which aiortc goes through again and
# again. Beyond, messages that may be lost are, and what may not ends the association.
MAX_BUFFERED_BYTES: Final = 1024 * 1024
MAX_BUFFERED_CHUNKS: Final = 1024
# Chunks that may wait for a lost one, and for the rest of their messages on one stream: those of the longest message.
MAX_MISORDERED: Final = 256
MAX_FRAGMENTS: Final = 320
# Chunks of one datagram. 1200 bytes hold 60 of the smallest messages.
MAX_CHUNKS: Final = 64

# How aiortc cuts what it sends.
FRAGMENT_SIZE: Final = USERDATA_MAX_LENGTH
COMMON_HEADER: Final = 12
CHUNK_HEADER: Final = 4
SACK: Final = 3
# Where the parameters of a chunk begin in its body, by chunk type (RFC 9260 section 3.3, RFC 6525 section 3.1).
PARAMETERS_AT: Final = {1: 16, 2: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0}


def check_packet(data: bytes, next_tsn: int) -> int:
    """How many chunks a packet has; `next_tsn` is our next number.

    Raises `ParseError` for one that would keep aiortc busy for long: a parameter of length 0 would be read for ever,
    and each gap block of a SACK is walked number by number.
    """
    chunks = 0
    position = COMMON_HEADER
    while position + CHUNK_HEADER <= len(data):
        kind, _, length = struct.unpack_from("!BBH", data, position)
        if length < CHUNK_HEADER or position + length > len(data):
            message = f"An SCTP chunk has an impossible length of {length} bytes."
            raise ParseError(message)
        chunks += 1
        if chunks > MAX_CHUNKS:
            message = f"An SCTP packet has more than {MAX_CHUNKS} chunks."
            raise ParseError(message)
        body = data[position + CHUNK_HEADER : position + length]
        if kind == SACK:
            _check_sack(body, next_tsn)
        elif kind in PARAMETERS_AT:
            _check_parameters(body[PARAMETERS_AT[kind] :])
        position += length + -length % 4
    return chunks


def _check_parameters(body: bytes) -> None:
    position = 0
    while position + CHUNK_HEADER <= len(body):
        length = struct.unpack_from("!H", body, position + 2)[0]
        if length < CHUNK_HEADER:
            message = f"An SCTP parameter has an impossible length of {length} bytes."
            raise ParseError(message)
        position += length + -length % 4


def _check_sack(body: bytes, next_tsn: int) -> None:
    if len(body) < 12:
        message = f"An SCTP SACK has at least 12 bytes, this one {len(body)}."
        raise ParseError(message)
    acknowledged, _, gaps, duplicates = struct.unpack_from("!LLHH", body)
    if len(body) < 12 + 4 * (gaps + duplicates):
        message = "An SCTP SACK ends inside its list of gaps."
        raise ParseError(message)
    outstanding = (next_tsn - 1 - acknowledged) & 0xFFFFFFFF
    previous = 0
    for index in range(gaps):
        start, end = struct.unpack_from("!HH", body, 12 + 4 * index)
        if not previous < start <= end <= outstanding:
            message = "An SCTP SACK acknowledges what was never sent, or the same twice."
            raise ParseError(message)
        previous = end


class MessageReceiver(Protocol):
    """Who takes the messages of an association."""

    def on_message(self, stream_id: int, protocol_id: int, data: bytes) -> None: ...
    def on_overrun(self) -> None: ...


class ChunkBudget(Protocol):
    """How many chunks the peer may send."""

    def admits_chunks(self, count: int) -> bool: ...
    def sent(self, chunks: int) -> None: ...


class _CountedQueue(deque[Any]):
    """Chunks that wait to be sent, and how many bytes they have, in the two methods that aiortc uses."""

    octets = 0

    def append(self, chunk: Any) -> None:
        self.octets += len(chunk.user_data)
        super().append(chunk)

    def popleft(self) -> Any:
        chunk = super().popleft()
        self.octets -= len(chunk.user_data)
        return chunk


class SctpAssociation(RTCSctpTransport):
    """One association; `begin` starts it once DTLS is connected. Without `budget` the peer is trusted."""

    def __init__(
        self, dtls: DtlsTransport, max_message_size: int, receiver: MessageReceiver, budget: ChunkBudget | None = None
    ) -> None:
        super().__init__(dtls, SCTP_PORT)
        self._outbound_queue: _CountedQueue = _CountedQueue()
        self._receiver = receiver
        self._budget = budget
        self._max_message_size = max_message_size
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Open the association."""
        self._own(self.start(RTCSctpCapabilities(maxMessageSize=self._max_message_size), SCTP_PORT))

    def send_message(self, stream: SctpStreamParameters, protocol_id: int, data: bytes) -> None:
        """Send one message as reliably as the stream's parameters ask.

        A receiver that is far behind loses it, or everything if it is one that may not be lost.
        """
        if self.state != "connected" or stream.stream_id is None:
            return
        lifetime = stream.max_packet_life_time
        chunks = -(-len(data) // FRAGMENT_SIZE)
        waiting = len(self._outbound_queue) + len(self._sent_queue)
        if self._outbound_queue.octets > MAX_BUFFERED_BYTES or waiting + chunks > MAX_BUFFERED_CHUNKS:
            if lifetime is None and stream.max_retransmits is None:
                self._overrun("leaves too much unread")
            return
        if self._budget is not None:
            self._budget.sent(chunks)
        self._own(
            self._send(
                stream.stream_id,
                protocol_id,
                data,
                expiry=time.time() + lifetime / 1000 if lifetime is not None else None,
                max_retransmits=stream.max_retransmits,
                ordered=stream.ordered,
            )
        )

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        self._receiver.on_message(stream_id, pp_id, data)

    async def _handle_data(self, data: bytes) -> None:
        try:
            chunks = check_packet(data, self._local_tsn)
            if self._budget is not None and not self._budget.admits_chunks(chunks):
                self._overrun("sends too many chunks")
                return
            await super()._handle_data(data)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - aiortc checks with assertions, TypeErrors and much else
            logger.debug("Dropped an SCTP packet: %r", error)

    async def _receive_data_chunk(self, chunk: Any) -> None:
        """Keep to the window that we offer, whether the peer does or not."""
        if self._last_received_tsn is None or self._association_state == self.State.CLOSED:
            return
        ahead = chunk.tsn != (self._last_received_tsn + 1) & 0xFFFFFFFF
        if ahead and (len(self._sack_misordered) >= MAX_MISORDERED or self._advertised_rwnd < len(chunk.user_data)):
            return
        stream = self._inbound_streams.get(chunk.stream_id)
        waiting = len(stream.reassembly) if stream is not None else 0
        if waiting >= MAX_FRAGMENTS or self._advertised_rwnd < -self._max_message_size:
            self._overrun("sends a message without end")
            return
        await super()._receive_data_chunk(chunk)

    def _get_inbound_stream(self, stream_id: int) -> Any:
        if stream_id >= MAX_STREAMS:
            message = f"There is no SCTP stream {stream_id}."
            raise ParseError(message)
        return super()._get_inbound_stream(stream_id)

    def _overrun(self, what: str) -> None:
        if self._association_state != self.State.CLOSED:
            logger.info("Ended an SCTP association whose peer %s", what)
            self.end()
            self._receiver.on_overrun()

    def end(self) -> None:
        """Abort the association. Synchronous and idempotent."""
        if self._association_state != self.State.CLOSED:
            self._own(self._abort())
        self.transport._unregister_data_receiver(self)
        self._set_state(self.State.CLOSED)

    def _own(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.debug("SCTP: %r", error)
