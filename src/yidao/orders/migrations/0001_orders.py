"""Orders and their lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("PENDING_PAYMENT", "Pending Payment"),
                            ("PAID", "Paid"),
                            ("TO_SHIP", "To Ship"),
                            ("PARTIALLY_SHIPPED", "Partially Shipped"),
                            ("SHIPPED", "Shipped"),
                            ("CANCELLED", "Cancelled"),
                            ("COMPLETED", "Completed"),
                        ]
                    ),
                ),
                ("paid_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={"db_table": "order_head"},
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(fields=["order_no", "shop_id"], name="order_once_per_shop"),
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "order_id", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("order_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("creator_id", models.BigIntegerField(null=True)),
                ("is_self_sold", models.BooleanField()),
                ("is_cross_border", models.BooleanField()),
                ("room_id", models.TextField(blank=True, db_collation="C")),
                ("product_id", models.TextField(blank=True, db_collation="C")),
                ("product_name", models.TextField(blank=True)),
                ("quantity", models.IntegerField()),
            ],
            options={"db_table": "order_line"},
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(fields=["order_no", "creator_id"], name="order_line_by_number"),
        ),
    ]
