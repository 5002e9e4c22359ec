"""The operator's TURN servers, as web hands them out with tickets and nodes when a path is restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.turn import TurnServers

if TYPE_CHECKING:
    from meet.config import Config


def turn_servers(config: Config) -> TurnServers:
    """With the settings as they are."""
    return TurnServers(config.turn_server_urls, config.turn_secret, config.turn_hours * 3600)
