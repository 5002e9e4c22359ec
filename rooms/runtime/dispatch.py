"""Which of the state machine's commands a request stands for. Pure.

Who asks is always somebody who is in: `actor` is never None here, so that nobody can speak as the account's server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import protocol
from rooms.state import commands
from rooms.state.names import clean_name

if TYPE_CHECKING:
    from rooms.protocol import Message
    from rooms.state.commands import Command


def command_of(peer_id: str, request: Message) -> Command | None:
    """The command, or None where a request is for media or for the connection."""
    return _own(peer_id, request) or _moderators(peer_id, request)


def _own(peer_id: str, request: Message) -> Command | None:  # noqa: PLR0911 - one case a request
    """What everybody may ask for themselves."""
    match request:
        case protocol.PauseProducer():
            return commands.SetProducerPaused(peer_id, request.producer_id, paused=True)
        case protocol.ResumeProducer():
            return commands.SetProducerPaused(peer_id, request.producer_id, paused=False)
        case protocol.CloseProducer():
            return commands.RemoveProducer(peer_id, request.producer_id)
        case protocol.SetAbsent():
            return commands.SetPeerAbsent(peer_id, request.absent)
        case protocol.RaiseHand():
            return commands.SetHand(peer_id, peer_id, request.raised)
        case protocol.SendChat():
            return commands.Say(peer_id, request.text)
        case protocol.SetDisplayName():
            return commands.Rename(peer_id, clean_name(request.display_name))
    return None


def _moderators(actor: str, request: Message) -> Command | None:  # noqa: C901, PLR0911, PLR0912 - one case a request
    """What the state machine refuses to anybody who is no moderator."""
    match request:
        case protocol.LowerHand():
            return commands.SetHand(actor, request.peer_id, raised=False)
        case protocol.LowerAllHands():
            return commands.LowerAllHands(actor)
        case protocol.StopVideo():
            return commands.StopVideo(actor)
        case protocol.StopTrack():
            return commands.StopTracks(actor, request.peer_id, request.device)
        case protocol.StopAllTracks():
            return commands.StopTracks(actor, None, request.device)
        case protocol.Allow():
            return commands.Allow(actor, request.peer_id, request.device, request.allowed)
        case protocol.AllowAll():
            return commands.AllowAll(actor, request.device, request.allowed)
        case protocol.AskToTurnOn():
            return commands.AskToTurnOn(actor, request.peer_id, request.device)
        case protocol.RemoveMessage():
            return commands.RemoveMessage(actor, request.message_id)
        case protocol.SetOnStage():
            return commands.SetStage(actor, request.peer_id, request.on_stage)
        case protocol.Admit():
            return commands.AdmitPeer(actor, request.peer_id, request.admitted)
        case protocol.AdmitAll():
            return commands.AdmitAll(actor, request.admitted)
        case protocol.SetWaitingRoom():
            return commands.SetWaitingRoom(actor, request.enabled)
        case protocol.SetLocked():
            return commands.SetLocked(actor, request.locked)
        case protocol.Kick():
            return commands.Kick(actor, request.peer_id)
        case protocol.LetBack():
            return commands.LetBack(actor, request.peer_id)
        case protocol.EndMeeting():
            return commands.EndMeeting(actor)
        case protocol.StartRecording():
            return commands.StartRecording(actor)
        case protocol.StopRecording():
            return commands.StopRecording(actor)
        case protocol.SetMaxBitrate():
            return commands.LimitBitrate(actor, request.bitrate_bps)
    return None
