"""The admin's first page: the overview of one of the visitor's accounts, asked for by `?account=…&days=…`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from meet.accounts.hosts import account_of
from meet.accounts.models import Incident
from meet.accounts.scope import ADMINS, accounts_of
from meet.run.failing import failing_in
from stats.models import Session
from stats.overview.days import PERIODS, DaySums, bounds, last_days, period
from stats.overview.page import Day, Figure, figures, now_in, plots, rows
from stats.overview.sums import SILENCE, first_day
from stats.overview.usage import usage

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meet.accounts.models import Account
    from meet.run.failing import Failing
    from stats.overview.page import Row
    from stats.overview.plots import Plot

# More are found through the list of accounts.
MAX_CHOICES: Final = 200
MAX_INCIDENTS: Final = 5


@dataclass(frozen=True)
class Step:
    """Something to do for people whose account is new."""

    title: str
    text: str
    link: str


@dataclass(frozen=True)
class Choice:
    """Another length of the period."""

    days: int
    link: str


@dataclass(frozen=True)
class Overview:
    """All that the templates show. Where there are `steps`, there is nothing else to show yet."""

    account: Account
    accounts: list[Account]
    period: int
    periods: list[Choice]
    figures: list[Figure]
    plots: list[Plot]
    rows: list[Row]
    incidents: list[Incident]
    incidents_link: str
    steps: list[Step]
    failing: list[Failing]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill in the context of the admin's index (unfold's DASHBOARD_CALLBACK)."""
    return context | {"title": "Overview", "overview": overview(request, timezone.now())}


def overview(request: HttpRequest, now: dt.datetime) -> Overview | None:
    """Of the account that is asked for, else the default one or the first by name; None for who may see none."""
    accounts = accounts_of(request.user, ADMINS)
    wanted = request.GET.get("account", "")
    if wanted:
        account = accounts.filter(pk=wanted).first() if wanted.isdecimal() and len(wanted) < 19 else None
        if account is None:
            raise Http404
    else:
        account = accounts.order_by("-is_default", "name").first()
        if account is None:
            return None
    length = period(request.GET.get("days", ""))
    incidents = Incident.objects.filter(account=account, seen=False)
    first = first_day(account)
    days, numbers = _days_and_figures(account, length, first, now) if first else ([], [])
    return Overview(
        account=account,
        accounts=_choices(list(accounts[:MAX_CHOICES]), account),
        period=length,
        periods=[Choice(count, "?" + urlencode({"account": account.pk, "days": count})) for count in PERIODS],
        figures=numbers,
        plots=plots(days) if days else [],
        rows=rows(days),
        incidents=list(incidents[:MAX_INCIDENTS]),
        incidents_link=_link("accounts_incident", account),
        steps=[] if days else first_steps(request, account),
        failing=failing_in(settings.DATA_DIR) if request.user.is_superuser else [],
    )


def first_steps(request: HttpRequest, account: Account) -> list[Step]:
    """From nothing to a meeting."""
    domain = account.domains.first()
    if account_of(request) == account:
        new = reverse("new")
    elif domain:
        new = f"{request.scheme}://{domain.host}{reverse('new')}"
    else:
        new = ""
    return [
        Step("Open a room", "A link is a room. Whoever opens it is in the call.", new)
        if new
        else Step(
            "Add a domain",
            "A host name that leads to this account, so that it can have rooms.",
            reverse("admin:accounts_account_change", args=[account.pk]),
        ),
        Step(
            "Create an API token",
            "Your server asks and commands with it, and mints the tokens of participants.",
            _add("accounts_apitoken", account),
        ),
        Step(
            "Add a signing key",
            "Participants' tokens are verified with it: who is a moderator, who may enter.",
            _add("accounts_signingkey", account),
        ),
    ]


def _days_and_figures(
    account: Account, length: int, first: dt.date, now: dt.datetime
) -> tuple[list[Day], list[Figure]]:
    # Who is in at this moment, as far as their nodes have told.
    sessions = Session.objects.filter(account=account, left_at=None, marked_at__gte=now - SILENCE)
    going = sessions.aggregate(people=Count("pk"), rooms=Count("room_id", distinct=True))
    dates = last_days(now.astimezone(dt.UTC).date(), length)
    *before, today = usage(account, dates, first, now)
    # Who has just come has no mark yet, and counts for no time.
    today = replace(today, peak=max(today.peak, going["people"]))
    days = [_day(account, day, sums) for day, sums in zip(dates, [*before, today], strict=True)]
    return days, [now_in(**going, link=reverse("live-rooms")), *figures(days)]


def _day(account: Account, day: dt.date, sums: DaySums) -> Day:
    sessions = _link("stats_session", account, **_during("joined_at", day))
    failures = ""
    if sums.lost:
        failures = _link("stats_session", account, interrupted__exact="1", **_during("joined_at", day))
    elif sums.failed_events:
        failures = _link("webhooks_delivery", account, "endpoint__", failures__gt="0", **_during("happened_at", day))
    return Day(day, sums, sessions, failures)


def _during(field: str, day: dt.date) -> dict[str, str]:
    """As the admin's own filters by dates."""
    start, end = bounds(day)
    return {f"{field}__gte": start.isoformat(" "), f"{field}__lt": end.isoformat(" ")}


def _choices(accounts: list[Account], chosen: Account) -> list[Account]:
    return accounts if chosen in accounts else [chosen, *accounts]


def _link(page: str, account: Account, path: str = "", **filters: str) -> str:
    """A list in the admin, of one account's things; `path` leads to what has the account."""
    query = urlencode({f"{path}account__id__exact": account.pk, **filters})
    return f"{reverse(f'admin:{page}_changelist')}?{query}"


def _add(page: str, account: Account) -> str:
    return f"{reverse(f'admin:{page}_add')}?{urlencode({'account': account.pk})}"
