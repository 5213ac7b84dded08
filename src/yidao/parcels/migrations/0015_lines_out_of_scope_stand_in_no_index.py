"""
Lines in no list of a creator's (self-sold, from abroad, a customer's return) leave the indexes of live shows and
products, so that the lines of one are read from its index alone.
"""

from django.db import migrations

OF_ROOM = "parcel_line (creator_id, room_id, waybill_no, carrier, life) WHERE room_id <> ''"
OF_PRODUCT = "parcel_line (creator_id, product_id, waybill_no, carrier, life) WHERE product_id <> ''"
IN_SCOPE = "NOT is_self_sold AND NOT is_cross_border AND NOT is_customer_return"
INDEXES = {
    "parcel_line_of_room": ("parcel_line_by_room", OF_ROOM),
    "parcel_line_of_product": ("parcel_line_by_product", OF_PRODUCT),
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0014_unsettled_nudges_are_counted_at_once")]

    operations = [
        step
        for new, (gone, columns) in INDEXES.items()
        for step in (
            migrations.RunSQL(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {new} ON {columns} AND {IN_SCOPE}",
                f"DROP INDEX CONCURRENTLY IF EXISTS {new}",
            ),
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {gone}",
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {gone} ON {columns}",
            ),
        )
    ]
