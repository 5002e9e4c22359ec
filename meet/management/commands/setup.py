"""`manage.py setup`: the database's tables, and the first administrator."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from meet.private_files import write_private
from meet.run.migrating import migrate, one_at_a_time

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

# Nobody who guesses passwords knows the name.
NAME_OCTETS: Final = 3
ADMINISTRATOR_FILE: Final = "first_administrator"
# Earlier versions had their tasks in files here; all that matters of them is in the database.
OLD_QUEUE: Final = "queue"


class Command(BaseCommand):
    help = "Create or update the database's tables, and make the first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="The first administrator's username; one that nobody guesses by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with one_at_a_time():
                self._set_up(options.get("name"))
        except DatabaseError as error:
            message = f"The database can't be used: {str(error).strip()}. Check MEET_DATABASE_URL."
            raise CommandError(message) from error

    def _set_up(self, name: str | None) -> None:
        migrate()
        shutil.rmtree(settings.DATA_DIR / OLD_QUEUE, ignore_errors=True)
        users = User.objects
        if users.filter(is_superuser=True).exists():
            return
        name = name or f"admin-{secrets.token_hex(NAME_OCTETS)}"
        password = secrets.token_urlsafe(12)
        try:
            User(username=name, password=password).full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        users.create_superuser(name, password=password)
        self._tell(name, password)

    def _tell(self, name: str, password: str) -> None:
        """On a terminal somebody reads it. Everything else, a service's journal for example, keeps what it gets."""
        if self.stdout.isatty():
            self.stdout.write(
                f"First administrator: name {name}, password {password}\n"
                f"Write both down: they are shown this once. `manage.py changepassword {name}` sets another password."
            )
            return
        path = settings.DATA_DIR / ADMINISTRATOR_FILE
        write_private(path, f"name {name}\npassword {password}\n")
        self.stdout.write(
            f"First administrator: name and password are in {path}, which only its owner can read.\n"
            f"Delete it when you have logged in. `manage.py changepassword {name}` sets another password."
        )
