"""
Working days (工作日): Monday to Friday, save for public holidays, and those weekends that are worked instead (调休).
The rule knows no holidays itself; it is told which days are special.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

SATURDAY: Final = 5
DAYS_AHEAD_MAX: Final = 400
"""No stretch of working days that is counted here is longer; a calendar without any working day is a mistake."""

SpecialDays = Mapping[date, bool]
"""Days that are not what their weekday says: True for a weekend that is worked, False for a holiday."""


def is_working_day(day: date, special: SpecialDays) -> bool:
    """Return whether a day is worked: as the calendar says, else by its weekday."""
    return special.get(day, day.weekday() < SATURDAY)


def add_working_days(start: date, count: int, special: SpecialDays) -> date:
    """
    Return the last of `count` working days that follow `start`; the day itself does not count, none gives it back.

    Worked example: 5 working days after Thursday 2022-09-29: Friday the 30th is one, the holidays last from the 1st to
    the 7th, Saturday the 8th and Sunday the 9th are worked, Monday the 10th is the fourth, Tuesday 2022-10-11 the
    fifth.

    :raises ValueError: the calendar holds no working days ahead.
    """
    day, left = start, count
    for _ in range(DAYS_AHEAD_MAX):
        if left <= 0:
            return day
        day += timedelta(days=1)
        left -= is_working_day(day, special)
    raise ValueError("the calendar holds too few working days")
