"""`rebuild` finds whatever does not follow from the facts, mends it, and leaves alone what does."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.intake import facts
from tests.intake.facts import Kind, fresh_number, line, listing, scan, shipment, submission
from yidao.intake.writer import Writer
from yidao.parcels import hot, rebuild
from yidao.rules.instants import Instant

CARRIER = "zhongtong"
NOW = Instant(facts.at("06-20 12:00"))


@pytest.fixture
def connection(runtime_dsn: str) -> Iterator[psycopg.Connection]:
    with hot.connect(runtime_dsn) as opened:
        yield opened


@pytest.fixture
def owner(owner_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owner_dsn, autocommit=True) as opened:
        yield opened


@pytest.fixture
def number(connection: psycopg.Connection, owner_dsn: str) -> str:
    """Return a parcel with open, closed and withdrawn anomalies, lists, a correction and a second creator."""
    tenants = facts.plant_tenants(owner_dsn)
    number = fresh_number()
    lines = (line("first", tenants.creator), line("second", tenants.second_creator))
    picked = scan(number, "06-16 12:00", Kind.PICKED_UP, event_id="p")
    hub = scan(number, "06-17 12:00", Kind.ARRIVED_HUB)
    for told in (
        [shipment(tenants, number, "06-16 10:00", lines=lines)],
        [picked, listing(number, "KUAIDI100", [hub]), scan(number, "06-18 15:00", Kind.SIGNED, event_id="s")],
        [scan(number, "06-18 15:00", Kind.SIGNED, event_id="s", is_retracted=True)],
        [listing(number, "KUAIDI100", [hub, scan(number, "06-17 18:00", Kind.DETAINED)])],
    ):
        Writer(connection, now=NOW).write([submission(*told)])
    return number


def _found(connection: psycopg.Connection, number: str) -> set[str]:
    return {each.what for each in rebuild.check_numbers(connection, [(number, CARRIER)])}


def test_what_the_writer_wrote_follows_from_the_facts(connection, number) -> None:
    assert _found(connection, number) == set()


_DAMAGE = [
    ("UPDATE parcel SET milestones = ''", "milestones"),
    ("UPDATE parcel SET milestones = '\\x63'", "milestones"),
    ("UPDATE parcel SET status = 'SIGNED'", "status"),
    ("UPDATE parcel SET episodes = ''", "episodes"),
    ("UPDATE parcel SET episodes = '\\x63'", "episodes"),
    ("UPDATE parcel SET open_types = 0", "open types"),
    ("UPDATE parcel SET due_at = '2000-01-01Z'", "due"),
    ("UPDATE parcel SET last_scan_at = NULL", "last scan"),
    ("UPDATE parcel SET picked_at = NULL", "picked"),
    ("UPDATE parcel SET signed_at = '2022-06-18Z'", "signed"),
    ("UPDATE parcel SET registers = ''", "registers"),
    ("UPDATE parcel SET revised = false", "revised"),
    ("DELETE FROM anomaly", "anomalies"),
    ("UPDATE anomaly SET state = 'CLOSED', should_close_at = should_open_at, closing = 'SIGNED'", "anomalies"),
    ("UPDATE anomaly SET severity = 'NOTICE', reason = 'PROBLEM'", "anomalies"),
    ("UPDATE anomaly SET shop_id = NULL", "owners of anomalies"),
    ("UPDATE parcel_extra_creator SET status = 'SIGNED'", "further creator"),
]


@pytest.mark.parametrize(("damage", "what"), _DAMAGE, ids=[f"{what}: {damage}" for damage, what in _DAMAGE])
def test_damage_is_found_and_mended(connection, owner, number, damage, what) -> None:
    owner.execute(f"{damage} WHERE waybill_no = %s", (number,))

    assert what in _found(connection, number)
    assert rebuild.mend(connection, [(number, CARRIER)]) == 1
    assert _found(connection, number) == set()


def test_an_anomaly_too_many_is_found_and_taken_back(connection, owner, number) -> None:
    owner.execute(
        "INSERT INTO anomaly SELECT waybill_no, carrier, life, 'DELIVERY_TIMEOUT', should_open_at, NULL, 'OPEN', "
        "'WARN', 'NOT_DELIVERED', party, '', noticed_open_at, NULL, policy, shop_id, creator_id, shipped_at "
        "FROM anomaly WHERE waybill_no = %s LIMIT 1",
        (number,),
    )

    assert _found(connection, number) == {"anomalies"}
    rebuild.mend(connection, [(number, CARRIER)])
    assert _found(connection, number) == set()
    row = connection.execute(
        "SELECT state, closing FROM anomaly WHERE waybill_no = %s AND type = 'DELIVERY_TIMEOUT'", (number,)
    ).fetchone()
    assert row == ("CLOSED", "NOT_LATE")


def test_mending_what_is_sound_changes_no_anomaly_but_by_time(connection, number) -> None:
    rebuild.mend(connection, [(number, CARRIER)])
    before = _anomalies_and_journal(connection, number)

    rebuild.mend(connection, [(number, CARRIER)])

    assert _anomalies_and_journal(connection, number) == before
    assert _found(connection, number) == set()


def _anomalies_and_journal(connection: psycopg.Connection, number: str) -> list[tuple[object, ...]]:
    anomalies = connection.execute(
        "SELECT type, should_open_at, state, severity, reason, closing FROM anomaly WHERE waybill_no = %s "
        "ORDER BY type, should_open_at",
        (number,),
    ).fetchall()
    journal = connection.execute("SELECT count(*) FROM anomaly_change WHERE waybill_no = %s", (number,)).fetchall()
    return anomalies + journal


def test_the_writer_goes_on_from_what_was_mended(connection, owner, number) -> None:
    owner.execute("UPDATE parcel SET registers = '', milestones = '', revised = false WHERE waybill_no = %s", (number,))
    rebuild.mend(connection, [(number, CARRIER)])

    shorter = listing(number, "KUAIDI100", [scan(number, "06-17 11:00", Kind.ARRIVED_HUB)])
    Writer(connection, now=NOW).write([submission(shorter, scan(number, "06-19 12:00", Kind.SIGNED))])

    assert _found(connection, number) == set()


def test_pages_hold_every_number_once_and_cut_no_number_apart(connection, owner_dsn, number, monkeypatch) -> None:
    monkeypatch.setattr("yidao.parcels.rebuild.PAGE_SIZE", 1)
    tenants = facts.plant_tenants(owner_dsn)
    twice = fresh_number()
    for when in ("05-25", "06-18"):
        told = [shipment(tenants, twice, f"{when} 10:00"), scan(twice, f"{when} 15:00", Kind.SIGNED)]
        Writer(connection, now=NOW).write([submission(*told)])

    found = [each for page in rebuild.pages(connection) for each in page]

    assert [found.count((each, CARRIER)) for each in (number, twice)] == [1, 1]
    lives = connection.execute("SELECT count(*) FROM parcel WHERE waybill_no = %s", (twice,)).fetchone()
    assert lives == (2,)
    assert _found(connection, twice) == set()
