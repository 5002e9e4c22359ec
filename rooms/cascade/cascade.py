"""A node's part in rooms larger than one node: links to others for its own rooms, and branches of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from media.errors import MediaError
from rooms.cascade.branches import Branches
from rooms.cascade.choosing import Marks, above, choose
from rooms.cascade.home import Branch, BranchTransport
from rooms.cascade.link import Link
from rooms.cascade.messages import VERSION, FromHome, ToHome
from rooms.cascade.sealing import NONCE_OCTETS, keys_of
from rooms.control.requests import LINK_PATH
from rooms.control.server import Opening
from rooms.control.signing import Signed
from rooms.runtime.receiving import Spread

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from media.ortc.negotiation import BandwidthFeedback
    from media.router import Router
    from rooms.nodes.neighbours import Neighbour
    from rooms.runtime.node import Node

logger = logging.getLogger(__name__)

OPEN_S: Final = 2.0
MAX_HEAD: Final = 8 * 1024
# A node that did not answer, or whose pipe lets nothing through, is left alone for so long.
AVOIDED_S: Final = 30.0


class _Hello(msgspec.Struct, frozen=True):
    """Who opens a link, and their nonce in hexadecimal digits."""

    version: int
    node: str
    nonce: str


class _Answer(msgspec.Struct, frozen=True):
    """The other side's nonce."""

    nonce: str


