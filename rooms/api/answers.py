"""What the Server API tells of live rooms, made from what nodes tell (`rooms.control.shapes`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from rooms.nodes.draining import State
from rooms.protocol import Quality, Role, Source

if TYPE_CHECKING:
    from rooms.control.shapes import LiveRoom


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[Any, Any, str, int]):
    """Unix time in ms, told as ISO 8601 in UTC."""

    def to_representation(self, value: int) -> str:
        """The text."""
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Track(serializers.Serializer[Any]):
    """Something that a participant sends."""

    source = serializers.ChoiceField(get_args(Source))  # type: ignore[assignment] # `Field` has a `source`, too
    mimeType = serializers.CharField(source="mime_type", help_text="The codec, such as `video/VP8`.")
    paused = serializers.BooleanField(help_text="Whether it is turned off at the moment.")
    bitrate = serializers.IntegerField(
        source="bitrate_bps", min_value=0, help_text="What arrives at the moment, in bits per second."
    )


class Peer(serializers.Serializer[Any]):
    """Somebody in the room."""

    peerId = serializers.CharField(source="peer_id")
    displayName = serializers.CharField(source="display_name")
    role = serializers.ChoiceField(get_args(Role))
    language = serializers.CharField(
        help_text="Into which an interpreter interprets, such as `de`; empty for all others."
    )
    viewer = serializers.BooleanField(help_text="Whether they only watch (webinars).")
    joinedAt = Moment(source="joined_at")
    handRaised = serializers.BooleanField(source="hand_raised")
    quality = serializers.ChoiceField(get_args(Quality), help_text="Of their connection.")
    tracks = Track(source="producers", many=True, help_text="What they send.")


class Waiting(serializers.Serializer[Any]):
    """Somebody in the waiting room."""

    peerId = serializers.CharField(source="peer_id")
    displayName = serializers.CharField(source="display_name")
    since = Moment()


class Removed(serializers.Serializer[Any]):
    """Somebody who was removed and can't come back until they are let back."""

    peerId = serializers.CharField(source="peer_id")
    displayName = serializers.CharField(source="display_name")
    at = Moment()


class RoomInList(serializers.Serializer[Any]):
    """A live room."""

    roomId = serializers.CharField(source="room_id")
    node = serializers.CharField(help_text="The name of the server that it lives on.")
    openedAt = Moment(source="opened_at")
    numberPeers = serializers.IntegerField(source="peers", min_value=0, help_text="How many are in, viewers included.")
    viewers = serializers.IntegerField(min_value=0, help_text="How many of them only watch (webinars).")
    waiting = serializers.IntegerField(min_value=0, help_text="How many are in the waiting room.")


class Rooms(serializers.Serializer[Any]):
    """A page of the account's live rooms, the oldest first."""

    count = serializers.IntegerField(min_value=0, help_text="How many there are in all.")
    rooms = RoomInList(many=True)
    silentNodes = serializers.ListField(
        child=serializers.CharField(), help_text="Servers that gave no answer; the rooms there are not in the list."
    )


class Room(serializers.Serializer[Any]):
    """A live room with everybody in it."""

    roomId = serializers.CharField(source="room_id")
    node = serializers.CharField(help_text="The name of the server that it lives on.")
    openedAt = Moment(source="opened_at")
    locked = serializers.BooleanField(help_text="Whether newcomers stay outside.")
    waitingRoom = serializers.BooleanField(source="waiting_room", help_text="Whether newcomers have to wait.")
    peers = Peer(many=True)
    waiting = Waiting(many=True, help_text="Who is in the waiting room.")
    removed = Removed(many=True, help_text="Who was removed and can't come back: see `letBack`.")


class Server(serializers.Serializer[Any]):
    """A server that rooms live on: what a room's id may begin with."""

    name = serializers.CharField(help_text="`serv` and a number: ids of rooms that shall be here begin with it.")
    country = serializers.CharField(help_text="Where it is; empty where nobody has said so.")
    url = serializers.CharField(help_text="Its own address, at which the Server API answers, too.")
    description = serializers.CharField()
    default = serializers.BooleanField(help_text="Whether rooms go here whose ids name no server.")
    state = serializers.ChoiceField(
        [state.value for state in State],
        help_text="`running` takes rooms, `draining` only keeps those that it has, `drained` has none any more, "
        "`down` does not run.",
    )
    load = serializers.IntegerField(min_value=0, max_value=100, help_text="How busy its processor is, in percent.")


class Servers(serializers.Serializer[Any]):
    """All servers, by name."""

    servers = Server(many=True)


class Peers(serializers.Serializer[Any]):
    """Everybody in a room."""

    peers = Peer(many=True)


class Duration(serializers.Serializer[Any]):
    """How long a room has been there."""

    duration = serializers.IntegerField(min_value=0, help_text="In seconds, since the first participant came.")


class NumberPeers(serializers.Serializer[Any]):
    """How many are in a room."""

    numberPeers = serializers.IntegerField(min_value=0, help_text="Viewers included; who waits is not in.")


class Exists(serializers.Serializer[Any]):
    """Yes; what isn't there is answered with 400."""

    exists = serializers.BooleanField()


class Closed(serializers.Serializer[Any]):
    """Done."""

    closed = serializers.BooleanField()


class VideoStopped(serializers.Serializer[Any]):
    """Nothing plays."""

    stopped = serializers.BooleanField()


class LetBack(serializers.Serializer[Any]):
    """Done."""

    letBack = serializers.BooleanField()


class Muted(serializers.Serializer[Any]):
    """Done."""

    muted = serializers.BooleanField()


class Admitted(serializers.Serializer[Any]):
    """Done, as it was asked for."""

    admitted = serializers.BooleanField()


class Locked(serializers.Serializer[Any]):
    """How it is now."""

    locked = serializers.BooleanField()


class Deleted(serializers.Serializer[Any]):
    """Which rooms' chats were cleared: those of the rooms asked for that are live."""

    deleted = serializers.ListField(child=serializers.CharField())


def duration_s(room: LiveRoom, now_ms: int) -> int:
    """How long a room has been there, in whole seconds; the node's clock may be ahead of ours."""
    return max(0, now_ms - room.opened_at) // 1000
