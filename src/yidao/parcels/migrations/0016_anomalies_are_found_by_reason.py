"""
Lists of anomalies check the reason inside their index: a rare one no longer reads every anomaly of a big tenant. What
stood there before goes, as the new indexes begin alike.
"""

from django.db import migrations

KEY = "state, type, shipped_at, waybill_no, carrier, life, should_open_at"
INDEXES = {
    "anomaly_list_of_creator": f"anomaly (creator_id, {KEY}, shop_id, reason) WHERE creator_id IS NOT NULL",
    "anomaly_list_of_shop": f"anomaly (shop_id, {KEY}, reason) WHERE shop_id IS NOT NULL",
    "anomaly_list_of_carrier": (
        "anomaly (carrier, state, type, shipped_at, waybill_no, life, should_open_at, reason)"
        " WHERE shipped_at IS NOT NULL"
    ),
}
REPLACED = {
    "anomaly_of_creator": f"anomaly (creator_id, {KEY}, shop_id) WHERE creator_id IS NOT NULL",
    "anomaly_of_shop": f"anomaly (shop_id, {KEY}) WHERE shop_id IS NOT NULL",
    "anomaly_of_carrier": (
        "anomaly (carrier, state, type, shipped_at, waybill_no, life, should_open_at) WHERE shipped_at IS NOT NULL"
    ),
}


def _made(name: str, columns: str) -> str:
    return f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}"


def _dropped(name: str) -> str:
    return f"DROP INDEX CONCURRENTLY IF EXISTS {name}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0015_lines_out_of_scope_stand_in_no_index")]

    operations = [
        *(migrations.RunSQL(_made(name, columns), _dropped(name)) for name, columns in INDEXES.items()),
        *(migrations.RunSQL(_dropped(name), _made(name, columns)) for name, columns in REPLACED.items()),
    ]
