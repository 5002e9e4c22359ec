"""A node: the rooms that live in this process, and the SFU that serves them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from media.ortc.capabilities import AV1, H264, OPUS, RED, VP8, VP9
from media.ortc.negotiation import generate_router_rtp_capabilities
from media.sfu import Sfu
from media.turns import Turns
from rooms.room_key import RoomKey
from rooms.runtime.admission import Level, largest, level_for_rooms
from rooms.runtime.checks import CHECK_BPS, CheckLimits, Checks
from rooms.runtime.connection import SENDERS_AT_ONCE
from rooms.runtime.door import Door
from rooms.runtime.heap import Heap
from rooms.runtime.observer import NobodyWatches
from rooms.runtime.quotas import Quotas, Usage
from rooms.runtime.receiving import ONE_NODE
from rooms.runtime.recorder import RecordsNothing
from rooms.runtime.request_budget import JoinBudget
from rooms.runtime.room import Room
from rooms.runtime.tallies import Tallies
from rooms.runtime.tenure import Tenure, Unleased
from rooms.state.memory import RemembersNothing
from rooms.turn import TurnServers
from rooms.uptime import uptime_s

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from media.config import MediaConfig
    from media.ortc.parameters import RtpCodecCapability
    from rooms.runtime.connection import Connection
    from rooms.runtime.observer import RoomObserver
    from rooms.runtime.receiving import Elsewhere
    from rooms.runtime.recorder import Recorder
    from rooms.runtime.sampling import SampleSink
    from rooms.state.memory import Memories

logger = logging.getLogger(__name__)

VIDEO_CODECS: Final[dict[str, RtpCodecCapability]] = {"VP8": VP8, "H264": H264, "VP9": VP9, "AV1": AV1}
GOODBYE_S: Final = 0.3


@dataclass(frozen=True)
class NodeConfig:
    """`video_codecs` are keys of `VIDEO_CODECS`, the most wanted first; `allowed_origins` may hold `*`.

    In a room with more than `all_microphones_up_to` open microphones only the loudest are forwarded; 0 for always all.
    `full` is the share of its processor that a node may use before it takes nobody new; 0 for any.
    """

    name: str
    media: MediaConfig
    allowed_origins: tuple[str, ...] = ()
    video_codecs: tuple[str, ...] = tuple(VIDEO_CODECS)
    quotas: Quotas = field(default_factory=Quotas)
    all_microphones_up_to: int = 5
    checks: CheckLimits = field(default_factory=CheckLimits)
    turn: TurnServers = field(default_factory=TurnServers)
    full: float = 0.0


class Node:
    """Between `start` and `close` clients may connect. Rooms come with their first participant and go with the last."""

    def __init__(
        self,
        config: NodeConfig,
        observer: RoomObserver | None = None,
        recorder: Recorder | None = None,
        memories: Memories | None = None,
        samples: SampleSink | None = None,
        tenure: Tenure | None = None,
    ) -> None:
        """Without `samples`, rooms make none. Without a `tenure` nobody else can have its name."""
        self.config = config
        self.tenure = tenure or Unleased()
        self.draining = ""
        self.rooms: dict[RoomKey, Room] = {}
        self.sockets: set[Connection] = set()
        self.joins = JoinBudget()
        self.usage = Usage(config.quotas)
        self.checks = Checks(config.checks)
        self.tallies = Tallies()
        self.send_turns = Turns(SENDERS_AT_ONCE)
        # Where else people of large rooms may receive; nowhere, unless somebody sets it.
        self.elsewhere: Elsewhere = ONE_NODE
        self._check_rooms: dict[RoomKey, Room] = {}
        self._opened: set[RoomKey] = set()
        self._observer = observer or NobodyWatches()
        self._recorder = recorder or RecordsNothing()
        self._memories = memories or RemembersNothing()
        self._samples = samples
        self._codecs = (OPUS, RED, *(VIDEO_CODECS[name] for name in config.video_codecs))
        self.rtp_capabilities = generate_router_rtp_capabilities(self._codecs)
        self.sfu = Sfu(config.media)
        self.door = Door(config.full, self._spare, lambda: self.peer_count, self.sfu.behind_s, self.datagrams)
        self.heap = Heap(lambda: self.door.busy)

    @property
    def room_count(self) -> int:
        """Rooms with somebody in, or in their waiting room; those that wait for a return are not counted."""
        return sum(not room.state.empty for room in self.rooms.values())

    def takes(self, key: RoomKey) -> bool:
        """Whether people may come into a room here: while the node drains, into those that are here already."""
        return not self.draining or key in self.rooms

    def used_rooms(self) -> set[RoomKey]:
        """In which rooms somebody is, or was since this was asked last."""
        used, self._opened = self._opened | self.rooms.keys(), set()
        return used

    @property
    def peer_count(self) -> int:
        """Participants in all rooms."""
        return sum(room.peer_count for room in self.rooms.values())

    @property
    def receiver_count(self) -> int:
        """How many receive from this node: people of its rooms who don't from another one, and people of others'."""
        spread = self.elsewhere.spread()
        return self.peer_count - spread.receivers_elsewhere + spread.receivers_here

    def newcomer_packets_per_s(self, key: RoomKey) -> float:
        """What somebody is to receive from here who comes into a room now: what others do, there or on average."""
        if self.elsewhere.crowded() and self.elsewhere.carries():
            return 0.0
        room = self.rooms.get(key)
        of_room = None if room is None else room.media.packets_per_receiver()
        return self.door.packets_per_s / max(1, self.receiver_count) if of_room is None else of_room

    async def start(self) -> None:
        """Bind the media port. Raises `media.errors.AddressInUse`."""
        await self.sfu.start()
        self.door.start()

    def media_problem(self) -> str | None:
        """Why nobody can send media here; None while the media port is bound."""
        return None if self.sfu.sockets else "The media port is not bound."

    def lease_problem(self) -> str | None:
        """Why this may not be the node of its name; None while it is."""
        if self.tenure.serves(uptime_s()):
            return None
        return self.tenure.lost_because or "The node does not have the lease of its name yet, or any more."

    def drain_problem(self) -> str | None:
        """Why no new rooms are taken; None while they are."""
        return "The node drains: it takes no new rooms." if self.draining else None

    def announce(self, addresses: Sequence[str]) -> None:
        """Tell participants who come from now on these addresses for their media, the preferred last."""
        self.sfu.announce(addresses)

    def room(self, key: RoomKey) -> Room:
        """The live room, made if there is none."""
        room = self.rooms.get(key)
        if room is None:
            codecs = [codec.mime_type for codec in self._codecs if codec.kind == "video"]
            router = self.sfu.create_router(self._codecs)
            room = Room(
                key,
                router,
                codecs,
                self._forget,
                self._observer,
                self._recorder,
                self._memories,
                samples=self._samples,
                all_microphones_up_to=self.config.all_microphones_up_to,
                turn=self.config.turn,
                elsewhere=self.elsewhere,
                on_admitted=lambda room: self.door.come(self.newcomer_packets_per_s(room.key)),
            )
            self.rooms[key] = room
            self._opened.add(key)
        return room

    def check_room(self, key: RoomKey) -> Room:
        """A room in which somebody checks their network; nobody hears of it, and it counts nowhere."""
        room = self._check_rooms.get(key)
        if room is None:
            codecs = [codec.mime_type for codec in self._codecs if codec.kind == "video"]
            router = self.sfu.create_router(self._codecs)
            quiet = (self._forget_check, NobodyWatches(), RecordsNothing())
            room = self._check_rooms[key] = Room(key, router, codecs, *quiet, max_bitrate_bps=CHECK_BPS)
        return room

    # --- what its registration tells it (`rooms.nodes.registration.Tenant`) ---

    def load(self) -> tuple[int, int]:
        """How many rooms and participants there are."""
        return self.room_count, self.peer_count

    def datagrams(self) -> int:
        """How many datagrams of media have come and gone so far, by UDP and TCP."""
        tcp = self.sfu.tcp
        by_tcp = 0 if tcp is None else tcp.received + tcp.sent
        return by_tcp + sum(udp.received + udp.egress.sent for udp in self.sfu.sockets)

    def kept_rooms(self) -> set[RoomKey]:
        """Which rooms live here at the moment."""
        return set(self.rooms)

    def name_kept(self, epoch: int, asked_at: float) -> None:
        """The name is ours."""
        if self.tenure.lost_because:
            logger.warning("%s is run by this process again", self.config.name)
        self.tenure.renewed(epoch, asked_at)

    def name_unknown(self, at: float) -> None:
        """The database does not answer. Nobody can take the name without it, so rooms go on."""
        self.tenure.failed(at)

    def name_lost(self, why: str) -> None:
        """Another process has the name: all rooms end here. What they remember is that one's by now."""
        if not self.tenure.lost_because:
            logger.error("%s All %d rooms end here; this process waits until it has gone.", why, len(self.rooms))
        self.tenure.lost(why)
        self._end(self.kept_rooms(), remember=False)

    def told_to(self, drain: str) -> None:
        """What an operator wants: nothing (empty), no new rooms (`finish`), or no rooms at all (`move`)."""
        if drain != self.draining:
            logger.warning("%s", {"": "New rooms are taken again"}.get(drain, "No new rooms are taken from now on"))
        self.draining = drain

    async def move(
        self, rooms: Collection[RoomKey], let_go: Callable[[], Awaitable[object]], *, closing: bool = False
    ) -> None:
        """End these rooms here, so that their people find them elsewhere; `let_go` makes that they do.

        With `closing`, the node itself ends, and may be where they find them again.
        """
        for key in rooms:
            self.rooms[key].remembering.leave()
        await self._memories.flush()
        await let_go()
        if rooms:
            logger.warning("%d rooms move to other nodes", len(rooms))
        self._end(rooms, remember=True, moved=not closing)

    def end_moved(self, rooms: Collection[RoomKey]) -> None:
        """These live elsewhere by now, as this node was not heard of: who is here goes there."""
        logger.warning("%d rooms live on other nodes by now; they end here", len(rooms))
        self._end(rooms, remember=False)

    def _end(self, rooms: Collection[RoomKey], *, remember: bool, moved: bool = True) -> None:
        for key in rooms:
            room = self.rooms.pop(key, None)
            if room is not None:
                if moved:
                    self._recorder.room_moved(room)
                room.send_everybody_elsewhere(remember=remember)

    async def close(self) -> None:
        """Send everybody away, free the port. Idempotent."""
        for connection in list(self.sockets):
            connection.dismiss("serverClosing", "The server is restarting.")
        self.door.close()
        self.heap.close()
        for room in [*self.rooms.values(), *self._check_rooms.values()]:
            room.close()
        self.rooms.clear()
        self._check_rooms.clear()
        await asyncio.sleep(GOODBYE_S)
        await self.sfu.close()

    def _spare(self, level: Level) -> None:
        """Near the limit the rooms with most receivers here do without their best pictures, over it without more."""
        receivers = {
            key: max(0, room.peer_count - sum(self.elsewhere.receivers_of(room.router).values()))
            for key, room in self.rooms.items()
        }
        level = level_for_rooms(level, sum(receivers.values()), self.elsewhere.spread().receivers_here)
        sparing = largest(receivers) if level else set[RoomKey]()
        for key, room in self.rooms.items():
            room.media.sparing.spare(level if key in sparing else Level.OPEN)

    def _forget_check(self, room: Room) -> None:
        self._check_rooms.pop(room.key, None)

    def _forget(self, room: Room) -> None:
        if self.rooms.get(room.key) is room:
            del self.rooms[room.key]
