"""A subscriber in simulated time: a sender that obeys its estimator, a link, and feedback as Chromium gives it."""

from __future__ import annotations

import math
import random
from functools import partial
from typing import TYPE_CHECKING

from media.bandwidth.estimator import NO_PROBE, Acknowledged, Probe
from media.bandwidth.kinds import make_estimator
from media.send.pacer import Pacer
from tests.media.simulated_link import PACKET, Clock, SimulatedLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.bandwidth.estimator import Estimator

LAYERS = (150_000, 500_000, 1_500_000)


class SimulatedCall:
    """Frames of the highest layer of each publisher that fits, else as many as fit; a picture's packets leave at once.

    `elastic` sends exactly the estimate up to this, as many small layers would. All packets are numbered while the
    estimator is attentive, else those of `SAMPLE_LENGTH_S` of each `SAMPLE_S`. `paced` sends as `Pacer` does; each
    `keyframes[0]` seconds, and when a layer begins, a picture has `keyframes[1]` times as much as the others.
    """

    SAMPLE_S = 1.0
    SAMPLE_LENGTH_S = 0.06

    def __init__(
        self,
        link: SimulatedLink,
        *,
        publishers: int = 1,
        layers: Sequence[int] = LAYERS,
        elastic: int | None = None,
        fps: float = 15.0,
        back_s: float = 0.025,
        feedback_s: float = 0.1,
        feedback_loss: float = 0.0,
        start: float = 0.0,
        drift: float = 0.0,
        can_probe: bool = True,
        calm_allowed: bool = True,
        paced: bool = False,
        keyframes: tuple[float, float] = (math.inf, 3.0),
    ) -> None:
        self.link = link
        self.clock: Clock = link.clock
        self.publishers = publishers
        self.layers = sorted(layers)
        self.elastic = elastic
        self.fps = fps
        self.back_s = back_s
        self.feedback_loss = feedback_loss
        self.drift = drift
        self.can_probe = can_probe
        self.calm_allowed = calm_allowed
        self.keyframes = keyframes
        self._pacer: Pacer[tuple[int, bool]] | None = Pacer(300_000, start) if paced else None
        self.stall: tuple[float, float] | None = None
        """Each so many seconds the receiver does not look for so long, and what came meanwhile arrives at once."""
        self.silent: tuple[float, float] = (math.inf, math.inf)
        self.estimator: Estimator = make_estimator("transport-cc", start)
        self.estimates: list[tuple[float, int]] = []
        self.sent_rates: list[tuple[float, int]] = []
        self.delays: list[tuple[float, float]] = []
        self.received: list[tuple[float, int]] = []
        self.calm_s = 0.0
        self.feedbacks = 0
        self.nacked = 0
        self.probes: list[tuple[float, Probe]] = []
        self._chance = random.Random(int(start))  # noqa: S311 - the same chances in each run
        self._layer = [0] * publishers
        self._raised_at = start
        self._rows: list[tuple[float, int, int, int]] = []  # by sequence number: sent, size, probe, unnumbered before
        self._arrivals: dict[int, float] = {}
        self._reported = 0
        self._unnumbered = 0
        self._untold = 0
        self._sent_bytes = 0
        self._debt = 0.0
        self._tick_at = -1.0
        self._key = [True] * publishers
        self._acked = -1
        for publisher in range(publishers):
            self.clock.at(start + publisher * 0.011, partial(self._frame, publisher))
        self.clock.every(feedback_s, self._feedback, start + 0.03)
        self.clock.at(start, self._tick)
        if self._pacer is not None:
            self.clock.every(0.005, partial(self._pace, self._pacer), start)
        if keyframes[0] < math.inf:
            self.clock.every(keyframes[0], self._all_key, start)

    @property
    def wanted(self) -> int:
        return self.elastic if self.elastic is not None else self.publishers * self.layers[-1]

    def _allocate(self) -> None:
        """The highest sum of layers within the estimate, one step a publisher at a time; up with a margin of 5 %."""
        estimate = self.estimator.estimate_bps or 10**9
        layers = [-1] * self.publishers
        total = 0
        changed = True
        while changed:
            changed = False
            for publisher in range(self.publishers):
                now = self._layer[publisher]
                step = layers[publisher] + 1
                if step >= len(self.layers):
                    continue
                cost = self.layers[step] - (self.layers[step - 1] if step else 0)
                margin = 1.05 if step > now else 1.0
                if (total + cost) * margin <= estimate:
                    layers[publisher] = step
                    total += cost
                    changed = True
        for publisher, layer in enumerate(layers):
            if layer != self._layer[publisher]:
                self._layer[publisher] = layer
                self._key[publisher] = True

    def _frame(self, publisher: int) -> None:
        self.clock.at(self.clock.now + self._chance.uniform(0.8, 1.2) / self.fps, partial(self._frame, publisher))
        if self.elastic is None and self._layer[publisher] < 0:
            return
        if self.elastic is not None:
            rate = min(self.elastic, self.estimator.estimate_bps or self.elastic) / self.publishers
        else:
            rate = self.layers[self._layer[publisher]]
        size = rate / 8 / self.fps
        if self._key[publisher] and self.elastic is None:
            self._key[publisher] = False
            size *= self.keyframes[1]
        now = self.clock.now
        numbered = self._numbered(now)
        left = int(size) + int(self._debt)
        self._debt = 0.0
        while left > 0:
            piece = min(PACKET, max(left, 100))
            if self._pacer is not None:
                self._pacer.put((piece, numbered), piece)
            else:
                self._send(piece, NO_PROBE, numbered=numbered)
            left -= piece

    def _pace(self, pacer: Pacer[tuple[int, bool]]) -> None:
        pacer.set_rate(int((1.0 if self.estimator.draining else 1.5) * (self.estimator.estimate_bps or 10**9)))
        for piece, numbered in pacer.due(self.clock.now):
            self._send(piece, NO_PROBE, numbered=numbered)

    def _all_key(self) -> None:
        self._key = [True] * self.publishers

    def _numbered(self, now: float) -> bool:
        sampled = (now + 0.37) % self.SAMPLE_S < self.SAMPLE_LENGTH_S
        return sampled or not self.calm_allowed or self.estimator.attentive(now)

    def _send(self, size: int, probe: int, *, numbered: bool) -> None:
        now = self.clock.now
        self._sent_bytes += size
        if not numbered:
            self._unnumbered += size
            self.link.send(size, lambda: self._count(now, size))
            return
        number = len(self._rows)
        self._rows.append((now, size, probe, self._unnumbered))
        self._unnumbered = 0
        self.link.send(size, lambda: self._arrived(number))

    def _count(self, sent: float, size: int) -> None:
        self.received.append((self.clock.now, size))
        self.delays.append((self.clock.now, self.clock.now - sent))

    def _arrived(self, number: int) -> None:
        sent, size, _, _ = self._rows[number]
        self._count(sent, size)
        now = self.clock.now
        if self.stall is not None and now % self.stall[0] < self.stall[1]:
            now += self.stall[1] - now % self.stall[0]
        self._arrivals[number] = round((now * (1 + self.drift) + 1000) / 0.00025) * 0.00025

    def _feedback(self) -> None:
        now = self.clock.now
        fresh = [number for number in self._arrivals if number >= self._reported]
        stalled = self.stall is not None and now % self.stall[0] < self.stall[1]
        if not fresh or stalled or self.silent[0] <= now < self.silent[1]:
            return
        last = max(fresh)
        first, self._reported = self._reported, last + 1
        late = sorted(number for number in self._arrivals if number < first)
        numbers = [*late, *range(first, last + 1)]
        rows = [self._rows[number] for number in numbers]
        arrived = [self._arrivals.pop(number, math.nan) for number in numbers]
        self.feedbacks += 1
        if self.feedback_loss and self.link._chance.random() < self.feedback_loss:
            self._untold += sum(row[1] + row[3] for row in rows)
            return
        unnumbered = [row[3] for row in rows]
        unnumbered[0] += self._untold
        self._untold = 0
        sent = Acknowledged(
            [row[0] for row in rows],
            arrived,
            [row[1] for row in rows],
            [row[2] for row in rows],
            unnumbered,
        )
        self.clock.at(now + self.back_s, lambda: self._deliver(sent, last))

    def _deliver(self, sent: Acknowledged, last: int) -> None:
        self._acked = max(self._acked, last)
        self.estimator.on_feedback(sent, self.clock.now)
        self._allocate()

    def _tick(self) -> None:
        now = self.clock.now
        waiting = self._rows[self._acked + 1][0] if self._acked + 1 < len(self._rows) else None
        self.estimator.tick(now, self._sent_bytes, waiting)
        pause = 0.1 if self.estimator.attentive(now) else 0.5
        self.clock.at(now + pause, self._tick)
        self.calm_s += 0.0 if pause < 0.5 else pause
        if self.can_probe:
            probe = self.estimator.probe(now, self.wanted)
            if probe is not None:
                self.probes.append((now, probe))
                piece = max(probe.size_bytes // probe.packets, 60)
                piece = min(piece, PACKET)
                count = math.ceil(probe.size_bytes / piece)
                for index in range(count):
                    self.clock.at(
                        now + index * piece * 8 / probe.bitrate_bps,
                        lambda: self._send(piece, probe.id, numbered=True),
                    )
        self._allocate()
        self.estimates.append((now, self.estimator.estimate_bps or 0))
        sent = (
            self.elastic if self.elastic is not None else sum(self.layers[layer] for layer in self._layer if layer >= 0)
        )
        self.sent_rates.append((now, sent))

    def estimate_at(self, when: float) -> int:
        return next(value for at, value in reversed(self.estimates) if at <= when)

    def reached_at(self, bitrate: float, since: float = 0.0) -> float:
        """When the estimate was first so high; infinite if never."""
        return next((at for at, value in self.estimates if at >= since and value >= bitrate), math.inf)

    def fell_at(self, bitrate: float, since: float = 0.0) -> float:
        """When the estimate was first so low."""
        return next((at for at, value in self.estimates if at >= since and value <= bitrate), math.inf)

    def estimates_of(self, start: float, stop: float) -> list[int]:
        return [value for at, value in self.estimates if start <= at < stop]

    def throughput(self, start: float, stop: float) -> float:
        return sum(size for at, size in self.received if start <= at < stop) * 8 / (stop - start)

    def delay(self, start: float, stop: float, quantile: float = 0.95) -> float:
        """A quantile of packets' one-way delays."""
        delays = sorted(delay for at, delay in self.delays if start <= at < stop)
        return delays[min(len(delays) - 1, int(quantile * len(delays)))]
