"""
Judgements (判定), the violations (违规) that pages list, what they cost, what was reversed, which products are banned.

A judgement, a reversal and a penalty are only ever added; a violation is the state that follows from them and has the
id of its judgement.
"""

from django.db import models
from django.db.models import Q

from yidao.judging import case_models  # noqa: F401  Django looks for models here.


class Kind(models.TextChoices):
    """What was judged."""

    LATE_SHIPMENT = "LATE_SHIPMENT"
    PICKUP_TIMEOUT = "PICKUP_TIMEOUT"
    TRANSIT_TIMEOUT = "TRANSIT_TIMEOUT"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    FALSE_SHIPMENT = "FALSE_SHIPMENT"


class Judgement(models.Model):
    """
    One act of judging: an order, the round, the how-manieth, and the instant it belongs to. `facts` is what was judged
    by, `policy` the published version, `day` the day of `at` where the policy is at home; `recorded_at` alone tells
    whether the judge was late.
    """

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    kind = models.TextField(choices=Kind.choices)
    round = models.SmallIntegerField()
    ordinal = models.SmallIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    policy = models.TextField()
    facts = models.JSONField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "judgement"
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "kind", "round", "ordinal", "shop_id"], name="violation_once_per_ordinal"
            ),
            models.CheckConstraint(condition=Q(ordinal__gt=0, round__gt=0), name="judgements_count_from_one"),
        ]


