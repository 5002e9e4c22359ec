"""How long whoever answers http, web or a front, waits for a client, in seconds."""

from __future__ import annotations

from typing import Final

# For a request's first line and headers, from their first octet on; a browser sends them in one packet.
HEAD_S: Final = 10.0
# For a connection on which no request has begun, the first or the next.
IDLE_S: Final = 30.0
