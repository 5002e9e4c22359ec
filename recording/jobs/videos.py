"""Videos: how they are composed, and how they are ready, put away, brought back and composed again."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from meet.leases import RELEASED
from recording.composition.result import Result
from recording.jobs.incidents import tell_of_failure
from recording.jobs.subprocess import Line, result_of
from recording.jobs.turns import held
from recording.models import MAX_NAME, Status, Video, VideoPerson, new_slug
from recording.storage.garbage import discard_video
from recording.storage.storing import folder_of, keep_folder
from rooms.room_key import RoomKey
from rooms.webhooks import outbox
from rooms.webhooks.room_events import RoomEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from meet.leases import Lease
    from recording.composition.result import ShownPeer

# How long a video that was put away can be brought back.
UNDO: Final = dt.timedelta(days=7)
RESULT: Final = "result.json"


class Composing:
    """A `recording.jobs.runner.Kind`."""

    model = Video
    module = "recording.composition"

    def jobs(self, *nodes: str) -> QuerySet[Video]:
        return Video.objects.filter(recording__node__in=nodes, deleted_at=None)

    def length_s(self, job: Video) -> float:
        return job.to_s - job.from_s

    def arguments(self, job: Video) -> Sequence[str]:
        account = job.account
        output = output_of(job)
        output.mkdir(parents=True, exist_ok=True)
        logo = Path(account.logo.path) if account.logo else None
        return [
            str(settings.CAPTURES_DIR / job.recording.folder),
            str(output),
            f"--from={job.from_s}",
            f"--to={job.to_s}",
            f"--name={account.brand_name}",
            *([f"--logo={logo}"] if logo is not None and logo.exists() else []),
        ]

    def made(self, job: Video) -> Line | None:
        """`result.json` is written last, and stays until all else is in the storage."""
        result = output_of(job) / RESULT
        return Line(result=msgspec.Raw(result.read_bytes())) if result.exists() else None

    def finish(self, job: Video, lease: Lease, line: Line, wanted: Callable[[], bool]) -> None:
        result: Result = result_of(line, Result)
        if not keep_folder(output_of(job), folder_of(job), but=(RESULT,), wanted=wanted):
            return
        with transaction.atomic():
            now = timezone.now()
            ours = held(Video, lease).update(
                status=Status.READY,
                progress=100,
                problem="",
                **RELEASED,
                duration_s=result.duration_s,
                size_bytes=result.size_bytes,
                ready_at=now,
            )
            if not ours:
                return
            _keep_people(job, result.peers)
            told = {"videoId": job.pk, "name": job.name, "duration": round(result.duration_s, 3)}
            room = RoomKey(job.account_id, job.room_id)
            outbox.add([RoomEvent("recordingReady", room, int(now.timestamp() * 1000), data=told)])
        shutil.rmtree(output_of(job), ignore_errors=True)

    def failed(self, job: Video, code: str) -> None:
        if code != "nothingCaptured":
            tell_of_failure(job, timezone.now())
        shutil.rmtree(output_of(job), ignore_errors=True)


def work_name(video: Video) -> str:
    """The folder in which it is made, on the capture's machine."""
    return video.slug


def output_of(video: Video) -> Path:
    """Where it is."""
    return Path(settings.COMPOSITIONS_DIR) / work_name(video)


def do_delete(video: Video, now: dt.datetime) -> None:
    """Put a video away. It is gone for good after `UNDO`. Done already: nothing happens."""
    Video.objects.filter(pk=video.pk, deleted_at=None).update(deleted_at=now)
    _stop_composing(video)


def do_restore(video: Video) -> None:
    """Bring it back."""
    Video.objects.filter(pk=video.pk).update(deleted_at=None)


def can_compose(video: Video) -> bool:
    """Whether the tracks are there that it would be made of."""
    return video.recording.tracks_deleted_at is None


def do_compose_again(video: Video, now: dt.datetime) -> None:
    """Have it composed from its tracks once more; until that is done, there is none."""
    with transaction.atomic():
        discard_video(video)
        video.people.filter(file__isnull=False).delete()
        Video.objects.filter(pk=video.pk).update(
            slug=new_slug(),
            status=Status.WAITING,
            progress=0,
            problem="",
            attempts=0,
            spent_s=0,
            due_at=now,
            **RELEASED,
            duration_s=None,
            size_bytes=None,
            ready_at=None,
        )


def _stop_composing(video: Video) -> None:
    """Whoever composes it sees that it isn't theirs any more."""
    composed = Video.objects.filter(pk=video.pk, status=Status.COMPOSING)
    composed.update(status=Status.WAITING, **RELEASED)


def _keep_people(video: Video, peers: Sequence[ShownPeer]) -> None:
    for position, peer in enumerate(peers):
        VideoPerson.objects.update_or_create(
            video=video,
            peer_id=peer.peer_id,
            defaults={"position": position, "display_name": peer.display_name[:MAX_NAME]},
        )
    video.people.exclude(peer_id__in=[peer.peer_id for peer in peers]).delete()
