"""The shops that wait for their round are found one by one, however much waits for each."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0006_violations_are_seen"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="violation",
            name="violation_to_tell",
        ),
        migrations.AddIndex(
            model_name="violation",
            index=models.Index(
                condition=models.Q(("notified_at", None)), fields=["shop_id", "at"], name="violation_to_tell_in_rounds"
            ),
        ),
    ]
