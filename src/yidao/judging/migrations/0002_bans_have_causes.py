"""A ban holds as long as one of the orders that caused it does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0001_judgements_and_what_follows"),
    ]

    operations = [
        migrations.CreateModel(
            name="BanCause",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shop_id",
                        "product_id",
                        "judgement_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("shop_id", models.BigIntegerField()),
                ("product_id", models.TextField(db_collation="C")),
                ("judgement_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "product_ban_cause",
                "indexes": [
                    models.Index(condition=models.Q(("ended_at", None)), fields=["order_id"], name="ban_cause_of_order")
                ],
            },
        ),
    ]
