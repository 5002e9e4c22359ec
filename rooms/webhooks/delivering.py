"""Sends deliveries, and keeps what came of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from meet.leases import held
from meet.outgoing import NoPlaceError, places
from meet.wakeup import EVENTS, wake
from rooms.webhooks.health import note
from rooms.webhooks.lanes import lease_by_hand, lease_next, leave, take_up
from rooms.webhooks.models import Attempt, Delivery, State
from rooms.webhooks.posting import Tried, post
from rooms.webhooks.schedule import judge

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from meet.leases import Lease

# Then somebody else gets the thread.
MOST_IN_A_ROW: Final = 100


def serve(lease: Lease, clock: Callable[[], dt.datetime] = timezone.now) -> None:
    """Send what was leased, then what its endpoint has to get besides, until an attempt fails or nothing is due."""
    going_on: Lease | None = lease
    for _ in range(MOST_IN_A_ROW):
        delivery = take_up(going_on, clock()) if going_on is not None else None
        if delivery is None or not _settle(delivery, post(delivery, clock()), clock()):
            return
        going_on = lease_next(delivery, clock())
    if going_on is not None:
        leave([going_on])
        wake(EVENTS)


def send_again(delivery: Delivery, clock: Callable[[], dt.datetime] = timezone.now) -> Tried | None:
    """One attempt at once, whatever came of it before; None while another one is under way.

    A failure changes nothing but the list of attempts. Who asks waits for it, so an account has few at a time.
    """
    try:
        with places().one(delivery.endpoint.account_id):
            return _send_now(delivery, clock)
    except NoPlaceError:
        return Tried(clock(), 0, problem="Too many requests are under way. Please try again in some seconds.")


def _send_now(delivery: Delivery, clock: Callable[[], dt.datetime]) -> Tried | None:
    lease = lease_by_hand(delivery.pk, clock())
    ours = take_up(lease, clock()) if lease is not None else None
    if ours is None:
        return None
    tried = post(ours, clock())
    _settle(ours, tried, clock(), by_hand=True)
    return tried


def do_send_again(deliveries: Iterable[Delivery], now: dt.datetime) -> int:
    """Let the workers send what is not waiting to be sent anyway, as if it had just happened; how many that are."""
    again = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).exclude(held(now))
    count = again.update(state=State.WAITING, due_at=now, finished_at=None)
    if count:
        transaction.on_commit(lambda: wake(EVENTS), robust=True)
    return count


def _settle(delivery: Delivery, tried: Tried, now: dt.datetime, *, by_hand: bool = False) -> bool:
    """Keep what came of an attempt; whether it was delivered."""
    with transaction.atomic():
        kept = Delivery.objects.select_for_update().filter(pk=delivery.pk).first()
        if kept is None:  # it went with its endpoint
            return False
        Attempt.objects.create(
            delivery=kept,
            at=tried.at,
            duration_ms=tried.duration_ms,
            status=tried.status,
            problem=tried.problem,
            answer=tried.answer,
        )
        ours = kept.lease == delivery.lease
        open_still = kept.due_at is not None
        verdict = judge(tried.status, kept.failures, kept.happened_at, now, random.random())  # noqa: S311 - no secret
        delivered = verdict.state == State.DELIVERED
        if ours:
            kept.lease_until = None
        if delivered or (ours and open_still and not by_hand):
            kept.state, kept.due_at = verdict
            kept.finished_at = now if kept.due_at is None else None
            kept.failures += not delivered
            note(kept, tried, now)
        kept.save()
    return delivered
