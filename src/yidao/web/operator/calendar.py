"""The calendar of working days (工作日历): one month as a grid, and changing a day."""

from calendar import Calendar
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Permission
from yidao.judging import calendar
from yidao.kit import clock
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.formats import SHANGHAI
from yidao.web.shared.requests import Request

PAGE: Final = "operator/calendar.html"
STATES: Final = {"worked": True, "free": False, "weekday": None}
"""What a day can be made: worked, free, or what its weekday says."""


def routes() -> list[URLPattern]:
    """Return the address of the calendar."""
    return [path("o/calendar/", index, name="operator-calendar")]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """Show a month of the calendar; change the day a form names."""
    actor = consoles.operator(request)
    refused, chosen = None, _day(request.POST.get("day", "") or request.GET.get("day", ""))
    if request.method == "POST":
        try:
            calendar.set_day(
                actor=actor,
                day=chosen,
                is_working=STATES.get(request.POST.get("state", "")),
                name=request.POST.get("name", ""),
                now=request.now,
                real_now=clock.real_now(),
            )
        except calendar.DayRefused as refusal:
            refused = refusal
        else:
            messages.success(request, _("The calendar was changed."))
            return HttpResponseRedirect(f"{reverse('operator-calendar')}?month={chosen:%Y-%m}")
    month = _month(request.GET.get("month", ""), chosen or request.now.astimezone(SHANGHAI).date())
    context = _grid(month) | {
        "chosen": chosen,
        "may_edit": actor.may(Permission.CALENDAR_EDIT),
        "refused": message_of(refused) if refused else "",
        "name_max": calendar.NAME_CHARS_MAX,
        "today": request.now.astimezone(SHANGHAI).date(),
    }
    return render(request, PAGE, context, status=refused.status if refused else 200)


def _grid(month: date) -> dict[str, Any]:
    """Return a month as weeks from Monday to Sunday, with the months beside it."""
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    told = {each.day: each for each in calendar.days(weeks[0][0], weeks[-1][-1])}
    return {
        "month": month,
        "weeks": [[told[each] for each in week] for week in weeks],
        "before": (month - timedelta(days=1)).replace(day=1),
        "after": (month + timedelta(days=32)).replace(day=1),
        "years": (calendar.YEARS[0], calendar.YEARS[-1]),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _month(text: str, otherwise: date) -> date:
    """Return the first day of a month as an address tells it, else of another day; within the calendar's years."""
    try:
        found = datetime.strptime(text, "%Y-%m").replace(tzinfo=SHANGHAI).date()
    except ValueError:
        found = otherwise.replace(day=1)
    first, last = date(calendar.YEARS[0], 1, 1), date(calendar.YEARS[-1], 12, 1)
    return min(max(found, first), last)
