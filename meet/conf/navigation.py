"""The admin's navigation: what each visitor can open, and how much of it waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.urls import reverse

from meet.accounts.admin.incidents import unseen
from meet.accounts.scope import accounts_of
from rooms.live.access import may_open

if TYPE_CHECKING:
    from django.http import HttpRequest

# Title, Material symbol, model or one of `PAGES`.
GROUPS: Final = (
    (
        "Meetings",
        (
            ("Overview", "monitoring", "admin:index"),
            ("Live rooms", "sensors", "live-rooms"),
            ("Sessions", "history", "stats.session"),
            ("Watch recordings", "play_circle", "recordings"),
            ("Videos", "movie", "recording.video"),
            ("Recordings", "radio_button_checked", "recording.recording"),
        ),
    ),
    (
        "Webhooks",
        (
            ("Endpoints", "webhook", "webhooks.endpoint"),
            ("Deliveries", "outbox", "webhooks.delivery"),
        ),
    ),
    (
        "Accounts",
        (
            ("Accounts", "apartment", "accounts.account"),
            ("People", "group", "accounts.membership"),
            ("Signing keys", "key", "accounts.signingkey"),
            ("API tokens", "token", "accounts.apitoken"),
            ("Incidents", "warning", "accounts.incident"),
            ("Audit trail", "policy", "accounts.auditevent"),
            ("Retention", "auto_delete", "retention"),
        ),
    ),
    (
        "Operation",
        (
            ("Nodes", "dns", "rooms.node"),
            ("Rooms on nodes", "meeting_room", "rooms.placement"),
            ("Users", "person", "auth.user"),
        ),
    ),
)


def _has_a_role(request: HttpRequest) -> bool:
    return accounts_of(request.user).exists()


# What is no model's page, by its address's name: who may open it.
PAGES: Final = {"admin:index": may_open, "live-rooms": may_open, "recordings": _has_a_role, "retention": may_open}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups as django-unfold takes them, without what the visitor may not see."""
    models = admin.site._registry.values()  # noqa: SLF001 - no public way
    allowed = {page.opts.label_lower: page.has_module_permission for page in models} | PAGES
    groups = []
    for title, entries in GROUPS:
        items = [_item(request, name, icon, target) for name, icon, target in entries if allowed[target](request)]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(request: HttpRequest, title: Any, icon: str, target: str) -> dict[str, Any]:
    name = target if target in PAGES else f"admin:{target.replace('.', '_')}_changelist"
    item = {"title": title, "icon": icon, "link": reverse(name)}
    waiting = unseen(request) if target == "accounts.incident" else 0
    return item | ({"badge": str(waiting)} if waiting else {})
