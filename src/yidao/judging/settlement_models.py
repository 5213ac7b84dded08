"""Settling: what was taken on each shop-day, what is held back, and the calendar of working days."""

from django.db import models
from django.db.models import Q


class SettlementDay(models.Model):
    """
    What the judgements of one shop and day came to, added up part by part. Its row is the lock behind which the day is
    settled; a day that could not be settled is put off to `retry_at`.
    """

    pk = models.CompositePrimaryKey("shop_id", "day")
    shop_id = models.BigIntegerField()
    day = models.DateField()
    judgements = models.IntegerField(db_default=0)
    deducted = models.IntegerField(db_default=0)
    capped = models.IntegerField(db_default=0)
    deducted_fen = models.BigIntegerField(db_default=0)
    coupon_fen = models.BigIntegerField(db_default=0)
    points_tenths = models.IntegerField(db_default=0)
    debt_fen = models.BigIntegerField(db_default=0)
    settled_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "settlement_day"
        indexes = [models.Index(fields=["-day", "shop_id"], name="settled_days")]


class SettlementHold(models.Model):
    """A brake an operator put on: a shop, a kind of violation, or one kind of one shop waits until it is lifted."""

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField(null=True)
    violation_kind = models.TextField(blank=True, db_default="")
    reason = models.TextField()
    held_at = models.DateTimeField()
    held_by = models.BigIntegerField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "settlement_hold"
        constraints = [
            models.UniqueConstraint(
                fields=["shop_id", "violation_kind"],
                condition=Q(lifted_at=None),
                name="held_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(shop_id__isnull=False) | ~Q(violation_kind=""), name="a_hold_names_what_it_holds"
            ),
        ]
        indexes = [models.Index(fields=["-held_at", "-id"], name="holds_by_time")]


class ViolationHold(models.Model):
    """One violation that waits while somebody looks at it, and for whose sake."""

    violation_id = models.BigIntegerField(primary_key=True)
    ref = models.TextField(db_collation="C")
    held_at = models.DateTimeField()

    class Meta:
        db_table = "violation_hold"
        indexes = [models.Index(fields=["ref"], name="violations_held_for")]


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a public holiday, or a weekend that is worked instead (调休)."""

    day = models.DateField(primary_key=True)
    is_working = models.BooleanField()
    name = models.TextField(blank=True, db_default="")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "calendar_day"
