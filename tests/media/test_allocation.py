"""Which layers fit through a link: tables of what is wanted and what comes of it, and how it behaves over time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bandwidth.allocation import FLOOR_BPS, INTERVAL_S, START_S, UP_AFTER_S, UP_MARGIN, Allocation, Need, allocate
from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Cost, Ladder, Layers, Rung, build_ladder

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a 720p camera of this product sends at 30 frames a second: three sizes, three temporal layers each.
CAMERA = [
    [Cost(65_000, 7.5), Cost(100_000, 15), Cost(163_000, 30)],
    [Cost(200_000, 7.5), Cost(300_000, 15), Cost(495_000, 30)],
    [Cost(600_000, 7.5), Cost(900_000, 15), Cost(1_500_000, 30)],
]
SCREEN = [
    [Cost(200_000, 4), Cost(300_000, 8), Cost(500_000, 15)],
    [Cost(1_000_000, 4), Cost(1_500_000, 8), Cost(2_500_000, 15)],
]
ALL = EVERY_LAYER
TOP = Layers(2, ALL)


def camera(top: int = 2, *, stage: bool = False, priority: int = 0) -> Need:
    ladder = build_ladder(CAMERA, [True] * 3, Layers(top, ALL), keeps_sharp=False)
    return Need(ladder, important=stage, priority=priority)


def thumbnail(priority: int = 0) -> Need:
    return camera(0, priority=priority)


def screen() -> Need:
    return Need(build_ladder(SCREEN, [True] * 2, Layers(1, ALL), keeps_sharp=True), important=True)


def layers(budget_bps: float, needs: Sequence[Need]) -> list[tuple[int, ...] | None]:
    """(spatial, temporal) for each, None for paused."""
    return [
        tuple(need.ladder.rungs[level].layers) if level >= 0 else None
        for need, level in zip(needs, allocate(budget_bps, needs), strict=True)
    ]


def test_a_camera_gives_up_size_before_frames() -> None:
    assert [tuple(rung.layers) for rung in camera().ladder.rungs] == [
        (0, 0),
        (0, 1),
        (0, ALL),
        (1, 1),
        (1, ALL),
        (2, 1),
        (2, ALL),
    ]


def test_a_camera_with_few_frames_keeps_them_all_above_the_smallest_size() -> None:
    slow = [[Cost(cost.bitrate_bps, cost.frames_per_second / 2) for cost in row] for row in CAMERA]
    ladder = build_ladder(slow, [True] * 3, TOP, keeps_sharp=False)
    assert [tuple(rung.layers) for rung in ladder.rungs] == [(0, 0), (0, 1), (0, ALL), (1, ALL), (2, ALL)]


def test_a_screen_gives_up_frames_before_size() -> None:
    assert [tuple(rung.layers) for rung in screen().ladder.rungs] == [
        (0, 0),
        (0, 1),
        (0, ALL),
        (1, 0),
        (1, 1),
        (1, ALL),
    ]


def test_what_costs_more_than_something_better_is_no_rung() -> None:
    costs = [[Cost(400_000, 30)], [Cost(300_000, 30)]]
    ladder = build_ladder(costs, [True, True], Layers(1, ALL), keeps_sharp=False)
    assert ladder.rungs == [Rung(Layers(1, ALL), 300_000)]


def test_nothing_beyond_the_wish_is_a_rung() -> None:
    ladder = build_ladder(CAMERA, [True] * 3, Layers(1, 1), keeps_sharp=False)
    assert ladder.rungs[-1] == Rung(Layers(1, 1), 300_000)


def test_a_size_below_the_only_one_that_is_sent_is_no_rung() -> None:
    ladder = build_ladder(CAMERA, [False, False, True], TOP, keeps_sharp=False)
    assert {rung.layers.spatial for rung in ladder.rungs} == {2}


STAGE = camera(stage=True)
CASES = {
    # one person
    "all of it": (2_000_000, [camera()], [(2, ALL)]),
    "a little less than all": (1_400_000, [camera()], [(2, 1)]),
    "half": (500_000, [camera()], [(1, ALL)]),
    "little": (120_000, [camera()], [(0, 1)]),
    "hardly anything: the last one goes on slowly": (60_000, [camera()], [(0, 0)]),
    "less than a floor: sound only": (FLOOR_BPS - 1, [camera()], [None]),
    # one on the stage and three beside it
    "stage and thumbnails": (3_000_000, [STAGE, *[thumbnail()] * 3], [(2, ALL), (0, ALL), (0, ALL), (0, ALL)]),
    "the stage gives up its best first": (
        1_500_000,
        [STAGE, *[thumbnail()] * 3],
        [(2, 1), (0, ALL), (0, ALL), (0, ALL)],
    ),
    "a good stage, and thumbnails in turns": (600_000, [STAGE, *[thumbnail()] * 3], [(1, 1), (0, 1), (0, 1), (0, 1)]),
    "a good stage, and who comes first": (450_000, [STAGE, *[thumbnail()] * 3], [(1, 1), (0, 0), (0, 0), None]),
    "only the stage is left": (160_000, [STAGE, *[thumbnail()] * 3], [(0, 1), None, None, None]),
    # all alike
    "everybody gets the least first": (200_000, [camera()] * 3, [(0, 0)] * 3),
    "then the next": (310_000, [camera()] * 3, [(0, 1)] * 3),
    "and the first of them one more": (380_000, [camera()] * 3, [(0, ALL), (0, 1), (0, 1)]),
    "the least important is paused": (140_000, [thumbnail(1), thumbnail(0), thumbnail(2)], [(0, 0), None, (0, 0)]),
    # a screen
    "a screen stays sharp": (1_070_000, [screen(), thumbnail()], [(1, 0), (0, 0)]),
    "a screen before all people": (1_000_000, [thumbnail(9), screen()], [None, (1, 0)]),
    "a screen gets its frames last": (1_700_000, [thumbnail(), screen()], [(0, ALL), (1, 1)]),
    "a small screen is better than none": (250_000, [screen()], [(0, 0)]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_fits(name: str) -> None:
    budget_bps, needs, expected = CASES[name]
    assert layers(budget_bps, needs) == expected


def test_a_layer_that_is_not_sent_gets_only_what_is_left_over() -> None:
    absent = Need(build_ladder(CAMERA, [True, True, False], TOP, keeps_sharp=False), important=True)
    assert layers(1_400_000, [absent, camera()]) == [(1, ALL), (2, 1)]
    assert layers(2_600_000, [absent, camera(1)]) == [(2, ALL), (1, ALL)]


needs_made = st.lists(
    st.builds(
        lambda prices, important, priority, sent: Need(
            Ladder(
                [Rung(Layers(level, ALL), price, level <= sent) for level, price in enumerate(sorted(prices))],
                good=min(1, len(prices) - 1),
            ),
            important=important,
            priority=priority,
        ),
        st.sets(st.integers(10_000, 5_000_000), min_size=1, max_size=6),
        st.booleans(),
        st.integers(0, 5),
        st.integers(-1, 5),
    ),
    max_size=8,
)


@settings(max_examples=50)
@given(needs_made, st.integers(0, 20_000_000))
def test_all_together_never_exceed_the_budget_but_at_the_floor(needs: list[Need], budget_bps: int) -> None:
    levels = allocate(budget_bps, needs)
    prices = [need.ladder.rungs[level].bitrate_bps for need, level in zip(needs, levels, strict=True) if level >= 0]
    assert sum(prices) <= budget_bps or len(prices) == 1
    assert all(-1 <= level < len(need.ladder.rungs) for need, level in zip(needs, levels, strict=True))


@settings(max_examples=20)
@given(needs_made)
def test_with_plenty_everybody_has_the_best(needs: list[Need]) -> None:
    assert allocate(10**9, needs) == [len(need.ladder.rungs) - 1 for need in needs]


class Shown:
    """A video whose layers cost what they do, and which keeps what it was allowed."""

    def __init__(self, need: Need | None) -> None:
        self.wants = need
        self.allowed = UNLIMITED
        self.changes = 0
        self.asked = 0
        self.usable: tuple[int, int] | None = None
        self.bare: list[bool] = []

    def need(self, _now: float) -> Need | None:
        self.asked += 1
        return self.wants

    def could_use(self, layer: int, bitrate_bps: int, _now: float) -> None:
        self.usable = (layer, bitrate_bps)

    def allow(self, layers: Layers, _now: float) -> None:
        self.changes += layers != self.allowed
        self.allowed = layers

    def go_bare(self, _now: float, *, bare: bool) -> None:
        self.bare.append(bare)

    @property
    def bitrate_bps(self) -> int:
        if self.wants is None:
            return 0
        ladder = self.wants.ladder
        level = ladder.place(self.allowed)
        return ladder.rungs[level].bitrate_bps if level >= 0 else 0


class Link:
    """An allocation, and time that passes; its start is over if not `starts`."""

    def __init__(self, *needs: Need, starts: bool = False) -> None:
        self.videos = {str(index): Shown(need) for index, need in enumerate(needs)}
        self.hurried = 0
        self.allocation = Allocation(self.videos, self._hurry)
        self.now = 0.0
        if not starts:
            self.run(100_000_000, START_S)

    def _hurry(self) -> None:
        self.hurried += 1

    def run(self, estimate_bps: int | None, seconds: float = 0.0, step_s: float = 0.1) -> list[Layers]:
        end = self.now + seconds
        self.allocation.update(estimate_bps, self.now)
        while self.now < end:
            self.now += step_s
            self.allocation.update(estimate_bps, self.now)
        return [video.allowed for video in self.videos.values()]


def test_without_an_estimate_nothing_is_limited_and_nothing_asked() -> None:
    link = Link(camera(), camera(), starts=True)
    assert link.run(None, 10) == [UNLIMITED, UNLIMITED]
    assert sum(video.asked for video in link.videos.values()) == 0


def test_with_plenty_each_video_is_asked_a_few_times_a_second_and_told_nothing() -> None:
    link = Link(*[camera()] * 5, starts=True)
    assert link.run(20_000_000, 10, step_s=0.02) == [UNLIMITED] * 5
    assert link.videos["0"].asked <= 10 / INTERVAL_S + 2
    assert link.allocation.wanted_bps == int(5 * 1_500_000 * UP_MARGIN)


def test_down_at_once() -> None:
    link = Link(camera())
    link.run(3_000_000, 5)
    link.now += 0.01  # long before the next regular look
    assert link.run(400_000) == [Layers(1, 1)]
    assert link.allocation.limited


def test_sound_goes_bare_for_as_long_as_no_video_has_place() -> None:
    link = Link(camera())
    sound = link.videos["sound"] = Shown(None)
    link.run(400_000, 1)
    assert sound.bare == []
    link.run(50_000, 1)
    assert set(sound.bare) == {True}
    later = link.videos["later"] = Shown(None)
    link.run(50_000, 1)
    assert set(later.bare) == {True}
    link.run(10_000_000, 2 * UP_AFTER_S)
    assert (sound.bare[-1], later.bare[-1]) == (False, False)


def test_sound_stays_bare_when_nobody_wants_the_videos_that_had_no_place() -> None:
    link = Link(camera())
    sound = link.videos["sound"] = Shown(None)
    link.run(50_000, 1)
    del link.videos["0"]
    link.run(50_000, 5)
    assert sound.bare[-1]
    link.run(400_000, 1)
    assert not sound.bare[-1]


def test_sound_keeps_its_repairs_where_only_the_least_video_is_too_much() -> None:
    link = Link(Need(build_ladder([[Cost(2_500_000, 15)]], [True], Layers(0, ALL), keeps_sharp=True)))
    sound = link.videos["sound"] = Shown(None)
    assert link.run(1_200_000, 5)[:1] == [PAUSED]
    assert True not in sound.bare


def test_up_only_with_a_margin_and_after_a_while() -> None:
    link = Link(camera())
    link.run(400_000, 1)
    assert link.run(1_500_000, 20) == [Layers(2, 1)], "Not by that much."
    assert link.run(1_600_000, 20) == [Layers(2, 1)]
    assert link.run(int(1_500_000 * UP_MARGIN) + 1, UP_AFTER_S / 2) == [Layers(2, 1)], "Not for so long."
    assert link.run(int(1_500_000 * UP_MARGIN) + 1, UP_AFTER_S) == [UNLIMITED]
    assert not link.allocation.limited


def test_at_the_start_pictures_follow_a_rising_estimate_until_one_was_too_much() -> None:
    link = Link(camera(), starts=True)
    assert link.run(250_000) == [Layers(0, ALL)]
    assert link.run(600_000, INTERVAL_S) == [Layers(1, ALL)]
    assert link.run(1_200_000, INTERVAL_S) == [Layers(2, 1)]
    link.run(600_000, INTERVAL_S)
    assert link.run(1_200_000, INTERVAL_S) == [Layers(1, ALL)]


def test_an_estimate_that_goes_away_limits_nothing() -> None:
    link = Link(camera())
    link.run(100_000, 1)
    assert link.run(None) == [UNLIMITED]


def test_a_raise_that_had_to_be_taken_back_soon_waits_longer_the_next_time() -> None:
    link = Link(camera())
    link.run(400_000, 1)
    waits = []
    for _ in range(6):
        started = link.now
        while link.videos["0"].allowed != Layers(1, ALL):
            link.run(600_000, 0.1)
        waits.append(link.now - started)
        link.run(600_000, 1)
        link.run(400_000, 1)
    assert waits == sorted(waits)
    assert waits[0] <= UP_AFTER_S + 2 * INTERVAL_S
    assert waits[-1] > 10 * waits[0]


def test_what_lasts_is_forgiven() -> None:
    link = Link(camera())
    for _ in range(4):
        link.run(400_000, 1)
        link.run(600_000, 10)
    link.run(600_000, 60)
    link.run(400_000, 1)
    link.run(600_000, UP_AFTER_S + 0.5)
    assert link.videos["0"].allowed == Layers(1, ALL)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("true_bps", [250_000, 495_000, 800_000, 1_500_000])
def test_a_noisy_estimate_does_not_make_pictures_jump(true_bps: int, seed: int) -> None:
    noise = random.Random(seed)  # noqa: S311 - noise
    link = Link(camera(stage=True), thumbnail(), thumbnail())
    link.run(true_bps, 5)
    before = sum(video.changes for video in link.videos.values())
    for _ in range(600):  # a minute
        link.run(int(true_bps * noise.uniform(0.88, 1.12)), 0.1)
    changes = sum(video.changes for video in link.videos.values()) - before
    assert changes <= 24, "Three videos, a minute: not more than a change in seven seconds each."


def test_who_has_the_larger_picture_keeps_it_while_prices_move() -> None:
    def priced(share: float) -> Need:
        slow = [[one._replace(frames_per_second=one.frames_per_second / 2) for one in row] for row in CAMERA]
        costs = [slow[0], [one._replace(bitrate_bps=int(share * one.bitrate_bps)) for one in slow[1]]]
        return Need(build_ladder(costs, [True] * 2, Layers(1, ALL), keeps_sharp=False))

    link = Link(priced(1.0), priced(1.0))
    link.run(750_000, 20)
    assert [video.allowed.spatial for video in link.videos.values()] == [1, 0]
    link.videos["0"].wants = priced(1.3)
    link.run(750_000, 20)
    assert [video.allowed.spatial for video in link.videos.values()] == [0, 1]
    link.videos["0"].wants = priced(1.0)
    link.run(750_000, 60)
    assert [video.allowed.spatial for video in link.videos.values()] == [0, 1]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4_000_000), st.floats(0.01, 3)), max_size=30), needs_made)
def test_over_time_too_what_is_allowed_fits(estimates: list[tuple[int, float]], needs: list[Need]) -> None:
    link = Link(*needs)
    for estimate_bps, seconds in estimates:
        link.now += seconds
        link.allocation.update(estimate_bps, link.now)
        sending = [video.bitrate_bps for video in link.videos.values() if video.bitrate_bps]
        assert sum(sending) <= estimate_bps or len(sending) == 1
        assert sum(sending) == link.allocation.allocated_bps


def test_what_comes_on_the_stage_is_there_without_patience() -> None:
    link = Link(camera(stage=True), camera(0), camera(0))
    link.run(1_000_000, 10)
    assert link.videos["0"].allowed == Layers(1, ALL)
    link.videos["0"].wants, link.videos["1"].wants = camera(0), camera(stage=True)
    for video_id in ("0", "1"):
        link.allocation.changed(video_id)
    assert link.hurried > 0
    link.now += 0.02
    link.run(1_000_000)
    assert link.videos["1"].allowed == Layers(1, ALL)
    assert link.videos["0"].allowed == Layers(0, ALL)


def test_a_video_that_comes_while_the_link_is_narrow_gets_what_is_there() -> None:
    link = Link(camera())
    link.run(300_000, 3)
    link.videos["new"] = Shown(camera())
    link.allocation.changed("new")
    link.now += 0.02
    link.run(300_000)
    assert sum(video.bitrate_bps for video in link.videos.values()) <= 300_000
    assert link.videos["new"].allowed not in (UNLIMITED, PAUSED)
