"""Orders as their shops tell them; the intake writes them with SQL of its own. There is no buyer in them yet."""

from django.db import models


class Order(models.Model):
    """One parent order (父订单); of what was told about it the newest word, by `changed_at`, stands."""

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
    state = models.TextField(choices=State.choices)
    paid_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "order_head"
        constraints = [models.UniqueConstraint(fields=["order_no", "shop_id"], name="order_once_per_shop")]


class OrderLine(models.Model):
    """One line, with a number of its own (子订单) where the shop gives it one, else with that of its order."""

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
    quantity = models.IntegerField()

    class Meta:
        db_table = "order_line"
        indexes = [models.Index(fields=["order_no", "creator_id"], name="order_line_by_number")]
