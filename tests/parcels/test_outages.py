"""A carrier falls silent: its parcels' clocks are held, and when it has caught up the facts decide."""

import itertools
import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.intake import facts
from tests.intake.facts import Kind, at, fresh_number, scan, shipment, submission
from yidao.intake.writer import Writer
from yidao.parcels import hot, outages, rebuild, sweeps
from yidao.parcels.lives import bucket_of
from yidao.rules.instants import DAY, MINUTE, Instant, to_datetime

SILENT = ("kuayue", "annto", "suning", "jiuyescm", "yimidida", "danniao", "fengwang", "zhaijisong", "ems", "zhongyouex")
"""Carriers no other test speaks of; a test takes one, because its news stand in the one database."""
_carriers = itertools.cycle(SILENT)

CASE = ("06-18 18:00", "06-19 09:00")
"""When the parcels are shipped (the warning is due at 12:00, the timeout at 18:00) and when the last news come."""


@pytest.fixture
def carrier(owner_dsn: str) -> Iterator[str]:
    code = next(_carriers)
    yield code
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("DELETE FROM carrier_outage WHERE carrier = %s", (code,))
        owner.execute("DELETE FROM intake_minute WHERE carrier = %s", (code,))


@pytest.fixture
def connection(runtime_dsn: str) -> Iterator[psycopg.Connection]:
    with hot.connect(runtime_dsn) as opened:
        yield opened


@pytest.fixture
def tenants(owner_dsn: str) -> facts.Tenants:
    return facts.plant_tenants(owner_dsn)


