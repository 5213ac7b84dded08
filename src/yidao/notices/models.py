"""Notices of organisations and who has read them. No personal data: what a notice names, it names by id or count."""

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """
    One thing an organisation should know. `key` names the thing and the round; it is told once. `address` is the page
    that shows it: below the organisation's console ("nudges/7/"), or from the root when it begins with a slash. With a
    user it is for that person alone. `version` rises when later news of the same round are added to it.
    """

    id = models.BigIntegerField(primary_key=True)
    organisation_id = models.BigIntegerField()
    user_id = models.BigIntegerField(null=True, blank=True)
    kind = models.TextField()
    key = models.TextField()
    params = models.JSONField()
    address = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    version = models.IntegerField(db_default=1)

    class Meta:
        db_table = "notice"
        constraints = [models.UniqueConstraint(fields=["organisation_id", "key"], name="a_thing_is_told_once")]
        indexes = [
            models.Index(fields=["organisation_id", "-id"], name="notice_of_organisation"),
            models.Index(fields=["created_at"], name="notice_by_age"),
        ]


class NoticeRead(models.Model):
    """That one person has read one notice, and when in real time."""

    pk = models.CompositePrimaryKey("user_id", "notice_id")
    user_id = models.BigIntegerField()
    notice_id = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        db_table = "notice_read"


class NoticeOutbox(models.Model):
    """
    What channels out of the house read: each version of each notice, whatever the channel. Rows of one `ordering_key`
    are to be sent in the order of `sequence`, and a later one says everything an earlier one said.
    """

    id = models.BigIntegerField(primary_key=True)
    ordering_key = models.TextField()
    sequence = models.IntegerField()
    notice_id = models.BigIntegerField()
    organisation_id = models.BigIntegerField()
    user_id = models.BigIntegerField(null=True, blank=True)
    kind = models.TextField()
    params = models.JSONField()
    address = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notice_outbox"
        constraints = [models.UniqueConstraint(fields=["ordering_key", "sequence"], name="a_version_leaves_once")]
        indexes = [
            models.Index(fields=["created_at"], name="outbox_by_age"),
            models.Index(fields=["id"], name="outbox_waiting", condition=Q(taken_at=None)),
        ]
