"""An order may say from which division it is to leave; 0 where it does not, and the shop's own address counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_refunds_are_asked_for_once")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="sender_division",
            field=models.IntegerField(db_default=0),
        ),
    ]
