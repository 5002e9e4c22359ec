"""Files of people: what somebody sent in a video's time, as they sent it, made when it is asked for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from meet.errors import BadRequest
from meet.leases import RELEASED
from recording.composition.result import Original
from recording.jobs.subprocess import result_of
from recording.jobs.turns import held
from recording.models import PersonFile, Status, VideoPerson
from recording.storage.storing import PEOPLE, folder_of, video_storage

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from meet.leases import Lease
    from recording.jobs.subprocess import Line

_UNSAFE: Final = re.compile(r"[^\w.-]+")


class Gathering:
    """A `recording.jobs.runner.Kind`."""

    model = PersonFile
    module = "recording.composition.original"

    def jobs(self, *nodes: str) -> QuerySet[PersonFile]:
        return PersonFile.objects.filter(
            person__video__recording__node__in=nodes,
            person__video__recording__tracks_deleted_at=None,
            person__video__deleted_at=None,
        )

    def length_s(self, job: PersonFile) -> float:
        return job.person.video.to_s - job.person.video.from_s

    def arguments(self, job: PersonFile) -> Sequence[str]:
        video = job.person.video
        return [
            str(settings.CAPTURES_DIR / video.recording.folder),
            str(_work_folder(job)),
            f"--peer={job.person.peer_id}",
            f"--from={video.from_s}",
            f"--to={video.to_s}",
        ]

    def made(self, job: PersonFile) -> Line | None:  # noqa: ARG002 - the others'
        """It takes seconds."""
        return None

    def finish(self, job: PersonFile, lease: Lease, line: Line, wanted: Callable[[], bool]) -> None:
        original: Original = result_of(line, Original)
        name = f"{PEOPLE}/{job.pk}{Path(original.name).suffix}"
        if not wanted():
            return
        video_storage().keep(_work_folder(job) / original.name, f"{folder_of(job.person.video)}/{name}")
        held(PersonFile, lease).update(
            status=Status.READY,
            progress=100,
            problem="",
            **RELEASED,
            name=name,
            size_bytes=original.size_bytes,
        )
        shutil.rmtree(_work_folder(job), ignore_errors=True)

    def failed(self, job: PersonFile, code: str) -> None:  # noqa: ARG002 - whoever asked sees it
        shutil.rmtree(_work_folder(job), ignore_errors=True)


def do_ask_for(person: VideoPerson, now: dt.datetime) -> PersonFile:
    """Have somebody's file made, unless it is there or being made. Raises `BadRequest`."""
    if person.video.recording.tracks_deleted_at is not None:
        raise BadRequest(
            "tracksDeleted",
            "What people sent has been deleted: the time for which your account keeps it is over.",
        )
    with transaction.atomic():
        file, new = PersonFile.objects.get_or_create(person=person, defaults={"asked_at": now, "due_at": now})
        if not new and file.status == Status.FAILED:
            file.status, file.attempts, file.problem, file.spent_s = Status.WAITING, 0, "", 0
            file.asked_at = file.due_at = now
            file.save()
    return file


def download_name(file: PersonFile) -> str:
    """Under which name it is saved by who downloads it."""
    person = file.person
    name = _UNSAFE.sub("_", f"{person.video.name} {person.display_name or person.peer_id}").strip("_")
    return f"{name}{Path(file.name).suffix}"


def work_name(file: PersonFile) -> str:
    """The folder in which it is made, on the capture's machine."""
    return f"person-{file.pk}"


def _work_folder(file: PersonFile) -> Path:
    return Path(settings.COMPOSITIONS_DIR) / work_name(file)
