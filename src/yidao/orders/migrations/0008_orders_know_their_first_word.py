"""What was told of an order when it entered: one that came as shipped left before we knew it, and is never judged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_what_a_late_judge_owes_is_kept")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="first_state",
            field=models.TextField(blank=True, db_default=""),
        ),
    ]
