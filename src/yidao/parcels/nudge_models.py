"""
Tables of stepping in (介入): nudges, what they name and what was said, what shops know (已知晓), and tickets (查件).
They point at (parcel, type), not at an episode, and hold no reference into the monitoring tables.
"""

from django.db import models
from django.db.models import Q


class NudgeThread(models.Model):
    """One nudge of a creator to a shop, with its clock. `settled_by` tells news from the creator's own word."""

    class SettledBy(models.TextChoices):
        """Who ended it."""

        NEWS = "NEWS"
        CREATOR = "CREATOR"

    id = models.BigIntegerField(primary_key=True)
    creator_id = models.BigIntegerField()
    shop_id = models.BigIntegerField()
    opened_by = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminders = models.SmallIntegerField()
    item_count = models.IntegerField()
    open_items = models.IntegerField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.TextField(blank=True, default="")
    policy = models.TextField()

    class Meta:
        db_table = "nudge_thread"
        constraints = [
            models.CheckConstraint(condition=Q(item_count__gte=1), name="a_nudge_names_something"),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by="") | (Q(settled_at__isnull=False) & ~Q(settled_by="")),
                name="a_settled_nudge_says_by_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["creator_id", "-id"], name="nudge_of_creator"),
            models.Index(fields=["shop_id", "-id"], name="nudge_of_shop"),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="nudge_to_remind"),
            models.Index(fields=["creator_id"], condition=Q(settled_at=None), name="nudge_unsettled_of_creator"),
            models.Index(fields=["shop_id"], condition=Q(settled_at=None), name="nudge_unsettled_of_shop"),
        ]


class NudgeItem(models.Model):
    """One anomaly a nudge names; in progress until `closed_at`. `closing` says how its anomaly ended, if it did."""

    id = models.BigIntegerField(primary_key=True)
    thread = models.ForeignKey(NudgeThread, on_delete=models.PROTECT, related_name="items")
    creator_id = models.BigIntegerField()
    shop_id = models.BigIntegerField()
    waybill_no = models.TextField(db_collation="C")
    carrier = models.TextField(db_collation="C")
    life = models.SmallIntegerField()
    type = models.TextField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closing = models.TextField(blank=True, default="")

    class Meta:
        db_table = "nudge_item"
        constraints = [
            models.UniqueConstraint(
                fields=["waybill_no", "carrier", "life", "type", "creator_id"],
                condition=Q(closed_at=None),
                name="one_open_nudge_per_anomaly_and_creator",
            )
        ]
        indexes = [
            models.Index(fields=["waybill_no", "carrier", "life", "-id"], name="nudge_item_of_parcel"),
            models.Index(fields=["thread", "id"], name="nudge_item_of_thread"),
            models.Index(fields=["id"], condition=Q(closed_at=None), name="nudge_item_open"),
        ]


class NudgeMessage(models.Model):
    """What was said or done in a nudge; only ever added. The text may hold what belongs to a person: encrypted."""

    class Side(models.TextChoices):
        """Who speaks."""

        CREATOR = "CREATOR"
        SHOP = "SHOP"
        CARRIER = "CARRIER"
        PLATFORM = "PLATFORM"

    class Kind(models.TextChoices):
        """What it is."""

        ASKED = "ASKED"
        ANSWERED = "ANSWERED"
        ACKNOWLEDGED = "ACKNOWLEDGED"
        FORWARDED = "FORWARDED"
        REMINDED = "REMINDED"
        SETTLED = "SETTLED"

    id = models.BigIntegerField(primary_key=True)
    thread = models.ForeignKey(NudgeThread, on_delete=models.PROTECT, related_name="messages")
    side = models.TextField(choices=Side.choices)
    kind = models.TextField(choices=Kind.choices)
    user_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    ticket_id = models.BigIntegerField(null=True)
    code = models.TextField(blank=True, default="")
    text_encrypted = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "nudge_message"
        indexes = [models.Index(fields=["thread", "id"], name="nudge_message_of_thread")]


class ParcelAcknowledgement(models.Model):
    """That a shop knows of an anomaly (已知晓), who said so and when; only ever added."""

    id = models.BigIntegerField(primary_key=True)
    waybill_no = models.TextField(db_collation="C")
    carrier = models.TextField(db_collation="C")
    life = models.SmallIntegerField()
    type = models.TextField()
    shop_id = models.BigIntegerField()
    user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "parcel_acknowledgement"
        indexes = [
            models.Index(fields=["waybill_no", "carrier", "life", "type", "-at"], name="acknowledgement_of_anomaly")
        ]


class CarrierTicket(models.Model):
    """A shop's question to its carrier about one anomaly (查件), to the head office or (`outlet_id`) to an outlet."""

    class SettledBy(models.TextChoices):
        """Who ended it."""

        NEWS = "NEWS"
        SHOP = "SHOP"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    office_id = models.BigIntegerField()
    outlet_id = models.BigIntegerField(null=True)
    thread = models.ForeignKey(NudgeThread, on_delete=models.PROTECT, null=True, related_name="tickets")
    waybill_no = models.TextField(db_collation="C")
    carrier = models.TextField(db_collation="C")
    life = models.SmallIntegerField()
    type = models.TextField()
    opened_by = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminders = models.SmallIntegerField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.TextField(blank=True, default="")
    policy = models.TextField()

    class Meta:
        db_table = "carrier_ticket"
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by="") | (Q(settled_at__isnull=False) & ~Q(settled_by="")),
                name="a_settled_ticket_says_by_whom",
            ),
            models.UniqueConstraint(
                fields=["waybill_no", "carrier", "life", "type", "shop_id"],
                condition=Q(settled_at=None),
                name="one_open_ticket_per_anomaly",
            ),
        ]
        indexes = [
            models.Index(fields=["shop_id", "-id"], name="ticket_of_shop"),
            models.Index(fields=["office_id", "-id"], name="ticket_of_office"),
            models.Index(fields=["outlet_id", "-id"], condition=Q(outlet_id__isnull=False), name="ticket_of_outlet"),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="ticket_to_remind"),
            models.Index(fields=["id"], condition=Q(settled_at=None), name="ticket_open"),
            models.Index(fields=["shop_id"], condition=Q(settled_at=None), name="ticket_unsettled_of_shop"),
            models.Index(fields=["office_id"], condition=Q(settled_at=None), name="ticket_unsettled_of_office"),
            models.Index(fields=["outlet_id"], condition=Q(settled_at=None), name="ticket_unsettled_of_outlet"),
        ]


class CarrierTicketMessage(models.Model):
    """What was said in a ticket; only ever added. The text is encrypted."""

    class Side(models.TextChoices):
        """Who speaks."""

        SHOP = "SHOP"
        CARRIER = "CARRIER"
        PLATFORM = "PLATFORM"

    class Kind(models.TextChoices):
        """What it is."""

        ASKED = "ASKED"
        ANSWERED = "ANSWERED"
        REMINDED = "REMINDED"
        SETTLED = "SETTLED"

    id = models.BigIntegerField(primary_key=True)
    ticket = models.ForeignKey(CarrierTicket, on_delete=models.PROTECT, related_name="messages")
    side = models.TextField(choices=Side.choices)
    kind = models.TextField(choices=Kind.choices)
    user_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    code = models.TextField(blank=True, default="")
    text_encrypted = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "carrier_ticket_message"
        indexes = [models.Index(fields=["ticket", "id"], name="ticket_message_of_ticket")]
