"""What all lists of the admin have in common: what can't be looked up is not found, and long texts are shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError, transaction
from django.utils.html import format_html
from unfold.views import ChangeList

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrOrPromise


class Listing(ChangeList):  # type: ignore[misc]  # unfold has no types
    """A list that is empty where its address asks for what can't be: the year 99999, a number with letters in it."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """What the filters leave. Django would redirect to the list without any filter."""
        try:
            return super().get_queryset(request, exclude_parameters)  # type: ignore[no-any-return]
        except IncorrectLookupParameters:
            self.filter_specs = getattr(self, "filter_specs", [])
            self.has_filters = bool(self.filter_specs)
            self.has_active_filters = True
            self.clear_all_filters_qs = "?"
            return self._nothing()

    def get_results(self, request: HttpRequest) -> None:
        """The page that was asked for."""
        try:
            with transaction.atomic():
                super().get_results(request)
        except (OverflowError, ValueError, DataError, IncorrectLookupParameters):
            self.queryset = self._nothing()
            super().get_results(request)
        if not (self.show_full_result_count or self.query or self.has_active_filters):
            self.full_result_count: int | None = self.result_count  # there is no more to be shown

    def _nothing(self) -> QuerySet[Any]:
        return self.root_queryset.none().order_by("pk")  # type: ignore[no-any-return]


class Listed:
    """For a `ModelAdmin` whose list is such a one."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        del request, kwargs
        return Listing


def shortened(path: str, description: _StrOrPromise) -> Callable[[Any], str]:
    """A column with a text of any length: as much of it as there is place for, and the whole where one points at it."""

    @admin.display(description=description, ordering=path, empty_value="-")
    def column(obj: Any) -> str:
        value = value_at(obj, path)
        text = "" if value is None else str(value)
        return format_html('<span class="shortened" title="{0}">{0}</span>', text) if text else ""

    column.__name__ = path
    return column


def value_at(obj: Any, path: str) -> Any:
    """What a lookup such as `endpoint__url` leads to; None where something on the way is."""
    for name in path.split("__"):
        obj = getattr(obj, name, None)
    return obj
