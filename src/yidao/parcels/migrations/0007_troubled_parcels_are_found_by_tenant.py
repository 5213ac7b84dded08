"""
Counts and lists of anomalies in progress walk troubled parcels alone: there are few of them, and a shop has many
parcels. Only rows in trouble have entries here, so the others cost no write.
"""

from django.db import migrations

INDEXES = {
    "parcel_troubled_of_creator": "parcel (creator_id, shipped_at, waybill_no, carrier, life)",
    "parcel_troubled_of_shop": "parcel (shop_id, shipped_at, waybill_no, carrier, life)",
    "parcel_troubled_of_carrier": "parcel (carrier, shipped_at, waybill_no, life)",
    "parcel_extra_creator_troubled": "parcel_extra_creator (creator_id, shipped_at, waybill_no, carrier, life)",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0006_only_we_make_months")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns} WHERE open_types <> 0",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, columns in INDEXES.items()
    ]
