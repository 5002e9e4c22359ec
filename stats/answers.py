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


class SamplesQuestion(Question):
    """Which room, when, and which part of a long list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT, help_text="How many samples to tell at most."
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


def _share(what: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{what}, from 0 to 1.")


class SampleData(serializers.Serializer[Any]):
    """One direction of one participant's media in some 30 seconds; null where something is not known."""

    person_id = serializers.CharField(
        allow_blank=True, help_text="The `peerId`; empty in a sample of all who only watch, together."
    )
    direction = serializers.ChoiceField(["up", "down"], help_text="What the participant sends, or receives.")
    start_time = serializers.IntegerField(help_text="In Unix time (s).")
    duration = serializers.IntegerField(help_text="In seconds.")
    viewer = serializers.BooleanField(help_text="Whether it is of somebody who only watches.")
    participants = serializers.IntegerField(help_text="Of how many it is; 1 but for viewers together.")
    troubled = serializers.IntegerField(help_text="How many of them had a trouble.")
    round_trip_ms = serializers.IntegerField(allow_null=True, help_text="There and back, in milliseconds.")
    loss = _share("Packets that were lost on the first way")
    jitter_ms = serializers.FloatField(allow_null=True, help_text="How unevenly packets came, in milliseconds.")
    bitrate_bps = serializers.IntegerField(allow_null=True, help_text="Bits a second.")
    estimate_bps = serializers.IntegerField(allow_null=True, help_text="What the link was thought to carry, bits/s.")
    layer = serializers.IntegerField(allow_null=True, help_text="Highest spatial layer that was forwarded; 0 lowest.")
    reduced = _share("How much of the time videos were forwarded in less than the page asked for")
    width = serializers.IntegerField(allow_null=True, help_text="Of the largest video, in pixels.")
    height = serializers.IntegerField(allow_null=True, help_text="Of the largest video, in pixels.")
    frame_rate = serializers.FloatField(allow_null=True, help_text="Pictures a second of the largest video.")
    freezes = serializers.IntegerField(allow_null=True, help_text="How often a picture stood still.")
    frozen_ms = serializers.IntegerField(allow_null=True, help_text="For how many milliseconds it did, in all.")
    concealed = _share("Sound that had to be made up")
    dropped = _share("Pictures that came and were not shown")
    cpu_limited = _share("How much of the time the browser sent less because its processor was busy")
    bandwidth_limited = _share("How much of the time the browser sent less because its link was narrow")
    by_tcp = _share("How much of the time media went by TCP, because no UDP gets through")


class SamplesAnswer(serializers.Serializer[Any]):
    """Samples in the order of time."""

    data = SampleData(many=True)  # type: ignore[assignment]
    errors = serializers.ListField(child=ErrorDetailsSerializer(), max_length=0)  # type: ignore[assignment]


class NamedParticipant(serializers.Serializer[Any]):
    """Who a `person_id` is."""

    person_id = serializers.CharField(allow_blank=True)
    name = serializers.CharField()


class ProblemData(serializers.Serializer[Any]):
    """What was wrong for a while."""

    person_id = serializers.CharField(allow_blank=True)
    direction = serializers.ChoiceField(["up", "down"])
    trouble = serializers.ChoiceField(["loss", "audio", "freezes", "delay", "cpu", "bandwidth", "reduced"])
    start_time = serializers.IntegerField(help_text="In Unix time (s).")
    end_time = serializers.IntegerField(help_text="In Unix time (s).")
    value = serializers.FloatField(help_text="The mean of the figure that shows it; of freezes, ms in all.")
    message = serializers.CharField(help_text="The same in an English sentence.")


class Download(serializers.Serializer[Any]):
    """All that is kept of how good a meeting was. Where it is not `complete`, ask from the last sample on."""

    room_id = serializers.CharField()
    start_time = serializers.IntegerField(help_text="In Unix time (s).")
    end_time = serializers.IntegerField(help_text="In Unix time (s).")
    complete = serializers.BooleanField()
    participants = NamedParticipant(many=True)
    problems = ProblemData(many=True)
    samples = SampleData(many=True)


class DownloadAnswer(serializers.Serializer[Any]):
    """One file."""

    data = Download()  # type: ignore[assignment]
    errors = serializers.ListField(child=ErrorDetailsSerializer(), max_length=0)  # type: ignore[assignment]


class NoAnswer(serializers.Serializer[Any]):
    """Why there are no statistics."""

    data = serializers.JSONField(allow_null=True)  # type: ignore[assignment]
    errors = ErrorDetailsSerializer(many=True)  # type: ignore[assignment]
