"""Which Django applications a process has. Those without pages leave out what only pages need: half of their memory.

Models are the same everywhere: what is left out has none, and the admin's own is there without its pages.
"""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

WITH_PAGES: Final = (
    "daphne",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # for `FORM_RENDERER`
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "meet",
    "meet.accounts",
    "meet.api",
    "rooms",
    "rooms.webhooks",
    "recording",
    "stats",
)
OF_PAGES: Final = frozenset(
    {
        "daphne",
        "unfold",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "django.forms",
        "channels",
        "rest_framework",
        "drf_spectacular",
        "drf_spectacular_sidecar",
        "django_vite",
    }
)
# Its table of what was done in the admin is pruned and exported; nothing looks for pages of models.
ADMIN: Final = "django.contrib.admin"
ADMIN_WITHOUT_PAGES: Final = "django.contrib.admin.apps.SimpleAdminConfig"
ROLES_WITHOUT_PAGES: Final = frozenset({"node", "worker", "composer", "serve"})
# What is checked before these start; the others' checks read all pages.
CHECKS_WITHOUT_PAGES: Final = ("settings", "security")


def applications(command_line: Sequence[str]) -> list[str]:
    """`INSTALLED_APPS` of a process that was started with these words."""
    program, role, *_ = *command_line, "", ""
    if PurePath(program).name != "manage.py" or role not in ROLES_WITHOUT_PAGES:
        return list(WITH_PAGES)
    return [ADMIN_WITHOUT_PAGES if name == ADMIN else name for name in WITH_PAGES if name not in OF_PAGES]


def leave_out_postgresql() -> None:
    """Have libraries that know fields of PostgreSQL find no driver for it, which would take 9 MB of web.

    For a process on SQLite. They ask for it as for an extra that may not be installed.
    """
    sys.modules.setdefault("psycopg", cast("ModuleType", None))
