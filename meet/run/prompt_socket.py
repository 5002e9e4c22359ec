"""daphne's WebSocket without what autobahn and Twisted spend on a message that neither needs.

autobahn 26 colours the text of each line that it logs before it asks whether anybody wants it: a third of the cost of
sending. Twisted keeps what is written until its loop comes round, which takes two changes of what `epoll` watches; most
messages fit into the socket's buffer at once. A node sends its participants hundreds of messages a second.
"""

from __future__ import annotations

from typing import Any, Final

from autobahn.websocket import protocol as autobahn_protocol
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.tcp import Connection

# What colours and lays out text for the log in autobahn's module.
DECORATIONS: Final = ("hltype", "hlval", "pformat")


def _plain(value: Any) -> Any:
    return value


def stop_decorating() -> None:
    """Have autobahn log values as they are, which costs nothing where nobody reads them. Idempotent."""
    for name in DECORATIONS:
        if hasattr(autobahn_protocol, name):
            setattr(autobahn_protocol, name, _plain)


class PromptSocket(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """Writes to its socket at once where nothing waits there; the rest goes Twisted's way."""

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802, FBT001, FBT002
        """Send octets of a frame; autobahn's name and arguments."""
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
            return
        rest = data[written_now(self.transport, data) :]
        if rest:
            self.transport.write(rest)


def written_now(transport: Any, data: bytes) -> int:
    """How many octets the socket has taken; 0 where something waits, and of a connection that is ending or secured."""
    plain = isinstance(transport, Connection) and not transport.TLS
    if not plain or transport.dataBuffer or transport._tempDataBuffer:  # noqa: SLF001 - the other half of its buffer
        return 0
    if not transport.connected or transport.disconnecting or transport.disconnected:
        return 0
    written = transport.writeSomeData(data)
    return written if isinstance(written, int) else 0  # an error: Twisted finds it when it writes
