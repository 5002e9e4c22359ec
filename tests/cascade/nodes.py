"""Nodes with links between them in one process, and people whose media are real."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import msgspec

from media.config import MediaConfig
from media.ortc.parameters import TransportOptions
from rooms.cascade.cascade import Cascade
from rooms.cascade.choosing import Marks
from rooms.control.encryption import asking, serving
from rooms.control.server import ControlServer
from rooms.nodes.neighbours import Neighbour
from rooms.runtime.node import Node, NodeConfig
from tests.media.clients import Camera, Listener, Peer, audio_parameters, until, video_parameters, without_reports
from tests.rooms.fakes import ticket_of
from tests.rooms.guests import Guest

if TYPE_CHECKING:
    from rooms.runtime.member import Member

KEY = bytes(range(32))
LOOPBACK = "127.0.0.1"


class LinkedNode:
    """A node with its control API and its part in large rooms. `receivers` is its mark.

    With a `certificate` it speaks TLS, and believes who has the same.
    """

    def __init__(self, name: str, receivers: int, key: bytes = KEY, certificate: str = "") -> None:
        self.node = Node(NodeConfig(name, MediaConfig(port=0)))
        self._tls = serving(certificate)
        believed = asking(certificate) if certificate else None
        self.cascade = Cascade(self.node, key, LOOPBACK, Marks(receivers), tls=believed)
        self.node.elsewhere = self.cascade
        self.control = ControlServer(self.node, key, links=self.cascade)

    async def start(self) -> None:
        await self.node.start()
        await self.control.start(LOOPBACK, 0, self._tls)

    @property
    def port(self) -> int:
        assert self.control._server is not None
        return int(self.control._server.sockets[0].getsockname()[1])

    def as_neighbour(self, load_percent: int = 0) -> Neighbour:
        name = self.node.config.name
        scheme = "http" if self._tls is None else "https"
        return Neighbour(name, f"{scheme}://{LOOPBACK}:{self.port}", self.cascade.receivers, load_percent)

    async def close(self) -> None:
        await self.control.close()
        await self.cascade.close()
        await self.node.close()


class Attendee(Guest):
    """Somebody in a room with real media: `up` sends, `down` receives, wherever the room has them receive from."""

    up: Peer
    down: Peer

    async def come(self, **ticket: Any) -> dict[str, Any]:
        """Join, and connect both transports."""
        told = msgspec.to_builtins(without_reports(self.node.rtp_capabilities))
        await self.ask_to_join(ticket_of(self.peer_id, **ticket), told)
        await until(lambda: self.answered(self.last_id))
        joined = self.answer(self.last_id)
        assert joined["ok"], joined
        self.up = await self._connected(joined["data"]["sendTransport"])
        self.down = await self._connected(joined["data"]["recvTransport"])
        return dict(joined["data"])

    async def _connected(self, options: dict[str, Any]) -> Peer:
        made = SimpleNamespace(options=msgspec.convert(options, TransportOptions))
        peer = Peer(cast("Any", made), Listener())
        parameters = msgspec.to_builtins(peer.dtls_parameters)
        assert (await self.ask("connectTransport", transportId=options["id"], dtlsParameters=parameters))["ok"]
        await peer.connect()
        return peer

    async def show(self, **more: Any) -> Camera:
        """Send video, at once with a keyframe."""
        parameters = msgspec.to_builtins(video_parameters())
        made = await self.ask("produce", kind="video", source="camera", rtpParameters=parameters, **more)
        assert made["ok"], made
        camera = Camera(self.up, 0x2000)
        camera.send(key=True)
        return camera

    async def speak(self) -> None:
        """Have a microphone."""
        parameters = msgspec.to_builtins(audio_parameters())
        assert (await self.ask("produce", kind="audio", source="mic", rtpParameters=parameters))["ok"]

    async def watch(self) -> dict[str, Any]:
        """Receive the newest of what there is; its consumer."""
        await until(lambda: self.consumers)
        created = self.consumers[-1]
        assert (await self.ask("resumeConsumer", consumerId=created["consumerId"]))["ok"]
        return created

    def bodies(self, created: dict[str, Any]) -> list[bytes]:
        return [one.payload for one in self.down.of(created["rtpParameters"]["encodings"][0]["ssrc"])]

    @property
    def member(self) -> Member:
        found = self.room.member(self.peer_id)
        assert found is not None
        return found

    def go(self) -> None:
        """Lose the connection, and all sockets."""
        for peer in (getattr(self, "up", None), getattr(self, "down", None)):
            if peer is not None:
                peer.close()
        self.disconnect()


async def meet(*nodes: LinkedNode) -> None:
    """They know each other from now on."""
    for one in nodes:
        one.cascade.neighbours = [other.as_neighbour() for other in nodes if other is not one]


async def soon(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - of another node's part
            await asyncio.sleep(0.01)
