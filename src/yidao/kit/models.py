"""Tables of no domain: the demo clock and its fast-forwards, and the log of requests that must not run twice."""

from django.db import models


class DemoClock(models.Model):
    """One row, only in a database that was created as a demo: what simulated time is."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    base_real = models.DateTimeField()
    base_sim = models.DateTimeField()
    rate = models.FloatField()
    is_running = models.BooleanField()

    class Meta:
        db_table = "demo_clock"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="demo_clock_is_one_row")]


class DemoForward(models.Model):
    """An operator's wish to let simulated time run ahead, and how far it has come."""

    class State(models.TextChoices):
        ASKED = "ASKED"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"

    id = models.BigIntegerField(primary_key=True)
    asked_at = models.DateTimeField()
    asked_by = models.BigIntegerField(null=True)
    from_sim = models.DateTimeField()
    until_sim = models.DateTimeField()
    reached_sim = models.DateTimeField()
    state = models.TextField(choices=State.choices)
    fault = models.TextField(blank=True, default="")

    class Meta:
        db_table = "demo_forward"


class RequestLog(models.Model):
    """What a request with a key answered, so that asking again gives the same answer and does nothing twice."""

    id = models.BigIntegerField(primary_key=True)
    who = models.TextField()
    request_key = models.TextField()
    body_sha256 = models.BinaryField()
    result = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "request_log"
        constraints = [models.UniqueConstraint(fields=["who", "request_key"], name="request_once_per_key")]
