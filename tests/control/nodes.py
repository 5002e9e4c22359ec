"""Rows for nodes that tests run, so that web finds their control APIs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from rooms.models import Node, Placement
from rooms.nodes.lease import CLOCK_SET_BACK

if TYPE_CHECKING:
    from meet.accounts.models import Account


def registered(control_url: str, name: str = "serv0", *, live: bool = True) -> Node:
    """A node's row; it counts as live for longer than a test lasts, or is dead."""
    now = timezone.now()
    beat = now + CLOCK_SET_BACK - timedelta(seconds=1) if live else now - timedelta(hours=1)
    row = {"port": 8001, "control_url": control_url, "started_at": now, "heartbeat_at": beat}
    return Node.objects.update_or_create(name=name, defaults=row)[0]


def placed(account: Account, room_id: str, node: Node) -> Placement:
    """A room on a node."""
    now = timezone.now()
    return Placement.objects.create(account=account, room_id=room_id, node=node, claimed_at=now, used_at=now)
