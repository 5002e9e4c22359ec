"""A participant of meet's rooms in plain Python. `docs/sdk.md` of the server tells all in one page.

async with join("https://HOST/call/?roomId=team42&displayName=Bot") as room:
    async for event in room.events():
        match event:
            case NewPeer(peer):
                await room.send_chat(f"Hello {peer.display_name}!")
"""

from __future__ import annotations

from meet_participant.errors import (
    Behind,
    ConnectionLost,
    LinkInvalid,
    MeetingOver,
    NoAnswer,
    ParticipantError,
    RequestRefused,
    TicketRefused,
)
from meet_participant.events import (
    Chat,
    Disconnected,
    Ended,
    Event,
    HandChanged,
    NewPeer,
    Peer,
    PeerClosed,
    PeerRenamed,
    Reconnected,
    SwitchOff,
    SwitchOn,
    TrackStopped,
)
from meet_participant.feeds import Feed
from meet_participant.frames import SAMPLE_RATE, AudioFrame, VideoFrame
from meet_participant.room import Room, join
from meet_participant.sources import Camera, Microphone

__version__ = "0.1.0"

__all__ = [
    "SAMPLE_RATE",
    "AudioFrame",
    "Behind",
    "Camera",
    "Chat",
    "ConnectionLost",
    "Disconnected",
    "Ended",
    "Event",
    "Feed",
    "HandChanged",
    "LinkInvalid",
    "MeetingOver",
    "Microphone",
    "NewPeer",
    "NoAnswer",
    "ParticipantError",
    "Peer",
    "PeerClosed",
    "PeerRenamed",
    "Reconnected",
    "RequestRefused",
    "Room",
    "SwitchOff",
    "SwitchOn",
    "TicketRefused",
    "TrackStopped",
    "VideoFrame",
    "join",
]
