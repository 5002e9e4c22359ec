"""The pictures of a video in parts of a minute, each finished or not there: what was done survives a kill."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from recording.composition.draw.pictures import FPS
from recording.composition.draw.render import Renderer
from recording.composition.write.encode import Encoders, new_frame
from recording.composition.write.packaging import Pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from recording.composition.draw.look import Look
    from recording.composition.draw.pictures import FrameSource
    from recording.composition.draw.render import Shot
    from recording.composition.write.encode import Rung

PART_TICKS: Final = 60 * FPS
TOLD_TICKS: Final = FPS


class Parts:
    """The parts of one video in a folder, in all sizes of a ladder. `shots` cover the whole video."""

    def __init__(self, folder: Path, shots: Sequence[Shot], ladder: Sequence[Rung]) -> None:
        self._folder = folder
        self._shots = shots
        self._ladder = ladder
        self._ticks = shots[-1].to_tick
        self._begins = range(0, self._ticks, PART_TICKS)
        folder.mkdir(parents=True, exist_ok=True)

    def make(
        self, tracks: Mapping[int, FrameSource], look: Look, from_s: float, progress: Callable[[float], None]
    ) -> None:
        """Draw and encode those that are missing."""
        missing = [
            begin for begin in self._begins if not all(self._path(begin, rung).exists() for rung in self._ladder)
        ]
        renderer: Renderer | None = None
        drawn = -1
        try:
            for begin in missing:
                if renderer is None or drawn != begin:
                    if renderer is not None:
                        renderer.close()
                    renderer = Renderer(self._shots, tracks, look, from_s, begin)
                drawn = self._make_part(renderer, begin, progress)
        finally:
            if renderer is not None:
                renderer.close()

    def pictures(self, rung: Rung) -> Pictures:
        """All parts in one size."""
        return Pictures(rung, [(self._path(begin, rung), Fraction(begin, FPS)) for begin in self._begins])

    def _make_part(self, renderer: Renderer, begin: int, progress: Callable[[float], None]) -> int:
        end = min(begin + PART_TICKS, self._ticks)
        drafts = {rung: self._path(begin, rung).with_suffix(".new") for rung in self._ladder}
        planes = renderer.canvas.planes
        with Encoders([(path, rung) for rung, path in drafts.items()]) as encoders:
            frame = None
            for tick in range(begin, end):
                if renderer.draw(tick) or frame is None:
                    frame = new_frame(planes)
                encoders.add(frame, tick - begin)
                if tick % TOLD_TICKS == 0:
                    progress(tick / self._ticks)
        for rung, path in drafts.items():
            path.rename(self._path(begin, rung))
        return end

    def _path(self, begin: int, rung: Rung) -> Path:
        return self._folder / f"{begin // PART_TICKS:05}-{rung.name}.mp4"
