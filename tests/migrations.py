"""What a migration must not do to tables that are large and in use, or to a last release that still runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.utils import ConnectionHandler

from meet.conf.database import database_settings
from meet.online_migrations import AddIndexConcurrently, RunInBatches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.migrations.state import ProjectState

# The last migration of each app that is in the first release; the rules are for those that come after it.
BASELINE: Final = {
    "accounts": "0014_interpretation",
    "api": "0001_api",
    "recording": "0007_one_lease",
    "rooms": "0007_node_leases",
    "stats": "0005_session_language",
    "webhooks": "0004_one_lease",
}
# From here on each is run on a million rows.
MEASURED_AFTER: Final = {
    "accounts": "0012_links_for_new_passwords",
    "api": "0001_api",
    "recording": "0006_links_to_videos",
    "rooms": "0005_placement_joined",
    "stats": "0004_samples",
    "webhooks": "0003_troubled_deliveries",
}
# Tables with a row for each time that somebody comes, says or does something.
LARGE: Final = frozenset(
    {
        "accounts.auditevent",
        "accounts.tokenuse",
        "recording.video",
        "recording.videoperson",
        "rooms.placement",
        "stats.sample",
        "stats.session",
        "webhooks.attempt",
        "webhooks.delivery",
    }
)
_VARCHAR: Final = re.compile(r"varchar\((\d+)\)")
_TAKES_AWAY: Final = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
_POSTGRESQL: Final = ConnectionHandler({"default": database_settings("postgresql://nobody/nothing", Path())})["default"]


def migrations_after(last: Mapping[str, str]) -> list[migrations.Migration]:
    """Those that come after the last one of each app, in an order in which they can be run."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    plan = [key for leaf in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(leaf)]
    new = [key for key in dict.fromkeys(plan) if key[0] in last and key[1] > last[key[0]]]
    return [loader.graph.nodes[key] for key in new]


def up_to(last: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a database is migrated to that has none of those."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    others = [key for key in loader.graph.leaf_nodes() if key[0] not in last]
    return [
        max(key for key in loader.disk_migrations if key[0] == app and key[1] <= name) for app, name in last.items()
    ] + others


def state_before(migration: migrations.Migration) -> ProjectState:
    """The models as it finds them."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return loader.project_state((migration.app_label, migration.name), at_end=False)


def problems_of(migration: migrations.Migration, state: ProjectState) -> Iterator[str]:
    """What is wrong with a migration, in sentences that say what to do. `state` is changed to what comes after it."""
    made: set[str] = set()
    for operation in migration.operations:
        where = f"{migration.app_label}.{migration.name}: {operation.describe()}"
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name_lower)
        elif getattr(operation, "model_name_lower", "") not in made:
            for problem in _problems(operation, migration, state):
                yield f"{where}. {problem}"
        if (vars(type(operation)) | vars(operation)).get("atomic") is False and getattr(migration, "atomic", True):
            yield f"{where}. The migration needs atomic = False."
        operation.state_forwards(migration.app_label, state)


def _problems(operation: Any, migration: migrations.Migration, state: ProjectState) -> Iterator[str]:
    large = f"{migration.app_label}.{getattr(operation, 'model_name_lower', '')}" in LARGE
    if isinstance(operation, migrations.AddIndex):
        if large and not isinstance(operation, AddIndexConcurrently):
            yield "Nobody could write meanwhile: use meet.online_migrations.AddIndexConcurrently."
    elif isinstance(operation, migrations.AddConstraint):
        if large:
            yield "All rows are read while nobody can write: add it as an index, or as NOT VALID and validate it later."
    elif isinstance(operation, migrations.AddField):
        yield from _of_new_field(operation.field, large=large)
    elif isinstance(operation, migrations.AlterField):
        before = state.models[migration.app_label, operation.model_name_lower].fields[operation.name]
        yield from _of_altered_field(before, operation.field, large=large)
    elif isinstance(operation, migrations.RunPython | migrations.RunSQL) and not isinstance(operation, RunInBatches):
        yield "All rows at once could be locked: use meet.online_migrations.RunInBatches."
    elif isinstance(operation, _TAKES_AWAY) and not getattr(migration, "unused_since", ""):
        yield "The last release may use it: take it out of the code first, and say in which (unused_since = …)."


def _of_new_field(field: Any, *, large: bool) -> Iterator[str]:
    if field.many_to_many:
        return
    if not field.null and not field.has_db_default() and not field.generated:
        yield "The last release writes rows without it: give it a db_default, or null."
    if field.generated and large:
        yield "All rows are written anew while nobody can read: fill a column in batches."
    if large and (field.unique or field.db_index):
        yield "Nobody could write while its index is built: add that by AddIndexConcurrently."


def _of_altered_field(before: Any, after: Any, *, large: bool) -> Iterator[str]:
    if not large or after.many_to_many:
        return
    if not _is_wider(before.db_type(_POSTGRESQL) or "", after.db_type(_POSTGRESQL) or ""):
        yield "All rows are written anew while nobody can read: add another column and fill it in batches."
    if before.null and not after.null:
        yield "All rows are read while nobody can read or write: check it in the code."
    if (after.unique or after.db_index) and not (before.unique or before.db_index):
        yield "Nobody could write while its index is built: add that by AddIndexConcurrently."


def _is_wider(before: str, after: str) -> bool:
    """Whether PostgreSQL changes one type to another without touching rows."""
    if before == after or (before.startswith("varchar") and after == "text"):
        return True
    old, new = _VARCHAR.fullmatch(before), _VARCHAR.fullmatch(after)
    return bool(old and new and int(old[1]) <= int(new[1]))
