"""The monitoring tables, made by SQL; the models below are unmanaged and only read."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

CREATE = Path(__file__).with_name("0001_monitoring_tables.sql").read_text(encoding="utf-8")
DROP = """
DROP FUNCTION ensure_scan_month(date);
DROP TABLE parcel, parcel_line, parcel_extra_creator, scan, source_snapshot, anomaly, anomaly_change,
    parcel_alias, parcel_claim, parcel_sweep_fault;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.CreateModel(
            name="Anomaly",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "type",
                        "should_open_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("type", models.TextField()),
                ("should_open_at", models.DateTimeField()),
                ("should_close_at", models.DateTimeField(null=True)),
                ("state", models.TextField()),
                ("severity", models.TextField()),
                ("reason", models.TextField()),
                ("party", models.TextField()),
                ("closing", models.TextField()),
                ("noticed_open_at", models.DateTimeField()),
                ("noticed_close_at", models.DateTimeField(null=True)),
                ("policy", models.TextField()),
                ("shop_id", models.BigIntegerField(null=True)),
                ("creator_id", models.BigIntegerField(null=True)),
                ("shipped_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "anomaly",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="AnomalyChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "version",
                        "type",
                        "should_open_at",
                        "change",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("version", models.IntegerField()),
                ("type", models.TextField()),
                ("should_open_at", models.DateTimeField()),
                ("change", models.TextField()),
                ("severity", models.TextField()),
                ("reason", models.TextField()),
                ("closing", models.TextField()),
                ("should_close_at", models.DateTimeField(null=True)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "anomaly_change",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Parcel",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no", "carrier", "life", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("version", models.IntegerField()),
                ("starts_at", models.DateTimeField()),
                ("shop_id", models.BigIntegerField(null=True)),
                ("creator_id", models.BigIntegerField(null=True)),
                ("order_nos", models.TextField()),
                ("creator_order_nos", models.TextField()),
                ("shipped_at", models.DateTimeField(null=True)),
                ("paid_at", models.DateTimeField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("sender_division", models.TextField()),
                ("receiver_division", models.TextField()),
                ("receiver_tail", models.BinaryField(null=True)),
                ("policy", models.TextField()),
                ("status", models.TextField()),
                ("milestones", models.BinaryField()),
                ("episodes", models.BinaryField()),
                ("registers", models.BinaryField()),
                ("holds", models.BinaryField()),
                ("revised", models.BooleanField()),
                ("claim_waiting", models.BooleanField()),
                ("has_extra_creators", models.BooleanField()),
                ("open_types", models.IntegerField()),
                ("scan_count", models.IntegerField()),
                ("first_scan_at", models.DateTimeField(null=True)),
                ("last_scan_at", models.DateTimeField(null=True)),
                ("last_kind", models.SmallIntegerField()),
                ("picked_at", models.DateTimeField(null=True)),
                ("signed_at", models.DateTimeField(null=True)),
                ("evaluated_at", models.DateTimeField()),
                ("bucket", models.SmallIntegerField()),
                ("due_at", models.DateTimeField(null=True)),
                ("sweep_retry_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "parcel",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ParcelAlias",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no", "carrier", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("stands_for", models.TextField()),
                ("source", models.TextField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "parcel_alias",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ParcelClaim",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "shop_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("shop_id", models.BigIntegerField()),
                ("body", models.BinaryField()),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "parcel_claim",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ParcelExtraCreator",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "creator_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("creator_id", models.BigIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("order_nos", models.TextField()),
                ("shipped_at", models.DateTimeField()),
                ("status", models.TextField()),
                ("open_types", models.IntegerField()),
                ("last_scan_at", models.DateTimeField(null=True)),
                ("last_kind", models.SmallIntegerField()),
            ],
            options={
                "db_table": "parcel_extra_creator",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ParcelLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "line_no",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("order_no", models.TextField()),
                ("creator_id", models.BigIntegerField(null=True)),
                ("is_self_sold", models.BooleanField()),
                ("is_cross_border", models.BooleanField()),
                ("is_customer_return", models.BooleanField()),
            ],
            options={
                "db_table": "parcel_line",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ParcelSweepFault",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no", "carrier", "life", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("fault", models.TextField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "parcel_sweep_fault",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Scan",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "source",
                        "event_id",
                        "revision",
                        "is_retracted",
                        "variant",
                        "occurred_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("source", models.TextField()),
                ("event_id", models.TextField()),
                ("revision", models.IntegerField()),
                ("is_retracted", models.BooleanField()),
                ("variant", models.BigIntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("kind", models.SmallIntegerField()),
                ("flags", models.SmallIntegerField()),
                ("code", models.TextField()),
                ("division", models.TextField()),
                ("place", models.TextField()),
                ("description", models.TextField()),
            ],
            options={
                "db_table": "scan",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SourceSnapshot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "source",
                        "digest",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField()),
                ("carrier", models.TextField()),
                ("life", models.SmallIntegerField()),
                ("source", models.TextField()),
                ("digest", models.BinaryField()),
                ("pushed_at", models.DateTimeField(null=True)),
                ("newest_at", models.DateTimeField()),
                ("event_ids", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "source_snapshot",
                "managed": False,
            },
        ),
    ]
