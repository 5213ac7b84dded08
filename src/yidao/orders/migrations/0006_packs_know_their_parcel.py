"""Packs know which life of their number they are, and what else stands beside them: requests and serial numbers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_shops_set_warnings_and_name_products")]

    operations = [
        migrations.AddField(
            model_name="pack",
            name="life",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.CreateModel(
            name="ShipRequest",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shop_id", "request_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("shop_id", models.BigIntegerField()),
                ("request_id", models.TextField(db_collation="C")),
                ("digest", models.BinaryField()),
                ("pack_id", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={"db_table": "ship_request"},
        ),
        migrations.CreateModel(
            name="PackSerial",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "pack_id",
                        "order_id",
                        "line_no",
                        "serial",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("pack_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("serial", models.TextField(db_collation="C")),
            ],
            options={"db_table": "order_pack_serial"},
        ),
    ]
