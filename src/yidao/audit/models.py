"""The append-only journal of acts. Rows hold plain ids, never names, numbers of people, or secrets."""

from django.db import models

from yidao.kit import ids


class AuditEntry(models.Model):
    """One act that changed something, or an attempt worth remembering."""

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    at_real = models.DateTimeField()
    at_business = models.DateTimeField()
    actor_user_id = models.BigIntegerField(null=True, blank=True)
    actor_credential_id = models.BigIntegerField(null=True, blank=True)
    act = models.TextField()
    organisation_id = models.BigIntegerField(null=True, blank=True)
    subject = models.TextField()
    details = models.JSONField()

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(fields=["-at_real", "-id"], name="audit_by_time"),
            models.Index(fields=["organisation_id", "-at_real", "-id"], name="audit_of_organisation_by_time"),
            models.Index(fields=["actor_user_id", "-at_real", "-id"], name="audit_of_person_by_time"),
            models.Index(fields=["act", "-at_real", "-id"], name="audit_of_act_by_time"),
            models.Index(fields=["subject", "-at_real", "-id"], name="audit_of_subject_by_time"),
        ]
