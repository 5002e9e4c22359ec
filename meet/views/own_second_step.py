"""Where people set their second step up and change it: after a login that is young, or in one that lacks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from meet.accounts.audit import Actor, accounts_with, note
from meet.accounts.hosts import host_name
from meet.accounts.models import AuditEvent, SecondFactor
from meet.accounts.second_factor.changes import (
    do_activate,
    do_confirm_app,
    do_drop_offer,
    do_offer_app,
    do_prepare,
    do_remove,
)
from meet.accounts.second_factor.codes import address_for_app, do_make_recovery_codes, picture_for_app
from meet.accounts.second_factor.errors import FactorRefusedError
from meet.accounts.second_factor.passkeys import do_register, site_of, to_register
from meet.accounts.second_factor.policy import factor_of, is_required
from meet.accounts.second_factor.sessions import half_user, is_fresh
from meet.api.throttling import count_second_step
from meet.client_address import client_address
from meet.errors import TooManyRequests
from meet.session_keys import SECOND
from meet.views.second_step import MAX_CODE, CodeForm, finish_login, ours

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest, HttpResponse

    from meet.accounts.models import Passkey

# What somebody may do in a login that lacks its second step, too; and what only in a whole one.
ADDITIONS: Final = frozenset({"offer", "drop", "confirm", "register"})
CHANGES: Final = frozenset({"recovery", "remove-app", "remove-passkey"})
PRIMARY_KEY: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Visit:
    """Who is here. `half` is a login that lacks the second step which it needs, `fresh` one that may change it."""

    request: HttpRequest
    user: User
    half: bool
    fresh: bool
    now: dt.datetime


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_second_step(request: HttpRequest) -> HttpResponse:
    """`/admin/second-step/`."""
    visit = _visit(request, timezone.now())
    if visit is None:
        here = urlencode({"next": request.path})
        return HttpResponseRedirect(f"{reverse('admin:login')}?{here}")
    problem = ""
    if request.method == "POST":
        try:
            return _do(visit, request.POST.get("action", ""))
        except FactorRefusedError as error:
            problem = str(error)
        except TooManyRequests as error:
            problem = f"Too many codes have been tried. Wait {error.retry_s} seconds, then try again."
    return _page(visit, problem)


def _visit(request: HttpRequest, now: dt.datetime) -> Visit | None:
    half = half_user(request, now)
    if half is not None:
        return Visit(request, half, half=True, fresh=True, now=now) if factor_of(half) is None else None
    user = request.user
    if not user.is_authenticated:
        return None
    known = User.objects.get(pk=user.pk)
    return Visit(request, known, half=False, fresh=is_fresh(request, now), now=now)


def _do(visit: Visit, action: str) -> HttpResponse:
    """Carry one change out. Raises `FactorRefusedError`, `TooManyRequests`."""
    request = visit.request
    if action in {"again", "leave"}:
        logout(request)
        return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': request.path})}")
    if not visit.fresh:
        return HttpResponseRedirect(request.get_full_path())
    factor = do_prepare(visit.user)
    if action in ADDITIONS:
        return _add(visit, factor, action)
    if visit.half or action not in CHANGES:
        raise BadRequest
    return _change(visit, factor, action)


def _add(visit: Visit, factor: SecondFactor, action: str) -> HttpResponse:
    """One of `ADDITIONS`."""
    post = visit.request.POST
    if action == "confirm":
        count_second_step(visit.user.pk, visit.now, guessable=True)
        codes = do_confirm_app(factor, post.get("code", "")[:MAX_CODE], visit.now)
        return _set_up(visit, factor, "codes of an app", codes)
    if action == "register":
        site, session = site_of(visit.request), visit.request.session
        passkey = do_register(site, factor, session, post.get("passkey", ""), post.get("name", ""), visit.now)
        return _set_up(visit, factor, f"passkey {passkey}", do_activate(factor))
    if action == "offer":
        do_offer_app(factor)
    else:
        do_drop_offer(factor)
    return HttpResponseRedirect(visit.request.get_full_path())


def _change(visit: Visit, factor: SecondFactor, action: str) -> HttpResponse:
    """One of `CHANGES`."""
    request = visit.request
    if action == "recovery":
        if not factor.active:
            raise FactorRefusedError("Set up an app or a passkey first: recovery codes are for who has lost those.")
        codes = do_make_recovery_codes(factor)
        _note(visit, "new recovery codes")
        return _shown_once(visit, codes)
    removed: Passkey | None = None
    if action == "remove-passkey":
        number = request.POST.get("number", "")
        found = factor.passkeys.filter(pk=int(number)) if PRIMARY_KEY.fullmatch(number) else factor.passkeys.none()
        removed = found.first()
    if removed is None and (action == "remove-passkey" or not factor.secret):
        raise FactorRefusedError("This has been removed before.")
    do_remove(factor, removed)
    if factor_of(visit.user) is None:  # logins elsewhere that were made with it end
        request.session.pop(SECOND, None)
    what = f"passkey {removed}" if removed is not None else "codes of an app"
    _note(visit, f"{what} removed")
    messages.success(request, f"Removed: {what}.")
    return HttpResponseRedirect(request.get_full_path())


def _set_up(visit: Visit, factor: SecondFactor, what: str, codes: list[str]) -> HttpResponse:
    """Something new counts. The login goes on, as one that has it."""
    _note(visit, what)
    if visit.half:
        finish_login(visit.request, visit.user, factor, f"the admin, with {what}", visit.now)
    else:
        visit.request.session[SECOND] = factor.handle
    if codes:
        return _shown_once(visit, codes)
    messages.success(visit.request, "It counts from your next login on.")
    return HttpResponseRedirect(visit.request.get_full_path())


def _shown_once(visit: Visit, codes: list[str]) -> HttpResponse:
    whole: dict[str, Any] = {
        **_frame(visit, half=False),
        "title": "Recovery codes",
        "codes": "\n".join(codes),
        "after": ours(visit.request, visit.request.GET.get("next", "")) if visit.half else visit.request.path,
    }
    return render(visit.request, "admin/second_step/recovery.html", whole)


def _page(visit: Visit, problem: str) -> HttpResponse:
    factor, request = do_prepare(visit.user) if visit.fresh else factor_of(visit.user), visit.request
    offer: dict[str, Any] = {}
    if factor is not None and factor.offered and visit.fresh:
        address = address_for_app(factor.offered, visit.user.get_username(), host_name(request.get_host()))
        groups = " ".join(factor.offered[at : at + 4] for at in range(0, len(factor.offered), 4))
        # Made here of modules and numbers only.
        offer = {"picture": mark_safe(picture_for_app(address)), "secret": groups, "form": CodeForm()}  # noqa: S308
    new_passkey, no_passkey = None, ""
    if factor is not None and visit.fresh:
        try:
            new_passkey = to_register(site_of(request), factor, request.session, visit.now)
        except FactorRefusedError as error:
            no_passkey = str(error)
    context = {
        **_frame(visit, half=visit.half),
        "title": "Second step",
        "visit": visit,
        "required": is_required(visit.user),
        "factor": factor if factor is not None and factor.active else None,
        "has_app": bool(factor and factor.secret),
        "passkeys": list(factor.passkeys.all()) if factor else [],
        "left": factor.recovery_codes.count() if factor else 0,
        "offer": offer,
        "new_passkey": new_passkey,
        "no_passkey": no_passkey,
        "problems": [problem] if problem else [],
    }
    return render(request, "admin/second_step/own.html", context)


def _frame(visit: Visit, *, half: bool) -> dict[str, Any]:
    layout = "unfold/layouts/unauthenticated.html" if half else "admin/base_site.html"
    return {**admin.site.each_context(visit.request), "layout": layout}


def _note(visit: Visit, what: str) -> None:
    actor = Actor(visit.user.get_username(), client_address(visit.request))
    note(AuditEvent.Action.SECOND_FACTOR, actor, f"their own: {what}", visit.now, accounts_with(visit.user))
