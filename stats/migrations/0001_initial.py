import django.db.models.deletion
import django.db.models.lookups
import stats.functions
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_domains_and_logos"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("room_id", models.CharField(max_length=128, verbose_name="room")),
                ("peer_id", models.CharField(max_length=128, verbose_name="participant's id")),
                ("display_name", models.CharField(max_length=64, verbose_name="name")),
                ("role", models.CharField(max_length=16, verbose_name="role")),
                ("viewer", models.BooleanField(default=False, verbose_name="only watches")),
                ("node", models.CharField(max_length=32, verbose_name="node")),
                ("joined_at", models.DateTimeField(verbose_name="came")),
                ("marked_at", models.DateTimeField(verbose_name="last seen")),
                ("left_at", models.DateTimeField(null=True, verbose_name="left")),
                ("interrupted", models.BooleanField(default=False, verbose_name="interrupted")),
                (
                    "long",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.lookups.GreaterThan(
                            stats.functions.Elapsed("marked_at", "joined_at"), 86400
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "ordering": ("-joined_at",),
                "indexes": [
                    models.Index(
                        fields=["account", "room_id", "joined_at", "marked_at", "peer_id"], name="sessions_of_a_room"
                    ),
                    models.Index(
                        fields=["account", "room_id", "peer_id", "joined_at", "marked_at"], name="sessions_by_person"
                    ),
                    models.Index(fields=["account", "joined_at"], name="sessions_of_an_account"),
                    models.Index(
                        condition=models.Q(("long", True)), fields=["account", "room_id"], name="long_sessions"
                    ),
                    models.Index(condition=models.Q(("left_at", None)), fields=["node"], name="sessions_that_last"),
                ],
            },
        ),
    ]
