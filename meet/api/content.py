"""JSON in and out, whatever a request says that it would like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rest_framework.parsers import BaseParser
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request

MAX_BODY: Final = 256 * 1024


class BoundedJSONParser(JSONParser):
    """JSON (RFC 8259) of a bounded size."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002 - the framework's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body, which must be an object. Raises `ParseError`."""
        if int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            raise ParseError(f"The request's body is too large: {MAX_BODY} octets are allowed.")
        encoding = (parser_context or {}).get("encoding", "utf-8")
        try:
            found = json.loads(stream.read().decode(encoding), parse_constant=_no_number, object_pairs_hook=_object)
        except RecursionError as error:
            raise ParseError("The request's JSON is nested too deeply.") from error
        except ValueError as error:
            raise ParseError("The request's body is no valid JSON.") from error
        if not isinstance(found, dict):
            raise ParseError("The request's JSON must be an object: {…}.")
        return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which nothing is said twice: of two values nobody knows which one is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ParseError("The request's JSON has the same name twice in an object.")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON.")


class AlwaysFirst(BaseContentNegotiation):
    """The parser for what a body is, and JSON as the answer: there is nothing to choose."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """None where the body is of another kind."""
        kind = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - the framework's signature
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """The only one."""
        first = next(iter(renderers))
        return first, first.media_type
