"""What the commands about accounts have in common: how an account is named, and mistakes said in one line."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from meet.accounts.audit import COMMAND_LINE, note
from meet.accounts.hosts import default_account
from meet.accounts.models import Account, AuditEvent

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class AccountCommand(BaseCommand):
    """A command whose first argument is an account's name, or one of its domains, or `default`."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="Its name, one of its domains, or default.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; what it refuses is one line."""
        try:
            self.do(**options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database can't be used: {' '.join(str(error).split())}. Run manage.py setup."
            ) from error

    def do(self, **options: Any) -> None:
        """The command itself."""
        raise NotImplementedError


def told(account: Account, what: str, action: AuditEvent.Action = AuditEvent.Action.ADDED) -> None:
    """Keep in the account's audit trail what a command has done."""
    note(action, COMMAND_LINE, what, timezone.now(), [account])


def account_named(text: str) -> Account:
    """Raises `CommandError`."""
    if text == "default":
        return default_account()
    account = Account.objects.filter(name=text).first() or Account.objects.filter(domains__host=text.lower()).first()
    if account is None:
        if "=" in text:
            raise CommandError(f"The account comes first, such as default, then {text!r} and what else there is.")
        raise CommandError(f"There is no account {text!r}. Make it: manage.py create_account {text!r}")
    return account


def add_key_arguments(parser: CommandParser) -> None:
    """Where a key comes from."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", help="A file with a public key in PEM, or with a secret; - for standard input.")
    source.add_argument("--generate", action="store_true", help="Make a secret for HS256, and show it once.")
    parser.add_argument("--kid", default="", help="What tokens' headers call it; made where it is not given.")


def key_text(options: dict[str, Any]) -> str:
    """The key that the arguments give. Raises `CommandError`."""
    return secrets.token_hex(32) if options["generate"] else read_text(options["file"])


def read_text(path: str) -> str:
    """A file's text; `-` is standard input. Raises `CommandError`."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CommandError(f"The file {path} can't be read: {reason}.") from error
