"""Writes samples of rooms, and forgets the old ones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from django.db import models

from meet.accounts.models import Account
from meet.accounts.retention import forget, shorter_than
from rooms.runtime.figures import NAMES
from stats.models import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

    from rooms.runtime.samples import Sample as Measured

# The most that the smallest of the columns takes, and the other ones.
_MOST_SMALL: Final = 32_767
_MOST: Final = 2_147_483_647
# Each batch of old samples is a short transaction, so that nobody waits for it.
BATCH: Final = 5000


def write_samples(samples: Sequence[Measured]) -> None:
    """Write samples; those that were written before are left alone. Raises `django.db.Error`, and writes nothing."""
    wanted = {sample.room.account_id for sample in samples}
    # An account may have been deleted while people were in its rooms.
    accounts = set(Account.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    rows = [_row(sample) for sample in samples if sample.room.account_id in accounts]
    Sample.objects.bulk_create(rows, ignore_conflicts=True)


def old_samples(now: dt.datetime, days: int) -> QuerySet[Sample]:
    """Those that are older than so many days."""
    return Sample.objects.filter(at__lt=now - dt.timedelta(days=days)).order_by("at")


def prune_samples(now: dt.datetime, setting: int, batch: int = BATCH) -> None:
    """Forget samples that are older than the setting says, or than their account wants."""
    forget(old_samples(now, setting), batch)
    for account, days in shorter_than(setting, "sample_days").items():
        forget(old_samples(now, days).filter(account=account), batch)


def _row(sample: Measured) -> Sample:
    return Sample(
        account_id=sample.room.account_id,
        room_id=sample.room.room_id,
        peer_id=sample.peer_id,
        direction=sample.direction,
        viewer=sample.viewer,
        at=dt.datetime.fromtimestamp(sample.started_ms / 1000, dt.UTC),
        seconds=min(sample.seconds, _MOST_SMALL),
        participants=min(sample.participants, _MOST_SMALL),
        troubled=min(sample.troubled, _MOST_SMALL),
        **dict(_figures(sample)),
    )


def _figures(sample: Measured) -> Iterator[tuple[str, Any]]:
    """As the columns take them: whole numbers, and shares of four digits."""
    for name in NAMES:
        value: float | None = getattr(sample.figures, name)
        column = Sample._meta.get_field(name)  # noqa: SLF001 - Django's documented way to a model's fields
        if value is None or isinstance(column, models.FloatField):
            yield name, None if value is None else round(value, 4)
        else:
            small = isinstance(column, models.PositiveSmallIntegerField)
            yield name, min(round(value), _MOST_SMALL if small else _MOST)
