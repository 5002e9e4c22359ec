"""How an endpoint is doing, and what its account's admins get to know about that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from meet.accounts.incidents import report
from meet.accounts.models import Account, Incident
from rooms.webhooks.models import Endpoint, State
from rooms.webhooks.schedule import GONE

if TYPE_CHECKING:
    import datetime as dt

    from rooms.webhooks.models import Delivery
    from rooms.webhooks.posting import Tried

INCIDENT: Final = Incident.Kind.WEBHOOK
# About ten minutes after the first attempt: admins should know long before anything is given up.
FAILURES_TO_TELL: Final = 5


def note(delivery: Delivery, tried: Tried, now: dt.datetime) -> None:
    """After an attempt, whose outcome is in the delivery already. To be called within its transaction."""
    same = Endpoint.objects.filter(pk=delivery.endpoint_id)
    if delivery.state == State.DELIVERED:
        same.filter(failing_since__isnull=False).update(failing_since=None)
        return
    same.filter(failing_since__isnull=True).update(failing_since=now)
    message = ""
    if tried.status == GONE:
        same.update(active=False)
        message = "{} has been turned off: it answered with 410, which says that it is gone."
    elif delivery.state == State.GIVEN_UP:
        message = f"Events for {{}} were given up after a day: {tried.problem}"
    elif delivery.failures == FAILURES_TO_TELL:
        message = f"Events for {{}} can't be delivered, and are tried for a day: {tried.problem}"
    endpoint = same.only("account", "url", "from_link").first() if message else None
    if endpoint is not None:
        report(Account(pk=endpoint.account_id), INCIDENT, message.format(_shown(endpoint)), now)


def _shown(endpoint: Endpoint) -> str:
    """Links name as many addresses as somebody likes, so they are not named; a query may hold a key."""
    if endpoint.from_link:
        return "an address that a link names (apiEvent)"
    parts = urlsplit(endpoint.url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
