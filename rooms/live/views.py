"""Live rooms in the admin: pages that ask for their state every few seconds, and what their buttons do.

The pages themselves are drawn by `static/src/pages/live`; `rooms_state` and `room_state` are what they draw.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from meet.accounts.audit import actor_of, note, of_person
from meet.accounts.models import AuditEvent
from meet.accounts.scope import ADMINS, accounts_of, is_operator
from meet.errors import AppError, BadRequest
from rooms.control import client
from rooms.control.errors import NoSuchRoom
from rooms.live.access import account_or_404, may_open
from rooms.live.orders import read_order
from rooms.live.shapes import ListedRoom, RoomBoot, RoomsBoot, RoomsState, RoomState
from rooms.protocol import wire_name

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rooms.control.shapes import LivePeer, LiveRoom
    from rooms.protocol import Request

# Nobody reads through thousands of names that change all the time.
MAX_VIEWERS: Final = 200


@admin.site.admin_view
@require_GET
def rooms(request: HttpRequest) -> HttpResponse:
    """The page with all live rooms that a visitor may see."""
    if not may_open(request):
        raise PermissionDenied
    several = is_operator(request.user) or accounts_of(request.user, ADMINS).count() > 1
    boot = RoomsBoot(state_url=reverse("live-rooms-state"), accounts=several)
    return _page(request, "Live rooms", boot)


@admin.site.admin_view
@require_GET
def rooms_state(request: HttpRequest) -> HttpResponse:
    """What that page shows."""
    if not may_open(request):
        raise PermissionDenied
    accounts = {account.pk: account for account in accounts_of(request.user, ADMINS)}
    survey = client.live_rooms_of(None if is_operator(request.user) else list(accounts.values()))
    shown = [
        ListedRoom(
            **msgspec.structs.asdict(room),
            account=accounts[room.account_id].name,
            url=reverse("live-room", args=(room.account_id, room.room_id)),
        )
        for room in survey.rooms
        if room.account_id in accounts
    ]
    return _json(RoomsState(now=_now_ms(), rooms=shown, silent_nodes=survey.silent_nodes))


@admin.site.admin_view
@require_GET
def room(request: HttpRequest, account_id: int, room_id: str) -> HttpResponse:
    """The page of one room, whether it is live or not."""
    account = account_or_404(request, account_id)
    arguments = (account.pk, room_id)
    boot = RoomBoot(
        room=room_id,
        account=account.name,
        rooms_url=reverse("live-rooms"),
        state_url=reverse("live-room-state", args=arguments),
        act_url=reverse("live-room-act", args=arguments),
    )
    return _page(request, "Live room", boot)


@admin.site.admin_view
@require_GET
def room_state(request: HttpRequest, account_id: int, room_id: str) -> HttpResponse:
    """What that page shows; no room where nobody is in it."""
    account = account_or_404(request, account_id)
    try:
        found: LiveRoom | None = client.live_room(account, room_id)
    except NoSuchRoom:
        found = None
    except AppError as error:
        return _problem(error)
    if found is None:
        return _json(RoomState(now=_now_ms(), room=None, viewers=0))
    viewers = [peer for peer in found.peers if peer.viewer]
    shown = [peer for peer in found.peers if not peer.viewer] + _first(viewers)
    now, live = _now_ms(), msgspec.structs.replace(found, peers=shown)
    return _json(RoomState(now=now, room=live, viewers=len(viewers)))


@admin.site.admin_view
@require_POST
def act(request: HttpRequest, account_id: int, room_id: str) -> HttpResponse:
    """What a button does, in the name of the account's own server."""
    account = account_or_404(request, account_id)
    try:
        order = _order(request)
        client.act(account, room_id, order)
    except AppError as error:
        return _problem(error)
    peer_id = getattr(order, "peer_id", None)
    about = of_person(peer_id) if peer_id else ""
    what = f"{wire_name(type(order))}: {about}in room {room_id}, from the admin"
    note(AuditEvent.Action.ROOM, actor_of(request), what, timezone.now(), [account])
    return _json({})


def _order(request: HttpRequest) -> Request:
    try:
        return read_order(request.body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadRequest("invalidData", "There is no such command.") from error


def _first(viewers: list[LivePeer]) -> list[LivePeer]:
    """Those with a hand up, then those who came first."""
    return sorted(viewers, key=lambda peer: (not peer.hand_raised, peer.joined_at))[:MAX_VIEWERS]


def _page(request: HttpRequest, title: str, boot: RoomsBoot | RoomBoot) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "boot": msgspec.to_builtins(boot)}
    return render(request, "admin/live/page.html", context)


def _json(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(content), content_type="application/json", status=status)


def _problem(error: AppError) -> HttpResponse:
    return _json({"error": {"code": error.code, "message": error.message}}, error.status)


def _now_ms() -> int:
    return int(time.time() * 1000)
