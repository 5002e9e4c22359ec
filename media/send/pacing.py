"""The way of video to a subscriber on a narrow link: through a `Pacer`, so that a keyframe goes out over time.

A packet that waits is complete but for what tells of its departure: the send time and the transport-wide number are
written when it leaves. So it doesn't matter what becomes of its stream meanwhile.

What would wait too long is dropped: pictures of the fastest temporal layers first (`thinning`), and only if that is not
enough, all of a stream up to its next keyframe. It has not been encrypted, so its sequence numbers are given back. A
receiver that saw a gap would ask for it in vain, count it as lost, and, where it doesn't begin anew with a keyframe
(aiortc), show nothing for as long as its jitter buffer holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from media.rtp.packet import ABS_SEND_TIME_SIZE
from media.rtp.seq import seq_delta
from media.send.egress import Rewriter, Target
from media.send.pacer import MAX_WAIT_S, Pacer
from media.send.repeats import Repeat, Repeats
from media.send.thinning import EVERYTHING, NOTHING, Departed, numbers, thin
from media.send.transport_wide import WIRE_OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from media.rtp.packet import Packet
    from media.send.egress import Egress
    from media.send.thinning import Thinned

FACTOR: Final = 1.1
"""Packets leave at so many times the estimate, so that a frame is not late only because it is larger than others. With
more, a keyframe overflows a bottleneck that holds a tenth of a second."""
CROWDED_FACTOR: Final = 1.6
"""Where others fill the queue it takes what is sent twice, too, and nothing drains by sending less."""
BEGIN_BELOW: Final = 1.5
END_ABOVE: Final = 1.6
"""Packets are paced from when the estimate is below, until it is above so many times what is sent. Probing ends at 1.7
times that: a limit beyond it would have calm links paced for good, which costs a node several times a batch."""
CALM_S: Final = 3.0
"""How long the estimate has to be above before pacing ends."""
USELESS_S: Final = 3.0
"""For so long a receiver asks for what it lost of a stream that was left; then the numbers may be others."""
REFINED: Final = 45_000
REFINED_WAIT_S: Final = 0.8
"""For so many RTP ticks after a keyframe pictures may wait so long: encoders make them as large as it, and clear what
it left vague. Whoever gets another keyframe instead has as much before them again, and all who watch get it, too."""
THICK_S: Final = 0.1
"""With so little waiting there is place for all temporal layers again."""
SEARCHED_S: Final = 0.05
"""Where nothing was found to leave out nobody looks again for so long: a look goes through all that waits."""


class Way(Target, Protocol):
    """Where packets leave to (a `Destination`)."""

    @property
    def egress(self) -> Egress | None: ...
    @property
    def open(self) -> bool: ...


class Numbering(Rewriter, Protocol):
    """How a stream's packets are rewritten (a `PacketRewriter`), and under which number."""

    @property
    def ended(self) -> bool: ...
    def outgoing(self, extended: int) -> int: ...
    def thin(self, temporal: int, packets: Sequence[Packet], numbers: Iterable[int]) -> None: ...
    def thicken(self) -> None: ...


class Unsent(NamedTuple):
    """The newest packets of a stream, from sequence number `first` on, that never left; payload `octets` with padding.

    16 bits of the number, as on the wire.
    """

    first: int
    packets: int
    octets: int


class Skipping(Protocol):
    """Whose packets wait: a consumer of video."""

    def skip_to_key_frame(self, unsent: Unsent | None = None) -> None: ...
    def repeat(self, sequence_number: int, now: float) -> None: ...


class _Waiting:
    """A packet that waits, complete, and what it was made of; `forward` is None for a retransmission."""

    __slots__ = ("data", "forward", "packet", "ssrc")

    def __init__(self, data: bytearray, packet: Packet, ssrc: int, forward: Numbering | None = None) -> None:
        self.data = data
        self.packet = packet
        self.ssrc = ssrc
        self.forward = forward

    @property
    def sequence_number(self) -> int:
        return int.from_bytes(self.data[2:4], "big")


