"""What a capture's timeline tells: the room as a regular viewer saw it, at each moment at which it changed. Pure.

It is the page's reducer (`sdk/js/src/room/reducer.ts`) for what is to be seen in a video. Entries that make no sense
are passed over, as a file that was cut off may hold anything at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rooms.protocol import (
    NOTIFICATIONS,
    HandChanged,
    PeerInfo,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    ProducerAdded,
    ProducerInfo,
    ProducerPaused,
    ProducerRemoved,
    Source,
    VideoUrlChanged,
    wire_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rooms.protocol import Message

_EVENTS: Final = {wire_name(event): event for event in NOTIFICATIONS}


class _Snapshot(msgspec.Struct, rename="camel"):
    """Of a `RoomSnapshot` what is needed here: captures may be older than the protocol's newest fields."""

    peers: list[PeerInfo]
    video_url: str = ""


class _Track(msgspec.Struct, rename="camel"):
    number: int
    producer_id: str


@dataclass(frozen=True)
class Sending:
    """Something that a person sends; `on_since_s` is when it was last turned on, and None while it is paused."""

    producer_id: str
    added_s: float
    on_since_s: float | None


@dataclass(frozen=True)
class Person:
    """Somebody with a tile. `hand_raised_at` is Unix time in ms."""

    peer_id: str
    name: str
    moderator: bool
    hand_raised_at: int | None
    sending: Mapping[Source, Sending] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """All that is to be seen, people in the order in which they joined. `tracks` has a number for each producer."""

    people: tuple[Person, ...] = ()
    video_url: str = ""
    tracks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """The room from `time_s` on, in seconds since the capture began."""

    time_s: float
    room: Room


def replay(entries: Iterable[Any], started_at_ms: int) -> Iterator[Moment]:
    """The moments of a capture's timeline, whose entries are decoded JSON objects. Times never go back."""
    room = Room()
    time_s = 0.0
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(at := entry.get("at"), int | float):
            continue
        time_s = max(time_s, (at - started_at_ms) / 1000)
        after = _after(room, entry, time_s)
        if after != room:
            room = after
            yield Moment(time_s, room)


def _after(room: Room, entry: dict[str, Any], time_s: float) -> Room:
    try:
        if "snapshot" in entry:
            return _entered(room, msgspec.convert(entry["snapshot"], _Snapshot), time_s)
        if "interrupted" in entry:
            return replace(room, people=(), video_url="")
        if "trackStarted" in entry:
            track = msgspec.convert(entry["trackStarted"], _Track)
            return replace(room, tracks={**room.tracks, track.producer_id: track.number})
        if event := _EVENTS.get(entry.get("event", "")):
            return _heard(room, msgspec.convert(entry.get("data"), event), time_s)
    except (msgspec.ValidationError, TypeError):
        pass
    return room


def _entered(room: Room, snapshot: _Snapshot, time_s: float) -> Room:
    people = tuple(_person(peer, time_s) for peer in snapshot.peers if _has_tile(peer))
    return replace(room, people=people, video_url=snapshot.video_url)


def _heard(room: Room, event: Message, time_s: float) -> Room:
    match event:
        case PeerJoined(peer) if _has_tile(peer):
            others = tuple(person for person in room.people if person.peer_id != peer.id)
            return replace(room, people=(*others, _person(peer, time_s)))
        case PeerLeft(peer_id):
            return replace(room, people=tuple(person for person in room.people if person.peer_id != peer_id))
        case PeerRenamed() | HandChanged() | ProducerAdded() | ProducerPaused() | ProducerRemoved():
            return _with(room, event.peer_id, event, time_s)
        case VideoUrlChanged(url):
            return replace(room, video_url=url)
    return room


def _with(room: Room, peer_id: str, event: Message, time_s: float) -> Room:
    """After something that concerns one person only."""
    people = tuple(_changed(person, event, time_s) if person.peer_id == peer_id else person for person in room.people)
    return replace(room, people=people)


def _changed(person: Person, event: Message, time_s: float) -> Person:
    match event:
        case PeerRenamed(display_name=name):
            return replace(person, name=name)
        case HandChanged(raised_at=raised_at):
            return replace(person, hand_raised_at=raised_at)
        case ProducerAdded(producer=producer):
            return replace(person, sending={**person.sending, producer.source: _sending(producer, time_s)})
        case ProducerPaused(producer_id=producer_id, paused=paused):
            return replace(person, sending=_paused(person.sending, producer_id, time_s, paused=paused))
        case ProducerRemoved(producer_id=producer_id):
            return replace(person, sending=_without(person.sending, producer_id))
    return person


def _has_tile(peer: PeerInfo) -> bool:
    """Interpreters have none: they are heard by who chooses their language."""
    return peer.role != "interpreter"


def _person(peer: PeerInfo, time_s: float) -> Person:
    sending = {producer.source: _sending(producer, time_s) for producer in peer.producers}
    return Person(peer.id, peer.display_name, peer.role == "moderator", peer.hand_raised_at, sending)


def _sending(producer: ProducerInfo, time_s: float) -> Sending:
    return Sending(producer.id, time_s, None if producer.paused else time_s)


def _paused(
    sending: Mapping[Source, Sending], producer_id: str, time_s: float, *, paused: bool
) -> Mapping[Source, Sending]:
    def changed(one: Sending) -> Sending:
        if one.producer_id != producer_id or paused == (one.on_since_s is None):
            return one
        return replace(one, on_since_s=None if paused else time_s)

    return {source: changed(one) for source, one in sending.items()}


def _without(sending: Mapping[Source, Sending], producer_id: str) -> Mapping[Source, Sending]:
    return {source: one for source, one in sending.items() if one.producer_id != producer_id}
