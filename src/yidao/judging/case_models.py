"""
What people say about violations: appeals and their answers, evidence, words of operators; sanctions against shops; and
how many orders of a shop fell due on a day. What anybody wrote is encrypted.
"""

from django.db import models
from django.db.models import Q


class Appeal(models.Model):
    """
    A shop's appeal (申诉) against one violation; there is one at most, and one answer. What was lifted otherwise while
    the appeal waited is MOOT. `remind_at` is when reviewers must be told next, `told` what they were told last.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        ACCEPTED = "ACCEPTED"
        REFUSED = "REFUSED"
        MOOT = "MOOT"

    class Channel(models.TextChoices):
        GENERAL = "GENERAL"
        LOGISTICS = "LOGISTICS"

    id = models.BigIntegerField(primary_key=True)
    violation_id = models.BigIntegerField()
    shop_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    kind = models.TextField()
    channel = models.TextField(choices=Channel.choices, db_default="GENERAL")
    text_encrypted = models.BinaryField()
    state = models.TextField(choices=State.choices, db_default="OPEN")
    policy = models.TextField()
    filed_at = models.DateTimeField()
    filed_by = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    soon_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    told = models.TextField(blank=True, db_default="")
    bucket = models.SmallIntegerField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)
    answer_encrypted = models.BinaryField(null=True)

    class Meta:
        db_table = "appeal"
        constraints = [
            models.UniqueConstraint(fields=["violation_id"], name="a_violation_is_appealed_against_once"),
            models.CheckConstraint(
                condition=Q(state="OPEN", answered_at=None) | (~Q(state="OPEN") & Q(answered_at__isnull=False)),
                name="an_appeal_is_open_or_answered",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="appeal_to_answer", condition=Q(state="OPEN")),
            models.Index(fields=["bucket", "remind_at"], name="appeal_to_remind", condition=Q(remind_at__isnull=False)),
            models.Index(fields=["-filed_at", "-id"], name="appeal_by_time"),
            models.Index(fields=["shop_id", "-filed_at", "-id"], name="appeal_of_shop"),
        ]


class CaseFile(models.Model):
    """A picture that proves something: of an appeal, or of a violation an operator opened; the bytes are a file's."""

    class Owner(models.TextChoices):
        APPEAL = "APPEAL"
        VIOLATION = "VIOLATION"

    id = models.BigIntegerField(primary_key=True)
    owner = models.TextField(choices=Owner.choices)
    owner_id = models.BigIntegerField()
    ordinal = models.SmallIntegerField()
    file_id = models.BigIntegerField()

    class Meta:
        db_table = "case_file"
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "owner", "ordinal"], name="pictures_stand_in_a_row"),
        ]


class CaseText(models.Model):
    """Why an operator opened or reversed a violation, or lifted the ban it led to, in his words; append-only."""

    class About(models.TextChoices):
        OPENING = "OPENING"
        REVERSAL = "REVERSAL"
        BAN_LIFTED = "BAN_LIFTED"

    id = models.BigIntegerField(primary_key=True)
    violation_id = models.BigIntegerField()
    about = models.TextField(choices=About.choices)
    text_encrypted = models.BinaryField()
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "case_text"
        indexes = [models.Index(fields=["violation_id", "id"], name="text_of_violation")]


class Sanction(models.Model):
    """
    A sanction against a shop (停业, 清退): proposed by the rule or by hand, decided by a person, and lifted again.
    While one is IN_FORCE the shop takes no new orders.
    """

    class Kind(models.TextChoices):
        CLOSURE = "CLOSURE"
        EXPULSION = "EXPULSION"

    class State(models.TextChoices):
        PROPOSED = "PROPOSED"
        IN_FORCE = "IN_FORCE"
        DISMISSED = "DISMISSED"
        LIFTED = "LIFTED"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    kind = models.TextField(choices=Kind.choices)
    state = models.TextField(choices=State.choices)
    policy = models.TextField()
    stubborn_orders = models.IntegerField(db_default=0)
    proposed_at = models.DateTimeField()
    proposed_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    reason_encrypted = models.BinaryField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.BigIntegerField(null=True)
    lift_reason_encrypted = models.BinaryField(null=True)

    class Meta:
        db_table = "sanction"
        constraints = [
            models.UniqueConstraint(
                fields=["shop_id", "kind"],
                condition=Q(state__in=("PROPOSED", "IN_FORCE")),
                name="one_sanction_of_a_kind_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-proposed_at", "-id"], name="sanction_by_time"),
            models.Index(fields=["shop_id"], name="sanction_in_force", condition=Q(state="IN_FORCE")),
        ]


class ShopDueDay(models.Model):
    """How many orders of a shop fell due on a day of Shanghai; counted the day after."""

    pk = models.CompositePrimaryKey("shop_id", "day")
    shop_id = models.BigIntegerField()
    day = models.DateField()
    due = models.IntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "shop_due_day"


class ViolationSeen(models.Model):
    """Until when a person has seen a shop's violations; what the shop was told of later is unread."""

    pk = models.CompositePrimaryKey("user_id", "shop_id")
    user_id = models.BigIntegerField()
    shop_id = models.BigIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "violation_seen"
