"""The writer: what one transaction does with shipments, scans, full lists and corrections."""

import psycopg
import pytest

from tests.intake import facts
from tests.intake.facts import Kind, at, fresh_number, line, listing, scan, shipment, submission
from yidao.intake.payloads import CorrectionIn, Result
from yidao.intake.writer import Writer
from yidao.parcels import rebuild


def _parcel(connection: psycopg.Connection, waybill_no: str) -> dict[str, object]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        found = cursor.execute(
            "SELECT * FROM parcel WHERE waybill_no = %s ORDER BY life DESC", (waybill_no,)
        ).fetchone()
    assert found is not None
    return found


def _anomalies(connection: psycopg.Connection, waybill_no: str) -> set[tuple[str, ...]]:
    found = connection.execute(
        "SELECT type, state, closing FROM anomaly WHERE waybill_no = %s", (waybill_no,)
    ).fetchall()
    return set(found)


def _results(writer: Writer, *items: object, sender: object = facts.CARRIER_SENDER) -> list[str]:
    answers = writer.write([submission(*items, sender=sender)])  # type: ignore[arg-type]
    return [f"{each.result}{':' + each.code if each.code else ''}" for each in answers[0]]


def _is_sound(connection: psycopg.Connection, *waybill_nos: str) -> bool:
    return rebuild.check_numbers(connection, [(each, "zhongtong") for each in waybill_nos]) == ()


def test_a_shipment_and_its_scans_become_a_judged_parcel(writer, connection, tenants) -> None:
    number = fresh_number()

    answers = _results(
        writer,
        shipment(tenants, number, "06-18 10:00"),
        scan(number, "06-18 15:00", Kind.PICKED_UP, division=facts.HANGZHOU),
        scan(number, "06-18 20:00", Kind.ARRIVED_HUB),
    )

    assert answers == ["ACCEPTED", "ACCEPTED", "ACCEPTED"]
    row = _parcel(connection, number)
    assert (row["status"], row["shop_id"], row["creator_id"]) == (
        "IN_TRANSIT_AWAIT_DELIVERY",
        tenants.shop,
        tenants.creator,
    )
    assert row["policy"] == "parcel/douyin-2022/1"
    assert _is_sound(connection, number)


def test_an_exact_duplicate_changes_nothing(writer, connection, tenants) -> None:
    number = fresh_number()
    told = scan(number, "06-18 15:00", Kind.PICKED_UP)
    _results(writer, shipment(tenants, number, "06-18 10:00"), told)
    before = _parcel(connection, number)

    answers = _results(writer, told, shipment(tenants, number, "06-18 10:00"))

    assert answers == ["DUPLICATE", "DUPLICATE"]
    assert _parcel(connection, number) == before


def test_the_same_event_twice_in_one_batch_is_accepted_once(writer, connection, tenants) -> None:
    number = fresh_number()
    told = scan(number, "06-18 15:00", Kind.PICKED_UP)

    assert _results(writer, told, told) == ["ACCEPTED", "DUPLICATE"]


def test_a_scan_with_corrected_text_is_one_scan(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, description="已揽收"))

    answers = _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, description="【杭州】已揽收"))

    assert answers == ["DUPLICATE"]
    assert connection.execute("SELECT count(*) FROM scan WHERE waybill_no = %s", (number,)).fetchone() == (1,)


def test_an_older_scan_after_delivery_does_not_bring_the_parcel_back(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "06-16 10:00"), scan(number, "06-18 15:00", Kind.SIGNED))

    _results(writer, scan(number, "06-17 15:00", Kind.ARRIVED_HUB))

    assert _parcel(connection, number)["status"] == "SIGNED"
    assert _is_sound(connection, number)


def test_late_news_closes_an_anomaly_that_never_happened(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "06-18 10:00"))
    assert _anomalies(connection, number) == {
        ("PICKUP_SOON", "CLOSED", "UPGRADED"),
        ("PICKUP_TIMEOUT", "OPEN", ""),
    }

    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP), scan(number, "06-20 11:00", Kind.ARRIVED_HUB))

    states = _anomalies(connection, number)
    assert ("PICKUP_TIMEOUT", "CLOSED", "NOT_LATE") in states
    assert ("PICKUP_SOON", "CLOSED", "NOT_LATE") in states
    assert _is_sound(connection, number)


