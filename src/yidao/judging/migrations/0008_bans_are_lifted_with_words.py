"""Operators say why they lift a ban; nothing of the table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0007_shops_are_told_in_rounds"),
    ]

    operations = [
        migrations.AlterField(
            model_name="casetext",
            name="about",
            field=models.TextField(
                choices=[("OPENING", "Opening"), ("REVERSAL", "Reversal"), ("BAN_LIFTED", "Ban Lifted")]
            ),
        ),
    ]
