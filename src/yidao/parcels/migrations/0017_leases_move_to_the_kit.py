"""Who sweeps what belongs to every room; the table stays as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("parcels", "0016_anomalies_are_found_by_reason")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="SweepLease")]),
    ]
