"""One client connection: ICE, DTLS and SRTP of a mediasoup `WebRtcTransport`, and what travels on it."""

from __future__ import annotations

import ctypes
import logging
import secrets
import uuid
from typing import TYPE_CHECKING, Any, Final, Protocol

from media.data import DataChannels
from media.errors import InvalidState, ParseError
from media.held_back import PACKET_OVERHEAD, Holding
from media.net.dtls import DtlsTransport, check_parameters, datagram_budget, local_parameters
from media.net.ice import IceLite, host_candidates
from media.net.path_validation import Probation
from media.net.srtp import context_of, forget, unprotect, unprotect_rtcp
from media.net.ssrc_guard import Strangers
from media.ortc.parameters import TransportOptions
from media.receive.demux import Demultiplexer
from media.receive.policer import Police
from media.reports import receiver_reports, sender_reports
from media.rtp.rtcp import (
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    SenderReport,
    build_nack,
    build_pli,
    is_rtcp,
    parse_compound,
)
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.rtp.twcc import TransportFeedbackBuilder
from media.send.destination import Destination
from media.states import ENDED, NEXT_STATES, TransportState
from media.stats import TransportStats

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.consumer import Consumer, ConsumerListener
    from media.data import DataConsumer, DataProducer
    from media.net.buffers import Block
    from media.net.srtp import Pointer
    from media.net.stun import BindingRequest
    from media.net.udp import Address, UdpSocket
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
    from media.router import Router
    from media.rtp.rtcp import RtcpPacket
    from media.rtp.rtp import RtpHeader

logger = logging.getLogger(__name__)

TRANSPORT_WIDE_CC_URI: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
FEEDBACK_INTERVAL_S: Final = 0.1
NO_EXTENSIONS: Final[dict[int, tuple[int, int]]] = {}
# The SSRC our own RTCP feedback comes from; nothing is sent on it.
FEEDBACK_SSRC: Final = 1
# Numbers in one NACK: even if no two of them share an entry, it stays within 1200 bytes.
MAX_NACKED_AT_ONCE: Final = 250
RTCP_HEADER: Final = 8
# The original sequence number, with which an RTX payload begins (RFC 4588 section 4).
OSN_SIZE: Final = 2


class TransportListener(Protocol):
    """Who wants to know about a transport."""

    def on_transport_state(self, transport: WebRtcTransport, state: TransportState) -> None: ...


