"""What waits is counted on every page: find the unsettled nudges and tickets of each side at once."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

UNSETTLED = models.Q(settled_at=None)
INDEXES = (
    ("nudgethread", "creator_id", "nudge_unsettled_of_creator"),
    ("nudgethread", "shop_id", "nudge_unsettled_of_shop"),
    ("carrierticket", "shop_id", "ticket_unsettled_of_shop"),
    ("carrierticket", "office_id", "ticket_unsettled_of_office"),
    ("carrierticket", "outlet_id", "ticket_unsettled_of_outlet"),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0013_lists_walk_what_they_filter_by")]

    operations = [
        AddIndexConcurrently(model, models.Index(fields=[column], condition=UNSETTLED, name=name))
        for model, column, name in INDEXES
    ]
