"""What a video shows from when to when: tiles as a regular viewer's page has them (`static/src/ui/layout/tiles.ts`).

Pure: moments of the timeline and who speaks when go in, scenes come out.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from recording.composition.read.timeline import Room

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from recording.composition.read.levels import Speaking
    from recording.composition.read.timeline import Moment, Person, Sending

TileSource = Literal["camera", "screen", "video"]
VIDEO_KEY: Final = "video"
# On a shared screen a name would hide what is shared: it goes away after so long.
NAMED_S: Final = 4.0


@dataclass(frozen=True)
class Tile:
    """A participant, a shared screen, or the player that all watch together (`name` is then its address).

    `track` is the number of the track with the picture, None for the avatar; what it showed before `since_s` is
    something else. `hand` is the place in the line of raised hands, from 1. Without `named` the name isn't shown.
    """

    key: str
    peer_id: str
    source: TileSource
    name: str
    track: int | None = None
    since_s: float = 0.0
    mic_on: bool = True
    moderator: bool = False
    hand: int | None = None
    speaking: bool = False
    named: bool = True


@dataclass(frozen=True)
class Scene:
    """Nothing but the tiles' own pictures changes from `from_s` to `to_s`, in seconds since the capture began."""

    from_s: float
    to_s: float
    stage: Tile | None
    tiles: tuple[Tile, ...]


def scenes(moments: Iterable[Moment], speaking: Iterable[Speaking], from_s: float, to_s: float) -> list[Scene]:
    """The scenes of a part of a capture, without gap or overlap. None if it has no length."""
    known = list(moments)
    speech = [one for one in speaking if one.to_s > one.from_s]
    cuts = {from_s, to_s}
    cuts.update(moment.time_s for moment in known)
    cuts.update(time for one in speech for time in (one.from_s, one.to_s))
    cuts.update(
        screen.added_s + NAMED_S
        for moment in known
        for person in moment.room.people
        if (screen := person.sending.get("screen"))
    )
    times = sorted(time for time in cuts if from_s <= time <= to_s)
    begins = [moment.time_s for moment in known]
    sweep = _Sweep(speech)
    found: list[Scene] = []
    for begin, end in pairwise(times):
        index = bisect_right(begins, begin)
        stage, tiles = tiles_of(known[index - 1].room if index else Room(), sweep.at(begin), begin)
        if found and (found[-1].stage, found[-1].tiles) == (stage, tiles):
            found[-1] = Scene(found[-1].from_s, end, stage, tiles)
        else:
            found.append(Scene(begin, end, stage, tiles))
    return found


class _Sweep:
    """Who speaks at a time; to be asked in order."""

    def __init__(self, speech: Sequence[Speaking]) -> None:
        changes = [(one.from_s, 1, one.peer_id) for one in speech] + [(one.to_s, -1, one.peer_id) for one in speech]
        self._changes = sorted(changes)
        self._next = 0
        self._voices: dict[str, int] = {}

    def at(self, time_s: float) -> frozenset[str]:
        while self._next < len(self._changes) and self._changes[self._next][0] <= time_s:
            _, change, peer_id = self._changes[self._next]
            self._voices[peer_id] = self._voices.get(peer_id, 0) + change
            self._next += 1
        return frozenset(peer_id for peer_id, count in self._voices.items() if count > 0)


def tiles_of(room: Room, speakers: frozenset[str], time_s: float) -> tuple[Tile | None, tuple[Tile, ...]]:
    """The tile on the stage and the others, in order: shared screens, then people as they joined.

    On the stage is the screen that was shared last, else the player that all watch.
    """
    hands = _hand_order(room)
    screens = [_screen(room, person, screen) for person in room.people if (screen := person.sending.get("screen"))]
    people = tuple(_camera(room, person, hands.get(person.peer_id), speakers) for person in room.people)
    player = Tile(VIDEO_KEY, "", "video", room.video_url) if room.video_url else None
    # Of those shared at the same time, the last one in order, as on the page
    latest = max(enumerate(screens), key=lambda each: (each[1][0], each[0]), default=None)
    stage = replace(latest[1][1], named=time_s < latest[1][0] + NAMED_S) if latest else player
    others = [player] if player is not None and player is not stage else []
    return stage, (*others, *(tile for _, tile in screens if stage is None or tile.key != stage.key), *people)


def _hand_order(room: Room) -> dict[str, int]:
    raised = [(person.hand_raised_at, person.peer_id) for person in room.people if person.hand_raised_at is not None]
    return {peer_id: place for place, (_, peer_id) in enumerate(sorted(raised), 1)}


def _screen(room: Room, person: Person, screen: Sending) -> tuple[float, Tile]:
    sound = person.sending.get("screenAudio")
    track = room.tracks.get(screen.producer_id) if screen.on_since_s is not None else None
    since_s = screen.on_since_s or 0.0
    heard = sound is not None and sound.on_since_s is not None
    key = f"screen:{person.peer_id}"
    return screen.added_s, Tile(key, person.peer_id, "screen", person.name, track, since_s, heard)


def _camera(room: Room, person: Person, hand: int | None, speakers: frozenset[str]) -> Tile:
    camera, mic = person.sending.get("camera"), person.sending.get("mic")
    on = camera is not None and camera.on_since_s is not None
    mic_on = mic is not None and mic.on_since_s is not None
    return Tile(
        key=f"camera:{person.peer_id}",
        peer_id=person.peer_id,
        source="camera",
        name=person.name,
        track=room.tracks.get(camera.producer_id) if camera is not None and on else None,
        since_s=(camera.on_since_s or 0.0) if camera is not None else 0.0,
        mic_on=mic_on,
        moderator=person.moderator,
        hand=hand,
        speaking=mic_on and person.peer_id in speakers,
    )
