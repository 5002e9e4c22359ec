"""Draws a video: one canvas, on which at each tick is what a viewer saw.

What stands still is drawn once a scene; of moving pictures only the tile is drawn that has a new one.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from recording.composition.draw import drawing
from recording.composition.draw.canvas import Canvas, planes, stamp
from recording.composition.draw.layout import HEIGHT, WIDTH, Rect, arrange
from recording.composition.draw.look import AROUND_PICTURE, BACKGROUND
from recording.composition.draw.pictures import PictureFeed, Window, tick_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recording.composition.draw.canvas import Planes, Stamp
    from recording.composition.draw.look import Look
    from recording.composition.draw.pictures import FrameSource, Shown
    from recording.composition.draw.scenes import Scene, Tile

WHOLE: Final = Rect(0, 0, WIDTH, HEIGHT)
# A tile of more than a quarter of the picture.
LARGE: Final = WIDTH * HEIGHT // 4
BRAND_INSET: Final = 16
BRAND_TOP: Final = HEIGHT - drawing.BAR + (drawing.BAR - drawing.BRAND_HEIGHT) // 2
# Pieces that are kept because scenes often come back, as when people take turns in speaking.
KEPT_PIECES: Final = 128


class Placed(NamedTuple):
    """A tile at its place; one on the stage is shown as a whole."""

    tile: Tile
    place: Rect
    staged: bool

    @property
    def framed(self) -> bool:
        """Whether it has round corners: not if it fills the picture."""
        return self.place != WHOLE

    @property
    def smooth(self) -> bool:
        """Whether every picture counts: of who speaks, of a screen, and of what is large. Of others half are enough."""
        large = self.place.width * self.place.height > LARGE
        return large or self.staged or self.tile.speaking or self.tile.source != "camera"

    @property
    def cover(self) -> bool:
        """Whether its picture may be cut at the sides."""
        return self.tile.source == "camera" and not self.staged


@dataclass(frozen=True)
class Shot:
    """A scene with its places, from a tick to another. `rest` is the place for the number of people without one."""

    from_tick: int
    to_tick: int
    placed: tuple[Placed, ...]
    rest: tuple[int, Rect] | None


def shots(scenes: Sequence[Scene], *, bar: int) -> list[Shot]:
    """The scenes of a video, which begins with the first one, on its clock. Those shorter than a tick are left out."""
    found: list[Shot] = []
    from_s = scenes[0].from_s if scenes else 0.0
    for scene in scenes:
        from_tick, to_tick = tick_of(scene.from_s, from_s), tick_of(scene.to_s, from_s)
        if to_tick > from_tick:
            found.append(_shot(scene, from_tick, to_tick, bar))
    return found


def _shot(scene: Scene, from_tick: int, to_tick: int, bar: int) -> Shot:
    found = arrange(len(scene.tiles), staged=scene.stage is not None, bar=bar)
    placed = [Placed(scene.stage, found.stage, staged=True)] if scene.stage and found.stage else []
    places = found.places[:-1] if found.hidden else found.places
    placed += [Placed(tile, place, staged=False) for tile, place in zip(scene.tiles, places, strict=False)]
    rest = (found.hidden, found.places[-1]) if found.hidden else None
    return Shot(from_tick, to_tick, tuple(placed), rest)


def windows(shots: Sequence[Shot], from_tick: int) -> dict[int, list[Window]]:
    """When and where each track is to be seen, from a tick on."""
    found: dict[int, list[Window]] = {}
    for shot in shots:
        if shot.to_tick <= from_tick:
            continue
        begin = max(shot.from_tick, from_tick)
        for placed in shot.placed:
            if placed.tile.track is None:
                continue
            mine = found.setdefault(placed.tile.track, [])
            window = Window(begin, shot.to_tick, placed.place, placed.cover, placed.tile.since_s, placed.smooth)
            if mine and mine[-1].to_tick == begin and mine[-1][2:] == window[2:]:
                mine[-1] = mine[-1]._replace(to_tick=shot.to_tick)
            else:
                mine.append(window)
    return found


class Renderer:
    """Draws the ticks of a video in order, from `from_tick` on, on its `canvas`.

    A track that shows something opens when it is needed. `close` ends what was opened.
    """

    def __init__(
        self, shots: Sequence[Shot], tracks: Mapping[int, FrameSource], look: Look, from_s: float, from_tick: int = 0
    ) -> None:
        self.canvas = Canvas()
        self._shots = shots
        self._begins = [shot.from_tick for shot in shots]
        self._tracks = tracks
        self._from_s = from_s
        self._windows = windows(shots, from_tick)
        self._feeds: dict[int, PictureFeed] = {}
        self._shot: Shot | None = None
        # What of each tile is on the canvas, by its key.
        self._drawn: dict[str, tuple[Placed, Shown | None]] = {}
        mark = drawing.brand(look)
        self._brand = stamp(mark, BRAND_INSET, BRAND_TOP) if mark is not None else None

    def draw(self, tick: int) -> bool:
        """Bring the canvas to a tick; whether anything on it has changed."""
        shot = self._shots[bisect_right(self._begins, tick) - 1]
        changed = shot is not self._shot
        if changed:
            self._end_feeds(tick)
            if self._shot is None or _ground_of(shot) != _ground_of(self._shot):
                self._draw_ground(shot)
            self._shot = shot
        for placed in shot.placed:
            now = (placed, self._shown(placed.tile.track, tick))
            if self._drawn.get(placed.tile.key) != now:
                self._drawn[placed.tile.key] = now
                self._draw_tile(*now)
                changed = True
        return changed

    def close(self) -> None:
        """End the tracks. Idempotent."""
        for feed in self._feeds.values():
            feed.close()
        self._feeds.clear()

    def _shown(self, track: int | None, tick: int) -> Shown | None:
        """What a track shows at a tick, None if there is nothing."""
        if track is None or track not in self._tracks:
            return None
        if track not in self._feeds:
            self._feeds[track] = PictureFeed(self._tracks[track], self._windows[track], self._from_s)
        return self._feeds[track].at(tick)

    def _end_feeds(self, tick: int) -> None:
        """Close what is not to be seen any more."""
        for track in [track for track in self._feeds if self._windows[track][-1].to_tick <= tick]:
            self._feeds.pop(track).close()

    def _draw_ground(self, shot: Shot) -> None:
        """All of a shot but its tiles, which are to be drawn then."""
        self._drawn.clear()
        canvas = self.canvas
        canvas.fill(WHOLE, BACKGROUND)
        if self._brand is not None:
            canvas.blend(self._brand)
        if not shot.placed:
            canvas.blend(_nobody())
        if shot.rest is not None:
            count, place = shot.rest
            canvas.put(planes(drawing.rest(count, place.width, place.height)), place, place)
            canvas.blend(stamp(drawing.corners(place.width, place.height), place.left, place.top))

    def _draw_tile(self, placed: Placed, shown: Shown | None) -> None:
        tile, place, _ = placed
        if shown is None or shown.picture is None:
            self.canvas.put(_backdrop(tile, place), place, place)
        else:
            if shown.at.width < place.width or shown.at.height < place.height:
                self.canvas.fill(place, AROUND_PICTURE)
            self.canvas.put(shown.picture, shown.at, place)
        self.canvas.blend(_overlay(placed))


def _ground_of(shot: Shot) -> tuple[object, ...]:
    """What is the same in shots that differ in their tiles' states only."""
    return shot.rest, [placed.place for placed in shot.placed]


@lru_cache(maxsize=KEPT_PIECES)
def _overlay(placed: Placed) -> Stamp:
    tile, place, _ = placed
    piece = drawing.overlay(tile, place.width, place.height, framed=placed.framed)
    return stamp(piece, place.left, place.top)


@lru_cache(maxsize=KEPT_PIECES)
def _backdrop(tile: Tile, place: Rect) -> Planes:
    return planes(drawing.backdrop(tile, place.width, place.height))


@lru_cache(maxsize=1)
def _nobody() -> Stamp:
    piece = drawing.nobody()
    return stamp(piece, (WIDTH - piece.width) // 2, (HEIGHT - piece.height) // 2)
