"""Appeals with their pictures, what operators say, sanctions, and orders that fell due by day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0002_bans_have_causes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShopDueDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shop_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("shop_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("due", models.IntegerField()),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "db_table": "shop_due_day",
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("violation_id", models.BigIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("order_no", models.TextField(db_collation="C")),
                ("kind", models.TextField()),
                (
                    "channel",
                    models.TextField(
                        choices=[("GENERAL", "General"), ("LOGISTICS", "Logistics")], db_default="GENERAL"
                    ),
                ),
                ("text_encrypted", models.BinaryField()),
                (
                    "state",
                    models.TextField(
                        choices=[("OPEN", "Open"), ("ACCEPTED", "Accepted"), ("REFUSED", "Refused"), ("MOOT", "Moot")],
                        db_default="OPEN",
                    ),
                ),
                ("policy", models.TextField()),
                ("filed_at", models.DateTimeField()),
                ("filed_by", models.BigIntegerField(null=True)),
                ("due_at", models.DateTimeField()),
                ("soon_at", models.DateTimeField()),
                ("remind_at", models.DateTimeField(null=True)),
                ("told", models.TextField(blank=True, db_default="")),
                ("bucket", models.SmallIntegerField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by", models.BigIntegerField(null=True)),
                ("answer_encrypted", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "appeal",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "OPEN")), fields=["due_at", "id"], name="appeal_to_answer"
                    ),
                    models.Index(
                        condition=models.Q(("remind_at__isnull", False)),
                        fields=["bucket", "remind_at"],
                        name="appeal_to_remind",
                    ),
                    models.Index(fields=["-filed_at", "-id"], name="appeal_by_time"),
                    models.Index(fields=["shop_id", "-filed_at", "-id"], name="appeal_of_shop"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("violation_id",), name="a_violation_is_appealed_against_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("state", "OPEN")),
                            models.Q(models.Q(("state", "OPEN"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_appeal_is_open_or_answered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseFile",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("owner", models.TextField(choices=[("APPEAL", "Appeal"), ("VIOLATION", "Violation")])),
                ("owner_id", models.BigIntegerField()),
                ("ordinal", models.SmallIntegerField()),
                ("file_id", models.BigIntegerField()),
            ],
            options={
                "db_table": "case_file",
                "constraints": [
                    models.UniqueConstraint(fields=("owner_id", "owner", "ordinal"), name="pictures_stand_in_a_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseText",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("violation_id", models.BigIntegerField()),
                ("about", models.TextField(choices=[("OPENING", "Opening"), ("REVERSAL", "Reversal")])),
                ("text_encrypted", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "case_text",
                "indexes": [models.Index(fields=["violation_id", "id"], name="text_of_violation")],
            },
        ),
        migrations.CreateModel(
            name="Sanction",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("kind", models.TextField(choices=[("CLOSURE", "Closure"), ("EXPULSION", "Expulsion")])),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("IN_FORCE", "In Force"),
                            ("DISMISSED", "Dismissed"),
                            ("LIFTED", "Lifted"),
                        ]
                    ),
                ),
                ("policy", models.TextField()),
                ("stubborn_orders", models.IntegerField(db_default=0)),
                ("proposed_at", models.DateTimeField()),
                ("proposed_by", models.BigIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.BigIntegerField(null=True)),
                ("reason_encrypted", models.BinaryField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.BigIntegerField(null=True)),
                ("lift_reason_encrypted", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "sanction",
                "indexes": [
                    models.Index(fields=["-proposed_at", "-id"], name="sanction_by_time"),
                    models.Index(
                        condition=models.Q(("state", "IN_FORCE")), fields=["shop_id"], name="sanction_in_force"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("PROPOSED", "IN_FORCE"))),
                        fields=("shop_id", "kind"),
                        name="one_sanction_of_a_kind_at_a_time",
                    )
                ],
            },
        ),
    ]