def test_a_retraction_takes_a_scan_back_even_when_it_comes_first(writer, connection, tenants) -> None:
    number = fresh_number()
    told = scan(number, "06-18 15:00", Kind.SIGNED, event_id="e1")
    taken_back = scan(number, "06-18 15:00", Kind.SIGNED, event_id="e1", is_retracted=True)
    _results(writer, shipment(tenants, number, "06-18 10:00"), taken_back)

    _results(writer, told)

    assert _parcel(connection, number)["status"] == "SHIPPED_AWAIT_PICKUP"
    assert _is_sound(connection, number)


def test_a_higher_revision_replaces_what_was_said(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, scan(number, "06-18 15:00", Kind.SIGNED, event_id="e1"))

    _results(writer, scan(number, "06-18 14:00", Kind.OUT_FOR_DELIVERY, event_id="e1", revision=1))

    assert _parcel(connection, number)["status"] == "OUT_FOR_DELIVERY"
    assert _is_sound(connection, number)


def test_the_greatest_list_of_a_provider_wins_whatever_comes_last(writer, connection, tenants) -> None:
    number = fresh_number()
    picked = scan(number, "06-17 15:00", Kind.PICKED_UP)
    wrong = scan(number, "06-18 09:00", Kind.SIGNED)
    hub = scan(number, "06-18 10:00", Kind.ARRIVED_HUB)
    longer = listing(number, "KUAIDI100", [picked, hub])
    shorter = listing(number, "KUAIDI100", [picked, wrong])
    _results(writer, shorter)
    assert _parcel(connection, number)["status"] == "SIGNED"

    assert _results(writer, longer) == ["ACCEPTED"]
    assert _parcel(connection, number)["status"] == "IN_TRANSIT_AWAIT_DELIVERY"

    assert _results(writer, shorter) == ["DUPLICATE"]
    assert _parcel(connection, number)["status"] == "IN_TRANSIT_AWAIT_DELIVERY"
    assert _is_sound(connection, number)


def test_a_time_outside_the_window_is_kept_in_quarantine_and_refused(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "06-18 10:00"))

    answers = _results(
        writer,
        scan(number, "05-01 10:00", Kind.PICKED_UP),
        scan(number, "06-22 10:00", Kind.SIGNED),
        scan(number, "06-18 11:00", Kind.PICKED_UP),
    )

    refused = "REJECTED:tracking.time_out_of_range"
    assert answers == [refused, refused, "ACCEPTED"]
    kept = connection.execute("SELECT reason FROM quarantine WHERE waybill_no = %s", (number,)).fetchall()
    assert kept == [("tracking.time_out_of_range",)] * 2


def test_a_stub_is_adopted_by_the_shipment_whose_places_agree(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, division=facts.HANGZHOU))
    assert _parcel(connection, number)["shop_id"] is None

    assert _results(writer, shipment(tenants, number, "06-18 10:00")) == ["ACCEPTED"]

    row = _parcel(connection, number)
    assert (row["shop_id"], row["status"]) == (tenants.shop, "PICKED_AWAIT_TRANSIT")
    assert _is_sound(connection, number)


def test_a_claim_waits_until_a_scan_speaks_for_it(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, division=facts.BEIJING))

    answers = writer.write([submission(shipment(tenants, number, "06-18 10:00"))])[0]
    assert [(each.result, each.state) for each in answers] == [(Result.ACCEPTED, "WAITING")]
    assert _parcel(connection, number)["shop_id"] is None

    _results(writer, scan(number, "06-19 15:00", Kind.OUT_FOR_DELIVERY, division=facts.CHENGDU))

    row = _parcel(connection, number)
    assert (row["shop_id"], row["claim_waiting"]) == (tenants.shop, False)
    assert connection.execute("SELECT count(*) FROM parcel_claim WHERE waybill_no = %s", (number,)).fetchone() == (0,)
    assert _is_sound(connection, number)


def test_an_adopted_stub_hands_over_the_anomalies_it_once_had(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, scan(number, "06-10 15:00", Kind.PICKED_UP, division=facts.HANGZHOU, event_id="e1"))
    _results(
        writer, scan(number, "06-10 15:00", Kind.PICKED_UP, division=facts.HANGZHOU, event_id="e1", is_retracted=True)
    )

    _results(
        writer,
        shipment(tenants, number, "06-10 10:00"),
        scan(number, "06-10 15:00", Kind.PICKED_UP, division=facts.HANGZHOU, event_id="e1", revision=1),
    )

    owners = connection.execute(
        "SELECT DISTINCT shop_id, state FROM anomaly WHERE waybill_no = %s", (number,)
    ).fetchall()
    assert (tenants.shop, "OPEN") in owners
    assert {shop for shop, _ in owners} == {tenants.shop}


