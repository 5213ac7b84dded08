"""Nudges, tickets to carriers, and what shops know of. All new: nobody waits for a lock."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parcels", "0011_figures_by_day"),
    ]

    operations = [
        migrations.CreateModel(
            name="NudgeThread",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("creator_id", models.BigIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("opened_by", models.BigIntegerField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("remind_at", models.DateTimeField(null=True)),
                ("reminders", models.SmallIntegerField()),
                ("item_count", models.IntegerField()),
                ("open_items", models.IntegerField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.TextField(blank=True, default="")),
                ("policy", models.TextField()),
            ],
            options={
                "db_table": "nudge_thread",
                "indexes": [
                    models.Index(fields=["creator_id", "-id"], name="nudge_of_creator"),
                    models.Index(fields=["shop_id", "-id"], name="nudge_of_shop"),
                    models.Index(
                        condition=models.Q(("remind_at__isnull", False)), fields=["remind_at"], name="nudge_to_remind"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("item_count__gte", 1)), name="a_nudge_names_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("settled_by", "")),
                            models.Q(("settled_at__isnull", False), models.Q(("settled_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="a_settled_nudge_says_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CarrierTicket",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("shop_id", models.BigIntegerField()),
                ("office_id", models.BigIntegerField()),
                ("outlet_id", models.BigIntegerField(null=True)),
                ("waybill_no", models.TextField(db_collation="C")),
                ("carrier", models.TextField(db_collation="C")),
                ("life", models.SmallIntegerField()),
                ("type", models.TextField()),
                ("opened_by", models.BigIntegerField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("remind_at", models.DateTimeField(null=True)),
                ("reminders", models.SmallIntegerField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.TextField(blank=True, default="")),
                ("policy", models.TextField()),
                (
                    "thread",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="parcels.nudgethread",
                    ),
                ),
            ],
            options={
                "db_table": "carrier_ticket",
            },
        ),
        migrations.CreateModel(
            name="ParcelAcknowledgement",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("waybill_no", models.TextField(db_collation="C")),
                ("carrier", models.TextField(db_collation="C")),
                ("life", models.SmallIntegerField()),
                ("type", models.TextField()),
                ("shop_id", models.BigIntegerField()),
                ("user_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "parcel_acknowledgement",
                "indexes": [
                    models.Index(
                        fields=["waybill_no", "carrier", "life", "type", "-at"], name="acknowledgement_of_anomaly"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CarrierTicketMessage",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "side",
                    models.TextField(choices=[("SHOP", "Shop"), ("CARRIER", "Carrier"), ("PLATFORM", "Platform")]),
                ),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("ASKED", "Asked"),
                            ("ANSWERED", "Answered"),
                            ("REMINDED", "Reminded"),
                            ("SETTLED", "Settled"),
                        ]
                    ),
                ),
                ("user_id", models.BigIntegerField(null=True)),
                ("organisation_id", models.BigIntegerField(null=True)),
                ("code", models.TextField(blank=True, default="")),
                ("text_encrypted", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="parcels.carrierticket"
                    ),
                ),
            ],
            options={
                "db_table": "carrier_ticket_message",
                "indexes": [models.Index(fields=["ticket", "id"], name="ticket_message_of_ticket")],
            },
        ),
        migrations.CreateModel(
            name="NudgeMessage",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "side",
                    models.TextField(
                        choices=[
                            ("CREATOR", "Creator"),
                            ("SHOP", "Shop"),
                            ("CARRIER", "Carrier"),
                            ("PLATFORM", "Platform"),
                        ]
                    ),
                ),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("ASKED", "Asked"),
                            ("ANSWERED", "Answered"),
                            ("ACKNOWLEDGED", "Acknowledged"),
                            ("FORWARDED", "Forwarded"),
                            ("REMINDED", "Reminded"),
                            ("SETTLED", "Settled"),
                        ]
                    ),
                ),
                ("user_id", models.BigIntegerField(null=True)),
                ("organisation_id", models.BigIntegerField(null=True)),
                ("ticket_id", models.BigIntegerField(null=True)),
                ("code", models.TextField(blank=True, default="")),
                ("text_encrypted", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "thread",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="parcels.nudgethread"
                    ),
                ),
            ],
            options={
                "db_table": "nudge_message",
                "indexes": [models.Index(fields=["thread", "id"], name="nudge_message_of_thread")],
            },
        ),
        migrations.CreateModel(
            name="NudgeItem",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("creator_id", models.BigIntegerField()),
                ("shop_id", models.BigIntegerField()),
                ("waybill_no", models.TextField(db_collation="C")),
                ("carrier", models.TextField(db_collation="C")),
                ("life", models.SmallIntegerField()),
                ("type", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closing", models.TextField(blank=True, default="")),
                (
                    "thread",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="parcels.nudgethread"
                    ),
                ),
            ],
            options={
                "db_table": "nudge_item",
                "indexes": [
                    models.Index(fields=["waybill_no", "carrier", "life", "-id"], name="nudge_item_of_parcel"),
                    models.Index(fields=["thread", "id"], name="nudge_item_of_thread"),
                    models.Index(condition=models.Q(("closed_at", None)), fields=["id"], name="nudge_item_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("waybill_no", "carrier", "life", "type", "creator_id"),
                        name="one_open_nudge_per_anomaly_and_creator",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="carrierticket",
            index=models.Index(fields=["shop_id", "-id"], name="ticket_of_shop"),
        ),
        migrations.AddIndex(
            model_name="carrierticket",
            index=models.Index(fields=["office_id", "-id"], name="ticket_of_office"),
        ),
        migrations.AddIndex(
            model_name="carrierticket",
            index=models.Index(
                condition=models.Q(("outlet_id__isnull", False)), fields=["outlet_id", "-id"], name="ticket_of_outlet"
            ),
        ),
        migrations.AddIndex(
            model_name="carrierticket",
            index=models.Index(
                condition=models.Q(("remind_at__isnull", False)), fields=["remind_at"], name="ticket_to_remind"
            ),
        ),
        migrations.AddIndex(
            model_name="carrierticket",
            index=models.Index(condition=models.Q(("settled_at", None)), fields=["id"], name="ticket_open"),
        ),
        migrations.AddConstraint(
            model_name="carrierticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("settled_by", "")),
                    models.Q(("settled_at__isnull", False), models.Q(("settled_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="a_settled_ticket_says_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="carrierticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None)),
                fields=("waybill_no", "carrier", "life", "type", "shop_id"),
                name="one_open_ticket_per_anomaly",
            ),
        ),
    ]
