"""`manage.py rotate_key`: a new key for an account's tokens, and an end for the old ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import CommandError
from django.utils import timezone

from meet.accounts.rotation import do_rotate_keys
from meet.management.accounts import AccountCommand, account_named, add_key_arguments, key_text, told

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

MAX_GRACE_HOURS: Final = 24 * 365


class Command(AccountCommand):
    help = "Add a key to an account and let its other keys retire."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_key_arguments(parser)
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--grace", type=int, default=24, help="Hours that the old keys still count; 24 by default.")
        when.add_argument("--now", action="store_true", help="The old keys count no more: after a leak, for example.")

    def do(self, **options: Any) -> None:
        if not 0 <= options["grace"] <= MAX_GRACE_HOURS:
            raise CommandError(f"--grace must be a number of hours from 0 to {MAX_GRACE_HOURS}.")
        account, text = account_named(options["account"]), key_text(options)
        now, grace = timezone.now(), timedelta(hours=0 if options["now"] else options["grace"])
        key, others = do_rotate_keys(account, text, kid=options["kid"], now=now, grace=grace)
        told(account, f"signing key {key}; all others retire")
        self.stdout.write(f"The {key.algorithm} key {key.kid} of {account.name} counts from now on.")
        if options["generate"]:
            self.stdout.write(f"Secret: {text}\nIt is shown this once.")
        for other in others:
            ends = f"counts until {now + grace:%Y-%m-%d %H:%M} UTC" if grace else "counts no more"
            self.stdout.write(f"The {other.algorithm} key {other.kid} {ends}.")
        if grace and others:
            self.stdout.write("Sign with the new key before then; links that were signed with an old one end with it.")
