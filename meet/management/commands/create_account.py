"""`manage.py create_account`: a new account, perhaps with its first domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from meet.accounts.models import Account, Domain
from meet.management.accounts import AccountCommand, told

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Make an account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--domain", help="A host name that leads to it, such as video.example.org.")
        parser.add_argument("--jwt-required", action="store_true", help="Nobody enters its rooms without a token.")

    @transaction.atomic
    def do(self, **options: Any) -> None:
        account = Account(name=options["name"], jwt_required=options["jwt_required"])
        account.full_clean()
        account.save()
        told(account, f"account {account}")
        if options["domain"]:
            domain = Domain(host=options["domain"], account=account)
            domain.full_clean()
            domain.save()
        self.stdout.write(f"The account {account.name} is there. Next: manage.py create_user {account.name!r} NAME")
