"""A list of the admin as a file for spreadsheets and programs (CSV, RFC 4180), with the filters and the search on."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from meet.accounts.lists import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest
    from django.urls import URLPattern

# The file is made in memory, of some 200 octets a row.
MAX_ROWS: Final = 50_000
ROWS_AT_ONCE: Final = 2000
# What spreadsheets take for the beginning of a formula, in the widths that they know.
_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def cell(value: Any) -> str | int | float:
    """A value as a cell. Texts that a spreadsheet would calculate with get an apostrophe before them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = str(value).replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


class Exported:
    """For a `ModelAdmin`: `csv_columns` are a file's headings, each with a lookup or what makes the value."""

    csv_columns: ClassVar[Mapping[str, str | Callable[[Any], Any]]] = {}

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        if not self.csv_columns:
            return urls
        site, opts = self.admin_site, self.opts  # type: ignore[attr-defined]
        page: Any = site.admin_view(require_safe(self.export))
        page.model_admin = self  # as Django does with its own
        return [path("export/", page, name=f"{opts.app_label}_{opts.model_name}_export"), *urls]

    def export(self, request: HttpRequest) -> HttpResponse:
        """The file; a message on the list where it would be too long."""
        page: Any = self
        if not page.has_view_permission(request):
            raise PermissionDenied
        listing = page.get_changelist_instance(request)
        if listing.result_count > MAX_ROWS:
            text = "These are %(count)s rows, and a file has %(most)s at most. Choose fewer days, then export again."
            page.message_user(request, text % {"count": listing.result_count, "most": MAX_ROWS}, messages.ERROR)
            address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
            return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")
        name = f"{page.opts.verbose_name_plural}-{timezone.now():%Y-%m-%d}.csv".replace(" ", "-")
        response = HttpResponse(self._file(listing.queryset), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    def _file(self, objects: Any) -> str:
        # Spreadsheets know by the mark that it is UTF-8.
        text = io.StringIO("\N{ZERO WIDTH NO-BREAK SPACE}")
        text.seek(0, io.SEEK_END)
        writer = csv.writer(text)
        writer.writerow(self.csv_columns)
        for obj in objects.iterator(ROWS_AT_ONCE):
            writer.writerow(
                cell(value_at(obj, column) if isinstance(column, str) else column(obj))
                for column in self.csv_columns.values()
            )
        return text.getvalue()
