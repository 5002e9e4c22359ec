from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0004_one_lease")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="peer_id",
            field=models.CharField(editable=False, max_length=128, null=True, verbose_name="participant's id"),
        ),
    ]
