"""The statements of the lists against the plainest reading: take everything, leave out what does not fit, sort, cut."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.kit.models import DemoClock
from yidao.parcels import listing
from yidao.parcels.listing import Wanted
from yidao.parcels.listing_rows import Row
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
CARRIERS = ("zhongtong", "yuantong", "jd")


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def plant(people: Cast) -> None:
    """Ship 36 parcels of two shops by three carriers for two creators: some signed, some rejected, some in trouble."""
    for index in range(36):
        number = facts.fresh_number()
        lines = [facts.line(f"O{index:02d}", (people.creator, people.second_creator)[index % 5 == 0])]
        if index % 7 == 0:
            lines.append(facts.line(f"E{index:02d}", people.second_creator))
        tenants = facts.Tenants(
            shop=(people.shop, people.other_shop)[index % 4 == 0],
            other_shop=people.other_shop,
            creator=people.creator,
            second_creator=people.second_creator,
        )
        carrier = CARRIERS[index % 3]
        day, hour = divmod(index // 2, 6)
        shipped = f"06-{15 + day:02d} {10 + hour:02d}:00"
        planting.write(facts.shipment(tenants, number, shipped, lines=tuple(lines), carrier=carrier))
        if index % 2 == 0:
            scans = [facts.scan(number, f"06-{16 + day:02d} 09:00", Kind.PICKED_UP, carrier=carrier)]
            if index % 6 == 0:
                scans.append(facts.scan(number, f"06-{17 + day:02d} 09:00", Kind.SIGNED, carrier=carrier))
            if index % 10 == 0:
                scans.append(facts.scan(number, f"06-{17 + day:02d} 08:00", Kind.DAMAGED, carrier=carrier))
            planting.write(*scans)


def creator(people: Cast) -> Actor:
    return access.actor_for_creator(UserId(people.dana.pk), people.creator)


def agency(people: Cast) -> Actor:
    return access.actor_for_creator(UserId(people.agency.pk), None)


def merchant(people: Cast) -> Actor:
    return access.actor_for_shop(UserId(people.alice.pk), people.shop)


def operator(people: Cast) -> Actor:
    return access.actor_for_operator(UserId(people.olga.pk))


def head_office(people: Cast) -> Actor:
    return access.actor_for_carrier(UserId(people.carrie.pk), people.carrier, None)


ACTORS = [creator, agency, merchant, operator, head_office]
FROM, UNTIL = datetime(2022, 6, 15, 16, tzinfo=UTC), datetime(2022, 6, 17, 16, tzinfo=UTC)


def fits(row: Row, wanted: Wanted) -> bool:
    """Say whether a row is wanted, by nothing but what it shows."""
    mark = row.anomaly
    is_marked = mark is None or (
        (not wanted.types or mark.type in wanted.types)
        and (not wanted.states or mark.state in wanted.states)
        and (not wanted.reasons or mark.reason in wanted.reasons)
    )
    return (
        (not wanted.statuses or row.status in wanted.statuses)
        and (not wanted.carriers or row.carrier in wanted.carriers)
        and (wanted.shop_ids is None or row.shop_id in wanted.shop_ids)
        and (not wanted.order_nos or bool(set(wanted.order_nos) & set(row.order_nos)))
        and (wanted.shipped_from is None or row.shipped_at >= wanted.shipped_from)
        and (wanted.shipped_until is None or row.shipped_at < wanted.shipped_until)
        and is_marked
    )


def filters(people: Cast, *, is_of_anomalies: bool) -> dict[str, dict[str, Any]]:
    of_anomalies: dict[str, dict[str, Any]] = {
        "a type": {"types": ("PICKUP_TIMEOUT",)},
        "types": {"types": ("PICKUP_TIMEOUT", "PARCEL_DAMAGED", "DISPATCH_TIMEOUT")},
        "in progress": {"states": ("OPEN",)},
        "closed": {"states": ("CLOSED",)},
        "a reason": {"reasons": ("DAMAGED",)},
    }
    return {
        "one status": {"statuses": ("SIGNED",)},
        "several statuses": {"statuses": ("PICKED_AWAIT_TRANSIT", "SIGNED")},
        "a carrier": {"carriers": ("jd",)},
        "two carriers": {"carriers": ("jd", "yuantong")},
        "a shop": {"shop_ids": (people.shop,)},
        "both shops": {"shop_ids": (people.shop, people.other_shop)},
        "no shop": {"shop_ids": ()},
        "orders": {"order_nos": ("O01", "E07", "O08", "X99")},
        "days": {"shipped_from": FROM, "shipped_until": UNTIL},
        **(of_anomalies if is_of_anomalies else {}),
    }


def key(row: Row) -> tuple[Any, ...]:
    mark = (row.anomaly.type, row.anomaly.opened_at) if row.anomaly is not None else ()
    return (row.shipped_at, *row.key, *mark)


@pytest.mark.parametrize("is_of_anomalies", [False, True], ids=["parcels", "anomalies"])
@pytest.mark.parametrize("who", ACTORS, ids=lambda each: each.__name__)
def test_filters_alone_and_in_pairs_find_what_fits(
    people: Cast, who: Callable[[Cast], Actor], is_of_anomalies: bool
) -> None:
    plant(people)
    actor = who(people)
    read = listing.anomalies if is_of_anomalies else listing.parcels
    count = listing.count_anomalies if is_of_anomalies else listing.count_parcels
    everything = read(actor=actor, wanted=Wanted(), limit=1_000).rows
    known = filters(people, is_of_anomalies=is_of_anomalies)

    assert len(everything) > 5
    assert list(everything) == sorted(everything, key=lambda row: (*key(row), row.tenant), reverse=True)
    for one in known.values():
        for two in known.values():
            wanted = Wanted(**(one | two))
            expected = [key(row) for row in everything if fits(row, wanted)]
            assert [key(row) for row in read(actor=actor, wanted=wanted, limit=1_000).rows] == expected, wanted
            assert count(actor=actor, wanted=wanted, limit=1_000) == len(expected), wanted


@pytest.mark.parametrize("is_of_anomalies", [False, True], ids=["parcels", "anomalies"])
@pytest.mark.parametrize("who", ACTORS, ids=lambda each: each.__name__)
def test_pages_join_without_gap_by_cursor_and_by_number(
    people: Cast, who: Callable[[Cast], Actor], is_of_anomalies: bool
) -> None:
    plant(people)
    actor = who(people)
    read = listing.anomalies if is_of_anomalies else listing.parcels
    every_state = Wanted(states=("OPEN", "CLOSED") if is_of_anomalies else ())
    for each in (Wanted(), every_state, Wanted(order_nos=tuple(f"O{n:02d}" for n in range(36)))):
        everything = read(actor=actor, wanted=each, limit=1_000).rows

        by_cursor: list[Row] = []
        cursor = ""
        while True:
            page = read(actor=actor, wanted=each, limit=3, cursor=cursor)
            by_cursor += page.rows
            cursor = page.next_cursor
            if not cursor:
                break
        by_number = [row for at in range(0, 90, 3) for row in read(actor=actor, wanted=each, limit=3, offset=at).rows]

        assert by_cursor == list(everything)
        assert by_number == list(everything[:90])


def test_a_shop_reads_what_has_a_running_limit_by_time_left(people: Cast) -> None:
    plant(people)
    actor = merchant(people)

    soonest = listing.parcels(actor=actor, wanted=Wanted(is_by_time_left=True), limit=100).rows
    first = listing.parcels(actor=actor, wanted=Wanted(is_by_time_left=True), limit=2)
    rest = listing.parcels(actor=actor, wanted=Wanted(is_by_time_left=True), limit=100, cursor=first.next_cursor)

    with connection.cursor() as database:
        database.execute(
            "SELECT waybill_no FROM parcel WHERE shop_id = %s AND due_at IS NOT NULL ORDER BY due_at, waybill_no",
            [people.shop],
        )
        expected = [row[0] for row in database.fetchall()]
    assert [row.waybill_no for row in soonest] == expected
    assert (*first.rows, *rest.rows) == soonest
    assert len(expected) > 2


def test_an_export_reads_every_row_in_order(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(people)
    actor = agency(people)
    monkeypatch.setattr(listing, "EXPORT_BATCH", 4)

    for read, every in ((listing.parcels, listing.every_parcel), (listing.anomalies, listing.every_anomaly)):
        rows = read(actor=actor, wanted=Wanted(), limit=1_000).rows
        assert tuple(every(actor=actor, wanted=Wanted())) == tuple(
            replace(row, token="", last_division="") for row in rows
        )


def test_file_rows_are_one_for_each_anomaly_and_one_for_a_parcel_without(people: Cast) -> None:
    plant(people)
    actor = creator(people)
    rows = listing.parcels(actor=actor, wanted=Wanted(), limit=1_000).rows

    counted = listing.count_file_rows(actor=actor, wanted=Wanted(), limit=1_000)

    assert counted == sum(max(1, len(row.anomalies)) for row in rows)
    assert listing.count_file_rows(actor=actor, wanted=Wanted(), limit=7) == 7
    assert listing.count_file_rows(actor=actor, wanted=Wanted(shop_ids=()), limit=7) == 0


def test_rooms_and_products_are_found_whether_few_or_many(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(people)
    with connection.cursor() as database:
        database.execute("UPDATE parcel_line SET room_id = 'R1' WHERE order_no LIKE 'O_3'")
        database.execute(
            "UPDATE parcel_line SET product_id = 'P1', product_name = '蜜桃气泡水' WHERE order_no LIKE 'O1_'"
        )
    actor = agency(people)
    everything = listing.parcels(actor=actor, wanted=Wanted(), limit=1_000).rows
    expected = [row for row in everything if any(number.endswith("3") for number in row.order_nos)]
    expected = [row for row in expected if any(number.startswith("O") for number in row.order_nos)]

    assert listing.parcels(actor=actor, wanted=Wanted(room_ids=("R1",)), limit=99).rows == tuple(expected)
    monkeypatch.setattr(listing, "RARE_MAX", 1)
    assert listing.parcels(actor=actor, wanted=Wanted(room_ids=("R1",)), limit=99).rows == tuple(expected)
    assert listing.products_named("气泡", actor=actor) == ("P1",)
    assert listing.products_named("P1", actor=actor) == ("P1",)
    assert listing.products_named("P", actor=actor) == ()
    found = listing.parcels(actor=actor, wanted=Wanted(product_ids=("P1",)), limit=99).rows
    assert {number[:2] for row in found for number in row.order_nos if number.startswith("O")} == {"O1"}
    assert listing.parcels(actor=actor, wanted=Wanted(product_ids=()), limit=99).rows == ()


def test_the_shops_of_a_creator_are_those_that_occur(people: Cast) -> None:
    plant(people)

    assert set(listing.shops_of_creators([people.creator])) == {people.shop, people.other_shop}
    assert listing.shops_of_creators([people.other_creator]) == ()


def test_numbers_of_others_are_not_found(people: Cast) -> None:
    plant(people)
    numbers = ["O01", "O05", "E07", "X1"]

    assert listing.found_order_nos(actor=creator(people), order_nos=numbers) == {"O01"}
    assert listing.found_order_nos(actor=agency(people), order_nos=numbers) == {"O01", "O05", "E07"}
    assert listing.found_waybill_nos(actor=creator(people), waybill_nos=numbers) == frozenset()


def test_a_row_tells_where_the_parcel_was_scanned_last(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    planting.scan(number, "06-18 12:00", Kind.PICKED_UP, division="330106")

    row = listing.parcels(actor=creator(people), wanted=Wanted(), limit=1).rows[0]

    assert (row.last_kind, row.last_division) == ("PICKED_UP", "330106")
    assert row.last_scan_at == planting.NOW - timedelta(days=2)
