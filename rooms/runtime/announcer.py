"""Tells a room's events to whom they concern: everybody, some, a recording. How often many viewers are counted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from rooms import protocol
from rooms.protocol.frames import encode_notification
from rooms.runtime.news import News
from rooms.state.machine import MANY_VIEWERS
from rooms.state.outcome import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rooms.protocol import Message
    from rooms.runtime.member import Member
    from rooms.state.machine import RoomState

# Where many watch, their number is told at most twice a second, and with no more frames a second than these.
VIEWERS_INTERVAL_S: Final = 0.5
VIEWERS_FRAMES_PER_S: Final = 200


class Announcer:
    """Of one room. `members` are all who are in; `record` takes what everybody hears while a recording is made."""

    def __init__(self, members: Mapping[str, Member], state: RoomState, record: Callable[[Message], None]) -> None:
        self._members = members
        self._state = state
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._viewers_timer: asyncio.TimerHandle | None = None
        self.news = News(self._loop)

    def announce(self, event: Event) -> None:
        """Tell an event, now or soon; the number of many viewers when it is its time."""
        if not isinstance(event.message, protocol.ViewersChanged) or self._state.viewer_count < MANY_VIEWERS:
            self._tell(event)
        elif self._viewers_timer is None:
            interval_s = max(VIEWERS_INTERVAL_S, len(self._members) / VIEWERS_FRAMES_PER_S)
            self._viewers_timer = self._loop.call_later(interval_s, self._tell_viewers)

    def close(self) -> None:
        """Tell nothing that waits. Idempotent."""
        self.news.close()
        if self._viewers_timer is not None:
            self._viewers_timer.cancel()

    def _tell(self, event: Event) -> None:
        if self._state.recording_since is not None and event.for_all:
            self._record(event.message)
        frame = encode_notification(event.message)
        if event.for_all or event.for_chat:
            self.news.tell(frame, event.but, chat=event.for_chat)
            return
        for peer_id in self._state.listeners(event):
            member = self._members.get(peer_id)
            if member is not None:
                member.connection.send(frame)

    def _tell_viewers(self) -> None:
        self._viewers_timer = None
        self._tell(Event(protocol.ViewersChanged(self._state.viewer_count)))
        self.news.flush()  # it has waited long enough
