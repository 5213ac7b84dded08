"""
Models of the monitoring tables, for reading only, and of the tables beside them. The monitoring tables are made by
`sql/monitoring_tables.sql` and written by the intake and the sweeps with SQL of their own.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yidao.parcels import doubt_models, nudge_models  # noqa: F401  Django looks for models here.


def _key(*further: str) -> models.CompositePrimaryKey:
    return models.CompositePrimaryKey("waybill_no", "carrier", "life", *further)


class Parcel(models.Model):
    """One life of a waybill number (运单): its plan, the folded milestones and the verdict derived from them."""

    pk = _key()
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    version = models.IntegerField()
    starts_at = models.DateTimeField()
    shop_id = models.BigIntegerField(null=True)
    creator_id = models.BigIntegerField(null=True)
    order_nos = models.TextField()
    creator_order_nos = models.TextField()
    shipped_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    sender_division = models.TextField()
    receiver_division = models.TextField()
    receiver_tail = models.BinaryField(null=True)
    policy = models.TextField()
    status = models.TextField()
    milestones = models.BinaryField()
    episodes = models.BinaryField()
    registers = models.BinaryField()
    holds = models.BinaryField()
    revised = models.BooleanField()
    claim_waiting = models.BooleanField()
    has_extra_creators = models.BooleanField()
    open_types = models.IntegerField()
    scan_count = models.IntegerField()
    first_scan_at = models.DateTimeField(null=True)
    last_scan_at = models.DateTimeField(null=True)
    last_kind = models.SmallIntegerField()
    picked_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    evaluated_at = models.DateTimeField()
    bucket = models.SmallIntegerField()
    due_at = models.DateTimeField(null=True)
    sweep_retry_at = models.DateTimeField(null=True)
    adopted_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "parcel"


class ParcelLine(models.Model):
    """One order line in a parcel; creator and scope belong to the line."""

    pk = _key("line_no")
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    line_no = models.SmallIntegerField()
    order_no = models.TextField()
    creator_id = models.BigIntegerField(null=True)
    is_self_sold = models.BooleanField()
    is_cross_border = models.BooleanField()
    is_customer_return = models.BooleanField()
    room_id = models.TextField(blank=True, default="")
    product_id = models.TextField(blank=True, default="")
    product_name = models.TextField(blank=True, default="")

    class Meta:
        managed = False
        db_table = "parcel_line"


class ParcelExtraCreator(models.Model):
    """A further creator with lines in a parcel, with what his list filters and sorts on."""

    pk = _key("creator_id")
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    creator_id = models.BigIntegerField()
    shop_id = models.BigIntegerField()
    order_nos = models.TextField()
    shipped_at = models.DateTimeField()
    status = models.TextField()
    open_types = models.IntegerField()
    last_scan_at = models.DateTimeField(null=True)
    last_kind = models.SmallIntegerField()

    class Meta:
        managed = False
        db_table = "parcel_extra_creator"


class Scan(models.Model):
    """One tracking event as one source told it; facts are never changed, a correction is a further row."""

    pk = _key("source", "event_id", "revision", "is_retracted", "variant", "occurred_at")
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    source = models.TextField()
    event_id = models.TextField()
    revision = models.IntegerField()
    is_retracted = models.BooleanField()
    variant = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.SmallIntegerField()
    flags = models.SmallIntegerField()
    code = models.TextField()
    division = models.TextField()
    place = models.TextField()
    description = models.TextField()

    class Meta:
        managed = False
        db_table = "scan"


class SourceSnapshot(models.Model):
    """One full list a provider pushed; the greatest by (push time, newest scan, number, digest) wins."""

    pk = _key("source", "digest")
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    source = models.TextField()
    digest = models.BinaryField()
    pushed_at = models.DateTimeField(null=True)
    newest_at = models.DateTimeField()
    event_ids = ArrayField(models.TextField())
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "source_snapshot"


class Anomaly(models.Model):
    """One episode of an anomaly (异常); its ordinal among those of its type is its place by `should_open_at`."""

    pk = _key("type", "should_open_at")
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    type = models.TextField()
    should_open_at = models.DateTimeField()
    should_close_at = models.DateTimeField(null=True)
    state = models.TextField()
    severity = models.TextField()
    reason = models.TextField()
    party = models.TextField()
    closing = models.TextField()
    noticed_open_at = models.DateTimeField()
    noticed_close_at = models.DateTimeField(null=True)
    policy = models.TextField()
    shop_id = models.BigIntegerField(null=True)
    creator_id = models.BigIntegerField(null=True)
    shipped_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "anomaly"


class AnomalyChange(models.Model):
    """The append-only journal of when we noticed what about an anomaly."""

    pk = _key("version", "type", "should_open_at", "change")
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    version = models.IntegerField()
    type = models.TextField()
    should_open_at = models.DateTimeField()
    change = models.TextField()
    severity = models.TextField()
    reason = models.TextField()
    closing = models.TextField()
    should_close_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "anomaly_change"


class ParcelAlias(models.Model):
    """A provider's correction of the carrier: the number under the new carrier stands for the one we know."""

    pk = models.CompositePrimaryKey("waybill_no", "carrier")
    waybill_no = models.TextField()
    carrier = models.TextField()
    stands_for = models.TextField()
    source = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "parcel_alias"


