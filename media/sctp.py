"""SCTP over DTLS (RFC 8261) by aiortc, cut down to messages on streams.

mediasoup's clients open their data channels as `negotiated`, so there is no DCEP: a stream id and a payload
protocol identifier (RFC 8831 section 8) are all there is. Private members of aiortc that this module uses, and
nobody else may: `_receive`, `_send`, `_handle_data`. `tests/media/test_data.py` holds the contract.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final, Protocol

from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from media.dtls import DtlsTransport
    from media.parameters import SctpStreamParameters

logger = logging.getLogger(__name__)

SCTP_PORT: Final = 5000
MAX_STREAMS: Final = 1024
# Messages queued by a slow receiver beyond this many bytes are lost, so that nobody's memory grows.
MAX_BUFFERED_BYTES: Final = 4 * 1024 * 1024


class MessageReceiver(Protocol):
    """Who takes the messages of an association."""

    def on_message(self, stream_id: int, protocol_id: int, data: bytes) -> None: ...


class SctpAssociation(RTCSctpTransport):
    """One association; `begin` starts it once DTLS is connected."""

    def __init__(self, dtls: DtlsTransport, max_message_size: int, receiver: MessageReceiver) -> None:
        super().__init__(dtls, SCTP_PORT)
        self._receiver = receiver
        self._max_message_size = max_message_size
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Open the association."""
        self._own(self.start(RTCSctpCapabilities(maxMessageSize=self._max_message_size), SCTP_PORT))

    def send_message(self, stream: SctpStreamParameters, protocol_id: int, data: bytes) -> None:
        """Send one message as reliably as the stream's parameters ask; lost if the receiver is far behind."""
        if self.state != "connected" or stream.stream_id is None or self._buffered > MAX_BUFFERED_BYTES:
            return
        lifetime = stream.max_packet_life_time
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

    @property
    def _buffered(self) -> int:
        return sum(len(chunk.user_data) for chunk in self._outbound_queue)

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        self._receiver.on_message(stream_id, pp_id, data)

    async def _handle_data(self, data: bytes) -> None:
        try:
            await super()._handle_data(data)
        except (AssertionError, ValueError, LookupError, OverflowError) as error:
            logger.debug("Dropped an SCTP packet: %r", error)

    def end(self) -> None:
        """Abort the association. Synchronous and idempotent."""
        if self.state in {"connecting", "connected"}:
            self._own(self.stop())

    def _own(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.debug("SCTP: %r", error)
