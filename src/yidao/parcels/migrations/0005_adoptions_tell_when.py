"""A life that began as a stub tells when a shipment adopted it: before that nobody knew what had been promised."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parcels", "0004_figures_are_found_by_carrier")]

    operations = [
        migrations.RunSQL(
            "SET LOCAL lock_timeout = '5s'; ALTER TABLE parcel ADD COLUMN adopted_at timestamptz",
            "ALTER TABLE parcel DROP COLUMN adopted_at",
            state_operations=[
                migrations.AddField(model_name="parcel", name="adopted_at", field=models.DateTimeField(null=True)),
            ],
        ),
    ]
