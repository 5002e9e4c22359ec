"""What a request to the Server API may say. Names that its address doesn't know are refused.

A name that is misspelt, or in the query instead of the body, would otherwise be as if it were not there, and what was
meant for one participant would be done to others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rest_framework import serializers

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

    F = TypeVar("F", bound=Callable[..., Any])

Kind = type[serializers.Serializer[Any]]
# Of a name that somebody has made up, so much is shown.
MAX_SHOWN: Final = 60
_ATTRIBUTE: Final = "asked"


class Asked(serializers.Serializer[Any]):
    """An object inside a body, of which everything must be known."""

    def to_internal_value(self, data: Any) -> Any:
        """What it says. Raises `ValidationError`."""
        if isinstance(data, Mapping):
            _refuse({name: _unknown(self.fields) for name in data if name not in self.fields})
        return super().to_internal_value(data)


@dataclass(frozen=True)
class _Names:
    """What a method of a view reads; None where it looks after the names in its body itself."""

    body: Kind | None = None
    query: Kind | Collection[str] | None = None
    checks_body: bool = False


def asks(
    *, body: Kind | None = None, query: Kind | Collection[str] | None = None, checks_body: bool = False
) -> Callable[[F], F]:
    """Says what a method of a `ServerView` reads. One that says nothing takes neither a body nor a query.

    `checks_body` is for methods that refuse unknown names in their body themselves.
    """

    def mark(method: F) -> F:
        setattr(method, _ATTRIBUTE, _Names(body, query, checks_body))
        return method

    return mark


def check_names(request: Request, method: Callable[..., Any]) -> None:
    """Raise `ValidationError` where a request says what the method doesn't read, or something twice."""
    names: _Names = getattr(method, _ATTRIBUTE, _Names())
    in_query, in_body = _fields(names.query), _fields(names.body)
    problems: dict[str, str] = {}
    for name, values in request.query_params.lists():
        if name not in in_query:
            problems[name] = "It belongs into the body." if name in in_body else _unknown(in_query, "parameter")
        elif len(values) > 1:
            problems[name] = "It is in the query more than once."
    if not names.checks_body:
        for name in request.data:
            if name not in in_body:
                problems[name] = "It belongs into the query." if name in in_query else _unknown(in_body)
    _refuse(problems)


def _fields(kind: Kind | Collection[str] | None) -> Collection[str]:
    return kind().fields.keys() if isinstance(kind, type) else kind or ()


def _unknown(known: Collection[str], what: str = "field") -> str:
    missing = f"There is no such {what} here"
    return f"{missing}; known {'is' if len(known) == 1 else 'are'} {', '.join(known)}." if known else f"{missing}."


def _refuse(problems: Mapping[Any, str]) -> None:
    if problems:
        raise serializers.ValidationError({str(name)[:MAX_SHOWN]: problem for name, problem in problems.items()})
