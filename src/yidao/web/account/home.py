"""The overview of one's own account, and where one is logged in."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import factors, phones, senders, sessions
from yidao.kit import clock
from yidao.kit.errors import NotVisible
from yidao.web.shared.requests import Request, user_id

BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Android", "Android"),
    ("Linux", "Linux"),
)
LOW = 3
"""So few recovery codes left are a reason to make new ones."""


@require_safe
def index(request: Request) -> HttpResponse:
    """Show what guards the account and what could guard it better."""
    who = user_id(request)
    context = {
        "phone": phones.phone_of(who),
        "factors": factors.factors(who),
        "low": LOW,
        "is_sending": senders.is_sending(),
        "session_count": len(_sessions(request)),
    }
    return render(request, "account/home.html", context)


@require_safe
def to_index(request: Request) -> HttpResponse:
    """Lead from the library's own overviews to ours."""
    return HttpResponseRedirect(reverse("account_home"))


@require_http_methods(["GET", "HEAD", "POST"])
def devices(request: Request) -> HttpResponse:
    """List where one is logged in; end one of these sessions, or all but this one."""
    if request.method == "POST":
        wanted = request.POST.get("end", "")
        about: dict[str, Any] = {"user_id": user_id(request), "now": request.now, "real_now": clock.real_now()}
        if wanted == "others":
            count = sessions.end_others(current_key=request.session.session_key or "", **about)
            told = ngettext("%(count)d other session was ended.", "%(count)d other sessions were ended.", count)
            messages.success(request, told % {"count": count})
        elif re.fullmatch("[0-9]{1,18}", wanted):
            sessions.end(session_id=int(wanted), **about)
            messages.success(request, _("The session was ended."))
        else:
            raise NotVisible
        return HttpResponseRedirect(reverse("account_sessions"))
    rows = [(row, browser_of(row.browser)) for row in _sessions(request)]
    return render(request, "account/sessions.html", {"rows": rows})


def _sessions(request: Request) -> tuple[sessions.SessionRow, ...]:
    key = request.session.session_key or ""
    return sessions.sessions(user_id=user_id(request), current_key=key, real_now=clock.real_now())


def browser_of(agent: str) -> str:
    """Return what a browser calls itself, in two words people know."""
    names = [next((name for sign, name in known if sign in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(each for each in names if each) or _("unknown browser")
