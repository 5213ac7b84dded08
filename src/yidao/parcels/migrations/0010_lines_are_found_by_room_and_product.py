"""Creators look for what they sold in one live show, or of one product. Lines that name neither stand in no index."""

from django.db import migrations

INDEXES = {
    "parcel_line_by_room": "parcel_line (creator_id, room_id, waybill_no, carrier, life) WHERE room_id <> ''",
    "parcel_line_by_product": "parcel_line (creator_id, product_id, waybill_no, carrier, life) WHERE product_id <> ''",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0009_lines_name_room_and_product")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, columns in INDEXES.items()
    ]
