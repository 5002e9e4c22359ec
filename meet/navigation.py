"""The admin's navigation: what each visitor can open, and how much of it waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from meet.accounts.admin.incidents import unseen

if TYPE_CHECKING:
    from django.http import HttpRequest

# Title, Material symbol, model.
GROUPS: Final = (
    (
        _("Accounts"),
        (
            (_("Accounts"), "apartment", "accounts.account"),
            (_("People"), "group", "accounts.membership"),
            (_("Signing keys"), "key", "accounts.signingkey"),
            (_("API tokens"), "token", "accounts.apitoken"),
            (_("Incidents"), "warning", "accounts.incident"),
        ),
    ),
    (_("Meetings"), ((_("Sessions"), "history", "stats.session"),)),
    (
        _("Operation"),
        (
            (_("Nodes"), "dns", "rooms.node"),
            (_("Rooms on nodes"), "meeting_room", "rooms.placement"),
            (_("Users"), "person", "auth.user"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups as django-unfold takes them, without what the visitor may not see."""
    pages = {page.opts.label_lower: page for page in admin.site._registry.values()}  # noqa: SLF001 - no public way
    groups = []
    for title, entries in GROUPS:
        items = [
            _item(request, name, icon, model)
            for name, icon, model in entries
            if pages[model].has_module_permission(request)
        ]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(request: HttpRequest, title: Any, icon: str, model: str) -> dict[str, Any]:
    item = {"title": title, "icon": icon, "link": reverse(f"admin:{model.replace('.', '_')}_changelist")}
    waiting = unseen(request) if model == "accounts.incident" else 0
    return item | ({"badge": str(waiting)} if waiting else {})
