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
    ClearChat,
    DominantSpeakerChanged,
    EndMeeting,
    Kick,
    MaxBitrateChanged,
    Me,
    PeerInfo,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    Permissions,
    ProducerInfo,
    QualityChanged,
    RemoveMessage,
    RemovePeer,
    RoomSnapshot,
    Rules,
    SendChat,
    SetAbsent,
    SetDisplayName,
    SetInterpretation,
    SetLocked,
    SetMaxBitrate,
    SetOnStage,
    StopVideo,
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
from rooms.state.commands import By, Enter, Exit, SetDominantSpeaker, SetQuality, Wait
from rooms.state.devices import NOTHING_BUT_A_MICROPHONE, Devices
from rooms.state.handovers import Handovers
from rooms.state.hands import Hands
from rooms.state.interpretation import Interpretation
from rooms.state.memory import RoomMemory
from rooms.state.names import clean_name
from rooms.state.outcome import CloseDataMedia, Event, LimitVideo, Outcome, SendAllAway, SendAway
from rooms.state.peer import Peer
from rooms.state.permissions import RuleBook
from rooms.state.recording import Recorded
from rooms.state.roster import People
from rooms.state.rules import Context, rule, rules_of
from rooms.state.shared_video import SharedVideo
from rooms.state.waiting_room import TAKEN, WaitingRoom

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

