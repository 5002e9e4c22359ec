"""Who is in a room, who of them hears what, and what all of them can decode. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.protocol.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from media.ortc.parameters import RtpCapabilities
    from rooms.state.outcome import Event
    from rooms.state.peer import Peer


class People:
    """`tiles` are those whom everybody sees, in the order of their appearance; the others are viewers.

    What is asked for with every command is kept apart, and small also where there are 2000 viewers.
    """

    def __init__(self, preferred_codecs: Sequence[str]) -> None:
        self._preferred = preferred_codecs[0]
        self._peers: dict[str, Peer] = {}
        self.tiles: dict[str, Peer] = {}
        self._moderators: dict[str, Peer] = {}
        # How many can decode each codec.
        self._decoders = dict.fromkeys(preferred_codecs, 0)

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._peers

    def __len__(self) -> int:
        return len(self._peers)

    @property
    def everybody(self) -> Iterable[Peer]:
        """Viewers too."""
        return self._peers.values()

    @property
    def viewers(self) -> Iterable[Peer]:
        """Who only watches, in the order of coming."""
        return (peer for peer in self._peers.values() if peer.viewer)

    @property
    def viewer_count(self) -> int:
        """How many only watch."""
        return len(self._peers) - len(self.tiles)

    def get(self, peer_id: str) -> Peer | None:
        """A participant, if they are in."""
        return self._peers.get(peer_id)

    def find(self, peer_id: str) -> Peer:
        """A participant who is in. Raises `Refused`."""
        peer = self._peers.get(peer_id)
        if peer is None:
            raise Refused("notFound", "There is no such participant in this room.")
        return peer

    def check_moderator(self, actor: str | None) -> None:
        """Raise `Refused` unless they may act on others. None is the account's own server."""
        if actor is not None and not self.find(actor).moderator:
            raise Refused("notModerator", "Only a moderator can do that.")

    def add(self, peer: Peer) -> None:
        """A participant comes in."""
        self._peers[peer.info.id] = peer
        if not peer.viewer:
            self.tiles[peer.info.id] = peer
        if peer.moderator:
            self._moderators[peer.info.id] = peer
        self._count_decoders(peer, 1)

    def remove(self, peer: Peer) -> None:
        """A participant leaves."""
        del self._peers[peer.info.id]
        self.tiles.pop(peer.info.id, None)
        self._moderators.pop(peer.info.id, None)
        self._count_decoders(peer, -1)

    def place(self, peer: Peer, *, viewer: bool) -> None:
        """A participant gets a tile as the last one, or gives theirs up."""
        peer.viewer = viewer
        if viewer:
            del self.tiles[peer.info.id]
        else:
            self.tiles[peer.info.id] = peer

    def hears(self, peer_id: str, event: Event) -> bool:
        """Whether an event is for this participant."""
        peer = self._peers.get(peer_id)
        if peer is None or peer_id == event.but:
            return False
        if event.only is not None:
            return peer_id == event.only
        if event.among is not None:
            return peer_id in event.among
        if peer_id == event.also or event.audience == "everybody":
            return True
        if event.audience == "stage":
            return not peer.viewer
        return peer.moderator if event.audience == "moderators" else not peer.entry.ticket.chat_disabled

    def listeners(self, event: Event) -> list[str]:
        """Everybody whom an event is for, without looking at everybody where few are."""
        candidates: Collection[str] = self._peers
        if event.only is not None:
            candidates = (event.only,)
        elif event.among is not None:
            candidates = event.among
        elif event.audience == "moderators":
            candidates = self._moderators if event.also is None else {*self._moderators, event.also}
        elif event.audience == "stage" and event.also is None:
            candidates = self.tiles
        return [peer_id for peer_id in candidates if self.hears(peer_id, event)]

    def common_codec(self) -> str:
        """The first preferred video codec that everybody can decode; with none in common, the first of all."""
        common = (codec for codec, able in self._decoders.items() if able == len(self._peers))
        return next(common, self._preferred)

    def _count_decoders(self, peer: Peer, step: int) -> None:
        for codec in self._decoders:
            self._decoders[codec] += step * (codec.lower() in peer.entry.video_codecs)


def receivable_video(capabilities: RtpCapabilities) -> frozenset[str]:
    """The lower-case MIME types of all video codecs (without RTX) in an endpoint's capabilities."""
    return frozenset(
        codec.mime_type.lower()
        for codec in capabilities.codecs
        if codec.kind == "video" and not codec.mime_type.lower().endswith("/rtx")
    )
