"""The admin's page of what is kept for how long, and what the next run deletes; owners and admins change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from meet.accounts.audit import actor_of
from meet.accounts.scope import ADMINS, accounts_of, is_operator
from meet.privacy.retention import (
    MAX_DAYS,
    OWN,
    TRACKS,
    UNDO_DAYS,
    do_keep,
    losses,
    own_days,
    put_away,
    rows_of,
    rows_of_all,
)
from rooms.live.access import account_or_404

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

    from meet.accounts.models import Account

# What an account's page is asked for by, in a query or a form.
MAX_ID_DIGITS = 18


class NotUnderstoodError(ValueError):
    """A number of days that is none."""


@admin.site.admin_view
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """One account's, or, for the operator, the whole installation's. By POST the account's times are changed."""
    accounts = list(accounts_of(request.user, ADMINS).order_by("name"))
    if not accounts and not is_operator(request.user):
        raise PermissionDenied
    account = _chosen(request, accounts)
    if request.method == "POST":
        if account is None:
            raise Http404
        return _change(request, account, accounts)
    return _shown(request, account, accounts)


def _shown(
    request: HttpRequest, account: Account | None, accounts: list[Account], typed: QueryDict | None = None
) -> HttpResponse:
    now = timezone.now()
    rows = rows_of_all(now) if account is None else rows_of(account, now)
    values = {row.kind.field: row.own for row in rows} | (dict(typed.items()) if typed is not None else {})
    context = {
        **admin.site.each_context(request),
        "title": "Retention",
        "account": account,
        "accounts": accounts,
        "operator": is_operator(request.user),
        "rows": [(row, values.get(row.kind.field)) for row in rows],
        "put_away": put_away(account),
        "undo_days": UNDO_DAYS,
        "max_days": MAX_DAYS,
    }
    return render(request, "admin/retention.html", context)


def _change(request: HttpRequest, account: Account, accounts: list[Account]) -> HttpResponse:
    now = timezone.now()
    try:
        wanted = _read(request.POST)
    except NotUnderstoodError as error:
        messages.error(request, str(error))
        return _shown(request, account, accounts, request.POST)
    lost = losses(account, wanted, now)
    if lost and request.POST.get("confirmed") != "yes":
        context = {
            **admin.site.each_context(request),
            "title": "Retention",
            "account": account,
            "losses": lost,
            "wanted": {field: "" if days is None else days for field, days in wanted.items()},
        }
        return render(request, "admin/retention_confirm.html", context)
    own = own_days(account)
    if do_keep(account, wanted, actor_of(request), now):
        shorter = " What is older goes within an hour; until then you can set it back." if lost else ""
        messages.success(request, f"Saved.{shorter}")
    elif own == wanted:
        messages.info(request, "Nothing was changed: it is kept so already.")
    return HttpResponseRedirect(f"{reverse('retention')}?account={account.pk}")


def _read(form: QueryDict) -> dict[str, int | None]:
    """What is wanted of each kind. Raises `NotUnderstoodError`: a number that can't be read changes nothing."""
    wanted: dict[str, int | None] = {}
    for field, kind in OWN.items():
        text = form.get(field, "").strip()
        least = 0 if field == TRACKS else 1
        if not text and field != TRACKS:
            wanted[field] = None
            continue
        if not (text.isascii() and text.isdigit() and len(text) < MAX_ID_DIGITS and least <= int(text) <= MAX_DAYS):
            empty = "" if field == TRACKS else ", or leave it empty for the installation's"
            raise NotUnderstoodError(
                f"Nothing was saved. {kind.name}: enter a number of days from {least} to {MAX_DAYS}{empty}."
            )
        wanted[field] = int(text)
    return wanted


def _chosen(request: HttpRequest, accounts: list[Account]) -> Account | None:
    """Whose page it is; None for the whole installation. Raises `Http404` for another one's account."""
    asked = request.POST.get("account") or request.GET.get("account", "")
    if asked.isascii() and asked.isdigit() and len(asked) < MAX_ID_DIGITS:
        return account_or_404(request, int(asked))
    if asked:
        raise Http404
    return None if is_operator(request.user) else accounts[0]
