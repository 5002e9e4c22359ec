"""`manage.py add_key`: a key that verifies an account's tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meet.accounts.rotation import do_add_key
from meet.management.accounts import AccountCommand, account_named, add_key_arguments, key_text, told

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Add a key that verifies an account's tokens: a public key for RS256, a secret for HS256."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_key_arguments(parser)

    def do(self, **options: Any) -> None:
        account, text = account_named(options["account"]), key_text(options)
        key = do_add_key(account, text, kid=options["kid"])
        told(account, f"signing key {key}")
        self.stdout.write(f"Added the {key.algorithm} key {key.kid} to {account.name}.")
        if options["generate"]:
            self.stdout.write(f"Secret: {text}\nIt is shown this once.")
