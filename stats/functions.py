"""What both databases can count with times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import FloatField, Func, IntegerField

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class UnixTime(Func):
    """A time as whole seconds of Unix time."""

    arity = 1
    output_field = IntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """SQLite keeps times as text."""
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """Floating-point numbers are exact enough, and quicker than `extract`'s decimal ones."""
        template = "FLOOR(DATE_PART('epoch', %(expressions)s))::bigint"
        return self.as_sql(compiler, connection, template=template, **more)


class Elapsed(Func):
    """Seconds from the second time back to the first. Good for columns that are generated, too."""

    arity = 2
    output_field = FloatField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """Julian days are exact to less than a millisecond."""
        template = "((julianday(%(expressions)s)) * 86400)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **more)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """The difference of two times does not depend on a time zone."""
        template = "DATE_PART('epoch', %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **more)
