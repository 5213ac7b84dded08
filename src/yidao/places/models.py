"""The address books of shops. Contact, phone and street are encrypted; the division is no secret and stands apart."""

from django.db import models
from django.db.models import Q


class ShopAddress(models.Model):
    """
    One address a shop sends from or takes goods back at. Of each kind one live address is the default; what was removed
    stays for those who used it.
    """

    class Kind(models.TextChoices):
        SHIP_FROM = "SHIP_FROM"
        RETURN = "RETURN"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    kind = models.TextField(choices=Kind.choices)
    contact = models.BinaryField()
    phone = models.BinaryField()
    street = models.BinaryField()
    division = models.TextField(db_collation="C")
    is_default = models.BooleanField(db_default=False)
    is_active = models.BooleanField(db_default=True)
    version = models.IntegerField(db_default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "shop_address"
        indexes = [models.Index(fields=["shop_id", "kind", "-id"], name="address_of_shop")]
        constraints = [
            models.UniqueConstraint(
                fields=["shop_id", "kind"], condition=Q(is_default=True), name="one_default_address_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(is_active=True) | Q(is_default=False), name="what_was_removed_is_no_default"
            ),
        ]
