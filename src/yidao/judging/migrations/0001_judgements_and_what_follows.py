"""Judgements, violations, reversals, penalties, banned products, and jobs that reverse many."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Reversal",
            fields=[
                ("judgement_id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "cause",
                    models.TextField(
                        choices=[
                            ("APPEAL", "Appeal"),
                            ("RELIEF", "Relief"),
                            ("REPORT", "Report"),
                            ("DEADLINE_MOVED", "Deadline Moved"),
                            ("OPERATOR", "Operator"),
                            ("UNMADE", "Unmade"),
                        ]
                    ),
                ),
                ("cause_ref", models.TextField(blank=True, db_default="")),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "judgement_reversal",
            },
        ),
        migrations.CreateModel(
            name="Judgement",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("LATE_SHIPMENT", "Late Shipment"),
                            ("PICKUP_TIMEOUT", "Pickup Timeout"),
                            ("TRANSIT_TIMEOUT", "Transit Timeout"),
                            ("OUT_OF_STOCK", "Out Of Stock"),
                            ("FALSE_SHIPMENT", "False Shipment"),
                        ]
                    ),
                ),
                ("round", models.SmallIntegerField()),
                ("ordinal", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
                ("day", models.DateField()),
                ("policy", models.TextField()),
                ("facts", models.JSONField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "judgement",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order_id", "kind", "round", "ordinal", "shop_id"), name="violation_once_per_ordinal"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ordinal__gt", 0), ("round__gt", 0)), name="judgements_count_from_one"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Penalty",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("judgement_id", models.BigIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("day", models.DateField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("DEDUCTION", "Deduction"),
                            ("COUPON", "Coupon"),
                            ("POINTS", "Points"),
                            ("FREEZE", "Freeze"),
                        ]
                    ),
                ),
                ("amount_fen", models.BigIntegerField(db_default=0)),
                ("points_tenths", models.IntegerField(db_default=0)),
                ("cause", models.TextField(blank=True, db_default="")),
                ("transfer_id", models.BigIntegerField(null=True)),
                ("reverses_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "penalty",
                "indexes": [
                    models.Index(fields=["shop_id", "day"], name="penalty_of_shop_day"),
                    models.Index(fields=["order_id"], name="penalty_of_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reverses_id", None)),
                        fields=("judgement_id", "kind"),
                        name="a_judgement_takes_once",
                    ),
                    models.UniqueConstraint(fields=("reverses_id",), name="a_penalty_is_taken_back_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductBan",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("product_id", models.TextField(db_collation="C")),
                ("order_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("judgement_id", models.BigIntegerField()),
                ("banned_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_cause", models.TextField(blank=True, db_default="")),
                ("lifted_by", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "product_ban",
                "indexes": [
                    models.Index(fields=["shop_id", "-banned_at", "-id"], name="ban_of_shop"),
                    models.Index(fields=["-banned_at", "-id"], name="ban_by_time"),
                    models.Index(fields=["order_id"], name="ban_of_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("shop_id", "product_id"),
                        name="a_product_is_banned_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReversalJob",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "cause",
                    models.TextField(
                        choices=[
                            ("APPEAL", "Appeal"),
                            ("RELIEF", "Relief"),
                            ("REPORT", "Report"),
                            ("DEADLINE_MOVED", "Deadline Moved"),
                            ("OPERATOR", "Operator"),
                            ("UNMADE", "Unmade"),
                        ]
                    ),
                ),
                ("cause_ref", models.TextField(blank=True, db_default="")),
                ("reason", models.TextField(blank=True, db_default="")),
                ("selection", models.JSONField()),
                ("state", models.TextField(choices=[("RUNNING", "Running"), ("DONE", "Done")], db_default="RUNNING")),
                ("cursor", models.BigIntegerField(db_default=0)),
                ("orders", models.IntegerField(db_default=0)),
                ("orders_done", models.IntegerField(db_default=0)),
                ("judgements_done", models.IntegerField(db_default=0)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "reversal_job",
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="reversal_job_by_time"),
                    models.Index(condition=models.Q(("state", "RUNNING")), fields=["id"], name="reversal_job_running"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Violation",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("LATE_SHIPMENT", "Late Shipment"),
                            ("PICKUP_TIMEOUT", "Pickup Timeout"),
                            ("TRANSIT_TIMEOUT", "Transit Timeout"),
                            ("OUT_OF_STOCK", "Out Of Stock"),
                            ("FALSE_SHIPMENT", "False Shipment"),
                        ]
                    ),
                ),
                ("round", models.SmallIntegerField(db_default=1)),
                ("ordinal", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
                ("day", models.DateField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("OPEN", "Open"),
                            ("APPEALING", "Appealing"),
                            ("UPHELD", "Upheld"),
                            ("REVERSED", "Reversed"),
                        ],
                        db_default="OPEN",
                    ),
                ),
                (
                    "money",
                    models.TextField(
                        choices=[
                            ("NONE", "None"),
                            ("PENDING", "Pending"),
                            ("HELD", "Held"),
                            ("DEDUCTED", "Deducted"),
                            ("CAPPED", "Capped"),
                            ("OVER_ORDER", "Over Order"),
                            ("WAIVED", "Waived"),
                            ("REFUNDED", "Refunded"),
                        ],
                        db_default="PENDING",
                    ),
                ),
                ("deducted_fen", models.BigIntegerField(db_default=0)),
                ("notified_at", models.DateTimeField(null=True)),
                ("appeal_until", models.DateTimeField(null=True)),
                ("policy", models.TextField()),
                ("opened_by", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "violation",
                "indexes": [
                    models.Index(fields=["shop_id", "-at", "-id"], name="violation_of_shop"),
                    models.Index(fields=["shop_id", "state", "-at", "-id"], name="violation_of_shop_by_state"),
                    models.Index(fields=["order_id"], name="violation_of_order"),
                    models.Index(fields=["-at", "-id"], name="violation_by_time"),
                    models.Index(
                        condition=models.Q(("money", "PENDING")), fields=["shop_id", "day"], name="violation_to_settle"
                    ),
                    models.Index(
                        condition=models.Q(("notified_at", None)), fields=["shop_id"], name="violation_to_tell"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("deducted_fen__gte", 0)), name="deductions_are_not_negative"
                    )
                ],
            },
        ),
    ]
