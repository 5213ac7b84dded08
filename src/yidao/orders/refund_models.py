"""
Money on its way back to buyers: the wish, written before anybody is called, every attempt, and what a sandbox provider
keeps about it.
"""

from django.db import models
from django.db.models import Q


class OrderRefund(models.Model):
    """
    One sum that goes back to the buyer of one order. `request_id` names it to the provider, who pays a name once;
    another route has another name. `due_at` is when to call or to ask again, null when it is done or somebody decides.
    `silent_since` is the first call of the route after which nothing certain was said.
    """

    class State(models.TextChoices):
        WANTED = "WANTED"
        ASKED = "ASKED"
        UNKNOWN = "UNKNOWN"
        DONE = "DONE"
        WAITS_FOR_OPERATOR = "WAITS_FOR_OPERATOR"

    class Route(models.TextChoices):
        ORIGINAL = "ORIGINAL"
        OTHER = "OTHER"

    class Cause(models.TextChoices):
        AFTER_SALE = "AFTER_SALE"
        CLOSING = "CLOSING"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    after_sale_id = models.BigIntegerField()
    cause = models.TextField(choices=Cause.choices)
    amount_fen = models.BigIntegerField()
    route = models.TextField(choices=Route.choices, db_default="ORIGINAL")
    request_id = models.TextField(db_collation="C")
    state = models.TextField(choices=State.choices, db_default="WANTED")
    tries = models.SmallIntegerField(db_default=0)
    last_outcome = models.TextField(blank=True, db_default="")
    last_code = models.TextField(blank=True, db_default="")
    wanted_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    silent_since = models.DateTimeField(null=True)
    bucket = models.SmallIntegerField(db_default=0)
    policy = models.TextField()
    version = models.IntegerField(db_default=0)

    class Meta:
        db_table = "order_refund"
        indexes = [
            models.Index(fields=["order_id"], name="refund_of_order"),
            models.Index(fields=["-wanted_at", "-id"], name="refund_by_time"),
            models.Index(fields=["bucket", "due_at"], name="refund_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["-wanted_at", "-id"],
                name="refund_for_operator",
                condition=Q(state__in=["WAITS_FOR_OPERATOR", "UNKNOWN"]) | Q(last_outcome="FAILED"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["after_sale_id"], name="refund_once_per_after_sale"),
            models.UniqueConstraint(fields=["request_id"], name="refund_requests_have_names"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="a_refund_gives_something"),
        ]


class OrderRefundAttempt(models.Model):
    """One thing that was done about a refund, or one answer that came; append-only."""

    class Act(models.TextChoices):
        CALLED = "CALLED"
        ANSWERED = "ANSWERED"
        INQUIRED = "INQUIRED"
        ROUTE_CHOSEN = "ROUTE_CHOSEN"
        MARKED_DONE = "MARKED_DONE"

    id = models.BigIntegerField(primary_key=True)
    refund_id = models.BigIntegerField()
    act = models.TextField(choices=Act.choices)
    route = models.TextField()
    request_id = models.TextField(db_collation="C")
    outcome = models.TextField(blank=True, db_default="")
    code = models.TextField(blank=True, db_default="")
    text = models.TextField(blank=True, db_default="")
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    credential_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "order_refund_attempt"
        indexes = [models.Index(fields=["refund_id", "id"], name="attempt_of_refund")]


class PaymentSandboxRule(models.Model):
    """
    How the sandbox treats refunds of orders whose number begins with `order_no_prefix`: the n-th call on a route does
    the n-th of `acts`, the last one again and again.
    """

    id = models.BigIntegerField(primary_key=True)
    order_no_prefix = models.TextField(db_collation="C")
    route = models.TextField(blank=True, db_default="")
    acts = models.TextField()

    class Meta:
        db_table = "payment_sandbox_rule"
        constraints = [
            models.UniqueConstraint(fields=["order_no_prefix", "route"], name="sandbox_rule_once_per_prefix")
        ]


class PaymentSandboxRequest(models.Model):
    """What the sandbox knows of one request: how often it was called and asked about, and whether it paid."""

    request_id = models.TextField(primary_key=True, db_collation="C")
    order_no = models.TextField(db_collation="C")
    route = models.TextField()
    amount_fen = models.BigIntegerField()
    calls = models.IntegerField(db_default=0)
    asks = models.IntegerField(db_default=0)
    state = models.TextField()
    paid_fen = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "payment_sandbox_request"
        indexes = [models.Index(fields=["order_no"], name="sandbox_request_of_order")]
