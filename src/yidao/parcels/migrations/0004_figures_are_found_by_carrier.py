"""The watch over silent carriers asks for one carrier's minutes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("parcels", "0003_outages_name_their_policy")]

    operations = [
        AddIndexConcurrently(
            model_name="intakeminute",
            index=models.Index(fields=["carrier", "minute"], name="intake_minute_by_carrier"),
        ),
    ]
