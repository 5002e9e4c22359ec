"""Who was in which room, and when."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import models
from django.db.models.lookups import GreaterThan

from rooms.state.names import MAX_NAME_CODE_POINTS
from stats.functions import Elapsed

LONG_S: Final = 86_400


class Session(models.Model):
    """One participant's stay in a room. Somebody who goes and comes again has two.

    It reaches from `joined_at` to `marked_at`, which is written every 30 seconds while it lasts and once more with
    `left_at`. `interrupted` sessions have ended with their node, which could not say when: at their last mark. The few
    that are `long` last for more than a day, so that all others are found by when they began.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, related_name="sessions", db_index=False, verbose_name="account"
    )
    room_id = models.CharField("room", max_length=128)
    peer_id = models.CharField("participant's ID", max_length=128)
    display_name = models.CharField("name", max_length=MAX_NAME_CODE_POINTS)
    role = models.CharField("role", max_length=16)
    language = models.CharField("interprets into", max_length=35, blank=True, default="", db_default="")
    viewer = models.BooleanField("only watches", default=False)
    node = models.CharField("node", max_length=32)
    joined_at = models.DateTimeField("came")
    marked_at = models.DateTimeField("last seen")
    left_at = models.DateTimeField("left", null=True)
    interrupted = models.BooleanField("interrupted", default=False)
    long = models.GeneratedField(
        expression=GreaterThan(Elapsed("marked_at", "joined_at"), LONG_S),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        ordering = ("-joined_at",)
        verbose_name = "session"
        verbose_name_plural = "sessions"
        indexes = (
            # These two have all that statistics ask for, so that they are answered from the index alone.
            models.Index(fields=("account", "room_id", "joined_at", "marked_at", "peer_id"), name="sessions_of_a_room"),
            models.Index(fields=("account", "room_id", "peer_id", "joined_at", "marked_at"), name="sessions_by_person"),
            models.Index(fields=("account", "joined_at"), name="sessions_of_an_account"),
            models.Index(fields=("account", "peer_id"), name="sessions_of_a_person"),
            models.Index(fields=("account", "room_id"), condition=models.Q(long=True), name="long_sessions"),
            models.Index(fields=("node",), condition=models.Q(left_at=None), name="sessions_that_last"),
        )

    def __str__(self) -> str:
        return f"{self.peer_id} in {self.room_id}"


class Sample(models.Model):
    """One direction of a participant's media in about 30 seconds that began `at`: see `rooms.runtime.figures`.

    Where `peer_id` is empty, it is of all `participants` together who only watched; `troubled` of them had a trouble.
    Kept for `MEET_SAMPLE_DAYS`.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, related_name="samples", db_index=False, verbose_name="account"
    )
    room_id = models.CharField("room", max_length=128)
    peer_id = models.CharField("participant's ID", max_length=128)
    direction = models.CharField(max_length=4)
    viewer = models.BooleanField(default=False)
    at = models.DateTimeField()
    seconds = models.PositiveSmallIntegerField()
    participants = models.PositiveSmallIntegerField(default=1)
    troubled = models.PositiveSmallIntegerField(default=0)
    round_trip_ms = models.PositiveIntegerField(null=True)
    loss = models.FloatField(null=True)
    jitter_ms = models.FloatField(null=True)
    bitrate_bps = models.PositiveIntegerField(null=True)
    estimate_bps = models.PositiveIntegerField(null=True)
    layer = models.PositiveSmallIntegerField(null=True)
    reduced = models.FloatField(null=True)
    width = models.PositiveSmallIntegerField(null=True)
    height = models.PositiveSmallIntegerField(null=True)
    frame_rate = models.FloatField(null=True)
    freezes = models.PositiveIntegerField(null=True)
    frozen_ms = models.PositiveIntegerField(null=True)
    concealed = models.FloatField(null=True)
    dropped = models.FloatField(null=True)
    cpu_limited = models.FloatField(null=True)
    bandwidth_limited = models.FloatField(null=True)
    by_tcp = models.FloatField(null=True)

    class Meta:
        ordering = ("at", "peer_id", "direction")
        constraints = (
            # A batch whose commit was not heard of is written once; and what a room's period is read by.
            models.UniqueConstraint(fields=("account", "room_id", "at", "peer_id", "direction"), name="one_sample"),
        )
        indexes = (
            models.Index(fields=("at",), name="samples_by_age"),
            models.Index(fields=("account", "peer_id"), name="samples_of_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.direction} {self.peer_id} in {self.room_id}"


class DailyUsage(models.Model):
    """What an account used on a day (UTC) that is over; written by the worker or when somebody looks.

    `lost` sessions ended with their node, `failed_events` were not taken by a webhook's receiver at the first attempt.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, related_name="daily_usage", db_index=False
    )
    day = models.DateField()
    seconds = models.PositiveBigIntegerField(help_text="Of all participants together.")
    peak = models.PositiveIntegerField(help_text="Most participants at the same time.")
    rooms = models.PositiveIntegerField()
    sessions = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()
    failed_events = models.PositiveIntegerField()
    going_since = models.DateTimeField(
        help_text="When the first of those came who were in at the day's end; the day's end where nobody was."
    )

    class Meta:
        ordering = ("day",)
        constraints = (models.UniqueConstraint(fields=("account", "day"), name="one_usage_of_a_day"),)

    def __str__(self) -> str:
        return f"{self.day}"
