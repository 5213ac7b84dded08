"""Notices of organisations and who has read them. No personal data: what a notice names, it names by id or count."""

from django.db import models


class Notice(models.Model):
    """
    One thing an organisation should know. `key` names the thing and the round; it is told once. `address` is the page
    that shows it: below the organisation's console ("nudges/7/"), or from the root when it begins with a slash. With a
    user it is for that person alone.
    """

    id = models.BigIntegerField(primary_key=True)
    organisation_id = models.BigIntegerField()
    user_id = models.BigIntegerField(null=True, blank=True)
    kind = models.TextField()
    key = models.TextField()
    params = models.JSONField()
    address = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "notice"
        constraints = [models.UniqueConstraint(fields=["organisation_id", "key"], name="a_thing_is_told_once")]
        indexes = [models.Index(fields=["organisation_id", "-id"], name="notice_of_organisation")]


class NoticeRead(models.Model):
    """That one person has read one notice, and when in real time."""

    pk = models.CompositePrimaryKey("user_id", "notice_id")
    user_id = models.BigIntegerField()
    notice_id = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        db_table = "notice_read"
