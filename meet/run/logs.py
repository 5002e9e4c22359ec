"""What goes into the log, and what not: a line is a line, however long and strange what somebody has sent us."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any, Final

from django.core.exceptions import RequestAborted

from meet.outages import outage

SERVER_ERROR = 500
# Longer messages, and longer tracebacks, are shortened in their middle. In characters.
MAX_MESSAGE: Final = 1000
MAX_TRACEBACK: Final = 10_000
# What ends a line, moves the cursor or turns the direction of writing.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_CONTROL_BUT_NEW_LINES: Final = re.compile(_CONTROL.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


_GONE: Final = (ConnectionError, asyncio.CancelledError, RequestAborted)


class BoundedFormatter(logging.Formatter):
    """Escapes what controls a terminal or begins another line, and shortens what is too long."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's names
        """The line itself."""
        record.message = _escaped(_shortened(record.message, MAX_MESSAGE), _CONTROL)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The lines below it."""
        return _escaped(_shortened(super().formatException(ei), MAX_TRACEBACK), _CONTROL_BUT_NEW_LINES)


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


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end]} … ({len(text):,} characters) … {text[-end:]}"


def _escaped(text: str, what: re.Pattern[str]) -> str:
    return what.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
