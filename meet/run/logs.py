"""What goes into the log, and what not: a line is a line, however long and strange what somebody has sent us.

No line has a secret in it (`meet.run.secrets_in_logs`). With `MEET_LOG_FORMAT=json` each is a JSON object that says
which account, room, participant and request it is about (`meet.log_context`).
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from typing import TYPE_CHECKING, Any, Final

from meet.log_context import current
from meet.run.secrets_in_logs import Redaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meet.config import Config

LOG_FORMATS: Final = ("text", "json")
# A line of text, in the style of `str.format`.
TEXT: Final = "{asctime} {levelname} {name}: {message}"

# Longer messages, and longer tracebacks, are shortened in their middle. In characters.
MAX_MESSAGE: Final = 1000
MAX_TRACEBACK: Final = 10_000
MAX_ID: Final = 128
# What ends a line, moves the cursor or turns the direction of writing.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_CONTROL_BUT_NEW_LINES: Final = re.compile(_CONTROL.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


class BoundedFormatter(logging.Formatter):
    """Escapes what controls a terminal or begins another line, shortens what is too long, hides secrets."""

    def __init__(self, *args: Any, redact: Redaction | None = None, **kwargs: Any) -> None:
        """`redact` knows which secrets there are."""
        super().__init__(*args, **kwargs)
        self._redact = redact or Redaction()

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's names
        """The line itself."""
        record.message = _escaped(self._hidden(record.message, MAX_MESSAGE), _CONTROL)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The lines below it."""
        return _escaped(self._hidden(super().formatException(ei), MAX_TRACEBACK), _CONTROL_BUT_NEW_LINES)

    def _hidden(self, text: str, most: int) -> str:
        """A text of at most `most` characters without secrets; none is cut where it would not be known any more."""
        return _shortened(self._redact(_shortened(text, 4 * most)), most, len(text))


class JsonFormatter(BoundedFormatter):
    """One JSON object a line: `time` (ISO 8601, UTC), `level`, `logger`, `message`; `role` names the process.

    Where they are known, `request`, `account`, `room`, `peer` and `exception` come with it.
    """

    def __init__(self, *args: Any, role: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        record.message = record.getMessage()
        self.formatMessage(record)  # which leaves the message as it may be shown
        line: dict[str, str] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.message,
        }
        ids = {"role": self._role, **current()._asdict()}
        line |= {name: _shortened(text, MAX_ID) for name, text in ids.items() if text}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def formatter_of(config: Config, role: str, secrets: Iterable[str]) -> BoundedFormatter:
    """What the settings ask for, of a process that logs without Django; it hides `secrets` beside theirs."""
    redact = Redaction((*config.secrets, *secrets))
    if config.log_format == "json":
        return JsonFormatter(role=role, redact=redact)
    return BoundedFormatter(TEXT, style="{", redact=redact)


def _shortened(text: str, most: int, length: int | None = None) -> str:
    """At most `most` characters and a few; `length` is how many there were before anything was left out."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end]} … ({length or len(text):,} characters) … {text[-end:]}"


def _escaped(text: str, what: re.Pattern[str]) -> str:
    return what.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
