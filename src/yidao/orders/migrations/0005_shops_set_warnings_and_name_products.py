"""Shops choose when they are warned, and their products stand in a table of their own."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_lists_walk_what_they_filter_by"),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shop_id", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("shop_id", models.BigIntegerField()),
                ("product_id", models.TextField(db_collation="C")),
                ("name", models.TextField(blank=True)),
                ("short_name", models.TextField(blank=True, db_default="")),
                ("merchant_code", models.TextField(blank=True, db_default="")),
                ("weight_grams", models.IntegerField(null=True)),
                ("version", models.IntegerField(db_default=0)),
                ("met_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "product",
                "indexes": [models.Index(fields=["shop_id", "-met_at", "product_id"], name="product_of_shop")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weight_grams__gt", 0)), name="a_product_weighs_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductCursor",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("order_id", models.BigIntegerField()),
            ],
            options={
                "db_table": "product_cursor",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="product_cursor_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="ShopSetting",
            fields=[
                ("shop_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "warn_steps",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None),
                ),
                ("warn_since", models.DateTimeField(null=True)),
                ("notice_round_hours", models.SmallIntegerField(null=True)),
                ("version", models.IntegerField(db_default=0)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "shop_setting",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("notice_round_hours__gte", 1)), name="a_notice_round_takes_an_hour"
                    )
                ],
            },
        ),
    ]
