"""When an order was judged last, when refunds paused its judgement, and what a late judge still owes."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_packs_know_their_parcel"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="last_judged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="judge_pauses",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
        ),
        migrations.CreateModel(
            name="OwedJudgement",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "order_id", "round", "ordinal", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("order_id", models.BigIntegerField()),
                ("round", models.SmallIntegerField()),
                ("ordinal", models.SmallIntegerField()),
                ("bucket", models.SmallIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("at", models.DateTimeField()),
                ("ship_by_at", models.DateTimeField()),
                ("policy", models.TextField()),
                ("promise_kind", models.TextField()),
                ("paid_fen", models.BigIntegerField()),
                (
                    "product_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(db_collation="C"), size=None),
                ),
            ],
            options={
                "db_table": "order_owed_judgement",
                "indexes": [models.Index(fields=["bucket", "at"], name="owed_judgement_in_bucket")],
            },
        ),
    ]
