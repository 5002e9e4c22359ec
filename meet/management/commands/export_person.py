"""`manage.py export_person ACCOUNT ID FILE`: what is kept of a participant, for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from meet.accounts.personal import Person
from meet.errors import AppError
from meet.management.accounts import AccountCommand, account_named
from meet.privacy.persons import export, look_up

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Write what is kept of a participant into a ZIP file, as JSON and CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", help="The participant's id, as sessions have it; not a name.")
        parser.add_argument("file", type=Path, help="A file that isn't there yet.")

    def do(self, **options: Any) -> None:
        person = Person(account_named(options["account"]), options["id"])
        path: Path = options["file"]
        try:
            look_up(person)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                holdings = export(person, file)
        except AppError as error:
            raise CommandError(f"{error.message} {error.hint}".strip()) from error
        except FileExistsError as error:
            raise CommandError(f"{path} is there already. Name a new file, or delete it first.") from error
        except OSError as error:
            raise CommandError(f"{path} can't be written ({error.strerror}).") from error
        self.stdout.write(f"{path}: {holdings}.")
