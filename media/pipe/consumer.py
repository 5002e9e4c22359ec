"""A track on its way into a pipe: each of its encodings once, as long as the other end wants it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Protocol

from media.bandwidth.allocation_ladder import UNLIMITED
from media.pipe.parameters import piped_parameters
from media.send.sent_reports import SentReports
from media.send.sequence_map import SequenceMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from media.ortc.parameters import MediaKind, RtpParameters
    from media.producer import Producer
    from media.receive.stream import ReceiveStream
    from media.rtp.packet import Packet
    from media.rtp.rtcp import Nack
    from media.send.destination import Destination


class PipeConsumerListener(Protocol):
    """Who wants to know about a track that goes into a pipe."""

    def on_pipe_consumer_paused(self, consumer: PipeConsumer, *, paused: bool) -> None: ...
    def on_pipe_consumer_closed(self, consumer: PipeConsumer) -> None: ...


class Pipe(Protocol):
    """The near end of a pipe, as its tracks know it."""

    destination: Destination

    @property
    def connected(self) -> bool: ...
    def resend(self, ssrc: int, sequence_numbers: Iterable[int]) -> int: ...
    def remove_consumer(self, consumer: PipeConsumer) -> None: ...


class PipedLayer:
    """One encoding. Numbers go on without a jump over pauses, all else stays as the router has it.

    To its producer it is one of the consumers (`media.producer.Follower`).
    """

    def __init__(
        self, pipe: Pipe, producer: Producer, stream: ReceiveStream, ssrc: int, clock: Callable[[], float]
    ) -> None:
        self.ssrc = ssrc
        self.wanted = True
        self.closed = False
        self.resent = 0
        self.reports = SentReports(ssrc, producer.consumable.rtcp.cname or "")
        self._pipe = pipe
        self._producer = producer
        self._stream = stream
        self._clock = clock
        self._cap_bps: int | None = None
        self._waiting = False
        self._map = SequenceMap(pipe.destination, ssrc)
        producer.follow(self)

    @property
    def flows(self) -> bool:
        """Whether its packets go into the pipe at the moment."""
        return self._map.forward is not None

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and payload octets so far, those that were sent again not counted."""
        return self._map.sent

    def want(self, *, wanted: bool, max_bitrate_bps: int, now: float) -> None:
        """The other end has somebody for it, or nobody, and place for so much; 0 for whatever it takes."""
        self._cap_bps = max_bitrate_bps or None
        self.wanted = wanted
        if wanted:
            self.retarget(now)
        else:
            self._detach()

    def close(self) -> None:
        """Stop for good. Idempotent."""
        if not self.closed:
            self.closed = True
            self._detach()
            self._producer.unfollow(self)
            self._map.clear()

    def socket_changed(self) -> None:
        """The pipe is connected, or is no longer."""
        self._map.changed()

    # --- what the producer calls ---

    def retarget(self, now: float) -> None:
        """Say what is wanted, and begin where it can; once a second, and when something has changed."""
        if self.closed or not self.wanted or self._producer.paused or not self._pipe.connected:
            return
        self._producer.want_layer(self._stream.layer, now)
        self._producer.use_layer(self, self._stream.layer, self._cap_bps, now)
        # A layer of several that is not being sent tells when it starts.
        comes = len(self._producer.streams) == 1 or self._stream.active(now)
        if not self.flows and not self._waiting and comes:
            self._waiting = True
            self._producer.wait_for_switch_point(self, self._stream, now)

    def affords_key_frame(self, _stream: ReceiveStream, _now: float) -> bool:
        """Each receiver at the other end has a budget of its own, and each sender one for all."""
        return True

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None:
        """Begin with `packet`."""
        self._waiting = False
        if self.closed or not self.wanted or not self._pipe.connected:
            return
        self._map.begin(
            stream,
            packet,
            now,
            clock_rate=stream.format.clock_rate,
            joins_picture_ids=False,
            allowed=UNLIMITED,
        )

    def on_producer_paused(self) -> None:
        """Nothing comes any more."""
        self._detach()

    def on_producer_resumed(self, now: float) -> None:
        """Something comes again."""
        self.retarget(now)

    def on_producer_closed(self) -> None:
        """Close along with the producer."""
        self.close()

    # --- what the other end asks for and reports, by RTCP ---

    @property
    def kind(self) -> MediaKind:
        """`audio` or `video`."""
        return self._producer.kind

    def behind_s(self, _sequence_number: int, _now: float) -> float:
        """Not asked: what a pipe carries is not estimated."""
        return 0.0

    def resend(self, nack: Nack, _now: float) -> int:
        """Answer a NACK (RFC 4585 section 6.2.1)."""
        sent = self._pipe.resend(self.ssrc, nack.lost)
        self.resent += sent
        return sent

    def request_key_frame(self) -> None:
        """Ask the sender for a keyframe, not more often than it may be asked."""
        if not self.closed:
            self._producer.request_key_frame(self._stream, self._clock())

    def sender_report(self, now: float, set_back_s: float = 0.0, *, by_arrival: bool = False) -> bytes | None:
        """A report and CNAME (RFC 3550 section 6.4.1), with the sender's own NTP time; None where it has told none."""
        del by_arrival  # no path of a pipe is to be proven
        clock = self._stream.clock
        if clock is None or not self.flows:
            return None
        return self.reports.build(clock, 0, self.sent, now, set_back_s)

    # --- inside ---

    def _detach(self) -> None:
        self._producer.stop_waiting(self)
        self._waiting = False
        self._map.end()


