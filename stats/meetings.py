"""A meeting: the time in which somebody was in a room, from the first who came to the last who left; and its samples.

No row says which sessions are of one meeting: they overlap, or follow one another within a few minutes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Max, Min

from rooms.runtime.figures import NAMES
from stats.models import Sample, Session
from stats.problems import VIEWERS, problems

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from meet.accounts.models import Account
    from stats.problems import Problem

# Who comes so soon after the last one has left is in the same meeting.
GAP: Final = dt.timedelta(minutes=5)
# A room in which somebody always is has no end; a page shows so much of it.
LONGEST: Final = dt.timedelta(hours=24)
_MAX_STEPS: Final = 200
# What a download has at most: 9 MB, and a second of our processor (`DOWNLOADS` of `meet/api/throttling.py`).
MAX_DOWNLOAD: Final = 25_000
# And a page.
MAX_PAGE: Final = 30_000


@dataclass(frozen=True)
class Meeting:
    """In a room, from `start` on and before `end`."""

    account: Account
    room_id: str
    start: dt.datetime
    end: dt.datetime

    def samples(self) -> QuerySet[Sample]:
        """In the order of time."""
        return Sample.objects.filter(
            account=self.account, room_id=self.room_id, at__gte=self.start, at__lt=self.end
        ).order_by("at", "peer_id", "direction")

    def sessions(self) -> QuerySet[Session]:
        """Those of which a part is in it, in the order in which they began."""
        return Session.objects.filter(
            account=self.account,
            room_id=self.room_id,
            joined_at__gte=self.start - LONGEST,
            joined_at__lt=self.end,
            marked_at__gte=self.start,
        ).order_by("joined_at", "peer_id")

    def names(self, peer_ids: set[str]) -> dict[str, str]:
        """How participants were called, in the order in which they came; who has no name any more is their id."""
        rows = self.sessions().filter(peer_id__in=peer_ids - {VIEWERS}).values_list("peer_id", "display_name")
        found = {peer_id: name or peer_id for peer_id, name in rows}
        missing = sorted(peer_ids - found.keys())
        return found | {peer_id: peer_id or "The viewers" for peer_id in missing}


def meeting_of(session: Session) -> Meeting:
    """The meeting that a session belongs to."""
    start, end = session.joined_at, max(session.marked_at, session.joined_at)
    # What is further away than that is another meeting, though somebody was there all the time.
    first, last = session.joined_at - LONGEST / 2, session.joined_at + LONGEST / 2
    for _ in range(_MAX_STEPS):
        near = Session.objects.filter(
            account=session.account_id,
            room_id=session.room_id,
            joined_at__range=(first, min(last, end + GAP)),
            marked_at__gte=start - GAP,
        ).aggregate(start=Min("joined_at"), end=Max("marked_at"))
        wider = min(start, near["start"] or start), max(end, near["end"] or end)
        if wider == (start, end):
            break
        start, end = wider
    # A sample may be written a little after the last mark.
    return Meeting(session.account, session.room_id, start, min(end, start + LONGEST) + dt.timedelta(seconds=1))


def download(meeting: Meeting) -> dict[str, Any]:
    """All that is kept of a meeting's quality. Where it is not `complete`, ask from the last sample on."""
    rows = list(meeting.samples()[: MAX_DOWNLOAD + 1])
    complete, rows = len(rows) <= MAX_DOWNLOAD, rows[:MAX_DOWNLOAD]
    names = meeting.names({row.peer_id for row in rows})
    return {
        "room_id": meeting.room_id,
        "start_time": _unix(meeting.start),
        "end_time": _unix(meeting.end),
        "complete": complete,
        "participants": [{"person_id": peer_id, "name": name} for peer_id, name in names.items()],
        "problems": [_problem(problem, names) for problem in problems(rows)],
        "samples": [row_of(row) for row in rows],
    }


def row_of(sample: Sample) -> dict[str, Any]:
    """A sample as the Server API tells it."""
    told: dict[str, Any] = {
        "person_id": sample.peer_id,
        "direction": sample.direction,
        "start_time": _unix(sample.at),
        "duration": sample.seconds,
        "viewer": sample.viewer,
        "participants": sample.participants,
        "troubled": sample.troubled,
    }
    return told | {name: getattr(sample, name) for name in NAMES}


def file_name(room_id: str, start_time: int) -> str:
    """Of a download: letters and digits of the room, and when it was."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in room_id)[:64]
    return f"samples-{plain}-{dt.datetime.fromtimestamp(start_time, dt.UTC):%Y%m%d-%H%M}.json"


def _problem(problem: Problem, names: dict[str, str]) -> dict[str, Any]:
    return {
        "person_id": problem.peer_id,
        "direction": problem.direction,
        "trouble": problem.trouble,
        "start_time": _unix(problem.start),
        "end_time": _unix(problem.end),
        "value": problem.value,
        "message": problem.says(names[problem.peer_id]),
    }


def _unix(time: dt.datetime) -> int:
    return int(time.timestamp())
