"""The platform's calendar."""

from datetime import date

import pytest

from tests.web import cast
from tests.web.cast import NOW
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.audit.models import AuditEntry
from yidao.judging import calendar
from yidao.kit.errors import Forbidden
from yidao.rules.calendar import add_working_days


@pytest.fixture
def world(db: None) -> cast.Cast:
    return cast.build()


def operator(user: object) -> Actor:
    return access.actor_for_operator(UserId(user.id))  # type: ignore[attr-defined]


def change(actor: Actor, day: date | None, is_working: bool | None, name: str = "") -> None:
    calendar.set_day(actor=actor, day=day, is_working=is_working, name=name, now=NOW, real_now=NOW)


def test_the_calendar_comes_with_the_holidays_of_three_years(world: cast.Cast) -> None:
    special = calendar.special_days()

    assert add_working_days(date(2022, 9, 29), 5, special) == date(2022, 10, 11)
    assert [special[date(2023, 1, each)] for each in (21, 27, 28, 29)] == [False, False, True, True]
    assert sum(not worked for worked in special.values()) == 31 + 31 + 27
    assert sum(special.values()) == 7 + 7 + 7


def test_an_operator_frees_a_day_and_gives_it_back(world: cast.Cast) -> None:
    day = date(2024, 2, 12)

    change(operator(world.olga), day, False, "春节")
    assert [(each.is_working, each.is_special, each.name) for each in calendar.days(day, day)] == [
        (False, True, "春节")
    ]
    change(operator(world.olga), day, None)

    assert [(each.is_working, each.is_special) for each in calendar.days(day, day)] == [(True, False)]
    assert AuditEntry.objects.filter(act="calendar.changed", subject="day/2024-02-12").count() == 2


def test_who_only_looks_changes_no_day(world: cast.Cast) -> None:
    with pytest.raises(Forbidden):
        change(operator(world.viewer), date(2024, 2, 12), False)


@pytest.mark.parametrize("day", [None, date(2020, 1, 1), date(2041, 1, 1)])
def test_a_day_far_away_is_refused(world: cast.Cast, day: date | None) -> None:
    with pytest.raises(calendar.DayRefused):
        change(operator(world.olga), day, False)


def test_a_name_is_short(world: cast.Cast) -> None:
    with pytest.raises(calendar.DayRefused):
        change(operator(world.olga), date(2024, 2, 12), False, "x" * 31)
