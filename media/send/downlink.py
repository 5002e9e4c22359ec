"""One client's link from us to them: what it carries, by the client's own feedback, and how we send accordingly.

Feedback → `SendHistory` → estimator → whoever shares the estimate out (`Sharing`) and how much is numbered, probed and
paced. Everything is about video: sound and RTCP never wait.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Protocol

from media.bandwidth.estimator import NO_PROBE
from media.bandwidth.kinds import make_estimator
from media.bandwidth.null import NullEstimator
from media.rtp.twcc import parse_feedback
from media.send.pacing import BEGIN_BELOW, Pacing
from media.send.probing import ProbeRun
from media.send.send_history import SendHistory
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from media.bandwidth.estimator import BandwidthStats, Estimator, Kind
    from media.bandwidth.flow_groups import Flow, FlowGroups
    from media.ortc.parameters import RtpParameters
    from media.send.destination import Destination
    from media.send.pacing import Unsent
    from media.send.transport_wide import TransportWideTable

ATTENTIVE_TICK_S: Final = 0.1
"""Between two ticks of a link that is looked at closely. A calm one has them with its reports, one a second at most."""
WOKEN_AFTER_S: Final = 0.02
EARLY_S: Final = 0.1
"""A report may come by so much sooner than a second after the one before."""
MEASURED_S: Final = 1.0
"""Over how long what is sent is measured, to tell whether the link is narrow for it."""
PICTURE_FROM_BPS: Final = 550_000
"""With a smaller estimate a picture alone fills a short queue, and a probe with it would be lost."""
FEEDBACKS_PER_S: Final = 50
FEEDBACKS_AT_ONCE: Final = 100
"""Packets of feedback that are listened to. A browser sends 20 a second at most, whatever it receives, and each may
cost a third of a millisecond: one client's feedback must not hold up everybody's media."""


class Sharing(Protocol):
    """Who shares the estimate out among the videos of a transport, and tells what all of them would take."""

    @property
    def wanted_bps(self) -> int: ...
    @property
    def limited(self) -> bool: ...
    def update(self, estimate_bps: int | None, now: float) -> None: ...


class Video(Protocol):
    """A video to the client: a consumer. Where it has RTX it can send packets that tell a receiver nothing new."""

    @property
    def ssrc(self) -> int: ...
    def send_probe(self, now: float) -> int: ...
    def skip_to_key_frame(self, unsent: Unsent | None = None) -> None: ...
    def repeat(self, sequence_number: int, now: float) -> None: ...


def feedback_kind(parameters: RtpParameters) -> Kind:
    """How a receiver of these tells what arrives: as it was negotiated."""
    types = {feedback.type for codec in parameters.codecs for feedback in codec.rtcp_feedback}
    if "transport-cc" in types:
        return "transport-cc"
    return "remb" if "goog-remb" in types else "none"


class Downlink:
    """Of one transport. `follow` a video's parameters, hand on what comes by RTCP, call `tick`, `pace` and `report`.

    `videos` are those sent to the client. `timers` ask for `tick` after so many seconds, and for `pace` each 5 ms.
    `on_paced` hears when video begins or ends to be put into `pacing`. With those of `groups` that are behind the same
    bottleneck what it carries is shared.

    Until a video is followed nothing is estimated, and nothing is counted.
    """

    def __init__(
        self,
        destination: Destination,
        table: TransportWideTable,
        sharing: Sharing,
        videos: Callable[[], Iterable[Video]],
        timers: tuple[Callable[[float], None], Callable[[], None]],
        on_paced: Callable[[], None],
        groups: FlowGroups,
        now: float,
    ) -> None:
        self._destination = destination
        self._table = table
        self._sharing = sharing
        self._call_after, self._call_often = timers
        self._videos = videos
        self._on_paced = on_paced
        self._groups = groups
        # The address under which it is in a group.
        self._joined: tuple[str, int] | None = None
        self._kind: Kind = "none"
        self._estimator: Estimator = NullEstimator()
        self._history: SendHistory | None = None
        self._probe: ProbeRun | None = None
        self.pacing = Pacing(destination, self._call_often, self._video, now)
        self._sent_before = (0, now)
        self._sent_bps = 0.0
        self._due = self._ticked_at = now
        self._ticking = False
        # Whether nothing is due but the tick of each second, unless the table or feedback says so.
        self._calm = False
        # The estimates that were last acted upon.
        self._applied: tuple[int | None, int | None] = (None, None)
        self._feedbacks = TokenBucket(FEEDBACKS_PER_S, FEEDBACKS_AT_ONCE, now)

    @property
    def kind(self) -> Kind:
        """What the estimate is made of."""
        return self._kind

    @property
    def estimate_bps(self) -> int | None:
        """Bits/s of video that the link carries; None where nothing is known."""
        return self._estimator.estimate_bps

    @property
    def settled_bps(self) -> int | None:
        """By which layers are chosen (`Estimator.settled_bps`)."""
        return self._estimator.settled_bps

    @property
    def flow(self) -> Flow | None:
        """What is known of all video to the client, for those that share its bottleneck."""
        return self._estimator.flow

    def stats(self) -> BandwidthStats:
        """The estimator's figures."""
        return self._estimator.stats()

    def follow(self, parameters: RtpParameters, now: float) -> None:
        """One more video goes to the client; the first that says how it is reported on decides for all."""
        if self._history is None:
            self._history = SendHistory(self._table)
            self._destination.slot = self._history.slot
        kind = feedback_kind(parameters)
        if self._kind == "none" and kind != "none":
            self._kind = kind
            self._begin(now)
        if not self._ticking and self._kind != "none":
            self._ticking = True
            self._due = now
            # Its clock is the ticks: of a client that reports nothing there are none, and nothing tells its rate.
            self._destination.pacing = self.pacing
            self._call_after(ATTENTIVE_TICK_S)

    def _begin(self, now: float) -> None:
        self._estimator = make_estimator(self._kind, now)
        self._number(now)

    def _number(self, now: float) -> None:
        if self._history is not None:
            numbered = self._kind == "transport-cc"
            attentive = numbered and self._estimator.attentive(now)
            self._history.set_numbered(numbered=numbered, attentive=attentive)
            if attentive and self._calm:
                self._look_closely(now)

    def _look_closely(self, now: float) -> None:
        """There is cause to: what is sent until the next tick of a calm link would tell nothing."""
        self._set_calm(calm=False)
        self._due = now
        self._call_after(ATTENTIVE_TICK_S)

    def _set_calm(self, *, calm: bool) -> None:
        history = self._history
        if history is None:
            return
        estimate = self._estimator.estimate_bps
        if calm and estimate is not None:
            history.watch(estimate / BEGIN_BELOW, self._wake)
        elif self._calm:
            history.unwatch()
        self._calm = calm

    def _wake(self) -> None:
        """More is sent than before, or feedback is missing."""
        self._due = -math.inf
        self._call_after(WOKEN_AFTER_S)

    def moved(self, now: float) -> None:
        """The client is somewhere else: nothing of what was known counts any more."""
        if self._history is not None:
            self._end_probe()
            self._history.forget()
            self._begin(now)
            self._due = now

    def close(self) -> None:
        """Forget what was sent. Idempotent; nothing may be sent afterwards."""
        self._groups.leave(self)
        if self._history is not None:
            self._history.close()
            self._history = None
            self._calm = False

    # --- what RTCP brings ---

    def on_transport_wide(self, fci: bytes, now: float) -> None:
        """Transport-wide feedback; what comes beyond `FEEDBACKS_PER_S` is as good as lost. Raises `ParseError`."""
        history = self._history
        if history is None or self._kind != "transport-cc" or not self._feedbacks.spend(1, now):
            return
        address = self._destination.address
        if address is not self._joined and address is not None:
            self._joined = address
            self._groups.join(self, address[0])
        sent = history.match(parse_feedback(fci))
        if sent is not None:
            before = self._estimator.decreased_at
            self._estimator.on_feedback(sent, now)
            if self._estimator.decreased_at > before:
                self._groups.overused(self, now)
            self._apply(now)

    def on_shared(self, now: float) -> None:
        """Others behind the same bottleneck are overused, and it has been shared out anew."""
        self._apply(now)

    def on_remb(self, bitrate_bps: int, now: float) -> None:
        """The receiver's own estimate (REMB); what comes beyond `FEEDBACKS_PER_S` is as good as lost."""
        if not self._feedbacks.spend(1, now):
            return
        self._estimator.on_remb(bitrate_bps, now)
        if self._kind == "remb":
            self._apply(now)

    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:
        """A report about one of the videos."""
        self._estimator.on_receiver_report(fraction_lost, rtt_s, now)
        self._look(now)

    def on_nacked(self, packets: int, now: float) -> None:
        """So many packets of a video were asked for again."""
        self._estimator.on_nacked(packets, now)
        self._look(now)

    def _look(self, now: float) -> None:
        """If there is cause to look closely, do so at once."""
        if self._calm and self._kind == "transport-cc":
            self._number(now)

    # --- time ---

    def tick(self, now: float, *, may_probe: bool = True) -> None:
        """Let the estimator see the time pass, and probe; when the next call is due is asked for.

        That of a calm link is not: it is `report`'s.

        Where it is not shown that the client is at its address nothing more than media may go there: `may_probe`.
        """
        history = self._history
        if history is None or not self._ticking or now < self._due:
            return
        estimator = self._estimator
        self._ticked_at = now
        self._measure(history.sent_bytes, now)
        estimator.tick(now, history.sent_bytes, history.unacknowledged_since_s())
        self._apply(now, passed=True)
        if may_probe and self._probe is None:
            self._probe_if_due(now)
        calm = not estimator.attentive(now)
        # A client that sends as well is called for that, too: of its calm link nothing is due then.
        self._due = math.inf if calm else now + ATTENTIVE_TICK_S / 2
        self._set_calm(calm=calm)
        if not calm:
            self._call_after(ATTENTIVE_TICK_S)

    def report(self, now: float, *, may_probe: bool = True) -> None:
        """Once a second: the tick of a calm link, if something of it can have been heard since the last one."""
        if self._calm and now - self._ticked_at > self._table.sampled_s - EARLY_S:
            self._due = -math.inf
            self.tick(now, may_probe=may_probe)

    def pace(self, now: float) -> bool:
        """Put what is due of what waits and of a probe into the egress; whether there is more to come."""
        run, history = self._probe, self._history
        if run is not None and history is not None and not run.begun:
            self._begin_probe(run, history, now)
        waiting = self.pacing.drain(now)
        if run is not None and history is not None and run.begun:
            self._release()  # what was put there counts, and is none of the probe's
            if not run.step(history.sent_bytes, now, self._send_probe):
                self._end_probe()
        if self._calm and not waiting and self.pacing.active:
            self._adapt(self._estimator.estimate_bps, now)  # it ends with nothing waiting, which is soon over
        return waiting or self._probe is not None

    def _apply(self, now: float, *, passed: bool = False) -> None:
        """Act upon the estimate; on a calm link only if that has moved, or time has `passed`."""
        self._number(now)
        estimate, settled = estimates = self._estimator.estimate_bps, self._estimator.settled_bps
        if self._calm and not passed and estimates == self._applied:
            return
        self._applied = estimates
        self._sharing.update(settled, now)
        self._adapt(estimate, now)

    def _adapt(self, estimate: int | None, now: float) -> None:
        """Pace or don't."""
        limited, draining = self._sharing.limited, self._estimator.draining
        # After a stall more is sent in a second than videos take: no link is narrow because of that.
        wanted_bps = self._sharing.wanted_bps
        sent_bps = min(self._sent_bps, wanted_bps) if wanted_bps else self._sent_bps
        crowded = self._estimator.crowded
        changed = self.pacing.adapt(
            estimate,
            sent_bps,
            now,
            limited=limited,
            draining=draining,
            crowded=crowded,
            capacity_bps=self._estimator.capacity_bps,
        )
        if changed:
            self._on_paced()

    def _measure(self, sent_bytes: int, now: float) -> None:
        """How much is sent, over about a second."""
        before, since = self._sent_before
        if now - since >= MEASURED_S:
            self._sent_bps = 8 * (sent_bytes - before) / (now - since)
            self._sent_before = (sent_bytes, now)

    def _probe_if_due(self, now: float) -> None:
        if not self._destination.open or self._history is None:
            return
        probe = self._estimator.probe(now, self._sharing.wanted_bps)
        if probe is not None:
            wide = (self._estimator.estimate_bps or 0) >= PICTURE_FROM_BPS
            self._probe = ProbeRun(probe, now, with_picture=self.pacing.active and wide)
            if self.pace(now):
                self._call_often()

    def _begin_probe(self, run: ProbeRun, history: SendHistory, now: float) -> None:
        """If it begins now, what leaves from now on is part of it."""
        if run.begin(history.sent_bytes, self.pacing.wait_s, now):
            self._release()
            history.begin_probe(run.id)

    def _send_probe(self, now: float) -> int:
        """One packet of a probe, of those that wait if any do; its bytes, 0 if there is nothing to send it with."""
        size = self.pacing.send_probe(now)
        if size:
            return size
        for video in self._videos():
            size = video.send_probe(now)
            if size:
                return size
        return 0

    def _video(self, ssrc: int) -> Video | None:
        return next((video for video in self._videos() if video.ssrc == ssrc), None)

    def _release(self) -> None:
        """Packets are numbered, as a probe's or not, when they leave."""
        if self._destination.egress is not None:
            self._destination.egress.release()

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._release()
        self._probe = None
        if self._history is not None:
            self._history.begin_probe(NO_PROBE)
