"""Which node a room lives on: the one that its id names, else the least loaded, and then always the same."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from meet.errors import BadRequest, Unavailable
from rooms.models import Node, Placement

if TYPE_CHECKING:
    from datetime import datetime

HEARTBEAT_LIFETIME: Final = timedelta(seconds=15)
ROOM_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_PREFIX: Final = re.compile(r"serv\d{1,4}")


def check_room_id(room_id: str) -> str:
    """The id itself. Raises `BadRequest` for a missing or malformed one."""
    if not room_id:
        raise BadRequest(
            "roomIdMissing", "This link names no room.", hint="Add ?roomId=… to the address, or create a new meeting."
        )
    if not ROOM_ID.fullmatch(room_id):
        raise BadRequest(
            "roomIdInvalid",
            "This room id can't be used.",
            hint="Use letters, digits, hyphens and underscores, 128 at most, beginning with a letter or digit.",
        )
    return room_id


def candidates(room_id: str, nodes: list[Node], now: datetime) -> list[Node]:
    """Live nodes in the order in which the room should go to them. Pure."""
    live = [node for node in nodes if now - node.heartbeat_at < HEARTBEAT_LIFETIME]
    match = _PREFIX.match(room_id)
    named = match.group() if match else None
    # serv12 names the node serv1 too if that is the one there is: serv1 and the room 2….
    return sorted(
        live,
        key=lambda node: (
            not (named == node.name),
            not (named is not None and named.startswith(node.name)),
            node.peers,
            node.rooms,
            node.name,
        ),
    )


def place(room_id: str) -> Node:
    """The room's node, claimed in one transaction. Raises `BadRequest` or `Unavailable`."""
    check_room_id(room_id)
    try:
        return _claim(room_id)
    except IntegrityError:
        return _claim(room_id)  # another process made the row meanwhile: take its answer


def _claim(room_id: str) -> Node:
    now = timezone.now()
    with transaction.atomic():
        placement = (
            Placement.objects.select_for_update(of=("self",)).select_related("node").filter(room_id=room_id).first()
        )
        if placement is not None and now - placement.node.heartbeat_at < HEARTBEAT_LIFETIME:
            Placement.objects.filter(pk=placement.pk).update(used_at=now)
            return placement.node
        choice = candidates(room_id, list(Node.objects.all()), now)
        if not choice:
            raise Unavailable(
                "noNode",
                "No meeting server is running at the moment.",
                hint="Try again in a few seconds. Operators: start `manage.py node` or look at its log.",
            )
        if placement is None:
            Placement.objects.create(room_id=room_id, node=choice[0], claimed_at=now, used_at=now)
        else:
            Placement.objects.filter(pk=placement.pk).update(node=choice[0], claimed_at=now, used_at=now)
        return choice[0]
