"""
Order lists find their rows in indexes that begin with what they are narrowed by and hold what they check on the way, so
that a filter costs what it finds. What few orders have (a flag, a label, an open refund) is indexed for those alone.
"""

from django.db import migrations

NEWEST = "paid_at DESC NULLS LAST, id DESC"
INDEXES = {
    "order_list_of_shop": (
        f"order_head (shop_id, state, {NEWEST}, promise_kind, ship_by_at, creator_id) INCLUDE (carrier)"
    ),
    "order_list_of_carrier": (
        f"order_head (shop_id, carrier, {NEWEST}, state, promise_kind, creator_id) WHERE carrier <> ''"
    ),
    "order_list_of_creator": (
        f"order_head (shop_id, creator_id, {NEWEST}, state, promise_kind, carrier) WHERE creator_id IS NOT NULL"
    ),
    "order_list_by_deadline": (
        "order_head (shop_id, ship_by_at, id, state, promise_kind, carrier, creator_id, paid_at)"
        " INCLUDE (labels, flag, open_refunds) WHERE ship_by_at IS NOT NULL"
    ),
    "order_list_of_marked": (
        f"order_head (shop_id, {NEWEST}, state, promise_kind, carrier, creator_id, ship_by_at)"
        " INCLUDE (labels, flag, open_refunds) WHERE labels <> 0 OR flag <> 0 OR open_refunds > 0"
    ),
    "order_by_phone_tail": "order_head (shop_id, phone_tail) WHERE phone_tail IS NOT NULL",
    "order_line_by_product": "order_line (product_id, order_id) WHERE product_id <> ''",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0003_known_orders_keep_their_word")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, columns in INDEXES.items()
    ]
