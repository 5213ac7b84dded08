"""What the API sends: names and shapes of its own, neither models nor the rules' facts. Ids are strings."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

Text = Annotated[str, Field(examples=["IN_TRANSIT"])]


class TimelineOut(Schema):
    """One line of the timeline; sources that tell the same minute, kind and city share it."""

    occurred_at: datetime
    code: str = Field(description="What happened, a code of POST /v1/tracking-events.")
    division: str = Field(description="Six digits of GB/T 2260, or empty.")
    place: str
    description: str
    sources: list[str] = Field(description="Who told it.")
    is_from_shop_alone: bool = Field(description="Only the shop itself said so; such a line closes no anomaly.")


class AnomalyOut(Schema):
    """One anomaly; one that late news proved never to have been is CLOSED with closing NOT_LATE."""

    type: str
    state: Literal["OPEN", "CLOSED"]
    reason: str
    severity: str
    party: str = Field(description="Who is responsible.")
    opened_at: datetime
    closed_at: datetime | None
    closing: str = Field(description="Why it closed, empty while it is open.")


class LimitOut(Schema):
    """A limit that is running."""

    type: str
    severity: str
    started_at: datetime
    deadline: datetime


class BecauseOut(Schema):
    """One reason: a permanent code and its parameters."""

    code: str
    about: str | None = Field(description="Type of the anomaly it explains; null for the status.")
    opened_at: datetime | None = Field(description="Which anomaly of that type; null for the status.")
    params: dict[str, Any] = Field(
        description="Names ending in _at are instants, in _seconds lengths of time; others are codes, cities, versions."
    )


class ParcelOut(Schema):
    """One parcel with its truth at `as_of`."""

    id: str = Field(description="carrier/waybill_no/life, or the token where the number must not be read.")
    token: str = Field(description="Opaque name of the parcel; the same for ever.")
    waybill_no: str = Field(description="In full or masked, as the credential may read it.")
    carrier: str
    corrected_to: list[str] = Field(description="Carriers a provider corrected it to; the key stays.")
    life: int
    shop_id: str | None = Field(description="Null while no shop has claimed the number, and for providers.")
    order_nos: list[str]
    shipped_at: datetime | None
    sender_division: str
    receiver_division: str
    status: str
    policy: str = Field(description="The published version that judges this parcel.")
    as_of: datetime
    timeline: list[TimelineOut] = Field(description="Newest first.")
    anomalies: list[AnomalyOut]
    limits: list[LimitOut]
    why: list[BecauseOut] = Field(description="Why the status and the anomalies are what they are.")


class ParcelsIn(Schema):
    """What a list of parcels is narrowed by; a name may be repeated to want several."""

    status: list[str] = Field([], description="One of these statuses; creators know the seven of their pages.")
    carrier: list[str] = Field([], description="One of these carriers.")
    order: list[str] = Field([], max_length=500, description="One of these order numbers.")
    waybill: list[str] = Field([], max_length=500, description="One of these numbers; creators cannot ask for them.")
    shipped_from: str = Field("", description="First day of shipment in Shanghai, like 2022-06-18.")
    shipped_until: str = Field("", description="Last day of shipment in Shanghai, inclusive.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", description="Where the page begins: next_cursor of the one before, of the same filter.")


class ParcelItemOut(Schema):
    """One parcel as lists show it."""

    id: str = Field(description="carrier/waybill_no/life, or the token where the number must not be read.")
    token: str = Field(description="Opaque name of the parcel; the same for ever.")
    waybill_no: str = Field(description="In full or masked, as the credential may read it.")
    carrier: str
    life: int
    shop_id: str | None
    order_nos: list[str] = Field(description="A creator's own order numbers only.")
    shipped_at: datetime
    status: str
    last_scan_at: datetime | None
    last_code: str = Field(description="What the last scan told, empty without one.")
    last_division: str = Field(description="Where the last scan was, six digits of GB/T 2260, or empty.")
    anomalies: list[AnomalyOut]


class ParcelPageOut(Schema):
    """One page of a list."""

    data: list[ParcelItemOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class FaultOut(Schema):
    """One field that is wrong."""

    pointer: str
    code: str
    message: str = ""


class ProblemOut(Schema):
    """Problem details of RFC 9457 with a permanent code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FaultOut]
