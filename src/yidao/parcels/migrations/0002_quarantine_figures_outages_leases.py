"""The tables beside the monitoring tables: quarantine, intake figures, carrier outages, sweep leases."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parcels", "0001_monitoring_tables")]

    operations = [
        migrations.CreateModel(
            name="IntakeMinute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "minute", "source", "carrier", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("minute", models.DateTimeField()),
                ("source", models.TextField()),
                ("carrier", models.TextField()),
                ("accepted", models.IntegerField()),
                ("duplicate", models.IntegerField()),
                ("rejected", models.IntegerField()),
                ("quarantined", models.IntegerField()),
                ("lag_seconds_sum", models.BigIntegerField()),
                ("lag_seconds_max", models.BigIntegerField()),
            ],
            options={
                "db_table": "intake_minute",
            },
        ),
        migrations.CreateModel(
            name="SweepLease",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "concern", "bucket", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("concern", models.TextField()),
                ("bucket", models.SmallIntegerField()),
                ("holder", models.TextField()),
                ("leased_until", models.DateTimeField()),
            ],
            options={
                "db_table": "sweep_lease",
            },
        ),
        migrations.CreateModel(
            name="CarrierOutage",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("carrier", models.TextField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("noticed_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "carrier_outage",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("carrier",),
                        name="carrier_is_silent_once_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Quarantine",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("source", models.TextField()),
                ("credential_id", models.BigIntegerField(null=True)),
                ("organisation_id", models.BigIntegerField(null=True)),
                ("carrier", models.TextField(blank=True, default="")),
                ("waybill_no", models.TextField(blank=True, default="")),
                ("reason", models.TextField()),
                ("detail", models.JSONField(default=dict)),
                ("body_encrypted", models.BinaryField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("OPEN", "Open"),
                            ("REPLAY_ASKED", "Replay Asked"),
                            ("REPLAYED", "Replayed"),
                            ("DISCARDED", "Discarded"),
                        ],
                        default="OPEN",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.BigIntegerField(null=True)),
                ("outcome", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "quarantine",
                "indexes": [models.Index(fields=["state", "-received_at", "id"], name="quarantine_by_state")],
            },
        ),
    ]
