from django.db import migrations, models

from meet.online_migrations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("recording", "0008_erased_names")]

    operations = [
        AddIndexConcurrently("videoperson", models.Index(fields=["peer_id"], name="videos_of_a_person")),
    ]
