"""Rooms as state machines for tests: making them, asking them, and what a client does with their events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rooms import protocol
from rooms.protocol import RoomSnapshot
from rooms.protocol.errors import Refused
from rooms.state.commands import Enter
from rooms.state.machine import RoomState
from rooms.state.ticket import Ticket

if TYPE_CHECKING:
    from rooms.protocol import Message
    from rooms.state.commands import Command
    from rooms.state.outcome import Outcome

CODECS = ("video/VP8", "video/H264", "video/VP9")
EVERYTHING = frozenset(codec.lower() for codec in CODECS)
NOW_MS = 1_700_000_000_000


def entry(peer_id: str, **fields: Any) -> Enter:
    """Somebody who comes in, as a participant whose id the account has signed unless said otherwise."""
    given = {"display_name": peer_id.title(), "name_fixed": False, "proof": "account", **fields}
    video_codecs = given.pop("video_codecs", EVERYTHING)
    ticket = Ticket(1, "room", "serv0", peer_id, **given)
    return Enter(ticket, ticket.display_name, video_codecs)


def room(*entries: str | Enter) -> RoomState:
    """A room with some people in it."""
    state = RoomState("room", CODECS)
    for one in entries:
        state.apply(entry(one) if isinstance(one, str) else one, NOW_MS)
    return state


def moderator(peer_id: str = "mod", **fields: Any) -> Enter:
    """A moderator who comes in."""
    return entry(peer_id, role="moderator", **fields)


def viewer(peer_id: str, **fields: Any) -> Enter:
    """A webinar's viewer who comes in."""
    return entry(peer_id, viewer=True, **fields)


def interpreter(peer_id: str, language: str = "de", **fields: Any) -> Enter:
    """An interpreter who comes in."""
    return entry(peer_id, role="interpreter", language=language, language_name=language.upper(), **fields)


def heard(state: RoomState, outcome: Outcome, peer_id: str) -> list[Message]:
    """What somebody is told of an outcome."""
    return [event.message for event in outcome.events if state.hears(peer_id, event)]


def refused(state: RoomState, command: Command) -> str:
    """The code that a command is refused with."""
    with pytest.raises(Refused) as caught:
        state.apply(command, NOW_MS)
    return caught.value.info.code


def copy(snapshot: RoomSnapshot) -> RoomSnapshot:
    """As it arrives at a client."""
    return msgspec.json.decode(msgspec.json.encode(snapshot), type=RoomSnapshot)


def replay(snapshot: RoomSnapshot, event: Message) -> None:  # noqa: C901, PLR0912 - one case an event
    """What a client does with an event."""
    peers = {peer.id: peer for peer in snapshot.peers}
    me = snapshot.me
    match event:
        case protocol.PeerJoined(peer):
            assert peer.id not in peers
            snapshot.peers.append(msgspec.convert(msgspec.to_builtins(peer), protocol.PeerInfo))
        case protocol.PeerLeft(peer_id):
            snapshot.peers.remove(peers[peer_id])
        case protocol.PeerRenamed(peer_id, name):
            if peer_id in peers:
                peers[peer_id].display_name = name
            if peer_id == me.peer_id:
                me.display_name = name
        case protocol.ProducerAdded(peer_id, producer):
            peers[peer_id].producers.append(msgspec.structs.replace(producer))
        case protocol.ProducerPaused(peer_id, producer_id, paused):
            next(p for p in peers[peer_id].producers if p.id == producer_id).paused = paused
        case protocol.ProducerRemoved(peer_id, producer_id):
            peers[peer_id].producers = [p for p in peers[peer_id].producers if p.id != producer_id]
        case protocol.AbsenceChanged(peer_id, absent):
            peers[peer_id].absent = absent
        case protocol.QualityChanged(peer_id, quality):
            peers[peer_id].quality = quality
        case protocol.DominantSpeakerChanged(peer_id):
            snapshot.dominant_speaker = peer_id
        case protocol.HandChanged():
            replay_hand(snapshot, event)
        case protocol.ViewersChanged(count):
            snapshot.viewers = count
        case protocol.ChatAdded(message):
            snapshot.chat.append(message)
        case protocol.ViewerJoined() | protocol.ViewerLeft():
            pass  # says who; how many there are is told by `viewersChanged`
        case protocol.ChatRemoved(message_id):
            snapshot.chat = [message for message in snapshot.chat if message.id != message_id]
        case protocol.ChatCleared():
            snapshot.chat = []
        case protocol.PermissionsChanged(permissions, is_viewer):
            me.permissions, me.viewer = permissions, is_viewer
        case protocol.TrackStopped() | protocol.AskedToTurnOn():
            pass  # says why; what changed is told by `producerPaused`, or by nothing
        case protocol.RulesChanged(rules):
            snapshot.rules = rules
        case protocol.OverridesChanged(peer_id, overrides):
            peers[peer_id].overrides = overrides
        case protocol.VideoUrlChanged(url):
            snapshot.video_url = url
        case protocol.MaxBitrateChanged(bitrate_bps):
            snapshot.max_bitrate_bps = bitrate_bps
        case protocol.RecordingChanged(since):
            snapshot.recording_since = since
        case protocol.RecordingFailed():
            pass  # says why
        case protocol.Knocked(peer):
            snapshot.waiting = replaced(snapshot.waiting, peer, "peer_id")
        case protocol.KnockEnded(peer_id):
            snapshot.waiting = [peer for peer in snapshot.waiting if peer.peer_id != peer_id]
        case protocol.Kicked(peer):
            snapshot.kicked.append(peer)
        case protocol.KickEnded(peer_id):
            snapshot.kicked = [peer for peer in snapshot.kicked if peer.peer_id != peer_id]
        case protocol.InterpretationChanged(interpretation):
            snapshot.interpretation = interpretation
        case protocol.ListeningChanged(language):
            me.listening = language
        case protocol.HandoverChanged(handover):
            snapshot.handover = handover
        case protocol.HandoverDue():
            pass  # says when; that it is over is told by `handoverChanged`
        case protocol.VideoCodecChanged(mime_type):
            snapshot.video_codec = mime_type
        case _:
            raise AssertionError(
                f"{type(event).__name__} has no case in replay() above: add one with what it changes in a snapshot, or "
                "with `pass` and the reason if it changes nothing."
            )


def replay_hand(snapshot: RoomSnapshot, event: protocol.HandChanged) -> None:
    """Mine, somebody's with a tile, or (told to moderators) a viewer's."""
    if event.peer_id == snapshot.me.peer_id:
        snapshot.me.hand_raised_at = event.raised_at
    if not event.viewer:
        next(peer for peer in snapshot.peers if peer.id == event.peer_id).hand_raised_at = event.raised_at
    elif snapshot.me.permissions.moderate:
        if event.raised_at is None:
            snapshot.viewer_hands = [hand for hand in snapshot.viewer_hands if hand.peer_id != event.peer_id]
        else:
            hand = protocol.ViewerHand(event.peer_id, event.display_name, event.raised_at)
            snapshot.viewer_hands = replaced(snapshot.viewer_hands, hand, "peer_id")


def replaced(items: list[Any], item: Any, key: str) -> list[Any]:
    """With the item in the place of the one with the same key, or at the end."""
    wanted = getattr(item, key)
    if all(getattr(other, key) != wanted for other in items):
        return [*items, item]
    return [item if getattr(other, key) == wanted else other for other in items]
