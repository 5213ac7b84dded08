"""One's phone: adding and changing it with a code that goes to the new number, and looking at it."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yidao.accounts import codes, phones
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.account.common import confirmed, limits, page
from yidao.web.shared.requests import Request, address_of, user_id

SENT_TO = "phone_sent_to"
"""Where the session keeps the masked number a code is on its way to."""


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def index(request: Request) -> HttpResponse:
    """Ask for a number and send a code to it."""
    refused = None
    if request.method == "POST":
        try:
            sent = codes.send_to_new_number(
                user_id=user_id(request),
                typed=request.POST.get("phone", ""),
                limits=limits(request),
                real_now=clock.real_now(),
                address=address_of(request),
            )
            request.session[SENT_TO] = sent.masked_phone
            return HttpResponseRedirect(reverse("account_phone_code"))
        except Refusal as refusal:
            refused = refusal
    context = {"phone": phones.phone_of(user_id(request)), "typed": request.POST.get("phone", ""), "shown": ""}
    return page(request, "account/phone.html", context, refused)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def code(request: Request) -> HttpResponse:
    """Take the code that came to the new number."""
    refused = None
    if request.method == "POST":
        try:
            mask = codes.confirm_new_number(
                user_id=user_id(request),
                code=request.POST.get("code", ""),
                limits=limits(request),
                now=request.now,
                real_now=clock.real_now(),
            )
            request.session.pop(SENT_TO, None)
            messages.success(request, _("Your phone is now %(phone)s.") % {"phone": mask})
            return HttpResponseRedirect(reverse("account_home"))
        except Refusal as refusal:
            refused = refusal
    return page(request, "account/phone_code.html", {"mask": request.session.get(SENT_TO, "")}, refused)


@require_POST
@confirmed
def show(request: Request) -> HttpResponse:
    """Show one's whole number once; that leaves a trace."""
    who = user_id(request)
    number = phones.reveal(user_id=who, by_user_id=who, now=request.now, real_now=clock.real_now())
    return page(request, "account/phone.html", {"phone": phones.phone_of(who), "typed": "", "shown": number})
