"""
The only reader of the clock. Business time decides deadlines and may be simulated in a demo; security and wire time
(sessions, codes, signatures, leases) is always real.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg


def real_now() -> datetime:
    """Return the real instant, aware, in UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Return seconds on a clock that only ever runs forward; good for lengths of real time, never for instants."""
    return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoClock:
    """The demo's clock: simulated time was `base_sim` at real `base_real` and runs at `rate` while `is_running`."""

    base_real: datetime
    base_sim: datetime
    rate: float
    is_running: bool

    def at(self, real: datetime) -> datetime:
        """Return the simulated instant at a real one; a stopped clock stands still and none ever goes back."""
        if not self.is_running:
            return self.base_sim
        return self.base_sim + timedelta(seconds=max(0.0, (real - self.base_real).total_seconds()) * self.rate)


READ_DEMO_CLOCK = "SELECT base_real, base_sim, rate, is_running FROM demo_clock"


def business_now(connection: psycopg.Connection[Any]) -> datetime:
    """
    Return the business instant, read once per request, batch or sweep and passed on from there.

    A database that was created as a demo has one row in `demo_clock`; every other has none and business time is real.
    """
    row = connection.execute(READ_DEMO_CLOCK).fetchone()
    if row is None:
        return real_now()
    values = row if isinstance(row, tuple) else tuple(row.values())
    base_real, base_sim, rate, is_running = values
    return DemoClock(base_real=base_real, base_sim=base_sim, rate=rate, is_running=is_running).at(real_now())
