"""What the statistics count: figures by day, stages by carrier, anomalies in progress, and when each was computed."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parcels", "0010_lines_are_found_by_room_and_product")]

    operations = [
        migrations.CreateModel(
            name="CarrierStage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "carrier", "stage", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("carrier", models.TextField()),
                ("stage", models.TextField()),
                ("sample", models.IntegerField()),
                ("median_seconds", models.BigIntegerField(null=True)),
                ("p90_seconds", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "carrier_stage"},
        ),
        migrations.CreateModel(
            name="FigureRun",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("computed_at", models.DateTimeField()),
                ("took_ms", models.IntegerField()),
            ],
            options={"db_table": "figure_run"},
        ),
        migrations.CreateModel(
            name="OpenAnomaly",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "carrier", "province", "type", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("carrier", models.TextField()),
                ("province", models.TextField()),
                ("type", models.TextField(blank=True, default="")),
                ("parcels", models.IntegerField()),
            ],
            options={"db_table": "open_anomaly"},
        ),
        migrations.CreateModel(
            name="DayFigure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope", "tenant", "day", "part", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "scope",
                    models.TextField(
                        choices=[
                            ("CREATOR", "Creator"),
                            ("CREATOR_SHOP", "Creator Shop"),
                            ("SHOP", "Shop"),
                            ("CARRIER", "Carrier"),
                            ("PROVINCE", "Province"),
                        ]
                    ),
                ),
                ("tenant", models.TextField()),
                ("day", models.DateField()),
                ("part", models.BigIntegerField()),
                ("parcels", models.IntegerField()),
                ("ended", models.IntegerField()),
                ("signed", models.IntegerField()),
                ("punctual", models.IntegerField()),
                ("anomalous", models.IntegerField()),
                ("picked", models.IntegerField()),
                ("pickup_seconds", models.BigIntegerField()),
                (
                    "pickup_steps",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                (
                    "statuses",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
            ],
            options={
                "db_table": "parcel_day",
                "indexes": [models.Index(fields=["day"], name="parcel_day_by_day")],
            },
        ),
    ]