NO_INTERPRETATION: Final = "This account does without interpretation."
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
    """One room. `preferred_codecs` are video MIME types, the most wanted first.

    `max_bitrate_bps` is how much video each may send until a moderator decides otherwise; 0 for no limit.
    """

    def __init__(self, room_id: str, preferred_codecs: Sequence[str], max_bitrate_bps: int = 0) -> None:
        self.room_id = room_id
        self._first_max_bitrate_bps = max_bitrate_bps
        self._codecs = preferred_codecs
        self._begin()

    def _begin(self) -> None:
        """Nobody is here, and nothing is remembered of anybody."""
        self._people = People(self._codecs)
        self._rules = RuleBook()
        self._waiting_room = WaitingRoom(self._rules)
        self._interpretation = Interpretation(self._people)
        self._handovers = Handovers(self._people, self._interpretation)
        self._devices = Devices(self._people, self._rules, self._interpretation)
        self._hands = Hands(self._people, self._rules)
        self._chat = Chat()
        self._chat_budget = ChatBudget()
        self._recorded = Recorded(self._people)
        # Viewers whose connection was lost on the stage: they come back to it.
        self._lost_on_stage: dict[str, Identity] = {}
        self.video_codec = self._people.common_codec()
        self._video = SharedVideo()
        self._dominant_speaker: str | None = None
        self._max_bitrate_bps = self._first_max_bitrate_bps

    # --- what outlives the node ------------------------------------------------------------------

    def memory(self) -> RoomMemory | None:
        """What must not be forgotten with the node; None where the room is as any other."""
        inside = list(self._people.everybody)
        rules = self._rules.memory(inside)
        interpretation = self._interpretation.decided
        recording = self._recorded.memory()
        decided = rules.rules != Rules() or rules.overrides or self._max_bitrate_bps or interpretation is not None
        if not (decided or self._waiting_room.guarded or recording):
            return None
        waiting_room = self._waiting_room.memory(inside)
        return RoomMemory(waiting_room, rules, self._max_bitrate_bps, interpretation, recording)

    def restore(self, memory: RoomMemory) -> None:
        """Begin as the room that was lost; for a room in which nobody is yet."""
        self._rules.restore(memory.rules)
        self._waiting_room.restore(memory.waiting_room)
        self._max_bitrate_bps = memory.max_bitrate_bps
        self._interpretation.restore(decided=memory.interpretation)
        self._recorded.restore(memory.recording)

    # --- questions --------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether nobody is here, nor waits in the waiting room."""
        return not len(self._people) and not self._waiting_room.somebody_waits

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
        """Who is in the waiting room."""
        return self._waiting_room.waiting

    @property
    def rules(self) -> Rules:
        """What counts for the whole room."""
        return self._rules.current

    @property
    def recording_since(self) -> int | None:
        """Since when the meeting is being recorded, in Unix ms."""
        return self._recorded.since

    @property
    def recording_stopped(self) -> bool:
        """Whether somebody has stopped the recording, and nobody has begun another one."""
        return self._recorded.stopped

    @property
    def interpretation_recorded(self) -> bool:
        """Whether somebody is, or was, here whose account has interpreters recorded, too."""
        return self._interpretation.recorded

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
        return self._waiting_room.kicked

    def display_name(self, peer_id: str) -> str:
        """Under which name somebody is here."""
        return self._people.find(peer_id).info.display_name

    def snapshot(self, peer_id: str) -> RoomSnapshot:
        """The room as one participant may see it."""
        peer = self._people.find(peer_id)
        snapshot = self._seen_by(peer.me(self._rules.permissions(peer)))
        snapshot.handover = self._handovers.seen_by(peer)
        if peer.moderator:
            snapshot.viewer_hands = self._hands.of_viewers
            snapshot.waiting = self._waiting_room.waiting
            snapshot.kicked = self._waiting_room.kicked
        if not peer.entry.ticket.chat_disabled:
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
            dominant_speaker=self._dominant_speaker,
            interpretation=self._interpretation.told,
        )

    def hears(self, peer_id: str, event: Event) -> bool:
        """Whether an event is for this participant."""
        return self._people.hears(peer_id, event)

    def listeners(self, event: Event) -> list[str]:
        """Everybody whom an event is for."""
        return self._people.listeners(event)

    def must_wait(self, entry: Enter) -> bool:
        """Whether a moderator has to let this participant in."""
        return self._waiting_room.must_wait(entry, self._inside(entry.peer_id))

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
        self._waiting_room.check_enter(entry, inside)
        if 0 < entry.ticket.max_watchers <= len(self._people) - (inside is not None):
            raise Refused("roomFull", "The room is full. Please try again when somebody has left.")

    def _inside(self, peer_id: str) -> Identity | None:
        """What stands behind an id that somebody has here."""
        peer = self._people.get(peer_id)
        return None if peer is None else peer.entry.identity

    def check_produce_data(self, peer_id: str) -> None:
        """Raise `Refused` unless this peer may open a data channel to everybody."""
        peer = self._people.find(peer_id)
        if peer.viewer:
            raise Refused("notAllowed", "You may only watch in this room.")
        if peer.interpreter:
            raise Refused("notAllowed", NOTHING_BUT_A_MICROPHONE)

    def producers_of_others(self, peer_id: str) -> list[tuple[str, ProducerInfo]]:
        """All producers that a peer is sent, with their peers' ids; "" is somebody who hears the original only."""
        me = self._people.get(peer_id)
        return [
            (other, producer)
            for other, peer in self._people.tiles.items()
            if other != peer_id
            for producer in peer.info.producers
            if not producer.language or (me is not None and self._interpretation.may_consume(me, producer))
        ]

    def may_consume(self, peer_id: str, producer: ProducerInfo) -> bool:
        """Whether somebody who is in is sent this: interpreters' voices only where they have chosen them."""
        return self._interpretation.may_consume(self._people.find(peer_id), producer)

    def check_produce(self, peer_id: str, kind: MediaKind, source: Source, *, paused: bool) -> None:
        """Raise `Refused` unless this peer may start this source."""
        self._devices.check_produce(self._people.find(peer_id), kind, source, paused=paused)

    # --- commands ---------------------------------------------------------------------------------

    def apply(self, command: Command, now_ms: int) -> Outcome:
        """Carry out a command. Raises `Refused`, and then nothing has changed. `now_ms` is Unix time in ms."""
        if not isinstance(command, By):
            return RULES[type(command)].carry_out(self, command, Context(now_ms))
        kind = type(command.request)
        if kind not in RULES:
            raise Refused("notAllowed", "This request makes no sense inside a room.")
        if kind.moderator:
            self._people.check_moderator(command.actor)
        return RULES[kind].carry_out(self, command.request, Context(now_ms, command.actor))

    @rule(Enter)
    def _enter(self, command: Enter, context: Context) -> Outcome:
        if command.peer_id in self._people:
            raise Refused("alreadyJoined", "This participant is in the room already.")
        self.check_enter(command)
        ticket = command.ticket
        info = PeerInfo(
            command.peer_id, command.display_name, ticket.role, context.now_ms, [], language=ticket.interprets_into
        )
        on_stage = self._lost_on_stage.get(command.peer_id)
        returns = on_stage is not None and command.identity.proves(on_stage)
        peer = Peer(info, command, viewer=command.ticket.only_watches and not returns)
        if returns:
            del self._lost_on_stage[command.peer_id]
        if not peer.viewer:
            self._rules.recall(peer)
        self._people.add(peer)
        outcome = Outcome([self._appearance(peer, but=command.peer_id), *self._waiting_room.entered(command.peer_id)])
        if peer.viewer and self._tells_of(peer):
            outcome.events.append(Event(ViewerJoined(command.peer_id, command.display_name), audience="stage"))
        if peer.moderator:
            outcome.events += self._moderator_wants(peer)
        if self._video.bring(command.ticket.video_url, command.peer_id, moderator=peer.moderator):
            outcome.events.append(Event(VideoUrlChanged(command.ticket.video_url), but=command.peer_id))
        outcome += self._interpretation.enter(peer)
        self._negotiate(outcome, newcomer=command.peer_id)
        return outcome

    def _moderator_wants(self, moderator: Peer) -> list[Event]:
        """What a moderator's token turns on for the whole room."""
        events = self._waiting_room.require(but=moderator.info.id) if moderator.entry.ticket.waiting_room else []
        if moderator.entry.ticket.hand_enabled and not self._rules.hands_enabled:
            self._rules.hands_enabled = True
            events += [
                self._rules.permissions_event(peer)
                for peer in self._people.everybody
                if not peer.entry.ticket.hand_enabled
            ]
        return events

    @rule(Exit)
    def _exit(self, command: Exit, context: Context) -> Outcome:
        peer = self._people.find(command.peer_id)
        self._people.remove(peer)
        self._waiting_room.remember(command.peer_id, peer.entry.identity)
        self._rules.note(peer)
        if peer.entry.ticket.only_watches and not peer.viewer and command.reason in {"lost", "replaced"}:
            self._lost_on_stage[command.peer_id] = peer.entry.identity
        if peer.viewer:
            outcome = Outcome([Event(ViewersChanged(self.viewer_count)), *self._hands.unlist(peer)])
            if self._tells_of(peer):
                outcome.events.append(Event(ViewerLeft(command.peer_id, peer.info.display_name), audience="stage"))
        else:
            left = Event(PeerLeft(command.peer_id, command.reason), but=command.peer_id)
            outcome = Outcome([*self._falls_silent(peer), left])
        outcome += self._interpretation.exit(peer, context.now_ms, returns=command.reason in {"lost", "replaced"})
        if peer.language:
            outcome.events += self._handovers.check()
        self._negotiate(outcome)
        return outcome

    @rule(SetDisplayName)
    def _rename(self, request: SetDisplayName, context: Context) -> Outcome:
        peer = self._people.find(context.peer_id)
        if peer.entry.ticket.name_fixed:
            raise Refused("nameFixed", "Your name was given with the link and can't be changed.")
        peer.info.display_name = clean_name(request.display_name)
        renamed = PeerRenamed(peer.info.id, peer.info.display_name)
        if not peer.viewer:
            return Outcome([Event(renamed)])
        outcome = Outcome([Event(renamed, only=peer.info.id)])
        if peer.info.hand_raised_at is not None:
            outcome.events.append(self._hands.show(peer))
        return outcome

    @rule(SetAbsent)
    def _set_absent(self, request: SetAbsent, context: Context) -> Outcome:
        peer = self._people.find(context.peer_id)
        if peer.info.absent == request.absent or peer.viewer:
            return Outcome()
        peer.info.absent = request.absent
        return Outcome([Event(AbsenceChanged(peer.info.id, request.absent))])

    @rule(SetQuality)
    def _set_quality(self, command: SetQuality) -> Outcome:
        peer = self._people.find(command.peer_id)
        if peer.info.quality == command.quality or peer.viewer:
            return Outcome()
        peer.info.quality = command.quality
        return Outcome([Event(QualityChanged(command.peer_id, command.quality))])

    @rule(SetDominantSpeaker)
    def _set_dominant_speaker(self, command: SetDominantSpeaker) -> Outcome:
        speaker = None if command.peer_id is None else self._people.tiles.get(command.peer_id)
        if command.peer_id is not None and (speaker is None or not speaker.takes_part_in_talk):
            return Outcome()  # they have left meanwhile, or speak for others
        return Outcome(self._dominates(command.peer_id))

    @rule(SendChat)
    def _say(self, request: SendChat, context: Context) -> Outcome:
        peer = self._people.find(context.peer_id)
        if peer.entry.ticket.chat_disabled:
            raise Refused("chatDisabled", "The chat is turned off for you.")
        text = clean_text(request.text)
        if not text:
            raise Refused("invalidData", "There is nothing to say in an empty message.")
        self._chat_budget.take(peer.info.id, len(text), context.now_ms, moderator=peer.moderator)
        message = self._chat.add(peer.info.id, peer.info.display_name, text, context.now_ms)
        return Outcome([Event(ChatAdded(message), audience="chat")])

    @rule(ClearChat)
    def _clear_chat(self, _request: ClearChat) -> Outcome:
        self._chat.clear()
        return Outcome([Event(ChatCleared(), audience="chat")])

    @rule(StopVideo)
    def _stop_video(self, _request: StopVideo) -> Outcome:
        return Outcome([Event(VideoUrlChanged(""))] if self._video.stop() else [])

    @rule(RemoveMessage)
    def _remove_message(self, request: RemoveMessage) -> Outcome:
        if not self._chat.remove(request.message_id):
            raise Refused("notFound", "This message is not there any more.")
        return Outcome([Event(ChatRemoved(request.message_id), audience="chat")])

    @rule(SetOnStage)
    def _set_on_stage(self, request: SetOnStage) -> Outcome:
        peer = self._people.find(request.peer_id)
        if not peer.entry.ticket.only_watches:
            raise Refused("notAllowed", "Only a webinar's viewers can be brought on stage and back.")
        if peer.viewer != request.on_stage:
            return Outcome()
        outcome = self._bring_on_stage(peer) if request.on_stage else self._send_back(peer)
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
        outcome.events += self._falls_silent(peer)
        outcome.events.append(Event(PeerLeft(peer.info.id, "viewing")))
        return outcome

    @rule(SetInterpretation)
    def _set_interpretation(self, request: SetInterpretation, context: Context) -> Outcome:
        if request.enabled and not self._rules.permissions(self._people.find(context.peer_id)).interpretation:
            raise Refused("notAllowed", NO_INTERPRETATION)
        outcome = self._interpretation.decide(enabled=request.enabled)
        outcome.events += self._handovers.check()
        return outcome

    @rule(SetMaxBitrate)
    def _limit_bitrate(self, request: SetMaxBitrate) -> Outcome:
        if request.bitrate_bps == self._max_bitrate_bps:
            return Outcome()
        self._max_bitrate_bps = request.bitrate_bps
        return Outcome([Event(MaxBitrateChanged(request.bitrate_bps))], [LimitVideo(request.bitrate_bps)])

    # --- the waiting room, and who is removed ------------------------------------------------------

    @rule(Wait)
    def _wait(self, command: Wait, context: Context) -> Outcome:
        inside = self._inside(command.peer_id)
        if inside is not None and command.identity.proves(inside):
            raise Refused("alreadyJoined", "This participant is in the room already.")
        if inside is not None:
            raise Refused("peerIdTaken", TAKEN)
        return self._waiting_room.wait(command, context.now_ms)

    @rule(SetLocked)
    def _set_locked(self, request: SetLocked) -> Outcome:
        return Outcome(self._rules.change({"locked": request.locked}))

    @rule(Kick)
    def _kick(self, request: Kick, context: Context) -> Outcome:
        return self._put_out(request.peer_id, context, ban=True)

    @rule(RemovePeer)
    def _remove_peer(self, request: RemovePeer, context: Context) -> Outcome:
        return self._put_out(request.peer_id, context, ban=False)

    def _put_out(self, peer_id: str, context: Context, *, ban: bool) -> Outcome:
        """Remove somebody, inside or in the waiting room; with `ban` they can't come back until they are let."""
        waiting = self._waiting_room.who_waits(peer_id)
        outcome = Outcome()
        if waiting is not None:
            display_name, identity = waiting
        else:
            peer = self._people.find(peer_id)
            if peer.moderator and context.actor is not None:
                raise Refused("notAllowed", "Moderators can't be removed.")
            display_name, identity = peer.info.display_name, peer.entry.identity
            outcome += self._exit(Exit(peer_id, "kicked"), context)
        message = KICKED if context.actor is None else KICKED_BY_MODERATOR
        if ban:
            outcome += self._waiting_room.ban(peer_id, display_name, identity, message, context.now_ms)
        else:
            outcome += self._waiting_room.send_away(peer_id)
        if self._video.removed(peer_id):
            outcome.events.append(Event(VideoUrlChanged("")))
        outcome.effects.append(SendAway(peer_id, display_name, "kicked", message))
        return outcome

    @rule(EndMeeting)
    def _end(self, _request: EndMeeting, context: Context) -> Outcome:
        """Everybody goes at once, so there is nobody to tell by events."""
        display_names = {peer.info.id: peer.info.display_name for peer in self._people.everybody}
        self._begin()
        message = ENDED if context.actor is None else ENDED_BY_MODERATOR
        return Outcome(effects=[SendAllAway(display_names, "meetingEnded", message)])

    # --- inside -----------------------------------------------------------------------------------

    def _appearance(self, peer: Peer, but: str | None) -> Event:
        """How it is told that somebody is here now: by a tile, or by one more viewer."""
        message = ViewersChanged(self.viewer_count) if peer.viewer else PeerJoined(peer.public())
        return Event(message, but=but)

    def _dominates(self, peer_id: str | None) -> list[Event]:
        if peer_id == self._dominant_speaker:
            return []
        self._dominant_speaker = peer_id
        return [Event(DominantSpeakerChanged(peer_id))]

    def _falls_silent(self, peer: Peer) -> list[Event]:
        """Somebody has no tile any more, who may have been the dominant speaker."""
        return self._dominates(None) if peer.info.id == self._dominant_speaker else []

    def _tells_of(self, viewer: Peer) -> bool:
        """Whether it is told by name that a viewer has come or gone; where many watch, their number says enough."""
        return viewer.entry.ticket.viewers_told and self.viewer_count < MANY_VIEWERS

    def _negotiate(self, outcome: Outcome, newcomer: str | None = None) -> None:
        """Take the codec that suits who is here now."""
        codec = self._people.common_codec()
        if codec != self.video_codec:
            self.video_codec = codec
            outcome.events.append(Event(VideoCodecChanged(codec), but=newcomer))


# Which command is carried out where; derived from the methods themselves.
RULES: Final = rules_of(
    RoomState,
    _devices=Devices,
    _hands=Hands,
    _recorded=Recorded,
    _waiting_room=WaitingRoom,
    _interpretation=Interpretation,
    _handovers=Handovers,
)


def _plain(text: str) -> str:
    """For a search that does not care about case and accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if unicodedata.category(c) != "Mn").strip()
