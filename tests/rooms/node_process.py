"""A node for tests, without a database: `python -m tests.rooms.node_process PORT` serves it until SIGTERM."""

from __future__ import annotations

import os
import sys

import django


def serve(port: int) -> None:
    """Serve until SIGTERM."""
    from media.config import MediaConfig  # noqa: PLC0415 - all of these need settings
    from meet.management.commands.node import WEBSOCKET_PING_S, WEBSOCKET_PONG_TIMEOUT_S  # noqa: PLC0415
    from meet.serving import Listen, run  # noqa: PLC0415
    from rooms.asgi import node_application  # noqa: PLC0415
    from rooms.node import Node, NodeConfig  # noqa: PLC0415

    node = Node(NodeConfig("serv0", MediaConfig(port=0), allowed_origins=("https://embedder.example",)))
    run(
        node_application(node),
        Listen("127.0.0.1", port),
        on_start=node.start,
        on_stop=node.close,
        websocket_ping_s=WEBSOCKET_PING_S,
        websocket_pong_timeout_s=WEBSOCKET_PONG_TIMEOUT_S,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")
    django.setup()
    serve(int(sys.argv[1]))
