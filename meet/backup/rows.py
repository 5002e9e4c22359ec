"""Rows of the database as lines of JSON, the same for SQLite and PostgreSQL.

They are read and written by the models as they were at the migrations that the database has, so that a backup of an
older version can be read, and is migrated afterwards. What is encrypted stays encrypted.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.apps import apps as current_apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from meet.accounts.encrypted import EncryptedTextField, is_readable
from meet.backup.archive import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.migrations.state import ProjectState

# Who has logged in, and what counts for minutes: a restored login would be one that had ended since.
TRANSIENT: Final = frozenset({"sessions.session", "api.login", "api.pace", "accounts.resetmail"})
READ_AT_ONCE: Final = 2000
WRITTEN_AT_ONCE: Final = 1000

Model = type[models.Model]
Migrations = list[tuple[str, str]]


class UnknownMigrationsError(Exception):
    """Migrations that this version does not know."""


def applied_migrations() -> Migrations:
    """Those that the database has. Raises `UnknownMigrationsError` where a newer version was here."""
    loader = MigrationLoader(connection)
    if unknown := [key for key in loader.applied_migrations if key not in loader.disk_migrations]:
        raise UnknownMigrationsError(", ".join(".".join(key) for key in sorted(unknown)))
    return sorted(loader.applied_migrations)


def unknown_migrations(migrations: Migrations) -> Migrations:
    """Those that this version does not know."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return [key for key in migrations if key not in known]


def last_of(migrations: Migrations) -> Migrations:
    """Of each app the last one: what a database is migrated to so that it has exactly these."""
    graph, wanted = MigrationLoader(None, ignore_no_migrations=True).graph, set(migrations)
    return [
        key
        for key in sorted(wanted)
        if not any(child.key in wanted and child.key[0] == key[0] for child in graph.node_map[key].children)
    ]


def models_at(migrations: Migrations) -> list[Model]:
    """The models at these migrations, without those that are transient. Encrypted fields are plain text here."""
    state = MigrationLoader(None, ignore_no_migrations=True).project_state(last_of(migrations))
    _make_plain(state)
    every = state.apps.get_models(include_auto_created=True)
    kept = (model for model in every if model._meta.managed and not model._meta.proxy)  # noqa: SLF001
    return sorted((model for model in kept if label_of(model) not in TRANSIENT), key=label_of)


def label_of(model: Model) -> str:
    """`app.model`."""
    return model._meta.label_lower  # noqa: SLF001 - Django's documented way to a model's names


def dump(model: Model) -> Iterator[bytes]:
    """A line with the names of the columns, then a line for each row."""
    names = [field.attname for field in columns_of(model)]
    encode = msgspec.json.Encoder().encode
    yield encode(names) + b"\n"
    for row in model._base_manager.order_by().values_list(*names).iterator(READ_AT_ONCE):  # noqa: SLF001
        yield encode(row) + b"\n"


def columns_of(model: Model) -> list[Any]:
    """The fields with columns of their own that the database does not calculate."""
    return [field for field in model._meta.concrete_fields if not field.generated]  # noqa: SLF001


class Secrets:
    """What becomes of encrypted values: counts those that can't be read, or (`lost`) does without them."""

    def __init__(self, *, lost: bool = False) -> None:
        self.unreadable = 0
        self._lost = lost

    def of(self, model: Model) -> dict[str, models.Field[Any, Any]]:
        """The encrypted fields of a model, as they are in this version."""
        return {field.attname: field for field in encrypted_fields(label_of(model))}

    def kept(self, values: dict[str, Any], fields: dict[str, models.Field[Any, Any]]) -> bool:
        """Whether a row is kept. Where secrets may be lost, one that can't be read is empty or made anew."""
        for name, field in fields.items():
            if not values.get(name) or is_readable(values[name]):
                continue
            self.unreadable += 1
            if not self._lost:
                continue
            if field.has_default():
                values[name] = field.get_prep_value(field.get_default())
            elif field.blank:
                values[name] = ""
            else:
                return False
        return True


def load(model: Model, lines: Iterator[bytes], secrets: Secrets) -> int:
    """Write rows into an empty table; how many. Raises `ArchiveError` for what is no such row."""
    fields = {field.attname: field for field in columns_of(model)}
    decode = msgspec.json.Decoder(list[Any]).decode
    try:
        names = decode(next(lines, b"[]"))
        if sorted(names) != sorted(fields):
            raise ArchiveError(f"The archive is damaged: {label_of(model)} has other columns.")
        encrypted, plain = secrets.of(model), _plain_text()
        rows = (dict(zip(names, decode(line), strict=True)) for line in lines)
        kept = (values for values in rows if secrets.kept(values, encrypted))
        objects = (model(**{name: fields[name].to_python(plain(value)) for name, value in row.items()}) for row in kept)
        count = 0
        while batch := list(islice(objects, WRITTEN_AT_ONCE)):
            model._base_manager.bulk_create(batch)  # noqa: SLF001
            count += len(batch)
    except (msgspec.MsgspecError, ValueError, TypeError, ValidationError) as error:
        raise ArchiveError(f"The archive is damaged: {label_of(model)} has a row that is none ({error}).") from error
    return count


def encrypted_fields(label: str) -> list[models.Field[Any, Any]]:
    """Those of a model, `app.model`, in this version."""
    try:
        model = current_apps.get_model(label)
    except LookupError:
        return []
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]  # noqa: SLF001


def unreadable_in(model: Model) -> int:
    """How many secrets in the database can't be read with any of our keys."""
    names = [field.attname for field in encrypted_fields(label_of(model))]
    known = {field.attname for field in columns_of(model)}
    unreadable = 0
    if names := [name for name in names if name in known]:
        for row in model._base_manager.order_by().values_list(*names).iterator(READ_AT_ONCE):  # noqa: SLF001
            unreadable += sum(bool(value) and not is_readable(value) for value in row)
    return unreadable


def sequences_of(every: Iterable[Model]) -> list[str]:
    """Statements after which new rows get keys of their own."""
    from django.core.management.color import no_style  # noqa: PLC0415 - a name that only this needs

    return connection.ops.sequence_reset_sql(no_style(), list(every))


def _plain_text() -> Callable[[Any], Any]:
    """PostgreSQL takes no NUL in a text, SQLite does."""
    if connection.vendor != "postgresql":
        return lambda value: value
    return lambda value: value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _make_plain(state: ProjectState) -> None:
    """Fields that would encrypt, or write their own time, take what they are given."""
    for model in state.models.values():
        for name, field in model.fields.items():
            if isinstance(field, EncryptedTextField):
                _, _, args, kwargs = field.deconstruct()
                model.fields[name] = models.TextField(*args, **kwargs)
            elif getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
                _, _, args, kwargs = field.deconstruct()
                kwargs.pop("auto_now_add", None)
                kwargs.pop("auto_now", None)
                model.fields[name] = type(field)(*args, **kwargs)
