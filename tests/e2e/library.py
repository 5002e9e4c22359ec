"""Really composed videos in the library of a running server."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from recording.composition.compose import compose
from recording.composition.draw.look import Look
from recording.delivery.links import derive_key, sign
from tests.e2e.administrator import run_in
from tests.recording.make_capture import Camera, Mic, Person, make_capture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.server import Server

# Ben comes at 11 s, which begins a chapter; it is long enough to be worth remembering where one was.
SECONDS = 24.0
BEN_S = 11.0
# What Ann is heard with, and who interprets.
ORIGINAL_HZ, GERMAN_HZ = 440, 880
ADD = """
import sys, json, datetime as dt
from pathlib import Path
from django.utils import timezone
from meet.accounts.hosts import default_account
from recording.storage.storing import folder_of, keep_folder
from recording.models import Recording, Status, Video, VideoPerson
for spec in json.loads(sys.argv[1]):
    pk, room, slug, status, progress, seconds, days, folder, people = spec
    now = timezone.now()
    began = now - dt.timedelta(days=days)
    recording = Recording.objects.create(account=default_account(), room_id=room, node="serv0", folder=f"capture-{pk}",
        started_at=began, ended_at=began + dt.timedelta(seconds=seconds), reason="stopped")
    video = Video(pk=pk, recording=recording, account=default_account(), room_id=room, slug=slug, part=1, from_s=0,
        to_s=seconds, created_at=began, due_at=now, name=f"Recording {room} {began:%Y-%m-%d %H:%M:%S} UTC",
        status=status, progress=progress)
    if status == Status.COMPOSING:
        video.due_at = now + dt.timedelta(days=1)  # so that no composer takes it up
    if folder:
        video.duration_s, video.size_bytes, video.ready_at = seconds, Path(folder, "video.mp4").stat().st_size, now
        keep_folder(Path(folder), folder_of(video), but=("result.json",), wanted=lambda: True)
    if status == Status.FAILED:
        video.problem = "The recording's tracks can't be read."
    video.save()
    for position, name in enumerate(people):
        VideoPerson.objects.create(video=video, position=position, peer_id=name.lower(), display_name=name)
"""
CHANGE = """
import sys
from meet.accounts.hosts import default_account
account = default_account()
account.recording_visibility, account.embed_origins = sys.argv[1:3]
account.save()
"""
READY = """
import sys
from pathlib import Path
from recording.storage.storing import folder_of, keep_folder
from recording.models import Video
video = Video.objects.get(pk=int(sys.argv[1]))
keep_folder(Path(sys.argv[2]), folder_of(video), but=("result.json",), wanted=lambda: True)
Video.objects.filter(pk=video.pk).update(status="ready", duration_s=float(sys.argv[3]), size_bytes=1, lease="")
"""


@dataclass(frozen=True)
class Composed:
    """A capture, and what was made of it. Both are copied into the libraries of servers."""

    capture: Path
    output: Path


def composed(folder: Path) -> Composed:
    """Ann is there from the beginning, Ben comes later; Ivo interprets into German."""
    camera = Camera(width=320, height=180, fps=15, colour=(40, 90, 160))
    ben = Camera(width=320, height=180, fps=15, colour=(160, 60, 40))
    ivo = Person("ivo", "Ivo", None, Mic(GERMAN_HZ, language=("de", "Deutsch")))
    people = [Person("ann", "Ann", camera, Mic(ORIGINAL_HZ)), Person("ben", "Ben", ben, joins_s=BEN_S), ivo]
    make_capture(folder / "capture", people, SECONDS)
    compose(folder / "capture", folder / "output", look=Look())
    return Composed(folder / "capture", folder / "output")


@dataclass(frozen=True)
class Entry:
    """A video with this id of a room, so many days old."""

    number: int
    room: str
    people: tuple[str, ...] = ()
    status: str = "ready"
    progress: int = 100
    days: int = 0


STANDUP, LECTURE, COMPOSING, FAILED = 11, 12, 13, 14
EXAMPLES: Final = (
    Entry(STANDUP, "standup", ("Ann", "Ben")),
    Entry(LECTURE, "lecture", ("Cleo",), days=40),
    Entry(COMPOSING, "retro", status="composing", progress=40),
    Entry(FAILED, "broken", status="failed", progress=0),
)


class Library:
    """The recordings of a server's default account."""

    def __init__(self, server: Server, made: Composed, work: Path) -> None:
        self.server = server
        self._made = made
        self._work = work

    def add(self, *entries: Entry) -> None:
        """Put videos there; those that are ready with all their files."""
        specs = []
        for entry in entries:
            output = ""
            if entry.status == "ready":
                output = self._copy(entry.number)
            name, progress = slug(entry.number), entry.progress
            specs.append(
                (entry.number, entry.room, name, entry.status, progress, SECONDS, entry.days, output, entry.people)
            )
        run_in(self.server, ADD, json.dumps(specs))
        # Only now: captures that the database doesn't know are taken for those of a killed node.
        for entry in entries:
            if entry.status == "ready":
                shutil.copytree(self._made.capture, self.server.data / "captures" / f"capture-{entry.number}")

    def finish(self, number: int) -> None:
        """What a composer does with a video in the end."""
        run_in(self.server, READY, str(number), self._copy(number), str(SECONDS))

    def change_account(self, visibility: str = "signed", embed_origins: str = "") -> None:
        """Who may watch, and which pages may embed."""
        run_in(self.server, CHANGE, visibility, embed_origins)

    def token(self, number: int, life_s: int) -> str:
        """A link's, that counts for so long; or has expired."""
        key = derive_key((self.server.data / "secret_key").read_text(encoding="utf-8").strip())
        return sign(key, slug(number), "video", int(time.time()) + life_s)

    def _copy(self, number: int) -> str:
        return str(shutil.copytree(self._made.output, self._work / f"output-{number}"))


def slug(number: int) -> str:
    """The part of a video's files' addresses that nobody guesses."""
    return f"slug-{number}"
