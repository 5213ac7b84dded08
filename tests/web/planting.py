"""Plants parcels through the real writer, inside the transaction of a test."""

from datetime import UTC, datetime

from django.db import connection

from tests.intake import facts
from tests.web.cast import Cast
from yidao.intake.payloads import Item, LineIn, SourceFacts
from yidao.intake.writer import Writer
from yidao.rules.instants import instant
from yidao.rules.scans import Kind

NOW = datetime(2022, 6, 20, 4, 0, tzinfo=UTC)
"""Noon of 2022-06-20 in Shanghai; the demo clock of these tests stands there."""
PLATFORM = SourceFacts(9, 9, "PLATFORM", "PLATFORM", False)


def write(*items: Item, sender: SourceFacts = PLATFORM, now: datetime = NOW) -> None:
    """Write items as the intake would, and insist that each was taken."""
    connection.ensure_connection()
    writer = Writer(connection.connection, now=instant(now))
    for answer in writer.write([facts.submission(*items, sender=sender)])[0]:
        assert answer.result in ("ACCEPTED", "DUPLICATE"), (answer.code, answer.detail)


def ship(cast: Cast, shipped: str, *lines: LineIn, number: str = "", carrier: str = "zhongtong") -> str:
    """Ship a parcel of the cast's shop at `06-18 10:00`; without lines the first creator promoted it."""
    number = number or facts.fresh_number()
    tenants = facts.Tenants(
        shop=cast.shop, other_shop=cast.other_shop, creator=cast.creator, second_creator=cast.second_creator
    )
    write(facts.shipment(tenants, number, shipped, lines=lines or None, carrier=carrier))
    return number


def scan(number: str, when: str, kind: Kind, *, division: str = "", description: str = "") -> None:
    """Let the carrier report one scan."""
    sender = SourceFacts(1, 1, "CARRIER", "CARRIER:zhongtong", False)
    write(facts.scan(number, when, kind, division=division, description=description), sender=sender)
