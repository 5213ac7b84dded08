"""
Orders: parent orders and their lines, what was promised, the packs they left in, after-sales, and the buyer's cards.

Of a buyer nothing stands here in the clear: names, phones, addresses and remarks are encrypted, and what must be found
has a blind index. Columns that end in `_due_at` say when time alone has something to decide; rules compute them.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

TO_SHIP_STATES = ("PAID", "TO_SHIP", "PARTIALLY_SHIPPED")


class Order(models.Model):
    """
    One parent order (父订单). `told_state` is the newest word of whoever told it, by `changed_at`, and `first_state`
    what was told when it entered (empty: known before that was kept); `state` follows from them and from packs,
    refunds, receipt and closing. `ship_by_at` is D: the earliest of its lines that still wait.
    """

    class State(models.TextChoices):
        PENDING_PAYMENT = "PENDING_PAYMENT"
        PAID = "PAID"
        TO_SHIP = "TO_SHIP"
        PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
        SHIPPED = "SHIPPED"
        CANCELLED = "CANCELLED"
        COMPLETED = "COMPLETED"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    bucket = models.SmallIntegerField(db_default=0)
    state = models.TextField(choices=State.choices)
    told_state = models.TextField(blank=True, db_default="")
    first_state = models.TextField(blank=True, db_default="")
    paid_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ordered_at = models.DateTimeField(null=True)
    version = models.IntegerField(db_default=0)

    # Money, in fen.
    goods_fen = models.BigIntegerField(db_default=0)
    freight_fen = models.BigIntegerField(db_default=0)
    paid_fen = models.BigIntegerField(db_default=0)
    refunded_fen = models.BigIntegerField(db_default=0)

    # The buyer, encrypted; `receiver_key` is equal for equal receivers of one shop.
    receiver_name = models.BinaryField(null=True)
    receiver_phone = models.BinaryField(null=True)
    receiver_address = models.BinaryField(null=True)
    buyer_remark = models.BinaryField(null=True)
    sender_division = models.IntegerField(db_default=0)
    receiver_division = models.IntegerField(db_default=0)
    receiver_key = models.BinaryField(null=True)
    phone_index = models.BinaryField(null=True)
    phone_tail = models.BinaryField(null=True)

    # What lists filter by, copied from the lines and packs.
    promise_kind = models.TextField(blank=True, db_default="")
    ship_by_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    carrier = models.TextField(blank=True, db_default="")
    creator_id = models.BigIntegerField(null=True)
    labels = models.IntegerField(db_default=0)
    open_refunds = models.SmallIntegerField(db_default=0)
    flag = models.SmallIntegerField(db_default=0)
    seller_note = models.BinaryField(null=True)

    # Judgement: the round and how many were made in it, written by judging and `owed` alone.
    late_policy = models.TextField(blank=True, db_default="")
    judge_round = models.SmallIntegerField(db_default=1)
    judged_count = models.SmallIntegerField(db_default=0)
    last_judged_at = models.DateTimeField(null=True)
    judge_pauses = ArrayField(models.BigIntegerField(), null=True)
    """Microseconds at which refunds were opened and ended, by turns; 0 for an end that did not come yet."""
    warned_count = models.SmallIntegerField(db_default=0)

    # Receipt and the end.
    received_at = models.DateTimeField(null=True)
    is_receipt_extended = models.BooleanField(db_default=False)
    closed_at = models.DateTimeField(null=True)
    closed_cause = models.TextField(blank=True, db_default="")

    # When to look next.
    judge_due_at = models.DateTimeField(null=True)
    warn_due_at = models.DateTimeField(null=True)
    receipt_due_at = models.DateTimeField(null=True)
    close_due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "order_head"
        constraints = [
            models.UniqueConstraint(fields=["order_no", "shop_id"], name="order_once_per_shop"),
            models.CheckConstraint(condition=Q(judged_count__gte=0), name="judgements_are_counted_up"),
            models.CheckConstraint(condition=Q(refunded_fen__gte=0), name="refunds_are_counted_up"),
        ]
        indexes = [
            models.Index(
                fields=["bucket", "judge_due_at"], name="order_due_for_judging", condition=Q(judge_due_at__isnull=False)
            ),
            models.Index(
                fields=["bucket", "warn_due_at"], name="order_due_for_warning", condition=Q(warn_due_at__isnull=False)
            ),
            models.Index(
                fields=["bucket", "receipt_due_at"],
                name="order_due_for_receipt",
                condition=Q(receipt_due_at__isnull=False),
            ),
            models.Index(
                fields=["bucket", "close_due_at"], name="order_due_for_closing", condition=Q(close_due_at__isnull=False)
            ),
        ]


class OrderLine(models.Model):
    """
    One line, with a number of its own (子订单) where the shop gives it one, else with that of its order.

    `ship_by_original_at` is what was promised at payment and `ship_by_at` what holds now; quantities say how much of it
    left and how much was refunded.
    """

    pk = models.CompositePrimaryKey("order_id", "line_no")
    order_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    order_no = models.TextField(db_collation="C")
    creator_id = models.BigIntegerField(null=True)
    is_self_sold = models.BooleanField()
    is_cross_border = models.BooleanField()
    room_id = models.TextField(blank=True, db_collation="C")
    product_id = models.TextField(blank=True, db_collation="C")
    product_name = models.TextField(blank=True)
    sku_id = models.TextField(blank=True, db_collation="C", db_default="")
    sku_name = models.TextField(blank=True, db_default="")
    merchant_code = models.TextField(blank=True, db_default="")
    quantity = models.IntegerField()
    price_fen = models.BigIntegerField(db_default=0)
    paid_fen = models.BigIntegerField(db_default=0)
    promise_kind = models.TextField(blank=True, db_default="")
    promise_days = models.SmallIntegerField(db_default=0)
    promise_at = models.DateTimeField(null=True)
    promise_policy = models.TextField(blank=True, db_default="")
    ship_by_original_at = models.DateTimeField(null=True)
    ship_by_at = models.DateTimeField(null=True)
    shipped_quantity = models.IntegerField(db_default=0)
    refunded_quantity = models.IntegerField(db_default=0)

    class Meta:
        db_table = "order_line"
        indexes = [models.Index(fields=["order_no", "creator_id"], name="order_line_by_number")]


class OwedJudgement(models.Model):
    """
    A judgement that had fallen due before something about its order changed, and that a late judge still has to make,
    with the facts of then.
    """

    pk = models.CompositePrimaryKey("order_id", "round", "ordinal")
    order_id = models.BigIntegerField()
    round = models.SmallIntegerField()
    ordinal = models.SmallIntegerField()
    bucket = models.SmallIntegerField()
    shop_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    at = models.DateTimeField()
    ship_by_at = models.DateTimeField()
    policy = models.TextField()
    promise_kind = models.TextField()
    paid_fen = models.BigIntegerField()
    product_ids = ArrayField(models.TextField(db_collation="C"))

    class Meta:
        db_table = "order_owed_judgement"
        indexes = [models.Index(fields=["bucket", "at"], name="owed_judgement_in_bucket")]


class DeadlineChange(models.Model):
    """One move of D, with its cause and who or what caused it; append-only."""

    class Cause(models.TextChoices):
        PROMISED = "PROMISED"
        APPOINTMENT = "APPOINTMENT"
        BUYER_CARD = "BUYER_CARD"
        BUYER_ASKED = "BUYER_ASKED"
        PROMOTION = "PROMOTION"
        REPORT = "REPORT"
        RELIEF = "RELIEF"
        WITHDRAWAL = "WITHDRAWAL"

    id = models.BigIntegerField(primary_key=True)
    order_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    cause = models.TextField(choices=Cause.choices)
    cause_ref = models.TextField(blank=True, db_default="")
    old_at = models.DateTimeField(null=True)
    new_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    credential_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "order_deadline_change"
        indexes = [models.Index(fields=["order_id", "id"], name="deadline_change_of_order")]


class Pack(models.Model):
    """
    One parcel a shop sent off, with lines of one order or, merged, of several. What is REPLACED (the number was edited)
    or UNMADE (the number proved wrong) no longer counts as shipped. `life` is that of the parcel; 0 while the number is
    claimed and nothing yet shows that its scans are the shop's.
    """

    class State(models.TextChoices):
        LIVE = "LIVE"
        REPLACED = "REPLACED"
        UNMADE = "UNMADE"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    carrier = models.TextField()
    waybill_no = models.TextField(db_collation="C")
    life = models.SmallIntegerField(db_default=0)
    shipped_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    state = models.TextField(choices=State.choices, db_default="LIVE")
    is_resend = models.BooleanField(db_default=False)
    edited_from = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_cause = models.TextField(blank=True, db_default="")
    user_id = models.BigIntegerField(null=True)
    credential_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "order_pack"
        indexes = [
            models.Index(fields=["waybill_no", "carrier"], name="pack_by_number"),
            models.Index(fields=["shop_id", "-id"], name="pack_of_shop"),
        ]


class PackLine(models.Model):
    """How much of one line lies in a pack."""

    pk = models.CompositePrimaryKey("pack_id", "order_id", "line_no")
    pack_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    quantity = models.IntegerField()

    class Meta:
        db_table = "order_pack_line"
        indexes = [models.Index(fields=["order_id", "line_no"], name="pack_line_of_order")]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="a_pack_holds_something")]


class AfterSale(models.Model):
    """
    One after-sale record (售后单) about an order or some of its lines. While it is open it blocks shipping and stops
    the judge; `due_at` is when its state runs out, and the policy says what happens then.
    """

    class Kind(models.TextChoices):
        REFUND = "REFUND"
        RETURN_REFUND = "RETURN_REFUND"
        EXCHANGE = "EXCHANGE"

    class State(models.TextChoices):
        AWAIT_SHOP = "AWAIT_SHOP"
        AWAIT_RETURN = "AWAIT_RETURN"
        AWAIT_RECEIPT = "AWAIT_RECEIPT"
        REFUNDING = "REFUNDING"
        DONE = "DONE"
        REFUSED = "REFUSED"
        WITHDRAWN = "WITHDRAWN"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    order_no = models.TextField(db_collation="C")
    external_no = models.TextField(blank=True, db_collation="C", db_default="")
    kind = models.TextField(choices=Kind.choices)
    state = models.TextField(choices=State.choices)
    reason = models.TextField(blank=True, db_default="")
    amount_fen = models.BigIntegerField()
    return_carrier = models.TextField(blank=True, db_default="")
    return_waybill_no = models.TextField(blank=True, db_default="")
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    bucket = models.SmallIntegerField(db_default=0)
    policy = models.TextField(blank=True, db_default="")
    version = models.IntegerField(db_default=0)

    class Meta:
        db_table = "after_sale"
        indexes = [
            models.Index(fields=["shop_id", "-opened_at", "-id"], name="after_sale_of_shop"),
            models.Index(fields=["shop_id", "state", "-opened_at", "-id"], name="after_sale_of_shop_by_state"),
            models.Index(fields=["order_id"], name="after_sale_of_order"),
            models.Index(fields=["bucket", "due_at"], name="after_sale_due", condition=Q(due_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shop_id", "external_no"], condition=~Q(external_no=""), name="after_sale_once_per_number"
            ),
        ]


class AfterSaleLine(models.Model):
    """How much of one line an after-sale record is about."""

    pk = models.CompositePrimaryKey("after_sale_id", "line_no")
    after_sale_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    quantity = models.IntegerField()
    amount_fen = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "after_sale_line"


class AfterSaleStep(models.Model):
    """One step of an after-sale record; append-only."""

    id = models.BigIntegerField(primary_key=True)
    after_sale_id = models.BigIntegerField()
    state = models.TextField()
    cause = models.TextField()
    text = models.TextField(blank=True, db_default="")
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    credential_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "after_sale_step"
        indexes = [models.Index(fields=["after_sale_id", "id"], name="step_of_after_sale")]


class ShipByCard(models.Model):
    """A shop's question to a buyer whether a later ship time will do (修改预计发货时间); D moves on acceptance only."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        ACCEPTED = "ACCEPTED"
        REFUSED = "REFUSED"
        LAPSED = "LAPSED"
        OVERTAKEN = "OVERTAKEN"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    state = models.TextField(choices=State.choices)
    reason = models.TextField()
    old_at = models.DateTimeField()
    new_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    bucket = models.SmallIntegerField(db_default=0)
    policy = models.TextField()
    user_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ship_by_card"
        indexes = [
            models.Index(fields=["order_id", "id"], name="card_of_order"),
            models.Index(fields=["bucket", "due_at"], name="card_due", condition=Q(due_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order_id"], condition=Q(state="WAITING"), name="one_card_waits_at_a_time"),
        ]


# Django looks for models here.
from yidao.orders.import_models import OrderImport as OrderImport  # noqa: E402
from yidao.orders.pack_models import PackSerial as PackSerial  # noqa: E402
from yidao.orders.pack_models import ShipRequest as ShipRequest  # noqa: E402
from yidao.orders.refund_models import OrderRefund as OrderRefund  # noqa: E402
from yidao.orders.shop_models import ShopSetting as ShopSetting  # noqa: E402
