"""The room as a pure state machine: commands in, events and effects out. No I/O, no clock, no Django.

`RoomState.apply` changes the state and tells what everybody must hear (`Event`) and what must be done with media
(`Effect`). An old snapshot plus the events gives the new snapshot; a test holds that for all commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from rooms.errors import Refused
from rooms.protocol import (
    PeerInfo,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    ProducerAdded,
    ProducerInfo,
    ProducerPaused,
    ProducerRemoved,
    RoomSnapshot,
    VideoCodecChanged,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.parameters import MediaKind, RtpCapabilities
    from rooms.protocol import Message, Source

KIND_OF_SOURCE: dict[Source, MediaKind] = {
    "mic": "audio",
    "camera": "video",
    "screen": "video",
    "screenAudio": "audio",
}


# --- commands -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Enter:
    """Somebody with a valid ticket comes in; `video_codecs` are the lower-case MIME types they can receive."""

    peer_id: str
    display_name: str
    name_fixed: bool
    video_codecs: frozenset[str]


@dataclass(frozen=True)
class Exit:
    """Somebody goes, or is gone."""

    peer_id: str
    reason: Literal["left", "lost", "replaced"]


@dataclass(frozen=True)
class Rename:
    """Somebody wants another name."""

    peer_id: str
    display_name: str


@dataclass(frozen=True)
class AddProducer:
    """A media producer was made for somebody."""

    peer_id: str
    producer_id: str
    source: Source
    paused: bool


@dataclass(frozen=True)
class SetProducerPaused:
    """Somebody turns a producer off or on."""

    peer_id: str
    producer_id: str
    paused: bool


@dataclass(frozen=True)
class RemoveProducer:
    """Somebody ends a producer."""

    peer_id: str
    producer_id: str


Command = Enter | Exit | Rename | AddProducer | SetProducerPaused | RemoveProducer


# --- what comes out -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """A notification for everybody in the room but `but`."""

    message: Message
    but: str | None = None


@dataclass(frozen=True)
class ConsumeEverything:
    """Make consumers of all producers in the room for a newcomer."""

    peer_id: str


@dataclass(frozen=True)
class ConsumeProducer:
    """Make consumers of a new producer for everybody but its peer."""

    peer_id: str
    producer: ProducerInfo


@dataclass(frozen=True)
class PauseMedia:
    """Pause or resume a media producer."""

    peer_id: str
    producer_id: str
    paused: bool


@dataclass(frozen=True)
class CloseProducerMedia:
    """Close a media producer."""

    peer_id: str
    producer_id: str


Effect = ConsumeEverything | ConsumeProducer | PauseMedia | CloseProducerMedia


@dataclass
class Outcome:
    """What a command led to, in order."""

    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)


@dataclass
class _Peer:
    info: PeerInfo
    name_fixed: bool
    video_codecs: frozenset[str]


class RoomState:
    """One room. `preferred_codecs` are video MIME types, the most wanted first."""

    def __init__(self, room_id: str, preferred_codecs: Sequence[str]) -> None:
        self.room_id = room_id
        self._preferred_codecs = tuple(preferred_codecs)
        self._peers: dict[str, _Peer] = {}
        self.video_codec = self._preferred_codecs[0]

    @property
    def empty(self) -> bool:
        """Whether the last participant has left."""
        return not self._peers

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._peers

    def snapshot(self) -> RoomSnapshot:
        """The room as a newcomer must see it."""
        peers = [
            msgspec.structs.replace(peer.info, producers=[msgspec.structs.replace(p) for p in peer.info.producers])
            for peer in self._peers.values()
        ]
        return RoomSnapshot(room_id=self.room_id, peers=peers, video_codec=self.video_codec)

    def producers_of_others(self, peer_id: str) -> list[tuple[str, ProducerInfo]]:
        """All producers that a peer may consume, with their peers' ids."""
        return [
            (other, producer)
            for other, peer in self._peers.items()
            if other != peer_id
            for producer in peer.info.producers
        ]

    def check_produce(self, peer_id: str, kind: MediaKind, source: Source) -> None:
        """Raise `Refused` unless this peer may start this source."""
        if KIND_OF_SOURCE[source] != kind:
            raise Refused("invalidData", f"The source {source} is of kind {KIND_OF_SOURCE[source]}, not {kind}.")
        if any(producer.source == source for producer in self._peer(peer_id).info.producers):
            raise Refused("notAllowed", f"You are sending {source} already.")

    def apply(self, command: Command, now_ms: int) -> Outcome:
        """Carry out a command. Raises `Refused`, and then nothing has changed. `now_ms` is Unix time in ms."""
        match command:
            case Enter():
                return self._enter(command, now_ms)
            case Exit():
                return self._exit(command)
            case Rename():
                return self._rename(command)
            case AddProducer():
                return self._add_producer(command)
            case SetProducerPaused():
                return self._set_paused(command)
            case RemoveProducer():
                return self._remove_producer(command)

    def _enter(self, command: Enter, now_ms: int) -> Outcome:
        if command.peer_id in self._peers:
            raise Refused("alreadyJoined", "This participant is in the room already.")
        info = PeerInfo(command.peer_id, command.display_name, now_ms, [])
        self._peers[command.peer_id] = _Peer(info, command.name_fixed, command.video_codecs)
        outcome = Outcome(
            [Event(PeerJoined(msgspec.structs.replace(info, producers=[])), but=command.peer_id)],
            [ConsumeEverything(command.peer_id)],
        )
        self._negotiate(outcome, newcomer=command.peer_id)
        return outcome

    def _exit(self, command: Exit) -> Outcome:
        self._peer(command.peer_id)
        del self._peers[command.peer_id]
        outcome = Outcome([Event(PeerLeft(command.peer_id, command.reason), but=command.peer_id)])
        self._negotiate(outcome)
        return outcome

    def _rename(self, command: Rename) -> Outcome:
        peer = self._peer(command.peer_id)
        if peer.name_fixed:
            raise Refused("nameFixed", "Your name was given with the link and can't be changed.")
        peer.info.display_name = command.display_name
        return Outcome([Event(PeerRenamed(command.peer_id, command.display_name))])

    def _add_producer(self, command: AddProducer) -> Outcome:
        kind = KIND_OF_SOURCE[command.source]
        self.check_produce(command.peer_id, kind, command.source)
        producer = ProducerInfo(id=command.producer_id, kind=kind, source=command.source, paused=command.paused)
        self._peer(command.peer_id).info.producers.append(producer)
        return Outcome(
            [Event(ProducerAdded(command.peer_id, msgspec.structs.replace(producer)))],
            [ConsumeProducer(command.peer_id, producer)],
        )

    def _set_paused(self, command: SetProducerPaused) -> Outcome:
        producer = self._producer(command.peer_id, command.producer_id)
        if producer.paused == command.paused:
            return Outcome()
        producer.paused = command.paused
        return Outcome(
            [Event(ProducerPaused(command.peer_id, command.producer_id, command.paused))],
            [PauseMedia(command.peer_id, command.producer_id, command.paused)],
        )

    def _remove_producer(self, command: RemoveProducer) -> Outcome:
        producer = self._producer(command.peer_id, command.producer_id)
        self._peer(command.peer_id).info.producers.remove(producer)
        return Outcome(
            [Event(ProducerRemoved(command.peer_id, command.producer_id))],
            [CloseProducerMedia(command.peer_id, command.producer_id)],
        )

    def _negotiate(self, outcome: Outcome, newcomer: str | None = None) -> None:
        """Take the first preferred codec that everybody can decode; with none in common, the first of all."""
        everybody = [peer.video_codecs for peer in self._peers.values()]
        common = (codec for codec in self._preferred_codecs if all(codec.lower() in codecs for codecs in everybody))
        codec = next(common, self._preferred_codecs[0])
        if codec != self.video_codec:
            self.video_codec = codec
            outcome.events.append(Event(VideoCodecChanged(codec), but=newcomer))

    def _peer(self, peer_id: str) -> _Peer:
        peer = self._peers.get(peer_id)
        if peer is None:
            raise Refused("notFound", "There is no such participant in this room.")
        return peer

    def _producer(self, peer_id: str, producer_id: str) -> ProducerInfo:
        for producer in self._peer(peer_id).info.producers:
            if producer.id == producer_id:
                return producer
        raise Refused("notFound", "You have no such producer.")


def receivable_video(capabilities: RtpCapabilities) -> frozenset[str]:
    """The lower-case MIME types of all video codecs (without RTX) in an endpoint's capabilities."""
    return frozenset(
        codec.mime_type.lower()
        for codec in capabilities.codecs
        if codec.kind == "video" and not codec.mime_type.lower().endswith("/rtx")
    )
