"""With how much senders are asked to send their layers, and what comes of it on narrow links."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bandwidth.allocation import CAPS_AFTER_FALL_S, KEPT_SHARE, START_S, Allocation, Need, usable
from media.bandwidth.allocation_ladder import EVERY_LAYER, UNLIMITED, Cost, Layers, build_ladder
from media.ortc.parameters import RtpEncodingParameters
from media.receive.bitrates import nominal
from media.receive.layer_caps import (
    DIP_MARGIN,
    FAILED_SHARE,
    FRESH_S,
    LOWERED_BELOW,
    RAISED_AFTER_S,
    SMALL_STEP,
    STEP,
    TRIED_S,
    UNUSED_S,
    LayerCaps,
)
from media.receive.layer_costs import IGNORED_ABOVE, IGNORED_FOR_S, SETTLED_S, LayerCosts

if TYPE_CHECKING:
    from media.bandwidth.allocation_ladder import Ladder

FULL: Final = [165_000, 500_000, 1_500_000]
TOP: Final = Layers(2, EVERY_LAYER)


# --- who can use what ---


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([(1, 400_000)], [None, 400_000, None]),
        ([(1, 400_000), (1, 300_000)], [None, 300_000, None]),  # as all can use
        ([(1, 400_000), (1, 250_000)], [None, 400_000, None]),  # who are not far behind
        ([(1, 490_000), (1, 400_000)], [None, None, None]),  # the best, who has place for all of it
        ([(1, 400_000), (1, None)], [None, None, None]),  # and anybody with plenty
        ([(1, 400_000), (2, None)], [None, 400_000, None]),  # of the same layer
        ([(1, 300_000), (2, 800_000)], [None, 300_000, 800_000]),
        ([(1, 470_000)], [None, None, None]),  # almost all of it
        ([(0, None)], [None, None, None]),
        ([], [None, None, None]),
    ],
)
def test_a_layer_is_capped_at_what_its_receivers_can_use(
    uses: list[tuple[int, int | None]], expected: list[int | None]
) -> None:
    caps = LayerCaps(3)
    for who, (layer, bitrate_bps) in enumerate(uses):
        caps.use(who, layer, bitrate_bps, 0.0)
    changed = caps.decide(FULL, 0.0)
    assert caps.caps == expected
    assert changed == [layer for layer, cap in enumerate(expected) if cap is not None]


def test_down_at_once_and_up_with_patience_to_what_was_there_all_the_time() -> None:
    caps = LayerCaps(2)
    told = []
    for tenth, usable_bps in enumerate([400, 399, 370, 300, 299, *[450] * 10, *[420] * 10, *[480] * 5, *[None] * 150]):
        caps.use("one", 1, usable_bps and usable_bps * 1000, tenth / 10)
        if caps.decide([165_000, 600_000], tenth / 10):
            told.append((tenth, caps.caps[1]))
    # What had to be lowered is not tried again so soon.
    first, second, *raised, before, last = told
    assert [first, second] == [(0, 400_000), (3, 300_000)]
    assert raised[:2] == [(25, int(SMALL_STEP * 300_000)), (47, int(SMALL_STEP * int(SMALL_STEP * 300_000)))]
    assert (raised[1][1] or 0) < FAILED_SHARE * 400_000
    steps = [*raised[2:], before]
    assert [tenth for tenth, _ in steps] == [68, 89, 110]
    expected = [(raised[1][1] or 0) * STEP**step for step in (1, 2, 3)]
    assert [float(cap or 0) for _, cap in steps] == pytest.approx(expected, abs=3)
    assert last[1] is None


@pytest.mark.parametrize(("has_less", "cap"), [(False, 400_000), (True, 375_000)])
def test_a_cap_fits_those_well_who_have_a_smaller_layer(has_less: bool, cap: int) -> None:
    caps = LayerCaps(2)
    for usable_bps in (400_000, 375_000):
        caps.use("one", 1, usable_bps, 0.0, has_less=has_less)
        caps.decide(FULL, float(usable_bps < 400_000))
    assert caps.caps[1] == cap


def test_who_says_nothing_any_more_uses_nothing_and_what_nobody_uses_has_no_cap() -> None:
    caps = LayerCaps(2)
    caps.use("wide", 1, None, 0.0)
    caps.use("narrow", 1, 300_000, FRESH_S)
    caps.decide(FULL, FRESH_S)
    assert caps.caps[1] == 300_000
    caps.forget("narrow")
    assert caps.decide(FULL, FRESH_S + UNUSED_S - 0.1) == []
    assert caps.decide(FULL, FRESH_S + UNUSED_S) == []
    first = FRESH_S + UNUSED_S + RAISED_AFTER_S
    raised = [half for half in range(20) if caps.decide(FULL, first + half / 2) == [1]]
    assert raised == [0, 5, 10, 15]
    assert caps.caps == [None, None]


def test_below_a_layer_that_is_used_a_cap_keeps_until_somebody_uses_that_one_too_and_then_rises_in_steps() -> None:
    caps = LayerCaps(3)
    caps.use("one", 1, 300_000, 0.0)
    caps.decide(FULL, 0.0)
    told = []
    for second in range(1, 61):
        now = float(second)
        caps.use("one", 2, 800_000, now)
        if second > 30:
            caps.use("other", 1, None, now)
        if caps.decide(FULL, now):
            told.append((second, list(caps.caps)))
    (first, before), *steps = told
    assert (first, before) == (1, [None, 300_000, 800_000])
    assert [second for second, _ in steps] == [33, 36, 39, 42]
    assert all(cap[2] == 800_000 for _, cap in steps)
    raised = [300_000, *(cap[1] or FULL[1] for _, cap in steps)]
    assert raised[-1] == FULL[1]
    assert all(1.05 < after / earlier <= STEP for earlier, after in pairwise(raised))


def test_many_receivers_are_not_looked_at_each_time_that_one_says_something() -> None:
    caps, looked = LayerCaps(1), 0

    class Full(list[int]):
        def __getitem__(self, index: object) -> int:  # type: ignore[override]
            nonlocal looked
            looked += 1
            return 1_000_000

    for second in range(3):
        for who in range(1000):
            now = second + who / 1000
            caps.use(who, 0, 500_000, now)
            caps.decide(Full(), now)
    assert caps.caps == [500_000]
    assert looked <= 60


def test_two_who_have_place_for_less_at_the_same_moment_keep_the_layer() -> None:
    caps = LayerCaps(1)
    for who in ("one", "other"):
        caps.use(who, 0, 800_000, 0.0)
        caps.decide([1_000_000], 0.0)
    assert caps.caps == [800_000]
    for who, usable_bps in (("one", 700_000), ("other", 600_000)):
        caps.use(who, 0, usable_bps, 10.0)
        caps.decide([1_000_000], 10.0)
    assert caps.caps == [600_000]


def test_a_cap_that_had_stood_for_long_is_soon_back_after_a_dip() -> None:
    caps, now = LayerCaps(1), 0.0
    told = []
    for usable_bps, seconds in ((800_000, TRIED_S + 1), (650_000, 0.5), (850_000, 3 * (RAISED_AFTER_S + 0.5))):
        for _ in range(int(seconds * 10)):
            now += 0.1
            caps.use("one", 0, usable_bps, now)
            if caps.decide([1_000_000], now):
                told.append(caps.caps[0])
    assert told[:2] == [800_000, 650_000]
    assert told[-1] is not None
    assert told[-1] > 800_000


def test_a_dip_takes_less_of_a_cap_than_a_fall() -> None:
    for usable_bps, cap_bps in ((900_000, 1_000_000), (850_000, int(DIP_MARGIN * 850_000)), (800_000, 800_000)):
        caps = LayerCaps(1)
        for now, bitrate_bps in ((0.0, 1_000_000), (10.0, usable_bps)):
            caps.use("one", 0, bitrate_bps, now)
            caps.decide([1_500_000], now)
        assert caps.caps == [cap_bps]
        assert caps.caps[0] is not None
        assert LOWERED_BELOW * caps.caps[0] <= usable_bps


def test_unknown_layers_have_no_caps() -> None:
    caps = LayerCaps(2)
    caps.use("one", 1, 10, 0.0)
    assert caps.decide([0, 0], 0.0) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(100_000, 700_000), st.floats(0.1, 1.0)), max_size=60))
def test_a_cap_always_fits_and_rises_seldom(steps: list[tuple[int, float]]) -> None:
    caps, now, raised_at = LayerCaps(2), 0.0, float("-inf")
    for usable_bps, seconds in steps:
        now += seconds
        before = caps.caps[1] or 500_000
        caps.use("one", 1, usable_bps, now)
        caps.decide(FULL, now)
        cap = caps.caps[1] or 500_000
        assert cap * LOWERED_BELOW <= max(usable_bps, 1)
        if cap > before:
            assert now - raised_at >= RAISED_AFTER_S
            raised_at = now


# --- what there is place for ---


def ladder(caps: dict[int, int] | None = None, top: int = 2, *, full: tuple[int, ...] = tuple(FULL)) -> Ladder:
    prices = [(caps or {}).get(layer, bitrate_bps) for layer, bitrate_bps in enumerate(FULL)]
    costs = [[Cost(cost.bitrate_bps, 3.75 * 2**t) for t, cost in enumerate(nominal(price, 3))] for price in prices]
    return build_ladder(costs, [True] * 3, Layers(top, EVERY_LAYER), keeps_sharp=False, full_bps=full)


def having(*spatial: int) -> list[Layers]:
    return [Layers(layer, EVERY_LAYER) for layer in spatial]


@pytest.mark.parametrize(
    ("budget_bps", "has", "expected"),
    [
        (150_000, 0, (0, 150_000)),
        (190_000, 0, (0, 165_000)),  # not enough to be worth the next
        (205_000, 1, (1, 205_000)),  # but to keep it
        (235_000, 0, (0, 165_000)),
        (290_000, 0, (1, 290_000)),
        (400_000, 0, (1, 400_000)),
        (700_000, 1, (1, 500_000)),
        (800_000, 1, (2, 800_000)),
        (620_000, 2, (2, 620_000)),
        (950_000, 0, (2, 950_000)),
        (2_000_000, 0, (2, 1_500_000)),
    ],
)
def test_the_best_layer_that_is_worth_having(budget_bps: int, has: int, expected: tuple[int, int]) -> None:
    assert usable(budget_bps, [Need(ladder())], having(has)) == [expected]


def test_what_is_left_over_goes_to_one_and_the_others_keep_what_they_have() -> None:
    needs = [Need(ladder(top=1)) for _ in range(3)]
    assert usable(3 * 165_000 + 635_000, needs, having(0, 0, 0)) == [(1, 500_000), (1, 465_000), (0, 165_000)]
    capped = [Need(ladder(top=1)), Need(ladder({1: 465_000}, top=1)), Need(ladder(top=1))]
    assert usable(3 * 165_000 + 635_000, capped, having(1, 1, 0)) == [(1, 500_000), (1, 465_000), (0, 165_000)]


def test_who_matters_most_gets_it() -> None:
    needs = [Need(ladder(top=1)), Need(ladder(top=1), priority=1)]
    assert usable(530_000, needs, having(0, 0)) == [(0, 165_000), (1, 365_000)]


def test_a_sender_that_cannot_be_asked_is_not() -> None:
    assert usable(400_000, [Need(ladder(full=()))], having(0)) == [None]


# --- what layers take then ---


class Counted:
    """A layer that takes what it is told to."""

    def __init__(self, bitrate_bps: int) -> None:
        self.bitrate_bps = bitrate_bps
        self.bitrates = self

    def active(self, _now: float) -> bool:
        return True

    def young(self, _now: float) -> bool:
        return False

    def measured(self, _now: float) -> list[list[Cost]]:
        return [[Cost(self.bitrate_bps, 15.0)]]


def camera() -> tuple[LayerCosts, list[Counted]]:
    streams = [Counted(bitrate_bps) for bitrate_bps in FULL]
    encodings = [RtpEncodingParameters(max_bitrate=bitrate_bps) for bitrate_bps in FULL]
    return LayerCosts(streams, encodings), streams  # type: ignore[arg-type]


def price(costs: LayerCosts, layer: int, now: float) -> int:
    costs.ladder(TOP, now, keeps_sharp=False)
    return costs.bitrate_bps(Layers(layer, 0))


def test_a_capped_layer_takes_its_cap_at_once_and_is_wanted_for_all_it_took() -> None:
    costs, streams = camera()
    price(costs, 1, 0.0)
    streams[2].bitrate_bps = 900_000
    costs.cap(2, 800_000, 10.0)
    assert price(costs, 2, 10.1) == 800_000
    assert costs.ladder(TOP, 10.1, keeps_sharp=False).most_bps == 1_500_000
    streams[2].bitrate_bps = 850_000
    assert 800_000 <= price(costs, 2, 10.0 + SETTLED_S) <= 850_000
    for quarter in range(60):
        price(costs, 2, 13.0 + quarter / 4)
    assert 845_000 < price(costs, 2, 28.0) <= 850_000, "What it takes above its cap counts, if it does so for long."
    streams[2].bitrate_bps = 300_000
    assert price(costs, 2, 30.0) == 800_000, "It may take that again."
    costs.cap(2, None, 31.0)
    assert price(costs, 2, 31.0) > 1_000_000, "It is about to take all of it."


def test_pictures_that_are_larger_for_a_second_make_a_capped_layer_no_dearer() -> None:
    costs, streams = camera()
    price(costs, 2, 0.0)
    costs.cap(2, 800_000, 10.0)
    dearest = 0
    for quarter in range(240):
        streams[2].bitrate_bps = 880_000 if quarter // 4 % 2 else 700_000
        dearest = max(dearest, price(costs, 2, 10.0 + SETTLED_S + quarter / 4))
    assert 800_000 <= dearest < 825_000


def test_of_a_layer_that_takes_far_more_than_its_new_cap_what_comes_counts() -> None:
    costs, streams = camera()
    price(costs, 2, 0.0)
    costs.cap(2, 700_000, 10.0)
    assert price(costs, 2, 10.3) == 1_500_000
    streams[2].bitrate_bps = 720_000
    assert price(costs, 2, 10.6) == 720_000, "At once."
    costs.cap(1, 420_000, 11.0)
    assert price(costs, 1, 11.3) == 420_000, "Not much less than before: it is believed."


def test_a_sender_that_takes_no_notice_is_left_alone() -> None:
    costs, _ = camera()
    price(costs, 2, 0.0)
    costs.cap(2, int(1_500_000 / IGNORED_ABOVE) - 1, 10.0)
    assert costs.can_cap(10.0 + SETTLED_S - 0.1)
    now = 10.0 + SETTLED_S
    assert price(costs, 2, now) == 1_500_000
    assert not costs.can_cap(now)
    assert costs.ladder(TOP, now, keeps_sharp=False).full_bps == ()
    assert costs.can_cap(now + IGNORED_FOR_S)


def test_layers_of_svc_are_not_capped() -> None:
    costs = LayerCosts([Counted(1)], [RtpEncodingParameters(scalability_mode="L3T3_KEY")])  # type: ignore[list-item]
    assert not costs.can_cap(1000.0)


# --- all of it ---


class Seen:
    """One receiver's video, of a sender who does what it is asked to."""

    def __init__(self) -> None:
        self.costs, self.streams = camera()
        self.caps = LayerCaps(3)
        self.allowed = UNLIMITED
        self.changes = self.told = 0

    def need(self, now: float) -> Need:
        return Need(self.costs.ladder(TOP, now, keeps_sharp=False))

    def could_use(self, layer: int, bitrate_bps: int, now: float) -> None:
        self.caps.use("one", layer, bitrate_bps, now)
        for changed in self.caps.decide(self.costs.full_bps, now):
            cap = self.caps.caps[changed]
            self.told += 1
            self.costs.cap(changed, cap, now)
            self.streams[changed].bitrate_bps = FULL[changed] if cap is None else cap

    def allow(self, layers: Layers, _now: float) -> None:
        self.changes += layers != self.allowed
        self.allowed = layers

    def go_bare(self, _now: float, *, bare: bool) -> None:
        """There is no sound."""

    @property
    def layer(self) -> int:
        return min(2, self.allowed.spatial)

    @property
    def sent_bps(self) -> int:
        return self.streams[self.layer].bitrate_bps


