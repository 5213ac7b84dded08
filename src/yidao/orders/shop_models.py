"""What a shop sets for all of its orders, and the products it sells as its orders name them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class ShopSetting(models.Model):
    """
    What one shop chose; no row, or a null, means what the policy says. Steps before D are texts like 50% and 360m.
    Warnings whose moment had passed when the steps were chosen are not given.
    """

    shop_id = models.BigIntegerField(primary_key=True)
    warn_steps = ArrayField(models.TextField(), null=True)
    warn_since = models.DateTimeField(null=True)
    notice_round_hours = models.SmallIntegerField(null=True)
    version = models.IntegerField(db_default=0)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "shop_setting"
        constraints = [
            models.CheckConstraint(condition=Q(notice_round_hours__gte=1), name="a_notice_round_takes_an_hour")
        ]


class Product(models.Model):
    """One product of a shop, met in its orders; short name (打单简称), code and weight are the shop's own words."""

    pk = models.CompositePrimaryKey("shop_id", "product_id")
    shop_id = models.BigIntegerField()
    product_id = models.TextField(db_collation="C")
    name = models.TextField(blank=True)
    short_name = models.TextField(blank=True, db_default="")
    merchant_code = models.TextField(blank=True, db_default="")
    weight_grams = models.IntegerField(null=True)
    version = models.IntegerField(db_default=0)
    met_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "product"
        constraints = [models.CheckConstraint(condition=Q(weight_grams__gt=0), name="a_product_weighs_something")]
        indexes = [models.Index(fields=["shop_id", "-met_at", "product_id"], name="product_of_shop")]


class ProductCursor(models.Model):
    """Up to which order the products are known; one row."""

    id = models.SmallIntegerField(primary_key=True)
    order_id = models.BigIntegerField()

    class Meta:
        db_table = "product_cursor"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="product_cursor_is_one_row")]
