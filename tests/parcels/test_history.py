"""As of: what was known at an instant is answered from the facts recorded by then, whatever was learned later."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import connection

from tests.intake import facts
from tests.intake.facts import Kind, fresh_number, listing, scan, shipment
from tests.web import cast as people
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.actors import SYSTEM, ActorKind
from yidao.intake.payloads import CorrectionIn, Item
from yidao.kit.errors import NotVisible
from yidao.parcels import detail
from yidao.rules.instants import Instant, to_datetime

pytestmark = pytest.mark.django_db
CARRIER = "zhongtong"


@pytest.fixture
def cast(db: None) -> Cast:
    return people.build()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a reader was shown: the status, the timeline, and the anomalies that truly happened."""

    status: str
    timeline: tuple[tuple[str, float], ...]
    anomalies: frozenset[tuple[object, ...]]


def _tenants(cast: Cast) -> facts.Tenants:
    return facts.Tenants(
        shop=cast.shop, other_shop=cast.other_shop, creator=cast.creator, second_creator=cast.second_creator
    )


def _at(when: str) -> Instant:
    return Instant(facts.at(when))


def _tell(when: str, *items: Item) -> None:
    planting.write(*items, now=to_datetime(_at(when)))


def _seen(number: str, when: str, *, as_of: str = "") -> Seen:
    found = detail.by_number(
        number,
        CARRIER,
        actor=SYSTEM,
        now=to_datetime(_at(when)),
        as_of=to_datetime(_at(as_of)) if as_of else None,
    )
    return Seen(
        status=found.status,
        timeline=tuple((line.kind, line.occurred_at.timestamp()) for line in found.timeline),
        anomalies=frozenset(
            (row.type, row.reason, row.severity, row.opened_at, row.closed_at, row.closing)
            for row in found.episodes
            if row.closing != "NOT_LATE"
        ),
    )


def _open(seen: Seen) -> set[str]:
    return {str(row[0]) for row in seen.anomalies if row[4] is None}


def test_before_a_late_push_the_anomaly_stands_and_after_it_it_never_happened(cast) -> None:
    number = fresh_number()
    _tell("06-18 10:00", shipment(_tenants(cast), number, "06-18 10:00"))
    _tell("06-20 09:00", scan(number, "06-18 15:00", Kind.PICKED_UP), scan(number, "06-20 08:00", Kind.ARRIVED_HUB))

    before, after = _seen(number, "06-20 12:00", as_of="06-20 08:59"), _seen(number, "06-20 12:00", as_of="06-20 09:00")

    assert (before.status, before.timeline, _open(before)) == ("SHIPPED_AWAIT_PICKUP", (), {"PICKUP_TIMEOUT"})
    assert after.status == "IN_TRANSIT_AWAIT_DELIVERY"
    assert "PICKUP_TIMEOUT" not in {row[0] for row in after.anomalies}


def test_before_a_retraction_the_scan_is_shown_and_after_it_it_is_not(cast) -> None:
    number = fresh_number()
    signed = scan(number, "06-19 15:00", Kind.SIGNED, event_id="e1")
    _tell("06-18 10:00", shipment(_tenants(cast), number, "06-18 10:00"))
    _tell("06-19 16:00", scan(number, "06-18 15:00", Kind.PICKED_UP), signed)
    _tell("06-20 09:00", scan(number, "06-19 15:00", Kind.SIGNED, event_id="e1", is_retracted=True))

    before, after = _seen(number, "06-20 12:00", as_of="06-20 08:00"), _seen(number, "06-20 12:00")

    assert before.status == "SIGNED"
    assert [kind for kind, _ in before.timeline] == ["SIGNED", "PICKED_UP"]
    assert after.status == "PICKED_AWAIT_TRANSIT"
    assert [kind for kind, _ in after.timeline] == ["PICKED_UP"]


