"""Emptying a node that is to be stopped. What is wanted stands in its row, which it reads each second."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from meet.database_time import database_now
from meet.errors import BadRequest, NotFoundError
from rooms.models import Drain, Node
from rooms.nodes.placement import is_live, live

if TYPE_CHECKING:
    from datetime import datetime


_SAID: Final = {
    Drain.NONE: "takes rooms",
    Drain.FINISH: "takes no new rooms; those that are there go on until everybody has left",
    Drain.MOVE: "takes no new rooms; those that are there move to other nodes",
}


class State(Enum):
    """What a node does, in a word of the Server API."""

    RUNNING = "running"
    DRAINING = "draining"
    DRAINED = "drained"
    DOWN = "down"


def state_of(node: Node, now: datetime) -> State:
    """What a node does. `now` is the database's."""
    if not is_live(node, now):
        return State.DOWN
    if not node.drain:
        return State.RUNNING
    return State.DRAINING if node.rooms or node.receivers else State.DRAINED


def node_named(name: str) -> Node:
    """A node's row. Raises `NotFoundError`, which says which ones there are."""
    node = Node.objects.filter(name=name).first()
    if node is None:
        known = ", ".join(Node.objects.values_list("name", flat=True))
        raise NotFoundError("nodeNotFound", f"There is no node {name}.", hint=f"There are: {known or 'none yet'}.")
    return node


def drain(node: Node, wanted: Drain) -> str:
    """Have a node take no new rooms, or have those that are there go elsewhere, too, or take rooms again; a sentence.

    Raises `BadRequest` where rooms can't move, because no other node takes any.
    """
    others = Node.objects.filter(live(database_now()), drain=Drain.NONE).exclude(pk=node.pk)
    if wanted == Drain.MOVE and not others.exists():
        raise BadRequest(
            "noOtherNode",
            f"No other node takes rooms, so those of {node.name} have nowhere to go.",
            hint="Start another node first, or drain without moving, so that meetings end by themselves.",
        )
    Node.objects.filter(pk=node.pk).update(drain=wanted)
    return f"{node.name} {_SAID[wanted]}."
