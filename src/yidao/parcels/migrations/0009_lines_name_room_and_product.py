"""An order line tells in which live show (直播场次) it was sold and what (商品)."""

from django.db import migrations, models

COLUMNS = ("room_id", "product_id", "product_name")


class Migration(migrations.Migration):
    dependencies = [("parcels", "0008_two_may_make_one_month")]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; "
            "ALTER TABLE parcel_line "
            + ", ".join(f"ADD COLUMN {name} text COLLATE \"C\" NOT NULL DEFAULT ''" for name in COLUMNS)
            + "; ALTER TABLE parcel_line "
            + ", ".join(f"ALTER COLUMN {name} DROP DEFAULT" for name in COLUMNS),
            "ALTER TABLE parcel_line " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS),
            state_operations=[
                migrations.AddField(model_name="parcelline", name=name, field=models.TextField(blank=True, default=""))
                for name in COLUMNS
            ],
        ),
    ]
