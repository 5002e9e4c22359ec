"""Where something begins in a video: people who come, screens that are shared. Pure.

Written as WebVTT, which players show, and as JSON, from which pages make texts in their own language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from recording.composition.scenes import Scene, Tile

# What comes within so long after a chapter's beginning is part of it.
SHORTEST_S: Final = 10.0
# Who is back after so long has had trouble with the network; that is no chapter.
RETURN_S: Final = 60.0
# So many names stand in a title, then their number.
MAX_NAMES: Final = 3

Kind = Literal["start", "join", "share"]


@dataclass(frozen=True)
class Happening:
    """Somebody came, or shares a screen, at a time in the video."""

    time_s: float
    kind: Kind
    peer_id: str
    name: str


@dataclass
class Chapter:
    """A part of a video, and what happens at its beginning; the first one begins with it."""

    from_s: float
    to_s: float
    happenings: list[Happening] = field(default_factory=list)

    @property
    def title(self) -> str:
        """In English."""
        shares = [one for one in self.happenings if one.kind == "share"]
        if shares:
            return f"{shares[-1].name} shares a screen"
        names = list(dict.fromkeys(one.name for one in self.happenings if one.kind == "join"))
        if not names:
            return "Start"
        if len(names) > MAX_NAMES:
            names = [*names[: MAX_NAMES - 1], f"{len(names) - MAX_NAMES + 1} others"]
        listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        return f"{listed} joined"


def chapters(scenes: Sequence[Scene]) -> list[Chapter]:
    """The chapters of a video that begins with the first scene. None if there are no scenes."""
    if not scenes:
        return []
    begins_s, ends_s = scenes[0].from_s, scenes[-1].to_s
    found = [Chapter(0.0, ends_s - begins_s)]
    for happening in _happenings(scenes):
        if happening.time_s - found[-1].from_s >= SHORTEST_S:
            found[-1].to_s = happening.time_s
            found.append(Chapter(happening.time_s, ends_s - begins_s))
        found[-1].happenings.append(happening)
    return found


def _happenings(scenes: Sequence[Scene]) -> Iterator[Happening]:
    begins_s = scenes[0].from_s
    seen: dict[str, float] = {tile.key: begins_s for tile in _tiles(scenes[0])}
    for scene in scenes:
        for tile in _tiles(scene):
            if tile.source != "video" and scene.from_s - seen.get(tile.key, float("-inf")) > RETURN_S:
                kind: Kind = "share" if tile.source == "screen" else "join"
                yield Happening(scene.from_s - begins_s, kind, tile.peer_id, tile.name)
            seen[tile.key] = scene.to_s


def _tiles(scene: Scene) -> Iterable[Tile]:
    return (*([scene.stage] if scene.stage else []), *scene.tiles)


def to_json(found: Iterable[Chapter]) -> list[dict[str, Any]]:
    """For pages."""
    return [
        {
            "startS": round(chapter.from_s, 3),
            "endS": round(chapter.to_s, 3),
            "title": chapter.title,
            "happenings": [
                {"atS": round(one.time_s, 3), "kind": one.kind, "peerId": one.peer_id, "displayName": one.name}
                for one in chapter.happenings
            ],
        }
        for chapter in found
    ]


def to_vtt(found: Iterable[Chapter]) -> str:
    """For players."""
    cues = [
        f"{timestamp(chapter.from_s)} --> {timestamp(chapter.to_s)}\n{escaped(chapter.title)}\n" for chapter in found
    ]
    return "\n".join(["WEBVTT\n", *cues])


def timestamp(time_s: float) -> str:
    """As WebVTT writes times."""
    ms = round(time_s * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def escaped(text: str) -> str:
    """As plain text in a WebVTT cue: in one line, without markup."""
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())
