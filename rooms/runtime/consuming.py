"""Who in a room has consumers of what: everybody of everything where few send, and of what matters where many do.

A consumer for each track at each participant would grow with the square of the room, and so would what each costs: its
making, its description, its looking after. So everybody has consumers of all videos as long as there are few, of shared
screens always, of those microphones that may be forwarded soon (`rooms.runtime.heard`), and of interpreters' voices as
they choose. Of many cameras a page gets those that it asks for (`rooms.protocol.Watch`), and who has never asked gets
those that have been on for longest.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from rooms.runtime.heard import PLACES, Heard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rooms import protocol
    from rooms.runtime.member import Member
    from rooms.state.machine import RoomState
    from rooms.state.outcome import ConsumeProducer, StopConsuming

# A consumer takes some 70 µs to make: 2000 in one go would hold up the node.
CONSUMERS_AT_ONCE: Final = 20
# So many cameras somebody gets without having asked: more don't fit on a page at a useful size.
ALL_CAMERAS_UP_TO: Final = 25
# Of more, who asks for what they show has so many from the beginning: a first screen.
FIRST_CAMERAS: Final = 9
# So many cameras somebody may have consumers of at a time; a page shows no more.
MOST_VIDEOS: Final = 100


class _Sent(NamedTuple):
    peer_id: str
    producer: protocol.ProducerInfo


class Consuming:
    """Of one room. `members` are all who are in, `later` does something when it is its turn."""

    def __init__(
        self,
        members: Mapping[str, Member],
        state: RoomState,
        later: Callable[[Callable[[], None]], None],
        all_microphones_up_to: int,
    ) -> None:
        """With 0 for `all_microphones_up_to` all are always forwarded, so everybody has consumers of all."""
        self._members = members
        self._state = state
        self._later = later
        self._heard = Heard(max(PLACES, all_microphones_up_to) if all_microphones_up_to else math.inf)
        self._cameras: dict[str, None] = {}
        self._sent: dict[str, _Sent] = {}
        self._of_peer: dict[str, set[str]] = {}

    # --- what a newcomer gets, and what a page asks for ---

    def for_newcomer(self, member: Member, *, watches: bool = False) -> list[protocol.ConsumerCreated]:
        """A consumer for each track that somebody has from the beginning; `watches` says that they ask for others."""
        if watches and len(self._cameras) > ALL_CAMERAS_UP_TO:
            member.watched = frozenset(islice(self._cameras, FIRST_CAMERAS))
        offered = self._state.producers_of_others(member.peer_id)
        made = [member.consume(peer_id, one) for peer_id, one in offered if self._wants(member, one)]
        return [one for one in made if one is not None]

    def watch(self, member: Member, producer_ids: Sequence[str]) -> None:
        """Somebody shows these videos; unknown ones may have ended."""
        member.watched = frozenset(producer_ids)
        known = [one for name in dict.fromkeys(producer_ids) if (one := self._sent.get(name)) is not None]
        wanted = [one for one in known if one.producer.kind == "video" and one.peer_id != member.peer_id]
        new = sum(one.producer.source == "camera" and not member.receives(one.producer.id) for one in wanted)
        member.keep_videos(producer_ids, MOST_VIDEOS - new)
        self._make([(member, one) for one in wanted])

    # --- what happens in the room ---

    def begin(self, effect: ConsumeProducer) -> None:
        """Somebody sends something, or some have chosen to hear an interpreter."""
        sent = _Sent(effect.peer_id, effect.producer)
        if effect.receivers is not None:
            receivers = [self._members[name] for name in effect.receivers if name in self._members]
            self._make([(member, sent) for member in receivers])
            return
        key = effect.producer.id
        self._sent[key] = sent
        self._of_peer.setdefault(effect.peer_id, set()).add(key)
        if effect.producer.source == "camera":
            self._cameras[key] = None
        if effect.producer.source == "mic":
            self._change([self._heard.add(key, on=not effect.producer.paused)])
        elif self._given(effect.producer):
            self._make_for_all(sent)

    def end(self, effect: StopConsuming) -> None:
        """Some do not hear an interpreter any more."""
        self._take_back(effect.receivers, effect.producer)

    def turned(self, producer_id: str, *, on: bool) -> None:
        """Something is on, or off."""
        self._change([self._heard.turn(producer_id, on=on)])

    def loud(self, producer_ids: Iterable[str]) -> None:
        """These microphones are being forwarded, of more than can be."""
        self._change(self._heard.loud(producer_ids))

    def ended(self, producer_id: str) -> None:
        """A track has ended, and its consumers with it. Unknown ones are ignored."""
        sent = self._sent.pop(producer_id, None)
        if sent is not None:
            self._of_peer[sent.peer_id].discard(producer_id)
            self._heard.remove(producer_id)
        if producer_id in self._cameras:
            del self._cameras[producer_id]
            if len(self._cameras) >= ALL_CAMERAS_UP_TO:
                oldest = list(islice(self._cameras, ALL_CAMERAS_UP_TO))
                # One more is among them now; where no others are left everybody gets all.
                self._later(partial(self._make_up, oldest[-1:] if len(self._cameras) > len(oldest) else oldest))

    def gone(self, peer_id: str) -> None:
        """Somebody is out, with everything that they sent."""
        for producer_id in list(self._of_peer.get(peer_id, ())):
            self.ended(producer_id)
        self._of_peer.pop(peer_id, None)

    # --- inside ---

    def _given(self, producer: protocol.ProducerInfo) -> bool:
        """Whether everybody who may have it has a consumer of it."""
        if producer.language:
            return True
        if producer.source == "mic":
            return producer.id in self._heard
        return producer.source != "camera" or self._among_oldest(producer.id)

    def _among_oldest(self, camera: str) -> bool:
        few = len(self._cameras) <= ALL_CAMERAS_UP_TO
        return few or camera in islice(self._cameras, ALL_CAMERAS_UP_TO)

    def _make_up(self, cameras: Sequence[str]) -> None:
        """A camera has ended that stood in the way of these; they may have ended themselves."""
        sent = [one for camera in cameras if (one := self._sent.get(camera)) is not None]
        members = self._members.values()
        pairs = [(member, one) for one in sent for member in members if member.peer_id != one.peer_id]
        self._make([(member, one) for member, one in pairs if self._wants(member, one.producer)])

    def _change(self, changes: Iterable[tuple[str | None, str | None]]) -> None:
        for new, old in changes:
            if old is not None:
                self._take_back(tuple(self._members), self._sent[old].producer)
            if new is not None:
                self._make_for_all(self._sent[new])

    def _make_for_all(self, sent: _Sent) -> None:
        self._make([(member, sent) for member in self._members.values() if member.peer_id != sent.peer_id])

    def _make(self, wanted: Sequence[tuple[Member, _Sent]]) -> None:
        """Make consumers, many bit by bit; what they are of may have ended before all are made."""
        for member, sent in wanted[:CONSUMERS_AT_ONCE]:
            if self._members.get(member.peer_id) is member and self._wants(member, sent.producer):
                created = member.consume(*sent)
                if created is not None:
                    member.connection.notify(created)
        rest = wanted[CONSUMERS_AT_ONCE:]
        if rest:
            self._later(lambda: self._make(rest))

    def _wants(self, member: Member, producer: protocol.ProducerInfo) -> bool:
        """Whether somebody is to have it by now, and has not got it already."""
        if member.receives(producer.id):
            return False
        if producer.language:
            return self._state.may_consume(member.peer_id, producer)
        if producer.source == "camera" and len(self._cameras) > ALL_CAMERAS_UP_TO and member.watched is not None:
            return producer.id in member.watched
        return self._given(producer)

    def _take_back(self, receivers: tuple[str, ...], producer: protocol.ProducerInfo) -> None:
        """Close consumers, many bit by bit, unless they are wanted again meanwhile."""
        for peer_id in receivers[:CONSUMERS_AT_ONCE]:
            member = self._members.get(peer_id)
            if member is not None and not self._keeps(peer_id, producer):
                member.stop_consuming(producer.id)
        rest = receivers[CONSUMERS_AT_ONCE:]
        if rest:
            self._later(lambda: self._take_back(rest, producer))

    def _keeps(self, peer_id: str, producer: protocol.ProducerInfo) -> bool:
        return self._state.may_consume(peer_id, producer) if producer.language else producer.id in self._heard
