"""The API's description: `/api/schema` for programs (OpenAPI 3), and `/api/` to read and try it."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer2
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.response import Response

from meet.api.asked import asks
from meet.api.views import OpenView, ServerView

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from rest_framework.request import Request

    Endpoint = tuple[str, str, str, Callable[..., Any]]


class SchemaView(OpenView):
    """The description of all operations, with the server that it was asked of."""

    schema = None  # it is not part of itself
    content_negotiation_class = DefaultContentNegotiation
    renderer_classes = (OpenApiJsonRenderer2, OpenApiYamlRenderer2)

    @asks(query=("format",))
    def get(self, request: Request) -> Response:
        """JSON, and YAML for who asks for `?format=yaml` or accepts that only."""
        described = {**_described(), "servers": [{"url": request.build_absolute_uri("/").rstrip("/")}]}
        return Response(described)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`/api/`."""
    return render(request, "api.html")


def server_views(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Which addresses are described: those of the Server API, each in one of its two spellings (a hook's contract)."""
    ours = [entry for entry in endpoints if issubclass(getattr(entry[3], "cls", type(None)), ServerView)]
    paths = {path for path, *_ in ours}
    return [entry for entry in ours if not (entry[0].endswith("/") and entry[0].rstrip("/") in paths)]


def described() -> dict[str, Any]:
    """The description without a server."""
    return copy.deepcopy(_described())


@cache
def _described() -> dict[str, Any]:
    """It is the same as long as the process runs, and takes long to make."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return dict(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
