"""Instants are exact, and the wall clock is Shanghai's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from yidao.rules import instants


def test_an_instant_comes_back_to_the_microsecond():
    moment = datetime(2022, 6, 1, 10, 0, 0, 123_457, tzinfo=timezone(timedelta(hours=8)))
    assert instants.to_datetime(instants.instant(moment)) == moment
    assert instants.to_datetime(instants.instant(moment)).tzinfo is UTC
    assert instants.instant(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


def test_a_naive_moment_is_a_bug():
    with pytest.raises(AssertionError, match="aware"):
        instants.instant(datetime(2022, 6, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("hour_utc", "hour"), [(15, 23), (16, 0), (21, 5), (22, 6)], ids=["before midnight", "midnight", "five", "six"]
)
def test_hour_in_shanghai(hour_utc, hour):
    assert instants.local_hour(instants.instant(datetime(2022, 6, 1, hour_utc, 59, tzinfo=UTC))) == hour
