"""What a node tells of its rooms. Both questions let the rest of the node run every few steps."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Final

from rooms.control.shapes import LivePeer, LiveProducer, LiveRemoved, LiveRoom, LiveWaiting, RoomSummary

if TYPE_CHECKING:
    from collections.abc import Container

    from rooms.runtime.node import Node
    from rooms.runtime.room import Room
    from rooms.state.peer import Peer

# A summary takes some 3 µs, a person some 10.
AT_ONCE: Final = 50
MAX_NAMES: Final = 4


async def summaries(node: Node, account_ids: Container[int] | None) -> list[RoomSummary]:
    """The live rooms of some accounts, or (None) of all."""
    found = []
    for number, room in enumerate(list(node.rooms.values()), 1):
        wanted = account_ids is None or room.key.account_id in account_ids
        if wanted and not room.state.empty:
            found.append(
                RoomSummary(
                    account_id=room.key.account_id,
                    room_id=room.room_id,
                    node=node.config.name,
                    opened_at=room.opened_at,
                    peers=room.peer_count,
                    viewers=room.state.viewer_count,
                    waiting=len(room.state.waiting),
                    people=[room.state.display_name(peer_id) for peer_id in islice(room.state.tiles, MAX_NAMES)],
                )
            )
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return found


async def describe(node: Node, room: Room) -> LiveRoom:
    """A room with everybody in it. Who goes while we look may be in or not."""
    peers = []
    for number, peer in enumerate(list(room.state.everybody), 1):
        peers.append(_peer(room, peer))
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return LiveRoom(
        account_id=room.key.account_id,
        room_id=room.room_id,
        node=node.config.name,
        opened_at=room.opened_at,
        locked=room.state.rules.locked,
        waiting_room=room.state.rules.waiting_room,
        recording_since=room.state.recording_since,
        peers=peers,
        waiting=[
            LiveWaiting(peer_id=one.peer_id, display_name=one.display_name, since=one.since)
            for one in room.state.waiting
        ],
        removed=[
            LiveRemoved(peer_id=one.peer_id, display_name=one.display_name, at=one.at) for one in room.state.kicked
        ],
        elsewhere=room.elsewhere.receivers_of(room.router),
    )


def _peer(room: Room, peer: Peer) -> LivePeer:
    member = room.member(peer.info.id)
    return LivePeer(
        peer_id=peer.info.id,
        display_name=peer.info.display_name,
        role=peer.info.role,
        viewer=peer.viewer,
        joined_at=peer.info.joined_at,
        hand_raised=peer.info.hand_raised_at is not None,
        quality=peer.info.quality,
        estimate_bps=None if member is None else member.recv_transport.estimate_bps,
        producers=_producers(room, peer),
        language=peer.language,
    )


def _producers(room: Room, peer: Peer) -> list[LiveProducer]:
    member = room.member(peer.info.id)
    if member is None:
        return []
    found = []
    for info in peer.info.producers:
        media = member.send_transport.producers.get(info.id)
        if media is not None:
            found.append(
                LiveProducer(
                    id=info.id,
                    source=info.source,
                    mime_type=media.streams[0].format.mime_type,
                    paused=info.paused,
                    bitrate_bps=0 if info.paused else member.bitrates.bps(info.id),
                )
            )
    return found