class _Home:
    """This side of a link to a node that has branches of our rooms."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.branches: dict[int, Branch] = {}

    @property
    def receivers(self) -> int:
        return sum(len(branch.transports) for branch in self.branches.values())

    def on_message(self, message: Any) -> None:
        branch = self.branches.get(message.branch)
        if branch is not None:
            branch.on_message(message)

    def on_link_closed(self) -> None:
        for branch in list(self.branches.values()):
            branch.close()
        self.branches.clear()


class Cascade:
    """Of one node (`rooms.runtime.receiving.Elsewhere`, `rooms.control.server.Links`)."""

    def __init__(
        self,
        node: Node,
        key: bytes,
        ip: str,
        marks: Marks,
        load_percent: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`key` is the control API's; pipes are on `ip`. `tls` says whose certificates are believed."""
        self.neighbours: list[Neighbour] = []
        self.loopback = ip == "::1" or ip.startswith("127.")
        self._node = node
        self._key = key
        self._ip = ip
        self._marks = marks
        self._load_percent = load_percent
        self._clock = clock
        self._tls = tls
        self._homes: dict[str, _Home] = {}
        self._opening: dict[str, asyncio.Task[_Home | None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._serving: dict[Link, Branches] = {}
        self._of_room: dict[tuple[str, str], Branch] = {}
        self._avoided: dict[str, float] = {}
        self._last = 0

    # --- how many receive ---

    @property
    def elsewhere(self) -> int:
        """How many people of our rooms receive from other nodes."""
        return sum(home.receivers for home in self._homes.values())

    @property
    def carried(self) -> int:
        """How many people of others' rooms receive from us."""
        return sum(branches.receivers for branches in self._serving.values())

    @property
    def receivers(self) -> int:
        """How many receive from this node."""
        return self._node.peer_count - self.elsewhere + self.carried

    # --- what rooms ask ---

    def crowded(self) -> bool:
        """Whether newcomers had better receive on another node."""
        return bool(self.neighbours) and above(self._marks, self.receivers, self._load_percent())

    def carries(self) -> bool:
        """Whether there is another node below its marks."""
        return bool(self._marks.receivers) and choose(self._nodes(), (), self._marks) is not None

    async def reserve(self, router: Router) -> BranchTransport | None:
        """A transport on another node for somebody of this router's room; None where there is none to be had."""
        having = {name for name, router_id in self._of_room if router_id == router.id}
        chosen = choose(self._nodes(), having, self._marks)
        if chosen is None:
            return None
        made = await self._make(chosen, router)
        if made is None:
            logger.warning("%s could not take people of a room of ours; it is left alone for a while", chosen.name)
            self._avoided[chosen.name] = self._clock() + AVOIDED_S
        return made

    def room_closed(self, router: Router) -> None:
        """A room has ended, and with it all that is elsewhere of it."""
        for (_, router_id), branch in list(self._of_room.items()):
            if router_id == router.id:
                branch.end()

    def spread(self) -> Spread:
        """How far rooms reach at the moment."""
        here = sum(branches.count for branches in self._serving.values())
        return Spread(len(self._of_room), self.elsewhere, here, self.carried)

    def receivers_of(self, router: Router) -> dict[str, int]:
        """How many people of this router's room receive from which other node."""
        return {
            name: len(branch.transports)
            for (name, router_id), branch in self._of_room.items()
            if router_id == router.id and branch.transports
        }

    # --- what the node's registration says ---

    def send_back(self) -> None:
        """Have those who receive from here, in rooms of other nodes, receive from elsewhere."""
        for link in list(self._serving):
            link.close()

    # --- what the control API hands over ---

    def opening(self, key: bytes, body: bytes) -> Opening | None:
        """What comes of a request for a link that was signed with this key; None where it is none for us."""
        try:
            hello = msgspec.json.decode(body, type=_Hello)
            nonce = bytes.fromhex(hello.nonce)
        except (msgspec.MsgspecError, ValueError):
            return None
        if hello.version != VERSION or len(nonce) != NONCE_OCTETS:
            return None
        own = secrets.token_bytes(NONCE_OCTETS)
        theirs, ours = keys_of(key, nonce, own)
        return Opening(hello.node, msgspec.json.encode(_Answer(own.hex())), (ours, theirs))

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opening: Opening) -> None:
        """Have branches of another node's rooms until the connection ends."""

        def serving(link: Link) -> Branches:
            made = self._serving[link] = Branches(link, self._node.sfu, self._ip, self._somebody_went)
            return made

        link = Link(reader, writer, opening.keys, FromHome, serving)
        try:
            await link.run()
        finally:
            link.close()
            self._serving.pop(link, None)

    def _somebody_went(self) -> None:
        here = sum(branches.receivers for branches in self._serving.values())
        self._node.heap.somebody_went(len(self._node.sockets) + here)

    async def close(self) -> None:
        """End all links. Idempotent."""
        for home in list(self._homes.values()):
            home.link.close()
        for task in [*self._running, *self._opening.values()]:
            task.cancel()
        await asyncio.gather(*self._running, *self._opening.values(), return_exceptions=True)

    # --- inside ---

    def _nodes(self) -> list[Neighbour]:
        """Those that are not left alone at the moment."""
        now = self._clock()
        return [self._as_known(one) for one in self.neighbours if self._avoided.get(one.name, 0.0) <= now]

    def _as_known(self, neighbour: Neighbour) -> Neighbour:
        """With whom we have sent there since its row was written."""
        home = self._homes.get(neighbour.name)
        ours = 0 if home is None else home.receivers
        return replace(neighbour, receivers=max(neighbour.receivers, ours))

    async def _make(self, neighbour: Neighbour, router: Router) -> BranchTransport | None:
        home = await self._home(neighbour)
        if home is None or router.closed:
            return None
        branch = self._of_room.get((neighbour.name, router.id))
        if branch is None:
            try:
                branch = self._open_branch(neighbour.name, home, router)
            except MediaError as error:
                logger.warning("There can be no pipe to %s: %s", neighbour.name, error)
                return None
        made = await branch.make_transport()
        if made is None:
            branch.end_unused()
        return made

    def _open_branch(self, name: str, home: _Home, router: Router) -> Branch:
        self._last = number = self._last + 1

        def forget(_branch: Branch) -> None:
            home.branches.pop(number, None)
            self._of_room.pop((name, router.id), None)

        branch = Branch(number, router, home.link, self._ip, self._feedback, forget)
        home.branches[number] = self._of_room[name, router.id] = branch
        return branch

    @property
    def _feedback(self) -> BandwidthFeedback:
        media = self._node.config.media
        # How many report precisely is bounded a room: those elsewhere are the ones who came late.
        return (
            "remb" if media.bandwidth_feedback == "transport-cc" and media.precise_up_to else media.bandwidth_feedback
        )

    async def _home(self, neighbour: Neighbour) -> _Home | None:
        home = self._homes.get(neighbour.name)
        if home is not None:
            return home
        opening = self._opening.get(neighbour.name)
        if opening is None:
            opening = self._opening[neighbour.name] = asyncio.create_task(self._dial(neighbour), name="open a link")
            opening.add_done_callback(lambda _task: self._opening.pop(neighbour.name, None))
        return await asyncio.shield(opening)

    async def _dial(self, neighbour: Neighbour) -> _Home | None:
        try:
            async with asyncio.timeout(OPEN_S):
                link = await self._connect(neighbour)
        except (
            OSError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ValueError,
            msgspec.MsgspecError,
        ) as error:
            logger.warning("There is no link to %s: %s", neighbour.name, error or type(error).__name__)
            return None
        task = asyncio.create_task(self._run(neighbour.name, link), name=f"link to {neighbour.name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return self._homes[neighbour.name]

    async def _connect(self, neighbour: Neighbour) -> Link:
        """Raises `OSError`, `asyncio.IncompleteReadError`, `ValueError`, `msgspec.MsgspecError`."""
        url = urlsplit(neighbour.control_url)
        secure = url.scheme == "https"
        reader, writer = await asyncio.open_connection(
            url.hostname,
            url.port or (443 if secure else 80),
            ssl=(self._tls or True) if secure else None,
            limit=MAX_HEAD,
        )
        try:
            nonce = secrets.token_bytes(NONCE_OCTETS)
            body = msgspec.json.encode(_Hello(VERSION, self._node.config.name, nonce.hex()))
            writer.write(self._request(neighbour, body))
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status, _, fields = head.partition("\r\n")
            answer = msgspec.json.decode(await reader.readexactly(_length_of(status, fields)), type=_Answer)
            keys = keys_of(self._key, nonce, bytes.fromhex(answer.nonce))
        except BaseException:
            writer.transport.abort()
            raise

        def end(link: Link) -> _Home:
            home = self._homes[neighbour.name] = _Home(link)
            return home

        return Link(reader, writer, keys, ToHome, end)

    def _request(self, neighbour: Neighbour, body: bytes) -> bytes:
        signed = Signed(neighbour.name, "POST", LINK_PATH, str(int(time.time())), secrets.token_hex(16), body)
        lines = [
            f"POST {LINK_PATH} HTTP/1.1",
            f"Host: {urlsplit(neighbour.control_url).netloc}",
            f"Content-Length: {len(body)}",
            f"X-Meet-Time: {signed.time}",
            f"X-Meet-Nonce: {signed.nonce}",
            f"X-Meet-Signature: {signed.signature(self._key)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    async def _run(self, name: str, link: Link) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await link.run()
        self._homes.pop(name, None)


def _length_of(status: str, fields: str) -> int:
    """How long the answer is. Raises `ValueError` where a link is refused."""
    if " 200 " not in f"{status} ":
        message = f"it answers with {status!r}"
        raise ValueError(message)
    lengths = [int(line[15:]) for line in fields.split("\r\n") if line.startswith("content-length:")]
    if len(lengths) != 1 or not 0 < lengths[0] <= MAX_HEAD:
        message = "its answer has no length"
        raise ValueError(message)
    return lengths[0]
