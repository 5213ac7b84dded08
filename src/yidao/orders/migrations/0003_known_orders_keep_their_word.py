"""
Orders that were known before promises were: what was told of them stays told, and nothing is promised after the fact.
The bucket of a number is made by the application, so that they get one when they are next told or touched.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_orders_are_promised_shipped_and_ended")]

    operations = [
        migrations.RunSQL(
            "UPDATE order_head SET told_state = state, ordered_at = coalesce(paid_at, changed_at) "
            "WHERE told_state = ''",
            migrations.RunSQL.noop,
        ),
    ]
