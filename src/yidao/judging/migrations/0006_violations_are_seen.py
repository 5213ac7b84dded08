"""Who has seen which violations, and the walks that tell shops of them and uphold them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0005_calendar_of_2021_to_2023"),
    ]

    operations = [
        migrations.CreateModel(
            name="ViolationSeen",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "shop_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.BigIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "violation_seen",
            },
        ),
        migrations.AddIndex(
            model_name="violation",
            index=models.Index(fields=["shop_id", "notified_at"], name="violation_told"),
        ),
        migrations.AddIndex(
            model_name="violation",
            index=models.Index(
                condition=models.Q(("appeal_until__isnull", False), ("state", "OPEN")),
                fields=["appeal_until"],
                name="violation_to_uphold",
            ),
        ),
    ]
