"""Notices of organisations, and who has read them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="NoticeRead",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "notice_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.BigIntegerField()),
                ("notice_id", models.BigIntegerField()),
                ("read_at", models.DateTimeField()),
            ],
            options={
                "db_table": "notice_read",
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("organisation_id", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("key", models.TextField()),
                ("params", models.JSONField()),
                ("address", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "notice",
                "indexes": [models.Index(fields=["organisation_id", "-id"], name="notice_of_organisation")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation_id", "key"), name="a_thing_is_told_once")
                ],
            },
        ),
    ]
