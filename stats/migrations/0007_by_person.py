from django.db import migrations, models

from meet.online_migrations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("stats", "0006_sample_by_tcp")]

    operations = [
        AddIndexConcurrently("session", models.Index(fields=["account", "peer_id"], name="sessions_of_a_person")),
        AddIndexConcurrently("sample", models.Index(fields=["account", "peer_id"], name="samples_of_a_person")),
    ]
