"""
The books: accounts, transfers, entries, and the proofs that they agree. Transfers and entries are only ever added.

An account of a shop or provider has counter-accounts of its own, so that every transfer sums to nothing.
"""

from django.db import models
from django.db.models import F, Q


class LedgerAccount(models.Model):
    """
    One account of one organisation. What it has is positive: DEPOSIT and FROZEN never fall below nothing. What it owes
    is negative: DEBT never rises above nothing. The others are the far sides of its transfers.
    """

    class Kind(models.TextChoices):
        DEPOSIT = "DEPOSIT"
        FROZEN = "FROZEN"
        DEBT = "DEBT"
        PENALTY = "PENALTY"
        COMPENSATION = "COMPENSATION"
        CLAIM = "CLAIM"
        STORAGE_FEE = "STORAGE_FEE"
        TOPUP_CLEARING = "TOPUP_CLEARING"
        REFUND_CLEARING = "REFUND_CLEARING"

    id = models.BigIntegerField(primary_key=True)
    organisation_id = models.BigIntegerField()
    kind = models.TextField(choices=Kind.choices)
    balance_fen = models.BigIntegerField(db_default=0)
    seq = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "ledger_account"
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "kind"], name="one_account_of_a_kind"),
            models.CheckConstraint(
                condition=~Q(kind__in=["DEPOSIT", "FROZEN"]) | Q(balance_fen__gte=0),
                name="money_is_never_less_than_none",
            ),
            models.CheckConstraint(
                condition=~Q(kind="DEBT") | Q(balance_fen__lte=0), name="a_debt_is_never_more_than_paid"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation_id"], condition=Q(kind="DEBT", balance_fen__lt=0), name="ledger_debts")
        ]


class LedgerTransfer(models.Model):
    """
    One movement of money. `ref` names the cause within its kind, so that no cause moves money twice; `memo` holds ids
    and counts for those who read the statement.
    """

    class Kind(models.TextChoices):
        TOP_UP = "TOP_UP"
        TOP_UP_REVERSAL = "TOP_UP_REVERSAL"
        DEDUCTION = "DEDUCTION"
        COMPENSATION = "COMPENSATION"
        GIVE_BACK = "GIVE_BACK"
        FREEZE = "FREEZE"
        UNFREEZE = "UNFREEZE"

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField(choices=Kind.choices)
    ref = models.TextField(db_collation="C")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    memo = models.JSONField()
    user_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ledger_transfer"
        constraints = [models.UniqueConstraint(fields=["kind", "ref"], name="a_cause_moves_money_once")]


class LedgerEntry(models.Model):
    """
    One side of a transfer: an account's line, counted without gaps. Organisation, kind of account and kind of
    transfer are copied in, because statements are read by them.
    """

    id = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    transfer_id = models.BigIntegerField()
    organisation_id = models.BigIntegerField()
    account_kind = models.TextField()
    kind = models.TextField()
    balance_before_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    balance_after_fen = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        constraints = [
            models.UniqueConstraint(fields=["account_id", "seq"], name="lines_of_an_account_are_counted"),
            models.CheckConstraint(
                condition=Q(balance_after_fen=F("balance_before_fen") + F("amount_fen")), name="a_line_adds_up"
            ),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="a_line_moves_something"),
        ]
        indexes = [
            models.Index(fields=["organisation_id", "-at", "-id"], name="statement_of_organisation"),
            models.Index(fields=["transfer_id"], name="lines_of_transfer"),
        ]


class LedgerProof(models.Model):
    """One proof of the books: what was looked at and every fault found; none means that the books agree."""

    id = models.BigIntegerField(primary_key=True)
    day = models.DateField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    accounts = models.IntegerField()
    transfers = models.IntegerField()
    entries = models.IntegerField()
    faults = models.JSONField()

    class Meta:
        db_table = "ledger_proof"
        indexes = [models.Index(fields=["-at", "-id"], name="proofs_by_time")]