def test_a_scan_that_lived_then_is_shown_even_where_nothing_lives_near_it_now(cast) -> None:
    number = fresh_number()
    early = scan(number, "06-10 15:00", Kind.PICKED_UP, event_id="e1")
    _tell("06-10 10:00", shipment(_tenants(cast), number, "06-10 10:00"))
    _tell("06-10 16:00", early)
    _tell("06-20 09:00", scan(number, "06-20 08:00", Kind.PICKED_UP, event_id="e1", revision=1))

    assert [kind for kind, _ in _seen(number, "06-20 12:00", as_of="06-12 10:00").timeline] == ["PICKED_UP"]


def test_before_a_longer_list_replaces_it_the_shorter_one_counts(cast) -> None:
    number = fresh_number()
    picked, wrong = scan(number, "06-18 15:00", Kind.PICKED_UP), scan(number, "06-18 18:00", Kind.SIGNED)
    right = scan(number, "06-18 19:00", Kind.ARRIVED_HUB)
    _tell("06-18 10:00", shipment(_tenants(cast), number, "06-18 10:00"))
    _tell("06-18 20:00", listing(number, "KUAIDI100", [picked, wrong]))
    _tell("06-19 09:00", listing(number, "KUAIDI100", [picked, right]))

    assert _seen(number, "06-20 12:00", as_of="06-18 23:00").status == "SIGNED"
    assert _seen(number, "06-20 12:00", as_of="06-19 10:00").status == "IN_TRANSIT_AWAIT_DELIVERY"


def test_before_a_shipment_adopts_a_stub_nobody_knows_what_was_promised(cast) -> None:
    number = fresh_number()
    _tell("06-14 12:00", scan(number, "06-14 11:00", Kind.PICKED_UP, division=facts.HANGZHOU))
    then = _seen(number, "06-18 12:00")
    _tell("06-18 13:00", shipment(_tenants(cast), number, "06-14 10:00"))
    shop = replace(SYSTEM, kind=ActorKind.MERCHANT, organisation_ids=(cast.shop,))

    stub = detail.by_number(
        number, CARRIER, actor=SYSTEM, now=to_datetime(_at("06-20 12:00")), as_of=to_datetime(_at("06-18 12:00"))
    )

    assert (stub.shop_id, stub.order_nos, stub.shipped_at, stub.receiver_division) == (None, (), None, "")
    assert _seen(number, "06-20 12:00", as_of="06-18 12:00") == then
    assert detail.by_number(number, CARRIER, actor=shop, now=to_datetime(_at("06-20 12:00"))).shop_id == cast.shop
    with pytest.raises(NotVisible):
        detail.by_number(
            number, CARRIER, actor=shop, now=to_datetime(_at("06-20 12:00")), as_of=to_datetime(_at("06-18 12:00"))
        )


def test_before_the_number_was_used_again_all_its_scans_belonged_to_the_first_life(cast) -> None:
    number = fresh_number()
    _tell("05-25 10:00", shipment(_tenants(cast), number, "05-25 10:00"))
    _tell("05-28 16:00", scan(number, "05-28 15:00", Kind.SIGNED))
    _tell("06-17 20:00", scan(number, "06-17 19:00", Kind.ARRIVED_HUB))
    then = _seen(number, "06-17 21:00")
    _tell("06-18 10:00", shipment(_tenants(cast), number, "06-18 10:00"))

    assert [kind for kind, _ in _seen(number, "06-20 12:00").timeline] == ["ARRIVED_HUB"]
    assert _seen(number, "06-20 12:00", as_of="06-17 21:00") == then


