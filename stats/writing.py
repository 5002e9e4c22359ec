"""Writes sessions, and in the same transaction what accounts' servers are to be told about them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from meet.accounts.models import Account
from rooms.room_key import RoomKey
from rooms.webhooks import outbox
from rooms.webhooks.room_events import RoomEvent
from stats.changes import Joined, Left
from stats.models import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from rooms.runtime.observer import Visit
    from rooms.webhooks.room_events import Kind
    from stats.changes import Change


def write(node: str, changes: Sequence[Change], marked_at: dt.datetime | None) -> None:
    """Write changes in their order, and mark what lasts on this node if there is a time to mark it with.

    Changes that were written before are left alone, so that a batch whose commit was not heard of can be repeated.
    Raises `django.db.Error`, and then nothing is written.
    """
    with transaction.atomic():
        if changes:
            batch = _Batch(node, changes)
            Session.objects.bulk_create(batch.new.values())
            Session.objects.bulk_create(
                batch.ended.values(),
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["display_name", "marked_at", "left_at"],
            )
            outbox.add(batch.room_events)
        if marked_at is not None:
            Session.objects.filter(node=node, left_at=None).update(marked_at=marked_at)


def close_interrupted(node: str) -> int:
    """End what a node's former process left unfinished, each at its last mark. Returns how many sessions it was."""
    with transaction.atomic():
        unfinished = Session.objects.select_for_update().filter(node=node, left_at=None)
        sessions = list(unfinished.order_by("marked_at", "joined_at"))
        unfinished.update(left_at=F("marked_at"), interrupted=True)
        outbox.add(list(_interruptions(sessions)))
    return len(sessions)


class _Batch:
    """What a list of changes comes to: rows that are `new`, older rows that are `ended`, and events in order."""

    def __init__(self, node: str, changes: Sequence[Change]) -> None:
        self.new: dict[UUID, Session] = {}
        self.ended: dict[UUID, Session] = {}
        self.room_events: list[RoomEvent] = []
        self._node = node
        self._written = Session.objects.select_for_update().in_bulk({change.key for change in changes})
        wanted = {change.visit.room.account_id for change in changes}
        # An account may have been deleted while people were in its rooms.
        self._accounts = set(Account.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        for change in changes:
            if isinstance(change, Joined):
                self._begin(change)
            else:
                self._end(change)

    def _begin(self, change: Joined) -> None:
        visit = change.visit
        if change.key in self._written or visit.room.account_id not in self._accounts:
            return
        joined_at = _time(visit.joined_at)
        self.new[change.key] = Session(
            id=change.key,
            account_id=visit.room.account_id,
            room_id=visit.room.room_id,
            peer_id=visit.peer_id,
            display_name=visit.display_name,
            role=visit.role,
            language=visit.language,
            viewer=visit.viewer,
            node=self._node,
            joined_at=joined_at,
            marked_at=joined_at,
        )
        if change.opens:
            self.room_events.append(RoomEvent("roomOpened", visit.room, visit.joined_at))
        self.room_events.append(_about("joinPeer", visit, visit.joined_at, visit.display_name))

    def _end(self, change: Left) -> None:
        session = self.new.get(change.key) or self._written.get(change.key)
        if session is None or session.left_at is not None:
            return
        session.display_name = change.display_name
        session.marked_at = session.left_at = max(_time(change.at_ms), session.joined_at)
        if change.key not in self.new:
            self.ended[change.key] = session
        visit = change.visit
        self.room_events.append(_about("closePeer", visit, change.at_ms, change.display_name))
        if change.closes:
            self.room_events.append(RoomEvent("roomClosed", visit.room, change.at_ms))


def _about(kind: Kind, visit: Visit, at_ms: int, display_name: str) -> RoomEvent:
    return RoomEvent(
        kind,
        visit.room,
        at_ms,
        visit.peer_id,
        display_name,
        visit.event_url,
        visit.event_header,
        role=visit.role,
        language=visit.language,
    )


def _interruptions(sessions: Iterable[Session]) -> Iterator[RoomEvent]:
    """Everybody is out, then each room is closed."""
    closed: dict[RoomKey, int] = {}
    for session in sessions:
        room = RoomKey(session.account_id, session.room_id)
        at_ms = closed[room] = int(session.marked_at.timestamp() * 1000)
        yield RoomEvent(
            "closePeer",
            room,
            at_ms,
            session.peer_id,
            session.display_name,
            role=session.role,
            language=session.language,
        )
    for room, at_ms in closed.items():
        yield RoomEvent("roomClosed", room, at_ms)


def _time(unix_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_ms / 1000, dt.UTC)
