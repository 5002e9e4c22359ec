"""What requests about live rooms say: their bodies and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from rest_framework import serializers

from rooms.protocol import Device, Interface

if TYPE_CHECKING:
    from rest_framework.request import Request

MAX_ID_LENGTH: Final = 128
MAX_HOST_LENGTH: Final = 255
# Each is asked of its node.
MAX_ROOMS_TO_CLEAR: Final = 100
PAGE: Final = 100
MAX_PAGE: Final = 1000


def peer_id_field(help_text: str, **more: Any) -> serializers.CharField:
    """A participant's id, as they joined with it."""
    return serializers.CharField(max_length=MAX_ID_LENGTH, help_text=help_text, **more)


def optional_peer_id_field(help_text: str) -> serializers.CharField:
    """The same; None where it is left out."""
    return peer_id_field(help_text, required=False, default=None, allow_null=True)


class PeerBody(serializers.Serializer[Any]):
    """Whom it is about."""

    peerId = peer_id_field("The participant's id.")


class PeerBodyOrQuery(serializers.Serializer[Any]):
    """The same, in one place or the other."""

    peerId = peer_id_field("The participant's id; it is in the body or in the query.", required=False)


class MuteBody(serializers.Serializer[Any]):
    """What to turn off, and for whom."""

    peerId = optional_peer_id_field("The participant's id; everybody where it is left out.")
    device = serializers.ChoiceField(
        get_args(Device),
        default="mic",
        help_text="A screen is ended with its sound, the others can be turned on again.",
    )


class AdmitBody(serializers.Serializer[Any]):
    """Who may come in."""

    peerId = optional_peer_id_field("Who waits at the door; all who wait where it is left out.")
    admitted = serializers.BooleanField(default=True, help_text="False turns them away.")


class LockBody(serializers.Serializer[Any]):
    """Whether newcomers stay outside."""

    locked = serializers.BooleanField(help_text="True locks the room, false opens it again.")


class RoomToClear(serializers.Serializer[Any]):
    """One room."""

    roomId = serializers.CharField(max_length=MAX_ID_LENGTH, help_text="The room's id.")
    type = serializers.ChoiceField(
        get_args(Interface), default="call", help_text="Makes no difference: a call and a webinar share their room."
    )


class ClearRoomsBody(serializers.Serializer[Any]):
    """Whose chat to clear."""

    hostname = serializers.CharField(
        max_length=MAX_HOST_LENGTH, help_text="A domain name of your account, under which the rooms are opened."
    )
    rooms = serializers.ListField(child=RoomToClear(), min_length=1, max_length=MAX_ROOMS_TO_CLEAR)


class PageQuery(serializers.Serializer[Any]):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=PAGE, help_text="So many at most.")
    offset = serializers.IntegerField(min_value=0, default=0, help_text="So many are left out at the beginning.")


def read(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """What a body or a query says. Raises `ValidationError`, which is answered with 400."""
    serializer = kind(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def peer_id_of(request: Request) -> str:
    """Whom a request is about: `peerId` of its body, or else of its query. Raises `ValidationError`."""
    source = request.data if "peerId" in request.data else request.query_params
    return str(read(PeerBody, source)["peerId"])
