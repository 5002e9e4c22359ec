"""What an account's server is told, and where, is now said by its endpoints (`rooms.webhooks`)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_recording"), ("webhooks", "0002_registered_addresses")]

    operations = [
        migrations.RemoveField("account", "event_header"),
        migrations.RemoveField("account", "event_url"),
    ]
