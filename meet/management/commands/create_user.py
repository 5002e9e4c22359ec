"""`manage.py create_user`: somebody who may log in to the admin, with a role in an account."""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User

from meet.accounts.models import Role
from meet.accounts.people import check_person, do_add_person
from meet.management.accounts import AccountCommand, account_named, told

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(AccountCommand):
    help = "Give somebody a role in an account. Who is no user yet gets a password, which is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, default=Role.OWNER)
        parser.add_argument("--email", default="")
        parser.add_argument("--ask-password", action="store_true", help="Type a password instead of getting one.")

    def do(self, **options: Any) -> None:
        account, role = account_named(options["account"]), Role(options["role"])
        user = User.objects.filter(username=options["username"]).first()
        password = ""
        if user is None:
            password = _asked() if options["ask_password"] else secrets.token_urlsafe(12)
            user = check_person(options["username"], password, options["email"])
        do_add_person(account, user, role)
        told(account, f"person {user}: {role.label}")
        self.stdout.write(f"{user.username} is {role.label} in {account.name}.")
        if password and not options["ask_password"]:
            self.stdout.write(f"Password: {password}\nIt is shown this once; it can be changed after logging in.")


def _asked() -> str:
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
