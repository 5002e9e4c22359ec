"""What the log says of requests that were refused, and of those that a database or a disk has failed: one line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from django.core.exceptions import RequestAborted

from meet.outages import outage

if TYPE_CHECKING:
    import logging

SERVER_ERROR: Final = 500
_GONE: Final = (ConnectionError, asyncio.CancelledError, RequestAborted)


def without_tracebacks_of_refusals(record: logging.LogRecord) -> bool:
    """A filter: where no code has made a mistake, a request is one line.

    Such are requests that were refused (403, 404, …) or are not valid, and those that a full disk or a database that is
    away has failed. Of those whose client has gone meanwhile nothing is said at all.
    """
    error = record.exc_info[1] if record.exc_info else None
    if record.name == "asyncio" and isinstance(error, _GONE):
        return False
    refused = record.name == "django.request" and getattr(record, "status_code", SERVER_ERROR) < SERVER_ERROR
    if refused or record.name.startswith("django.security"):
        record.exc_info = record.exc_text = None
    elif outage(error) is not None:
        record.msg, record.args = "%s (%s)", (record.getMessage(), " ".join(str(error).split()))
        record.exc_info = record.exc_text = None
    return True
