"""Nodes that died and have not come back: a worker notices them, so that what they left unfinished is ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from meet.database_time import database_now
from rooms.models import Node
from rooms.nodes.placement import live

if TYPE_CHECKING:
    from collections.abc import Collection

# A node that is started again ends what its former process has left by itself, and sooner. When the database comes
# back after it was away, nodes report within seconds: until then all of them look dead.
MISSED_FOR: Final = timedelta(seconds=30)


def missing_nodes(unfinished: Collection[str]) -> list[str]:
    """Those of these nodes that have been seen dead for `MISSED_FOR`, or that have no row any more."""
    now = database_now()
    Node.objects.filter(~live(now), missed_at=None).update(missed_at=now)
    known = set(Node.objects.values_list("name", flat=True))
    missed = set(Node.objects.filter(~live(now), missed_at__lt=now - MISSED_FOR).values_list("name", flat=True))
    return sorted(name for name in unfinished if name in missed or name not in known)
