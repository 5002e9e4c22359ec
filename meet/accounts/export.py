"""A list of the admin as a file for spreadsheets and programs (CSV, RFC 4180), with the filters and the search on."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from meet.accounts.lists import value_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

CSV: Final = "text/csv; charset=utf-8"
# What is read, made and sent at a time: with some 200 octets a row, 400 kB of a file.
ROWS_AT_ONCE: Final = 2000
# Who reads so slowly gets no more: on SQLite a read that lasts keeps its log of writes from being emptied.
LONGEST_S: Final = 3600.0
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

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The file, of any length, made while it is sent."""
        page: Any = self
        if not page.has_view_permission(request):
            raise PermissionDenied
        listing = page.get_changelist_instance(request)
        name = f"{page.opts.verbose_name_plural}-{timezone.now():%Y-%m-%d}.csv".replace(" ", "-")
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        if request.method == "HEAD":
            return HttpResponse(content_type=CSV, headers=headers)
        pieces = pieces_of(self.csv_columns, listing.queryset)
        return StreamingHttpResponse(_sent(pieces), content_type=CSV, headers=headers)


def pieces_of(columns: Mapping[str, str | Callable[[Any], Any]], objects: QuerySet[Any]) -> Generator[bytes]:
    """A file in pieces of `ROWS_AT_ONCE` rows, which are read by a cursor of the database's as they are wanted."""
    # Spreadsheets know by the mark that it is UTF-8.
    text = io.StringIO("\N{ZERO WIDTH NO-BREAK SPACE}")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow(columns)
    until = time.monotonic() + LONGEST_S
    for count, obj in enumerate(objects.iterator(ROWS_AT_ONCE), 1):
        writer.writerow(
            cell(value_at(obj, column) if isinstance(column, str) else column(obj)) for column in columns.values()
        )
        if count % ROWS_AT_ONCE == 0:
            if time.monotonic() > until:
                raise TimeoutError("A file was read too slowly; what there is of it ends here.")
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


async def _sent(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """Each piece is made in the request's thread once the one before is sent. Django alone would collect them all."""
    try:
        while piece := await sync_to_async(lambda: next(pieces, b""))():
            yield piece
    finally:
        await sync_to_async(pieces.close)()
