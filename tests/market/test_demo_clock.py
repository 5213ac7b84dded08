"""The demo's clock runs, stands still, and never goes back, whatever was killed while it ran."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from yidao.config import demo, demo_clock
from yidao.kit import clock

OPENS = datetime(2022, 6, 20, tzinfo=UTC)


@pytest.fixture
def connection(runtime_dsn: str) -> Iterator[psycopg.Connection]:
    """Return a connection whose demo disappears again: a clock that stayed would be everybody's."""
    with psycopg.connect(runtime_dsn) as opened:
        demo_clock.begin(opened, at=OPENS, rate=60.0)
        yield opened
        opened.rollback()


def age(connection: psycopg.Connection, **ago: float) -> None:
    """Make the last sign of life of a running clock lie back in real time."""
    connection.execute("UPDATE demo_clock SET base_real = %s", (clock.real_now() - timedelta(**ago),))


def sim(connection: psycopg.Connection) -> datetime:
    return demo_clock.read(connection).at(clock.real_now())


def test_a_new_demo_stands_still_at_its_beginning(connection: psycopg.Connection):
    assert sim(connection) == OPENS


def test_a_running_clock_counts_real_time_many_times_over(connection: psycopg.Connection):
    demo_clock.start(connection)
    age(connection, seconds=10)

    assert timedelta(minutes=10) <= sim(connection) - OPENS < timedelta(minutes=11)


def test_a_heartbeat_changes_the_row_but_not_the_time(connection: psycopg.Connection):
    demo_clock.start(connection)
    age(connection, seconds=10)
    before = sim(connection)

    demo_clock.start(connection)

    assert demo_clock.read(connection).base_sim >= before
    assert sim(connection) - before < timedelta(minutes=1)


def test_moving_back_leaves_the_clock_where_it_is(connection: psycopg.Connection):
    demo_clock.move(connection, to=OPENS + timedelta(hours=5))
    demo_clock.move(connection, to=OPENS + timedelta(hours=1))

    assert sim(connection) == OPENS + timedelta(hours=5)


def test_a_clock_that_was_killed_days_ago_goes_on_where_its_life_ended(connection: psycopg.Connection):
    demo_clock.start(connection)
    age(connection, days=3)

    demo_clock.settle(connection)

    assert sim(connection) == OPENS + timedelta(seconds=60 * demo_clock.GRACE_SECONDS)
    assert not demo_clock.read(connection).is_running


def test_a_clock_that_was_killed_just_now_loses_nothing(connection: psycopg.Connection):
    demo_clock.start(connection)
    age(connection, seconds=4)
    before = sim(connection)

    demo_clock.settle(connection)

    assert sim(connection) >= before


def test_settling_twice_changes_nothing_more(connection: psycopg.Connection):
    demo_clock.start(connection)
    age(connection, days=3)
    demo_clock.settle(connection)
    settled = demo_clock.read(connection)

    demo_clock.settle(connection)

    assert demo_clock.read(connection) == settled


def test_a_database_that_is_no_demo_has_no_clock_to_settle(runtime_dsn: str):
    with psycopg.connect(runtime_dsn) as connection:
        demo_clock.settle(connection)

        assert demo_clock.read(connection) is None


def test_a_wish_to_run_ahead_is_written_down_for_the_market(connection: psycopg.Connection):
    wish_id = demo.ask_forward(connection, now=OPENS, until=OPENS + timedelta(days=2))

    query = "SELECT state, until_sim - from_sim FROM demo_forward WHERE id = %s"
    row = connection.execute(query, (wish_id,)).fetchone()
    assert row == ("ASKED", timedelta(days=2))
