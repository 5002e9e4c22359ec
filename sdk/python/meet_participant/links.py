"""A room's link, and the ticket that the server gives for it."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from meet_participant.errors import ConnectionLost, LinkInvalid, TicketRefused

if TYPE_CHECKING:
    from meet_participant.wire import Admission, TicketRequest

TIMEOUT_S: Final = 8.0
# An admission has a ticket of a few KiB; more is no answer of ours.
MAX_ANSWER: Final = 256 * 1024


@dataclass(frozen=True)
class RoomLink:
    """Where tickets are given, and what the page of this link would send there."""

    tickets_url: str
    interface: str
    query: str

    async def ticket(self, identity: str) -> Admission:
        """A ticket; `identity` of an earlier one for the same participant. Raises `TicketRefused`, `ConnectionLost`."""
        body: TicketRequest = {"interface": self.interface, "query": self.query, "identity": identity}
        return await asyncio.to_thread(_post, self.tickets_url, body)


def read_link(link: str, display_name: str | None = None) -> RoomLink:
    """Read `https://HOST/call/?roomId=…`. `display_name` is the link's, unless given. Raises `LinkInvalid`."""
    parts = urlsplit(link)
    before, _, interface = parts.path.rstrip("/").rpartition("/")
    query = parse_qsl(parts.query, keep_blank_values=True)
    if parts.scheme not in ("http", "https") or not parts.netloc or interface not in ("call", "webinar"):
        raise LinkInvalid("A room's link begins with http:// or https:// and has the path /call/ or /webinar/.")
    if not dict(query).keys() & {"roomId", "token"}:
        raise LinkInvalid("A room's link has a roomId, or a token with one.")
    if display_name is not None:
        query = [(name, value) for name, value in query if name != "displayName"] + [("displayName", display_name)]
    tickets = urlunsplit((parts.scheme, parts.netloc, f"{before}/tickets/", "", ""))
    return RoomLink(tickets, interface, urlencode(query))


def _post(url: str, body: Any) -> Admission:
    request = urllib.request.Request(  # noqa: S310 - http and https only: `read_link`
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
            admission: Admission = json.loads(answer.read(MAX_ANSWER))
            return admission
    except urllib.error.HTTPError as error:
        raise _refusal(error) from error
    except (OSError, ValueError) as error:
        raise ConnectionLost("The server cannot be reached.") from error


def _refusal(error: urllib.error.HTTPError) -> TicketRefused | ConnectionLost:
    try:
        told = json.loads(error.read(MAX_ANSWER))["error"]
        refusal = TicketRefused(str(told["code"]), str(told["message"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ConnectionLost(f"The server answered with {error.code}.")
    return refusal if error.code < 500 else ConnectionLost(f"The server answered with {error.code}.")
