"""What a page of ours sends as JSON, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.core.exceptions import SuspiciousOperation

from meet.errors import BadRequest

if TYPE_CHECKING:
    from django.http import HttpRequest

S = TypeVar("S", bound=msgspec.Struct)


def read_body(request: HttpRequest, shape: type[S], most_octets: int) -> S:
    """The body of a request. Raises `BadRequest`."""
    try:
        if len(request.body) > most_octets:
            raise BadRequest("invalidData", "The request is too large.")
        return msgspec.json.decode(request.body, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = str(error)[:200]
        raise BadRequest("invalidData", f"The request is no valid JSON of a {shape.__name__}: {problem}.") from error
    except SuspiciousOperation as error:  # a body beyond Django's limits
        raise BadRequest("invalidData", f"The request is too large: {error}") from error
