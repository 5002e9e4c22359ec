from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0015_second_factor'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditevent',
            name='action',
            field=models.CharField(choices=[('login', 'login'), ('loginFailed', 'failed login'), ('logout', 'logout'), ('password', 'new password'), ('factor', 'second step'), ('added', 'added'), ('changed', 'changed'), ('deleted', 'deleted')], max_length=12, verbose_name='action'),
        ),
    ]
