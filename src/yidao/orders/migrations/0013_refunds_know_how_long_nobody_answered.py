"""Refunds know since when their provider has said nothing certain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_shops_bring_order_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderrefund",
            name="silent_since",
            field=models.DateTimeField(null=True),
        ),
    ]
