"""What statistics are asked with, and what they answer, as the schema tells it.

Spec: "Statistics": `{"data": …, "errors": []}`. Where there is nothing to tell, `data` is null and `errors` say why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from meet.api.schema import ErrorDetailsSerializer
from rooms.nodes.placement import ROOM_ID
from stats.period import instant, period

if TYPE_CHECKING:
    from datetime import datetime

DEFAULT_LIMIT: Final = 1000
MAX_LIMIT: Final = 5000
# Nobody has so many sessions.
MAX_OFFSET: Final = 10**9


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field[Any, Any, Any, Any]):
    """A time with its offset."""

    def to_internal_value(self, data: Any) -> datetime:
        """The time. Raises `ValidationError`."""
        try:
            return instant(str(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class Question(serializers.Serializer[Any]):
    """Which room, and when."""

    room_id = serializers.RegexField(f"^{ROOM_ID.pattern}$", error_messages={"invalid": "No room can have this id."})

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's, so these two are not attributes of the class."""
        return super().get_fields() | {
            "from": Instant(help_text="Start of the period, such as `2021-06-21T00:00:00.0Z`."),
            "to": Instant(help_text="Its end, such as `2021-06-22T23:59:59.99Z`."),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put the period together."""
        try:
            return attrs | {"period": period(attrs["from"], attrs["to"])}
        except ValueError as error:
            raise serializers.ValidationError({"to": str(error)}) from error


class ListQuestion(Question):
    """The same, and which part of a long list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="How many sessions to tell at most."
    )
    offset = serializers.IntegerField(
        min_value=0, max_value=MAX_OFFSET, default=0, help_text="How many of the first to leave out."
    )


class SummaryData(serializers.Serializer[Any]):
    """A room in the period; sessions that reach beyond it count as if they began or ended with it."""

    participants = serializers.IntegerField(help_text="Different participants.")
    start_time = serializers.IntegerField(help_text="When the first one came, in Unix time (s).")
    end_time = serializers.IntegerField(help_text="When the last one left, in Unix time (s).")
    duration = serializers.IntegerField(help_text="For how many seconds somebody was in the room.")


class SummaryAnswer(serializers.Serializer[Any]):
    """The summary."""

    data = SummaryData()  # type: ignore[assignment]  # serializers have an attribute of this name
    errors = serializers.ListField(child=ErrorDetailsSerializer(), max_length=0)  # type: ignore[assignment]


class StayData(serializers.Serializer[Any]):
    """One session of a participant's, as far as it lies in the period."""

    person_id = serializers.CharField(help_text="The `peerId`.")
    join_time = serializers.IntegerField(help_text="In Unix time (s).")
    leave_time = serializers.IntegerField(help_text="In Unix time (s); the last mark, where it still lasts.")
    duration = serializers.IntegerField(help_text="In seconds.")


class ListAnswer(serializers.Serializer[Any]):
    """Sessions, person by person, each one's newest first."""

    data = StayData(many=True)  # type: ignore[assignment]
    errors = serializers.ListField(child=ErrorDetailsSerializer(), max_length=0)  # type: ignore[assignment]


class NoAnswer(serializers.Serializer[Any]):
    """Why there are no statistics."""

    data = serializers.JSONField(allow_null=True)  # type: ignore[assignment]
    errors = ErrorDetailsSerializer(many=True)  # type: ignore[assignment]
