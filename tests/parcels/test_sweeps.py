"""Sweeps: what only time decides is written once, whenever the sweep runs."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.intake import facts
from tests.intake.facts import Kind, at, fresh_number, shipment, submission
from yidao.intake.writer import Writer
from yidao.parcels import hot, rebuild, sweeps
from yidao.parcels.lives import bucket_of
from yidao.rules.instants import Instant, to_datetime


@pytest.fixture
def connection(runtime_dsn: str) -> Iterator[psycopg.Connection]:
    with hot.connect(runtime_dsn) as opened:
        yield opened


@pytest.fixture
def tenants(owner_dsn: str) -> facts.Tenants:
    return facts.plant_tenants(owner_dsn)


def _shipped(connection: psycopg.Connection, tenants: facts.Tenants) -> str:
    number = fresh_number()
    writer = Writer(connection, now=Instant(at("06-18 10:00")))
    writer.write([submission(shipment(tenants, number, "06-18 10:00"))])
    return number


def _knowledge(connection: psycopg.Connection, when: str) -> hot.Knowledge:
    knowledge = hot.Knowledge()
    knowledge.refresh(connection, now=Instant(at(when)))
    return knowledge


def _journal(connection: psycopg.Connection, number: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT type, change FROM anomaly_change WHERE waybill_no = %s ORDER BY version, type, change", (number,)
    ).fetchall()


def test_nothing_happens_before_the_instant_and_the_warning_opens_at_it(connection, tenants) -> None:
    number = _shipped(connection, tenants)
    bucket = bucket_of(number)

    sweeps.sweep_bucket(connection, bucket, _knowledge(connection, "06-19 03:59"))
    assert _journal(connection, number) == []

    sweeps.sweep_bucket(connection, bucket, _knowledge(connection, "06-19 04:00"))
    assert _journal(connection, number) == [("PICKUP_SOON", "OPENED")]
    assert rebuild.check_numbers(connection, [(number, "zhongtong")]) == ()


def test_a_sweep_that_runs_late_writes_the_instants_that_should_have_been(connection, tenants) -> None:
    number = _shipped(connection, tenants)

    sweeps.sweep_bucket(connection, bucket_of(number), _knowledge(connection, "06-25 10:00"))

    found = connection.execute(
        "SELECT type, should_open_at, should_close_at FROM anomaly WHERE waybill_no = %s ORDER BY type", (number,)
    ).fetchall()
    opened = [(type_, opens.timestamp(), closes and closes.timestamp()) for type_, opens, closes in found]
    assert opened == [
        ("PICKUP_SOON", at("06-19 04:00") / 1e6, at("06-19 10:00") / 1e6),
        ("PICKUP_TIMEOUT", at("06-19 10:00") / 1e6, None),
    ]


def test_running_it_twice_writes_once(connection, tenants) -> None:
    number = _shipped(connection, tenants)
    knowledge = _knowledge(connection, "06-19 12:00")
    sweeps.sweep_bucket(connection, bucket_of(number), knowledge)
    before = _journal(connection, number)

    swept = sweeps.sweep_bucket(connection, bucket_of(number), knowledge)

    assert _journal(connection, number) == before
    assert swept.written == 0


def test_a_signature_from_a_clock_that_runs_ahead_is_written_when_its_time_has_come(connection, tenants) -> None:
    number = _shipped(connection, tenants)
    scans = [facts.scan(number, "06-18 12:00", Kind.PICKED_UP), facts.scan(number, "06-18 15:30", Kind.SIGNED)]
    Writer(connection, now=Instant(at("06-18 15:00"))).write([submission(*scans)])
    early = connection.execute("SELECT status, signed_at FROM parcel WHERE waybill_no = %s", (number,)).fetchone()

    sweeps.sweep_bucket(connection, bucket_of(number), _knowledge(connection, "06-18 15:30"))

    late = connection.execute("SELECT status, signed_at FROM parcel WHERE waybill_no = %s", (number,)).fetchone()
    assert early == ("SIGNED", None)
    assert late == ("SIGNED", to_datetime(Instant(at("06-18 15:30"))))
    assert rebuild.check_numbers(connection, [(number, "zhongtong")]) == ()


def test_two_sweepers_at_once_write_once(runtime_dsn, connection, tenants) -> None:
    numbers = [_shipped(connection, tenants) for _ in range(20)]
    at_once = threading.Barrier(2)

    def sweep() -> None:
        with hot.connect(runtime_dsn) as own:
            at_once.wait(10)
            sweeps.sweep_until_quiet(own, now=Instant(at("06-19 12:00")))

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    expected = [("PICKUP_SOON", "CLOSED"), ("PICKUP_SOON", "OPENED"), ("PICKUP_TIMEOUT", "OPENED")]
    assert [_journal(connection, number) for number in numbers] == [expected] * 20


def test_a_parcel_whose_rule_raises_is_postponed_and_reported_and_its_neighbour_is_judged(
    owner_dsn, connection, tenants
) -> None:
    broken = _shipped(connection, tenants)
    neighbour = _shipped(connection, tenants)
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("UPDATE parcel SET milestones = '\\x63' WHERE waybill_no = %s", (broken,))
    knowledge = _knowledge(connection, "06-19 12:00")

    swept = sweeps.sweep_bucket(connection, bucket_of(broken), knowledge)
    sweeps.sweep_bucket(connection, bucket_of(neighbour), knowledge)

    assert swept.postponed == 1
    assert sweeps.sweep_bucket(connection, bucket_of(broken), knowledge).looked_at == 0
    fault = connection.execute("SELECT fault FROM parcel_sweep_fault WHERE waybill_no = %s", (broken,)).fetchone()
    assert fault is not None
    assert "FormatUnknown" in fault[0]
    assert ("PICKUP_TIMEOUT", "OPENED") in _journal(connection, neighbour)


def test_a_bucket_is_leased_to_one_worker_and_passes_on_when_given_back(runtime_dsn) -> None:
    first, second = sweeps.Sweeper(runtime_dsn), sweeps.Sweeper(runtime_dsn)
    first.run_once()

    with psycopg.connect(runtime_dsn) as connection:
        held = connection.execute("SELECT count(DISTINCT holder), count(*) FROM sweep_lease").fetchone()
        assert held == (1, 16)
    first.close()
    second.run_once()
    second.close()

    with psycopg.connect(runtime_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM sweep_lease").fetchone() == (0,)
