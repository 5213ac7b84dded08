"""Numbers that may be wrong are kept until somebody looked into them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parcels", "0017_leases_move_to_the_kit")]

    operations = [
        migrations.CreateModel(
            name="Doubt",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill_no",
                        "carrier",
                        "life",
                        "shop_id",
                        "doubt",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("waybill_no", models.TextField(db_collation="C")),
                ("carrier", models.TextField(db_collation="C")),
                ("life", models.SmallIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("doubt", models.TextField()),
                ("bucket", models.SmallIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "db_table": "parcel_doubt",
                "indexes": [models.Index(fields=["bucket", "due_at"], name="doubt_due")],
            },
        ),
    ]
