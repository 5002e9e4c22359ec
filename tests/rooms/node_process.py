"""A node for tests, without a database: `python -m tests.rooms.node_process PORT [CONTROL_PORT]` until SIGTERM."""

from __future__ import annotations

import os
import sys

import django


def serve(port: int, control_port: int | None = None) -> None:
    """Serve until SIGTERM; with a control API where a port is given for it."""
    from django.conf import settings  # noqa: PLC0415 - all of these need settings

    from media.config import MediaConfig  # noqa: PLC0415
    from meet.management.commands.node import WEBSOCKET_PING_S, WEBSOCKET_PONG_TIMEOUT_S  # noqa: PLC0415
    from meet.run.daphne_server import Listen, run  # noqa: PLC0415
    from rooms.control.server import ControlServer  # noqa: PLC0415
    from rooms.control.signing import derive_key  # noqa: PLC0415
    from rooms.runtime.node import Node, NodeConfig  # noqa: PLC0415
    from rooms.signalling.asgi import node_application  # noqa: PLC0415

    node = Node(NodeConfig("serv0", MediaConfig(port=0), allowed_origins=("https://embedder.example",)))
    control = ControlServer(node, derive_key(settings.SECRET_KEY))

    async def start() -> None:
        await node.start()
        if control_port is not None:
            await control.start("127.0.0.1", control_port)

    async def stop() -> None:
        await control.close()
        await node.close()

    run(
        node_application(node),
        Listen("127.0.0.1", port),
        on_start=start,
        on_stop=stop,
        websocket_ping_s=WEBSOCKET_PING_S,
        websocket_pong_timeout_s=WEBSOCKET_PONG_TIMEOUT_S,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")
    django.setup()
    serve(*map(int, sys.argv[1:]))
