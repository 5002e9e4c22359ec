"""What a room's sessions come to within a period, counted by the database.

A session reaches beyond the period? Then it counts as if it began or ended where the period does. One that lasts, or
whose node was never heard of again, reaches to its last mark. All times are whole seconds, as they are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F, Max, Min, Q, Sum, Window
from django.db.models.expressions import RowRange

from stats.functions import UnixTime
from stats.models import LONG_S, Session

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from meet.accounts.models import Account
    from stats.period import Period


@dataclass(frozen=True)
class Summary:
    """Of a room in a period; Unix times and a duration in seconds."""

    participants: int
    start_time: int
    end_time: int
    duration: int


@dataclass(frozen=True)
class Stay:
    """One session of somebody's, as far as it lies in the period."""

    person_id: str
    join_time: int
    leave_time: int

    @property
    def duration(self) -> int:
        """In seconds."""
        return self.leave_time - self.join_time


def summary(account: Account, room_id: str, period: Period) -> Summary | None:
    """How many different people were in, from when to when, and for how long somebody was; None for nobody.

    Spec: "Statistics", whose two definitions of the duration this joins. While somebody is there all the time, it is
    the difference of end and start (its example: 90660). Where a room is used for 60 minutes on each of two days it is
    120 minutes, as the night in between, in which nobody was there, does not count.
    """
    found = _within(account, room_id, period)
    # A gap is before each session that begins after the latest end of all that began earlier.
    earlier = Window(Max("marked_at"), order_by=F("joined_at").asc(), frame=RowRange(start=None, end=-1))
    extent = found.annotate(reached=earlier).aggregate(
        first=Min("joined_at"),
        last=Max("marked_at"),
        gaps=Sum(UnixTime("joined_at") - UnixTime("reached"), filter=Q(joined_at__gt=F("reached")), default=0),
    )
    if extent["first"] is None:
        return None
    start, end = period.clip(extent["first"], extent["last"])
    # Counted in a subquery: PostgreSQL would sort for `count(distinct …)`.
    participants = found.values("peer_id").distinct().count()
    return Summary(participants, start, end, duration=end - start - extent["gaps"])


def stays(account: Account, room_id: str, period: Period, *, offset: int, limit: int) -> list[Stay]:
    """A part of the list: person by person, each one's newest session first (as in the spec's example)."""
    sessions = _within(account, room_id, period).order_by("-peer_id", "-joined_at", "-marked_at")
    rows = sessions.values_list("peer_id", "joined_at", "marked_at")[offset : offset + limit]
    return [Stay(peer_id, *period.clip(joined_at, marked_at)) for peer_id, joined_at, marked_at in rows]


def _within(account: Account, room_id: str, period: Period) -> QuerySet[Session]:
    """The sessions that lie in a period at least in part. One without a mark yet has no extent, and is there too.

    Only the few long ones began more than a day before it, so a room's whole history need not be searched.
    """
    in_room = Session.objects.filter(account=account, room_id=room_id).order_by()
    started_at = period.started_at
    lasting = in_room.filter(long=True, joined_at__lt=started_at, marked_at__gt=started_at)
    first = lasting.aggregate(first=Min("joined_at"))["first"]
    since = min(filter(None, (period.before(LONG_S), first)))
    return in_room.filter(
        Q(marked_at__gt=started_at) | Q(joined_at__gte=started_at),
        marked_at__gte=started_at,
        joined_at__gte=since,
        joined_at__lt=period.ended_at,
    )
