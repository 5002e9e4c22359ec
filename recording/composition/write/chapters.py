"""Where something changes in a video: people who come and go, screens that are shared and no more. Pure.

Written as WebVTT, which players show, and as JSON, from which pages make texts in their own language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from recording.composition.draw.scenes import Scene, Tile

# What comes within so long after a chapter's beginning is part of it.
SHORTEST_S: Final = 10.0
# Who is back after so long has had trouble with the network; that is no chapter.
RETURN_S: Final = 60.0
# So many names stand in a title, then their number.
MAX_NAMES: Final = 3

Kind = Literal["join", "share", "leave", "shareEnd"]
ENDS: Final = frozenset({"leave", "shareEnd"})


@dataclass(frozen=True)
class Happening:
    """Somebody came or went, or began or ended to share a screen, at a time in the video."""

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
        for kind, what in (("join", "joined"), ("leave", "left")):
            names = list(dict.fromkeys(one.name for one in self.happenings if one.kind == kind))
            if names:
                return f"{_listed(names)} {what}"
        ends = [one for one in self.happenings if one.kind == "shareEnd"]
        return f"{ends[-1].name} shares no screen any more" if ends else "Start"


def _listed(names: list[str]) -> str:
    if len(names) > MAX_NAMES:
        names = [*names[: MAX_NAMES - 1], f"{len(names) - MAX_NAMES + 1} others"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def chapters(scenes: Sequence[Scene]) -> list[Chapter]:
    """The chapters of a video that begins with the first scene. None if there are no scenes."""
    if not scenes:
        return []
    begins_s, ends_s = scenes[0].from_s, scenes[-1].to_s
    found = [Chapter(0.0, ends_s - begins_s)]
    for happening in sorted(_happenings(scenes), key=lambda one: one.time_s):
        if happening.kind in ENDS and ends_s - begins_s - happening.time_s < SHORTEST_S:
            continue  # with the last ones who leave the video ends
        if happening.time_s - found[-1].from_s >= SHORTEST_S:
            found[-1].to_s = happening.time_s
            found.append(Chapter(happening.time_s, ends_s - begins_s))
        found[-1].happenings.append(happening)
    return found


@dataclass
class _Stay:
    """Somebody's, or a shared screen's, from a time to another, short absences included."""

    from_s: float
    to_s: float
    first: Tile
    last: Tile


def _happenings(scenes: Sequence[Scene]) -> Iterator[Happening]:
    begins_s, ends_s = scenes[0].from_s, scenes[-1].to_s
    for stay in _stays(scenes):
        shares = stay.first.source == "screen"
        if stay.from_s > begins_s:
            yield Happening(stay.from_s - begins_s, "share" if shares else "join", stay.first.peer_id, stay.first.name)
        if stay.to_s < ends_s:
            yield Happening(stay.to_s - begins_s, "shareEnd" if shares else "leave", stay.last.peer_id, stay.last.name)


def _stays(scenes: Sequence[Scene]) -> list[_Stay]:
    found: list[_Stay] = []
    current: dict[str, _Stay] = {}
    for scene in scenes:
        for tile in _tiles(scene):
            if tile.source == "video":
                continue
            stay = current.get(tile.key)
            if stay is None or scene.from_s - stay.to_s > RETURN_S:
                stay = current[tile.key] = _Stay(scene.from_s, scene.to_s, tile, tile)
                found.append(stay)
            stay.to_s, stay.last = scene.to_s, tile
    return found


def _tiles(scene: Scene) -> Iterable[Tile]:
    return (*([scene.stage] if scene.stage else []), *scene.tiles)


class ListedHappening(msgspec.Struct, frozen=True, rename="camel"):
    """Something that happens at a chapter's beginning, as pages read it."""

    at_s: float
    kind: Kind
    peer_id: str
    display_name: str


class ListedChapter(msgspec.Struct, frozen=True, rename="camel"):
    """A chapter as pages read it; its title is English, and what happens gives it in other languages."""

    start_s: float
    end_s: float
    title: str
    happenings: list[ListedHappening]


def to_json(found: Iterable[Chapter]) -> list[dict[str, Any]]:
    """For pages: a list of `ListedChapter`."""
    listed: list[dict[str, Any]] = msgspec.to_builtins(
        [
            ListedChapter(
                round(chapter.from_s, 3),
                round(chapter.to_s, 3),
                chapter.title,
                [ListedHappening(round(one.time_s, 3), one.kind, one.peer_id, one.name) for one in chapter.happenings],
            )
            for chapter in found
        ]
    )
    return listed


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


def without_person(text: str, peer_id: str, instead: str = "Somebody") -> tuple[str, str]:
    """Chapters as pages have them (`to_json`), and as players do (`to_vtt`), without a participant's name and id."""
    found = [
        Chapter(
            one.start_s,
            one.end_s,
            [
                Happening(what.at_s, what.kind, "", instead)
                if what.peer_id == peer_id
                else Happening(what.at_s, what.kind, what.peer_id, what.display_name)
                for what in one.happenings
            ],
        )
        for one in msgspec.json.decode(text, type=list[ListedChapter])
    ]
    return msgspec.json.encode(to_json(found)).decode(), to_vtt(found)
