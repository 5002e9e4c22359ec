"""The TURN servers that go out with a ticket."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings

from meet.client_address import client_address
from meet.conf.turn import turn_servers

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rooms.protocol import IceServer


def ice_servers(request: HttpRequest) -> list[IceServer]:
    """With credentials that are good from now on, for whoever asks."""
    return turn_servers(settings.CONFIG).ice_servers(time.time(), client_address(request))
