"""What people keep about the lists they use: named filters, hidden columns, the last visit."""

import django.contrib.postgres.fields
from django.db import migrations, models

import yidao.kit.ids


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_demo_clock_and_request_log")]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigIntegerField(default=yidao.kit.ids.new_id, primary_key=True, serialize=False)),
                ("user_id", models.BigIntegerField()),
                ("organisation_id", models.BigIntegerField()),
                ("list_name", models.TextField()),
                ("name", models.TextField()),
                ("query", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "saved_filter",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["user_id", "organisation_id", "list_name", "name"], name="saved_filter_once_per_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ListHabit",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "list_name", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.BigIntegerField()),
                ("list_name", models.TextField()),
                (
                    "hidden",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
                ),
                ("seen_at", models.DateTimeField(null=True)),
                ("new_since", models.DateTimeField(null=True)),
            ],
            options={"db_table": "list_habit"},
        ),
    ]
