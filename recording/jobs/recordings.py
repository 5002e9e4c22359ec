"""Writes down what nodes capture, and what is to be composed of it, each in one transaction."""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.db import transaction
from django.utils import timezone

from meet.accounts.models import Account
from recording.capture.unfinished import Unfinished
from recording.jobs.incidents import tell_of_end
from recording.jobs.parts import parts
from recording.models import Discarded, Recording, Video
from rooms.models import Node
from rooms.room_key import RoomKey
from rooms.webhooks import outbox
from rooms.webhooks.room_events import RoomEvent

if TYPE_CHECKING:
    from pathlib import Path

    from rooms.webhooks.room_events import Kind

logger = logging.getLogger(__name__)

INTERRUPTED: Final = "interrupted"
# So much of a timeline's end is looked at for its last time.
_TAIL_BYTES: Final = 64 * 1024
# What may still be on its way to a capture's files.
_SETTLED: Final = dt.timedelta(seconds=30)
# Much longer than a node takes to start again, and as long as it is waited for by those who were in its rooms.
_ABANDONED: Final = dt.timedelta(minutes=10)


def begin(key: RoomKey, node: str, folder: str, at_ms: int, continues_ms: int | None = None) -> None:
    """A capture began, perhaps one that goes on with another of the room. Written before: nothing happens."""
    with transaction.atomic():
        if not Account.objects.filter(pk=key.account_id).exists():
            return  # deleted while people were in its rooms
        _, made = Recording.objects.get_or_create(
            folder=folder,
            defaults={
                "account_id": key.account_id,
                "room_id": key.room_id,
                "node": node,
                "started_at": _time(at_ms),
                "continues": None if continues_ms is None else _time(continues_ms),
            },
        )
        if made:
            _tell("recordingStarted", key, at_ms)


def end(folder: str, at_ms: int, reason: str) -> None:
    """A capture is complete: its videos wait to be composed. Written before: nothing happens."""
    with transaction.atomic():
        recording = Recording.objects.select_for_update().filter(folder=folder, ended_at=None).first()
        if recording is None:
            return
        recording.ended_at = max(_time(at_ms), recording.started_at)
        recording.reason = reason
        recording.save(update_fields=["ended_at", "reason"])
        divide(recording, recording.ended_at)
        tell_of_end(recording, timezone.now())
        _tell("recordingStopped", RoomKey(recording.account_id, recording.room_id), at_ms, reason=reason)


def divide(recording: Recording, now: dt.datetime) -> list[Video]:
    """Have those parts of a recording composed that can be by now and aren't yet: the new videos."""
    duration_s = ((recording.ended_at or now) - recording.started_at).total_seconds()
    known = set(recording.videos.values_list("part", flat=True))
    return Video.objects.bulk_create(
        Video(
            recording=recording,
            account_id=recording.account_id,
            room_id=recording.room_id,
            name=_name(recording, part.from_s),
            part=part.number,
            from_s=part.from_s,
            to_s=part.to_s,
            created_at=recording.started_at + dt.timedelta(seconds=part.from_s),
            due_at=timezone.now(),
        )
        for part in parts(duration_s, ended=recording.ended_at is not None)
        if part.number not in known
    )


def divide_running(node: str, now: dt.datetime) -> int:
    """Have those parts of a node's recordings composed that are over, though they go on. Returns how many those are."""
    running = Recording.objects.filter(node=node, ended_at=None)
    return sum(len(divide(recording, now - _SETTLED)) for recording in running)


def end_interrupted(node: str, captures: Path, resumable_since_ms: int | None = None) -> tuple[int, list[Unfinished]]:
    """End what a node's former process left unfinished, at what its files hold.

    Returns how many that was, and those that can be gone on with, since they were written to until
    `resumable_since_ms` at least; of each room the newest.
    """
    _begin_unknown(node, captures)
    resumable: dict[RoomKey, Unfinished] = {}
    ended = 0
    for recording in Recording.objects.filter(node=node, ended_at=None).order_by("-started_at"):
        began_ms = int(recording.started_at.timestamp() * 1000)
        last_ms = last_moment_ms(captures / recording.folder)
        key = RoomKey(recording.account_id, recording.room_id)
        recent = resumable_since_ms is not None and last_ms is not None and last_ms >= resumable_since_ms
        if recent and last_ms is not None and key not in resumable:
            resumable[key] = Unfinished(key, recording.folder, began_ms, last_ms)
        else:
            end(recording.folder, last_ms or began_ms, INTERRUPTED)
            ended += 1
    return ended, list(resumable.values())


def end_abandoned(node: str, captures: Path, now: dt.datetime) -> int:
    """End what a node has left unfinished that has not run for long, for who makes videos beside it. Returns how many.

    A node that starts again does that itself. What is still written to goes on, whatever the node's heartbeat says: the
    database may have been away for both.
    """
    since = now - _ABANDONED
    if Node.objects.filter(name=node, heartbeat_at__gt=since).exists():
        return 0
    ended, _ = end_interrupted(node, captures, int(since.timestamp() * 1000))
    return ended


def _begin_unknown(node: str, captures: Path) -> None:
    """Captures that there was no time to write down."""
    folders = {path.parent.name: path for path in captures.glob("*/capture.json")}
    known = set(Recording.objects.filter(folder__in=folders).values_list("folder", flat=True))
    known |= set(Discarded.objects.filter(name__in=folders).values_list("name", flat=True))
    for name, path in folders.items():
        if name in known:
            continue
        try:
            header = msgspec.json.decode(path.read_bytes(), type=_Header)
        except (OSError, msgspec.DecodeError) as error:
            logger.warning("The capture %s can't be read: %s", name, error)
            continue
        if header.node == node:
            begin(RoomKey(header.account_id, header.room_id), node, name, header.started_at, header.continues)


class _Header(msgspec.Struct, rename="camel"):
    """What the beginning of a capture says (`recording.capture.capture`)."""

    account_id: int
    room_id: str
    node: str
    started_at: int
    continues: int | None = None


def last_moment_ms(folder: Path) -> int | None:
    """When something was last written to a capture, in Unix ms; None where there is nothing to be read."""
    times = [path.stat().st_mtime_ns // 1_000_000 for path in (folder / "tracks").glob("*.rtpdump")]
    noted = _last_noted_ms(folder / "timeline.jsonl")
    return max([*times, *([noted] if noted is not None else [])], default=None)


def _last_noted_ms(timeline: Path) -> int | None:
    try:
        with timeline.open("rb") as file:
            file.seek(max(0, timeline.stat().st_size - _TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            entry: Any = json.loads(line)
            return int(entry["at"])
        except (ValueError, KeyError, TypeError):
            continue  # torn, or begins before what was read
    return None


def _name(recording: Recording, from_s: float) -> str:
    """Spec, "Where to find recorded videos": "Recording", the exact room id and the exact time."""
    at = recording.started_at + dt.timedelta(seconds=from_s)
    return f"Recording {recording.room_id} {at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _tell(kind: Kind, key: RoomKey, at_ms: int, **data: object) -> None:
    outbox.add([RoomEvent(kind, key, at_ms, data=data)])


def _time(unix_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_ms / 1000, dt.UTC)
