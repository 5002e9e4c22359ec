"""One received RTP stream: a simple track, or one layer of a simulcast track.

Takes authenticated packets, repairs the order with NACKs, drops what carries nothing, and hands canonical
packets (`media.rtp.packet`) to the consumers that forward from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from media.codecs.red import name_blocks
from media.net.buffers import MAX_PACKET
from media.receive.bitrates import LayerBitrates
from media.receive.inspection import DependencyInspector, inspector_for
from media.receive.keyframes import KeyFrameThrottle
from media.receive.nack import MAX_GAP, NackGenerator
from media.receive.packet_cache import PacketCache
from media.receive.plain_audio import PlainAudio
from media.receive.round_trip import INITIAL_WAIT_MS
from media.rtp.packet import HEADER, Packet
from media.rtp.reception import Reception, SenderClock
from media.rtp.rtp import build_extensions
from media.rtp.seq import Unwrapper
from media.send.fanout import Forwards
from media.send.rewriter import Gaps
from media.stats import StreamStats

if TYPE_CHECKING:
    from media.audio.microphone import Microphone
    from media.receive.whole import WholeStream
    from media.rtp.rtcp import ReportBlock, SenderReport
    from media.rtp.rtp import RtpHeader

CACHE_PACKETS: Final = 512
# Packets must fit into a slot of the way out even as retransmissions, which are two bytes longer (RFC 4588).
MAX_CANONICAL: Final = MAX_PACKET - 2
ABSENT: Final = bytes(3)
NO_NUMBER: Final = bytes(2)
# A stream from which nothing came for so long doesn't count as being sent.
SILENT_AFTER_S: Final = 1.5


NONE: Final = -1


class StreamListener(Protocol):
    """Who owns a stream (its producer)."""

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None:
        """A consumer may start with this packet; it is neither forwarded nor counted as the highest yet."""

    def on_started(self, stream: ReceiveStream, now: float, *, keyframe: bool) -> None:
        """A packet comes after a silence, or the first one; it is neither forwarded nor counted as the highest yet."""

    def on_frame(self, stream: ReceiveStream, now: float, *, keyframe: bool) -> None:
        """A new frame of video begins; `last_arrival` is now already."""

    def on_missing(self, stream: ReceiveStream, now: float) -> None:
        """More packets are missing: `missing` wants to be called soon, and as long as the stream is `repairing`."""


class StreamFormat:
    """What does not change over a stream's life: codec, payload type out, and header extensions in and out.

    `received_payload_type` is the sender's, `payload_type` the router's. `extensions` maps incoming to outgoing
    ids. `abs_send_time_id` and `transport_wide_id` are the outgoing ids, `audio_level_id` (RFC 6464) and
    `descriptor_id` (of dependency descriptors) the incoming ones; 0 for none. `red_payload_types` are the sender's and
    the router's for the same sound with redundancy (`media.codecs.red`), where the sender has it.
    """

    __slots__ = (
        "abs_send_time_id",
        "audio_level_id",
        "clock_rate",
        "descriptor_id",
        "extensions",
        "is_video",
        "mime_type",
        "payload_type",
        "received_payload_type",
        "received_red_payload_type",
        "red_payload_type",
        "stamped",
        "transport_wide_id",
        "uses_nack",
    )

    def __init__(
        self,
        mime_type: str,
        clock_rate: int,
        received_payload_type: int,
        payload_type: int,
        extensions: dict[int, int],
        abs_send_time_id: int,
        *,
        uses_nack: bool,
        transport_wide_id: int = 0,
        audio_level_id: int = 0,
        red_payload_types: tuple[int, int] | None = None,
        descriptor_id: int = 0,
    ) -> None:
        self.received_red_payload_type, self.red_payload_type = red_payload_types or (NONE, NONE)
        self.mime_type = mime_type
        self.clock_rate = clock_rate
        self.received_payload_type = received_payload_type
        self.payload_type = payload_type
        self.extensions = extensions
        self.abs_send_time_id = abs_send_time_id
        self.transport_wide_id = transport_wide_id
        # What each packet has room for, to be written when it leaves; first in the block, in this order.
        self.stamped = [(abs_send_time_id, ABSENT)] if abs_send_time_id else []
        if transport_wide_id:
            self.stamped.append((transport_wide_id, NO_NUMBER))
        self.audio_level_id = audio_level_id
        self.descriptor_id = descriptor_id
        self.is_video = mime_type.lower().startswith("video/")
        self.uses_nack = uses_nack


class ReceiveStream:
    """`layer` is the index of the encoding, 0 the smallest; `ssrc` may be learnt later.

    A `microphone` hears the level of each packet, and its gate may be closed to it: then it goes only to those who
    follow `whole` (of audio), and the numbering closes over it, so that receivers see a pause and no loss.
    """

    def __init__(self, stream_format: StreamFormat, layer: int, listener: StreamListener) -> None:
        self.format = stream_format
        self.layer = layer
        self.ssrc: int | None = None
        self.forwards = Forwards(may_wait=stream_format.is_video)
        self.microphone: Microphone | None = None
        self.whole: WholeStream | None = None
        # For receivers that don't know RED, where the sender may send it.
        self.plain = (
            PlainAudio(self, stream_format.red_payload_type, stream_format.payload_type)
            if stream_format.red_payload_type != NONE
            else None
        )
        self.keyframes = KeyFrameThrottle()
        self.bitrates = LayerBitrates()
        self.reception = Reception(stream_format.clock_rate)
        self.clock: SenderClock | None = None
        # The newest packet handed on: its canonical extended sequence number, timestamp, picture id and arrival.
        self.highest = -1
        self.highest_timestamp = 0
        self.highest_picture_id = 0
        self.highest_tl0_picture_index = 0
        self.last_arrival: float | None = None
        self._stopped = False
        self.discarded = 0
        self.gated = 0
        self.repaired = 0
        self._listener = listener
        self._unwrapper = Unwrapper()
        self._highest_raw = -1
        self._after_outage = 0
        self._padding = Gaps()
        self._cache: PacketCache[Packet] = PacketCache(CACHE_PACKETS)
        self._nack = NackGenerator()
        self._inspect = inspector_for(stream_format.mime_type)
        self._dependencies = DependencyInspector()
        self._plain_block = build_extensions(stream_format.stamped)
        # The last packet of a frame whose picture may go on with the next spatial layer.
        self._held: Packet | None = None

    @property
    def origin(self) -> object:
        """Itself: its other forms (`whole`, `plain`) are made from it."""
        return self

    def active(self, now: float) -> bool:
        """Whether the sender sends this stream at the moment."""
        return not self._stopped and self.last_arrival is not None and now - self.last_arrival < SILENT_AFTER_S

    def stopped(self) -> None:
        """The sender does not send this stream any more; what comes later starts it again."""
        self._stopped = True

    def receive(
        self,
        view: memoryview,
        header: RtpHeader,
        extensions: dict[int, tuple[int, int]],
        now: float,
        *,
        recovered: bool = False,
    ) -> None:
        """One packet in this stream's own numbering; `recovered` if it came by its RTX stream."""
        if recovered:
            raw = self._unwrapper.peek(header.sequence_number)
            if raw > self._highest_raw:
                # Order is not learnt from retransmissions; if it is really lost, it will be missed and asked for.
                self.discarded += 1
                return
        else:
            raw = self._unwrapper.unwrap(header.sequence_number)
            self.reception.received(raw, header.timestamp, header.payload_length, now)
        newest = raw > self._highest_raw
        if header.payload_length == 0:
            self._receive_padding(raw, now, newest=newest, recovered=recovered)
            return
        if newest and raw - self._highest_raw > MAX_GAP and self.highest >= 0:
            # An outage or a restart of the sender: nobody waits for what was in between.
            self._padding.skip(raw - self._highest_raw - 1)
            self._after_outage = raw
        extended = self._padding.close(raw)
        if not newest and self._useless(raw, extended):
            self.discarded += 1
            return
        packet = self._canonical(view, header, extensions, extended)
        if len(packet.data) > MAX_CANONICAL:
            self.discarded += 1
            return
        packet.late = not newest
        if self.whole is not None:
            self.whole.next = raw
        if self.microphone is not None and not self._admitted(self.microphone, packet, view, extensions, raw, now):
            return
        if self.format.uses_nack:
            self._note_order(raw, packet, now, recovered=recovered)
        self._hand_on(packet, raw, now)

    def _hand_on(self, packet: Packet, raw: int, now: float) -> None:
        """Keep the packet for those who will miss it, and give it to all who follow."""
        if self._held is not None and not packet.late:
            self._let_go(self._held, packet, now)
        self._cache.put(packet.extended, packet)
        if packet.picture_id_at >= 0:
            self._unwrap_picture_id(packet)
        if packet.keyframe:
            self.keyframes.arrived()
        started = not self.active(now)
        self.last_arrival = now
        self._stopped = False
        if self.format.is_video:
            if started:
                self.bitrates.start(now)
            self.bitrates.count(packet, now)
            if packet.timestamp != self.highest_timestamp and not packet.late:
                self._listener.on_frame(self, now, keyframe=packet.keyframe)
        if started:
            self._listener.on_started(self, now, keyframe=packet.keyframe)
        if packet.keyframe or not self.format.is_video:
            self._listener.on_switch_point(self, packet, now)
        if not packet.late:
            self._highest_raw = raw
        self._send_on(packet, now)

    def _note_highest(self, packet: Packet) -> None:
        self.highest = packet.extended
        self.highest_timestamp = packet.timestamp
        if packet.picture_id_at >= 0:
            self.highest_picture_id = packet.picture_id
            self.highest_tl0_picture_index = packet.tl0_picture_index

    def _send_on(self, packet: Packet, now: float) -> None:
        """Send it on, unless it has to wait for the next one (`_let_go`)."""
        if packet.ends_frame and not packet.late and not packet.marked:
            self._held = packet
        else:
            self._forward(packet, now)

    def _let_go(self, held: Packet, following: Packet, now: float) -> None:
        """Send on the last packet of a frame, now that it is known whether its picture goes on.

        Chromium's VP9 encoder leaves out spatial layers that would take too much, and then no packet of the picture has
        the marker. A receiver waits for the rest, and for all that is built on it: 3 s, until it asks for a keyframe.
        """
        self._held = None
        missing = following.extended - held.extended - 1
        if following.timestamp == held.timestamp:
            if not missing:
                held.layer_above = following.spatial_layer
        elif not missing or (missing == 1 and not following.starts_frame):
            held.mark()  # the one that is missing is the first of the next picture
        self._forward(held, now)

    def _forward(self, packet: Packet, now: float) -> None:
        if not packet.late:
            self._note_highest(packet)
        packet.stamp(int(now * 262144) & 0xFFFFFF)
        self.forwards.send(packet)
        if self.whole is not None:
            self.whole.send(packet)
        if self.plain is not None:
            self.plain.send(packet)

    def _take_red(self, packet: Packet) -> None:
        """Put the router's payload types in place. Raises `ParseError`."""
        payload = memoryview(packet.data)[packet.payload_at :]
        name_blocks(payload, self.format.received_payload_type, self.format.payload_type)
        packet.data[1] = packet.data[1] & 0x80 | self.format.red_payload_type

    def _admitted(
        self,
        microphone: Microphone,
        packet: Packet,
        view: memoryview,
        extensions: dict[int, tuple[int, int]],
        raw: int,
        now: float,
    ) -> bool:
        """Have the microphone hear the packet's level. A packet that is not admitted has gone to `whole` already."""
        if packet.late:
            if not self._padding.dropped(raw):
                return True
            self.discarded += 1
            return False
        place = extensions.get(self.format.audio_level_id)
        # Without a level nobody can tell, and all is forwarded.
        if place is None or not place[1] or microphone.hears(view[place[0]], now):
            return True
        self._gate(packet, raw, now)
        return False

    def _gate(self, packet: Packet, raw: int, now: float) -> None:
        """Close the numbering over a packet, and over what is missing before it, should that still come.

        In this order: who begins with this packet goes on in numbers in which what is missing does not count any more.
        """
        self.last_arrival = now
        self.gated += 1
        if self._highest_raw >= 0 and raw - self._highest_raw <= MAX_GAP:
            for number in range(self._highest_raw + 1, raw):
                self._padding.drop(number)
            packet.extended = self._padding.close(raw)
        self._listener.on_switch_point(self, packet, now)
        if self.whole is not None:
            self.whole.send(packet)
        self._nack.received(raw, now * 1000, is_keyframe=False, is_recovered=False)
        self._padding.drop(raw)
        self._highest_raw = raw

    def _receive_padding(self, raw: int, now: float, *, newest: bool, recovered: bool) -> None:
        """A packet without payload: the numbering closes over it, unless later packets went out before."""
        if self.highest < 0:
            return
        missing = self._nack.received(raw, now * 1000, is_keyframe=False, is_recovered=recovered)
        if missing and self.format.uses_nack:
            self._listener.on_missing(self, now)
        if newest:
            self._highest_raw = raw
            self._padding.drop(raw)

    def _useless(self, raw: int, extended: int) -> bool:
        """Whether a late packet came before, or is so old that nobody can tell."""
        if raw < self._after_outage or extended <= self.highest - CACHE_PACKETS:
            return True
        return self._cache.get(extended) is not None

    def _note_order(self, raw: int, packet: Packet, now: float, *, recovered: bool) -> None:
        if recovered:
            self.repaired += 1
        if self._nack.received(raw, now * 1000, is_keyframe=packet.keyframe, is_recovered=recovered):
            self._listener.on_missing(self, now)

    def _canonical(
        self, view: memoryview, header: RtpHeader, extensions: dict[int, tuple[int, int]], extended: int
    ) -> Packet:
        out = self.format
        items: list[tuple[int, bytes]] = []
        for identifier, (offset, length) in extensions.items():
            outgoing = out.extensions.get(identifier)
            if outgoing is not None:
                items.append((outgoing, bytes(view[offset : offset + length])))
        block = build_extensions(out.stamped + items) if items else self._plain_block
        data = bytearray(
            HEADER.pack(
                0x90 if block else 0x80,
                out.payload_type | (0x80 if header.marker else 0),
                extended & 0xFFFF,
                header.timestamp,
                0,
            )
        )
        data += block
        payload_at = len(data)
        data += view[header.payload_offset : header.payload_offset + header.payload_length]
        packet = Packet(data, extended, header.timestamp, payload_at)
        # The one-byte form starts with 0xBEDE and has one byte of id and length before a value, the two-byte form two.
        at, head = HEADER.size + 4, 1 if block[:1] == b"\xbe" else 2
        if out.abs_send_time_id:
            packet.abs_send_time_at = at + head
            at += head + len(ABSENT)
        if out.transport_wide_id:
            packet.number_at = at + head
            # Without a number there is no element, but padding.
            data[at : at + head] = bytes(head)
        self._inspect(packet)
        if header.payload_type == out.received_red_payload_type:
            self._take_red(packet)
        place = extensions.get(out.descriptor_id) if out.descriptor_id else None
        if place is not None:
            self._dependencies.inspect(packet, bytes(view[place[0] : place[0] + place[1]]))
        return packet

    def _unwrap_picture_id(self, packet: Packet) -> None:
        if self.highest >= 0:
            width = 0x8000 if packet.picture_id_wide else 0x80
            last = self.highest_picture_id
            packet.picture_id = last + (packet.picture_id - last + width // 2) % width - width // 2

    def cached(self, extended: int) -> Packet | None:
        """A packet sent not long ago, for a receiver that lost it."""
        return self._cache.get(extended)

    def missing(self, now: float, rtt_ms: float = INITIAL_WAIT_MS) -> tuple[list[int], bool]:
        """Sequence numbers to ask for again now, and whether so much is lost that only a keyframe helps.

        Answers to what was asked for are to be expected within `rtt_ms`.
        """
        lost = self._nack.due(now * 1000, rtt_ms)
        hopeless = self._nack.keyframe_needed
        self._nack.keyframe_needed = False
        return lost, hopeless

    def answered(self) -> list[tuple[float, int]]:
        """The packets that came by RTX since the last call: how many ms after they were asked for first, how often."""
        answers = list(self._nack.answers)
        self._nack.answers.clear()
        return answers

    @property
    def repairing(self) -> bool:
        """Whether packets are still being waited for."""
        return self._nack.pending

    def stats(self) -> StreamStats:
        """Counters since the beginning."""
        return StreamStats(
            layer=self.layer,
            ssrc=self.ssrc,
            packets_received=self.reception.packets,
            bytes_received=self.reception.octets,
            packets_lost=self.reception.lost,
            packets_repaired=self.repaired,
            packets_discarded=self.discarded,
            jitter=self.reception.jitter_s,
            consumers=len(self.forwards) + (len(self.plain.forwards) if self.plain is not None else 0),
        )

    def receive_sender_report(self, report: SenderReport, now: float) -> None:
        """The sender's clocks (RFC 3550 section 6.4.1)."""
        self.clock = SenderClock(report, now, self.format.clock_rate)

    def close(self) -> None:
        """Nothing comes any more: keep no packets, and nobody alive who owns this or is made of it. Idempotent."""
        self._cache = PacketCache(1)
        self._listener = _NOBODY
        self._held = None
        self.whole = self.plain = None

    def clock_by_arrival(self) -> SenderClock | None:
        """A sender's clocks that has not told them: our time when its newest packet came; None before the first.

        Any clock will do that goes on evenly (RFC 3550 section 6.4.1), but it says nothing of other tracks' time.
        """
        if self.last_arrival is None:
            return None
        return SenderClock.by_arrival(self.highest_timestamp, self.last_arrival, self.format.clock_rate)

    def report(self, now: float) -> ReportBlock | None:
        """The report block for the sender; None before the first packet."""
        if self.ssrc is None or self.reception.packets == 0:
            return None
        return self.reception.report(self.ssrc, self.clock, now)


class _Nobody:
    """Who hears a stream that is closed."""

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None: ...
    def on_started(self, stream: ReceiveStream, now: float, *, keyframe: bool) -> None: ...
    def on_frame(self, stream: ReceiveStream, now: float, *, keyframe: bool) -> None: ...
    def on_missing(self, stream: ReceiveStream, now: float) -> None: ...


_NOBODY: Final = _Nobody()
