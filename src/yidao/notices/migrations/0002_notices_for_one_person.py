"""A notice may be for one person of an organisation alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_notices")]

    operations = [
        migrations.AddField(model_name="notice", name="user_id", field=models.BigIntegerField(blank=True, null=True)),
    ]
