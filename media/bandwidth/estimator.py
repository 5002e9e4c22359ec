"""What an estimator of a subscriber's bandwidth is asked and told: the one interface of all kinds of them.

An estimate is about video: packets with a transport-wide sequence number are video, its retransmissions and probes.
Audio and data are sent beside it, so that what they take of a link is missing from the estimate already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from media.bandwidth.flow_groups import Flow

MIN_BPS: Final = 50_000
"""No estimate is lower: it is less than the lowest layer needs, and enough to notice that more is possible again."""
MAX_BPS: Final = 100_000_000
"""No estimate is higher, whatever a client's feedback says."""
NO_PROBE: Final = 0
"""The probe's id of a packet that belongs to none."""

Kind = Literal["transport-cc", "remb", "none"]
"""How a client tells what arrives: transport-wide feedback, REMB beside receiver reports, or nothing."""
State = Literal["unknown", "steady", "overusing", "draining", "lossy", "silent", "probing"]
"""What an estimator does: `silent` misses feedback, `draining` lets a queue run empty, `lossy` is held by loss."""


class Acknowledged(NamedTuple):
    """One feedback packet joined with what was sent: a row a packet with a number, in order of sequence number.

    Rows that an earlier feedback has told already are left out; a row that was lost in one feedback and arrived in a
    later one may come twice.
    """

    sent_at_s: list[float]
    """When it was sent, by the clock of `now`."""
    arrived_at_s: list[float]
    """When it arrived, by a clock of the receiver's that starts anywhere; NaN if it is reported as lost."""
    sizes: list[int]
    """Bytes on the wire: the RTP packet as it was sent, protected, with UDP and IP headers (28 bytes for IPv4)."""
    probe_ids: list[int]
    """`Probe.id` of the cluster that it was sent for, else `NO_PROBE`."""
    unnumbered: list[int] | None = None
    """Bytes of video sent since the row before that no row tells of: without a number, where a sample has one, or with
    one that only a feedback packet which got lost told of. None: nothing was."""


class Probe(NamedTuple):
    """A cluster of packets, sent evenly at `bitrate_bps`, media included: its arrival tells what the link carries."""

    id: int
    """Never `NO_PROBE`, and not used again."""
    bitrate_bps: int
    size_bytes: int
    """What the cluster has at least, all its packets together."""
    packets: int
    """How many packets it has at least."""

    @property
    def duration_s(self) -> float:
        """From its first packet to its last."""
        return self.size_bytes * 8 / self.bitrate_bps


class BandwidthStats(NamedTuple):
    """An estimator's figures for samples and for people; None where it has none."""

    state: State
    estimate_bps: int | None
    acknowledged_bps: int | None
    """What arrives."""
    delay_based_bps: int | None
    loss_based_bps: int | None
    loss: float
    """The share of packets that was lost lately, 0 to 1."""
    queue_s: float
    """For how long a packet waits before the bottleneck, as far as delays tell."""
    round_trip_s: float | None


class Estimator(Protocol):
    """What one subscriber's link carries. It never raises and stays within its bounds, whatever it is told.

    `now` never goes back from one call to the next.
    """

    @property
    def estimate_bps(self) -> int | None:
        """What may be sent of video in all, retransmissions included; None: nothing is known, send what is wanted."""

    @property
    def settled_bps(self) -> int | None:
        """What may be sent in a moment, by which layers are chosen.

        The estimate, but where a short queue drains what will be given back, and where the capacity is known about that
        much: an estimate falls at each burst that queues, and grows until the next, sooner than encoders follow.
        """

    @property
    def draining(self) -> bool:
        """Whether a queue before the bottleneck is to become empty: nothing may leave faster than the estimate."""

    @property
    def capacity_bps(self) -> int | None:
        """What the link carried of video when it was last used to the full; None if that is not known.

        What leaves faster queues before the bottleneck, also where the estimate has grown beyond.
        """

    @property
    def crowded(self) -> bool:
        """Whether others fill the queue before the bottleneck: some of what is sent gets lost, however little it is."""

    @property
    def flow(self) -> Flow | None:
        """By which the bottleneck is shared with others; None where it is not known when packets wait."""

    @property
    def decreased_at(self) -> float:
        """When the estimate last fell because the link was overused; minus infinity for never."""

    def on_feedback(self, sent: Acknowledged, now: float) -> None:
        """A transport-wide feedback packet arrived."""

    def on_remb(self, bitrate_bps: int, now: float) -> None:
        """The receiver's own estimate arrived (draft-alvestrand-rmcat-remb-03)."""

    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:
        """A report about a video stream arrived (RFC 3550, 6.4.1): the share lost, 0 to 1, the round trip if known."""

    def on_nacked(self, packets: int, now: float) -> None:
        """So many packets were asked for again."""

    def tick(self, now: float, sent_bytes: int, unacknowledged_since_s: float | None) -> None:
        """Some time has passed: each 100 ms while `attentive`, about each second otherwise.

        `sent_bytes` is all video ever sent, numbered or not, as `Acknowledged.sizes` counts.
        `unacknowledged_since_s` is when the oldest numbered packet behind the newest reported one was sent; None if the
        newest numbered packet is reported.
        """

    def probe(self, now: float, wanted_bps: int) -> Probe | None:
        """A cluster to send now, if one is due. Asked at each tick, and only if probes can be sent.

        `wanted_bps` is what would be sent if the link carried it, 0 if there is no video to send.
        """

    def attentive(self, now: float) -> bool:
        """Whether each packet shall have a number; otherwise a sample of the packets is enough (about one in ten)."""

    def stats(self) -> BandwidthStats:
        """The figures of this moment."""
