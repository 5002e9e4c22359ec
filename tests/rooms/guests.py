"""People in a live room on a real SFU; only their sockets are not real."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from media.config import MediaConfig
from rooms import protocol
from rooms.protocol.errors import Refused
from rooms.room_key import RoomKey
from rooms.runtime.node import Node, NodeConfig
from rooms.state.waiting_places import Origin
from rooms.turn import TurnServers
from tests.rooms.fakes import Person, settle, ticket_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rooms.runtime.room import Room
    from rooms.runtime.sampling import SampleSink
    from rooms.state.ticket import Ticket

OPUS: dict[str, Any] = {
    "mid": "0",
    "codecs": [{"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2}],
    "encodings": [{"ssrc": 1111}],
    "rtcp": {"cname": "c"},
}
VP8: dict[str, Any] = {
    "mid": "1",
    "codecs": [
        {"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000},
        {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000, "parameters": {"apt": 96}},
    ],
    "encodings": [{"rid": "r0"}, {"rid": "r1"}, {"rid": "r2"}],
}
MIC: dict[str, Any] = {"kind": "audio", "source": "mic", "rtpParameters": OPUS}
CAMERA: dict[str, Any] = {"kind": "video", "source": "camera", "rtpParameters": VP8}


@contextlib.asynccontextmanager
async def open_node(
    *,
    data_channels: bool = True,
    samples: SampleSink | None = None,
    turn: TurnServers | None = None,
    all_microphones_up_to: int = 5,
) -> AsyncIterator[Node]:
    """A node that takes guests."""
    node = Node(
        NodeConfig(
            "serv0",
            MediaConfig(port=0, data_channels=data_channels),
            turn=turn or TurnServers(),
            all_microphones_up_to=all_microphones_up_to,
        ),
        samples=samples,
    )
    await node.start()
    yield node
    await node.close()


class Guest(Person):
    """Somebody who joins a room of the node and asks for things."""

    def __init__(self, node: Node, peer_id: str, room_id: str = "room", address: str = "") -> None:
        super().__init__()
        self.node = node
        self.peer_id = peer_id
        self.room: Room = node.room(RoomKey(1, room_id))
        self.last_id = 0
        self.refused_joins = 0
        self._origin = Origin(address)

    async def join(
        self, admission: Ticket | None = None, capabilities: Any = None, display_name: str = ""
    ) -> dict[str, Any]:
        """Ask to come in; the whole answer."""
        await self.ask_to_join(admission, capabilities, display_name)
        return self.answer(self.last_id)

    async def ask_to_join(
        self,
        admission: Ticket | None = None,
        capabilities: Any = None,
        display_name: str = "",
        *,
        only_elsewhere: bool = False,
    ) -> None:
        """Ask to come in, whether that is answered soon or not."""
        wanted = msgspec.to_builtins(self.node.rtp_capabilities) if capabilities is None else capabilities
        join = {"ticket": "", "rtpCapabilities": wanted, "displayName": display_name}
        self.last_id += 1
        self.room.join(
            self.connection,
            self.last_id,
            msgspec.convert(join, protocol.Join),
            admission or ticket_of(self.peer_id),
            self.on_refused,
            origin=self._origin,
            only_elsewhere=only_elsewhere,
        )
        await settle()

    def on_refused(self) -> None:
        self.refused_joins += 1

    async def ask(self, method: str, **data: Any) -> dict[str, Any]:
        """The whole answer."""
        self.last_id += 1
        request = msgspec.convert(data, protocol.REQUESTS[method])
        try:
            self.room.request(self.connection, self.peer_id, self.last_id, request)
        except Refused as refused:
            return {"ok": False, "error": msgspec.to_builtins(refused.info)}
        await settle()
        return self.answer(self.last_id)

    async def refusal(self, method: str, **data: Any) -> str:
        answer = await self.ask(method, **data)
        return "ok" if answer["ok"] else str(answer["error"]["code"])

    def disconnect(self) -> None:
        self.room.disconnected(self.connection, self.peer_id)


async def guests(node: Node, *peer_ids: str) -> list[Guest]:
    made = [Guest(node, peer_id) for peer_id in peer_ids]
    for guest in made:
        assert (await guest.join())["ok"]
    return made


async def come(node: Node, peer_id: str, **admission: Any) -> Guest:
    """One guest of the node's room, inside, with a ticket that says this."""
    guest = Guest(node, peer_id)
    assert (await guest.join(ticket_of(peer_id, **admission)))["ok"]
    return guest
