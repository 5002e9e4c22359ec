"""The web process's ASGI application: pages, admin, REST. Signalling is the node's (`rooms.signalling.asgi`)."""

import os
from typing import Any

import django
from django.conf import settings

from meet.conf.database import end_connections_with_requests
from meet.conf.rules import check
from meet.run.request_handler import RequestHandler
from meet.run.requests_at_once import RequestsAtOnce
from meet.run.trusted_proxies import TrustedProxies
from rooms.signalling.backpressure import Backpressure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")

django.setup(set_prefix=False)
requests = RequestHandler()
# For servers that are not started by a command of ours, and so without Django's system checks. Raises `ConfigError`.
check(settings.CONFIG)
end_connections_with_requests()


async def pages(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one request; a WebSocket has come to the wrong address."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
        return
    await requests(scope, receive, send)


application = Backpressure(
    TrustedProxies(RequestsAtOnce(pages, max(1, settings.CONFIG.requests_at_once)), settings.CONFIG.proxies)
)
