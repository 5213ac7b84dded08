"""Instants as whole microseconds, because the rules compare and add far more often than they print.

Every border of the rules speaks aware `datetime`; inside, an instant is one integer and a length of time is another.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NewType

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z; 0 stands for "never" or "unknown" wherever a field allows it."""

MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

NEVER: Final = Instant(0)
END_OF_TIME: Final = Instant(1 << 62)
"""Later than every instant a database can hold; only used inside a computation."""

SHANGHAI_OFFSET_MINUTES: Final = 480
"""Asia/Shanghai keeps UTC+8 all year; it has had no summer time since 1991."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def instant(moment: datetime) -> Instant:
    """Return the instant of an aware `moment`, exact to the microsecond."""
    assert moment.tzinfo is not None, "an instant needs an aware datetime"
    return Instant((moment - _EPOCH) // _MICROSECOND)


def to_datetime(at: Instant) -> datetime:
    """Return `at` as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def local_hour(at: Instant, *, offset_minutes: int = SHANGHAI_OFFSET_MINUTES) -> int:
    """Return the hour, 0 to 23, that a wall clock `offset_minutes` east of Greenwich shows at `at`."""
    return (at + offset_minutes * MINUTE) % DAY // HOUR


def hours(length: int) -> int:
    """Return a length of time given in hours as microseconds."""
    return length * HOUR


def minutes(length: int) -> int:
    """Return a length of time given in minutes as microseconds."""
    return length * MINUTE
