"""Where tiles stand in the picture: the page's rules (`static/src/ui/layout`) for one area of fixed size. Pure.

All numbers are pixels and even, as pictures with colour at half the resolution need them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

WIDTH: Final = 1280
HEIGHT: Final = 720
PADDING: Final = 12
ASPECT: Final = 16 / 9
# Of a picture that covers its place, this share is seen at least. A wide picture may cover a square tile; of a phone
# held upright a wide tile would show the middle third, so that is shown as a whole.
MIN_SEEN: Final = 0.5


class Rect(NamedTuple):
    """A place in the picture, from its top left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Arrangement:
    """Places of the tiles that are shown, in their order; `hidden` counts those for which there is no place.

    Where some are hidden, the last place is for their number.
    """

    stage: Rect | None
    places: tuple[Rect, ...]
    hidden: int = 0


@dataclass(frozen=True)
class _Rules:
    gap: int
    min_width: int
    min_height: int
    max_tiles: int
    strip_height: int


# The page's tiles, and those that it makes where people ask for as many as possible.
_ROOMY: Final = _Rules(gap=8, min_width=160, min_height=100, max_tiles=49, strip_height=96)
_DENSE: Final = _Rules(gap=4, min_width=64, min_height=48, max_tiles=49, strip_height=54)


class _Fit(NamedTuple):
    columns: int
    rows: int
    width: int
    height: int

    @property
    def order(self) -> tuple[int, int]:
        """The tiles that show most come first; of equal ones, those with the fewest empty cells."""
        return (-self.width * self.height, self.columns * self.rows)


@lru_cache(maxsize=256)
def arrange(count: int, *, staged: bool, bar: int = 0) -> Arrangement:
    """Places for `count` tiles, beside a stage if something is `staged` (which isn't counted).

    One tile alone fills the picture, and so does a stage alone, unless there is a `bar` of so many pixels below. Where
    tiles have no room at the page's size they become smaller, down to the size at which a face says nothing any more;
    those left over are counted.
    """
    area = Rect(PADDING, PADDING, WIDTH - 2 * PADDING, HEIGHT - PADDING - (bar or PADDING))
    if count + staged == 1:
        whole = area if bar else Rect(0, 0, WIDTH, HEIGHT)
        return Arrangement(whole, ()) if staged else Arrangement(None, (inside(whole, WIDTH, HEIGHT, cover=False),))
    for rules in (_ROOMY, _DENSE):
        room = _strip_room(area, rules) if staged else _grid_room(area, rules)
        if count <= room:
            break
    shown = min(count, room)
    hidden = count - shown + 1 if count > shown else 0
    if staged:
        stage, strip = _beside(shown, area, rules)
        return Arrangement(stage, strip, hidden)
    return Arrangement(None, _grid(shown, area, rules), hidden)


# --- grid ---


def _fit(count: int, columns: int, area: Rect, gap: int) -> _Fit:
    rows = math.ceil(count / columns)
    cell_width = (area.width - gap * (columns - 1)) / columns
    cell_height = (area.height - gap * (rows - 1)) / rows
    width = min(cell_width, cell_height * ASPECT)
    height = min(cell_height, width)
    return _Fit(columns, rows, _even(width), _even(height))


def _fits(count: int, area: Rect, rules: _Rules) -> list[_Fit]:
    fits = [_fit(count, columns, area, rules.gap) for columns in range(1, count + 1)]
    return [fit for fit in fits if fit.width >= rules.min_width and fit.height >= rules.min_height]


def _grid_room(area: Rect, rules: _Rules) -> int:
    return next(count for count in range(rules.max_tiles, 0, -1) if _fits(count, area, rules))


def _grid(count: int, area: Rect, rules: _Rules) -> tuple[Rect, ...]:
    """Rows centred in the area, and the last, shorter row in itself."""
    if count == 0:
        return ()
    columns, rows, width, height = min(_fits(count, area, rules), key=lambda fit: fit.order)
    across, down = width + rules.gap, height + rules.gap
    top = area.top + _even((area.height + rules.gap - rows * down) / 2)
    places: list[Rect] = []
    for index in range(count):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        left = area.left + _even((area.width + rules.gap - in_row * across) / 2)
        places.append(Rect(left + column * across, top + row * down, width, height))
    return tuple(places)


# --- stage with a strip of the others at its right ---


def _strip_width(area: Rect) -> float:
    return min(240.0, max(96.0, area.width * 0.19))


def _strip_room(area: Rect, rules: _Rules) -> int:
    lowest = min(rules.strip_height, _strip_width(area) / ASPECT)
    return max(1, math.floor((area.height + rules.gap) / (lowest + rules.gap)))


def _beside(count: int, area: Rect, rules: _Rules) -> tuple[Rect, tuple[Rect, ...]]:
    highest = (area.height - (count - 1) * rules.gap) / count
    height = _even(min(_strip_width(area) / ASPECT, highest))
    width = _even(height * ASPECT)
    down = height + rules.gap
    top = area.top + _even((area.height + rules.gap - count * down) / 2)
    stage = Rect(area.left, area.top, area.width - width - rules.gap, area.height)
    left = stage.left + stage.width + rules.gap
    return stage, tuple(Rect(left, top + index * down, width, height) for index in range(count))


def inside(place: Rect, width: int, height: int, *, cover: bool) -> Rect:
    """Where a picture of this size goes at a place: over all of it and beyond (`cover`), or wholly inside.

    The result may begin left of and above the place; its middle is the place's. Of very long pictures all is shown.
    """
    ratios = (place.width / width, place.height / height)
    cover = cover and min(ratios) >= MIN_SEEN * max(ratios)
    scale = max(ratios) if cover else min(ratios)
    scaled = [_even(side * scale + 1) for side in (width, height)]
    if cover:
        scaled = [max(scaled[0], place.width), max(scaled[1], place.height)]
    else:
        scaled = [max(2, min(scaled[0], place.width)), max(2, min(scaled[1], place.height))]
    left = place.left + _even((place.width - scaled[0]) / 2)
    top = place.top + _even((place.height - scaled[1]) / 2)
    return Rect(left, top, scaled[0], scaled[1])


def _even(number: float) -> int:
    """The next even number below, or the number itself."""
    return 2 * math.floor(number / 2)
