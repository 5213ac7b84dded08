"""Phones of users, codes sent to them, messages that carried these, codes used up. Numbers and texts are encrypted."""

from django.db import models
from django.db.models import Q

from yidao.kit import ids


class Phone(models.Model):
    """The one phone of a user, proven by a code; `mask` is what pages show, `number_index` finds it."""

    user = models.OneToOneField("accounts.User", on_delete=models.PROTECT, primary_key=True, related_name="phone")
    number_encrypted = models.BinaryField()
    number_index = models.BinaryField(unique=True)
    mask = models.TextField()
    verified_at = models.DateTimeField()

    class Meta:
        db_table = "user_phone"


class PhoneCode(models.Model):
    """
    A code that went to a number, for one purpose. Of a number that is nobody's there is a row too, so that strangers
    cannot tell the two apart; nothing opens with it.
    """

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="phone_codes")
    number_encrypted = models.BinaryField()
    number_index = models.BinaryField()
    address = models.TextField(blank=True, default="")
    purpose = models.TextField()
    code_hmac = models.BinaryField()
    policy_version = models.TextField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    try_count = models.IntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "phone_code"
        constraints = [
            models.CheckConstraint(condition=Q(try_count__gte=0), name="code_tries_are_counted_up"),
            models.UniqueConstraint(
                fields=["user", "purpose"],
                condition=Q(used_at=None, voided_at=None),
                name="one_live_code_per_user_and_purpose",
            ),
        ]
        indexes = [
            models.Index(fields=["number_index", "-sent_at"], name="codes_of_number"),
            models.Index(fields=["address", "-sent_at"], name="codes_of_address"),
            models.Index(fields=["sent_at"], name="codes_by_age"),
        ]


class SmsMessage(models.Model):
    """
    A text message: the intent to send it, and how that went. `mask` is shown to operators; `text_encrypted` is read in
    a demo alone, where no message leaves the house.
    """

    class State(models.TextChoices):
        """What has become of a message; WITHHELD ones were meant for nobody's number and never leave."""

        WAITING = "WAITING"
        SENT = "SENT"
        FAILED = "FAILED"
        KEPT = "KEPT"
        WITHHELD = "WITHHELD"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="messages")
    purpose = models.TextField()
    mask = models.TextField()
    number_encrypted = models.BinaryField()
    text_encrypted = models.BinaryField()
    state = models.TextField(choices=State.choices)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sms_message"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="WAITING", finished_at=None) | (~Q(state="WAITING") & Q(finished_at__isnull=False)),
                name="message_waits_or_says_since_when_not",
            )
        ]
        indexes = [models.Index(fields=["-created_at"], name="messages_newest_first")]


class SmsAttempt(models.Model):
    """One call to the sender for a message and its outcome; a call that has no outcome row is not known to be over."""

    class Outcome(models.TextChoices):
        """What the call came to; UNKNOWN when no answer came, so that the message may or may not have left."""

        ACCEPTED = "ACCEPTED"
        REFUSED = "REFUSED"
        UNREACHED = "UNREACHED"
        UNKNOWN = "UNKNOWN"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    message = models.ForeignKey(SmsMessage, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    outcome = models.TextField(choices=Outcome.choices)
    status = models.IntegerField(null=True)

    class Meta:
        db_table = "sms_attempt"


class UsedCode(models.Model):
    """A code of an authenticator app that was used, as a blind index, so that it is not used twice."""

    key = models.TextField(primary_key=True)
    used_at = models.DateTimeField()

    class Meta:
        db_table = "used_code"
