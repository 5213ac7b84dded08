"""Shops keep addresses they ship from and take goods back at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ShopAddress",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("kind", models.TextField(choices=[("SHIP_FROM", "Ship From"), ("RETURN", "Return")])),
                ("contact", models.BinaryField()),
                ("phone", models.BinaryField()),
                ("street", models.BinaryField()),
                ("division", models.TextField(db_collation="C")),
                ("is_default", models.BooleanField(db_default=False)),
                ("is_active", models.BooleanField(db_default=True)),
                ("version", models.IntegerField(db_default=0)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "shop_address",
                "indexes": [models.Index(fields=["shop_id", "kind", "-id"], name="address_of_shop")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("shop_id", "kind"),
                        name="one_default_address_of_a_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_active", True), ("is_default", False), _connector="OR"),
                        name="what_was_removed_is_no_default",
                    ),
                ],
            },
        ),
    ]
