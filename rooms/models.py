"""Which nodes there are and which room lives where."""

from __future__ import annotations

from django.db import models

from meet.accounts.encrypted import EncryptedTextField


class Drain(models.TextChoices):
    """What an operator wants of a node that is to be stopped."""

    NONE = "", "takes rooms"
    FINISH = "finish", "no new rooms"
    MOVE = "move", "no rooms"


class Node(models.Model):
    """A process that runs rooms. It writes its own row every second; a row without a fresh heartbeat is dead.

    `instance`, `place`, `epoch` and `heartbeat_at` are the lease of its name (`rooms.nodes.lease`), by the database's
    clock. `missed_at` is since when a worker has seen that it is dead.
    """

    name = models.CharField(max_length=32, unique=True, help_text="serv0, serv1, …: room ids may begin with it.")
    public_url = models.CharField(
        "address for clients",
        max_length=255,
        blank=True,
        help_text="Where browsers reach it (WebSocket); from the page's own host when empty.",
    )
    port = models.PositiveIntegerField("signalling port", help_text="TCP port of the signalling.")
    tls = models.BooleanField(
        "TLS by itself", default=False, help_text="Whether it answers by https with a certificate of its own."
    )
    control_url = models.CharField(
        "control address", max_length=255, blank=True, help_text="Where web reaches the control API."
    )
    media_addresses = models.CharField(max_length=255, blank=True)
    country = models.CharField(max_length=64, blank=True)
    description = models.CharField(max_length=255, blank=True)
    machine = models.CharField(max_length=255, blank=True, help_text="Where its process runs.")
    drain = models.CharField("draining", max_length=8, blank=True, default=Drain.NONE, choices=Drain.choices)
    rooms = models.PositiveIntegerField(default=0)
    receivers = models.PositiveIntegerField(
        "people who receive", default=0, db_default=0, help_text="People who receive from it, in any node's rooms."
    )
    peers = models.PositiveIntegerField("people", default=0)
    load_percent = models.PositiveSmallIntegerField(
        "load (%)", default=0, help_text="How much of the one processor that it can use it does use."
    )
    lag_ms = models.PositiveIntegerField(
        "lateness (ms)", default=0, db_default=0, help_text="How late it comes to what is due, on average."
    )
    packets_per_s = models.PositiveIntegerField(
        "packets a second", default=0, db_default=0, help_text="Datagrams of media a second, in and out."
    )
    instance = models.CharField(max_length=32, blank=True, editable=False)
    place = models.CharField(max_length=32, blank=True, editable=False)
    epoch = models.PositiveBigIntegerField(default=0, editable=False)
    missed_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField("started")
    heartbeat_at = models.DateTimeField("last heard of", db_index=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A room's node. Made when somebody first asks for the room; moved when the node is dead.

    `joined` once somebody was in the room; `used_at` is when somebody asked for it or was in it last.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="placements")
    room_id = models.CharField("room", max_length=128)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="placements")
    claimed_at = models.DateTimeField("here since")
    used_at = models.DateTimeField("last used", db_index=True)
    joined = models.BooleanField("somebody was in", default=False)

    class Meta:
        ordering = ("room_id",)
        verbose_name = "room on a node"
        verbose_name_plural = "rooms on nodes"
        constraints = (models.UniqueConstraint(fields=("account", "room_id"), name="one_placement_of_a_room"),)
        indexes = (models.Index(fields=("account", "joined", "used_at"), name="placements_of_an_account"),)

    def __str__(self) -> str:
        return f"{self.room_id} on {self.node}"


class Memory(models.Model):
    """What a room has to remember if its node is lost (`rooms.state.memory`). `alive_at`: somebody was in it last.

    `node` and `epoch` are whose the room was (`rooms.nodes.room_memories.Holder`).
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    room_id = models.CharField(max_length=128)
    content = EncryptedTextField()
    alive_at = models.DateTimeField(db_index=True)
    node = models.CharField(max_length=32, blank=True, default="", db_default="")
    epoch = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ("room_id",)
        constraints = (models.UniqueConstraint(fields=("account", "room_id"), name="one_memory_of_a_room"),)

    def __str__(self) -> str:
        return self.room_id
