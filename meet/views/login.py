"""The admin's login: how often a password may be tried, and who has come and gone. `second_step` has the other half.

What is tried counts together with logins at the Server API (`meet.api.throttling`), and is counted before a password is
looked at: that alone takes half a second of a processor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from meet.accounts.audit import Actor, accounts_with, actor_of, note
from meet.accounts.models import AuditEvent
from meet.accounts.scope import accounts_of
from meet.accounts.second_factor.sessions import half_user, is_whole
from meet.api.throttling import count_login
from meet.client_address import client_address
from meet.errors import TooManyRequests
from meet.session_keys import BEGAN, SECOND, SEEN
from meet.views.errors import error_page
from meet.views.second_step import to_second_step
from rooms.live.access import may_open

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Action = AuditEvent.Action
ADMIN = "the admin"


class LoginForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """`wait_s` is for how long nothing may be tried, in s; 0 where the password has been looked at."""

    wait_s = 0

    def clean(self) -> Any:
        """Look at the password, unless too many have been tried."""
        username = self.cleaned_data.get("username")
        if not (username and self.cleaned_data.get("password")):
            return self.cleaned_data
        try:
            count_login(username, self.request, timezone.now())
        except TooManyRequests as error:
            self.wait_s = error.retry_s
            raise ValidationError(
                _("Too many passwords have been tried. Wait %(wait)d seconds, then try again."),
                code="tooManyRequests",
                params={"wait": error.retry_s},
            ) from error
        try:
            return super().clean()
        except ValidationError:
            failed = User.objects.filter(username=username).first()
            actor = Actor(username, client_address(self.request))
            note(Action.LOGIN_FAILED, actor, ADMIN, timezone.now(), accounts_with(failed))
            raise


def first_page(request: HttpRequest) -> HttpResponse:
    """`/admin/`: the overview; for who may look at recordings and at nothing else, those."""
    user = request.user
    if user.is_authenticated and not may_open(request) and accounts_of(user).exists():
        return HttpResponseRedirect(reverse("recordings"))
    return admin.site.admin_view(admin.site.index)(request)


def login(request: HttpRequest) -> HttpResponse:
    """`/admin/login/`."""
    if request.method != "POST" and half_user(request, timezone.now()) is not None:
        return to_second_step(request, request.GET.get("next", ""))
    response: Any = admin.site.login(request, {"has_reset": bool(settings.CONFIG.email_url)})
    if request.method != "POST":
        return response  # type: ignore[no-any-return]
    user = _user(request)
    if response.status_code == 302 and user is not None:
        request.session.pop(SECOND, None)
        request.session[BEGAN] = request.session[SEEN] = int(timezone.now().timestamp())
        if not is_whole(request.session, user):
            return to_second_step(request, response.url)
        note(Action.LOGIN, actor_of(request), ADMIN, timezone.now(), accounts_with(user))
    wait_s = getattr((getattr(response, "context_data", None) or {}).get("form"), "wait_s", 0)
    if wait_s:
        response.status_code = TooManyRequests.status
        response.headers["Retry-After"] = str(wait_s)
    return response  # type: ignore[no-any-return]


def logout(request: HttpRequest) -> HttpResponse:
    """`/admin/logout/`, which takes POST only."""
    actor, accounts = actor_of(request), accounts_with(_user(request))
    response: HttpResponse = admin.site.admin_view(admin.site.logout)(request)
    if actor.name and not request.user.is_authenticated:
        note(Action.LOGOUT, actor, ADMIN, timezone.now(), accounts)
    return response


def password_change(request: HttpRequest) -> HttpResponse:
    """`/admin/password_change/`: the old password can be guessed there by who has found an open browser."""
    if request.method == "POST" and request.user.is_authenticated:
        try:
            count_login(request.user.get_username(), request, timezone.now())
        except TooManyRequests as error:
            response = error_page(request, error)
            response.headers["Retry-After"] = str(error.retry_s)
            return response
    response = admin.site.admin_view(admin.site.password_change, cacheable=True)(request)
    if request.method == "POST" and response.status_code == 302 and request.user.is_authenticated:
        note(Action.PASSWORD, actor_of(request), "their own", timezone.now(), accounts_with(_user(request)))
    return response


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
