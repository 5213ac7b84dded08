"""The platform's calendar of working days: which days are not what their weekday says, and who said so."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from yidao.accounts.actors import Actor, Permission
from yidao.audit import services as audit
from yidao.judging.settlement_models import CalendarDay
from yidao.kit import db
from yidao.kit.errors import FieldFault, Refusal
from yidao.rules import calendar
from yidao.rules.calendar import SpecialDays

NAME_CHARS_MAX: Final = 30
YEARS: Final = range(2021, 2041)


class DayRefused(Refusal):
    """The day, or its name, will not do."""

    code = "calendar.day_refused"
    status = 422
    message = "Choose a day between 2021 and 2040 and a name of at most %(most)s characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One day of a month as the calendar shows it; `is_special` days are not what their weekday says."""

    day: date
    is_working: bool
    is_special: bool
    name: str = ""


def special_days() -> SpecialDays:
    """Return the days that are not what their weekday says, True for those that are worked; there are few."""
    return dict(CalendarDay.objects.values_list("day", "is_working"))


def days(first: date, last: date) -> tuple[DayRow, ...]:
    """Return the days from one to another, both included. Anybody may know which days are worked."""
    told = {each.day: each for each in CalendarDay.objects.filter(day__gte=first, day__lte=last)}
    found = []
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        row = told.get(day)
        found.append(
            DayRow(
                day=day,
                is_working=calendar.is_working_day(day, {day: row.is_working} if row else {}),
                is_special=row is not None,
                name=row.name if row else "",
            )
        )
    return tuple(found)


def set_day(
    *, actor: Actor, day: date | None, is_working: bool | None, name: str, now: datetime, real_now: datetime
) -> None:
    """
    Say that a day is worked or free, or (None) that it goes by its weekday again. It counts for what
    begins from now on; a limit that runs already keeps the day it was given.

    :raises Forbidden: the role does not allow it.
    :raises DayRefused: the day or its name will not do.
    """
    actor.require(Permission.CALENDAR_EDIT)
    name = name.replace("\0", "").strip()
    if day is None or day.year not in YEARS or len(name) > NAME_CHARS_MAX:
        fault = FieldFault(pointer="name" if len(name) > NAME_CHARS_MAX else "day", code="out_of_range")
        raise DayRefused(faults=(fault,), most=NAME_CHARS_MAX)
    with db.transaction(actor):
        if is_working is None:
            CalendarDay.objects.filter(day=day).delete()
        else:
            values = {"is_working": is_working, "name": name, "changed_at": now, "changed_by": actor.user_id}
            CalendarDay.objects.update_or_create(day=day, defaults=values)
        audit.record(
            act="calendar.changed",
            user_id=actor.user_id,
            subject=f"day/{day.isoformat()}",
            details={"is_working": is_working},
            at_real=real_now,
            at_business=now,
        )
