"""The SFU's process of `benchmarks.recording`: its rooms can be recorded."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.sfu_process import Driver, main
from recording.capture.recorder import NodeRecorder
from rooms.protocol import PeerInfo, ProducerInfo, RoomSnapshot
from rooms.room_key import RoomKey
from rooms.state.machine import RoomState

if TYPE_CHECKING:
    from media.router import Router
    from media.sfu import Sfu
    from recording.capture.capture import Reason
    from rooms.protocol import RecordingProblem

SOURCES = {"audio": "mic", "video": "camera"}


class BareRoom:
    """What a recorder needs of a room whose people do nothing but send."""

    def __init__(self, name: str, router: Router) -> None:
        self.key = RoomKey(1, name)
        self.router = router
        self.interpretation_recorded = False
        self.producers: defaultdict[str, list[ProducerInfo]] = defaultdict(list)

    def seen_by_viewers(self) -> RoomSnapshot:
        """Everybody with what they send."""
        snapshot = RoomState(self.key.room_id, ["video/VP8"]).seen_by_viewers()
        snapshot.peers = [PeerInfo(name, name, "participant", 0, sent) for name, sent in self.producers.items()]
        return snapshot

    def recording_began(self, since_ms: int, missing_ms: int | None = None) -> None:
        """Nobody is there to see it."""

    def recording_ended(self, problem: RecordingProblem | None) -> None:
        """A benchmark on a disk that can't take it is none."""
        if problem is not None:
            raise RuntimeError(problem)


class NoJournal:
    """Nothing is kept."""

    def began(self, key: RoomKey, folder: Path, at_ms: int, continues_ms: int | None = None) -> None:
        """Nothing."""

    def ended(self, folder: Path, at_ms: int, reason: Reason) -> None:
        """Nothing."""


class RecordingDriver(Driver):
    """Requests about recordings beside the others."""

    def __init__(self, sfu: Sfu) -> None:
        super().__init__(sfu)
        self._rooms: dict[str, BareRoom] = {}
        self._recorder: NodeRecorder | None = None

    def do_room(self, room: str) -> None:
        super().do_room(room)
        self._rooms[room] = BareRoom(room, self._routers[room])

    def do_send(self, room: str, transport: str, kind: Any, rtp: Any) -> None:
        """Produce, known to the room."""
        producer_id = self.do_produce(transport, kind, rtp)
        source: Any = SOURCES[kind]
        self._rooms[room].producers[transport].append(ProducerInfo(producer_id, kind, source, paused=False))

    def do_record(self, folder: str) -> int:
        """Record all rooms; how many tracks that is."""
        self._recorder = NodeRecorder("bench", Path(folder), NoJournal())
        for room in self._rooms.values():
            self._recorder.begin(room)
        return self._recorder.track_count

    async def do_stop(self) -> float:
        """End it; how long that takes until all is on the disk."""
        began = time.perf_counter()
        if self._recorder is not None:
            await self._recorder.close()
        return time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(main(RecordingDriver))
