"""What waits for one receiver is found at once, because it may go in one parcel."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0010_orders_may_say_where_they_leave")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS order_waiting_of_receiver"
            " ON order_head (shop_id, receiver_key, ship_by_at, id)"
            " WHERE ship_by_at IS NOT NULL AND receiver_key IS NOT NULL",
            "DROP INDEX CONCURRENTLY IF EXISTS order_waiting_of_receiver",
        )
    ]
