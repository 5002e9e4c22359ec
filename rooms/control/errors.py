"""What can go wrong when web asks a node.

meet.errors.AppError
├── NoSuchRoom       400  nobody is in the room
├── CommandRefused   400  the room said no; `code` is the state machine's, `peerNotFound` for whom it doesn't know
└── NodeUnreachable  503  the room's node gives no answer
"""

from __future__ import annotations

from meet.errors import BadRequest, Unavailable


class NoSuchRoom(BadRequest):
    """Nobody is in the room, nor in its waiting room."""

    def __init__(self, hint: str = "") -> None:
        super().__init__("roomNotFound", "There is no such room.", hint=hint)


class CommandRefused(BadRequest):
    """The room does not do that."""


class NodeUnreachable(Unavailable):
    """A node that should be there gives no answer, or none that we understand. `node` is empty where there is none."""

    def __init__(self, node: str) -> None:
        super().__init__(
            "nodeUnreachable",
            f"The meeting server {node} does not answer." if node else "No meeting server is running at the moment.",
            hint="Try again in a few seconds. Operators: look at its log, and at MEET_CONTROL_URL.",
        )
