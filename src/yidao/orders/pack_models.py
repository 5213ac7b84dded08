"""What stands beside packs: the requests that made them, and the serial numbers of what lies in them."""

from django.db import models


class ShipRequest(models.Model):
    """One request of a caller that was shipped; asked again it is answered with the pack it made."""

    pk = models.CompositePrimaryKey("shop_id", "request_id")
    shop_id = models.BigIntegerField()
    request_id = models.TextField(db_collation="C")
    digest = models.BinaryField()
    pack_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "ship_request"


class PackSerial(models.Model):
    """The serial number of one piece in a pack, a telephone's or another's."""

    pk = models.CompositePrimaryKey("pack_id", "order_id", "line_no", "serial")
    pack_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    serial = models.TextField(db_collation="C")

    class Meta:
        db_table = "order_pack_serial"
