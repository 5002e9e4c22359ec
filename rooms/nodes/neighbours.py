"""The other nodes that run and take rooms, as a node sees them: where it may have people of a large room receive."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from rooms.models import Drain, Node
from rooms.nodes.load import burden
from rooms.nodes.placement import live

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Neighbour:
    """Another node. `receivers` are the people who receive from it."""

    name: str
    control_url: str
    receivers: int
    load_percent: int


class Neighbourhood(Protocol):
    """Who wants to know them, and knows how many receive from this node."""

    neighbours: list[Neighbour]
    loopback: bool

    @property
    def receivers(self) -> int: ...
    def send_back(self) -> None:
        """Have those who receive from here, in rooms of other nodes, receive from elsewhere."""


def neighbours_of(name: str, now: datetime, *, loopback: bool) -> list[Neighbour]:
    """Those that can be reached; with `loopback`, from there only. `now` is the database's."""
    rows = Node.objects.filter(live(now), drain=Drain.NONE).exclude(name=name)
    here = socket.gethostname()
    return [
        Neighbour(row.name, row.control_url, row.receivers, burden(row))
        for row in rows
        if row.machine.rpartition(" on ")[2] == here or not (loopback or _on_loopback(row.control_url))
    ]


def _on_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")
