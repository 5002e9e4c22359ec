"""The room as a pure state machine: commands in, events and effects out. No I/O, no clock, no Django.

`RoomState.apply` changes the state and tells who must hear what (`Event`) and what must be done with media
(`Effect`). For each participant, an old snapshot plus the events they hear gives the new snapshot; a test holds that
for all commands.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from rooms.protocol import (
    AbsenceChanged,
    ChatAdded,
    ChatCleared,
    ChatRemoved,
    MaxBitrateChanged,
    Me,
    PeerInfo,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    Permissions,
    ProducerInfo,
    QualityChanged,
    RoomSnapshot,
    Rules,
    VideoCodecChanged,
    VideoUrlChanged,
    ViewerInfo,
    ViewerJoined,
    ViewerLeft,
    ViewerList,
    ViewersChanged,
)
from rooms.protocol.errors import Refused
from rooms.state.chat import Chat, ChatBudget, clean_text
from rooms.state.commands import (
    AddProducer,
    AdmitAll,
    AdmitPeer,
    Allow,
    AllowAll,
    AskToTurnOn,
    ClearChat,
    EndMeeting,
    Enter,
    Exit,
    GiveUp,
    Kick,
    Knock,
    LetBack,
    LimitBitrate,
    LowerAllHands,
    RecordingBegan,
    RecordingEnded,
    RemoveMessage,
    RemoveProducer,
    Rename,
    Say,
    SetHand,
    SetLocked,
    SetPeerAbsent,
    SetProducerPaused,
    SetQuality,
    SetStage,
    SetWaitingRoom,
    StartRecording,
    StopRecording,
    StopTracks,
    StopVideo,
)
from rooms.state.devices import Devices
from rooms.state.hands import Hands
from rooms.state.memory import RoomMemory
from rooms.state.outcome import CloseDataMedia, Event, LimitVideo, Outcome, SendAllAway, SendAway
from rooms.state.peer import Peer
from rooms.state.permissions import RuleBook
from rooms.state.recording import Recorded
from rooms.state.roster import People
from rooms.state.shared_video import SharedVideo
from rooms.state.waiting_room import TAKEN, Door

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from media.ortc.parameters import MediaKind
    from rooms.protocol import KickedPeer, Source, WaitingPeer
    from rooms.state.commands import Command
    from rooms.state.identity import Identity

ENDED_BY_MODERATOR: Final = "A moderator ended the meeting for everybody."
ENDED: Final = "The meeting was ended."
KICKED_BY_MODERATOR: Final = "A moderator removed you from this meeting."
KICKED: Final = "The organiser removed you from this meeting."

# With so many viewers nobody hears of each: all come at once, and everybody hears of their number.
MANY_VIEWERS: Final = 50
# Of the viewers' list moderators get so many at once.
VIEWERS_A_PAGE: Final = 50

NOBODY: Final = Me(
    peer_id="",
    display_name="",
    role="participant",
    viewer=True,
    permissions=Permissions(
        mic=False, camera=False, screen=False, chat=False, hand=False, moderate=False, record=False
    ),
    hand_raised_at=None,
)


class RoomState:
    """One room. `preferred_codecs` are video MIME types, the most wanted first."""

    def __init__(self, room_id: str, preferred_codecs: Sequence[str]) -> None:
        self.room_id = room_id
        self._codecs = preferred_codecs
        self._begin()

    def _begin(self) -> None:
        """Nobody is here, and nothing is remembered of anybody."""
        self._people = People(self._codecs)
        self._rules = RuleBook()
        self._door = Door(self._rules)
        self._devices = Devices(self._people, self._rules)
        self._hands = Hands(self._people, self._rules)
        self._chat = Chat()
        self._chat_budget = ChatBudget()
        self._recorded = Recorded(self._people)
        # Viewers whose connection was lost on the stage: they come back to it.
        self._lost_on_stage: dict[str, Identity] = {}
        self.video_codec = self._people.common_codec()
        self._video = SharedVideo()
        self._max_bitrate_bps = 0

    # --- what outlives the node ------------------------------------------------------------------

    def memory(self) -> RoomMemory | None:
        """What must not be forgotten with the node; None where the room is as any other."""
        inside = list(self._people.everybody)
        rules = self._rules.memory(inside)
        decided = rules.rules != Rules() or rules.overrides or self._max_bitrate_bps
        if not (decided or self._door.guarded):
            return None
        return RoomMemory(self._door.memory(inside), rules, self._max_bitrate_bps)

    def restore(self, memory: RoomMemory) -> None:
        """Begin as the room that was lost; for a room in which nobody is yet."""
        self._rules.restore(memory.rules)
        self._door.restore(memory.door)
        self._max_bitrate_bps = memory.max_bitrate_bps

    # --- questions --------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether nobody is here, nor waits at the door."""
        return not len(self._people) and not self._door.somebody_waits

    @property
    def max_bitrate_bps(self) -> int:
        """How much video each may send, in bits/s; 0 for no limit."""
        return self._max_bitrate_bps

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._people

    @property
    def everybody(self) -> Iterable[Peer]:
        """Who is in, viewers too. To be looked at only."""
        return self._people.everybody

    @property
    def waiting(self) -> list[WaitingPeer]:
        """Who is at the door."""
        return self._door.waiting

    @property
    def rules(self) -> Rules:
        """What counts for the whole room."""
        return self._rules.current

    @property
    def recording_since(self) -> int | None:
        """Since when the meeting is being recorded, in Unix ms."""
        return self._recorded.since

    @property
    def viewer_count(self) -> int:
        """How many only watch."""
        return self._people.viewer_count

    @property
    def tiles(self) -> Collection[str]:
        """Whom everybody sees: all but the viewers."""
        return self._people.tiles.keys()

    @property
    def kicked(self) -> list[KickedPeer]:
        """Who was removed and not let back."""
        return self._door.kicked

    def display_name(self, peer_id: str) -> str:
        """Under which name somebody is here."""
        return self._people.find(peer_id).info.display_name

    def snapshot(self, peer_id: str) -> RoomSnapshot:
        """The room as one participant may see it."""
        peer = self._people.find(peer_id)
        snapshot = self._seen_by(peer.me(self._rules.permissions(peer)))
        if peer.moderator:
            snapshot.viewer_hands = self._hands.of_viewers
            snapshot.waiting = self._door.waiting
            snapshot.kicked = self._door.kicked
        if not peer.entry.chat_disabled:
            snapshot.chat = list(self._chat)
        return snapshot

    def seen_by_viewers(self) -> RoomSnapshot:
        """The room as somebody sees it who only watches and does not read the chat."""
        return self._seen_by(NOBODY)

    def _seen_by(self, me: Me) -> RoomSnapshot:
        """What everybody sees."""
        return RoomSnapshot(
            room_id=self.room_id,
            me=me,
            peers=[other.public() for other in self._people.tiles.values()],
            viewers=self.viewer_count,
            viewer_hands=[],
            waiting=[],
            kicked=[],
            rules=self._rules.current,
            chat=[],
            video_codec=self.video_codec,
            video_url=self._video.url,
            max_bitrate_bps=self._max_bitrate_bps,
            recording_since=self.recording_since,
        )

    def hears(self, peer_id: str, event: Event) -> bool:
        """Whether an event is for this participant."""
        return self._people.hears(peer_id, event)

    def listeners(self, event: Event) -> list[str]:
        """Everybody whom an event is for."""
        return self._people.listeners(event)

    def must_wait(self, entry: Enter) -> bool:
        """Whether a moderator has to let this participant in."""
        return self._door.must_wait(entry, self._inside(entry.peer_id))

    def viewers(self, actor: str, words: str, offset: int) -> ViewerList:
        """A page of a moderator's list of those who only watch. Raises `Refused`."""
        self._people.check_moderator(actor)
        wanted = _plain(words)
        found = [peer.info for peer in self._people.viewers if wanted in _plain(peer.info.display_name)]
        page = found[offset : offset + VIEWERS_A_PAGE]
        return ViewerList([ViewerInfo(one.id, one.display_name, one.joined_at) for one in page], len(found))

    def check_enter(self, entry: Enter) -> None:
        """Raise `Refused` if this participant may not come in, or finds no place beside the one they take over."""
        inside = self._inside(entry.peer_id)
        self._door.check_enter(entry, inside)
        if 0 < entry.max_watchers <= len(self._people) - (inside is not None):
            raise Refused("roomFull", "The room is full. Please try again when somebody has left.")

    def _inside(self, peer_id: str) -> Identity | None:
        """What stands behind an id that somebody has here."""
        peer = self._people.get(peer_id)
        return None if peer is None else peer.entry.identity

    def check_produce_data(self, peer_id: str) -> None:
        """Raise `Refused` unless this peer may open a data channel to everybody."""
        if self._people.find(peer_id).viewer:
            raise Refused("notAllowed", "You may only watch in this room.")

    def producers_of_others(self, peer_id: str) -> list[tuple[str, ProducerInfo]]:
        """All producers that a peer may consume, with their peers' ids."""
        return [
            (other, producer)
            for other, peer in self._people.tiles.items()
            if other != peer_id
            for producer in peer.info.producers
        ]

    def check_produce(self, peer_id: str, kind: MediaKind, source: Source, *, paused: bool) -> None:
        """Raise `Refused` unless this peer may start this source."""
        self._devices.check_produce(self._people.find(peer_id), kind, source, paused=paused)

    # --- commands ---------------------------------------------------------------------------------

    def apply(self, command: Command, now_ms: int) -> Outcome:  # noqa: C901, PLR0911, PLR0912 - one case a command
        """Carry out a command. Raises `Refused`, and then nothing has changed. `now_ms` is Unix time in ms."""
        match command:
            case Enter():
                return self._enter(command, now_ms)
            case Exit():
                return self._exit(command)
            case Rename():
                return self._rename(command)
            case SetPeerAbsent():
                return self._set_absent(command)
            case SetQuality():
                return self._set_quality(command)
            case Say():
                return self._say(command, now_ms)
            case ClearChat():
                return self._clear_chat(command)
            case RemoveMessage():
                return self._remove_message(command)
            case SetStage():
                return self._set_stage(command)
            case LimitBitrate():
                return self._limit_bitrate(command)
            case StartRecording():
                return self._recorded.start(command)
            case StopRecording():
                return self._recorded.stop(command)
            case RecordingBegan():
                return self._recorded.began(command)
            case RecordingEnded():
                return self._recorded.ended(command)
            case EndMeeting():
                return self._end(command)
            case SetHand():
                return self._hands.set(command, now_ms)
            case LowerAllHands():
                return self._hands.lower_all(command)
            case AddProducer():
                return self._devices.add(command)
            case SetProducerPaused():
                return self._devices.set_paused(command)
            case RemoveProducer():
                return self._devices.remove(command)
            case StopTracks():
                return self._devices.stop(command)
            case StopVideo():
                return self._stop_video(command)
            case Allow():
                return self._devices.allow(command)
            case AllowAll():
                return self._devices.allow_all(command)
            case AskToTurnOn():
                return self._devices.ask(command)
            case Knock():
                return self._knock(command, now_ms)
            case GiveUp():
                return self._door.give_up(command.peer_id)
            case AdmitPeer() | AdmitAll() | SetWaitingRoom() | SetLocked() | Kick() | LetBack():
                return self._guard(command, now_ms)

    def _enter(self, command: Enter, now_ms: int) -> Outcome:
        if command.peer_id in self._people:
            raise Refused("alreadyJoined", "This participant is in the room already.")
        self.check_enter(command)
        info = PeerInfo(command.peer_id, command.display_name, command.role, now_ms, [])
        on_stage = self._lost_on_stage.get(command.peer_id)
        returns = on_stage is not None and command.identity.proves(on_stage)
        peer = Peer(info, command, viewer=command.only_watches and not returns)
        if returns:
            del self._lost_on_stage[command.peer_id]
        if not peer.viewer:
            self._rules.recall(peer)
        self._people.add(peer)
        outcome = Outcome([self._appearance(peer, but=command.peer_id), *self._door.entered(command.peer_id)])
        if peer.viewer and self._tells_of(peer):
            outcome.events.append(Event(ViewerJoined(command.peer_id, command.display_name), audience="stage"))
        if peer.moderator:
            outcome.events += self._moderator_wants(peer)
        if self._video.bring(command.video_url, command.peer_id, moderator=peer.moderator):
            outcome.events.append(Event(VideoUrlChanged(command.video_url), but=command.peer_id))
        self._negotiate(outcome, newcomer=command.peer_id)
        return outcome

    def _moderator_wants(self, moderator: Peer) -> list[Event]:
        """What a moderator's token turns on for the whole room."""
        events = self._door.close(but=moderator.info.id) if moderator.entry.waiting_room else []
        if moderator.entry.hand_enabled and not self._rules.hands_enabled:
            self._rules.hands_enabled = True
            events += [
                self._rules.permissions_event(peer) for peer in self._people.everybody if not peer.entry.hand_enabled
            ]
        return events

    def _exit(self, command: Exit) -> Outcome:
        peer = self._people.find(command.peer_id)
        self._people.remove(peer)
        self._door.remember(command.peer_id, peer.entry.identity)
        self._rules.note(peer)
        if peer.entry.only_watches and not peer.viewer and command.reason in {"lost", "replaced"}:
            self._lost_on_stage[command.peer_id] = peer.entry.identity
        if peer.viewer:
            outcome = Outcome([Event(ViewersChanged(self.viewer_count)), *self._hands.unlist(peer)])
            if self._tells_of(peer):
                outcome.events.append(Event(ViewerLeft(command.peer_id, peer.info.display_name), audience="stage"))
        else:
            outcome = Outcome([Event(PeerLeft(command.peer_id, command.reason))])
        self._negotiate(outcome)
        return outcome

    def _rename(self, command: Rename) -> Outcome:
        peer = self._people.find(command.peer_id)
        if peer.entry.name_fixed:
            raise Refused("nameFixed", "Your name was given with the link and can't be changed.")
        peer.info.display_name = command.display_name
        renamed = PeerRenamed(command.peer_id, command.display_name)
        if not peer.viewer:
            return Outcome([Event(renamed)])
        outcome = Outcome([Event(renamed, only=command.peer_id)])
        if peer.info.hand_raised_at is not None:
            outcome.events.append(self._hands.show(peer))
        return outcome

    def _set_absent(self, command: SetPeerAbsent) -> Outcome:
        peer = self._people.find(command.peer_id)
        if peer.info.absent == command.absent or peer.viewer:
            return Outcome()
        peer.info.absent = command.absent
        return Outcome([Event(AbsenceChanged(command.peer_id, command.absent))])

    def _set_quality(self, command: SetQuality) -> Outcome:
        peer = self._people.find(command.peer_id)
        if peer.info.quality == command.quality or peer.viewer:
            return Outcome()
        peer.info.quality = command.quality
        return Outcome([Event(QualityChanged(command.peer_id, command.quality))])

    def _say(self, command: Say, now_ms: int) -> Outcome:
        peer = self._people.find(command.peer_id)
        if peer.entry.chat_disabled:
            raise Refused("chatDisabled", "The chat is turned off for you.")
        text = clean_text(command.text)
        if not text:
            raise Refused("invalidData", "There is nothing to say in an empty message.")
        self._chat_budget.take(command.peer_id, len(text), now_ms, moderator=peer.moderator)
        message = self._chat.add(peer.info.id, peer.info.display_name, text, now_ms)
        return Outcome([Event(ChatAdded(message), audience="chat")])

    def _clear_chat(self, command: ClearChat) -> Outcome:
        self._people.check_moderator(command.actor)
        self._chat.clear()
        return Outcome([Event(ChatCleared(), audience="chat")])

    def _stop_video(self, command: StopVideo) -> Outcome:
        self._people.check_moderator(command.actor)
        return Outcome([Event(VideoUrlChanged(""))] if self._video.stop() else [])

    def _remove_message(self, command: RemoveMessage) -> Outcome:
        self._people.check_moderator(command.actor)
        if not self._chat.remove(command.message_id):
            raise Refused("notFound", "This message is not there any more.")
        return Outcome([Event(ChatRemoved(command.message_id), audience="chat")])

    def _set_stage(self, command: SetStage) -> Outcome:
        self._people.check_moderator(command.actor)
        peer = self._people.find(command.peer_id)
        if not peer.entry.only_watches:
            raise Refused("notAllowed", "Only a webinar's viewers can be brought on stage and back.")
        if peer.viewer != command.on_stage:
            return Outcome()
        outcome = self._bring_on_stage(peer) if command.on_stage else self._send_back(peer)
        outcome.events += [Event(ViewersChanged(self.viewer_count)), self._rules.permissions_event(peer)]
        return outcome

    def _bring_on_stage(self, peer: Peer) -> Outcome:
        events = self._hands.lower(peer)  # they have what they asked for
        self._rules.recall(peer)
        self._people.place(peer, viewer=False)
        return Outcome([*events, self._appearance(peer, but=None)])

    def _send_back(self, peer: Peer) -> Outcome:
        """Take away everything that a viewer can't have."""
        outcome = Outcome(effects=[CloseDataMedia(peer.info.id)])
        outcome += self._devices.remove_all(peer)
        outcome.events += self._hands.lower(peer)
        peer.info.absent, peer.info.quality = False, "unknown"
        self._rules.note(peer)
        self._people.place(peer, viewer=True)
        outcome.events.append(Event(PeerLeft(peer.info.id, "viewing")))
        return outcome

    def _limit_bitrate(self, command: LimitBitrate) -> Outcome:
        self._people.check_moderator(command.actor)
        if command.bitrate_bps == self._max_bitrate_bps:
            return Outcome()
        self._max_bitrate_bps = command.bitrate_bps
        return Outcome([Event(MaxBitrateChanged(command.bitrate_bps))], [LimitVideo(command.bitrate_bps)])

    # --- the door ---------------------------------------------------------------------------------

    def _knock(self, command: Knock, now_ms: int) -> Outcome:
        inside = self._inside(command.peer_id)
        if inside is not None and command.identity.proves(inside):
            raise Refused("alreadyJoined", "This participant is in the room already.")
        if inside is not None:
            raise Refused("peerIdTaken", TAKEN)
        return self._door.knock(command, now_ms)

    def _guard(
        self, command: AdmitPeer | AdmitAll | SetWaitingRoom | SetLocked | Kick | LetBack, now_ms: int
    ) -> Outcome:
        """What a moderator does at the door."""
        self._people.check_moderator(command.actor)
        match command:
            case AdmitPeer():
                return self._door.admit(command)
            case AdmitAll():
                return self._door.admit_all(admitted=command.admitted)
            case SetWaitingRoom():
                return self._door.set_waiting_room(enabled=command.enabled)
            case SetLocked():
                return Outcome(self._rules.change({"locked": command.locked}))
            case Kick():
                return self._kick(command, now_ms)
            case LetBack():
                return self._door.let_back(command.peer_id)

    def _kick(self, command: Kick, now_ms: int) -> Outcome:
        peer_id = command.peer_id
        waiting = self._door.who_waits(peer_id)
        outcome = Outcome()
        if waiting is not None:
            display_name, identity = waiting
        else:
            peer = self._people.find(peer_id)
            if peer.moderator and command.actor is not None:
                raise Refused("notAllowed", "Moderators can't be removed.")
            display_name, identity = peer.info.display_name, peer.entry.identity
            outcome += self._exit(Exit(peer_id, "kicked"))
        message = KICKED if command.actor is None else KICKED_BY_MODERATOR
        if command.ban:
            outcome += self._door.ban(peer_id, display_name, identity, message, now_ms)
        else:
            outcome += self._door.send_away(peer_id)
        if self._video.removed(peer_id):
            outcome.events.append(Event(VideoUrlChanged("")))
        outcome.effects.append(SendAway(peer_id, display_name, "kicked", message))
        return outcome

    def _end(self, command: EndMeeting) -> Outcome:
        """Everybody goes at once, so there is nobody to tell by events."""
        self._people.check_moderator(command.actor)
        display_names = {peer.info.id: peer.info.display_name for peer in self._people.everybody}
        self._begin()
        message = ENDED if command.actor is None else ENDED_BY_MODERATOR
        return Outcome(effects=[SendAllAway(display_names, "meetingEnded", message)])

    # --- inside -----------------------------------------------------------------------------------

    def _appearance(self, peer: Peer, but: str | None) -> Event:
        """How it is told that somebody is here now: by a tile, or by one more viewer."""
        message = ViewersChanged(self.viewer_count) if peer.viewer else PeerJoined(peer.public())
        return Event(message, but=but)

    def _tells_of(self, viewer: Peer) -> bool:
        """Whether it is told by name that a viewer has come or gone; where many watch, their number says enough."""
        return viewer.entry.viewers_told and self.viewer_count < MANY_VIEWERS

    def _negotiate(self, outcome: Outcome, newcomer: str | None = None) -> None:
        """Take the codec that suits who is here now."""
        codec = self._people.common_codec()
        if codec != self.video_codec:
            self.video_codec = codec
            outcome.events.append(Event(VideoCodecChanged(codec), but=newcomer))


def _plain(text: str) -> str:
    """For a search that does not care about case and accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if unicodedata.category(c) != "Mn").strip()
