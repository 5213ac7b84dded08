"""
Tables of no domain: the demo clock and its fast-forwards, the log of requests that must not run twice, what people keep
about the lists they use, and who sweeps what.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yidao.kit import ids


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


class SavedFilter(models.Model):
    """A filter that a person named and kept, for one list of one console."""

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    user_id = models.BigIntegerField()
    organisation_id = models.BigIntegerField()
    list_name = models.TextField()
    name = models.TextField()
    query = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "saved_filter"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "organisation_id", "list_name", "name"], name="saved_filter_once_per_name"
            )
        ]


class ListHabit(models.Model):
    """
    How a person uses a list: the columns they hid (null: never chosen), when they were last seen there, and the end of
    the visit before, after which everything is new to them.
    """

    pk = models.CompositePrimaryKey("user_id", "list_name")
    user_id = models.BigIntegerField()
    list_name = models.TextField()
    hidden = ArrayField(models.TextField(), null=True)
    seen_at = models.DateTimeField(null=True)
    new_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "list_habit"


class SweepLease(models.Model):
    """Which worker looks after one bucket of a concern's due rows, until when (real time)."""

    pk = models.CompositePrimaryKey("concern", "bucket")
    concern = models.TextField()
    bucket = models.SmallIntegerField()
    holder = models.TextField()
    leased_until = models.DateTimeField()

    class Meta:
        db_table = "sweep_lease"


class SweepFault(models.Model):
    """Why one row could not be settled when it was due; gone once it was."""

    pk = models.CompositePrimaryKey("concern", "subject_id")
    concern = models.TextField()
    subject_id = models.BigIntegerField()
    fault = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "sweep_fault"
