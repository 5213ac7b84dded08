"""Two writers at the same parcel at the same moment, step by step: the one who commits second must notice the first."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import psycopg
import pytest

from tests.intake import facts
from tests.intake.facts import Kind, at, fresh_number, listing, scan, shipment, submission
from yidao.intake.payloads import Item
from yidao.intake.writer import Writer
from yidao.parcels import hot, rebuild
from yidao.rules.instants import Instant

NOW = Instant(at("06-20 12:00"))
CARRIER = "zhongtong"


@pytest.fixture
def second(runtime_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with hot.connect(runtime_dsn) as opened:
        yield opened


Race = Callable[[Item, Item], tuple[str, str]]


@pytest.fixture
def race(connection: psycopg.Connection[Any], second: psycopg.Connection[Any]) -> Race:
    """Write the first item, let another writer begin with the second before the first is committed; the answers."""

    def run(first: Item, then: Item) -> tuple[str, str]:
        with ThreadPoolExecutor(max_workers=1) as pool:
            with connection.transaction():
                one = Writer(connection, now=NOW).write([submission(first)])
                other = pool.submit(Writer(second, now=NOW).write, [submission(then)])
                wait([other], timeout=0.3)
            two = other.result(10)
        return str(one[0][0].result), str(two[0][0].result)

    return run


def _told(number: str, writer: Writer, *items: Item) -> None:
    writer.write([submission(*items)])


def _is_sound(connection: psycopg.Connection[Any], number: str) -> bool:
    return rebuild.check_numbers(connection, [(number, CARRIER)]) == ()


def _status(connection: psycopg.Connection[Any], number: str) -> str:
    row = connection.execute("SELECT status FROM parcel WHERE waybill_no = %s", (number,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_scan_that_says_nothing_new_meets_the_retraction_of_its_twin(writer, connection, race) -> None:
    number = fresh_number()
    first = scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="first")
    _told(number, writer, first)

    answers = race(
        scan(number, "06-18 15:00", Kind.ARRIVED_HUB, source="PLATFORM", event_id="twin"),
        scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="first", is_retracted=True),
    )

    assert answers == ("ACCEPTED", "ACCEPTED")
    assert _status(connection, number) == "IN_TRANSIT_AWAIT_DELIVERY"
    assert _is_sound(connection, number)


def test_a_scan_that_says_nothing_new_and_lost_a_round_still_meets_the_retraction_of_its_twin(
    writer, connection, second, runtime_dsn
) -> None:
    """Its row stands since the first round, so the second one finds nothing fresh, and yet nobody else has seen it."""
    number = fresh_number()
    _told(number, writer, scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="first"))
    may_commit = threading.Event()

    def tell_the_twin() -> None:
        with second.transaction():
            twin = scan(number, "06-18 15:00", Kind.ARRIVED_HUB, source="PLATFORM", event_id="twin")
            Writer(second, now=NOW).write([submission(twin)])
            may_commit.wait(10)

    with ThreadPoolExecutor(max_workers=2) as pool, hot.connect(runtime_dsn) as third:
        with connection.transaction():
            _told(number, writer, scan(number, "06-18 18:00", Kind.DEPARTED_HUB))
            twin = pool.submit(tell_the_twin)
            wait([twin], timeout=0.3)
        wait([twin], timeout=0.3)
        take_back = scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="first", is_retracted=True)
        taken_back = pool.submit(Writer(third, now=NOW).write, [submission(take_back)])
        wait([taken_back], timeout=0.3)
        may_commit.set()
        twin.result(10)
        taken_back.result(10)

    assert _is_sound(connection, number)


def test_a_list_that_says_nothing_new_meets_the_retraction_of_its_scan(writer, connection, race) -> None:
    number = fresh_number()
    first = scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="first")
    _told(number, writer, first)

    race(
        listing(number, "KUAIDI100", [scan(number, "06-18 15:00", Kind.ARRIVED_HUB)]),
        scan(number, "06-18 15:00", Kind.ARRIVED_HUB, event_id="first", is_retracted=True),
    )

    assert _status(connection, number) == "IN_TRANSIT_AWAIT_DELIVERY"
    assert _is_sound(connection, number)


def test_two_greater_lists_at_once_leave_the_greatest(writer, connection, race) -> None:
    number = fresh_number()
    picked = scan(number, "06-18 10:00", Kind.PICKED_UP)
    hub = scan(number, "06-18 15:00", Kind.ARRIVED_HUB)
    signed = scan(number, "06-18 14:00", Kind.SIGNED)
    _told(number, writer, listing(number, "KDNIAO", [picked, signed], pushed="06-18 16:00"))

    race(
        listing(number, "KDNIAO", [picked], pushed="06-18 18:00"),
        listing(number, "KDNIAO", [picked, hub, signed], pushed="06-18 17:00"),
    )

    assert _status(connection, number) == "PICKED_AWAIT_TRANSIT"
    assert _is_sound(connection, number)


@pytest.mark.parametrize("is_known", [False, True], ids=["of a number nobody knows", "of a known parcel"])
def test_the_same_event_told_to_two_writers_at_once_is_accepted_once(
    writer, connection, race, tenants, is_known
) -> None:
    number = fresh_number()
    if is_known:
        _told(number, writer, shipment(tenants, number, "06-18 10:00"))
    told = scan(number, "06-18 15:00", Kind.PICKED_UP)

    assert race(told, told) == ("ACCEPTED", "DUPLICATE")
    assert connection.execute("SELECT count(*) FROM scan WHERE waybill_no = %s", (number,)).fetchone() == (1,)
    assert _is_sound(connection, number)


def test_two_events_at_once_are_merged(writer, connection, race, tenants) -> None:
    number = fresh_number()
    _told(number, writer, shipment(tenants, number, "06-18 10:00"))

    answers = race(
        scan(number, "06-18 15:00", Kind.PICKED_UP), scan(number, "06-19 15:00", Kind.SIGNED, division=facts.CHENGDU)
    )

    assert answers == ("ACCEPTED", "ACCEPTED")
    assert _status(connection, number) == "SIGNED"
    assert connection.execute("SELECT scan_count FROM parcel WHERE waybill_no = %s", (number,)).fetchone() == (2,)
    assert _is_sound(connection, number)


def test_a_claim_and_the_scan_that_speaks_for_it_find_each_other(writer, connection, race, tenants) -> None:
    number = fresh_number()
    _told(number, writer, scan(number, "06-18 15:00", Kind.PICKED_UP, division=facts.BEIJING))

    race(
        shipment(tenants, number, "06-18 10:00"),
        scan(number, "06-19 15:00", Kind.OUT_FOR_DELIVERY, division=facts.CHENGDU),
    )

    row = connection.execute("SELECT shop_id, claim_waiting FROM parcel WHERE waybill_no = %s", (number,)).fetchone()
    assert row == (tenants.shop, False)
    assert _is_sound(connection, number)


def test_a_scan_that_speaks_for_a_claim_and_the_claim_find_each_other(writer, connection, race, tenants) -> None:
    number = fresh_number()
    _told(number, writer, scan(number, "06-18 15:00", Kind.PICKED_UP, division=facts.BEIJING))

    race(
        scan(number, "06-19 15:00", Kind.OUT_FOR_DELIVERY, division=facts.CHENGDU),
        shipment(tenants, number, "06-18 10:00"),
    )

    row = connection.execute("SELECT shop_id, claim_waiting FROM parcel WHERE waybill_no = %s", (number,)).fetchone()
    assert row == (tenants.shop, False)
    assert _is_sound(connection, number)


def test_two_writers_may_need_the_same_new_month_at_once(runtime_dsn) -> None:
    at_once = threading.Barrier(2)
    faults: list[psycopg.Error] = []

    def need(month: str) -> None:
        with hot.connect(runtime_dsn) as own:
            own.execute("SELECT ensure_scan_month(%s::date)", ("2031-01-01",))
            at_once.wait(10)
            try:
                own.execute("SELECT ensure_scan_month(%s::date)", (month,))
            except psycopg.Error as fault:
                faults.append(fault)

    for year in range(2031, 2051):
        threads = [threading.Thread(target=need, args=(f"{year}-03-01",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert faults == []
