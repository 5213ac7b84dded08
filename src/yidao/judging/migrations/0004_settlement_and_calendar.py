"""Settlement and its brakes, and the calendar of working days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0003_appeals_and_sanctions"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("is_working", models.BooleanField()),
                ("name", models.TextField(blank=True, db_default="")),
                ("changed_at", models.DateTimeField(null=True)),
                ("changed_by", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "calendar_day",
            },
        ),
        migrations.CreateModel(
            name="SettlementDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shop_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("shop_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("judgements", models.IntegerField(db_default=0)),
                ("deducted", models.IntegerField(db_default=0)),
                ("capped", models.IntegerField(db_default=0)),
                ("deducted_fen", models.BigIntegerField(db_default=0)),
                ("coupon_fen", models.BigIntegerField(db_default=0)),
                ("points_tenths", models.IntegerField(db_default=0)),
                ("debt_fen", models.BigIntegerField(db_default=0)),
                ("settled_at", models.DateTimeField(null=True)),
                ("retry_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "settlement_day",
                "indexes": [models.Index(fields=["-day", "shop_id"], name="settled_days")],
            },
        ),
        migrations.CreateModel(
            name="SettlementHold",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField(null=True)),
                ("violation_kind", models.TextField(blank=True, db_default="")),
                ("reason", models.TextField()),
                ("held_at", models.DateTimeField()),
                ("held_by", models.BigIntegerField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "settlement_hold",
                "indexes": [models.Index(fields=["-held_at", "-id"], name="holds_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("shop_id", "violation_kind"),
                        name="held_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("shop_id__isnull", False), models.Q(("violation_kind", ""), _negated=True), _connector="OR"
                        ),
                        name="a_hold_names_what_it_holds",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ViolationHold",
            fields=[
                ("violation_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("ref", models.TextField(db_collation="C")),
                ("held_at", models.DateTimeField()),
            ],
            options={
                "db_table": "violation_hold",
                "indexes": [models.Index(fields=["ref"], name="violations_held_for")],
            },
        ),
        migrations.AddIndex(
            model_name="violation",
            index=models.Index(
                fields=["day", "shop_id"], name="violation_due_to_settle", condition=models.Q(("money", "PENDING"))
            ),
        ),
    ]
