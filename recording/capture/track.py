"""One producer's packets on their way into a file, as they are: the recorder is one more consumer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.net.buffers import SLOT_SIZE
from media.ortc.header_extensions import AUDIO_LEVEL
from media.ortc.negotiation import without_red
from media.send.destination import Destination
from recording.rtpdump import RtpdumpWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.consumer import Consumer
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import ConsumerLayers
    from media.router import Router
    from media.rtp.packet import Packet
    from media.send.egress import Members, Rewriter, Target
    from recording.capture.moment import CaptureClock


class TrackRecorder:
    """Gathers packets as a dump (`recording.rtpdump`) until `take`.

    Follows the highest layer that is being sent; the consumer's numbers go on without a jump when that changes.
    Once a second it wants `report`, which notes the sender's clock for lip-sync.
    """

    # A consumer's transport, all in one: `media.consumer.ConsumerTransport`, `ConsumerListener`, `media.send` `Egress`.

    def __init__(
        self,
        router: Router,
        producer_id: str,
        clock: CaptureClock,
        steady: Callable[[], float],
        on_closed: Callable[[TrackRecorder], None],
    ) -> None:
        """Raises `media.errors.MediaError` where the producer is gone already."""
        self.destination = Destination(plain=True)
        self.destination.egress = self
        self.connected = True
        self.takes_everything = True
        self.bandwidth_feedback: BandwidthFeedback | None = "none"
        self.sent = 0
        self.dropped = 0
        self._clock = clock
        self._steady = steady
        self._on_closed = on_closed
        self._slot = memoryview(bytearray(SLOT_SIZE))
        self._taken = bytearray()
        self._dump = RtpdumpWriter(self, clock.started_at_ms * 1000)
        capabilities = without_red(router.rtp_capabilities)
        self.consumer: Consumer = router.make_consumer(self, producer_id, capabilities, self, paused=False)
        self.consumer.retarget(steady())

    @property
    def audio_level_id(self) -> int | None:
        """The id of the header extension with audio levels (RFC 6464), where there is one."""
        extensions = self.consumer.rtp_parameters.header_extensions
        return next((extension.id for extension in extensions if extension.uri == AUDIO_LEVEL), None)

    def take(self) -> bytearray:
        """What came since the last time."""
        self._taken = bytearray()
        self._dump.flush()
        return self._taken

    def write(self, data: bytearray) -> None:
        """Get it from the dump."""
        self._taken = data

    def report(self) -> None:
        """Note the sender's NTP time of now, and follow the best layer; once a second."""
        now = self._steady()
        self.consumer.retarget(now)
        report = self.consumer.sender_report(now)
        if report is not None:
            self._dump.rtcp(report, self._clock.passed_ms())

    def request_key_frame(self) -> None:
        """Have a place from which decoding can start."""
        self.consumer.request_key_frame()

    def close(self) -> None:
        """Take no more packets. Idempotent; what was gathered can still be taken."""
        self.consumer.close()

    # --- what the consumer calls, as its transport and its listener ---

    def next_mid(self) -> str:
        """There is one track a file, so any will do."""
        return "0"

    def remove_consumer(self, _consumer: Consumer) -> None:
        """It closes with the recorder, or the recorder with it."""

    def on_consumer_closed(self, _consumer: Consumer) -> None:
        """The producer went away."""
        self._on_closed(self)

    def on_consumer_layers(self, _consumer: Consumer, _layers: ConsumerLayers | None) -> None:
        """The packets tell."""

    # --- what streams call, as the way out ---

    def fan_out(self, packet: Packet, members: Members) -> None:
        """Take a packet in order; the recorder is the only member."""
        for forward in members.forwards:
            self.put(packet, forward)

    def put(self, packet: Packet, forward: Rewriter) -> None:
        """Take a packet."""
        slot = self._slot
        forward.write(packet, slot, 0)
        self._dump.rtp(slot[: len(packet.data)], self._clock.passed_ms())
        self.sent += 1

    def put_bytes(self, data: bytes | bytearray, _destination: Target, _number_at: int = -1) -> None:
        """Take a whole packet."""
        self._dump.rtp(data, self._clock.passed_ms())
        self.sent += 1

    def flush(self) -> None:
        """Nothing waits for it."""

    def release(self) -> float:
        """Nothing waits."""
        return 0.0
