"""Seconds since 1970 and the wall clock of Shanghai: the market counts in whole seconds and reads no clock."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8))
OFFSET: Final = 8 * 3600
HOUR: Final = 3600
DAY: Final = 86400

_minutes: Final = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_seconds: Final = tuple(f"{second:02d}" for second in range(60))
_zoned_seconds: Final = tuple(f"{second:02d}+08:00" for second in range(60))
_days: dict[int, str] = {}


def _day(day: int) -> str:
    text = _days.get(day)
    if text is None:
        text = datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d")
        _days[day] = text
    return text


def rfc3339(at: int) -> str:
    """Return an instant as RFC 3339 text with Shanghai's offset."""
    day, second = divmod(at + OFFSET, DAY)
    minute, second = divmod(second, 60)
    return f"{_days.get(day) or _day(day)}T{_minutes[minute]}{_zoned_seconds[second]}"


def wall(at: int) -> str:
    """Return an instant as the aggregators write it: Shanghai's wall clock without an offset."""
    day, second = divmod(at + OFFSET, DAY)
    minute, second = divmod(second, 60)
    return f"{_days.get(day) or _day(day)} {_minutes[minute]}{_seconds[second]}"


def midnight(at: int) -> int:
    """Return the Shanghai midnight at or before an instant."""
    return at - (at + OFFSET) % DAY


def local_hour(at: int) -> float:
    """Return the hour of Shanghai's wall clock, with its fraction."""
    return ((at + OFFSET) % DAY) / HOUR


def weekday(at: int) -> int:
    """Return the day of the week in Shanghai, Monday 0."""
    return ((at + OFFSET) // DAY + 3) % 7


def next_at_hour(at: int, hour: float) -> int:
    """Return the first instant at or after `at` when Shanghai's wall clock shows `hour`."""
    wanted = midnight(at) + int(hour * HOUR)
    return wanted if wanted >= at else wanted + DAY


def second_of(moment: datetime) -> int:
    """Return the whole second of an aware datetime."""
    assert moment.tzinfo is not None, "an aware datetime is needed"
    return int(moment.timestamp())
