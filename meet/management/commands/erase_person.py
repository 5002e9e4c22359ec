"""`manage.py erase_person ACCOUNT ID`: what is kept of a participant goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from meet.accounts.audit import COMMAND_LINE
from meet.accounts.personal import Person
from meet.errors import AppError
from meet.management.accounts import AccountCommand, account_named
from meet.privacy.persons import REMAINS, erase, look_up

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Erase what is kept of a participant: sessions, samples, names in videos, original tracks, webhooks' events."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", help="The participant's id, as sessions have it; not a name.")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what there is.")

    def do(self, **options: Any) -> None:
        person = Person(account_named(options["account"]), options["id"])
        try:
            now = timezone.now()
            holdings = look_up(person) if options["dry_run"] else erase(person, COMMAND_LINE, now)
        except AppError as error:
            raise CommandError(f"{error.message} {error.hint}".strip()) from error
        self.stdout.write(f"{'This would be erased' if options['dry_run'] else 'Erased'}: {holdings}.")
        if holdings.unfinished:
            self.stdout.write(
                f"{holdings.unfinished} recordings of their rooms are not videos yet, and will name them. Erase once "
                "more when they are."
            )
        self.stdout.write("What stays:")
        for line in REMAINS:
            self.stdout.write(f"- {line}")