def _came(
    connection: psycopg.Connection, carrier: str, *moments: int, items: int = 1, lag_minutes: int = 10, source: str = ""
) -> None:
    """Write down that news came at some instants."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO intake_minute VALUES (%s, %s, %s, %s, 0, 0, 0, %s, %s)",
            [
                (to_datetime(Instant(moment)), source or f"CARRIER:{carrier}", carrier, items, lag * items, lag)
                for lag in [lag_minutes * 60]
                for moment in moments
            ],
        )


def _came_every_half_hour(connection: psycopg.Connection, carrier: str, until: str, *, days: int = 10) -> None:
    end = at(until)
    _came(connection, carrier, *range(end - days * DAY, end + 1, 30 * MINUTE))


def _knowledge(connection: psycopg.Connection, when: str) -> hot.Knowledge:
    knowledge = hot.Knowledge()
    knowledge.refresh(connection, now=Instant(at(when)))
    return knowledge


def _watch(connection: psycopg.Connection, when: str, carrier: str) -> list[str]:
    """Watch at a wall clock and return what became of the carrier."""
    watched = outages.watch(connection, _knowledge(connection, when))
    return [name for name in ("fell_silent", "spoke", "caught_up") if carrier in getattr(watched, name)]


def _ship(connection: psycopg.Connection, tenants: facts.Tenants, carrier: str, when: str) -> str:
    number = fresh_number()
    Writer(connection, now=Instant(at(when))).write([submission(shipment(tenants, number, when, carrier=carrier))])
    return number


def _sweep(connection: psycopg.Connection, when: str, *numbers: str) -> None:
    for number in numbers:
        sweeps.sweep_bucket(connection, bucket_of(number), _knowledge(connection, when))


def _journal(connection: psycopg.Connection, number: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT type, change FROM anomaly_change WHERE waybill_no = %s ORDER BY version, type, change", (number,)
    ).fetchall()


def _outages(connection: psycopg.Connection, carrier: str) -> list[tuple[int | None, ...]]:
    rows = connection.execute(
        "SELECT since, until, noticed_at, released_at FROM carrier_outage WHERE carrier = %s ORDER BY since", (carrier,)
    ).fetchall()
    return [tuple(round(value.timestamp() * 1e6) if value else None for value in row) for row in rows]


def test_six_hours_of_silence_leave_no_false_anomaly_and_no_true_one_out(connection, tenants, carrier) -> None:
    shipped, last = CASE
    came_late, never_came = (_ship(connection, tenants, carrier, shipped) for _ in range(2))
    both = (came_late, never_came)
    _came_every_half_hour(connection, carrier, last)

    def check() -> tuple[rebuild.Difference, ...]:
        return rebuild.check_numbers(connection, [(number, carrier) for number in both])

    assert _watch(connection, "06-19 10:59", carrier) == []
    assert _watch(connection, "06-19 11:00", carrier) == ["fell_silent"]
    assert _outages(connection, carrier) == [(at(last), None, at("06-19 11:00") + 1, None)]
    _sweep(connection, "06-19 12:00", *both)
    _sweep(connection, "06-19 19:00", *both)
    assert (_journal(connection, came_late), _journal(connection, never_came), check()) == ([], [], ())

    backlog = scan(came_late, "06-19 11:30", Kind.PICKED_UP, carrier=carrier, source=f"CARRIER:{carrier}")
    Writer(connection, now=Instant(at("06-19 20:00"))).write([submission(backlog)])
    _came(connection, carrier, at("06-19 20:00"), items=900, lag_minutes=400)
    assert _watch(connection, "06-19 20:00", carrier) == ["spoke"]
    _sweep(connection, "06-19 20:15", *both)
    assert (_journal(connection, came_late), _journal(connection, never_came), check()) == ([], [], ())

    _came(connection, carrier, at("06-19 20:30"), at("06-19 21:00"))
    assert _watch(connection, "06-19 21:00", carrier) == ["caught_up"]
    _sweep(connection, "06-19 21:30", *both)
    assert _outages(connection, carrier) == [
        (at(last), at("06-19 20:00"), at("06-19 11:00") + 1, at("06-19 21:00") + 1)
    ]
    assert _journal(connection, came_late) == []
    assert ("PICKUP_TIMEOUT", "OPENED") in _journal(connection, never_came)
    opened = connection.execute(
        "SELECT should_open_at, noticed_open_at FROM anomaly WHERE waybill_no = %s AND type = 'PICKUP_TIMEOUT'",
        (never_came,),
    ).fetchone()
    assert opened == (to_datetime(Instant(at("06-19 18:00"))), to_datetime(Instant(at("06-19 21:30"))))
    assert check() == ()


def test_what_was_judged_before_the_silence_was_noticed_stays_explained(connection, tenants, carrier) -> None:
    number = _ship(connection, tenants, carrier, "06-18 16:00")
    _came_every_half_hour(connection, carrier, "06-19 09:00")
    _sweep(connection, "06-19 11:00", number)

    _watch(connection, "06-19 11:00", carrier)

    assert _journal(connection, number) == [("PICKUP_SOON", "OPENED")]
    assert rebuild.check_numbers(connection, [(number, carrier)]) == ()


def test_watching_twice_writes_once(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])

    found = [_watch(connection, when, carrier) for when in ("06-19 11:00", "06-19 11:00", "06-19 15:00")]

    assert found == [["fell_silent"], [], []]
    assert len(_outages(connection, carrier)) == 1


def test_of_two_who_watch_at_once_one_writes(runtime_dsn, connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])
    at_once = threading.Barrier(2)
    found: list[list[str]] = []

    def look() -> None:
        with hot.connect(runtime_dsn) as own:
            at_once.wait(10)
            found.append(_watch(own, "06-19 11:00", carrier))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(found) == [[], ["fell_silent"]]
    assert len(_outages(connection, carrier)) == 1


def test_a_carrier_nobody_waits_for_is_not_silent(connection, carrier) -> None:
    _came_every_half_hour(connection, carrier, CASE[1])

    assert _watch(connection, "06-19 15:00", carrier) == []


def test_a_carrier_known_for_six_days_is_not_silent(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1], days=6)

    assert _watch(connection, "06-19 15:00", carrier) == []


def test_what_shops_report_and_ship_is_not_the_carriers_word(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])
    _came(connection, carrier, at("06-19 10:45"), source="SHOP")
    _came(connection, carrier, at("06-19 10:45"), source="PLATFORM", lag_minutes=0)

    assert _watch(connection, "06-19 11:00", carrier) == ["fell_silent"]


def test_an_aggregators_news_of_it_are(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])
    _came(connection, carrier, at("06-19 10:45"), source="KUAIDI100")

    assert _watch(connection, "06-19 12:44", carrier) == []


def test_who_falls_silent_again_while_he_catches_up_was_silent_once(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])
    _watch(connection, "06-19 11:00", carrier)
    _came(connection, carrier, at("06-19 13:00"), lag_minutes=200)

    found = [_watch(connection, when, carrier) for when in ("06-19 13:00", "06-19 15:00")]

    assert found == [["spoke"], ["fell_silent"]]
    assert _outages(connection, carrier) == [(at(CASE[1]), None, at("06-19 11:00") + 1, None)]


def test_the_pages_are_told_when_a_silence_begins(runtime_dsn, connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])
    with psycopg.connect(runtime_dsn, autocommit=True) as listener:
        listener.execute("LISTEN yidao_parcels")

        _watch(connection, "06-19 11:00", carrier)

        told = [json.loads(each.payload) for each in listener.notifies(timeout=5, stop_after=1)]
    assert told == [{"orgs": [], "all": True}]


def test_an_outage_names_the_version_by_which_it_was_noticed(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])

    _watch(connection, "06-19 11:00", carrier)

    found = connection.execute("SELECT policy FROM carrier_outage WHERE carrier = %s", (carrier,)).fetchall()
    assert found == [("silence/default/1",)]


@pytest.mark.parametrize(
    ("pace", "ahead"),
    [
        pytest.param(1, timedelta(seconds=3, microseconds=1), id="real time"),
        pytest.param(60, timedelta(minutes=3, microseconds=1), id="a fast demo"),
    ],
)
def test_while_time_passes_it_takes_effect_only_when_all_who_judge_can_know(
    connection, tenants, carrier, pace, ahead
) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])
    knowledge = _knowledge(connection, "06-19 11:00")
    knowledge.pace = pace
    watcher = outages.Watcher()

    found = [watcher.look(connection, knowledge).fell_silent for _ in range(2)]

    noticed_at = to_datetime(Instant(_outages(connection, carrier)[0][2]))
    assert found == [[carrier], []]
    assert noticed_at == knowledge.now_at + ahead


def test_while_a_demos_clock_stands_still_nobody_looks(connection, tenants, carrier) -> None:
    _ship(connection, tenants, carrier, CASE[0])
    _came_every_half_hour(connection, carrier, CASE[1])

    assert not outages.Watcher().look(connection, _knowledge(connection, "06-19 11:00"))
    assert _outages(connection, carrier) == []
