"""`manage.py setup`: the database's tables, and the first administrator."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

ADMIN_NAME: Final = "admin"


class Command(BaseCommand):
    help = "Create or update the database's tables, and make the first administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            message = f"The database can't be used: {str(error).strip()}. Check MEET_DATABASE_URL."
            raise CommandError(message) from error
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser(ADMIN_NAME, password=password)
        self.stdout.write(
            f"First administrator: name {ADMIN_NAME}, password {password}\n"
            "Write the password down: it is shown this once. `manage.py changepassword admin` sets another."
        )
