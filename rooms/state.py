"""The room as a pure state machine: commands in, events and effects out. No I/O, no clock, no Django.

`RoomState.apply` changes the state and tells who must hear what (`Event`) and what must be done with media
(`Effect`). For each participant, an old snapshot plus the events they hear gives the new snapshot; a test holds that
for all commands.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from rooms.commands import (
    AddProducer,
    AdmitPeer,
    CloseProducerMedia,
    ConsumeEverything,
    ConsumeProducer,
    Enter,
    Event,
    Exit,
    GiveUp,
    Knock,
    LimitBitrate,
    OpenDoor,
    Outcome,
    PauseMedia,
    RemoveProducer,
    Rename,
    Say,
    SetHand,
    SetPeerAbsent,
    SetProducerPaused,
    SetQuality,
    SetStage,
    StopTracks,
)
from rooms.errors import Refused
from rooms.peers import DEVICE_OF_KIND, DEVICES, KIND_OF_SOURCE, Peer
from rooms.protocol import (
    AbsenceChanged,
    ChatAdded,
    ChatMessage,
    HandChanged,
    Knocked,
    KnockEnded,
    MaxBitrateChanged,
    PeerInfo,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    PermissionsChanged,
    ProducerAdded,
    ProducerInfo,
    ProducerPaused,
    ProducerRemoved,
    QualityChanged,
    RoomSnapshot,
    TrackStopped,
    VideoCodecChanged,
    VideoUrlChanged,
    ViewerHand,
    ViewersChanged,
    WaitingPeer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.parameters import MediaKind, RtpCapabilities
    from rooms.commands import Command
    from rooms.protocol import Source

CHAT_HISTORY: Final = 500
MAX_WAITING: Final = 200
TOO_MANY_BROADCASTERS: Final = "The limit of maximum active attendees is exceeded"


class RoomState:
    """One room. `preferred_codecs` are video MIME types, the most wanted first."""

    def __init__(self, room_id: str, preferred_codecs: Sequence[str]) -> None:
        self.room_id = room_id
        self.video_codec = preferred_codecs[0]
        self._preferred_codecs = tuple(preferred_codecs)
        self._peers: dict[str, Peer] = {}
        self._waiting: dict[str, WaitingPeer] = {}
        self._chat: deque[ChatMessage] = deque(maxlen=CHAT_HISTORY)
        self._chat_count = 0
        self._video_url = ""
        self._max_bitrate_bps = 0
        # Both begin with a moderator whose token says so, and last as long as the room.
        self._hands_enabled = False
        self._door_closed = False
        # Who was in before, or was let in, doesn't wait again after a lost connection.
        self._known: set[str] = set()
        self._handlers: dict[type[Command], Callable[..., Outcome]] = {
            Enter: self._enter,
            Knock: self._knock,
            GiveUp: self._give_up,
            AdmitPeer: self._admit,
            Exit: self._exit,
            Rename: self._rename,
            AddProducer: self._add_producer,
            SetProducerPaused: self._set_paused,
            RemoveProducer: self._remove_producer,
            SetPeerAbsent: self._set_absent,
            SetQuality: self._set_quality,
            SetHand: self._set_hand,
            Say: self._say,
            StopTracks: self._stop_tracks,
            SetStage: self._set_stage,
            LimitBitrate: self._limit_bitrate,
        }

    # --- questions --------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether nobody is here, nor waits at the door."""
        return not self._peers and not self._waiting

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._peers

    def snapshot(self, peer_id: str) -> RoomSnapshot:
        """The room as one participant may see it."""
        peer = self._peer(peer_id)
        hands = [
            ViewerHand(other.info.id, other.info.display_name, other.info.hand_raised_at)
            for other in self._peers.values()
            if other.viewer and other.info.hand_raised_at is not None
        ]
        return RoomSnapshot(
            room_id=self.room_id,
            me=peer.me(hands_enabled=self._hands_enabled),
            peers=[other.public() for other in self._peers.values() if not other.viewer],
            viewers=self._viewer_count,
            viewer_hands=hands if peer.moderator else [],
            waiting=list(self._waiting.values()) if peer.moderator else [],
            chat=[] if peer.entry.chat_disabled else list(self._chat),
            video_codec=self.video_codec,
            video_url=self._video_url,
            max_bitrate_bps=self._max_bitrate_bps,
        )

    def hears(self, peer_id: str, event: Event) -> bool:
        """Whether an event is for this participant."""
        peer = self._peers.get(peer_id)
        if peer is None or peer_id == event.but:
            return False
        if event.only is not None:
            return peer_id == event.only
        if peer_id == event.also or event.audience == "everybody":
            return True
        return peer.moderator if event.audience == "moderators" else not peer.entry.chat_disabled

    def must_wait(self, entry: Enter) -> bool:
        """Whether a moderator has to let this participant in."""
        if entry.role == "moderator" or entry.peer_id in self._known:
            return False
        return self._door_closed or entry.waiting_room

    def producers_of_others(self, peer_id: str) -> list[tuple[str, ProducerInfo]]:
        """All producers that a peer may consume, with their peers' ids."""
        return [
            (other, producer)
            for other, peer in self._peers.items()
            if other != peer_id
            for producer in peer.info.producers
        ]

    def check_produce(self, peer_id: str, kind: MediaKind, source: Source, *, paused: bool) -> None:
        """Raise `Refused` unless this peer may start this source."""
        peer = self._peer(peer_id)
        if KIND_OF_SOURCE[source] != kind:
            raise Refused("invalidData", f"The source {source} is of kind {KIND_OF_SOURCE[source]}, not {kind}.")
        permissions = peer.permissions(hands_enabled=self._hands_enabled)
        allowed = {"mic": permissions.mic, "camera": permissions.camera}.get(source, permissions.screen)
        if not allowed:
            raise Refused("notAllowed", f"You may not send {source} in this room.")
        if any(producer.source == source for producer in peer.info.producers):
            raise Refused("notAllowed", f"You are sending {source} already.")
        if source in DEVICES and not paused:
            self._check_broadcasters(peer)

    # --- commands ---------------------------------------------------------------------------------

    def apply(self, command: Command, now_ms: int) -> Outcome:
        """Carry out a command. Raises `Refused`, and then nothing has changed. `now_ms` is Unix time in ms."""
        if isinstance(command, (Enter, Knock, SetHand, Say)):
            return self._handlers[type(command)](command, now_ms)
        return self._handlers[type(command)](command)

    def _enter(self, command: Enter, now_ms: int) -> Outcome:
        if command.peer_id in self._peers:
            raise Refused("alreadyJoined", "This participant is in the room already.")
        if 0 < command.max_watchers <= len(self._peers):
            raise Refused("roomFull", "The room is full. Please try again when somebody has left.")
        info = PeerInfo(command.peer_id, command.display_name, command.role, now_ms, [])
        peer = Peer(info, command, command.viewer)
        self._peers[command.peer_id] = peer
        self._known.add(command.peer_id)
        outcome = Outcome(effects=[ConsumeEverything(command.peer_id)])
        outcome.events.append(self._appearance(peer))
        if peer.moderator:
            outcome += self._moderator_wants(peer)
        if command.video_url and command.video_url != self._video_url and (peer.moderator or not self._video_url):
            self._video_url = command.video_url
            outcome.events.append(Event(VideoUrlChanged(command.video_url), but=command.peer_id))
        self._negotiate(outcome, newcomer=command.peer_id)
        return outcome

    def _moderator_wants(self, peer: Peer) -> Outcome:
        """What a moderator's token turns on for the whole room."""
        self._door_closed = self._door_closed or peer.entry.waiting_room
        outcome = Outcome()
        if peer.entry.hand_enabled and not self._hands_enabled:
            before = {other.info.id: other.permissions(hands_enabled=False) for other in self._peers.values()}
            self._hands_enabled = True
            for other in self._peers.values():
                permissions = other.permissions(hands_enabled=True)
                if other is not peer and permissions != before[other.info.id]:
                    outcome.events.append(Event(PermissionsChanged(permissions, other.viewer), only=other.info.id))
        return outcome

    def _knock(self, command: Knock, now_ms: int) -> Outcome:
        if command.peer_id not in self._waiting and len(self._waiting) >= MAX_WAITING:
            raise Refused("roomFull", "Too many people are waiting already. Please try again later.")
        waiting = WaitingPeer(command.peer_id, command.display_name, now_ms)
        self._waiting[command.peer_id] = waiting
        return Outcome([Event(Knocked(waiting), audience="moderators")])

    def _give_up(self, command: GiveUp) -> Outcome:
        if self._waiting.pop(command.peer_id, None) is None:
            return Outcome()
        return Outcome([Event(KnockEnded(command.peer_id), audience="moderators")])

    def _admit(self, command: AdmitPeer) -> Outcome:
        self._check_moderator(command.actor)
        if command.peer_id not in self._waiting:
            raise Refused("notFound", "This participant doesn't wait any more.")
        outcome = self._give_up(GiveUp(command.peer_id))
        outcome.effects.append(OpenDoor(command.peer_id, command.admitted))
        return outcome

    def _exit(self, command: Exit) -> Outcome:
        peer = self._peer(command.peer_id)
        del self._peers[command.peer_id]
        if peer.viewer:
            outcome = Outcome([Event(ViewersChanged(self._viewer_count))])
            if peer.info.hand_raised_at is not None:
                gone = HandChanged(peer.info.id, peer.info.display_name, viewer=True, raised_at=None)
                outcome.events.append(Event(gone, audience="moderators"))
        else:
            outcome = Outcome([Event(PeerLeft(command.peer_id, command.reason))])
        self._negotiate(outcome)
        return outcome

    def _rename(self, command: Rename) -> Outcome:
        peer = self._peer(command.peer_id)
        if peer.entry.name_fixed:
            raise Refused("nameFixed", "Your name was given with the link and can't be changed.")
        peer.info.display_name = command.display_name
        renamed = PeerRenamed(command.peer_id, command.display_name)
        if not peer.viewer:
            return Outcome([Event(renamed)])
        outcome = Outcome([Event(renamed, only=command.peer_id)])
        if peer.info.hand_raised_at is not None:
            outcome.events.append(self._hand_event(peer))
        return outcome

    def _add_producer(self, command: AddProducer) -> Outcome:
        kind = KIND_OF_SOURCE[command.source]
        self.check_produce(command.peer_id, kind, command.source, paused=command.paused)
        producer = ProducerInfo(id=command.producer_id, kind=kind, source=command.source, paused=command.paused)
        self._peer(command.peer_id).info.producers.append(producer)
        return Outcome(
            [Event(ProducerAdded(command.peer_id, msgspec.structs.replace(producer)))],
            [ConsumeProducer(command.peer_id, producer)],
        )

    def _set_paused(self, command: SetProducerPaused) -> Outcome:
        peer = self._peer(command.peer_id)
        producer = self._producer(peer, command.producer_id)
        if producer.paused == command.paused:
            return Outcome()
        if not command.paused and producer.source in DEVICES:
            self._check_broadcasters(peer)
        producer.paused = command.paused
        return Outcome(
            [Event(ProducerPaused(command.peer_id, command.producer_id, command.paused))],
            [PauseMedia(command.peer_id, command.producer_id, command.paused)],
        )

    def _remove_producer(self, command: RemoveProducer) -> Outcome:
        peer = self._peer(command.peer_id)
        peer.info.producers.remove(self._producer(peer, command.producer_id))
        return Outcome(
            [Event(ProducerRemoved(command.peer_id, command.producer_id))],
            [CloseProducerMedia(command.peer_id, command.producer_id)],
        )

    def _set_absent(self, command: SetPeerAbsent) -> Outcome:
        peer = self._peer(command.peer_id)
        if peer.info.absent == command.absent or peer.viewer:
            return Outcome()
        peer.info.absent = command.absent
        return Outcome([Event(AbsenceChanged(command.peer_id, command.absent))])

    def _set_quality(self, command: SetQuality) -> Outcome:
        peer = self._peer(command.peer_id)
        if peer.info.quality == command.quality or peer.viewer:
            return Outcome()
        peer.info.quality = command.quality
        return Outcome([Event(QualityChanged(command.peer_id, command.quality))])

    def _set_hand(self, command: SetHand, now_ms: int) -> Outcome:
        if command.actor != command.peer_id:
            self._check_moderator(command.actor)
        peer = self._peer(command.peer_id)
        if command.raised and not peer.permissions(hands_enabled=self._hands_enabled).hand:
            raise Refused("handDisabled", "Hands can't be raised in this room.")
        if command.raised == (peer.info.hand_raised_at is not None):
            return Outcome()
        peer.info.hand_raised_at = now_ms if command.raised else None
        return Outcome([self._hand_event(peer)])

    def _say(self, command: Say, now_ms: int) -> Outcome:
        peer = self._peer(command.peer_id)
        text = command.text.strip()
        if peer.entry.chat_disabled:
            raise Refused("chatDisabled", "The chat is turned off for you.")
        if not text:
            raise Refused("invalidData", "There is nothing to say in an empty message.")
        self._chat_count += 1
        message = ChatMessage(self._chat_count, peer.info.id, peer.info.display_name, text, now_ms)
        self._chat.append(message)
        return Outcome([Event(ChatAdded(message), audience="chat")])

    def _stop_tracks(self, command: StopTracks) -> Outcome:
        self._check_moderator(command.actor)
        if command.peer_id is not None:
            targets = [self._peer(command.peer_id)]
        else:
            targets = [peer for peer in self._peers.values() if peer.info.id != command.actor]
        outcome = Outcome()
        for peer in targets:
            for producer in peer.info.producers:
                if producer.source == DEVICE_OF_KIND[command.kind] and not producer.paused:
                    outcome += self._set_paused(SetProducerPaused(peer.info.id, producer.id, paused=True))
                    outcome.events.append(Event(TrackStopped(command.kind), only=peer.info.id))
        return outcome

    def _set_stage(self, command: SetStage) -> Outcome:
        self._check_moderator(command.actor)
        peer = self._peer(command.peer_id)
        if not peer.entry.viewer:
            raise Refused("notAllowed", "Only a webinar's viewers can be brought on stage and back.")
        if peer.viewer != command.on_stage:
            return Outcome()
        outcome = Outcome()
        if command.on_stage:
            peer.viewer = False
            outcome.events += [self._appearance(peer), Event(ViewersChanged(self._viewer_count))]
            if peer.info.hand_raised_at is not None:
                gone = HandChanged(peer.info.id, peer.info.display_name, viewer=True, raised_at=None)
                outcome.events.insert(0, Event(gone, audience="moderators", but=peer.info.id))
        else:
            for producer in list(peer.info.producers):
                outcome += self._remove_producer(RemoveProducer(peer.info.id, producer.id))
            peer.info.absent, peer.info.quality = False, "unknown"
            if peer.info.hand_raised_at is not None:
                peer.info.hand_raised_at = None
                outcome.events.append(self._hand_event(peer))
            peer.viewer = True
            outcome.events += [
                Event(PeerLeft(peer.info.id, "viewing")),
                Event(ViewersChanged(self._viewer_count)),
            ]
        permissions = peer.permissions(hands_enabled=self._hands_enabled)
        outcome.events.append(Event(PermissionsChanged(permissions, peer.viewer), only=peer.info.id))
        return outcome

    def _limit_bitrate(self, command: LimitBitrate) -> Outcome:
        self._check_moderator(command.actor)
        if command.bitrate_bps == self._max_bitrate_bps:
            return Outcome()
        self._max_bitrate_bps = command.bitrate_bps
        return Outcome([Event(MaxBitrateChanged(command.bitrate_bps))])

    # --- inside -----------------------------------------------------------------------------------

    @property
    def _viewer_count(self) -> int:
        return sum(peer.viewer for peer in self._peers.values())

    def _appearance(self, peer: Peer) -> Event:
        """How others learn of a newcomer: by a tile, or by one more viewer. Who enters learns it from the snapshot."""
        if peer.viewer:
            return Event(ViewersChanged(self._viewer_count), but=peer.info.id)
        return Event(PeerJoined(peer.public()), but=None if peer.entry.viewer else peer.info.id)

    @staticmethod
    def _hand_event(peer: Peer) -> Event:
        message = HandChanged(peer.info.id, peer.info.display_name, peer.viewer, peer.info.hand_raised_at)
        if peer.viewer:
            return Event(message, audience="moderators", also=peer.info.id)
        return Event(message)

    def _negotiate(self, outcome: Outcome, newcomer: str | None = None) -> None:
        """Take the first preferred codec that everybody can decode; with none in common, the first of all."""
        everybody = [peer.entry.video_codecs for peer in self._peers.values()]
        common = (codec for codec in self._preferred_codecs if all(codec.lower() in codecs for codecs in everybody))
        codec = next(common, self._preferred_codecs[0])
        if codec != self.video_codec:
            self.video_codec = codec
            outcome.events.append(Event(VideoCodecChanged(codec), but=newcomer))

    def _check_moderator(self, actor: str) -> None:
        if not self._peer(actor).moderator:
            raise Refused("notModerator", "Only a moderator can do that.")

    def _check_broadcasters(self, peer: Peer) -> None:
        """Raise `Refused` if this peer's own limit of active attendees is reached by others (spec: maxBroadcasters)."""
        limit = peer.entry.max_broadcasters
        if limit and not peer.broadcasting:
            others = sum(other.broadcasting for other in self._peers.values())
            if others >= limit:
                raise Refused("tooManyBroadcasters", TOO_MANY_BROADCASTERS)

    def _peer(self, peer_id: str) -> Peer:
        peer = self._peers.get(peer_id)
        if peer is None:
            raise Refused("notFound", "There is no such participant in this room.")
        return peer

    @staticmethod
    def _producer(peer: Peer, producer_id: str) -> ProducerInfo:
        producer = peer.producer(producer_id)
        if producer is None:
            raise Refused("notFound", "You have no such producer.")
        return producer


def receivable_video(capabilities: RtpCapabilities) -> frozenset[str]:
    """The lower-case MIME types of all video codecs (without RTX) in an endpoint's capabilities."""
    return frozenset(
        codec.mime_type.lower()
        for codec in capabilities.codecs
        if codec.kind == "video" and not codec.mime_type.lower().endswith("/rtx")
    )
