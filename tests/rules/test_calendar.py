"""Working days, with holidays and weekends that are worked instead."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import calendar

HOLIDAYS = {date(2022, 10, day): False for day in range(1, 8)}
AUTUMN = HOLIDAYS | {date(2022, 10, 8): True, date(2022, 10, 9): True}
DAYS = st.dates(date(2021, 1, 1), date(2023, 12, 31))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        pytest.param(
            date(2022, 9, 29), 5, date(2022, 10, 11), id="over the autumn holidays and two worked weekend days"
        ),
        pytest.param(date(2022, 9, 30), 1, date(2022, 10, 8), id="a Saturday that is worked is a working day"),
        pytest.param(date(2022, 7, 1), 5, date(2022, 7, 8), id="from a Friday to the next"),
        pytest.param(date(2022, 7, 2), 1, date(2022, 7, 4), id="a weekend does not count"),
        pytest.param(date(2022, 7, 2), 0, date(2022, 7, 2), id="none is the day itself"),
    ],
)
def test_working_days_are_counted_from_the_day_after(start: date, count: int, end: date) -> None:
    assert calendar.add_working_days(start, count, AUTUMN) == end


def test_a_calendar_without_working_days_is_a_mistake() -> None:
    special = {date(2022, 1, 1) + timedelta(days=each): False for each in range(1_000)}

    with pytest.raises(ValueError, match="too few"):
        calendar.add_working_days(date(2022, 1, 1), 1, special)


@given(DAYS, st.integers(0, 60))
def test_the_last_of_some_working_days_is_worked_and_so_many_lie_before_it(start: date, count: int) -> None:
    end = calendar.add_working_days(start, count, AUTUMN)

    between = (start + timedelta(days=each) for each in range(1, (end - start).days + 1))
    assert sum(calendar.is_working_day(day, AUTUMN) for day in between) == count
    assert count == 0 or calendar.is_working_day(end, AUTUMN)
