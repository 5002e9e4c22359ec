"""The address for events that an account had registered becomes its first endpoint."""

from django.db import migrations


def become_endpoints(apps, _editor):
    Endpoint = apps.get_model("webhooks", "Endpoint")
    for account in apps.get_model("accounts", "Account").objects.exclude(event_url=""):
        Endpoint.objects.create(account=account, url=account.event_url, header=account.event_header)


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("accounts", "0004_recording")]

    operations = [migrations.RunPython(become_endpoints, migrations.RunPython.noop)]