class ParcelClaim(models.Model):
    """A shop's shipment that waits because nothing yet shows that the number's scans are its own."""

    pk = models.CompositePrimaryKey("waybill_no", "carrier", "shop_id")
    waybill_no = models.TextField()
    carrier = models.TextField()
    shop_id = models.BigIntegerField()
    body = models.BinaryField()
    reason = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "parcel_claim"


class ParcelSweepFault(models.Model):
    """A parcel whose rule raised in a sweep; it is postponed and reported, never looped over."""

    pk = _key()
    waybill_no = models.TextField()
    carrier = models.TextField()
    life = models.SmallIntegerField()
    fault = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "parcel_sweep_fault"


class Quarantine(models.Model):
    """Input that was kept because it could not be taken: a person looks, mends and replays, or discards it."""

    class State(models.TextChoices):
        OPEN = "OPEN"
        REPLAY_ASKED = "REPLAY_ASKED"
        REPLAYED = "REPLAYED"
        DISCARDED = "DISCARDED"

    id = models.BigIntegerField(primary_key=True)
    received_at = models.DateTimeField()
    source = models.TextField()
    credential_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    carrier = models.TextField(blank=True, default="")
    waybill_no = models.TextField(blank=True, default="")
    reason = models.TextField()
    detail = models.JSONField(default=dict)
    body_encrypted = models.BinaryField()
    state = models.TextField(choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    outcome = models.JSONField(default=dict)

    class Meta:
        db_table = "quarantine"
        indexes = [
            models.Index(fields=["state", "-received_at", "id"], name="quarantine_by_state"),
        ]


class IntakeMinute(models.Model):
    """What one source sent for one carrier in one business minute, and how late it came."""

    pk = models.CompositePrimaryKey("minute", "source", "carrier")
    minute = models.DateTimeField()
    source = models.TextField()
    carrier = models.TextField()
    accepted = models.IntegerField()
    duplicate = models.IntegerField()
    rejected = models.IntegerField()
    quarantined = models.IntegerField()
    lag_seconds_sum = models.BigIntegerField()
    lag_seconds_max = models.BigIntegerField()

    class Meta:
        db_table = "intake_minute"
        indexes = [models.Index(fields=["carrier", "minute"], name="intake_minute_by_carrier")]


class CarrierOutage(models.Model):
    """
    A stretch of time in which a carrier sent nothing although its rhythm says it should have (数据延迟).

    It lasts while `until` is null; from then on the carrier catches up until `released_at`, and only then is nothing
    held back any more. `policy` is the version by which it was noticed.
    """

    id = models.BigIntegerField(primary_key=True)
    carrier = models.TextField()
    policy = models.TextField(blank=True, default="")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "carrier_outage"
        constraints = [
            models.UniqueConstraint(
                fields=["carrier"], condition=models.Q(until=None), name="carrier_is_silent_once_at_a_time"
            ),
        ]


class DayFigure(models.Model):
    """
    What the statistics count of the parcels shipped on one Shanghai day, by tenant; computed again from the parcels.

    `part` is a shop among a creator's, else 0. `pickup_steps` is a histogram and `statuses` counts by status, both in
    the order of the rules.
    """

    class Scope(models.TextChoices):
        CREATOR = "CREATOR"
        CREATOR_SHOP = "CREATOR_SHOP"
        SHOP = "SHOP"
        CARRIER = "CARRIER"
        PROVINCE = "PROVINCE"

    pk = models.CompositePrimaryKey("scope", "tenant", "day", "part")
    scope = models.TextField(choices=Scope.choices)
    tenant = models.TextField()
    day = models.DateField()
    part = models.BigIntegerField()
    parcels = models.IntegerField()
    ended = models.IntegerField()
    signed = models.IntegerField()
    punctual = models.IntegerField()
    anomalous = models.IntegerField()
    picked = models.IntegerField()
    pickup_seconds = models.BigIntegerField()
    pickup_steps = ArrayField(models.IntegerField())
    statuses = ArrayField(models.IntegerField())

    class Meta:
        db_table = "parcel_day"
        indexes = [models.Index(fields=["day"], name="parcel_day_by_day")]


class CarrierStage(models.Model):
    """How long a carrier's newest signed parcels spent in one stage of their way."""

    pk = models.CompositePrimaryKey("carrier", "stage")
    carrier = models.TextField()
    stage = models.TextField()
    sample = models.IntegerField()
    median_seconds = models.BigIntegerField(null=True)
    p90_seconds = models.BigIntegerField(null=True)

    class Meta:
        db_table = "carrier_stage"


class OpenAnomaly(models.Model):
    """How many parcels have an anomaly in progress, by carrier, receiver's province and type; type "" is any."""

    pk = models.CompositePrimaryKey("carrier", "province", "type")
    carrier = models.TextField()
    province = models.TextField()
    type = models.TextField(blank=True, default="")
    parcels = models.IntegerField()

    class Meta:
        db_table = "open_anomaly"


class FigureRun(models.Model):
    """As of which business instant figures were computed; named `day/2022-06-20`, `stages`, `open`."""

    name = models.TextField(primary_key=True)
    computed_at = models.DateTimeField()
    took_ms = models.IntegerField()

    class Meta:
        db_table = "figure_run"
