"""The books: accounts, transfers, entries, proofs."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("organisation_id", models.BigIntegerField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("DEPOSIT", "Deposit"),
                            ("FROZEN", "Frozen"),
                            ("DEBT", "Debt"),
                            ("PENALTY", "Penalty"),
                            ("COMPENSATION", "Compensation"),
                            ("CLAIM", "Claim"),
                            ("STORAGE_FEE", "Storage Fee"),
                            ("TOPUP_CLEARING", "Topup Clearing"),
                            ("REFUND_CLEARING", "Refund Clearing"),
                        ]
                    ),
                ),
                ("balance_fen", models.BigIntegerField(db_default=0)),
                ("seq", models.BigIntegerField(db_default=0)),
            ],
            options={
                "db_table": "ledger_account",
                "indexes": [
                    models.Index(
                        condition=models.Q(("balance_fen__lt", 0), ("kind", "DEBT")),
                        fields=["organisation_id"],
                        name="ledger_debts",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation_id", "kind"), name="one_account_of_a_kind"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["DEPOSIT", "FROZEN"]), _negated=True),
                            ("balance_fen__gte", 0),
                            _connector="OR",
                        ),
                        name="money_is_never_less_than_none",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "DEBT"), _negated=True), ("balance_fen__lte", 0), _connector="OR"
                        ),
                        name="a_debt_is_never_more_than_paid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("transfer_id", models.BigIntegerField()),
                ("organisation_id", models.BigIntegerField()),
                ("account_kind", models.TextField()),
                ("kind", models.TextField()),
                ("balance_before_fen", models.BigIntegerField()),
                ("amount_fen", models.BigIntegerField()),
                ("balance_after_fen", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_entry",
                "indexes": [
                    models.Index(fields=["organisation_id", "-at", "-id"], name="statement_of_organisation"),
                    models.Index(fields=["transfer_id"], name="lines_of_transfer"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "seq"), name="lines_of_an_account_are_counted"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "balance_after_fen",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("balance_before_fen"), "+", models.F("amount_fen")
                                ),
                            )
                        ),
                        name="a_line_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen", 0), _negated=True), name="a_line_moves_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerProof",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("accounts", models.IntegerField()),
                ("transfers", models.IntegerField()),
                ("entries", models.IntegerField()),
                ("faults", models.JSONField()),
            ],
            options={
                "db_table": "ledger_proof",
                "indexes": [models.Index(fields=["-at", "-id"], name="proofs_by_time")],
            },
        ),
        migrations.CreateModel(
            name="LedgerTransfer",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("TOP_UP", "Top Up"),
                            ("TOP_UP_REVERSAL", "Top Up Reversal"),
                            ("DEDUCTION", "Deduction"),
                            ("COMPENSATION", "Compensation"),
                            ("GIVE_BACK", "Give Back"),
                            ("FREEZE", "Freeze"),
                            ("UNFREEZE", "Unfreeze"),
                        ]
                    ),
                ),
                ("ref", models.TextField(db_collation="C")),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("memo", models.JSONField()),
                ("user_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "ledger_transfer",
                "constraints": [models.UniqueConstraint(fields=("kind", "ref"), name="a_cause_moves_money_once")],
            },
        ),
    ]
