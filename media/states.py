"""The states of a transport, and which may follow which."""

from __future__ import annotations

import enum
from typing import Final


class TransportState(enum.Enum):
    """Where a transport stands; DISCONNECTED means that ICE consent ran out and may come back."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    CLOSED = "closed"


NEXT_STATES: Final = {
    TransportState.NEW: {TransportState.CONNECTING, TransportState.CLOSED},
    TransportState.CONNECTING: {
        TransportState.CONNECTED,
        TransportState.DISCONNECTED,
        TransportState.FAILED,
        TransportState.CLOSED,
    },
    TransportState.CONNECTED: {TransportState.DISCONNECTED, TransportState.FAILED, TransportState.CLOSED},
    TransportState.DISCONNECTED: {
        TransportState.CONNECTING,
        TransportState.CONNECTED,
        TransportState.FAILED,
        TransportState.CLOSED,
    },
    TransportState.FAILED: {TransportState.CLOSED},
    TransportState.CLOSED: set(),
}

ENDED: Final = frozenset({TransportState.FAILED, TransportState.CLOSED})
