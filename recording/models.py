"""Recordings, and the videos that are made of them."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models

from meet.leases import Leased

SLUG_OCTETS = 12
MAX_NAME = 256
MAX_NOTE = 100


def new_slug() -> str:
    """A name for a video's files that nobody can guess."""
    return secrets.token_urlsafe(SLUG_OCTETS)


class Ending(models.TextChoices):
    """Why a recording has ended (`recording.capture.capture.Reason`), in words for the admin."""

    STOPPED = "stopped", "somebody stopped it"
    EMPTY = "empty", "everybody had left"
    MEETING_ENDED = "meetingEnded", "the meeting was ended"
    MOVED = "moved", "the room moved to another node"
    INTERRUPTED = "interrupted", "its node was lost"
    SERVER_CLOSING = "serverClosing", "its node was stopped"
    DISK_FULL = "diskFull", "the disk was nearly full"
    WRITE_ERROR = "writeError", "files could not be written"


class Recording(models.Model):
    """What a node captured of a room, as files in a folder of its own on the node's machine.

    `reason` tells why it ended, or that the node did: `interrupted`. A room's
    recording that ended with its node goes on at another one in a recording of its own: `continues` is when the one
    before began.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, related_name="recordings", verbose_name="account"
    )
    room_id = models.CharField("room", max_length=128)
    node = models.CharField("node", max_length=32)
    folder = models.CharField("folder", max_length=64, unique=True)
    started_at = models.DateTimeField("began")
    ended_at = models.DateTimeField("ended", null=True)
    continues = models.DateTimeField("goes on with the one that began", null=True)
    reason = models.CharField("why it ended", max_length=16, blank=True, choices=Ending.choices)
    tracks_deleted_at = models.DateTimeField("tracks deleted", null=True)

    class Meta:
        ordering = ("-started_at",)
        verbose_name = "recording"
        verbose_name_plural = "recordings"
        indexes = (
            models.Index(fields=("account", "room_id", "started_at"), name="recordings_of_a_room"),
            models.Index(fields=("node",), condition=models.Q(ended_at=None), name="recordings_under_way"),
        )

    def __str__(self) -> str:
        return f"{self.room_id} {self.started_at:%Y-%m-%d %H:%M:%S}"


class Status(models.TextChoices):
    """How far a file is that a composer makes."""

    WAITING = "waiting", "waiting"
    COMPOSING = "composing", "being composed"
    READY = "ready", "ready"
    FAILED = "failed", "failed"


class Job(Leased):
    """Something that a composer makes on the machine where the capture is (`recording.jobs.turns`).

    Who makes it holds the lease. `attempts` have failed since it was asked for, and `spent_s` seconds of work went
    into it. `began_at` is when it was leased the last time. `account_path` leads to whose it is.
    """

    account_path: ClassVar[str]

    status = models.CharField("status", max_length=12, choices=Status.choices, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField("progress", default=0, help_text="In percent.")
    problem = models.CharField("problem", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField("attempts", default=0)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    spent_s = models.FloatField(default=0)
    size_bytes = models.PositiveBigIntegerField("size", null=True, help_text="In bytes.")

    class Meta:
        abstract = True


class Video(Job):
    """A part of a recording, of at most four hours, as somebody may watch it once it is composed.

    `from_s` and `to_s` are seconds since the recording began. `deleted_at` is when it was put away; it can be brought
    back for some days.
    """

    Status = Status
    account_path = "account"

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="videos")
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="videos",
        verbose_name="account",
        db_index=False,
    )
    room_id = models.CharField("room", max_length=128)
    name = models.CharField("name", max_length=200)
    slug = models.CharField(max_length=32, unique=True, default=new_slug, editable=False)
    part = models.PositiveSmallIntegerField("part")
    from_s = models.FloatField()
    to_s = models.FloatField()
    created_at = models.DateTimeField("recorded")
    duration_s = models.FloatField("duration", null=True, help_text="In seconds.")
    ready_at = models.DateTimeField("ready", null=True)
    deleted_at = models.DateTimeField("deleted", null=True)

    class Meta:
        ordering = ("-created_at", "part")
        verbose_name = "video"
        verbose_name_plural = "videos"
        constraints = (models.UniqueConstraint(fields=("recording", "part"), name="one_video_of_a_part"),)
        indexes = (
            models.Index(fields=("account", "created_at"), name="videos_of_an_account"),
            models.Index(
                fields=("due_at",), condition=models.Q(status__in=("waiting", "composing")), name="videos_to_compose"
            ),
            models.Index(fields=("began_at",), name="videos_by_turn"),
        )

    def __str__(self) -> str:
        return self.name


class VideoPerson(models.Model):
    """Somebody who is to be seen or heard in a video, in the order in which they came."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="people")
    position = models.PositiveSmallIntegerField()
    peer_id = models.CharField("participant's ID", max_length=128)
    display_name = models.CharField("name", max_length=MAX_NAME, db_index=True)

    class Meta:
        ordering = ("position",)
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = (models.UniqueConstraint(fields=("video", "peer_id"), name="a_person_once_in_a_video"),)
        indexes = (models.Index(fields=("peer_id",), name="videos_of_a_person"),)

    def __str__(self) -> str:
        return self.display_name


class PersonFile(Job):
    """What somebody sent, as it was, in one file; made when it is asked for, gone with the recording's tracks."""

    account_path = "person__video__account"

    person = models.OneToOneField(VideoPerson, on_delete=models.CASCADE, related_name="file")
    asked_at = models.DateTimeField()
    name = models.CharField(max_length=64, blank=True, help_text="Below the video's files, once it is ready.")

    class Meta:
        verbose_name = "file of a person"
        verbose_name_plural = "files of people"
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=models.Q(status__in=("waiting", "composing")),
                name="person_files_to_make",
            ),
            models.Index(fields=("began_at",), name="person_files_by_turn"),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.name}"


class VideoLink(models.Model):
    """What lets others watch a video until it expires, or, without `expires_at`, until it is revoked."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="links")
    note = models.CharField("note", max_length=MAX_NOTE, blank=True)
    made_by = models.CharField("made by", max_length=150)
    made_at = models.DateTimeField("made")
    expires_at = models.DateTimeField("expires", null=True)
    revoked_at = models.DateTimeField("revoked", null=True)

    class Meta:
        ordering = ("-made_at", "-pk")
        verbose_name = "link to a video"
        verbose_name_plural = "links to videos"

    def __str__(self) -> str:
        return f"{self.video}: {self.note or self.made_by}"


class ErasedName(models.Model):
    """A participant who has been erased and whom a video's chapters may name, until those are rewritten."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="erased_names")
    peer_id = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"in chapters of {self.video_id}"


class Discarded(models.Model):
    """Files that nobody needs any more, until they are deleted, wherever they are.

    A capture's `name` is that of its folder on the machine of its `node`; a video's that of its folder in the storage.
    """

    class Kind(models.TextChoices):
        CAPTURE = "capture", "capture"
        VIDEO = "video", "video"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    node = models.CharField(max_length=32, blank=True)
    name = models.CharField(max_length=128)

    def __str__(self) -> str:
        return self.name
