"""What an account used each day. The sums of days that are over are kept: they don't change any more."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Final

from stats.models import DailyUsage
from stats.overview.days import DAY, DaySums, bounds, last_days
from stats.overview.sums import day_sums, first_day, going_since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meet.accounts.models import Account

# A node that could not reach the database writes what happened when it can.
SETTLED_AFTER: Final = dt.timedelta(hours=6)
# Failed events are deleted after that time.
KEPT_AT_LEAST: Final = 30
_SUMS: Final = tuple(field.name for field in fields(DaySums))


def usage(account: Account, days: Sequence[dt.date], first: dt.date, now: dt.datetime) -> list[DaySums]:
    """The sums of successive days, oldest first. Those that are settled and not kept yet are kept now.

    Before the `first_day` of the account there is nothing.
    """
    kept = {row.day: row for row in DailyUsage.objects.filter(account=account, day__range=(days[0] - DAY, days[-1]))}
    before = kept.get(days[0] - DAY)
    since = before.going_since if before else None
    found, new = [], []
    for day in days:
        if day in kept:
            since = kept[day].going_since
            found.append(DaySums(**{name: getattr(kept[day], name) for name in _SUMS}))
        elif day < first:
            found.append(DaySums())
        else:
            start, end = bounds(day)
            sums, since = day_sums(account, day, since or going_since(account, start), now)
            found.append(sums)
            if now >= end + SETTLED_AFTER:
                new.append(DailyUsage(account=account, day=day, going_since=since, **asdict(sums)))
    if new:
        DailyUsage.objects.bulk_create(new, ignore_conflicts=True)
    return found


def keep(account: Account, now: dt.datetime) -> None:
    """Keep the last days that are settled, so that nobody who looks has to wait for their sums."""
    first = first_day(account)
    if first is not None:
        usage(account, last_days(now.astimezone(dt.UTC).date() - DAY, KEPT_AT_LEAST - 1), first, now)
