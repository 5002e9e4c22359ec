"""Sessions as they come about in life, as many as wanted: busy hours, quiet weekends, a few very long stays."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import TYPE_CHECKING, Any, Final

from stats.models import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS: Final = (
    "id",
    "account_id",
    "room_id",
    "peer_id",
    "display_name",
    "role",
    "viewer",
    "node",
    "joined_at",
    "marked_at",
    "left_at",
    "interrupted",
)
# How many come in each hour of a day, and on each day of a week, in relation to each other.
HOURS: Final = (1, 1, 1, 1, 1, 2, 5, 12, 25, 40, 42, 35, 20, 30, 42, 38, 28, 15, 10, 12, 12, 8, 4, 2)
WEEKDAYS: Final = (9, 10, 11, 10, 8, 2, 1)
MEDIAN_S: Final = 25 * 60
LONGEST_S: Final = 30 * 3600
INTERRUPTED: Final = 0.002


def rows(
    account_id: int, now: dt.datetime, *, days: int, count: int, rooms: int, crowded: float = 0.0, seed: int = 1
) -> Iterator[tuple[Any, ...]]:
    """That many sessions of the last `days` days as `COLUMNS`; those that reach beyond `now` last still.

    A share of `crowded` is in the room `crowded`, the rest in `rooms` others.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    # In the order in which they come, as they are written in life.
    for joined in sorted(_comings(chance, now, days, count)):
        end = joined + dt.timedelta(seconds=min(chance.lognormvariate(0, 1) * MEDIAN_S, LONGEST_S))
        interrupted = chance.random() < INTERRUPTED
        in_crowd = chance.random() < crowded
        person = chance.randrange(max(count // 10, 1))
        yield (
            uuid.UUID(int=chance.getrandbits(128)),
            account_id,
            "crowded" if in_crowd else f"room-{chance.randrange(rooms)}",
            f"person-{person}",
            f"Person {person}",
            "moderator" if person % 10 == 0 else "participant",
            in_crowd and person % 10 != 0,
            "serv0",
            joined,
            min(end, now),
            end if end <= now else None,
            interrupted and end <= now,
        )


def _comings(chance: random.Random, now: dt.datetime, days: int, count: int) -> Iterator[dt.datetime]:
    dates = [(now - dt.timedelta(days=back)).date() for back in range(days)]
    weights = [WEEKDAYS[date.weekday()] * chance.uniform(0.8, 1.2) for date in dates]
    while count:
        date, hour = chance.choices(dates, weights)[0], chance.choices(range(24), HOURS)[0]
        moment = dt.datetime(date.year, date.month, date.day, hour, tzinfo=dt.UTC)
        moment += dt.timedelta(seconds=chance.uniform(0, 3600))
        if moment <= now:
            count -= 1
            yield moment


def seed(account_id: int, now: dt.datetime, *, days: int, count: int, rooms: int) -> None:
    """The same, written by Django: for thousands."""
    found = rows(account_id, now, days=days, count=count, rooms=rooms)
    Session.objects.bulk_create(Session(**dict(zip(COLUMNS, row, strict=True))) for row in found)
