"""One attempt to tell an endpoint about one event."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meet.accounts.encrypted import UnreadableSecretError
from meet.outgoing import OutgoingError, sender
from rooms.webhooks.message import address_of
from rooms.webhooks.models import Endpoint
from rooms.webhooks.signing import signed

if TYPE_CHECKING:
    import datetime as dt

    from meet.outgoing import Answer
    from rooms.webhooks.models import Delivery

MAX_ANSWER: Final = 500


@dataclass(frozen=True)
class Tried:
    """What an attempt led to. `problem` is a sentence, empty for an answer that says yes."""

    at: dt.datetime
    duration_ms: int
    status: int | None = None
    problem: str = ""
    answer: str = ""


def post(delivery: Delivery, now: dt.datetime) -> Tried:
    """Send it, signed at `now`."""
    began = time.monotonic()
    answer: Answer | None = None
    problem = ""
    try:
        answer = _post(Endpoint.objects.get(pk=delivery.endpoint_id), delivery, now)
        problem = _problem_with(answer.status)
    except OutgoingError as error:
        problem = error.message
    except Endpoint.DoesNotExist:
        problem = "The endpoint has been deleted."
    except UnreadableSecretError as error:
        problem = str(error)
    duration_ms = round((time.monotonic() - began) * 1000)
    if answer is None:
        return Tried(now, duration_ms, problem=problem)
    # PostgreSQL's texts have no null characters.
    shown = answer.body.decode(errors="replace").replace("\0", "")[:MAX_ANSWER]
    return Tried(now, duration_ms, answer.status, problem, shown)


def signing_secrets(endpoint: Endpoint, now: dt.datetime) -> list[str]:
    """The secret, and the one before it while it counts."""
    old = endpoint.old_secret_until is not None and now < endpoint.old_secret_until
    return [endpoint.secret, *([endpoint.old_secret] if old else [])]


def _post(endpoint: Endpoint, delivery: Delivery, now: dt.datetime) -> Answer:
    headers = signed(delivery.message_id, delivery.body, signing_secrets(endpoint, now), now)
    headers["Content-Type"] = "application/json"
    if endpoint.header:
        headers["Authorization"] = endpoint.header
    return sender().post(address_of(endpoint.url, delivery.kind), delivery.body.encode(), headers)


def _problem_with(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return f"It answered with {status}." + (" Redirections are not followed." if 300 <= status < 400 else "")
