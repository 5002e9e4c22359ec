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
    from collections.abc import Sequence
    from datetime import datetime

    from meet.accounts.models import Account

HEARTBEAT_LIFETIME: Final = timedelta(seconds=15)
# Anybody can ask for any room, so rows must go again; no meeting is without a newcomer for so long.
PLACEMENT_LIFETIME: Final = timedelta(days=30)
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
    match = _PREFIX.match(room_id)
    named = match.group() if match else ""

    def named_part(node: Node) -> int:
        # serv12 names the node serv1 too, if that is the one there is: serv1 and the room 2….
        return len(node.name) if named.startswith(node.name) else 0

    return sorted(
        (node for node in nodes if _live(node, now)),
        key=lambda node: (-named_part(node), node.peers, node.rooms, node.name),
    )


def place(account: Account, room_id: str) -> Node:
    """The node of an account's room, claimed in one transaction. Raises `BadRequest` or `Unavailable`."""
    check_room_id(room_id)
    try:
        return _claim(account, room_id)
    except IntegrityError:
        return _claim(account, room_id)  # another process made the row meanwhile: take its answer


def live_nodes(accounts: Sequence[Account] | None = None) -> list[Node]:
    """All nodes that run, by name; for some accounts only those that their rooms were placed on."""
    nodes = Node.objects.filter(heartbeat_at__gt=timezone.now() - HEARTBEAT_LIFETIME)
    if accounts is not None:
        nodes = nodes.filter(pk__in=Placement.objects.filter(account__in=accounts).values("node"))
    return list(nodes)


def node_of(account: Account, room_id: str) -> Node | None:
    """The node that an account's room was placed on, if it runs. Places nothing."""
    placement = Placement.objects.select_related("node").filter(account=account, room_id=room_id).first()
    return placement.node if placement is not None and _live(placement.node, timezone.now()) else None


def _claim(account: Account, room_id: str) -> Node:
    now = timezone.now()
    with transaction.atomic():
        # Without the node in the same query: PostgreSQL, having waited for the row, would join the node of before.
        placement = Placement.objects.select_for_update().filter(account=account, room_id=room_id).first()
        if placement is not None and _live(placement.node, now):
            Placement.objects.filter(pk=placement.pk).update(used_at=now)
            return placement.node
        choice = next(iter(candidates(room_id, list(Node.objects.all()), now)), None)
        if choice is None:
            raise Unavailable(
                "noNode",
                "No meeting server is running at the moment.",
                hint="Try again in a few seconds. Operators: start `manage.py node` or look at its log.",
            )
        if placement is None:
            Placement.objects.filter(used_at__lt=now - PLACEMENT_LIFETIME).delete()
            Placement.objects.create(account=account, room_id=room_id, node=choice, claimed_at=now, used_at=now)
        else:
            Placement.objects.filter(pk=placement.pk).update(node=choice, claimed_at=now, used_at=now)
        return choice


def _live(node: Node, now: datetime) -> bool:
    return now - node.heartbeat_at < HEARTBEAT_LIFETIME
