"""A microphone on the packet path: it hears each packet's level, and says whether the packet is forwarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.audio.voice import Voice

if TYPE_CHECKING:
    from media.audio.loudest import Gate


class Microphone:
    """`takes_part` tells whether it can dominate and is subject to a choice; `on` whether its owner has it on.

    Without a `gate` all is forwarded. One whose packets tell no level is always forwarded and never dominates.
    """

    __slots__ = ("gate", "on", "takes_part", "voice")

    def __init__(self, now: float, *, takes_part: bool = True, on: bool = True) -> None:
        self.voice = Voice(now)
        self.gate: Gate | None = None
        self.takes_part = takes_part
        self.on = on

    def hears(self, told: int, now: float) -> bool:
        """Take a packet's level (RFC 6464: the first byte of the extension); whether the packet is forwarded."""
        excess = self.voice.note(told, now)
        return self.gate is None or self.gate.admits(excess, now)
