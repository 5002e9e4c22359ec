"""The test's database for other processes."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections, transaction
from django.db.utils import ConnectionHandler

from meet.conf.database import database_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# What migrations write, and what is made anew after each.
WRITTEN_BY_MIGRATIONS: Final = frozenset({"django_migrations", "django_content_type", "auth_permission"})
RESET_SEQUENCES: Final = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL AND sequencename !~ '^(django_|auth_permission)'
"""


def environment_of_database(data: Path) -> dict[str, str]:
    """Settings with which a process whose data folder is `data` uses the same database as the test."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        (data / "meet.sqlite3").symlink_to(Path(options["NAME"]))
        return {"MEET_DATABASE_URL": ""}
    return {
        "MEET_DATABASE_URL": f"postgresql://{options['USER']}@{options['HOST']}:{options['PORT']}/{options['NAME']}"
    }


def empty_tables(*, ids_again: bool = False) -> None:
    """Leave nothing of a test in the default database, in a tenth of the time that Django's `flush` takes.

    That makes content types and permissions anew, too, and on PostgreSQL truncates each table. Rows of the next test
    have other ids, as a node that runs meanwhile counts by account; `ids_again` begins with 1 on PostgreSQL.
    """
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - WRITTEN_BY_MIGRATIONS)
    deletions = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]  # noqa: S608 - our own tables
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")  # foreign keys wait for the last table
            cursor.execute("; ".join(deletions))
            cursor.execute("SET session_replication_role = DEFAULT")
            if ids_again:
                cursor.execute(RESET_SEQUENCES)
        else:
            with connection.constraint_checks_disabled(), transaction.atomic():
                for deletion in deletions:
                    cursor.execute(deletion)
    ContentType.objects.clear_cache()  # another database has other ids


@contextmanager
def default_database(url: str) -> Iterator[None]:
    """A PostgreSQL is the default database meanwhile, in all threads."""
    before, settings_before = connections["default"], connections.settings["default"]
    handler = ConnectionHandler({"default": database_settings(url, Path())})
    connections.settings["default"] = handler.settings["default"]
    connections["default"] = handler["default"]
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = settings_before
        connections["default"] = before
