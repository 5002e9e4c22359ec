"""Listens to a room's microphones and tells who dominates; what is decided there stands in `media.audio`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from media.audio.conversation import LOOK_S, Conversation

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from media.producer import Producer


class Speakers:
    """Of one room. `tell` gets the peer id of a new dominant speaker. Looks only while there is a microphone."""

    def __init__(
        self,
        all_up_to: int,
        tell: Callable[[str], None],
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float] = time.monotonic,
        on_loud: Callable[[Sequence[str]], None] = lambda _producer_ids: None,
    ) -> None:
        """With more than `all_up_to` open microphones only the loudest are forwarded; 0 for never.

        `on_loud` hears at each look which those are.
        """
        self._on_loud = on_loud
        self._conversation = Conversation(all_up_to)
        self._tell = tell
        self._loop = loop
        self._clock = clock
        self._peers: dict[str, str] = {}
        self._told: str | None = None
        self._timer: asyncio.TimerHandle | None = None

    def listen(self, peer_id: str, producer: Producer, *, on: bool, takes_part: bool) -> None:
        """One more microphone."""
        producer.listen(self._conversation.add(producer.id, self._clock(), takes_part=takes_part, on=on))
        self._peers[producer.id] = peer_id
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_S, self._look)

    def turn(self, producer_id: str, *, on: bool) -> None:
        """A microphone was turned on or off; other producers are ignored."""
        self._conversation.turn(producer_id, self._clock(), on=on)

    def remove(self, producer_id: str) -> None:
        """A producer has ended, a microphone or not."""
        self._conversation.remove(producer_id)
        if self._peers.pop(producer_id, None) == self._told:
            self._told = None

    def forget(self, peer_id: str) -> None:
        """Somebody is gone."""
        for producer_id in [key for key, owner in self._peers.items() if owner == peer_id]:
            self.remove(producer_id)

    def close(self) -> None:
        """Look no more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look) if self._peers else None
        dominant = self._conversation.look(self._clock())
        loud = self._conversation.loud
        if loud:
            self._on_loud(loud)
        if dominant is not None and (peer_id := self._peers[dominant]) != self._told:
            self._told = peer_id
            self._tell(peer_id)