class PipeConsumer:
    """A producer's track into a pipe. `rtp_parameters` are what the other end makes its producer of (`produce`)."""

    def __init__(
        self, pipe: Pipe, producer: Producer, listener: PipeConsumerListener, clock: Callable[[], float]
    ) -> None:
        self.id = str(uuid.uuid4())
        self.producer = producer
        self.rtp_parameters: RtpParameters = piped_parameters(producer.consumable)
        self.closed = False
        self._pipe = pipe
        self._listener = listener
        self._clock = clock
        # Last of the followers: `on_producer_…` reaches the layers first.
        self.layers = [
            PipedLayer(pipe, producer, stream, encoding.ssrc or 0, clock)
            for stream, encoding in zip(producer.streams, self.rtp_parameters.encodings, strict=True)
        ]
        producer.follow(self)
        self.retarget(clock())

    @property
    def producer_id(self) -> str:
        """The producer's id, at both ends."""
        return self.producer.id

    @property
    def kind(self) -> MediaKind:
        """`audio` or `video`."""
        return self.producer.kind

    def set_layers(self, count: int, max_bitrates_bps: Sequence[int] = ()) -> None:
        """The other end wants so many layers, the smallest first, each with at most so much; 0 for whatever it takes.

        What its producer asks its transport for (`on_pipe_layers_wanted`) is to be handed on to here.
        """
        now = self._clock()
        for index, layer in enumerate(self.layers):
            cap = max_bitrates_bps[index] if index < len(max_bitrates_bps) else 0
            layer.want(wanted=index < count, max_bitrate_bps=max(0, cap), now=now)

    def close(self) -> None:
        """Stop for good. Idempotent."""
        if self.closed:
            return
        self.closed = True
        for layer in self.layers:
            layer.close()
        self.producer.unfollow(self)
        self._pipe.remove_consumer(self)

    # --- what the producer calls ---

    def retarget(self, now: float) -> None:
        """Have each layer say what is wanted."""
        for layer in self.layers:
            layer.retarget(now)

    def affords_key_frame(self, _stream: ReceiveStream, _now: float) -> bool:
        """It waits for none itself."""
        return False

    def on_switch_point(self, _stream: ReceiveStream, _packet: Packet, _now: float) -> None:
        """It waits for none itself."""

    def on_producer_paused(self) -> None:
        """Tell the other end, whose receivers are told."""
        self._listener.on_pipe_consumer_paused(self, paused=True)

    def on_producer_resumed(self, _now: float) -> None:
        """Tell the other end, whose receivers are told."""
        self._listener.on_pipe_consumer_paused(self, paused=False)

    def on_producer_closed(self) -> None:
        """Close along with the producer, and tell the other end."""
        if not self.closed:
            self.close()
            self._listener.on_pipe_consumer_closed(self)
