"""Recordings in the database, with captures that are there or not."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from recording.models import Recording, Status, Video, VideoPerson
from tests.recording.make_capture import Camera, Person, make_capture

if TYPE_CHECKING:
    from pathlib import Path

    from meet.accounts.models import Account

NOW = dt.datetime(2026, 9, 21, 14, tzinfo=dt.UTC)
SMALL = Camera(width=320, height=180, fps=15)


def recorded(
    account: Account, folder: str = "one", *, hours: float = 1.0, room_id: str = "serv0abc", node: str = "serv0"
) -> Recording:
    """One that has ended."""
    return Recording.objects.create(
        account=account,
        room_id=room_id,
        node=node,
        folder=folder,
        started_at=NOW - dt.timedelta(hours=hours),
        ended_at=NOW,
        reason="stopped",
    )


def video_of(
    recording: Recording, status: Status = Status.WAITING, *, people: tuple[str, ...] = (), part: int = 1
) -> Video:
    """A video that waits to be composed, or is at another place of its life."""
    video = Video.objects.create(
        recording=recording,
        account=recording.account,
        room_id=recording.room_id,
        name=f"Recording {recording.room_id} {recording.started_at:%Y-%m-%d %H:%M:%S} UTC",
        part=part,
        from_s=0,
        to_s=3600,
        created_at=recording.started_at,
        due_at=NOW,
        status=status,
        **({"duration_s": 3.0, "size_bytes": 1000, "ready_at": NOW} if status == Status.READY else {}),
    )
    for position, name in enumerate(people):
        VideoPerson.objects.create(video=video, position=position, peer_id=name, display_name=name.title())
    return video


def capture(captures: Path, folder: str = "one", seconds: float = 3.0) -> Path:
    """A small one of two people, Ann and Ben."""
    return make_capture(
        captures / folder, [Person("ann", "Ann", camera=SMALL), Person("ben", "Ben", camera=None)], seconds
    )
