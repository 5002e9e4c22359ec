"""A room that does without the best layers of its cameras, because its node has so much to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.producer import Producer
    from rooms.protocol import Source
    from rooms.runtime.member import Member


LEAST_LOOKED_AT: Final = 32


class Sparing:
    """Of one room, with all of its members. A shared screen is sent as ever: people read in it."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._members = members
        self._cameras: set[str] = set()
        # With so many it is looked which of them are still there.
        self._most = LEAST_LOOKED_AT
        self.layers = 0

    def begin(self, producer: Producer, source: Source) -> None:
        """A track is sent from now on."""
        if source == "camera":
            self._cameras.add(producer.id)
            producer.spared_layers = self.layers
            if len(self._cameras) > self._most:
                self._cameras &= self._sent().keys()
                self._most = max(LEAST_LOOKED_AT, 2 * len(self._cameras))

    def spare(self, layers: int) -> None:
        """Send so many layers of each camera less than there are, as long as there are others; 0 for all again."""
        if layers == self.layers:
            return
        self.layers = layers
        sent = self._sent()
        self._cameras &= sent.keys()
        for producer_id in self._cameras:
            sent[producer_id].spared_layers = layers

    def _sent(self) -> dict[str, Producer]:
        senders = (member.send_transport.producers for member in self._members.values())
        return {one.id: one for producers in senders for one in producers.values()}
