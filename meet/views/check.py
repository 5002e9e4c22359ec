"""`/check`: whether camera, microphone, speakers and network of whoever looks at it are good for a meeting.

The page sends a picture to the node and gets it back, in a room of its own that only its ticket opens. The node limits
how many do so (`rooms.runtime.checks`).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from meet.accounts import branding
from meet.accounts.branding import Brand
from meet.accounts.hosts import account_of
from meet.api.throttling import count_visit
from meet.attributes.language import speak
from meet.errors import AppError
from meet.views.boot import as_json
from meet.views.errors import error_json
from meet.views.ice_servers import ice_servers
from meet.views.json_body import read_body
from meet.views.node_address import node_url
from rooms.nodes.placement import ROOM_ID, node_to_check
from rooms.nodes.tickets import sign
from rooms.protocol import IceServer
from rooms.state.ticket import Ticket

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# No room's id begins with it (`ROOM_ID`), so that no link leads into a check.
ROOM_PREFIX: Final = "~check-"
SECRET_BYTES: Final = 16
MAX_REQUEST: Final = 4 * 1024


class CheckBoot(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the page of a check starts with. `room_id` is empty where the link names no room."""

    language: str
    room_id: str
    ticket_url: str
    contact: str
    brand: Brand | None


class CheckTicketRequest(msgspec.Struct, rename="camel"):
    """What the page sends for each measurement; the room that the person is going to, if any."""

    room_id: str = ""


class CheckTicket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What opens one measurement on one node."""

    ticket: str
    node_url: str
    ice_servers: list[IceServer]


@require_safe
@xframe_options_exempt
def page(request: HttpRequest) -> HttpResponse:
    """`/check`, with `lang` and `roomId` as a room's link has them; another id than a room can have is none."""
    account = account_of(request)
    language = speak(request, account)
    room_id = (request.GET.get("roomId") or "").strip()
    boot = CheckBoot(
        language=language,
        room_id=room_id if ROOM_ID.fullmatch(room_id) else "",
        ticket_url=reverse("check-ticket"),
        **branding.for_page(account),
    )
    response = render(request, "check.html", {"boot": as_json(boot)})
    response.headers["Cache-Control"] = "no-store"
    return response


@csrf_exempt  # uses no cookie, and an embedded page may not have any
@require_POST
def ticket(request: HttpRequest) -> JsonResponse:
    """`/check/ticket`: for one measurement. Counted as a visit to a room is."""
    account = account_of(request)
    try:
        wanted = read_body(request, CheckTicketRequest, MAX_REQUEST)
        count_visit(request, account, timezone.now(), token=False)
        node = node_to_check(account, wanted.room_id)
    except AppError as error:
        return error_json(error)
    made = Ticket(
        account_id=account.pk,
        room_id=ROOM_PREFIX + secrets.token_hex(SECRET_BYTES),
        node=node.name,
        peer_id="check",
        display_name="",
        name_fixed=True,
        check=True,
        proof="issued",
        epoch=node.epoch,
    )
    return JsonResponse(
        as_json(CheckTicket(ticket=sign(made), node_url=node_url(request, node), ice_servers=ice_servers(request)))
    )
