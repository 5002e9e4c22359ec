"""Which nodes there are and which room lives where."""

from __future__ import annotations

from django.db import models

from meet.accounts.encrypted import EncryptedTextField


class Node(models.Model):
    """A process that runs rooms. It writes its own row every few seconds; a row without a fresh heartbeat is dead."""

    name = models.CharField(max_length=32, unique=True, help_text="serv0, serv1, …: room ids may begin with it.")
    public_url = models.CharField(
        max_length=255, blank=True, help_text="WebSocket address for clients; from the page's own host when empty."
    )
    port = models.PositiveIntegerField(help_text="TCP port of the signalling.")
    tls = models.BooleanField(default=False)
    control_url = models.CharField(max_length=255, blank=True, help_text="Where web reaches the control API.")
    media_addresses = models.CharField(max_length=255, blank=True)
    rooms = models.PositiveIntegerField(default=0)
    peers = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A room's node. Made when somebody first asks for the room; moved when the node is dead.

    `joined` once somebody was in the room; `used_at` is when somebody asked for it or was in it last.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="placements")
    room_id = models.CharField(max_length=128)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="placements")
    claimed_at = models.DateTimeField()
    used_at = models.DateTimeField(db_index=True)
    joined = models.BooleanField(default=False)

    class Meta:
        ordering = ("room_id",)
        constraints = (models.UniqueConstraint(fields=("account", "room_id"), name="one_placement_of_a_room"),)
        indexes = (models.Index(fields=("account", "joined", "used_at"), name="placements_of_an_account"),)

    def __str__(self) -> str:
        return f"{self.room_id} on {self.node}"


class Memory(models.Model):
    """What a room has to remember if its node is lost (`rooms.state.memory`). `alive_at`: somebody was in it last."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    room_id = models.CharField(max_length=128)
    content = EncryptedTextField()
    alive_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("room_id",)
        constraints = (models.UniqueConstraint(fields=("account", "room_id"), name="one_memory_of_a_room"),)

    def __str__(self) -> str:
        return self.room_id
