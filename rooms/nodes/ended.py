"""A node's process that has ended, as who started it knows for certain: its rooms need not wait for its lease."""

from __future__ import annotations

import logging
import socket
from typing import Final

from django.db import Error

from meet.database_time import database_now
from rooms.models import Drain, Node
from rooms.nodes.lease import LONG_AGO
from rooms.nodes.placement import live

logger = logging.getLogger(__name__)

MACHINE_LENGTH: Final = 255
# By this variable of the environment those whom a `serve` has started know which one it is.
STARTED_BY: Final = "SERVE_RUN_ID"


def machine_of(pid: int, started_by: str = "") -> str:
    """How a node's row says where its process runs.

    Two containers may have one host name and number their processes alike: the random id of the `serve` that has
    started it tells them apart.
    """
    whose = f" of run {started_by}" if started_by else ""
    return f"process {pid}{whose} on {socket.gethostname()}"[:MACHINE_LENGTH]


def process_ended(pid: int, started_by: str) -> None:
    """Give up what a process of that `serve` has had of names, if another node can take its rooms.

    Without another one everybody waits for the next process of that name anyway.
    """
    try:
        held = Node.objects.filter(live(database_now()), machine=machine_of(pid, started_by))
        others = Node.objects.filter(live(database_now()), drain=Drain.NONE).exclude(
            machine=machine_of(pid, started_by)
        )
        if held.exists() and others.exists():
            held.update(heartbeat_at=LONG_AGO)
    except Error as error:  # then it takes as long as the lease
        logger.warning("The rooms of a node that has ended wait for its lease: %s", error)
