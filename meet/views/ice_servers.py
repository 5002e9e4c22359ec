"""The TURN servers that go out with a ticket."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from django.conf import settings

from meet.conf.turn import turn_servers
from rooms.turn import ID_OCTETS

if TYPE_CHECKING:
    from rooms.protocol import IceServer


def ice_servers() -> list[IceServer]:
    """With credentials of their own for each page, from now on."""
    return turn_servers(settings.CONFIG).ice_servers(time.time(), secrets.token_bytes(ID_OCTETS))
