"""An outage names the policy version by which it was noticed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parcels", "0002_quarantine_figures_outages_leases")]

    operations = [
        migrations.AddField(
            model_name="carrieroutage",
            name="policy",
            field=models.TextField(blank=True, default=""),
        ),
    ]
