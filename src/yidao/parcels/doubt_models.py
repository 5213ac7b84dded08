"""Numbers that may be wrong: what a scan or a shipment made doubtful, until somebody looked into it."""

from django.db import models


class Doubt(models.Model):
    """One doubt about one shop's use of a number; `due_at` is when to look. Settled, it is gone."""

    pk = models.CompositePrimaryKey("waybill_no", "carrier", "life", "shop_id", "doubt")
    waybill_no = models.TextField(db_collation="C")
    carrier = models.TextField(db_collation="C")
    life = models.SmallIntegerField()
    shop_id = models.BigIntegerField()
    doubt = models.TextField()
    bucket = models.SmallIntegerField()
    recorded_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        db_table = "parcel_doubt"
        indexes = [models.Index(fields=["bucket", "due_at"], name="doubt_due")]
