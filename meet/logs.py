"""What goes into the log, and what not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

SERVER_ERROR = 500


def without_tracebacks_of_refusals(record: logging.LogRecord) -> bool:
    """A filter: a request that was refused (403, 404, …) is one line, as no code has made a mistake."""
    if record.name == "django.request" and getattr(record, "status_code", SERVER_ERROR) < SERVER_ERROR:
        record.exc_info = record.exc_text = None
    return True
