"""A new password for who has forgotten theirs, by e-mail: where the operator has set that up (`MEET_EMAIL_URL`)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from meet.accounts.audit import Actor, accounts_with, note
from meet.accounts.hosts import host_name, is_operators
from meet.accounts.models import AuditEvent
from meet.accounts.resets import do_ask
from meet.api.rate_limit import Limit, take
from meet.client_address import client_address
from meet.errors import TooManyRequests
from meet.views.errors import error_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

# Each is an e-mail to somebody who may not have asked for it.
RESETS: Final = Limit(5, 3600)


class _Reset:
    """What both pages have in common: they are there only where e-mail is set up, and look like the login."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve one request."""
        if not settings.CONFIG.email_url:
            raise Http404
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**admin.site.each_context(self.request), **context}  # type: ignore[attr-defined]

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # type: ignore[misc]
        for field in form.fields.values():
            field.widget.attrs["class"] = " ".join(INPUT_CLASSES)
        return form


class AskView(_Reset, PasswordResetView):
    """The e-mail address is asked for. The answer is the same whether somebody has it or not."""

    form_class = PasswordResetForm
    template_name = "admin/reset/form.html"
    title = gettext_lazy("Forgotten your password?")
    extra_context = {"button": gettext_lazy("Send a link")}  # noqa: RUF012 - Django's

    def form_valid(self, form: Any) -> HttpResponse:
        """Have the link sent, unless too many have been asked for."""
        email = form.cleaned_data["email"]
        name = hashlib.sha256(email.lower().encode()).hexdigest()
        now = timezone.now()
        for key in (f"reset-from:{client_address(self.request)}", f"reset:{name}"):
            wait_s = take(key, RESETS, now)
            if wait_s:
                error = TooManyRequests(_("Too many links for a new password have been asked for."), wait_s)
                response = error_page(self.request, error)
                response.headers["Retry-After"] = str(wait_s)
                return response
        do_ask(email, _host_of_links(self.request), now, secure=self.request.is_secure())
        return HttpResponseRedirect(f"{self.request.path}?sent")

    def get_template_names(self) -> list[str]:
        return ["admin/reset/sent.html" if "sent" in self.request.GET else self.template_name]


def _host_of_links(request: HttpRequest) -> str:
    """Where the link leads: a host that the operator lists.

    An account's own domains are its people's to choose, and may lead anywhere, while the link opens all that its
    receiver has, in other accounts as well. So does a port that the request names. In development, without a list, it
    is the request's host.
    """
    if not settings.CONFIG.allowed_hosts:
        return request.get_host()
    name = host_name(request.get_host())
    return name if is_operators(name) else settings.CONFIG.hosts[0].lstrip(".")


class ConfirmView(_Reset, PasswordResetConfirmView):
    """The new password is asked for, once, by who has the link."""

    template_name = "admin/reset/form.html"
    success_url = reverse_lazy("admin:login")
    title = gettext_lazy("New password")
    extra_context = {"button": gettext_lazy("Keep the new password"), "confirm": True}  # noqa: RUF012 - Django's

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it. All that are logged in with the old one are out."""
        response = super().form_valid(form)
        user = form.user
        actor = Actor(user.get_username(), client_address(self.request))
        note(AuditEvent.Action.PASSWORD, actor, "their own, by e-mail", timezone.now(), accounts_with(user))
        return response
