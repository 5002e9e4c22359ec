"""Sends as fast as it may: `python -m tests.rooms.sender_process PORT [PEM]`.

`/healthz` has a count, `/broken` breaks off, `/slow` takes a second.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from meet.run.daphne_server import Listen, run
from rooms.signalling.backpressure import Backpressure

FRAME = "x" * 65_536
FRAMES = 1000
sent = 0


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    global sent  # noqa: PLW0603 - a program of one page
    await receive()
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/slow":
            await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
            await asyncio.sleep(1)
            await send({"type": "http.response.body", "body": b"done"})
            return
        if scope["path"] == "/broken":
            await send({"type": "http.response.body", "body": b"a piece", "more_body": True})
            raise TimeoutError("The rest is not to be had.")
        await send({"type": "http.response.body", "body": json.dumps({"sent": sent}).encode()})
        return
    await send({"type": "websocket.accept", "subprotocol": "meet.v1"})
    sent = 0
    while sent < FRAMES:
        await send({"type": "websocket.send", "text": FRAME})
        sent += 1
    await receive()


if __name__ == "__main__":
    pem = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    run(Backpressure(application), Listen("127.0.0.1", int(sys.argv[1]), pem), finish_s=5)
