from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("webhooks", "0003_troubled_deliveries"),
    ]

    operations = [
        migrations.RenameField("delivery", "leased_until", "lease_until"),
    ]