class WebRtcTransport:
    """Made by a `Router`. `options` is what the client needs; `connect` brings what we need from it."""

    def __init__(self, router: Router, listener: TransportListener) -> None:
        sfu = router.sfu
        now = sfu.clock()
        self.id = str(uuid.uuid4())
        self.state = TransportState.NEW
        self.destination = Destination()
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, Consumer] = {}
        self.received_packets = 0
        self.received_octets = 0
        self.available_bitrate_bps: int | None = None
        self._router = router
        self._sfu = sfu
        self._listener = listener
        self._ice: IceLite[tuple[UdpSocket, Address]] = IceLite(sfu.config.consent_timeout_s, now)
        self._probation: Probation[tuple[UdpSocket, Address]] = Probation(now)
        self._holding = Holding(self.destination, self.consumers, self._probation)
        # Where the handshake began, and whether the peer moved meanwhile.
        self._handshake_path: tuple[UdpSocket, Address] | None = None
        self._handshake_moved = False
        self._remote_dtls: DtlsParameters | None = None
        self._handshaking = False
        certificate = sfu.certificate
        self._dtls = DtlsTransport(certificate, self._send_datagram, self)
        self._data = DataChannels(self._dtls, sfu.config, sfu.clock) if sfu.config.data_channels else None
        self._dtls_budget = datagram_budget(now, data=self._data is not None)
        self._cname = ""
        self._last_mid = -1
        self._receive_context: Pointer | None = None
        self._length = ctypes.c_int()
        self._length_pointer = ctypes.byref(self._length)
        self._police = Police(sfu.config.max_send_bps, now)
        self._demultiplexer = Demultiplexer()
        self._strangers: Strangers | None = None
        self._consumers_by_ssrc: dict[int, Consumer] = {}
        self._repairing: set[ReceiveStream] = set()
        self._feedback: TransportFeedbackBuilder | None = None
        self._feedback_id = 0
        self._feedback_ssrc = 0
        self._feedback_due = 0.0
        self.options = TransportOptions(
            id=self.id,
            ice_parameters=self._ice.local,
            ice_candidates=host_candidates([(udp.announced_ip, udp.port) for udp in sfu.sockets]),
            dtls_parameters=local_parameters(certificate),
            sctp_parameters=self._data.parameters if self._data is not None else None,
        )
        self._register_fragments()
        sfu.ticker.add(self)

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
        producer = self._router.make_producer(self, kind, rtp_parameters)
        # One name for all that comes from one client, given or not: receivers play it in sync (RFC 3550 section 6.5.1).
        self._cname = self._cname or rtp_parameters.rtcp.cname or secrets.token_hex(8)
        producer.consumable.rtcp.cname = self._cname
        self._demultiplexer.add(producer)
        producer.paused = paused
        self.producers[producer.id] = producer
        self._router.add_producer(producer)
        self._set_up_feedback(producer)
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
        consumer = self._router.make_consumer(self, producer_id, rtp_capabilities, listener, paused=paused)
        self.consumers[consumer.id] = consumer
        self._consumers_by_ssrc[consumer.ssrc] = consumer
        if self._probation.active:
            self._sfu.ticker.hurry(self)
        consumer.retarget(self._sfu.clock())
        return consumer

    def produce_data(self, stream: SctpStreamParameters, label: str = "", protocol: str = "") -> DataProducer:
        """Receive a data channel that the client opened. Raises `InvalidParameters` or `InvalidState`."""
        self._check_open()
        producer = self._data_channels().produce(stream, label, protocol)
        self._router.add_data_producer(producer)
        return producer

    def consume_data(self, data_producer_id: str) -> DataConsumer:
        """Open a data channel to the client that repeats what a data producer receives. Raises as `produce_data`."""
        self._check_open()
        return self._data_channels().consume(self._router.data_producer(data_producer_id))

    def limit_video(self, bitrate_bps: int) -> None:
        """Drop what the client sends beyond a room's limit of video, in bits/s; 0 for none."""
        self._police.limit_video(bitrate_bps, self._sfu.clock())

    def stats(self) -> TransportStats:
        """Counters since the beginning."""
        return TransportStats.of(self)

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
        self._router.remove_transport(self)

    def _close_media(self) -> None:
        for producer in list(self.producers.values()):
            producer.close()
        for consumer in list(self.consumers.values()):
            consumer.close()
        if self._data is not None:
            self._data.close()
        self._sfu.ticker.remove(self)
        self.destination.close()
        self._receive_context = None
        self._dtls.close()
        for udp in self._sfu.sockets:
            for fragment in self._ice.username_fragments:
                udp.remove_fragment(fragment)
        if self._ice.selected is not None:
            udp, address = self._ice.selected
            udp.remove_address(address, self)

    # --- what the socket calls ---

    def password_for(self, username_fragment: str) -> bytes | None:
        """The ICE password that goes with one of our fragments."""
        return self._ice.password_for(username_fragment)

    def consents(self, now: float) -> bool:
        """Whether the peer still agrees to get packets at the address it checked from (RFC 7675)."""
        return self.state not in ENDED and not self._ice.expired(now)

    def receive_check(self, request: BindingRequest, udp: UdpSocket, address: Address, now: float) -> None:
        """An authentic connectivity check came from `address`."""
        previous = self._ice.selected
        fragments = self._ice.username_fragments
        if self._ice.checked(request, (udp, address), now):
            if previous is not None:
                previous[0].remove_address(previous[1], self)
            if self.destination.set_address(address, udp.egress):
                for consumer in self.consumers.values():
                    consumer.socket_changed()
            self._moved(request, now)
            self._try_handshake()
        elif self._probation.active and self._ice.selected == (udp, address):
            self._probation.checked(request.transaction_id, now)
        self._unregister_fragments(fragments)
        if self._ice.selected == (udp, address):
            udp.add_address(address, self)
            if self.state is TransportState.DISCONNECTED:
                self._set_state(TransportState.CONNECTED if self.destination.ready else TransportState.CONNECTING)
                for consumer in list(self.consumers.values()):
                    consumer.retarget(now)

    def receive_dtls(self, data: bytes) -> None:
        """A DTLS datagram came from the selected address."""
        if self._handshake_path is None:
            self._handshake_path = self._ice.selected
        if self._dtls_budget.spend(1, self._sfu.clock()):
            self._dtls.receive(data)

    def receive_srtp(self, memory: Block, length: int, now: float) -> None:
        """An SRTP or SRTCP datagram came; decrypted in place."""
        if self._receive_context is None:
            return
        view = memory.view
        rtcp = is_rtcp(view[0], view[1]) if length > 1 else True
        bucket = self._police.rtcp if rtcp else self._police.rtp
        cost = length if length > bucket.least else bucket.least  # noqa: FURB136 - `max` takes three times as long
        if bucket.tokens < cost and not bucket.has(cost, now):
            self._police.dropped += 1
            return
        self._length.value = length
        if (unprotect_rtcp if rtcp else unprotect)(self._receive_context, memory.pointer, self._length_pointer):
            return
        bucket.tokens -= cost
        if self._probation.active:
            self._probation.received(length)
        length = self._length.value
        try:
            if rtcp:
                self._receive_rtcp(bytes(view[:length]), now)
            else:
                self._receive_rtp(view, length, now)
        except ParseError as error:
            logger.debug("Dropped a packet of transport %s: %s", self.id, error)

    def _receive_rtp(self, view: memoryview, length: int, now: float) -> None:
        header = parse_rtp_header(view, length)
        extensions = read_extensions(view, header) if header.ext_length else NO_EXTENSIONS
        self.received_packets += 1
        self.received_octets += length
        found = self._demultiplexer.find(view, header, extensions)
        police = self._police
        if police.video_limited and found and found[0].format.is_video and not police.admits_video(length, now):
            return
        if self._feedback is not None:
            self._note_arrival(view, header, extensions, now)
        if found is None:
            if self._strangers is not None:
                self._strangers.note(header.ssrc)
            return
        stream, is_rtx = found
        if not is_rtx:
            if header.payload_type == stream.format.received_payload_type:
                stream.receive(view, header, extensions, now)
        elif header.payload_length >= OSN_SIZE:
            offset = header.payload_offset
            header.sequence_number = view[offset] << 8 | view[offset + 1]
            header.payload_offset += OSN_SIZE
            header.payload_length -= OSN_SIZE
            stream.receive(view, header, extensions, now, recovered=True)

    def _note_arrival(
        self, view: memoryview, header: RtpHeader, extensions: dict[int, tuple[int, int]], now: float
    ) -> None:
        place = extensions.get(self._feedback_id)
        if self._feedback is not None and place is not None and place[1] == 2:
            offset = place[0]
            self._feedback.received(view[offset] << 8 | view[offset + 1], int(now * 1_000_000))
            self._feedback_ssrc = header.ssrc
            self._sfu.ticker.hurry(self)

    def _receive_rtcp(self, data: bytes, now: float) -> None:
        if self._strangers is not None and len(data) >= RTCP_HEADER:
            self._strangers.note(int.from_bytes(data[4:8], "big"))
        for packet in parse_compound(data):
            handle = _RTCP_HANDLERS.get(type(packet))
            if handle is not None:  # others, such as BYE: who ends a track says so in signalling
                handle(self, packet, now)

    def _receive_sender_report(self, report: SenderReport, now: float) -> None:
        stream = self._demultiplexer.by_ssrc(report.ssrc)
        if stream is not None:
            stream.receive_sender_report(report, now)
        self._receive_report_blocks(report, now)

    def _receive_report_blocks(self, report: SenderReport | ReceiverReport, now: float) -> None:
        for block in report.reports:
            consumer = self._consumers_by_ssrc.get(block.ssrc)
            if consumer is None:
                continue
            consumer.receive_report(block, now)
            latest = consumer.latest_report
            if self._probation.active and block.lsr and latest is not None:
                sent_at = consumer.report_sent_at(block.lsr)
                if self._probation.reported(block.lsr, sent_at, latest, now):
                    self._holding.release()

    def _receive_nack(self, nack: Nack, now: float) -> None:
        consumer = self._consumers_by_ssrc.get(nack.media_ssrc)
        if consumer is not None:
            consumer.resend(nack, now)

    def _receive_pli(self, pli: Pli, _now: float) -> None:
        consumer = self._consumers_by_ssrc.get(pli.media_ssrc)
        if consumer is not None:
            consumer.request_key_frame()

    def _receive_fir(self, fir: Fir, _now: float) -> None:
        for ssrc in fir.ssrcs:
            consumer = self._consumers_by_ssrc.get(ssrc)
            if consumer is not None:
                consumer.request_key_frame()

    def _receive_remb(self, remb: Remb, _now: float) -> None:
        self.available_bitrate_bps = remb.bitrate_bps

    # --- what DTLS calls ---

    def on_dtls_connected(self) -> None:
        """The keys are there: media and data may flow."""
        receiving, sending = self._dtls.sessions
        self._receive_context = context_of(receiving)
        self._strangers = Strangers(receiving, self._demultiplexer)
        self.destination.set_session(sending)
        if self._ice.selected is not None and self._ice.selected == self._handshake_path and not self._handshake_moved:
            self._probation.prove(self._ice.selected)  # whoever shook hands got what we sent there
        elif self._ice.selected is not None:
            self._probation.begin(self._ice.selected, b"", self._sfu.clock())
            self._sfu.ticker.hurry(self)
        if self._data is not None:
            self._data.start()
        if self.state is TransportState.CONNECTING:
            self._set_state(TransportState.CONNECTED)
        now = self._sfu.clock()
        for consumer in list(self.consumers.values()):
            consumer.socket_changed()
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
        self._send_rtcp(build_pli(FEEDBACK_SSRC, ssrc))

    def watch_repairs(self, stream: ReceiveStream) -> None:
        """Ask for what `stream` misses, now and until it has come."""
        if stream not in self._repairing:
            self._repairing.add(stream)
            self._sfu.ticker.hurry(self)

    def remove_producer(self, producer: Producer) -> None:
        """Forget a closed producer."""
        self.producers.pop(producer.id, None)
        for ssrc in self._demultiplexer.remove(producer):
            if self._strangers is not None:
                self._strangers.note(ssrc)
        self._repairing.difference_update(producer.streams)
        self._router.remove_producer(producer)

    def remove_consumer(self, consumer: Consumer) -> None:
        """Forget a closed consumer."""
        self.consumers.pop(consumer.id, None)
        self._consumers_by_ssrc.pop(consumer.ssrc, None)
        session = self.destination.session
        if session is not None and self.destination.egress is not None:
            self.destination.egress.flush()  # what waits there still needs the keys
            for ssrc in (consumer.ssrc, consumer.rtx_ssrc):
                if ssrc is not None:
                    forget(session, ssrc)

    # --- what the ticker calls ---

    def tick(self, now: float) -> bool:
        """Send feedback and NACKs that are due; whether to be called again soon."""
        watched = self._probation.active and bool(self.consumers)
        if watched:
            self._holding.check(now)
        self._ask_for_missing(now)
        for producer in self.producers.values():
            producer.repeat_key_frame_requests(now)
        if self._feedback is not None and now >= self._feedback_due:
            self._feedback_due = now + FEEDBACK_INTERVAL_S
            packets = self._feedback.build(FEEDBACK_SSRC, self._feedback_ssrc)
            for packet in packets:
                self._send_rtcp(packet)
            if not packets and not self._repairing and not watched:
                return False
        return self._feedback is not None or bool(self._repairing) or watched

    def _ask_for_missing(self, now: float) -> None:
        for stream in list(self._repairing):
            lost, hopeless = stream.missing(now)
            if stream.ssrc is not None:
                for start in range(0, len(lost), MAX_NACKED_AT_ONCE):
                    part = lost[start : start + MAX_NACKED_AT_ONCE]
                    self._send_rtcp(build_nack(FEEDBACK_SSRC, stream.ssrc, part))
                if hopeless and stream.format.is_video and stream.keyframes.requested(now):
                    self.request_key_frame(stream.ssrc)
            if not stream.repairing:
                self._repairing.discard(stream)

    def report(self, now: float) -> None:
        """Once a second: RTCP reports, keyframe retries, layer choice, consent."""
        if self._ice.expired(now) and self.state in {TransportState.CONNECTING, TransportState.CONNECTED}:
            self._set_state(TransportState.DISCONNECTED)
        for producer in self.producers.values():
            producer.retry_key_frames(now)
        for consumer in self.consumers.values():
            consumer.retarget(now)
        if self.connected:
            self._send_reports(now)

    def _send_reports(self, now: float) -> None:
        self._send_sender_reports(now)
        remb_bps = self._sfu.config.initial_remb_bps if self._feedback is None else 0
        for data in receiver_reports(FEEDBACK_SSRC, self.producers.values(), now, remb_bps):
            self._send_rtcp(data)

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
        if self._ice.selected is None or self.destination.session is None:
            return
        self._probation.begin(self._ice.selected, request.transaction_id, now)
        if self._probation.active:
            self._holding.begin()
            self._send_sender_reports(now)
            self._sfu.ticker.hurry(self)
        else:
            self._holding.release()

    # --- inside ---

    def _set_up_feedback(self, producer: Producer) -> None:
        """Transport-wide feedback, if this producer's parameters have both the extension and the RTCP feedback."""
        parameters = producer.rtp_parameters
        identifier = next((e.id for e in parameters.header_extensions if e.uri == TRANSPORT_WIDE_CC_URI), 0)
        wanted = any(f.type == "transport-cc" for codec in parameters.codecs for f in codec.rtcp_feedback)
        if identifier and wanted and self._feedback is None:
            self._feedback = TransportFeedbackBuilder()
            self._feedback_id = identifier

    def _try_handshake(self) -> None:
        if self._remote_dtls is not None and self._ice.selected is not None and not self._handshaking:
            self._handshaking = True
            self._dtls.start_handshake(self._remote_dtls)

    def _send_datagram(self, data: bytes) -> None:
        if self._ice.selected is not None:
            udp, address = self._ice.selected
            udp.send(data, address)

    def _send_rtcp(self, data: bytes, *, probe: bool = False) -> None:
        if self._probation.active:
            may_be_sent = self._probation.spend(len(data) + PACKET_OVERHEAD, self._sfu.clock())
            if not may_be_sent and not probe:
                return
        if self.destination.session is not None:
            self._send_datagram(self.destination.session.protect_rtcp(data))

    def _register_fragments(self) -> None:
        for udp in self._sfu.sockets:
            for fragment in self._ice.username_fragments:
                udp.add_fragment(fragment, self)

    def _unregister_fragments(self, before: list[str]) -> None:
        """Forget those of these fragments that are out of use."""
        gone = set(before).difference(self._ice.username_fragments)
        for udp in self._sfu.sockets:
            for fragment in gone:
                udp.remove_fragment(fragment)

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


_RTCP_HANDLERS: Final[dict[type[RtcpPacket], Callable[[WebRtcTransport, Any, float], None]]] = {
    SenderReport: WebRtcTransport._receive_sender_report,
    ReceiverReport: WebRtcTransport._receive_report_blocks,
    Nack: WebRtcTransport._receive_nack,
    Pli: WebRtcTransport._receive_pli,
    Fir: WebRtcTransport._receive_fir,
    Remb: WebRtcTransport._receive_remb,
}
