"""Tells an account's admins what they should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F

from meet.accounts.models import Incident

if TYPE_CHECKING:
    import datetime as dt

    from meet.accounts.models import Account

MAX_MESSAGE: Final = 500


def report(account: Account, kind: Incident.Kind, message: str, now: dt.datetime) -> None:
    """Something happened. The same again counts up, and is new to the admins once more.

    `message` must not come from a participant: each other text is another row.
    """
    same, new = Incident.objects.get_or_create(
        account=account, kind=kind, message=message[:MAX_MESSAGE], defaults={"first_at": now, "last_at": now}
    )
    if not new:
        Incident.objects.filter(pk=same.pk).update(count=F("count") + 1, last_at=now, seen=False)
