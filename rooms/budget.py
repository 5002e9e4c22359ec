"""How much one client may ask for: a token bucket, without a clock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rooms import protocol

if TYPE_CHECKING:
    from rooms.protocol import Message

# So many requests at once, and so many a second for long.
REQUEST_BURST: Final = 400
REQUESTS_PER_S: Final = 100
# What everybody in the room hears about costs everybody.
HEARD_BY_ALL: Final = (
    protocol.Produce,
    protocol.ProduceData,
    protocol.PauseProducer,
    protocol.ResumeProducer,
    protocol.CloseProducer,
    protocol.SetDisplayName,
    protocol.SetAbsent,
    protocol.RaiseHand,
    protocol.SendChat,
    protocol.LowerHand,
    protocol.StopTrack,
    protocol.StopAllTracks,
    protocol.SetOnStage,
    protocol.SetMaxBitrate,
    protocol.AdmitAll,
    protocol.Allow,
    protocol.AllowAll,
    protocol.AskToTurnOn,
    protocol.SetWaitingRoom,
    protocol.SetLocked,
    protocol.LowerAllHands,
    protocol.Kick,
    protocol.LetBack,
)
HEARD_BY_ALL_COST: Final = 5


def cost_of(request: Message) -> int:
    """How many tokens a request takes beside the one that any frame takes."""
    return HEARD_BY_ALL_COST - 1 if isinstance(request, HEARD_BY_ALL) else 0


class RequestBudget:
    """Full at first. `now` is in seconds from anywhere."""

    def __init__(self) -> None:
        self._tokens: float = REQUEST_BURST
        self._last: float | None = None

    def take(self, now: float, tokens: int = 1) -> bool:
        """Whether so much more is within the limits; if not, nothing is taken."""
        if self._last is not None:
            self._tokens = min(REQUEST_BURST, self._tokens + (now - self._last) * REQUESTS_PER_S)
        self._last = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True
