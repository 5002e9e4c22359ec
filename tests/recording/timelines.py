"""Timelines for tests: entries as capture writes them, at seconds instead of Unix times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from recording.composition.draw.scenes import Scene, scenes
from recording.composition.read.timeline import replay
from rooms.protocol import (
    HandChanged,
    PeerInfo,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    ProducerAdded,
    ProducerInfo,
    ProducerPaused,
    ProducerRemoved,
    VideoUrlChanged,
    wire_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recording.composition.read.levels import Speaking
    from rooms.protocol import Message, Role, Source

START_MS: Final = 1_790_000_000_000


def ms(time_s: float) -> int:
    """Unix time in ms of a time in the recording."""
    return START_MS + round(time_s * 1000)


def producer(peer_id: str, source: Source, *, paused: bool = False) -> ProducerInfo:
    """What somebody sends."""
    return ProducerInfo(f"{source}-{peer_id}", "audio" if source in {"mic", "screenAudio"} else "video", source, paused)


def person(peer_id: str, *sources: Source, name: str = "", role: Role = "participant", at_s: float = 0) -> PeerInfo:
    """Somebody in the room, with what they send."""
    return PeerInfo(peer_id, name or peer_id.title(), role, ms(at_s), [producer(peer_id, source) for source in sources])


def snapshot(*people: PeerInfo, at_s: float = 0, video_url: str = "") -> dict[str, Any]:
    """The room as a viewer sees it who comes in."""
    room = {"roomId": "room", "peers": [msgspec.to_builtins(peer) for peer in people], "videoUrl": video_url}
    return {"at": ms(at_s), "snapshot": room}


def event(at_s: float, message: Message) -> dict[str, Any]:
    """Something that a viewer hears."""
    return {"at": ms(at_s), "event": wire_name(type(message)), "data": msgspec.to_builtins(message)}


def joined(at_s: float, peer_id: str, *sources: Source, name: str = "") -> dict[str, Any]:
    """Somebody comes in."""
    return event(at_s, PeerJoined(person(peer_id, *sources, name=name, at_s=at_s)))


def left(at_s: float, peer_id: str, *, lost: bool = False) -> dict[str, Any]:
    """Somebody goes."""
    return event(at_s, PeerLeft(peer_id, "lost" if lost else "left"))


def renamed(at_s: float, peer_id: str, name: str) -> dict[str, Any]:
    """Somebody has another name."""
    return event(at_s, PeerRenamed(peer_id, name))


def hand(at_s: float, peer_id: str, *, up: bool = True) -> dict[str, Any]:
    """Somebody raises a hand, or takes it down."""
    raised_at = ms(at_s) if up else None
    return event(at_s, HandChanged(peer_id, peer_id.title(), viewer=False, raised_at=raised_at))


def added(at_s: float, peer_id: str, source: Source, *, paused: bool = False) -> dict[str, Any]:
    """Somebody turns something on."""
    return event(at_s, ProducerAdded(peer_id, producer(peer_id, source, paused=paused)))


def paused(at_s: float, peer_id: str, source: Source, *, on: bool = False) -> dict[str, Any]:
    """Somebody mutes something, or unmutes it."""
    return event(at_s, ProducerPaused(peer_id, f"{source}-{peer_id}", not on))


def removed(at_s: float, peer_id: str, source: Source) -> dict[str, Any]:
    """Somebody ends something."""
    return event(at_s, ProducerRemoved(peer_id, f"{source}-{peer_id}"))


def video_url(at_s: float, url: str) -> dict[str, Any]:
    """All watch something together, or nothing any more."""
    return event(at_s, VideoUrlChanged(url))


def track(at_s: float, number: int, peer_id: str, source: Source) -> dict[str, Any]:
    """A file is written of what somebody sends."""
    started = {"number": number, "producerId": f"{source}-{peer_id}", "peerId": peer_id, "source": source}
    return {"at": ms(at_s), "trackStarted": started}


def scenes_of(
    entries: Iterable[Any], to_s: float, *, from_s: float = 0, speaking: Iterable[Speaking] = ()
) -> list[Scene]:
    """What a video of these entries shows."""
    return scenes(replay(entries, START_MS), speaking, from_s, to_s)


def shown(scene: Scene) -> list[str]:
    """The keys of all tiles, that on the stage first."""
    return [tile.key for tile in (*([scene.stage] if scene.stage else []), *scene.tiles)]
