"""Taking the second step away from somebody who has lost what it needs: by who may set their password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from meet.accounts.audit import accounts_with, actor_of, note
from meet.accounts.models import AuditEvent
from meet.accounts.people import may_set_password
from meet.accounts.second_factor.changes import do_reset

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


class ResetsSecondStep:
    """For a `ModelAdmin` of people; `second_step_user` finds whose page it is."""

    def second_step_user(self, obj: Any) -> User:
        """The user whom an object of this admin is about."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        site, opts = self.admin_site, self.opts  # type: ignore[attr-defined]
        page: Any = site.admin_view(self.reset_second_step)
        page.model_admin = self  # as Django does with its own
        name = f"{opts.app_label}_{opts.model_name}_second_step"
        return [path("<path:object_id>/second-step/", page, name=name), *urls]

    def reset_second_step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether it is meant, then do it."""
        model_admin: Any = self
        obj = model_admin.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not model_admin.has_change_permission(request, obj):
            raise PermissionDenied
        user, opts = self.second_step_user(obj), model_admin.opts
        address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(obj.pk,))
        if not may_set_password(request.user, user):
            text = "This person is also a member of other accounts, or runs the installation: its operator can help."
            model_admin.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(address)
        if request.method == "POST":
            if do_reset(user):
                what = f"of {user}: reset"
                note(AuditEvent.Action.SECOND_FACTOR, actor_of(request), what, timezone.now(), accounts_with(user))
            model_admin.message_user(request, f"{user} logs in without a second step now.", messages.SUCCESS)
            return HttpResponseRedirect(address)
        context = {
            **model_admin.admin_site.each_context(request),
            "title": "Remove the second step",
            "original": user,
            "opts": opts,
            "back": address,
        }
        return TemplateResponse(request, "admin/second_step/reset.html", context)
