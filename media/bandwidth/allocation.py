"""Which layers of which videos one subscriber gets, so that all of it fits through their link.

The order is that of Jitsi Videobridge's allocation by tile: what matters most (on the stage, pinned, a shared screen)
up to a good picture, then all others in turns, each one step before anybody gets the next, then what matters most up to
its best. What nobody has place for is paused. Sound is not part of it: it goes first, and is not estimated. Where the
link hardly carries sound, that is sent without what repeats it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Layers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.bandwidth.allocation_ladder import Ladder

# How often the layers are chosen anew at most, unless what is sent no longer fits, or a wish has changed.
INTERVAL_S: Final = 0.25
# More is sent only if the estimate exceeds what it takes by so much, for so long.
UP_MARGIN: Final = 1.1
UP_AFTER_S: Final = 1.0
# Just after the start an estimate only rises: no patience is needed while nothing had to be taken back.
START_S: Final = 5.0
# What had to be taken back so soon after it was given was too much: wait twice as long the next time, up to a limit.
SOON_S: Final = 10.0
UP_AFTER_AT_MOST_S: Final = 30.0
# As long as the link carries this share of the least that can be sent, what matters most goes on: but not at the lowest
# that an estimate can be (`MIN_BPS` of `estimator.py`), where sound needs all there is.
FLOOR_SHARE: Final = 0.5
FLOOR_BPS: Final = 55_000
# Where no video has place and the link carries no more than this beside sound, sound is sent without what repeats it.
BARE_BELOW_BPS: Final = 100_000
# Senders are asked to make layers so much cheaper that all together take this share of the estimate: less than what
# `UP_MARGIN` leaves of it. Not just after the start, when an estimate says little.
KEPT_SHARE: Final = 0.88
CAPS_AFTER_S: Final = 2.0
# Nor for so long after the estimate has fallen, within `FALL_S`, below this share of what was sent: encoders take a
# second to follow, and until then the link has to recover with what surely fits.
DEEP_FALL: Final = 0.6
FALL_S: Final = 2.0
CAPS_AFTER_FALL_S: Final = 8.0


class Need:
    """One video that the page wants to see. `important`: on the stage, pinned or a screen; a higher `priority` first.

    Its ladder has at least one rung.
    """

    __slots__ = ("important", "ladder", "priority")

    def __init__(self, ladder: Ladder, *, important: bool = False, priority: int = 0) -> None:
        self.ladder = ladder
        self.important = important
        self.priority = priority


class Video(Protocol):
    """A video that is sent to the subscriber: a consumer. `need` is None for one that takes nothing of the link.

    `go_bare` is for sound: the link hardly carries that.

    `could_use` tells that the link has place for a spatial layer if it takes so many bits/s at most: its sender may be
    asked for that, and the need be another at once.
    """

    def need(self, now: float) -> Need | None: ...
    def could_use(self, layer: int, bitrate_bps: int, now: float) -> None: ...
    def allow(self, layers: Layers, now: float) -> None: ...
    def go_bare(self, now: float, *, bare: bool) -> None: ...


class _Sharing:
    """A budget, and what it has been spent on: a rung for each video, -1 for none."""

    def __init__(self, budget_bps: float, needs: Sequence[Need]) -> None:
        self.levels = [-1] * len(needs)
        self._ladders = [need.ladder for need in needs]
        self._left = budget_bps

    def step(self, index: int, top: int) -> bool:
        """One rung up, if there is one up to `top` and it can be paid."""
        rungs, level = self._ladders[index].rungs, self.levels[index]
        if level >= top:
            return False
        price = rungs[level + 1].bitrate_bps - (rungs[level].bitrate_bps if level >= 0 else 0)
        if price > self._left:
            return False
        self._left -= price
        self.levels[index] += 1
        return True

    def climb(self, index: int, top: int) -> None:
        """Rung by rung up to `top`, as far as it goes."""
        while self.step(index, top):
            pass


def allocate(budget_bps: float, needs: Sequence[Need], has: Sequence[Layers] = ()) -> list[int]:
    """The rung for each video, -1 for none. All together fit into the budget.

    Of those that matter alike, who has more now (`has`) keeps it: prices move, and each change costs a keyframe.

    One exception: where not even one fits, the most important goes on at its least down to a floor. Below that none
    does, however cheap its sender has made it.
    """
    if budget_bps < FLOOR_BPS:
        return [-1] * len(needs)
    kept = [need.ladder.place(layers) for need, layers in zip(needs, has, strict=True)] if has else [0] * len(needs)
    order = sorted(
        range(len(needs)), key=lambda index: (not needs[index].important, -needs[index].priority, -kept[index])
    )
    ladders = [need.ladder for need in needs]
    sharing = _Sharing(budget_bps, needs)
    first = [index for index in order if needs[index].important]
    for index in first:
        sharing.climb(index, min(ladders[index].good, ladders[index].sent))
    turn = order[len(first) :]
    while turn:
        turn = [index for index in turn if sharing.step(index, ladders[index].sent)]
    for index in first:
        sharing.climb(index, ladders[index].sent)
    # What is left over goes to layers that are not sent yet: being wanted is what brings them.
    for index in order:
        sharing.climb(index, len(ladders[index].rungs) - 1)
    levels = sharing.levels
    if order and max(levels) < 0:
        least = ladders[order[0]].rungs[0].bitrate_bps
        if budget_bps >= FLOOR_SHARE * least:
            levels[order[0]] = 0
    return levels


def usable(budget_bps: float, needs: Sequence[Need], has: Sequence[Layers]) -> list[tuple[int, int] | None]:
    """For each video a spatial layer, and the bits/s of it that there is place for should its sender make it cheaper.

    What is left of the budget between the rungs goes to what matters most, then to who has least. `has` are the layers
    that they have now. None for a video whose sender can't be asked. Empty where some are paused.
    """
    levels = allocate(budget_bps, needs, has)
    if not levels or min(levels) < 0:
        return []
    ladders = [need.ladder for need in needs]
    rungs = [ladder.rungs[level] for ladder, level in zip(ladders, levels, strict=True)]
    uses: list[tuple[int, int] | None] = [None] * len(needs)
    left = int(budget_bps) - sum(rung.bitrate_bps for rung in rungs)
    order = sorted(
        (index for index, ladder in enumerate(ladders) if ladder.full_bps),
        key=lambda index: (not needs[index].important, rungs[index].layers.spatial, -needs[index].priority),
    )
    for index in order:
        ladder, (layers, price, _) = ladders[index], rungs[index]
        layer = max(layers.spatial, ladder.useful(price + left, max(layers.spatial, has[index].spatial)))
        if left > 0 or layer > layers.spatial:
            more = max(price, min(price + left, ladder.full_bps[layer]))
            left -= more - price
            uses[index] = (layer, max(more, int(ladder.worthwhile * ladder.full_bps[layer])))
        else:
            # As it is, with all its frames: they may be had again.
            uses[index] = (layer, ladder.rungs[ladder.place(Layers(layer, EVERY_LAYER))].bitrate_bps)
    return uses


class _Standing:
    """What a video may have now, and since when it might have more."""

    __slots__ = ("layers", "more_since")

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.more_since: float | None = None


class Allocation:
    """Of one transport. `videos` are its consumers as they come and go; `hurry` asks for an `update` soon.

    Down at once, up with patience (`UP_MARGIN`, `UP_AFTER_S`). `wanted_bps` is the estimate at which nothing would be
    limited any more: what to probe for. With no estimate, or one of plenty, nothing is limited and nothing computed
    but this sum.
    """

    def __init__(self, videos: Mapping[str, Video], hurry: Callable[[], None]) -> None:
        self.wanted_bps = 0
        self.allocated_bps = 0
        self._videos = videos
        self._hurry = hurry
        self._standings: dict[str, _Standing] = {}
        self._limited = False
        # Whether sound is sent without what repeats it.
        self._bare = False
        self._changed: set[str] = set()
        self._due = 0.0
        self._up_after_s = UP_AFTER_S
        self._starts_until: float | None = None
        self._raised_at = float("-inf")
        self._caps_after = float("inf")
        # The most that was given to all videos lately, and when.
        self._sent_before = (0, float("-inf"))

    @property
    def limited(self) -> bool:
        """Whether the link carries less than is wanted."""
        return self._limited

    def changed(self, video_id: str) -> None:
        """The page wants something else of this video: it gets it without patience, as far as there is place."""
        self._changed.add(video_id)
        if self._limited:
            self._hurry()

    def update(self, estimate_bps: int | None, now: float) -> None:
        """The link carries so many bits/s of video; None: unknown, send everything. To be called often."""
        if estimate_bps is None:
            if self._limited:
                self._lift(now)
            self._bare_sound(now, bare=False)
            self._changed.clear()
            return
        if now < self._due and not self._changed and estimate_bps >= self.allocated_bps:
            return
        self._due = now + INTERVAL_S
        if self._starts_until is None:
            self._starts_until = now + START_S
            self._caps_after = now + CAPS_AFTER_S
        needs = self._needs(now)
        wanted = sum(need.ladder.most_bps for need in needs.values())
        self.wanted_bps = int(wanted * UP_MARGIN)
        if self._limited or estimate_bps < wanted:
            if self._make_cheaper(needs, estimate_bps, now):
                needs = self._needs(now)
            self._choose(needs, estimate_bps, now)
            best = sum(need.ladder.rungs[-1].bitrate_bps for need in needs.values())
            if estimate_bps >= self.wanted_bps and self.allocated_bps == best:
                self._lift(now)
        else:
            self.allocated_bps = wanted
        # Where nobody wants a video any more, all that is known of the link is what it was.
        starved = not self.allocated_bps and (bool(needs) or self._bare)
        self._bare_sound(now, bare=starved and estimate_bps < BARE_BELOW_BPS)
        self._changed.clear()

    def _needs(self, now: float) -> dict[str, Need]:
        asked = ((video_id, video.need(now)) for video_id, video in self._videos.items())
        return {video_id: need for video_id, need in asked if need is not None}

    def _make_cheaper(self, needs: dict[str, Need], estimate_bps: int, now: float) -> bool:
        """Tell what each video could use between its rungs; whether anything was told."""
        sent_bps, at = self._sent_before
        if self.allocated_bps >= sent_bps or now - at > FALL_S:
            sent_bps, at = self._sent_before = self.allocated_bps, now
        if estimate_bps < DEEP_FALL * sent_bps:
            self._caps_after = now + CAPS_AFTER_FALL_S
        if now < self._caps_after:
            return False
        before = _Standing(PAUSED if self._limited else UNLIMITED)
        has = [self._standings.get(video_id, before).layers for video_id in needs]
        uses = usable(KEPT_SHARE * estimate_bps, list(needs.values()), has)
        for video_id, use in zip(needs, uses, strict=False):
            if use is not None:
                self._videos[video_id].could_use(*use, now)
        return bool(uses)

    def _choose(self, needs: dict[str, Need], estimate_bps: int, now: float) -> None:
        listed = list(needs.values())
        if not self._limited:
            self._limited = True
            self._standings = {video_id: _Standing(UNLIMITED) for video_id in needs}
        # What comes anew may have what there is place for, without patience.
        at_once = self._changed | (needs.keys() - self._standings.keys())
        self._standings = {video_id: self._standings.get(video_id) or _Standing(PAUSED) for video_id in needs}
        has = [standing.layers for standing in self._standings.values()]
        fitting = allocate(estimate_bps, listed, has)
        surely_fitting = allocate(estimate_bps / UP_MARGIN, listed, has)
        allocated = 0
        lowered = raised = False
        for (video_id, need), most, surely in zip(needs.items(), fitting, surely_fitting, strict=True):
            standing = self._standings[video_id]
            level = need.ladder.place(standing.layers)
            more = min(most, surely)
            if most < level:
                level, lowered = most, True
                standing.more_since = None
            elif more > level:
                if self._patient(standing, now, at_once=video_id in at_once):
                    level, raised = more, True
            else:
                standing.more_since = None
            allocated += need.ladder.rungs[level].bitrate_bps if level >= 0 else 0
            standing.layers = need.ladder.rungs[level].layers if level >= 0 else PAUSED
            self._videos[video_id].allow(standing.layers, now)
        self.allocated_bps = allocated
        self._note(now, lowered=lowered, raised=raised)

    def _bare_sound(self, now: float, *, bare: bool) -> None:
        """Have sound go bare, or not any more; who comes meanwhile, too."""
        if bare or self._bare:
            for video in self._videos.values():
                video.go_bare(now, bare=bare)
        self._bare = bare

    def _patient(self, standing: _Standing, now: float, *, at_once: bool) -> bool:
        """Whether there has been place for more for long enough."""
        if standing.more_since is None:
            standing.more_since = now
        starts = self._starts_until is not None and now < self._starts_until
        if at_once or starts or now - standing.more_since >= self._up_after_s:
            standing.more_since = None
            return True
        return False

    def _note(self, now: float, *, lowered: bool, raised: bool) -> None:
        """Learn from what had to be taken back how long to wait the next time."""
        if lowered and now - self._raised_at < SOON_S:
            self._up_after_s = min(UP_AFTER_AT_MOST_S, self._up_after_s * 2)
            self._starts_until = now
            self._raised_at = float("-inf")
        elif now - self._raised_at > SOON_S + self._up_after_s and self._raised_at > float("-inf"):
            self._up_after_s = UP_AFTER_S
        if raised:
            self._raised_at = now

    def _lift(self, now: float) -> None:
        """Nothing is limited any more."""
        self._limited = False
        self._standings.clear()
        for video in self._videos.values():
            video.allow(UNLIMITED, now)
