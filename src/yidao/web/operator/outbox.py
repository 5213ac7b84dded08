"""The text messages that went out. In a demo they can be read here, because there none leaves the house."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from yidao.accounts import senders
from yidao.accounts.actors import Permission
from yidao.web.shared import consoles
from yidao.web.shared.requests import Request

SHOWN_MAX = 200
STATES = {
    "WAITING": gettext_noop("on its way"),
    "SENT": gettext_noop("taken by the sender"),
    "FAILED": gettext_noop("not taken by the sender"),
    "KEPT": gettext_noop("kept here"),
    "WITHHELD": gettext_noop("nobody's number, not sent"),
}
PURPOSES = {
    "export": gettext_noop("Download of an export"),
    "login": gettext_noop("Login by phone"),
    "phone": gettext_noop("New phone number"),
    "password": gettext_noop("New password"),
}


@require_safe
def index(request: Request) -> HttpResponse:
    """List the newest messages."""
    actor = consoles.operator(request, needs=Permission.AUDIT_VIEW)
    context = {
        "rows": senders.messages(actor, limit=SHOWN_MAX),
        "way": senders.way(),
        "is_open": senders.is_demo(),
        "states": STATES,
        "purposes": PURPOSES,
        "days": senders.KEPT_DAYS,
        "limit": SHOWN_MAX,
    }
    return render(request, "operator/outbox.html", context)
