"""What is kept for how long, of an account or of all: from which setting, how much there is, what goes next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction

from meet.accounts.audit import note
from meet.accounts.models import Account, AuditEvent, Incident, Retention
from meet.accounts.retention import days_of, old_incidents, shorter_than
from recording.jobs.retention import old_tracks
from recording.jobs.videos import UNDO
from recording.models import Recording, Video
from rooms.webhooks.models import Delivery
from rooms.webhooks.pruning import old_deliveries
from stats.models import Sample, Session
from stats.retention import old_sessions
from stats.sampling import old_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

    from meet.accounts.audit import Actor

# Ten years.
MAX_DAYS: Final = 3650
# Counting goes so far: more is more than anybody reads as a number.
MAX_COUNTED: Final = 100_000
TRACKS: Final = "keep_tracks_days"


@dataclass(frozen=True)
class Kind:
    """Something that is kept for a time. `field` is where an account says its own time; empty where it can't.

    `old` are those that have been kept for more than so many days, `path` leads to their account.
    """

    name: str
    what: str
    setting: str
    field: str
    path: str
    everything: Callable[[], QuerySet[Any]]
    old: Callable[[dt.datetime, int], QuerySet[Any]]


def _old_audit_events(now: dt.datetime, days: int) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(at__lt=now - dt.timedelta(days=days))


KINDS: Final = (
    Kind(
        "Sessions",
        "who was in which room, from when to when",
        "statistics_days",
        "statistics_days",
        "account",
        Session.objects.all,
        old_sessions,
    ),
    Kind(
        "Samples",
        "how good connections were, each 30 seconds",
        "sample_days",
        "sample_days",
        "account",
        Sample.objects.all,
        old_samples,
    ),
    Kind(
        "Deliveries",
        "events for webhooks, with what your server answered",
        "delivery_days",
        "delivery_days",
        "endpoint__account",
        Delivery.objects.all,
        old_deliveries,
    ),
    Kind(
        "Incidents",
        "what went wrong",
        "incident_days",
        "incident_days",
        "account",
        Incident.objects.all,
        old_incidents,
    ),
    Kind(
        "Original tracks",
        "recordings with what each participant sent",
        "",
        TRACKS,
        "account",
        lambda: Recording.objects.filter(tracks_deleted_at=None),
        old_tracks,
    ),
    Kind(
        "Audit trail",
        "logins, changes, what moderators did",
        "audit_days",
        "",
        "account",
        AuditEvent.objects.all,
        _old_audit_events,
    ),
)
OWN: Final = {kind.field: kind for kind in KINDS if kind.field}


class Row(NamedTuple):
    """One kind, as the page shows it. `days` is 0 for ever; `own` is what the account wants, None where nothing."""

    kind: Kind
    days: int
    source: str
    own: int | None
    there: str
    due: int
    due_shown: str
    shorter: int = 0


class Loss(NamedTuple):
    """How much of a kind goes with the next run if it is kept for so many days."""

    kind: Kind
    days: int
    before: int
    shown: str


def rows_of(account: Account, now: dt.datetime) -> list[Row]:
    """For one account."""
    own = own_days(account)
    rows = []
    for kind in KINDS:
        days = days_in_force(kind, own)
        if kind.field == TRACKS:
            source = "this account"
        else:
            source = "this account" if days != _setting(kind) else f"MEET_{kind.setting.upper()}"
        mine = {kind.path: account}
        due = _due(kind, now, days, mine)
        there = _shown(_count(kind.everything().filter(**mine)))
        rows.append(Row(kind, days, source, own.get(kind.field), there, due, _shown(due)))
    return rows


def rows_of_all(now: dt.datetime) -> list[Row]:
    """For the whole installation, by its settings; what accounts keep for a shorter time is not counted as due."""
    rows = []
    for kind in KINDS:
        there = _shown(_count(kind.everything()))
        if kind.field == TRACKS:
            due = sum(_due(kind, now, one.keep_tracks_days, {kind.path: one}) for one in Account.objects.all())
            rows.append(Row(kind, 0, "each account", None, there, due, _shown(due)))
            continue
        days = _setting(kind)
        due = _due(kind, now, days, {})
        shorter = len(shorter_than(days, kind.field)) if kind.field else 0
        rows.append(Row(kind, days, f"MEET_{kind.setting.upper()}", None, there, due, _shown(due), shorter))
    return rows


def put_away(account: Account | None) -> str:
    """How many deleted videos can still be brought back."""
    videos = Video.objects.filter(deleted_at__isnull=False)
    return _shown(_count(videos if account is None else videos.filter(account=account)))


UNDO_DAYS: Final = UNDO.days


def own_days(account: Account) -> dict[str, int | None]:
    """What an account wants of each kind, by field."""
    wanted = Retention.objects.filter(account=account).first() or Retention(account=account)
    own = {field: getattr(wanted, field) for field in OWN if field != TRACKS}
    return {**own, TRACKS: account.keep_tracks_days}


def days_in_force(kind: Kind, own: Mapping[str, int | None]) -> int:
    """For how many days something is kept; 0 is for ever."""
    if kind.field == TRACKS:
        return own[TRACKS] or 0
    if kind.setting == "sample_days" and not _setting(kind):
        return 0  # none are made
    return days_of(_setting(kind), own.get(kind.field))


def losses(account: Account, wanted: Mapping[str, int | None], now: dt.datetime) -> list[Loss]:
    """What the next run deletes beyond what it would delete anyway, if an account has it so from now on."""
    own = own_days(account)
    found = []
    for kind in OWN.values():
        before, after = days_in_force(kind, own), days_in_force(kind, wanted)
        if after == before:
            continue
        mine = {kind.path: account}
        due, due_before = _due(kind, now, after, mine), _due(kind, now, before, mine)
        if due > due_before or due > MAX_COUNTED:
            found.append(Loss(kind, after, before, _shown(due if due > MAX_COUNTED else due - due_before)))
    return found


def do_keep(account: Account, wanted: Mapping[str, int | None], actor: Actor, now: dt.datetime) -> bool:
    """Keep things for so long from now on; whether that is anything new. The audit trail has what was before."""
    own = own_days(account)
    changed = {field: days for field, days in wanted.items() if days != own[field]}
    if not changed:
        return False
    with transaction.atomic():
        if TRACKS in changed:
            Account.objects.filter(pk=account.pk).update(keep_tracks_days=changed[TRACKS])
        stored = {field: days for field, days in wanted.items() if field != TRACKS}
        Retention.objects.update_or_create(account=account, defaults=stored)
        told = [
            f"{OWN[field].name.lower()}: {_days(days)} instead of {_days(own[field])}"
            for field, days in changed.items()
        ]
        note(AuditEvent.Action.CHANGED, actor, f"retention, {'; '.join(told)}", now, [account])
    return True


def _days(days: int | None) -> str:
    return "as the setting says" if days is None else f"{days} days"


def _setting(kind: Kind) -> int:
    days: int = getattr(settings.CONFIG, kind.setting)
    return days


def _due(kind: Kind, now: dt.datetime, days: int, mine: dict[str, Any]) -> int:
    """How many go with the next run. 0 days are for ever, but of tracks and samples, which go at once."""
    if not days and kind.field not in (TRACKS, "sample_days"):
        return 0
    return _count(kind.old(now, days).filter(**mine))


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[: MAX_COUNTED + 1].count()


def _shown(count: int) -> str:
    return f"more than {MAX_COUNTED:,}" if count > MAX_COUNTED else f"{count:,}"
