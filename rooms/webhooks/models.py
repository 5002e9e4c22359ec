"""Who is told about which events, what is to be told, and each try to tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from meet.accounts.addresses import check_callback, check_header
from meet.accounts.encrypted import EncryptedTextField
from meet.leases import Leased
from rooms.webhooks.room_events import KINDS, USUAL
from rooms.webhooks.signing import new_message_id, new_secret

if TYPE_CHECKING:
    from meet.accounts.models import Account

MAX_URL_LENGTH: Final = 2000
# Each event becomes one delivery for each of them.
MAX_ENDPOINTS: Final = 20
MAX_PROBLEM: Final = 500


def usual_kinds() -> list[str]:
    """What a new endpoint is told."""
    return list(USUAL)


class Endpoint(models.Model):
    """A server of an account's that is told about events.

    One `from_link` was named by a link (spec: apiEvent), which only accounts that allow debug attributes have. After a
    rotation the old secret signs as well until `old_secret_until`.
    """

    account: models.ForeignKey[Account, Account] = models.ForeignKey(
        "accounts.Account", verbose_name="account", on_delete=models.CASCADE, related_name="endpoints"
    )
    url = models.URLField(
        "address",
        max_length=MAX_URL_LENGTH,
        help_text="The event's name is put behind it: https://example.org/events gets POST /events/joinPeer.",
    )
    header = EncryptedTextField("Authorization header", blank=True)
    kinds = models.JSONField("events", default=usual_kinds)
    active = models.BooleanField("active", default=True, help_text="What waits is given up when this goes off.")
    from_link = models.BooleanField("from a link", default=False, editable=False)
    secret = EncryptedTextField("signing secret", default=new_secret, editable=False)
    old_secret = EncryptedTextField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField("failing since", null=True, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = "endpoint"
        verbose_name_plural = "endpoints"

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        """Refuse what can't be sent to."""
        problems: dict[str, str] = {}
        try:
            check_callback(self.url, production=settings.CONFIG.production)
        except ValueError as error:
            problems["url"] = str(error)
        try:
            check_header(self.header)
        except ValueError as error:
            problems["header"] = str(error)
        if not set(self.kinds) <= set(KINDS):
            problems["kinds"] = "There is no such event."
        if problems:
            raise ValidationError(problems)
        if self._state.adding and Endpoint.objects.filter(account=self.account_id).count() >= MAX_ENDPOINTS:
            raise ValidationError(
                f"An account has {MAX_ENDPOINTS} endpoints at most. Delete those that are not needed."
            )


class State(models.TextChoices):
    """What became of a delivery so far."""

    WAITING = "waiting", "waiting"
    FAILED = "failed", "failed, to be tried again"
    DELIVERED = "delivered", "delivered"
    GIVEN_UP = "givenUp", "given up"


class Delivery(Leased):
    """One event for one endpoint. Those of a room are told in the order of their keys.

    `due_at` is when to try (again), and None once there is nothing more to do. Who sends it holds the lease.
    `peer_id` is whom the body tells of, empty where it tells of nobody; None where an older release has written it.
    """

    endpoint = models.ForeignKey(Endpoint, verbose_name="endpoint", on_delete=models.CASCADE, related_name="deliveries")
    room_id = models.CharField("room", max_length=128)
    kind = models.CharField("event", max_length=32)
    body = models.TextField("body")
    peer_id = models.CharField(  # noqa: DJ001 - not known is another thing than nobody
        "participant's ID", max_length=128, null=True, editable=False
    )
    message_id = models.CharField("webhook ID", max_length=40, default=new_message_id, unique=True)
    happened_at = models.DateTimeField("happened")
    state = models.CharField("state", max_length=10, choices=State.choices, default=State.WAITING)
    failures = models.PositiveIntegerField("failed attempts", default=0)
    due_at = models.DateTimeField("next attempt", null=True)
    finished_at = models.DateTimeField("finished", null=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        indexes = (
            models.Index(
                fields=("endpoint", "room_id", "id"),
                condition=models.Q(due_at__isnull=False),
                name="webhooks_open_deliveries",
            ),
            models.Index(
                fields=("finished_at",), condition=models.Q(finished_at__isnull=False), name="webhooks_finished"
            ),
            models.Index(
                fields=("endpoint", "happened_at"), condition=models.Q(failures__gt=0), name="webhooks_troubled"
            ),
            models.Index(fields=("endpoint", "peer_id"), name="webhooks_of_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.room_id}"


class Attempt(models.Model):
    """One try: the answer's status and beginning, or why there was none."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField("when")
    duration_ms = models.PositiveIntegerField("duration (ms)")
    status = models.PositiveSmallIntegerField("status", null=True)
    problem = models.CharField("problem", max_length=MAX_PROBLEM, blank=True)
    answer = models.TextField("answer", blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = "attempt"
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return f"{self.status or self.problem}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep what the columns can hold."""
        self.problem = self.problem[:MAX_PROBLEM]
        super().save(*args, **kwargs)
