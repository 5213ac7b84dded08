"""What waits to be settled is found by day, shop and kind: a brake costs one look for each, not one for each row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0008_bans_are_lifted_with_words"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="violation", name="violation_due_to_settle"),
        migrations.AddIndex(
            model_name="violation",
            index=models.Index(
                condition=models.Q(("money", "PENDING")),
                fields=["day", "shop_id", "kind"],
                name="violation_due_to_settle",
            ),
        ),
    ]
