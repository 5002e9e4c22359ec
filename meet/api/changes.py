"""What servers and people change by the Server API, for the account's audit trail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from rest_framework.exceptions import APIException

from meet.accounts.audit import Actor, note, of_person
from meet.accounts.models import AuditEvent
from meet.client_address import client_address
from meet.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

    from meet.api.authentication import Caller

# What of a body or query is kept; nothing that somebody has written.
_CHOICES: Final = ("device", "locked", "admitted", "everybody", "ban")
_PARAMETER: Final = re.compile(r"<\w+:(\w+)>")


def keep(request: Request, caller: Caller, status: int, parameters: Mapping[str, Any]) -> None:
    """Keep one request: what it was for, whom it was about, what was chosen, and the status of the answer."""
    given = {**parameters, **_given(request)}
    peer_id = given.get("peerId", given.get("peer_id"))
    about = of_person(peer_id) if isinstance(peer_id, str) and peer_id else ""
    route = request.resolver_match.route if request.resolver_match is not None else ""
    # A participant is named once, in the way in which erasing them finds them.
    route = _PARAMETER.sub(lambda found: "" if found[1] == "peer_id" else str(parameters.get(found[1], "")), route)
    choices = [f"{name} {str(given[name]).lower()[:20]}, " for name in _CHOICES if name in given]
    name = f"API token {caller.token}" if caller.token else request.user.get_username()
    what = f"{request.method} /{route.rstrip('/')}: {about}{''.join(choices)}answered {status}"
    note(AuditEvent.Action.API, Actor(name, client_address(request)), what, timezone.now(), [caller.account])


def _given(request: Request) -> dict[str, Any]:
    """The body and the query, as far as they can be read."""
    try:
        body = request.data
    except (AppError, APIException):  # of another kind, or not to be read: the answer says so
        body = {}
    return {**request.query_params.dict(), **(body if isinstance(body, dict) else {})}
