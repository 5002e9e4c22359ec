"""What requests about live rooms say: their bodies and queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, get_args

from rest_framework import serializers

from meet.api.asked import Asked
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


class OneOrEverybody(serializers.Serializer[Any]):
    """Whom it is about: a participant, or everybody where that is said in so many words."""

    peerId = peer_id_field("The participant's id.", required=False, default=None)
    everybody = serializers.BooleanField(default=False, help_text="True instead of a `peerId`: everybody is meant.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what names nobody, and what names somebody and everybody."""
        if (attrs["peerId"] is None) != attrs["everybody"]:
            both = "Name a participant or say everybody, not both."
            neither = 'Name a participant, or say that you mean everybody: {"everybody": true}.'
            raise serializers.ValidationError({"peerId": both if attrs["everybody"] else neither})
        return attrs


class PeerBody(serializers.Serializer[Any]):
    """Whom it is about."""

    peerId = peer_id_field("The participant's id.")


class PeerBodyOrQuery(serializers.Serializer[Any]):
    """Whom it is about, in the body or in the query."""

    peerId = peer_id_field("The participant's id; it is in the body or in the query.", required=False)


def ban_field() -> serializers.BooleanField:
    """Whether a removal lasts."""
    return serializers.BooleanField(
        default=False,
        help_text="True keeps them out until `letBack` or the room's end; otherwise they may come again.",
    )


class BanBody(serializers.Serializer[Any]):
    """For how long."""

    ban = ban_field()


class RemovalBodyOrQuery(PeerBodyOrQuery):
    """Whom to remove and for how long, in the body or in the query."""

    ban = ban_field()


class MuteBody(OneOrEverybody):
    """What to turn off, and for whom."""

    device = serializers.ChoiceField(
        get_args(Device),
        default="mic",
        help_text="A screen is ended with its sound, the others can be turned on again.",
    )


class AdmitBody(OneOrEverybody):
    """Who may come in."""

    admitted = serializers.BooleanField(default=True, help_text="False turns them away.")


class LockBody(serializers.Serializer[Any]):
    """Whether newcomers stay outside."""

    locked = serializers.BooleanField(help_text="True locks the room, false opens it again.")


class RoomToClear(Asked):
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


def removal_of(request: Request) -> tuple[str, bool]:
    """Whom to remove, and whether they are kept out, of the body or the query. Raises `ValidationError`."""
    peer_id = peer_id_of(request)
    sources = [source for source in (request.data, request.query_params) if isinstance(source, Mapping)]
    said = {bool(read(BanBody, {"ban": source["ban"]})["ban"]) for source in sources if "ban" in source}
    if len(said) > 1:
        raise serializers.ValidationError({"ban": "The body says something else than the query."})
    return peer_id, True in said


def peer_id_of(request: Request) -> str:
    """Whom a request is about: `peerId` of its body or its query. Raises `ValidationError`, also where they differ."""
    sources = [source for source in (request.data, request.query_params) if "peerId" in source]
    found = {str(read(PeerBody, source)["peerId"]) for source in sources or ({},)}
    if len(found) > 1:
        raise serializers.ValidationError({"peerId": "The body names another participant than the query."})
    return found.pop()
