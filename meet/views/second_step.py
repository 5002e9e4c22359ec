"""The login's second step: a code of an app, a recovery code or a passkey, after the password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget

from meet.accounts.audit import Actor, accounts_with, note
from meet.accounts.models import AuditEvent
from meet.accounts.second_factor.codes import do_use_code, do_use_recovery_code, is_app_code
from meet.accounts.second_factor.errors import FactorRefusedError
from meet.accounts.second_factor.passkeys import do_log_in, site_of, to_log_in
from meet.accounts.second_factor.policy import factor_of
from meet.accounts.second_factor.sessions import do_make_whole, half_user
from meet.api.throttling import count_second_step
from meet.client_address import client_address
from meet.errors import TooManyRequests

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse

    from meet.accounts.models import SecondFactor

Action = AuditEvent.Action
WHERE: Final = "the admin, second step"
# A recovery code with its hyphens has 19 characters.
MAX_CODE: Final = 40


class CodeForm(forms.Form):
    """A code as people type it. Phones offer digits, and codes that they know."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=MAX_CODE,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false", "autofocus": True}
        ),
    )


def to_second_step(request: HttpRequest, after: str) -> HttpResponse:
    """Ask for the second step; then lead to an address of ours."""
    return HttpResponseRedirect(f"{reverse('second-step')}?{urlencode({'next': ours(request, after)})}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """`/admin/login/second/`."""
    now, after = timezone.now(), ours(request, request.GET.get("next", ""))
    user = half_user(request, now)
    if user is None or "again" in request.POST:
        if user is not None:
            logout(request)
        return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': after})}")
    factor = factor_of(user)
    if factor is None:
        return HttpResponseRedirect(f"{reverse('own-second-step')}?{urlencode({'next': after})}")
    wait_s, problem = 0, ""
    if request.method == "POST":
        try:
            return _log_in(request, user, factor, now, after)
        except TooManyRequests as error:
            wait_s = error.retry_s
            problem = _("Too many codes have been tried. Wait %(wait)d seconds, then try again.") % {"wait": wait_s}
        except FactorRefusedError as error:
            problem = str(error)
            note(Action.LOGIN_FAILED, _actor(request, user), WHERE, now, accounts_with(user))
    return _page(request, factor, now, problem, wait_s)


def finish_login(request: HttpRequest, user: User, factor: SecondFactor, how: str, now: dt.datetime) -> None:
    """The login is whole from now on."""
    do_make_whole(request, factor)
    request.user = user
    note(Action.LOGIN, _actor(request, user), how, now, accounts_with(user))


def _log_in(request: HttpRequest, user: User, factor: SecondFactor, now: dt.datetime, after: str) -> HttpResponse:
    """Raises `FactorRefusedError`, `TooManyRequests`."""
    code, passkey = request.POST.get("code", "")[:MAX_CODE], request.POST.get("passkey", "")
    count_second_step(user.pk, now, guessable=not passkey and is_app_code(code))
    if passkey:
        how = f"the admin, with passkey {do_log_in(site_of(request), factor, request.session, passkey, now)}"
    elif is_app_code(code):
        do_use_code(factor, code, now)
        how = "the admin, with a code"
    else:
        how = f"the admin, with a recovery code: {do_use_recovery_code(factor, code)} are left"
    finish_login(request, user, factor, how, now)
    return HttpResponseRedirect(after)


def _page(request: HttpRequest, factor: SecondFactor, now: dt.datetime, problem: str, wait_s: int) -> HttpResponse:
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Second step"),
        "form": CodeForm(),
        "has_app": bool(factor.secret),
        "passkey": to_log_in(site_of(request), factor, request.session, now),
        "elsewhere": sorted(set(factor.passkeys.values_list("host", flat=True))),
        "problems": [problem] if problem else [],
    }
    status = TooManyRequests.status if wait_s else 200
    response = render(request, "admin/second_step/login.html", context, status=status)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


def _actor(request: HttpRequest, user: User) -> Actor:
    return Actor(user.get_username(), client_address(request))


def ours(request: HttpRequest, address: str) -> str:
    """An address of ours that somebody is led to; the admin for any other."""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours else reverse("admin:index")
