"""A node's recorder: which rooms are being captured, since when, and when that ends by itself."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from recording.capture.capture import FLUSH_S, Capture
from recording.capture.disk import DiskWriter
from recording.capture.moment import CaptureClock
from rooms.protocol.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from recording.capture.capture import Reason
    from recording.capture.disk import DiskProblem
    from recording.capture.unfinished import Unfinished
    from rooms.protocol import Message
    from rooms.room_key import RoomKey
    from rooms.runtime.recorder import RecordableRoom

logger = logging.getLogger(__name__)

# Spec, "Auto-recording": about 60 s after the first person has come, and until about 60 s after the last has left.
AUTOMATIC_AFTER_S: Final = 60.0
EMPTY_FOR_S: Final = 60.0
# Of those 60 s a video shows so much: one sees that the last person left, and no empty room.
EMPTY_SHOWN_MS: Final = 2000
# That somebody is in a room is noted so often for other nodes (`rooms.nodes.room_memories`).
NOTED_EVERY_S: Final = 25.0


class Journal(Protocol):
    """Who keeps account of captures. Called on the event loop; returns at once."""

    def began(self, key: RoomKey, folder: Path, at_ms: int, continues_ms: int | None = None) -> None:
        """A capture writes into this folder, and goes on with the room's that began at `continues_ms`, if with any."""

    def ended(self, folder: Path, at_ms: int, reason: Reason) -> None:
        """All of it is written."""


@dataclass(frozen=True)
class _Elsewhere:
    """What another node recorded of a room, in Unix ms: from when until when, and when somebody was in for certain."""

    since_ms: int
    last_ms: int
    until_ms: int


@dataclass
class _Active:
    """A capture. `room` is None while there is none; `empty_since_ms` is when the last one left, while nobody is in."""

    capture: Capture
    room: RecordableRoom | None
    empty_since_ms: int | None = None
    # When an earlier process was killed, until somebody is back.
    interrupted_ms: int | None = None
    empty_timer: asyncio.TimerHandle | None = field(default=None)

    def stop_waiting(self) -> None:
        self.empty_since_ms = None
        if self.empty_timer is not None:
            self.empty_timer.cancel()
            self.empty_timer = None

    def end_ms(self) -> int:
        """When what is worth seeing ends."""
        now_ms = self.capture.clock.now_ms()
        return now_ms if self.empty_since_ms is None else min(now_ms, self.empty_since_ms + EMPTY_SHOWN_MS)


