"""Money goes back by requests with names of their own; every attempt is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_orders_know_their_first_word"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderRefund",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("after_sale_id", models.BigIntegerField()),
                ("cause", models.TextField(choices=[("AFTER_SALE", "After Sale"), ("CLOSING", "Closing")])),
                ("amount_fen", models.BigIntegerField()),
                (
                    "route",
                    models.TextField(choices=[("ORIGINAL", "Original"), ("OTHER", "Other")], db_default="ORIGINAL"),
                ),
                ("request_id", models.TextField(db_collation="C")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("WANTED", "Wanted"),
                            ("ASKED", "Asked"),
                            ("UNKNOWN", "Unknown"),
                            ("DONE", "Done"),
                            ("WAITS_FOR_OPERATOR", "Waits For Operator"),
                        ],
                        db_default="WANTED",
                    ),
                ),
                ("tries", models.SmallIntegerField(db_default=0)),
                ("last_outcome", models.TextField(blank=True, db_default="")),
                ("last_code", models.TextField(blank=True, db_default="")),
                ("wanted_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("bucket", models.SmallIntegerField(db_default=0)),
                ("policy", models.TextField()),
                ("version", models.IntegerField(db_default=0)),
            ],
            options={
                "db_table": "order_refund",
            },
        ),
        migrations.CreateModel(
            name="OrderRefundAttempt",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("refund_id", models.BigIntegerField()),
                (
                    "act",
                    models.TextField(
                        choices=[
                            ("CALLED", "Called"),
                            ("ANSWERED", "Answered"),
                            ("INQUIRED", "Inquired"),
                            ("ROUTE_CHOSEN", "Route Chosen"),
                            ("MARKED_DONE", "Marked Done"),
                        ]
                    ),
                ),
                ("route", models.TextField()),
                ("request_id", models.TextField(db_collation="C")),
                ("outcome", models.TextField(blank=True, db_default="")),
                ("code", models.TextField(blank=True, db_default="")),
                ("text", models.TextField(blank=True, db_default="")),
                ("at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
                ("credential_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "order_refund_attempt",
            },
        ),
        migrations.CreateModel(
            name="PaymentSandboxRequest",
            fields=[
                ("request_id", models.TextField(db_collation="C", primary_key=True, serialize=False)),
                ("order_no", models.TextField(db_collation="C")),
                ("route", models.TextField()),
                ("amount_fen", models.BigIntegerField()),
                ("calls", models.IntegerField(db_default=0)),
                ("asks", models.IntegerField(db_default=0)),
                ("state", models.TextField()),
                ("paid_fen", models.BigIntegerField(db_default=0)),
            ],
            options={
                "db_table": "payment_sandbox_request",
            },
        ),
        migrations.CreateModel(
            name="PaymentSandboxRule",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("order_no_prefix", models.TextField(db_collation="C")),
                ("route", models.TextField(blank=True, db_default="")),
                ("acts", models.TextField()),
            ],
            options={
                "db_table": "payment_sandbox_rule",
            },
        ),
        migrations.AddField(
            model_name="aftersaleline",
            name="amount_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddIndex(
            model_name="aftersale",
            index=models.Index(fields=["shop_id", "state", "-opened_at", "-id"], name="after_sale_of_shop_by_state"),
        ),
        migrations.AddIndex(
            model_name="orderrefund",
            index=models.Index(fields=["order_id"], name="refund_of_order"),
        ),
        migrations.AddIndex(
            model_name="orderrefund",
            index=models.Index(fields=["-wanted_at", "-id"], name="refund_by_time"),
        ),
        migrations.AddIndex(
            model_name="orderrefund",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["bucket", "due_at"], name="refund_due"
            ),
        ),
        migrations.AddIndex(
            model_name="orderrefund",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["WAITS_FOR_OPERATOR", "UNKNOWN"]), ("last_outcome", "FAILED"), _connector="OR"
                ),
                fields=["-wanted_at", "-id"],
                name="refund_for_operator",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrefund",
            constraint=models.UniqueConstraint(fields=("after_sale_id",), name="refund_once_per_after_sale"),
        ),
        migrations.AddConstraint(
            model_name="orderrefund",
            constraint=models.UniqueConstraint(fields=("request_id",), name="refund_requests_have_names"),
        ),
        migrations.AddConstraint(
            model_name="orderrefund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0)), name="a_refund_gives_something"
            ),
        ),
        migrations.AddIndex(
            model_name="orderrefundattempt",
            index=models.Index(fields=["refund_id", "id"], name="attempt_of_refund"),
        ),
        migrations.AddIndex(
            model_name="paymentsandboxrequest",
            index=models.Index(fields=["order_no"], name="sandbox_request_of_order"),
        ),
        migrations.AddConstraint(
            model_name="paymentsandboxrule",
            constraint=models.UniqueConstraint(
                fields=("order_no_prefix", "route"), name="sandbox_rule_once_per_prefix"
            ),
        ),
    ]
