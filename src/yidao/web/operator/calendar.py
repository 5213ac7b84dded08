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

from yidao.accounts.actors import Actor, Permission
from yidao.judging import calendar
from yidao.kit import clock
from yidao.kit.errors import Refusal
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
    chosen = _day(request.POST.get("day", "") or request.GET.get("day", ""))
    refused = _change(request, actor, chosen) if request.method == "POST" else None
    if request.method == "POST" and refused is None:
        messages.success(request, _("The calendar was changed."))
        return HttpResponseRedirect(f"{reverse('operator-calendar')}?month={chosen:%Y-%m}")
    today = request.now.astimezone(SHANGHAI).date()
    context = _grid(_month(request.GET.get("month", ""), chosen or today)) | {
        "chosen": chosen,
        "may_edit": actor.may(Permission.CALENDAR_EDIT),
        "refused": message_of(refused) if refused else "",
        "name_max": calendar.NAME_CHARS_MAX,
        "today": today,
    }
    return render(request, PAGE, context, status=refused.status if refused else 200)


def _change(request: Request, actor: Actor, day: date | None) -> Refusal | None:
    """Change a day; return what was refused about it."""
    form, real_now = request.POST, clock.real_now()
    state, name = STATES.get(form.get("state", "")), form.get("name", "")
    try:
        calendar.set_day(actor=actor, day=day, is_working=state, name=name, now=request.now, real_now=real_now)
    except calendar.DayRefused as refusal:
        return refusal
    return None


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
