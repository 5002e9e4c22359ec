"""The start page, a new meeting, and the room itself."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from meet import tracing
from meet.accounts import branding
from meet.accounts.access import admit
from meet.accounts.hosts import account_of
from meet.accounts.tokens import TokenRefusedError
from meet.api.throttling import count_visit
from meet.attributes import page_attributes
from meet.attributes.language import language_of, speak
from meet.attributes.link_incidents import tell_ignored, tell_unreadable
from meet.attributes.links import read_link
from meet.database_time import database_now
from meet.errors import AppError, BadRequest
from meet.log_context import tell
from meet.metrics.requests import REQUESTS
from meet.outages import outage
from meet.views.boot import Admission, Boot, TicketRequest, as_json
from meet.views.errors import denied_page, error_json
from meet.views.fresh_links import fresh_links
from meet.views.ice_servers import ice_servers
from meet.views.json_body import read_body
from meet.views.node_address import node_url
from recording.pages.of_room import recordings_address
from rooms.control.client import answers
from rooms.models import Node
from rooms.nodes.placement import live, place
from rooms.nodes.tickets import identity_of, read_identity, sign, sign_identity

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from meet.attributes.links import Interface, Link

# Without letters and digits that look alike, and long enough that nobody finds a room by trying.
ROOM_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
ROOM_LENGTH: Final = 12
MAX_TICKET_REQUEST: Final = 16 * 1024


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """`/`: what this is, and the two ways on."""
    speak(request, account_of(request))
    return render(request, "start.html")


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """`/new`: a fresh room's links, or how to get some. `?server=serv1` puts the room on that node, if it is there."""
    names = _live_nodes()
    server = request.GET.get("server", "")
    server = server if server in names else ""
    room_id = server + "".join(secrets.choice(ROOM_ALPHABET) for _ in range(ROOM_LENGTH))
    account = account_of(request)
    speak(request, account)
    links = fresh_links(request, account, room_id, timezone.now())
    context = {
        "room_id": room_id,
        "server": server,
        "servers": names if len(names) > 1 else [],
        **vars(links),
    }
    response = render(request, "new.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
@xframe_options_exempt
def room(request: HttpRequest, interface: Interface) -> HttpResponse:
    """`/call/` and `/webinar/`: the room's page with everything it needs to connect."""
    account = account_of(request)
    language = speak(request, account)
    try:
        link = read_link(account, request.GET, interface)
        tell(room=link.attributes.room_id, peer=link.peer_id)
        tell_ignored(link, timezone.now())
        node = _enter(request, link)
    except TokenRefusedError as error:
        tell_unreadable(account, error, timezone.now())
        REQUESTS.ticket(error.code)
        return denied_page(request, error, account, language)
    except AppError as error:
        REQUESTS.ticket(error.code)
        return denied_page(request, error, account, language)
    except (DatabaseError, OSError) as error:
        away = outage(error)
        if away is None:
            raise
        return denied_page(request, away, account, language)
    REQUESTS.ticket("ok")
    boot = _boot(request, link, node, language)
    response = render(request, "room.html", {"boot": as_json(boot), "room_id": link.attributes.room_id})
    response.headers["Cache-Control"] = "no-store"
    return response


def _boot(request: HttpRequest, link: Link, node: Node, language: str) -> Boot:
    """What a room's page starts with."""
    attributes = link.attributes
    return Boot(
        room_id=attributes.room_id,
        interface=link.interface,
        display_name=attributes.display_name,
        name_fixed=bool(attributes.display_name),
        role=attributes.role or "participant",
        viewer=link.viewer,
        attributes=page_attributes(attributes),
        language=language,
        warnings=link.warnings,
        opens_bare=link.opens_bare,
        ticket_url=reverse("tickets"),
        recordings_url=_recordings(request, link) or msgspec.UNSET,
        **branding.for_page(link.account),
        **msgspec.structs.asdict(_admission(request, link, node)),
    )


def _recordings(request: HttpRequest, link: Link) -> str:
    """Where a moderator who may record finds the room's recordings, for who may see any; else empty."""
    attributes = link.attributes
    records = attributes.role == "moderator" and bool(attributes.can_record)
    return recordings_address(request.user, link.account, attributes.room_id, records=records) if records else ""


@csrf_exempt  # uses no cookie, and an embedded page may not have any
@require_POST
def ticket(request: HttpRequest) -> JsonResponse:
    """`/tickets/`: a fresh ticket for a page that has been open for long, or that must connect again."""
    try:
        wanted = read_body(request, TicketRequest, MAX_TICKET_REQUEST)
        interface: Interface = "webinar" if wanted.interface == "webinar" else "call"
        query = _query(wanted.query)
        link = read_link(account_of(request), query, interface, read_identity(wanted.identity))
        tell(room=link.attributes.room_id, peer=link.peer_id)
        node = _enter(request, link)
    except AppError as error:
        REQUESTS.ticket(error.code)
        return error_json(error)
    REQUESTS.ticket("ok")
    if not wanted.page:
        return JsonResponse(as_json(_admission(request, link, node)))
    return JsonResponse(as_json(_boot(request, link, node, language_of(request, link.account, query))))


def _query(text: str) -> QueryDict:
    """A page's own query string, read. Raises `BadRequest`."""
    try:
        return QueryDict(text.removeprefix("?"))
    except SuspiciousOperation as error:  # beyond Django's limits
        raise BadRequest("invalidData", f"The request is too large: {error}") from error


def _enter(request: HttpRequest, link: Link) -> Node:
    """The node of a room that somebody may enter. Raises `AppError`."""
    count_visit(request, link.account, timezone.now(), token=bool(link.attributes.token))
    admit(link.account, link.applicant, timezone.now())
    return place(link.account, link.attributes.room_id, answers)


def _admission(request: HttpRequest, link: Link, node: Node) -> Admission:
    ticket = replace(link.ticket(node.name, node.epoch), trace=tracing.traceparent())
    return Admission(
        ticket=sign(ticket),
        peer_id=link.peer_id,
        identity=sign_identity(identity_of(ticket, joined=link.returns)),
        node_url=node_url(request, node),
        ice_servers=ice_servers(request),
    )


def _live_nodes() -> list[str]:
    """The names of the nodes that take rooms at the moment, shortest first: serv2 before serv10."""
    names = Node.objects.filter(live(database_now()), drain="").values_list("name", flat=True)
    return sorted(names, key=lambda name: (len(name), name))
