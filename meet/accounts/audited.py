"""Pages of the admin whose changes go into the audit trail, beside Django's own history of each object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django.utils.translation import override

from meet.accounts.audit import actor_of, note
from meet.accounts.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from meet.accounts.models import Account

Action = AuditEvent.Action


class Audited:
    """For a `ModelAdmin`. Django calls these after an addition or a change, and before a deletion."""

    def audited_accounts(self, obj: Any) -> Iterable[Account]:
        """Whose people are told what was done with an object."""
        raise NotImplementedError

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, Action.ADDED, obj)
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if message:
            self._note(request, Action.CHANGED, obj, message)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        objects = list(queryset)
        for obj in objects:
            self._note(request, Action.DELETED, obj)
        return super().log_deletions(request, objects)  # type: ignore[misc]

    def _note(self, request: HttpRequest, action: Action, obj: Any, message: Any = "") -> None:
        with override("en"):
            kept = message if isinstance(message, str) else json.dumps(message)
            changes = LogEntry(change_message=kept).get_change_message()
            what = f"{obj._meta.verbose_name} {obj}"  # noqa: SLF001 - Django's name for a public thing
        # An account that goes takes its trail with it, so that it has gone is kept outside.
        accounts = () if action is Action.DELETED and not self._survives(obj) else self.audited_accounts(obj)
        note(action, actor_of(request), f"{what}. {changes}" if changes else what, timezone.now(), accounts)

    def _survives(self, obj: Any) -> bool:
        """Whether the accounts are still there when the object has gone."""
        return obj not in self.audited_accounts(obj)
