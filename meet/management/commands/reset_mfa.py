"""`manage.py reset_mfa`: takes the second step of the login from somebody who has lost what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from meet.accounts.audit import COMMAND_LINE, accounts_with, note
from meet.accounts.models import AuditEvent
from meet.accounts.second_factor.changes import do_reset

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = "Take the second step of the login (codes, passkeys, recovery codes) from somebody who has lost it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset it, and keep in the audit trail that it was."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']!r}.")
        if not do_reset(user):
            self.stdout.write(f"{user} has no second step.")
            return
        note(AuditEvent.Action.SECOND_FACTOR, COMMAND_LINE, f"of {user}: reset", timezone.now(), accounts_with(user))
        self.stdout.write(f"{user} logs in without a second step now, or sets up a new one where it is required.")
