"""Operations for migrations of tables that are large and in use; such a migration has `atomic = False`.

On PostgreSQL an ordinary index is built while nobody can write, and rows that one transaction changes stay locked until
its end. SQLite's writers wait for one another anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import migrations, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState
    from django.db.models import Model

BATCH: Final = 1000


class AddIndexConcurrently(migrations.AddIndex):
    """An index that is built while others read and write. One that an interrupted try left invalid is built anew."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        name = schema_editor.quote_name(self.index.name)
        with schema_editor.connection.cursor() as cursor:
            # It waits for every transaction that is older, which keeps nobody from anything.
            cursor.execute("SHOW lock_timeout")
            (before,) = cursor.fetchone()
            cursor.execute("SET lock_timeout = 0")
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.add_index(model, self.index, concurrently=True)  # type: ignore[call-arg]
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])


class RunInBatches(migrations.RunPython):
    """Changes all rows of a model, some at a time in a transaction of their own; what was done stays done.

    `change` gets the models at this migration and a list of rows. After an interruption it gets rows once more.
    """

    def __init__(
        self,
        app_label: str,
        model_name: str,
        change: Callable[[Apps, Sequence[Any]], object],
        batch: int = BATCH,
    ) -> None:
        def run(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
            rows = apps.get_model(app_label, model_name)._base_manager.using(editor.connection.alias)  # noqa: SLF001
            after: Any = None
            while True:
                with transaction.atomic(using=editor.connection.alias):
                    following = rows.order_by("pk") if after is None else rows.order_by("pk").filter(pk__gt=after)
                    some: list[Model] = list(following.select_for_update()[:batch])
                    change(apps, some)
                if len(some) < batch:
                    return
                after = some[-1].pk

        super().__init__(run, migrations.RunPython.noop, atomic=False)
        self.change, self.batch = change, batch
        self.of = app_label, model_name
