"""The record of an export: who asked for what, how far it has come, and where its file is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from yidao.accounts.models import User
from yidao.kit import ids


class ExportRecord(models.Model):
    """
    One export. `asked_at` is business time, as is the instant its rows are told for; all other times are real.

    `run` counts how often the file was begun: only the latest run may write, so a worker that was taken for dead
    cannot disturb the one that took over.
    """

    class State(models.TextChoices):
        """Where an export stands."""

        QUEUED = "QUEUED"
        RUNNING = "RUNNING"
        DONE = "DONE"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"
        EXPIRED = "EXPIRED"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    kind = models.TextField()
    actor_kind = models.TextField()
    organisation_ids = ArrayField(models.BigIntegerField())
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, db_index=False, related_name="+")
    query = models.TextField()
    page = models.TextField()
    format = models.TextField()
    language = models.TextField()
    policy = models.TextField()
    needs_code = models.BooleanField()
    state = models.TextField(choices=State.choices)
    run = models.SmallIntegerField(default=0)
    rows_total = models.IntegerField()
    rows_done = models.IntegerField(default=0)
    file_id = models.BigIntegerField(null=True, blank=True)
    fault = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "export_record"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="DONE", file_id__isnull=False, expires_at__isnull=False)
                | (~Q(state="DONE") & Q(file_id=None)),
                name="exports_have_a_file_when_and_only_when_done",
            ),
            models.CheckConstraint(
                condition=Q(state="FAILED") & ~Q(fault="") | ~Q(state="FAILED") & Q(fault=""),
                name="failed_exports_say_why",
            ),
            models.CheckConstraint(
                condition=Q(rows_done__gte=0, rows_total__gte=0, run__gte=0), name="exports_count_up"
            ),
        ]
        indexes = [
            models.Index(fields=["made_by", "-id"], name="exports_of_person"),
            models.Index(fields=["touched_at"], condition=Q(state__in=["QUEUED", "RUNNING"]), name="exports_under_way"),
            models.Index(fields=["expires_at"], condition=Q(state="DONE"), name="exports_with_file"),
        ]
