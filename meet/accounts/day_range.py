"""A filter of the admin's lists: from one day to another, both included. Days are those of UTC."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.admin import FieldListFilter
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest

SHORTCUTS = (("Today", 1), ("7 days", 7), ("30 days", 30))
DAY = dt.timedelta(days=1)


class DayRangeFilter(FieldListFilter):
    """`…_from` and `…_to` in the address, as ISO 8601 has it (2030-06-21). What is no day finds nothing."""

    template = "admin/lists/day_range.html"

    def expected_parameters(self) -> list[str | None]:
        """What Django takes out of the address for us."""
        return [f"{self.field_path}_from", f"{self.field_path}_to"]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What lies between."""
        del request
        try:
            first, last = self._day("from"), self._day("to")
            after = last + DAY if last else None
        except (ValueError, OverflowError):
            return queryset.none()
        bounds = {"gte": first, "lt": after}
        return queryset.filter(
            **{
                f"{self.field_path}__{lookup}": dt.datetime.combine(day, dt.time(), dt.UTC)
                for lookup, day in bounds.items()
                if day is not None
            }
        )

    def choices(self, changelist: Any) -> Iterator[Any]:
        """What the template shows: the two days, links for often wanted ones, and what else the address says."""
        today = timezone.now().astimezone(dt.UTC).date()
        names = self.expected_parameters()
        yield {
            "from_name": names[0],
            "to_name": names[1],
            "from": self._text("from"),
            "to": self._text("to"),
            "others": [
                (name, value)
                for name, values in changelist.filter_params.items()
                for value in values
                if name not in (*names, "p", "e")
            ],
            "query": changelist.query,
            "shortcuts": [
                (text, changelist.get_query_string({names[0]: str(today - (days - 1) * DAY), names[1]: str(today)}))
                for text, days in SHORTCUTS
            ],
            "cleared": changelist.get_query_string(remove=names),
        }

    def _text(self, end: str) -> str:
        value: Any = self.used_parameters.get(f"{self.field_path}_{end}", "")
        return str(value[-1] if isinstance(value, list) else value).strip()

    def _day(self, end: str) -> dt.date | None:
        text = self._text(end)
        return dt.date.fromisoformat(text) if text else None
