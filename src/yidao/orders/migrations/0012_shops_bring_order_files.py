"""What became of the order files that shops bring."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0011_waiting_orders_are_found_by_receiver"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderImport",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("user_id", models.BigIntegerField()),
                ("language", models.TextField()),
                ("file_name", models.TextField()),
                ("file_id", models.BigIntegerField(null=True)),
                ("report_id", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                        ],
                        db_default="WAITING",
                    ),
                ),
                ("fault", models.TextField(blank=True, db_default="")),
                ("fault_values", models.JSONField(db_default={})),
                ("rows", models.IntegerField(db_default=0)),
                ("accepted", models.IntegerField(db_default=0)),
                ("duplicate", models.IntegerField(db_default=0)),
                ("rejected", models.IntegerField(db_default=0)),
                (
                    "ignored_columns",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], size=None),
                ),
                ("asked_at", models.DateTimeField()),
                ("queued_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "order_import",
                "indexes": [models.Index(fields=["shop_id", "-id"], name="order_import_of_shop")],
            },
        ),
    ]
