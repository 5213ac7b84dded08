"""
Lists find their rows in indexes that begin with what they are narrowed by, so that a filter costs what it finds and not
what it leaves out; the indexes of before, by time alone, are no longer read.
"""

from django.db import migrations

INDEXES = {
    "parcel_list_of_creator": (
        "parcel (creator_id, status, carrier, shipped_at, waybill_no, life) WHERE creator_id IS NOT NULL"
    ),
    "parcel_list_of_creators_shop": (
        "parcel (creator_id, shop_id, shipped_at, waybill_no, carrier, life, status) WHERE creator_id IS NOT NULL"
    ),
    "parcel_list_of_shop": "parcel (shop_id, status, carrier, shipped_at, waybill_no, life) WHERE shop_id IS NOT NULL",
    "parcel_list_of_carrier": (
        "parcel (carrier, status, shipped_at, waybill_no, life) WHERE shipped_at IS NOT NULL AND status <> 'SIGNED'"
    ),
    "parcel_running_of_shop": (
        "parcel (shop_id, due_at, waybill_no, carrier, life, status) WHERE shop_id IS NOT NULL AND due_at IS NOT NULL"
    ),
    "parcel_by_tail": "parcel (receiver_tail, shop_id) WHERE receiver_tail IS NOT NULL",
    "anomaly_of_creator": (
        "anomaly (creator_id, state, type, shipped_at, waybill_no, carrier, life, should_open_at, shop_id)"
        " WHERE creator_id IS NOT NULL"
    ),
    "anomaly_of_shop": (
        "anomaly (shop_id, state, type, shipped_at, waybill_no, carrier, life, should_open_at)"
        " WHERE shop_id IS NOT NULL"
    ),
    "anomaly_of_carrier": (
        "anomaly (carrier, state, type, shipped_at, waybill_no, life, should_open_at) WHERE shipped_at IS NOT NULL"
    ),
}
REPLACED = {
    "parcel_of_creator": "parcel (creator_id, shipped_at, waybill_no, carrier, life) WHERE creator_id IS NOT NULL",
    "parcel_of_shop": "parcel (shop_id, shipped_at, waybill_no, carrier, life) WHERE shop_id IS NOT NULL",
}


def _made(name: str, columns: str) -> str:
    return f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}"


def _dropped(name: str) -> str:
    return f"DROP INDEX CONCURRENTLY IF EXISTS {name}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0012_nudges_and_tickets")]

    operations = [
        *(migrations.RunSQL(_made(name, columns), _dropped(name)) for name, columns in INDEXES.items()),
        *(migrations.RunSQL(_dropped(name), _made(name, columns)) for name, columns in REPLACED.items()),
    ]
