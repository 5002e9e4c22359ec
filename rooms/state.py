"""The room as a pure state machine: commands in, events and effects out. No I/O, no clock, no Django.

`RoomState.apply` changes the state and tells who must hear what (`Event`) and what must be done with media
(`Effect`). For each participant, an old snapshot plus the events they hear gives the new snapshot; a test holds that
for all commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rooms.chat import Chat, clean_text
from rooms.commands import (
    AddProducer,
    AdmitPeer,
    CloseDataMedia,
    CloseProducerMedia,
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
from rooms.peers import DEVICES, KIND_OF_SOURCE, Peer
from rooms.protocol import (
    AbsenceChanged,
    ChatAdded,
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
    Rules,
    TrackStopped,
    VideoCodecChanged,
    VideoUrlChanged,
    ViewerHand,
    ViewersChanged,
    WaitingPeer,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from media.parameters import MediaKind, RtpCapabilities
    from rooms.commands import Command
    from rooms.protocol import Permissions, Source

MAX_WAITING: Final = 200
# So many who were in are remembered at the door, those who went last.
MAX_KNOWN: Final = 4000
TOO_MANY_BROADCASTERS: Final = "The limit of maximum active attendees is exceeded"


class RoomState:
    """One room. `preferred_codecs` are video MIME types, the most wanted first."""

    def __init__(self, room_id: str, preferred_codecs: Sequence[str]) -> None:
        self.room_id = room_id
        self.video_codec = self._preferred = preferred_codecs[0]
        self._peers: dict[str, Peer] = {}
        # Viewers whose connection was lost on the stage: they come back to it.
        self._lost_on_stage: set[str] = set()
        # Parts of the above that are asked for with every command, and small also where there are 2000 viewers:
        # who has a tile, in the order of their appearance; the moderators; how many can decode each codec.
        self._tiles: dict[str, Peer] = {}
        self._moderators: dict[str, Peer] = {}
        self._decoders = dict.fromkeys(preferred_codecs, 0)
        self._viewer_hands: dict[str, ViewerHand] = {}
        self._waiting: dict[str, WaitingPeer] = {}
        self._chat = Chat()
        self._video_url = ""
        self._max_bitrate_bps = 0
        # Both begin with a moderator whose token says so, and last as long as the room.
        self._hands_enabled = False
        self._door_closed = False
        # Who was in, or was let in, needs not wait again: a page that is loaded anew has left for a moment.
        self._known: dict[str, None] = {}

    # --- questions --------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether nobody is here, nor waits at the door."""
        return not self._peers and not self._waiting

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._peers

    @property
    def viewer_count(self) -> int:
        """How many only watch."""
        return len(self._peers) - len(self._tiles)

    @property
    def tiles(self) -> Collection[str]:
        """Whom everybody sees: all but the viewers."""
        return self._tiles.keys()

    def display_name(self, peer_id: str) -> str:
        """Under which name somebody is here."""
        return self._peer(peer_id).info.display_name

    def snapshot(self, peer_id: str) -> RoomSnapshot:
        """The room as one participant may see it."""
        peer = self._peer(peer_id)
        return RoomSnapshot(
            room_id=self.room_id,
            me=peer.me(hands_enabled=self._hands_enabled),
            peers=[other.public() for other in self._tiles.values()],
            viewers=self.viewer_count,
            viewer_hands=list(self._viewer_hands.values()) if peer.moderator else [],
            waiting=list(self._waiting.values()) if peer.moderator else [],
            kicked=[],
            rules=Rules(),
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

    def listeners(self, event: Event) -> list[str]:
        """Everybody whom an event is for, without looking at everybody where few are."""
        candidates: Collection[str] = self._peers
        if event.only is not None:
            candidates = (event.only,)
        elif event.audience == "moderators":
            candidates = self._moderators if event.also is None else {*self._moderators, event.also}
        return [peer_id for peer_id in candidates if self.hears(peer_id, event)]

    def must_wait(self, entry: Enter) -> bool:
        """Whether a moderator has to let this participant in."""
        if entry.role == "moderator" or entry.peer_id in self._peers or entry.peer_id in self._known:
            return False
        return self._door_closed or entry.waiting_room

    def check_enter(self, entry: Enter) -> None:
        """Raise `Refused` if there is no place for this participant, not counting the one they would take over."""
        others = len(self._peers) - (entry.peer_id in self._peers)
        if 0 < entry.max_watchers <= others:
            raise Refused("roomFull", "The room is full. Please try again when somebody has left.")

    def check_produce_data(self, peer_id: str) -> None:
        """Raise `Refused` unless this peer may open a data channel to everybody."""
        if self._peer(peer_id).viewer:
            raise Refused("notAllowed", "You may only watch in this room.")

    def producers_of_others(self, peer_id: str) -> list[tuple[str, ProducerInfo]]:
        """All producers that a peer may consume, with their peers' ids."""
        return [
            (other, producer)
            for other, peer in self._tiles.items()
            if other != peer_id
            for producer in peer.info.producers
        ]

    def check_produce(self, peer_id: str, kind: MediaKind, source: Source, *, paused: bool) -> None:
        """Raise `Refused` unless this peer may start this source."""
        peer = self._peer(peer_id)
        if KIND_OF_SOURCE[source] != kind:
            raise Refused("invalidData", f"The source {source} is of kind {KIND_OF_SOURCE[source]}, not {kind}.")
        permissions = self._permissions(peer)
        allowed = {"mic": permissions.mic, "camera": permissions.camera}.get(source, permissions.screen)
        if not allowed:
            raise Refused("notAllowed", f"You may not send {source} in this room.")
        if any(producer.source == source for producer in peer.info.producers):
            raise Refused("notAllowed", f"You are sending {source} already.")
        if source in DEVICES and not paused:
            self._check_broadcasters(peer)

    # --- commands ---------------------------------------------------------------------------------

    def apply(self, command: Command, now_ms: int) -> Outcome:  # noqa: C901, PLR0911, PLR0912 - one case a command
        """Carry out a command. Raises `Refused`, and then nothing has changed. `now_ms` is Unix time in ms."""
        match command:
            case Enter():
                return self._enter(command, now_ms)
            case Knock():
                return self._knock(command, now_ms)
            case GiveUp():
                return self._give_up(command)
            case AdmitPeer():
                return self._admit(command)
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
            case SetPeerAbsent():
                return self._set_absent(command)
            case SetQuality():
                return self._set_quality(command)
            case SetHand():
                return self._set_hand(command, now_ms)
            case Say():
                return self._say(command, now_ms)
            case StopTracks():
                return self._stop_tracks(command)
            case SetStage():
                return self._set_stage(command)
            case LimitBitrate():
                return self._limit_bitrate(command)

    def _enter(self, command: Enter, now_ms: int) -> Outcome:
        if command.peer_id in self._peers:
            raise Refused("alreadyJoined", "This participant is in the room already.")
        self.check_enter(command)
        info = PeerInfo(command.peer_id, command.display_name, command.role, now_ms, [])
        peer = Peer(info, command, viewer=command.only_watches and command.peer_id not in self._lost_on_stage)
        self._lost_on_stage.discard(command.peer_id)
        self._count_in(peer)
        outcome = Outcome([self._appearance(peer, but=command.peer_id)])
        if self._waiting.pop(command.peer_id, None) is not None:  # the same id, by a link that needs not wait
            ended = KnockEnded(command.peer_id)
            outcome.events.append(Event(ended, audience="moderators", but=command.peer_id))
        if peer.moderator:
            outcome += self._moderator_wants(peer)
        if command.video_url and command.video_url != self._video_url and (peer.moderator or not self._video_url):
            self._video_url = command.video_url
            outcome.events.append(Event(VideoUrlChanged(command.video_url), but=command.peer_id))
        self._negotiate(outcome, newcomer=command.peer_id)
        return outcome

    def _moderator_wants(self, moderator: Peer) -> Outcome:
        """What a moderator's token turns on for the whole room."""
        self._door_closed = self._door_closed or moderator.entry.waiting_room
        outcome = Outcome()
        if moderator.entry.hand_enabled and not self._hands_enabled:
            self._hands_enabled = True
            for peer in self._peers.values():
                if not peer.entry.hand_enabled:
                    outcome.events.append(self._permissions_event(peer))
        return outcome

    def _knock(self, command: Knock, now_ms: int) -> Outcome:
        if command.peer_id in self._peers:
            raise Refused("alreadyJoined", "This participant is in the room already.")
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
        if command.admitted:
            self._remember(command.peer_id)
        outcome.effects.append(OpenDoor(command.peer_id, command.admitted))
        return outcome

    def _exit(self, command: Exit) -> Outcome:
        peer = self._peer(command.peer_id)
        self._count_out(peer)
        self._remember(command.peer_id)
        if peer.entry.only_watches and not peer.viewer and command.reason != "left":
            self._lost_on_stage.add(command.peer_id)
        if peer.viewer:
            outcome = Outcome([Event(ViewersChanged(self.viewer_count))])
            if self._viewer_hands.pop(command.peer_id, None) is not None:
                outcome.events.append(self._viewer_hand_gone(peer))
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
            outcome.events.append(self._show_hand(peer))
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
            if command.raised:
                raise Refused("notAllowed", "Nobody can raise somebody else's hand.")
        peer = self._peer(command.peer_id)
        if command.raised and not self._permissions(peer).hand:
            raise Refused("handDisabled", "Hands can't be raised in this room.")
        if command.raised == (peer.info.hand_raised_at is not None):
            return Outcome()
        peer.info.hand_raised_at = now_ms if command.raised else None
        return Outcome([self._show_hand(peer)])

    def _say(self, command: Say, now_ms: int) -> Outcome:
        peer = self._peer(command.peer_id)
        if not self._permissions(peer).chat:
            raise Refused("chatDisabled", "The chat is turned off for you.")
        text = clean_text(command.text)
        if not text:
            raise Refused("invalidData", "There is nothing to say in an empty message.")
        message = self._chat.add(peer.info.id, peer.info.display_name, text, now_ms)
        return Outcome([Event(ChatAdded(message), audience="chat")])

    def _stop_tracks(self, command: StopTracks) -> Outcome:
        self._check_moderator(command.actor)
        if command.peer_id is not None:
            targets = [self._peer(command.peer_id)]
        else:
            targets = [peer for peer in self._tiles.values() if peer.info.id != command.actor]
        outcome = Outcome()
        for peer in targets:
            for producer in peer.info.producers:
                if producer.source == command.device and not producer.paused:
                    outcome += self._set_paused(SetProducerPaused(peer.info.id, producer.id, paused=True))
                    outcome.events.append(Event(TrackStopped(command.device), only=peer.info.id))
        return outcome

    def _set_stage(self, command: SetStage) -> Outcome:
        self._check_moderator(command.actor)
        peer = self._peer(command.peer_id)
        if not peer.entry.only_watches:
            raise Refused("notAllowed", "Only a webinar's viewers can be brought on stage and back.")
        if peer.viewer != command.on_stage:
            return Outcome()
        outcome = self._bring_on_stage(peer) if command.on_stage else self._send_back(peer)
        outcome.events += [Event(ViewersChanged(self.viewer_count)), self._permissions_event(peer)]
        return outcome

    def _bring_on_stage(self, peer: Peer) -> Outcome:
        outcome = Outcome()
        if self._viewer_hands.pop(peer.info.id, None) is not None:  # from now on their tile shows it
            outcome.events.append(self._viewer_hand_gone(peer))
        peer.viewer = False
        self._tiles[peer.info.id] = peer
        outcome.events.append(self._appearance(peer, but=None))
        return outcome

    def _send_back(self, peer: Peer) -> Outcome:
        """Take away everything that a viewer can't have."""
        outcome = Outcome(effects=[CloseDataMedia(peer.info.id)])
        for producer in list(peer.info.producers):
            outcome += self._remove_producer(RemoveProducer(peer.info.id, producer.id))
        if peer.info.hand_raised_at is not None:
            peer.info.hand_raised_at = None
            outcome.events.append(self._show_hand(peer))
        peer.info.absent, peer.info.quality = False, "unknown"
        peer.viewer = True
        del self._tiles[peer.info.id]
        outcome.events.append(Event(PeerLeft(peer.info.id, "viewing")))
        return outcome

    def _limit_bitrate(self, command: LimitBitrate) -> Outcome:
        self._check_moderator(command.actor)
        if command.bitrate_bps == self._max_bitrate_bps:
            return Outcome()
        self._max_bitrate_bps = command.bitrate_bps
        return Outcome([Event(MaxBitrateChanged(command.bitrate_bps))])

    # --- inside -----------------------------------------------------------------------------------

    def _count_in(self, peer: Peer) -> None:
        self._peers[peer.info.id] = peer
        if not peer.viewer:
            self._tiles[peer.info.id] = peer
        if peer.moderator:
            self._moderators[peer.info.id] = peer
        self._count_decoders(peer, 1)

    def _count_out(self, peer: Peer) -> None:
        del self._peers[peer.info.id]
        self._tiles.pop(peer.info.id, None)
        self._moderators.pop(peer.info.id, None)
        self._count_decoders(peer, -1)

    def _count_decoders(self, peer: Peer, step: int) -> None:
        for codec in self._decoders:
            self._decoders[codec] += step * (codec.lower() in peer.entry.video_codecs)

    def _remember(self, peer_id: str) -> None:
        """The door knows them from now on."""
        self._known.pop(peer_id, None)
        self._known[peer_id] = None
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def _permissions(self, peer: Peer) -> Permissions:
        return peer.permissions(hands_enabled=self._hands_enabled)

    def _permissions_event(self, peer: Peer) -> Event:
        """For nobody but them."""
        return Event(PermissionsChanged(self._permissions(peer), peer.viewer), only=peer.info.id)

    def _appearance(self, peer: Peer, but: str | None) -> Event:
        """How it is told that somebody is here now: by a tile, or by one more viewer."""
        message = ViewersChanged(self.viewer_count) if peer.viewer else PeerJoined(peer.public())
        return Event(message, but=but)

    def _show_hand(self, peer: Peer) -> Event:
        """Take note of a hand, up or down, and how it is told."""
        at = peer.info.hand_raised_at
        message = HandChanged(peer.info.id, peer.info.display_name, peer.viewer, at)
        if not peer.viewer:
            return Event(message)
        if at is None:
            self._viewer_hands.pop(peer.info.id, None)
        else:
            self._viewer_hands[peer.info.id] = ViewerHand(peer.info.id, peer.info.display_name, at)
        return Event(message, audience="moderators", also=peer.info.id)

    @staticmethod
    def _viewer_hand_gone(peer: Peer) -> Event:
        """For the moderators' list of viewers' hands; the hand itself may stay up."""
        gone = HandChanged(peer.info.id, peer.info.display_name, viewer=True, raised_at=None)
        return Event(gone, audience="moderators")

    def _negotiate(self, outcome: Outcome, newcomer: str | None = None) -> None:
        """Take the first preferred codec that everybody can decode; with none in common, the first of all."""
        common = (codec for codec, able in self._decoders.items() if able == len(self._peers))
        codec = next(common, self._preferred)
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
            others = sum(other.broadcasting for other in self._tiles.values())
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
