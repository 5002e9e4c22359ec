"""`manage.py add_domain`: a host name that leads to an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meet.accounts.models import Domain
from meet.management.accounts import AccountCommand, account_named, told

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Let a host name lead to an account."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("host", help="Such as video.example.org.")

    def do(self, **options: Any) -> None:
        domain = Domain(host=options["host"], account=account_named(options["account"]))
        domain.full_clean()
        domain.save()
        told(domain.account, f"domain {domain}")
        self.stdout.write(
            f"{domain.host} leads to {domain.account.name}. Let its DNS entry and your proxy lead to this server too."
        )
