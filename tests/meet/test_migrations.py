"""Each new migration leaves large tables usable, and the last release working, while it runs and after."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.utils import timezone

from meet.online_migrations import AddIndexConcurrently, RunInBatches
from tests.meet.installations import another_database, installed, tables
from tests.migrations import BASELINE, LARGE, migrations_after, problems_of, state_before, up_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from pytest_django import DjangoDbBlocker


def test_no_migration_does_what_holds_others_up() -> None:
    found = [problem for new in migrations_after(BASELINE) for problem in problems_of(new, state_before(new))]
    assert not found, "\n".join(found)


def test_the_tables_that_grow_are_named() -> None:
    from django.apps import apps  # noqa: PLC0415

    assert {model._meta.label_lower for model in apps.get_models()} >= LARGE


def session_state() -> ProjectState:
    state = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("room_id", models.CharField(max_length=10)),
        ("node", models.CharField(max_length=10, null=True)),
    ]
    state.add_model(ModelState("stats", "Session", fields))
    return state


def migration(operations: list[Any], *, atomic: bool = True) -> migrations.Migration:
    body = {"operations": operations, "atomic": atomic}
    made: migrations.Migration = type("Migration", (migrations.Migration,), body)("9999_new", "stats")
    return made


INDEX = models.Index(fields=["room_id"], name="by_room")


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (migrations.AddIndex("session", INDEX), "AddIndexConcurrently"),
        (migrations.AddField("session", "new", models.IntegerField(default=0)), "db_default"),
        (migrations.AddField("session", "new", models.IntegerField(null=True, db_index=True)), "index is built"),
        (migrations.AlterField("session", "room_id", models.CharField(max_length=5)), "written anew"),
        (migrations.AlterField("session", "room_id", models.CharField(max_length=10, unique=True)), "index is built"),
        (migrations.AlterField("session", "node", models.CharField(max_length=10)), "All rows are read"),
        (migrations.RemoveField("session", "node"), "unused_since"),
        (migrations.RenameField("session", "node", "server"), "unused_since"),
        (migrations.DeleteModel("session"), "unused_since"),
        (migrations.RunPython(migrations.RunPython.noop), "RunInBatches"),
        (migrations.RunSQL("UPDATE stats_session SET node = ''"), "RunInBatches"),
        (
            migrations.AddConstraint("session", models.UniqueConstraint(fields=["room_id"], name="one")),
            "All rows are read",
        ),
        (AddIndexConcurrently("session", INDEX), "atomic = False"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, migrations.operations.base.Operation) else "",
)
def test_what_would_hold_others_up_is_told(operation: Any, told: str) -> None:
    assert any(told in problem for problem in problems_of(migration([operation]), session_state()))


def test_what_holds_nobody_up_is_let_through() -> None:
    operations = [
        AddIndexConcurrently("session", INDEX),
        migrations.AddField("session", "a", models.IntegerField(default=0, db_default=0)),
        migrations.AddField("session", "b", models.IntegerField(null=True)),
        migrations.AlterField("session", "room_id", models.CharField(max_length=20)),
        migrations.AlterField("session", "node", models.TextField(null=True)),
        RunInBatches("stats", "Session", lambda *_arguments: None),
        migrations.CreateModel("Another", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("another", models.Index(fields=["id"], name="of_another")),
    ]
    assert not list(problems_of(migration(operations, atomic=False), session_state()))


def test_only_what_runs_outside_of_a_transaction_needs_a_migration_without_one() -> None:
    column = migrations.AddField("session", "b", models.IntegerField(null=True))
    assert not list(problems_of(migration([column]), session_state()))
    (problem,) = problems_of(migration([AddIndexConcurrently("session", INDEX)]), session_state())
    assert "atomic = False" in problem


@pytest.fixture
def database(
    request: pytest.FixtureRequest, tmp_path: Path, settings: LazySettings, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """An empty PostgreSQL of one's own as `default`; its URL."""
    with (
        another_database(request.getfixturevalue("postgresql_url"), tmp_path.name) as url,
        installed(tmp_path / "data", url, settings),
        django_db_blocker.unblock(),
    ):
        yield url


def test_the_last_release_goes_on_with_the_new_tables(database: str) -> None:
    """Its models write, read and change a row of each on the schema of this version."""
    assert database
    executor = MigrationExecutor(connection)
    executor.migrate(up_to(BASELINE))
    old = executor.loader.project_state(up_to(BASELINE)).apps
    tables()
    for model in old.get_models():
        if model._meta.app_label in {"contenttypes", "auth", "admin", "sessions"}:
            continue
        row = model._base_manager.create(**_filled(model, old))
        assert model._base_manager.get(pk=row.pk).pk == row.pk
        row.save()


def _filled(model: type[models.Model], apps: Any) -> dict[str, Any]:
    """Values for all columns that need one."""
    return {
        field.name: _value(field, apps)
        for field in model._meta.concrete_fields
        if not (field.generated or field.null or field.has_default() or isinstance(field, models.BigAutoField))
    }


def _value(field: Any, apps: Any) -> Any:
    if field.is_relation:
        other = apps.get_model(field.related_model._meta.label)
        return other._base_manager.first() or other._base_manager.create(**_filled(other, apps))
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.DateField):
        return dt.date(2030, 6, 21)
    if isinstance(field, models.IntegerField | models.FloatField):
        return 1
    return uuid.uuid4().hex[: field.max_length or 32]


class TestOperations:
    @pytest.fixture(autouse=True)
    def _tables(self, database: str) -> None:
        assert database
        with connection.schema_editor() as editor:
            editor.create_model(self.state().apps.get_model("stats", "Session"))

    def state(self) -> ProjectState:
        return session_state()

    def run(self, operation: Any) -> None:
        before, after = self.state(), self.state()
        operation.state_forwards("stats", after)
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("stats", editor, before, after)

    def test_an_index_is_built_while_somebody_writes(self, database: str) -> None:
        with psycopg.connect(database) as writer:
            writer.execute("INSERT INTO stats_session (room_id) VALUES ('a')")
            writer.commit()
            with connection.cursor() as cursor:  # what an interrupted try leaves: an index of that name
                cursor.execute("CREATE INDEX by_room ON stats_session (node)")
            self.run(AddIndexConcurrently("session", INDEX))
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'by_room'")
            assert "(room_id)" in cursor.fetchone()[0]

    def test_rows_are_changed_some_at_a_time(self) -> None:
        model = self.state().apps.get_model("stats", "Session")
        model._base_manager.bulk_create(model(room_id="a") for _ in range(25))
        sizes: list[int] = []

        def change(apps: Any, rows: Any) -> None:
            sizes.append(len(rows))
            keys = [row.pk for row in rows]
            apps.get_model("stats", "Session")._base_manager.filter(pk__in=keys).update(node="n")

        self.run(RunInBatches("stats", "Session", change, batch=10))
        assert sizes == [10, 10, 5]
        assert model._base_manager.filter(node="n").count() == 25