def test_a_claim_in_the_batch_of_the_scan_that_speaks_for_it_does_not_wait(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, division=facts.BEIJING))

    told = shipment(tenants, number, "06-18 10:00")
    answers = writer.write(
        [submission(told, told, scan(number, "06-19 15:00", Kind.OUT_FOR_DELIVERY, division=facts.CHENGDU))]
    )[0]

    assert [(each.result, each.state) for each in answers] == [(Result.ACCEPTED, "")] * 3
    assert _parcel(connection, number)["shop_id"] == tenants.shop
    assert connection.execute("SELECT count(*) FROM parcel_claim WHERE waybill_no = %s", (number,)).fetchone() == (0,)
    assert _is_sound(connection, number)


def test_the_winning_list_decides_what_was_said_of_a_scan_too(writer, connection, tenants) -> None:
    number = fresh_number()
    broken = scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="e1", flags=1)
    corrected = scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="e1")
    hub = scan(number, "06-18 18:00", Kind.DEPARTED_HUB)
    longer, shorter = listing(number, "KUAIDI100", [corrected, hub]), listing(number, "KUAIDI100", [broken])
    _results(writer, shipment(tenants, number, "06-18 10:00"), longer)

    _results(writer, shorter)

    assert not [each for each in _anomalies(connection, number) if each[0] == "PARCEL_DAMAGED"]
    assert _is_sound(connection, number)


def test_a_number_in_use_says_where_only_inside_the_same_shop(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "06-18 10:00"))

    own = shipment(tenants, number, "06-19 10:00", lines=(line("another", tenants.creator),))
    foreign = shipment(tenants, number, "06-19 10:00", shop=tenants.other_shop)
    answers = writer.write([submission(own, foreign)])[0]

    assert [each.code for each in answers] == ["parcel.number_in_use"] * 2
    assert [set(each.detail) for each in answers] == [{"waybill_no", "order_nos", "id"}, {"waybill_no"}]


def test_a_number_whose_last_life_is_over_begins_a_new_one(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "05-25 10:00"), scan(number, "05-28 15:00", Kind.SIGNED))

    second = shipment(tenants, number, "06-18 10:00", lines=(line("second", tenants.creator),), receiver=facts.BEIJING)
    _results(writer, second, scan(number, "06-18 15:00", Kind.PICKED_UP), scan(number, "05-27 15:00", Kind.ARRIVED_HUB))

    lives = connection.execute(
        "SELECT life, status FROM parcel WHERE waybill_no = %s ORDER BY life", (number,)
    ).fetchall()
    assert lives == [(1, "SIGNED"), (2, "PICKED_AWAIT_TRANSIT")]
    reasons = connection.execute(
        "SELECT reason FROM anomaly WHERE waybill_no = %s AND life = 2 AND type = 'OTHER'", (number,)
    ).fetchall()
    assert reasons == [("NUMBER_REUSED",)]
    assert _is_sound(connection, number)


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        pytest.param("05-25 10:01", "REJECTED:parcel.number_in_use", id="a minute after the other's start"),
        pytest.param("05-29 15:00", "REJECTED:parcel.number_in_use", id="a day after the end would still reach it"),
        pytest.param("05-29 15:01", "ACCEPTED", id="later than that"),
    ],
)
def test_no_shop_gets_anothers_scans_by_taking_a_number_that_is_free_again(
    writer, connection, tenants, when, answer
) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "05-25 10:00", shop=tenants.other_shop))
    _results(writer, scan(number, "05-26 15:00", Kind.ARRIVED_HUB), scan(number, "05-28 15:00", Kind.SIGNED))

    assert _results(writer, shipment(tenants, number, when), sender=tenants.sender) == [answer]

    told = connection.execute(
        "SELECT status, scan_count FROM parcel WHERE waybill_no = %s AND shop_id = %s", (number, tenants.other_shop)
    ).fetchall()
    assert told == [("SIGNED", 2)]
    assert _is_sound(connection, number)


def test_a_shop_tells_nothing_about_the_life_another_shop_had_of_its_number(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "05-25 10:00", shop=tenants.other_shop))
    _results(writer, scan(number, "05-28 15:00", Kind.SIGNED))
    _results(writer, shipment(tenants, number, "06-18 10:00"))

    answers = _results(
        writer,
        scan(number, "05-27 15:00", Kind.LOST, source="SHOP"),
        scan(number, "06-18 15:00", Kind.PICKED_UP, source="SHOP"),
        sender=tenants.sender,
    )

    assert answers == ["REJECTED:parcel.not_found", "ACCEPTED"]