class Pacing:
    """Of one transport. While `active`, its video and retransmissions are put here instead of into the egress.

    `call_often` asks for `drain` each 5 ms until it returns False; `consumer_of` finds a video by its SSRC.
    """

    __slots__ = (
        "_call_often",
        "_consumer_of",
        "_crowded",
        "_departed",
        "_destination",
        "_keyframes",
        "_left",
        "_newest",
        "_now",
        "_pacer",
        "_plenty_since",
        "_repeats",
        "_thinned",
        "_thins_from",
        "_unthinnable",
        "active",
        "dropped",
        "narrow",
    )

    def __init__(
        self,
        destination: Way,
        call_often: Callable[[], None],
        consumer_of: Callable[[int], Skipping | None],
        now: float,
    ) -> None:
        self._consumer_of = consumer_of
        # The newest keyframe of each stream, by its timestamp.
        self._keyframes: dict[int, int] = {}
        # The newest number of each stream that was left, and when: what is as old is not worth sending again.
        self._left: dict[int, tuple[int, float]] = {}
        # Of each stream: who numbered the packet with the highest number that has left, and which one that was.
        self._departed: dict[int, tuple[Numbering, Departed]] = {}
        # And the highest of its numbers, 16 bits, that has left: one that was late may have overtaken what waits.
        self._newest: dict[int, int] = {}
        # Streams of which pictures are left out, and the picture with which nothing was found that could be.
        self._thinned: dict[int, Numbering] = {}
        self._unthinnable: dict[int, int] = {}
        self._thins_from = now
        self._now = now
        self.dropped = 0
        self._destination = destination
        self._call_often = call_often
        self._pacer: Pacer[_Waiting] = Pacer(0, now)
        self._plenty_since = now
        self.active = False
        # Whether the link carries less than is wanted.
        self.narrow = False
        # Whether others fill it: what later pictures need is sent twice.
        self._crowded = False
        self._repeats = Repeats()

    def __len__(self) -> int:
        return len(self._pacer)

    @property
    def queued_bytes(self) -> int:
        """All that waits, as bytes on the wire."""
        return self._pacer.queued_bytes

    @property
    def wait_s(self) -> float:
        """How long what comes now will wait."""
        return self._pacer.wait_s

    def adapt(
        self,
        estimate_bps: int | None,
        sent_bps: float,
        now: float,
        *,
        limited: bool,
        draining: bool = False,
        crowded: bool = False,
        capacity_bps: int | None = None,
    ) -> bool:
        """Pace or don't, by what the link carries and what is sent; whether that changed.

        What waits must not be overtaken: pacing ends with nothing waiting. While a queue is `draining` nothing leaves
        faster than the estimate. A link whose capacity is known is sent no burst beyond that.
        """
        self._now = now
        self.narrow = limited and estimate_bps is not None
        self._crowded = self.narrow and crowded
        before = self.active
        if estimate_bps is None:
            self.active = before and len(self._pacer) > 0
            return self._changed(before=before)
        factor = CROWDED_FACTOR if self._crowded else 1.0 if draining else FACTOR
        rate_bps = int(factor * estimate_bps)
        if capacity_bps is not None and not self._crowded:
            rate_bps = max(estimate_bps, min(rate_bps, capacity_bps))
        self._pacer.set_rate(rate_bps)
        if limited or estimate_bps < (END_ABOVE if before else BEGIN_BELOW) * sent_bps:
            self._plenty_since = now
            self.active = True
        elif before:
            self.active = now - self._plenty_since < CALM_S or len(self._pacer) > 0
        return self._changed(before=before)

    def _changed(self, *, before: bool) -> bool:
        if not self.active:
            self._thicken()
        elif not before:
            self._departed.clear()  # others have left since
            self._newest.clear()
        return self.active is not before

    def put(self, packet: Packet, forward: Numbering) -> None:
        """Queue a packet of a stream; one that comes after newer ones goes before what waits, as far as there is place.

        What is late is bounded like retransmissions: a sender can have most of its packets be late.
        """
        if packet.keyframe:
            self._keyframes[forward.ssrc] = packet.timestamp
        keyframe = self._keyframes.get(forward.ssrc) == packet.timestamp
        self._note_first(packet, forward)
        if packet.late and (self._pacer.full_of_retransmissions or self._pacer.overflows):
            self.dropped += 1
            return
        if not packet.late and self._pacer.wait_s > MAX_WAIT_S and self._thin(packet, forward):
            return
        most_s = REFINED_WAIT_S if self._refines(packet, forward.ssrc) else MAX_WAIT_S
        if self._pacer.overflows or (self._pacer.full(most_s) and not keyframe and not packet.late):
            self._skip(packet, forward)
            return
        data = bytearray(len(packet.data))
        forward.write(packet, memoryview(data), 0)
        item = _Waiting(data, packet, forward.ssrc, forward)
        if packet.late:
            self._pacer.put_first(item, len(data) + WIRE_OVERHEAD)
        else:
            self._pacer.put(item, len(data) + WIRE_OVERHEAD, keyframe=keyframe)
        self._call_often()

    def _refines(self, packet: Packet, ssrc: int) -> bool:
        """Whether a picture follows its stream's keyframe soon."""
        keyframe = self._keyframes.get(ssrc)
        return keyframe is not None and (packet.timestamp - keyframe) & 0xFFFFFFFF <= REFINED

    def _note_first(self, packet: Packet, forward: Numbering) -> None:
        """What came before the first packet that is put here has left already: in which order, nobody knows."""
        by, departed = self._departed.get(forward.ssrc, (None, NOTHING))
        if packet.late and by is not forward:
            self._departed[forward.ssrc] = (forward, EVERYTHING)
        elif not packet.late and (by is not forward or departed is EVERYTHING):
            self._departed[forward.ssrc] = (forward, Departed(packet.extended - 1, NOTHING.timestamp))

    def put_bytes(self, data: bytearray, packet: Packet, ssrc: int) -> None:
        """Queue a retransmission of a packet, complete and with the same extension block."""
        item = _Waiting(data, packet, ssrc)
        self._pacer.put_first(item, len(data) + WIRE_OVERHEAD)
        self._call_often()

    def resends(self, ssrc: int, sequence_number: int) -> bool:
        """Whether a packet of a stream can be sent again: there is place, and it is newer than what was left."""
        if self.active and self._pacer.full_of_retransmissions:
            return False
        number, at = self._left.get(ssrc, (0, float("-inf")))
        return self._now - at > USELESS_S or seq_delta(sequence_number, number) > 0

    def leave(self, ssrc: int, rtx_ssrc: int | None, newest: int, *, waiting: bool) -> Unsent | None:
        """A stream goes on with less: what was sent of it up to `newest` is not worth sending again.

        With a keyframe that comes now nothing that is `waiting` is worth sending at all, and this is what it was.
        """
        self._pacer.remove(lambda item: item.ssrc == rtx_ssrc)
        unsent = self._drop(ssrc) if waiting else None
        self._left[ssrc] = ((unsent.first - 1) & 0xFFFF if unsent is not None else newest, self._now)
        return unsent

    def lose(self, ssrc: int, rtx_ssrc: int | None, newest: int) -> None:
        """What has left of a stream went to where nobody is any more: not worth sending again before a keyframe.

        What waits, of all that was numbered up to `newest`, goes to where the client is now.
        """
        self._pacer.remove(lambda item: item.ssrc == rtx_ssrc)
        waiting = [item.sequence_number for item in self._pacer.waiting() if item.ssrc == ssrc]
        if waiting:
            first = min(waiting, key=lambda number: seq_delta(number, newest))
            newest = (self._unused(ssrc, first) - 1) & 0xFFFF
        self._left[ssrc] = (newest, self._now)

    def _skip(self, packet: Packet, forward: Numbering) -> None:
        """Too much waits: drop it and what comes of this stream until its next keyframe, and ask for one."""
        ssrc = forward.ssrc
        waited = self._drop(ssrc) or Unsent(forward.outgoing(packet.extended) & 0xFFFF, 0, 0)
        unsent = Unsent(waited.first, waited.packets + 1, waited.octets + len(packet.data) - packet.payload_at)
        self._left[ssrc] = ((unsent.first - 1) & 0xFFFF, self._now)
        self.dropped += unsent.packets
        consumer = self._consumer_of(ssrc)
        if consumer is not None:
            consumer.skip_to_key_frame(unsent)

    def _thin(self, packet: Packet, forward: Numbering) -> bool:
        """Too much waits: leave out pictures that nobody needs to decode others; whether `packet` is one of them.

        The fastest layer of all streams goes first, of its own before others.
        """
        if self._unthinnable.get(forward.ssrc) == packet.timestamp or self._now < self._thins_from:
            return False
        streams: dict[Numbering, list[_Waiting]] = {forward: []}
        for item in self._pacer.waiting():
            if item.forward is not None and not item.forward.ended:
                streams.setdefault(item.forward, []).append(item)
        while self._pacer.wait_s > MAX_WAIT_S:
            before = len(self._pacer)
            for stream, waiting in streams.items():
                coming = packet if stream is forward else None
                found = self._thinnable(stream, waiting, coming) if self._pacer.wait_s > MAX_WAIT_S else None
                if found is None:
                    continue
                streams[stream] = self._leave_out(found, stream, waiting, coming)
                if coming is not None and coming.timestamp in found.pictures:
                    return True
            if len(self._pacer) == before:
                self._unthinnable[forward.ssrc] = packet.timestamp
                self._thins_from = self._now + SEARCHED_S
                return False
        return False

    def _thinnable(self, stream: Numbering, waiting: list[_Waiting], coming: Packet | None) -> Thinned | None:
        packets = [item.packet for item in waiting]
        if coming is not None:
            packets.append(coming)
        by, departed = self._departed.get(stream.ssrc, (stream, NOTHING))
        return thin(packets, departed if by is stream else NOTHING) if packets else None

    def _leave_out(
        self, found: Thinned, stream: Numbering, waiting: list[_Waiting], coming: Packet | None
    ) -> list[_Waiting]:
        """Have a stream go on without some pictures; what of it waits then, under its new numbers."""
        pictures = found.pictures
        gone = [item.packet for item in waiting if item.packet.timestamp in pictures]
        if coming is not None and coming.timestamp in pictures:
            gone.append(coming)
        self._pacer.remove(lambda item: item.forward is stream and item.packet.timestamp in pictures)
        remaining = [item for item in waiting if item.packet.timestamp not in pictures]
        kept = {item.packet.extended for item in remaining}
        if coming is not None and coming.timestamp not in pictures:
            kept.add(coming.extended)
        # Between the packets of one picture there may be others': nobody else's number is given back.
        left_out = numbers(gone) - kept
        stream.thin(found.temporal, [packet for packet in gone if not packet.late], left_out)
        self._thinned[stream.ssrc] = stream
        self.dropped += len(gone)
        first = min(left_out)
        for item in remaining:
            if item.packet.extended > first:
                stream.write(item.packet, memoryview(item.data), 0)
        return remaining

    def _thicken(self) -> None:
        """There is place for all temporal layers again."""
        for forward in self._thinned.values():
            forward.thicken()
        self._thinned.clear()
        self._unthinnable.clear()

    def _drop(self, ssrc: int) -> Unsent | None:
        """Drop all that waits of a stream; what was in order among it."""
        dropped = self._pacer.remove(lambda item: item.ssrc == ssrc)
        if not dropped:
            return None
        octets = sum(len(item.data) - item.packet.payload_at for item in dropped)
        return Unsent(self._unused(ssrc, dropped[0].sequence_number), len(dropped), octets)

    def _unused(self, ssrc: int, number: int) -> int:
        """From this number on none has left: a second packet under one would reuse the AEAD's nonce."""
        newest = self._newest.get(ssrc)
        return number if newest is None or seq_delta(number, newest) > 0 else (newest + 1) & 0xFFFF

    def drain(self, now: float) -> bool:
        """Send what is due; whether more waits."""
        self._now = now
        destination = self._destination
        egress = destination.egress
        leaving = self._pacer.due(now)
        if egress is None or not destination.open:
            self._pacer.remove(lambda _: True)  # as all media that comes while nothing may be sent
            self._thicken()
            self._repeats.clear()
            return False
        for item in leaving:
            self._send(item, egress, now)
        for repeat in self._repeats.due(now):
            consumer = self._consumer_of(repeat.ssrc)
            if consumer is not None and self._pacer.wait_s < THICK_S:
                consumer.repeat(repeat.number, now)
        if self._thinned and self._pacer.wait_s <= THICK_S:
            self._thicken()
        return len(self._pacer) > 0 or len(self._repeats) > 0

    def send_probe(self, now: float) -> int:
        """Send what is next at once, as a packet of a probe; its bytes on the wire, 0 if nothing waits.

        Anything else would make what waits late. What is repeated of packets that have not left would look to the
        receiver as if all before them were lost.
        """
        egress = self._destination.egress
        taken = self._pacer.take() if egress is not None and self._destination.open else None
        if egress is None or taken is None:
            return 0
        self._send(taken[0], egress, now)
        return taken[1]

    def _send(self, item: _Waiting, egress: Egress, now: float) -> None:
        packet, forward = item.packet, item.forward
        if forward is not None:
            by, departed = self._departed.get(item.ssrc, (forward, NOTHING))
            if by is not forward or packet.extended > departed.extended:
                self._departed[item.ssrc] = (forward, Departed(packet.extended, packet.timestamp))
            newest = self._newest.get(item.ssrc)
            if newest is None or seq_delta(item.sequence_number, newest) > 0:
                self._newest[item.ssrc] = item.sequence_number
            if self._crowded:
                size = len(item.data) + WIRE_OVERHEAD
                # A keyframe that comes a second time with all of its packets is a new one to libwebrtc: it forgets the
                # layers that came since, and shows none but the slowest until they begin again.
                needed = not packet.temporal_layer and not packet.keyframe
                self._repeats.sent(Repeat(item.ssrc, item.sequence_number, size), now, needed=needed)
        at = packet.abs_send_time_at
        if at >= 0:
            stamp = (int(now * 262144) & 0xFFFFFF).to_bytes(ABS_SEND_TIME_SIZE, "big")
            item.data[at : at + ABS_SEND_TIME_SIZE] = stamp
        egress.put_bytes(item.data, self._destination, packet.number_at)

    def forget(self, ssrc: int) -> None:
        """Drop what waits of a stream whose place in the encryption is given up."""
        self._pacer.remove(lambda item: item.ssrc == ssrc)
        self._keyframes.pop(ssrc, None)
        self._left.pop(ssrc, None)
        for known in (self._departed, self._newest, self._thinned, self._unthinnable):
            known.pop(ssrc, None)
