"""A room that does without some of its cameras' pictures, because its node has so much to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.producer import Producer
    from rooms.protocol import Source
    from rooms.runtime.admission import Level
    from rooms.runtime.member import Member


LEAST_LOOKED_AT: Final = 32


class Spared(NamedTuple):
    """So many layers of each camera are sent less than there are, as long as there are others, and so many `cameras`.

    None for all of them.
    """

    layers: int = 0
    cameras: int | None = None


EVERYTHING: Final = Spared()
# By how near its limit a node is (`rooms.runtime.admission.Level`). Two faces let those who speak see each other.
SPARED: Final = (EVERYTHING, Spared(1), Spared(1), Spared(1), Spared(2, 2), Spared(2, 0))
MOST_SPEAKERS: Final = 2


class Sparing:
    """Of one room, with all of its members. A shared screen is sent as ever: people read in it."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._members = members
        # Whose each camera is, those that have been on for longest first.
        self._cameras: dict[str, str] = {}
        # Who led the conversation last is at the end.
        self._spoke: dict[str, None] = {}
        # With so many it is looked which of them are still there.
        self._most = LEAST_LOOKED_AT
        self.spared = EVERYTHING

    def begin(self, peer_id: str, producer: Producer, source: Source) -> None:
        """A track is sent from now on."""
        if source == "camera":
            self._cameras[producer.id] = peer_id
            if len(self._cameras) > self._most:
                self._forget_ended()
                self._most = max(LEAST_LOOKED_AT, 2 * len(self._cameras))
            if self.spared != EVERYTHING:
                self._change()

    def turned(self, producer_id: str, *, on: bool) -> None:
        """A track was paused, or goes on: of those on pause no camera is kept in place of another."""
        if producer_id in self._cameras:
            if on:
                self._cameras[producer_id] = self._cameras.pop(producer_id)
            self._choose()

    def ended(self, producer_id: str) -> None:
        """A track is closed."""
        if self._cameras.pop(producer_id, None) is not None:
            self._choose()

    def forget(self, peer_id: str) -> None:
        """Somebody is out, no member any more, and with them their cameras."""
        if peer_id in self._cameras.values():
            self._choose()

    def speaks(self, peer_id: str) -> None:
        """Somebody leads the conversation: theirs is the last camera that others do without."""
        self._spoke.pop(peer_id, None)
        self._spoke[peer_id] = None
        if len(self._spoke) > MOST_SPEAKERS:
            del self._spoke[next(iter(self._spoke))]
        self._choose()

    def spare(self, level: Level) -> None:
        """Do without as much as the node's level asks for."""
        spared = SPARED[level]
        if spared != self.spared:
            self.spared = spared
            self._change()

    def _choose(self) -> None:
        """Which cameras are kept may be others by now."""
        if self.spared.cameras is not None:
            self._change()

    def _change(self) -> None:
        sent = self._forget_ended()
        of_speakers = [key for peer in reversed(self._spoke) for key, owner in self._cameras.items() if owner == peer]
        ordered = sorted(dict.fromkeys([*of_speakers, *self._cameras]), key=lambda key: sent[key].paused)
        kept = set(ordered[: self.spared.cameras])
        for key in self._cameras:
            sent[key].spared_layers = self.spared.layers
            sent[key].withheld = key not in kept

    def _forget_ended(self) -> dict[str, Producer]:
        """Keep the cameras that are still there; all that is sent."""
        senders = (member.send_transport.producers for member in self._members.values())
        sent = {producer_id: producer for producers in senders for producer_id, producer in producers.items()}
        self._cameras = {key: owner for key, owner in self._cameras.items() if key in sent}
        return sent
