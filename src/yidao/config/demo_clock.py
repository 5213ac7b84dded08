"""
The row that says what simulated time is. Only the market's process writes it once a demo has begun; it never lets it go
back, and every statement here keeps that promise by itself.
"""

from datetime import datetime
from typing import Any

import psycopg

from yidao.kit import clock

HEARTBEAT_SECONDS = 5.0
"""How often a running clock is written anew, so that a machine that was switched off does not find years gone by."""
GRACE_SECONDS = 3 * HEARTBEAT_SECONDS

_BEGIN = """
INSERT INTO demo_clock (id, base_real, base_sim, rate, is_running) VALUES (1, %s, %s, %s, false)
"""
_MOVE = """
UPDATE demo_clock SET base_sim = greatest(base_sim, %s), base_real = %s, is_running = %s
"""


def read(connection: psycopg.Connection[Any]) -> clock.DemoClock | None:
    """Return the demo's clock, or None when this database is no demo."""
    row = connection.execute(clock.READ_DEMO_CLOCK).fetchone()
    if row is None:
        return None
    base_real, base_sim, rate, is_running = row
    return clock.DemoClock(base_real=base_real, base_sim=base_sim, rate=rate, is_running=is_running)


def begin(connection: psycopg.Connection[Any], *, at: datetime, rate: float) -> None:
    """Make the row, standing still; a second one is refused by its constraint."""
    connection.execute(_BEGIN, (clock.real_now(), at, rate))


def move(connection: psycopg.Connection[Any], *, to: datetime) -> None:
    """Let the clock stand still at `to`, or where it is when that is later."""
    connection.execute(_MOVE, (to, clock.real_now(), False))


def start(connection: psycopg.Connection[Any]) -> None:
    """Let the clock run on from where it stands; a running one is only written anew (the heartbeat)."""
    _write(connection, is_running=True)


def stop(connection: psycopg.Connection[Any]) -> None:
    """Let the clock stand still where it is now."""
    _write(connection, is_running=False)


def settle(connection: psycopg.Connection[Any]) -> None:
    """
    Stop a clock that a killed process left running, at most a few heartbeats after its last sign of life.

    Called before any process starts, so that nobody ever reads the time that would have passed meanwhile.
    """
    found = read(connection)
    if found is None or not found.is_running:
        return
    silent_for = (clock.real_now() - found.base_real).total_seconds()
    if silent_for > GRACE_SECONDS:
        connection.execute(
            "UPDATE demo_clock SET base_sim = base_sim + %s * rate * interval '1 second', is_running = false",
            (GRACE_SECONDS,),
        )
    else:
        stop(connection)


def _write(connection: psycopg.Connection[Any], *, is_running: bool) -> None:
    found = read(connection)
    assert found is not None, "only a demo has a clock to start or stop"
    now = clock.real_now()
    connection.execute(_MOVE, (found.at(now), now, is_running))
