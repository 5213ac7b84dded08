"""What was promised, what left, what came back, and what time decides about an order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_orders"),
    ]

    operations = [
        migrations.CreateModel(
            name="AfterSale",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("external_no", models.TextField(blank=True, db_collation="C", db_default="")),
                (
                    "kind",
                    models.TextField(
                        choices=[("REFUND", "Refund"), ("RETURN_REFUND", "Return Refund"), ("EXCHANGE", "Exchange")]
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("AWAIT_SHOP", "Await Shop"),
                            ("AWAIT_RETURN", "Await Return"),
                            ("AWAIT_RECEIPT", "Await Receipt"),
                            ("REFUNDING", "Refunding"),
                            ("DONE", "Done"),
                            ("REFUSED", "Refused"),
                            ("WITHDRAWN", "Withdrawn"),
                        ]
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="")),
                ("amount_fen", models.BigIntegerField()),
                ("return_carrier", models.TextField(blank=True, db_default="")),
                ("return_waybill_no", models.TextField(blank=True, db_default="")),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("bucket", models.SmallIntegerField(db_default=0)),
                ("policy", models.TextField(blank=True, db_default="")),
                ("version", models.IntegerField(db_default=0)),
            ],
            options={
                "db_table": "after_sale",
            },
        ),
        migrations.CreateModel(
            name="AfterSaleLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "after_sale_id", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("after_sale_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("quantity", models.IntegerField()),
            ],
            options={
                "db_table": "after_sale_line",
            },
        ),
        migrations.CreateModel(
            name="AfterSaleStep",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("after_sale_id", models.BigIntegerField()),
                ("state", models.TextField()),
                ("cause", models.TextField()),
                ("text", models.TextField(blank=True, db_default="")),
                ("at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
                ("credential_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "after_sale_step",
            },
        ),
        migrations.CreateModel(
            name="DeadlineChange",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("order_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                (
                    "cause",
                    models.TextField(
                        choices=[
                            ("PROMISED", "Promised"),
                            ("APPOINTMENT", "Appointment"),
                            ("BUYER_CARD", "Buyer Card"),
                            ("BUYER_ASKED", "Buyer Asked"),
                            ("PROMOTION", "Promotion"),
                            ("REPORT", "Report"),
                            ("RELIEF", "Relief"),
                            ("WITHDRAWAL", "Withdrawal"),
                        ]
                    ),
                ),
                ("cause_ref", models.TextField(blank=True, db_default="")),
                ("old_at", models.DateTimeField(null=True)),
                ("new_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
                ("credential_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "order_deadline_change",
            },
        ),
        migrations.CreateModel(
            name="Pack",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("carrier", models.TextField()),
                ("waybill_no", models.TextField(db_collation="C")),
                ("shipped_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "state",
                    models.TextField(
                        choices=[("LIVE", "Live"), ("REPLACED", "Replaced"), ("UNMADE", "Unmade")], db_default="LIVE"
                    ),
                ),
                ("is_resend", models.BooleanField(db_default=False)),
                ("edited_from", models.BigIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_cause", models.TextField(blank=True, db_default="")),
                ("user_id", models.BigIntegerField(null=True)),
                ("credential_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "order_pack",
            },
        ),
        migrations.CreateModel(
            name="PackLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "pack_id", "order_id", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("pack_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("quantity", models.IntegerField()),
            ],
            options={
                "db_table": "order_pack_line",
            },
        ),
        migrations.CreateModel(
            name="ShipByCard",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("ACCEPTED", "Accepted"),
                            ("REFUSED", "Refused"),
                            ("LAPSED", "Lapsed"),
                            ("OVERTAKEN", "Overtaken"),
                        ]
                    ),
                ),
                ("reason", models.TextField()),
                ("old_at", models.DateTimeField()),
                ("new_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("bucket", models.SmallIntegerField(db_default=0)),
                ("policy", models.TextField()),
                ("user_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "ship_by_card",
            },
        ),
        migrations.AddField(
            model_name="order",
            name="bucket",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="buyer_remark",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="carrier",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="order",
            name="close_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="closed_cause",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="order",
            name="creator_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="flag",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="freight_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="goods_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="is_receipt_extended",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="order",
            name="judge_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="judge_round",
            field=models.SmallIntegerField(db_default=1),
        ),
        migrations.AddField(
            model_name="order",
            name="judged_count",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="labels",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="late_policy",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="order",
            name="open_refunds",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="ordered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="paid_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="phone_index",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="phone_tail",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="promise_kind",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="order",
            name="receipt_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="received_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="receiver_address",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="receiver_division",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="receiver_key",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="receiver_name",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="receiver_phone",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="refunded_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="seller_note",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="ship_by_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="shipped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="told_state",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="order",
            name="version",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="warn_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="warned_count",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="merchant_code",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="orderline",
            name="paid_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="price_fen",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="promise_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="orderline",
            name="promise_days",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="promise_kind",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="orderline",
            name="promise_policy",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="orderline",
            name="refunded_quantity",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="ship_by_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="orderline",
            name="ship_by_original_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="orderline",
            name="shipped_quantity",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="orderline",
            name="sku_id",
            field=models.TextField(blank=True, db_collation="C", db_default=""),
        ),
        migrations.AddField(
            model_name="orderline",
            name="sku_name",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("judge_due_at__isnull", False)),
                fields=["bucket", "judge_due_at"],
                name="order_due_for_judging",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("warn_due_at__isnull", False)),
                fields=["bucket", "warn_due_at"],
                name="order_due_for_warning",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("receipt_due_at__isnull", False)),
                fields=["bucket", "receipt_due_at"],
                name="order_due_for_receipt",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("close_due_at__isnull", False)),
                fields=["bucket", "close_due_at"],
                name="order_due_for_closing",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("judged_count__gte", 0)), name="judgements_are_counted_up"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_fen__gte", 0)), name="refunds_are_counted_up"
            ),
        ),
        migrations.AddIndex(
            model_name="aftersale",
            index=models.Index(fields=["shop_id", "-opened_at", "-id"], name="after_sale_of_shop"),
        ),
        migrations.AddIndex(
            model_name="aftersale",
            index=models.Index(fields=["order_id"], name="after_sale_of_order"),
        ),
        migrations.AddIndex(
            model_name="aftersale",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["bucket", "due_at"], name="after_sale_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="aftersale",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_no", ""), _negated=True),
                fields=("shop_id", "external_no"),
                name="after_sale_once_per_number",
            ),
        ),
        migrations.AddIndex(
            model_name="aftersalestep",
            index=models.Index(fields=["after_sale_id", "id"], name="step_of_after_sale"),
        ),
        migrations.AddIndex(
            model_name="deadlinechange",
            index=models.Index(fields=["order_id", "id"], name="deadline_change_of_order"),
        ),
        migrations.AddIndex(
            model_name="pack",
            index=models.Index(fields=["waybill_no", "carrier"], name="pack_by_number"),
        ),
        migrations.AddIndex(
            model_name="pack",
            index=models.Index(fields=["shop_id", "-id"], name="pack_of_shop"),
        ),
        migrations.AddIndex(
            model_name="packline",
            index=models.Index(fields=["order_id", "line_no"], name="pack_line_of_order"),
        ),
        migrations.AddConstraint(
            model_name="packline",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="a_pack_holds_something"),
        ),
        migrations.AddIndex(
            model_name="shipbycard",
            index=models.Index(fields=["order_id", "id"], name="card_of_order"),
        ),
        migrations.AddIndex(
            model_name="shipbycard",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["bucket", "due_at"], name="card_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipbycard",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "WAITING")), fields=("order_id",), name="one_card_waits_at_a_time"
            ),
        ),
    ]
