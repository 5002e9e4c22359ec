"""What the room's page and the page of a refusal start with, and what the room's page sends.

The templates write it into the page by `json_script`; `meet.management.typescript` writes the client's side.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meet.accounts.branding import Brand
from meet.attributes import PageAttributes
from meet.attributes.links import Interface
from rooms.protocol import IceServer, Role


class TicketRequest(msgspec.Struct, rename="camel"):
    """What a page sends for a new ticket: its interface, its own query string, and the identity that it was given.

    Another peer id than the link's can't be asked for: an access check would be asked about somebody else. With `page`
    the answer is all that a room's page starts with, for who was in and is refused now when the page is loaded anew: a
    page's address says nothing about who loads it.
    """

    interface: str
    query: str
    identity: str = ""
    page: bool = False


class Admission(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address.

    `identity` is this page's secret: shown for another ticket, it is for the same participant. `ice_servers` are TURN
    servers with credentials that expire, none where there are none.
    """

    ticket: str
    peer_id: str
    identity: str
    node_url: str
    ice_servers: list[IceServer]


class Boot(Admission, frozen=True, kw_only=True):
    """Everything that a room's page starts with; at `ticketUrl` there is another `Admission`.

    `role` and `viewer` are what the node will say on entering, known before for the sake of the welcome screen.
    `opens_bare`: the room's bare link lets people in, as no token is required and nobody is asked about them.
    `recordings_url` is missing where there are no recordings for this participant, `contact` empty without one.
    """

    room_id: str
    interface: Interface
    display_name: str
    name_fixed: bool
    role: Role
    viewer: bool
    attributes: PageAttributes
    language: str
    warnings: list[str]
    opens_bare: bool
    ticket_url: str
    recordings_url: str | msgspec.UnsetType = msgspec.UNSET
    contact: str
    brand: Brand | None


class DenialBoot(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why somebody may not enter. `message` and `hint` are for who made the link, `detail` for everybody.

    `start_ms` is when the event starts, where that is known; `retry_s` is 0 where another try makes no sense.
    """

    code: str
    message: str
    hint: str
    detail: str
    language: str
    ticket_url: str
    start_ms: int | None
    now_ms: int
    retry_s: int


def as_json(told: msgspec.Struct) -> dict[str, Any]:
    """For `json_script` and `JsonResponse`, which know no Structs."""
    content: dict[str, Any] = msgspec.to_builtins(told)
    return content