def run(allocation: Allocation, now: float, estimates: list[int]) -> float:
    for estimate_bps in estimates:
        now += 0.1
        allocation.update(estimate_bps, now)
    return now


@pytest.mark.parametrize(
    ("link_bps", "layer"), [(230_000, 0), (360_000, 1), (440_000, 1), (560_000, 1), (1_100_000, 2), (1_500_000, 2)]
)
def test_a_narrow_link_is_used(link_bps: int, layer: int) -> None:
    seen = Seen()
    allocation = Allocation({"one": seen}, lambda: None)
    run(allocation, 0.0, [link_bps] * 200)
    assert seen.layer == layer
    assert min(FULL[layer], 0.8 * KEPT_SHARE * link_bps) <= seen.sent_bps <= link_bps
    assert allocation.wanted_bps > FULL[2], "It is probed for more."


def test_when_the_link_is_wide_again_so_is_the_picture() -> None:
    seen = Seen()
    allocation = Allocation({"one": seen}, lambda: None)
    now = run(allocation, 0.0, [3_000_000] * 100)
    now = run(allocation, now, [450_000])
    assert seen.layer == 0, "What surely fits, until the link has recovered."
    now = run(allocation, now, [450_000] * int(10 * CAPS_AFTER_FALL_S - 5))
    assert seen.layer == 0
    now = run(allocation, now, [450_000] * 40)
    assert seen.layer == 1, "The next size, made cheaper."
    assert seen.sent_bps == int(KEPT_SHARE * 450_000)
    now = run(allocation, now, [2_800_000] * 50)
    assert (seen.layer, seen.sent_bps) == (2, FULL[2])
    assert not allocation.limited


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("link_bps", [250_000, 330_000, 450_000, 720_000, 900_000])
def test_a_noisy_estimate_makes_neither_pictures_nor_senders_jump(link_bps: int, seed: int) -> None:
    noise = random.Random(seed)  # noqa: S311 - noise
    seen = Seen()
    allocation = Allocation({"one": seen}, lambda: None)
    now = run(allocation, 0.0, [link_bps] * int(10 * START_S) * 2)
    changes, told = seen.changes, seen.told
    run(allocation, now, [int(link_bps * noise.uniform(0.9, 1.1)) for _ in range(600)])
    assert seen.changes - changes <= 6, "A minute."
    assert seen.told - told <= 10
