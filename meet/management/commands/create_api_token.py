"""`manage.py create_api_token`: a permanent token for the Server API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from meet.accounts.api_tokens import equip, text_of
from meet.accounts.models import ApiToken, Role
from meet.management.accounts import AccountCommand, account_named, told

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Make a permanent token for an account's programs, and show it once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="What it is for.")
        parser.add_argument("--role", choices=Role.values, default=Role.ADMIN)
        parser.add_argument("--days", type=int, help="How long it counts; for ever by default.")

    def do(self, **options: Any) -> None:
        days = options["days"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--days must be a number from 1 to 36500.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        token = ApiToken(
            account=account_named(options["account"]), name=options["name"], role=options["role"], expires_at=expires_at
        )
        equip(token)
        token.full_clean()
        token.save()
        told(token.account, f"API token {token}")
        self.stdout.write(f"{text_of(token)}\nIt is shown this once.")
