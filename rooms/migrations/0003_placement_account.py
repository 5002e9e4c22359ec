"""Rooms belong to accounts. Placements are made anew when somebody asks for a room, so the old ones just go."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


def forget(apps, schema_editor):
    apps.get_model("rooms", "Placement").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("rooms", "0002_placement_used_at")]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AlterField("placement", "room_id", models.CharField(max_length=128)),
        migrations.AddField(
            "placement",
            "account",
            models.ForeignKey(
                default=0, on_delete=django.db.models.deletion.CASCADE, related_name="placements", to="accounts.account"
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "placement",
            models.UniqueConstraint(fields=("account", "room_id"), name="one_placement_of_a_room"),
        ),
    ]