class Violation(models.Model):
    """
    How a judgement stands: whether it is contested, upheld or reversed, what became of its money, and when the shop was
    told. The id is that of the judgement.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        APPEALING = "APPEALING"
        UPHELD = "UPHELD"
        REVERSED = "REVERSED"

    class Money(models.TextChoices):
        NONE = "NONE"
        PENDING = "PENDING"
        HELD = "HELD"
        DEDUCTED = "DEDUCTED"
        CAPPED = "CAPPED"
        OVER_ORDER = "OVER_ORDER"
        WAIVED = "WAIVED"
        REFUNDED = "REFUNDED"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    kind = models.TextField(choices=Kind.choices)
    round = models.SmallIntegerField(db_default=1)
    ordinal = models.SmallIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    state = models.TextField(choices=State.choices, db_default="OPEN")
    money = models.TextField(choices=Money.choices, db_default="PENDING")
    deducted_fen = models.BigIntegerField(db_default=0)
    notified_at = models.DateTimeField(null=True)
    appeal_until = models.DateTimeField(null=True)
    policy = models.TextField()
    opened_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "violation"
        constraints = [
            models.CheckConstraint(condition=Q(deducted_fen__gte=0), name="deductions_are_not_negative"),
        ]
        indexes = [
            models.Index(fields=["shop_id", "-at", "-id"], name="violation_of_shop"),
            models.Index(fields=["shop_id", "state", "-at", "-id"], name="violation_of_shop_by_state"),
            models.Index(fields=["order_id"], name="violation_of_order"),
            models.Index(fields=["-at", "-id"], name="violation_by_time"),
            models.Index(fields=["shop_id", "day"], name="violation_to_settle", condition=Q(money="PENDING")),
            models.Index(
                fields=["day", "shop_id", "kind"], name="violation_due_to_settle", condition=Q(money="PENDING")
            ),
            models.Index(fields=["shop_id", "at"], name="violation_to_tell_in_rounds", condition=Q(notified_at=None)),
            models.Index(fields=["shop_id", "notified_at"], name="violation_told"),
            models.Index(
                fields=["appeal_until"],
                name="violation_to_uphold",
                condition=Q(state="OPEN", appeal_until__isnull=False),
            ),
        ]


class Reversal(models.Model):
    """Why a judgement does not count any more. It was right by what was known then, and stays to be read."""

    class Cause(models.TextChoices):
        APPEAL = "APPEAL"
        RELIEF = "RELIEF"
        REPORT = "REPORT"
        DEADLINE_MOVED = "DEADLINE_MOVED"
        OPERATOR = "OPERATOR"
        UNMADE = "UNMADE"

    judgement_id = models.BigIntegerField(primary_key=True)
    cause = models.TextField(choices=Cause.choices)
    cause_ref = models.TextField(blank=True, db_default="")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "judgement_reversal"


class Penalty(models.Model):
    """
    What a judgement took, of one kind: fen or tenths of a point; 0 with a cause where a limit was reached. A reversal
    adds a row with the opposite amounts that names the one it takes back.
    """

    class Kind(models.TextChoices):
        DEDUCTION = "DEDUCTION"
        COUPON = "COUPON"
        POINTS = "POINTS"
        FREEZE = "FREEZE"

    id = models.BigIntegerField(primary_key=True)
    judgement_id = models.BigIntegerField()
    shop_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    day = models.DateField()
    kind = models.TextField(choices=Kind.choices)
    amount_fen = models.BigIntegerField(db_default=0)
    points_tenths = models.IntegerField(db_default=0)
    cause = models.TextField(blank=True, db_default="")
    transfer_id = models.BigIntegerField(null=True)
    reverses_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "penalty"
        constraints = [
            models.UniqueConstraint(
                fields=["judgement_id", "kind"], condition=Q(reverses_id=None), name="a_judgement_takes_once"
            ),
            models.UniqueConstraint(fields=["reverses_id"], name="a_penalty_is_taken_back_once"),
        ]
        indexes = [
            models.Index(fields=["shop_id", "day"], name="penalty_of_shop_day"),
            models.Index(fields=["order_id"], name="penalty_of_order"),
        ]


class ProductBan(models.Model):
    """A product that may not be sold any more (商品封禁), with the order that brought it about."""

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    product_id = models.TextField(db_collation="C")
    order_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    judgement_id = models.BigIntegerField()
    banned_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_cause = models.TextField(blank=True, db_default="")
    lifted_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "product_ban"
        constraints = [
            models.UniqueConstraint(
                fields=["shop_id", "product_id"], condition=Q(lifted_at=None), name="a_product_is_banned_once"
            ),
        ]
        indexes = [
            models.Index(fields=["shop_id", "-banned_at", "-id"], name="ban_of_shop"),
            models.Index(fields=["-banned_at", "-id"], name="ban_by_time"),
            models.Index(fields=["order_id"], name="ban_of_order"),
        ]


class BanCause(models.Model):
    """
    One order that was judged too often, and a product of it. A ban holds as long as one of its causes does; a reversal
    or an operator ends them.
    """

    pk = models.CompositePrimaryKey("shop_id", "product_id", "judgement_id")
    shop_id = models.BigIntegerField()
    product_id = models.TextField(db_collation="C")
    judgement_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "product_ban_cause"
        indexes = [models.Index(fields=["order_id"], name="ban_cause_of_order", condition=Q(ended_at=None))]


class ReversalJob(models.Model):
    """Many reversals for one cause: which, how far, and by whose word. `cursor` is the last order that was done."""

    class State(models.TextChoices):
        RUNNING = "RUNNING"
        DONE = "DONE"

    id = models.BigIntegerField(primary_key=True)
    cause = models.TextField(choices=Reversal.Cause.choices)
    cause_ref = models.TextField(blank=True, db_default="")
    reason = models.TextField(blank=True, db_default="")
    selection = models.JSONField()
    state = models.TextField(choices=State.choices, db_default="RUNNING")
    cursor = models.BigIntegerField(db_default=0)
    orders = models.IntegerField(db_default=0)
    orders_done = models.IntegerField(db_default=0)
    judgements_done = models.IntegerField(db_default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "reversal_job"
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="reversal_job_by_time"),
            models.Index(fields=["id"], name="reversal_job_running", condition=Q(state="RUNNING")),
        ]


# Django looks for models here.
from yidao.judging.settlement_models import CalendarDay as CalendarDay  # noqa: E402
from yidao.judging.settlement_models import SettlementDay as SettlementDay  # noqa: E402
from yidao.judging.settlement_models import SettlementHold as SettlementHold  # noqa: E402
from yidao.judging.settlement_models import ViolationHold as ViolationHold  # noqa: E402