def test_a_corrected_scan_goes_over_to_the_life_it_turns_out_to_belong_to(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "05-25 10:00"), scan(number, "05-28 15:00", Kind.SIGNED))
    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, event_id="e1", revision=1))

    _results(writer, shipment(tenants, number, "06-18 10:00", lines=(line("second", tenants.creator),)))
    _results(writer, scan(number, "06-18 15:00", Kind.PICKED_UP, event_id="e1", revision=1, is_retracted=True))

    lives = connection.execute(
        "SELECT life, status, revised FROM parcel WHERE waybill_no = %s ORDER BY life", (number,)
    ).fetchall()
    assert lives == [(1, "SIGNED", False), (2, "SHIPPED_AWAIT_PICKUP", True)]
    assert _is_sound(connection, number)


def test_creator_and_scope_belong_to_the_line(writer, connection, tenants) -> None:
    number = fresh_number()
    lines = (
        line("own", None),
        line("sold-by-self", tenants.creator, scope="self-sold"),
        line("abroad", tenants.creator, scope="cross-border"),
        line("returned", tenants.creator, scope="return"),
        line("first", tenants.creator),
        line("second", tenants.second_creator),
        line("third", tenants.creator),
    )

    _results(writer, shipment(tenants, number, "06-20 10:00", lines=lines), scan(number, "06-20 11:00", Kind.PICKED_UP))
    _results(writer, scan(number, "06-20 11:30", Kind.ARRIVED_HUB))

    row = _parcel(connection, number)
    assert (row["creator_id"], row["creator_order_nos"]) == (tenants.creator, "first;third")
    further = connection.execute(
        "SELECT creator_id, order_nos, status FROM parcel_extra_creator WHERE waybill_no = %s", (number,)
    ).fetchall()
    assert further == [(tenants.second_creator, "second", "IN_TRANSIT_AWAIT_DELIVERY")]


def test_a_shop_may_report_only_its_own_parcels_and_closes_nothing(writer, connection, tenants) -> None:
    number, foreign = fresh_number(), fresh_number()
    _results(writer, shipment(tenants, number, "06-18 10:00"))
    _results(writer, shipment(tenants, foreign, "06-18 10:00", shop=tenants.other_shop))

    answers = _results(
        writer,
        scan(number, "06-18 15:00", Kind.PICKED_UP, source="SHOP"),
        scan(foreign, "06-18 15:00", Kind.PICKED_UP, source="SHOP"),
        sender=tenants.sender,
    )

    assert answers == ["ACCEPTED", "REJECTED:parcel.not_found"]
    assert ("PICKUP_TIMEOUT", "OPEN", "") in _anomalies(connection, number)
    assert _parcel(connection, number)["status"] == "PICKED_AWAIT_TRANSIT"
    assert _is_sound(connection, number)


def test_a_carrier_correction_is_an_alias_and_the_key_stays(writer, connection, tenants) -> None:
    number = fresh_number()
    _results(writer, shipment(tenants, number, "06-18 10:00"))

    corrected = CorrectionIn(number, "yunda", "zhongtong", "KUAIDI100", at("06-19 10:00"))
    told = listing(number, "KUAIDI100", [scan(number, "06-18 12:00", Kind.PICKED_UP)], carrier="yunda")
    assert _results(writer, corrected, told) == ["ACCEPTED", "ACCEPTED"]

    rows = connection.execute("SELECT carrier, status FROM parcel WHERE waybill_no = %s", (number,)).fetchall()
    assert rows == [("zhongtong", "PICKED_AWAIT_TRANSIT")]
    assert ("OTHER", "OPEN", "") in _anomalies(connection, number)
    assert _is_sound(connection, number)


@pytest.mark.parametrize(
    ("shop", "creator", "code"),
    [(1, None, "parcel.shop_unknown"), (None, 1, "parcel.creator_unknown")],
    ids=["a shop nobody knows", "a creator nobody knows"],
)
def test_a_shipment_names_only_known_parties(writer, tenants, shop, creator, code) -> None:
    number = fresh_number()

    told = shipment(tenants, number, "06-18 10:00", shop=shop, lines=(line("o", creator or tenants.creator),))

    assert _results(writer, told) == [f"REJECTED:{code}"]
