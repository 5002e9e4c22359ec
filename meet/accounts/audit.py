"""Keeps who did what from where: logins, changes of what accounts have, what is done in rooms and by the Server API.

What is kept never has a password, a key or a token in it: changes name the fields, not what is in them.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Value
from django.db.models.functions import Replace

from meet.accounts.models import Account, AuditEvent
from meet.accounts.retention import forget
from meet.client_address import client_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.contrib.auth.models import User
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

MAX_WHAT: Final = 500
MAX_ACTOR: Final = 150
# Of each kind of row at a time, so that the worker that deletes them does nothing else for a moment only.
PRUNED_AT_ONCE: Final = 5000
# Of what comes from strangers, from moderators and from programs the newest are kept, however many there were.
MAX_OF_A_KIND: Final = 100_000
BOUNDED: Final = (AuditEvent.Action.LOGIN_FAILED, AuditEvent.Action.ROOM, AuditEvent.Action.API)


@dataclass(frozen=True)
class Actor:
    """Who does something: a username as it was given, and the address; empty where there is none."""

    name: str
    address: str = ""


COMMAND_LINE: Final = Actor("manage.py")


def actor_of(request: HttpRequest) -> Actor:
    """The user who has logged in."""
    return Actor(request.user.get_username() if request.user.is_authenticated else "", client_address(request))


def note(
    action: AuditEvent.Action, actor: Actor, what: str, now: dt.datetime, accounts: Iterable[Account] = ()
) -> None:
    """Keep it with each of `accounts`, whose owners and admins see it; with none of them only the operator does."""
    told: list[Account | None] = [*accounts]
    logger.info("%s by %.150r from %s: %.500r", action.value, actor.name, actor.address or "here", what)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            account=account,
            at=now,
            action=action,
            actor=_plain(actor.name)[:MAX_ACTOR],
            address=actor.address,
            what=_plain(what)[:MAX_WHAT],
        )
        for account in (told or [None])
    )


@dataclass(frozen=True)
class RoomAct:
    """What a moderator has had done in a room; `at_ms` is Unix time in ms."""

    account_id: int
    room_id: str
    peer_id: str
    what: str
    at_ms: int


def note_room_acts(acts: Sequence[RoomAct]) -> None:
    """Keep what moderators have done."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            account_id=act.account_id,
            at=dt.datetime.fromtimestamp(act.at_ms / 1000, dt.UTC),
            action=AuditEvent.Action.ROOM,
            actor=_plain(f"participant {act.peer_id}")[:MAX_ACTOR],
            what=_plain(f"{act.what} in room {act.room_id}")[:MAX_WHAT],
        )
        for act in acts
    )


def of_person(peer_id: str) -> str:
    """How what was done to a participant begins to say so; `forget_person` finds it again."""
    return f"participant {peer_id}, "


def forget_person(account: Account, peer_id: str) -> None:
    """The trail says no more who the participant was."""
    mine = AuditEvent.objects.filter(account=account)
    mine.filter(actor=f"participant {peer_id}").update(actor="participant")
    told = of_person(peer_id)
    mine.filter(what__contains=told).update(what=Replace("what", Value(told), Value("participant, ")))


def accounts_with(user: User | None) -> list[Account]:
    """Whose trail tells about a user's logins: the accounts that they are members of."""
    return list(Account.objects.filter(memberships__user=user)) if user is not None else []


def has_logged_in(username: str, address: str, since: dt.datetime) -> bool:
    """Whether somebody has logged in from there after that."""
    mine = AuditEvent.objects.filter(
        action=AuditEvent.Action.LOGIN, actor=_plain(username)[:MAX_ACTOR], address=address
    )
    return mine.filter(at__gte=since).exists()


def prune(now: dt.datetime) -> None:
    """Forget what is older than the operator wants to keep, and all but the newest failed logins."""
    days = settings.CONFIG.audit_days
    if days:
        forget(LogEntry.objects.filter(action_time__lt=now - dt.timedelta(days=days)).order_by("pk"))
        forget(AuditEvent.objects.filter(at__lt=now - dt.timedelta(days=days)).order_by("at"))
    for action in BOUNDED:
        of_kind = AuditEvent.objects.filter(action=action).order_by("-pk")
        newest = of_kind.values_list("pk", flat=True)[MAX_OF_A_KIND - 1 : MAX_OF_A_KIND].first()
        if newest is not None:
            forget(AuditEvent.objects.filter(action=action, pk__lt=newest).order_by("pk"), PRUNED_AT_ONCE)


def _plain(text: str) -> str:
    """On one line, and as databases take it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
