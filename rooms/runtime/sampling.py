"""Samples of a live room: who is looked at when, and which samples are kept, so that a large room stays cheap.

Every second a tenth of the participants is looked at, each of them every 10 s, and each third look makes a sample. Of
participants with a tile all samples are kept, of 2000 of them as many as there is place for. Of viewers only samples
with a trouble are kept, as long as there is place, and one sample for all of them together.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from rooms.runtime.figures import troubles_of
from rooms.runtime.samples import Sample, together

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from rooms.room_key import RoomKey
    from rooms.runtime.figures import Direction, Figures
    from rooms.runtime.member import Member

TICK_S: Final = 1.0
SLICES: Final = 10
# So many of them in one turn of the loop: looking at one takes some 0.1 ms.
LOOKED_AT_AT_ONCE: Final = 20
SAMPLE_S: Final = 30.0
# The last sample of somebody who leaves is this long at least.
MIN_SAMPLE_S: Final = 5.0
# So many samples a room makes in half a minute at most: with a tile, and with a trouble beyond that or as a viewer.
MAX_SAMPLES: Final = 240
MAX_TROUBLED: Final = 80


class SampleSink(Protocol):
    """Who keeps samples. Called on the event loop; must return at once and never raise."""

    def sampled(self, sample: Sample) -> None:
        """A sample is whole."""


class State(Protocol):
    """What a room knows of who is in."""

    @property
    def tiles(self) -> Collection[str]: ...


class Sampling:
    """Of one room, from its making to `close`. `members` and `state` are the room's own."""

    def __init__(
        self,
        room: RoomKey,
        members: Mapping[str, Member],
        state: State,
        sink: SampleSink,
        now_ms: Callable[[], int],
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`now_ms` in Unix time; `clock` as the loop's, in seconds."""
        self._loop = asyncio.get_running_loop()
        self._clock = clock or self._loop.time
        self._room = room
        self._members = members
        self._state = state
        self._sink = sink
        self._now_ms = now_ms
        # Who had a tile when they were looked at last: who leaves has none any more.
        self._had_tile: dict[str, bool] = {}
        self._viewers: list[Figures] = []
        self._kept = self._troubled = 0
        self._turn = 0
        self._window_began_s = self._clock()
        self._timer = self._loop.call_later(TICK_S, self._on_timer)

    def close(self) -> None:
        """End it. Idempotent."""
        self._timer.cancel()

    def left(self, member: Member) -> None:
        """A participant is out: what is known of their last seconds is a sample, too."""
        now_s = self._clock()
        had_tile = self._had_tile.pop(member.peer_id, not member.visit.viewer)
        if member.gathering.lasted_s(now_s) >= MIN_SAMPLE_S:
            self._finish(member, now_s, viewer=not had_tile)

    def portions(self, now_s: float) -> Iterator[bool]:
        """Look at those whose turn it is, with a pause (True) after each `LOOKED_AT_AT_ONCE` people.

        To be called every `TICK_S`, with the time of the loop, and gone through before the next one.
        """
        turn, self._turn = self._turn, (self._turn + 1) % SLICES
        for number, member in enumerate(list(self._members.values())[turn::SLICES], 1):
            if self._members.get(member.peer_id) is member:  # they may have left in a pause
                self._look_at(member, now_s)
            if number % LOOKED_AT_AT_ONCE == 0:
                yield True
        if now_s - self._window_began_s >= SAMPLE_S - TICK_S / 2:
            self._finish_window(now_s)

    def _look_at(self, member: Member, now_s: float) -> None:
        member.measure(now_s)
        self._had_tile[member.peer_id] = has_tile = member.peer_id in self._state.tiles
        if member.gathering.lasted_s(now_s) >= SAMPLE_S - TICK_S / 2:
            self._finish(member, now_s, viewer=not has_tile)

    def _on_timer(self) -> None:
        self._timer = self._loop.call_later(TICK_S, self._on_timer)
        self._go_on(self.portions(self._clock()))

    def _go_on(self, portions: Iterator[bool]) -> None:
        """Look at some more, until everybody was looked at or the room has ended."""
        if next(portions, False) and not self._timer.cancelled():
            self._loop.call_soon(self._go_on, portions)

    def _finish(self, member: Member, now_s: float, *, viewer: bool) -> None:
        """Make a sample of what was gathered about a participant, and keep it where it is worth it."""
        seconds = member.gathering.lasted_s(now_s)
        for direction, figures in member.gathering.finish(now_s):
            if viewer and direction == "down":
                self._viewers.append(figures)
            if self._has_place(figures, viewer=viewer):
                self._tell(member.peer_id, direction, seconds, figures, viewer=viewer)

    def _has_place(self, figures: Figures, *, viewer: bool) -> bool:
        if not viewer and self._kept < MAX_SAMPLES:
            self._kept += 1
            return True
        if self._troubled < MAX_TROUBLED and troubles_of(figures):
            self._troubled += 1
            return True
        return False

    def _finish_window(self, now_s: float) -> None:
        if self._viewers:
            troubled = sum(bool(troubles_of(figures)) for figures in self._viewers)
            seconds = now_s - self._window_began_s
            whole = together(self._viewers)
            self._tell("", "down", seconds, whole, viewer=True, participants=len(self._viewers), troubled=troubled)
        self._viewers.clear()
        self._kept = self._troubled = 0
        self._window_began_s = now_s

    def _tell(
        self,
        peer_id: str,
        direction: Direction,
        seconds: float,
        figures: Figures,
        *,
        viewer: bool,
        participants: int = 1,
        troubled: int = 0,
    ) -> None:
        started_ms = self._now_ms() - round(1000 * seconds)
        self._sink.sampled(
            Sample(
                self._room,
                peer_id,
                viewer,
                direction,
                started_ms,
                max(1, round(seconds)),
                figures,
                participants,
                troubled,
            )
        )
