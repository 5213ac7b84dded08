"""Order files that shops bring: what became of each."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class OrderImport(models.Model):
    """
    One file of orders (导入订单) on its way through the intake, and the file of its bad rows. `asked_at` is business
    time, the others real: how long somebody waits is no matter of simulated time.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"

    id = models.BigIntegerField(primary_key=True)
    shop_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    language = models.TextField()
    file_name = models.TextField()
    file_id = models.BigIntegerField(null=True)
    report_id = models.BigIntegerField(null=True)
    state = models.TextField(choices=State.choices, db_default="WAITING")
    fault = models.TextField(blank=True, db_default="")
    fault_values = models.JSONField(db_default={})
    rows = models.IntegerField(db_default=0)
    accepted = models.IntegerField(db_default=0)
    duplicate = models.IntegerField(db_default=0)
    rejected = models.IntegerField(db_default=0)
    ignored_columns = ArrayField(models.TextField(), db_default=[])
    asked_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "order_import"
        indexes = [models.Index(fields=["shop_id", "-id"], name="order_import_of_shop")]
