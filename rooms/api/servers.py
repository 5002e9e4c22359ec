"""The servers that rooms live on (spec: "List of servers")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.response import Response

from meet.database_time import database_now
from rooms.api import answers
from rooms.api.base import LiveView, operation
from rooms.models import Node
from rooms.nodes.address import http_url
from rooms.nodes.draining import State, state_of
from rooms.nodes.placement import default_of

if TYPE_CHECKING:
    from rest_framework.request import Request


class ServerList(LiveView):
    """Which servers there are."""

    @operation("listServers", answers.Servers, tag="Servers")
    def get(self, request: Request) -> Response:
        """List the servers: a room's id that begins with the name of one puts the room there."""
        now, default = database_now(), default_of(self.account(request))
        host, secure = request.get_host(), request.is_secure()

        def told(node: Node) -> dict[str, Any]:
            state = state_of(node, now)
            return {
                "name": node.name,
                "country": node.country,
                "url": http_url(node, host, secure=secure),
                "description": node.description,
                "default": node.name == default,
                "state": state.value,
                "load": 0 if state is State.DOWN else node.load_percent,
            }

        nodes = sorted(Node.objects.all(), key=lambda node: (len(node.name), node.name))  # serv2 before serv10
        return Response(answers.Servers({"servers": [told(node) for node in nodes]}).data)