Step = tuple[str, Callable[[str], Item]]
_HISTORY: tuple[Step, ...] = (
    ("06-12 12:00", lambda n: scan(n, "06-12 11:00", Kind.PICKED_UP, division=facts.HANGZHOU, event_id="p")),
    ("06-13 12:00", lambda n: listing(n, "KUAIDI100", [scan(n, "06-12 11:00", Kind.PICKED_UP)])),
    ("06-14 12:00", lambda n: scan(n, "06-14 11:00", Kind.ARRIVED_HUB, event_id="h")),
    ("06-15 12:00", lambda n: scan(n, "06-13 11:00", Kind.DEPARTED_ORIGIN, event_id="d")),
    ("06-16 12:00", lambda n: scan(n, "06-14 11:00", Kind.ARRIVED_HUB, event_id="h", is_retracted=True)),
    (
        "06-17 12:00",
        lambda n: listing(
            n, "KUAIDI100", [scan(n, "06-12 11:00", Kind.PICKED_UP), scan(n, "06-17 09:00", Kind.PROBLEM)]
        ),
    ),
    ("06-18 12:00", lambda n: listing(n, "KUAIDI100", [scan(n, "06-18 09:00", Kind.OUT_FOR_DELIVERY)])),
    ("06-19 12:00", lambda n: scan(n, "06-13 10:00", Kind.DEPARTED_ORIGIN, event_id="d", revision=2)),
    ("06-20 12:00", lambda n: scan(n, "06-20 11:00", Kind.SIGNED, division=facts.CHENGDU, event_id="s")),
)


def test_every_instant_of_a_history_is_answered_as_it_was_seen_then(cast) -> None:
    number = fresh_number()
    _tell("06-11 10:00", shipment(_tenants(cast), number, "06-11 10:00"))
    seen_then: list[tuple[str, Seen]] = [("06-11 10:00", _seen(number, "06-11 10:00"))]
    for when, make in _HISTORY:
        day = when[:5]
        seen_then.append((f"{day} 11:59", _seen(number, f"{day} 11:59")))
        _tell(when, make(number))
        seen_then.append((when, _seen(number, when)))

    assert [(when, _seen(number, "06-28 12:00", as_of=when)) for when, _ in seen_then] == seen_then


def test_what_happened_to_the_anomaly_rows_is_what_as_of_says(cast) -> None:
    """The journal tells when each anomaly was noticed; as of that instant it stands, just before it does not."""
    number = fresh_number()
    _tell("06-11 10:00", shipment(_tenants(cast), number, "06-11 10:00"))
    for when, make in _HISTORY:
        _tell(when, make(number))
    rows = _noticed(number)
    assert rows

    for kind, opened, noticed in rows:
        at_once = detail.by_number(number, CARRIER, actor=SYSTEM, now=noticed, as_of=noticed)
        assert (kind, opened) in {(row.type, row.opened_at) for row in at_once.episodes}
        just_before = min(opened, noticed) - timedelta(seconds=1)
        before = detail.by_number(number, CARRIER, actor=SYSTEM, now=noticed, as_of=just_before)
        assert (kind, opened) not in {(row.type, row.opened_at) for row in before.episodes}


def _noticed(number: str) -> list[tuple[str, object, object]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, should_open_at, noticed_open_at FROM anomaly WHERE waybill_no = %s AND closing <> 'NOT_LATE'",
            [number],
        )
        return list(cursor.fetchall())


def test_a_corrected_carrier_leads_to_the_parcel_too_and_is_named(cast) -> None:
    number = fresh_number()
    told = listing(number, "KUAIDI100", [scan(number, "06-18 12:00", Kind.PICKED_UP)], carrier="yunda")
    _tell("06-18 11:00", shipment(_tenants(cast), number, "06-18 10:00"))
    _tell("06-19 10:30", CorrectionIn(number, "yunda", CARRIER, "KUAIDI100", facts.at("06-19 10:00")), told)
    now = to_datetime(_at("06-20 10:00"))

    found = detail.by_number(number, "yunda", actor=SYSTEM, now=now)
    before = detail.by_number(number, CARRIER, actor=SYSTEM, now=now, as_of=to_datetime(_at("06-19 10:00")))

    assert (found.carrier, found.corrected_to, found.status) == (CARRIER, ("yunda",), "PICKED_AWAIT_TRANSIT")
    assert before.corrected_to == ()
    with pytest.raises(NotVisible):
        detail.by_number(number, "yuantong", actor=SYSTEM, now=now)