class NodeRecorder:
    """Captures go into folders below `folder`. `rooms.runtime.recorder.Recorder` tells what each call is for."""

    def __init__(
        self,
        node: str,
        folder: Path,
        journal: Journal,
        disk: DiskWriter | None = None,
        *,
        automatic_after_s: float = AUTOMATIC_AFTER_S,
        empty_for_s: float = EMPTY_FOR_S,
    ) -> None:
        self._node = node
        self._folder = folder
        self._journal = journal
        self._disk = disk or DiskWriter()
        self._automatic_after_s = automatic_after_s
        self._empty_for_s = empty_for_s
        self._active: dict[RoomKey, _Active] = {}
        self._expected: dict[RoomKey, asyncio.TimerHandle] = {}
        self._elsewhere: dict[RoomKey, _Elsewhere] = {}
        self._flush_timer: asyncio.TimerHandle | None = None

    @property
    def track_count(self) -> int:
        """How many tracks are being written at the moment."""
        return sum(active.capture.track_count for active in self._active.values())

    async def close(self) -> None:
        """End all captures, wait for the disk, and tell the journal. Idempotent."""
        for timer in self._expected.values():
            timer.cancel()
        self._expected.clear()
        for key in list(self._active):
            self._finish(key, "serverClosing")
        await asyncio.get_running_loop().run_in_executor(None, self._disk.close)
        await asyncio.sleep(0)  # what the disk's thread had to tell is told
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None

    def resume(self, unfinished: Unfinished) -> None:
        """Go on with what a killed process of this node recorded if people come back in time; else that was the end."""
        loop = asyncio.get_running_loop()
        key = unfinished.key
        clock = CaptureClock.resumed(unfinished.started_at_ms, unfinished.last_ms, loop.time)
        try:
            capture = self._capture(key, self._folder / unfinished.folder, clock, unfinished.last_ms)
        except OSError as error:
            logger.warning("A recording can't be gone on with (%s)", error.strerror)
            self._journal.ended(self._folder / unfinished.folder, unfinished.last_ms, "interrupted")
            return
        active = _Active(capture, None, unfinished.last_ms, interrupted_ms=unfinished.last_ms)
        left_s = self._empty_for_s - (clock.now_ms() - unfinished.last_ms) / 1000
        active.empty_timer = loop.call_later(max(0.0, left_s), self._end_empty, key)
        self._active[key] = active
        self._flush_soon()

    # --- what rooms call ---

    def room_opened(self, room: RecordableRoom) -> None:
        active = self._active.get(room.key)
        if active is None or active.room is not None:
            return
        active.room = room  # nobody is in yet, so it goes on waiting
        clock = active.capture.clock
        _attach(active.capture, room)
        missing_ms = None if active.interrupted_ms is None else clock.now_ms() - active.interrupted_ms
        room.recording_began(clock.started_at_ms, missing_ms)

    def recorded_elsewhere(self, room: RecordableRoom, since_ms: int, last_ms: int, until_ms: int) -> None:
        if room.key not in self._active:
            self._elsewhere[room.key] = _Elsewhere(since_ms, last_ms, until_ms)

    def expect(self, room: RecordableRoom) -> None:
        if room.key in self._active or room.key in self._expected:
            return
        loop = asyncio.get_running_loop()
        self._expected[room.key] = loop.call_later(self._automatic_after_s, self._begin_expected, room)

    def begin(self, room: RecordableRoom) -> None:
        self._begin(room)

    def _begin(self, room: RecordableRoom, before: _Elsewhere | None = None) -> None:
        """Raises `Refused`."""
        if room.key in self._active:
            raise Refused("alreadyRecording", "This meeting is being recorded already.")
        if not self._disk.room_for(self._existing_folder()):
            raise Refused("recordingFailed", "The recording can't begin: the server's disk is nearly full.")
        try:
            capture = self._new_capture(room.key, before.since_ms if before is not None else None)
        except OSError as error:
            logger.warning("A recording can't begin (%s)", error.strerror)
            raise Refused("recordingFailed", "The recording can't begin: the server can't write its files.") from error
        self._forget_expected(room.key)
        self._elsewhere.pop(room.key, None)
        self._active[room.key] = _Active(capture, room)
        began_ms = capture.clock.started_at_ms
        self._journal.began(room.key, capture.folder, began_ms, before.since_ms if before is not None else None)
        _attach(capture, room)
        room.recording_began(began_ms, max(0, began_ms - before.until_ms) if before is not None else None)
        self._flush_soon()

    def end(self, room: RecordableRoom) -> None:
        self._finish(room.key, "stopped")
        room.recording_ended(None)

    def hear(self, room: RecordableRoom, message: Message) -> None:
        active = self._active.get(room.key)
        if active is not None and active.room is room:
            active.capture.hear(message)

    def everybody_left(self, room: RecordableRoom) -> None:
        self._forget_expected(room.key)
        active = self._of(room)
        if active is not None:
            self._wait_for_somebody(room.key, active)

    def somebody_came(self, room: RecordableRoom) -> None:
        before = self._elsewhere.pop(room.key, None)
        if before is not None and room.key not in self._active:
            self._go_on_after(before, room)
        active = self._of(room)
        if active is not None:
            active.interrupted_ms = None
            active.stop_waiting()

    def meeting_ended(self, room: RecordableRoom) -> None:
        self._elsewhere.pop(room.key, None)
        self._forget_expected(room.key)
        if self._of(room) is not None:
            self._finish(room.key, "meetingEnded")

    def room_moved(self, room: RecordableRoom) -> None:
        self._forget_expected(room.key)
        if self._of(room) is not None:
            self._finish(room.key, "moved")

    def room_closed(self, room: RecordableRoom) -> None:
        self._elsewhere.pop(room.key, None)
        active = self._of(room)
        self.everybody_left(room)
        if active is not None:
            active.capture.detach()
            active.room = None

    # --- inside ---

    def _of(self, room: RecordableRoom) -> _Active | None:
        """What records this very room."""
        active = self._active.get(room.key)
        return active if active is not None and active.room is room else None

    def _wait_for_somebody(self, key: RoomKey, active: _Active) -> None:
        if active.empty_timer is None:
            active.empty_since_ms = active.capture.clock.now_ms()
            loop = asyncio.get_running_loop()
            active.empty_timer = loop.call_later(self._empty_for_s, self._end_empty, key)

    def _end_empty(self, key: RoomKey) -> None:
        active = self._active.get(key)
        self._finish(key, "empty" if active is None or active.interrupted_ms is None else "interrupted")
        if active is not None and active.room is not None:
            active.room.recording_ended(None)

    def _existing_folder(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def _new_capture(self, key: RoomKey, continues_ms: int | None) -> Capture:
        """Raises `OSError`."""
        loop = asyncio.get_running_loop()
        clock = CaptureClock(loop.time)
        day = datetime.fromtimestamp(clock.started_at_ms / 1000, UTC).strftime("%Y%m%d-%H%M%S")
        return self._capture(key, self._folder / f"{day}-{uuid.uuid4().hex[:12]}", clock, continues_ms=continues_ms)

    def _capture(
        self,
        key: RoomKey,
        folder: Path,
        clock: CaptureClock,
        interrupted_ms: int | None = None,
        continues_ms: int | None = None,
    ) -> Capture:
        loop = asyncio.get_running_loop()
        return Capture(
            key,
            self._node,
            folder,
            clock,
            self._disk,
            self._failed,
            call_soon=loop.call_soon_threadsafe,
            steady=loop.time,
            interrupted_ms=interrupted_ms,
            continues_ms=continues_ms,
        )

    def _go_on_after(self, before: _Elsewhere, room: RecordableRoom) -> None:
        """In a recording of its own, where it is not too long since somebody was in."""
        passed_s = time.time() - before.last_ms / 1000
        if passed_s <= self._empty_for_s + NOTED_EVERY_S:
            self._begin_by_itself(room, before)

    def _begin_by_itself(self, room: RecordableRoom, before: _Elsewhere | None = None) -> None:
        try:
            self._begin(room, before)
        except Refused as refusal:
            logger.warning("A meeting that should be recorded can't be: %s", refusal)
            room.recording_ended("diskFull" if refusal.info.code == "recordingFailed" else None)

    def _begin_expected(self, room: RecordableRoom) -> None:
        self._expected.pop(room.key, None)
        self._begin_by_itself(room)

    def _forget_expected(self, key: RoomKey) -> None:
        timer = self._expected.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _flush_soon(self) -> None:
        if self._flush_timer is None:
            self._flush_timer = asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        for active in list(self._active.values()):
            active.capture.flush()
        if self._active:
            self._flush_soon()

    def _failed(self, capture: Capture, problem: DiskProblem) -> None:
        active = self._active.get(capture.key)
        if active is None or active.capture is not capture:
            return
        self._finish(capture.key, problem)
        if active.room is not None:
            active.room.recording_ended(problem)

    def _finish(self, key: RoomKey, reason: Reason) -> None:
        active = self._active.pop(key, None)
        if active is None:
            return
        at_ms = active.end_ms()
        active.stop_waiting()
        capture = active.capture
        loop = asyncio.get_running_loop()

        def written() -> None:
            loop.call_soon_threadsafe(self._journal.ended, capture.folder, at_ms, reason)

        capture.close(reason, written)


def _attach(capture: Capture, room: RecordableRoom) -> None:
    capture.attach(room.router, room.seen_by_viewers(), lambda: room.interpretation_recorded)
