"""The pages that belong to no console: the switcher and the language."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from yidao.accounts import queries, services
from yidao.accounts.ids import CreatorId, UserId
from yidao.web.shared import invitations
from yidao.web.shared.requests import Request, user_id

COOKIE_SECONDS = 365 * 24 * 3600
THEME_COOKIE = "yidao_theme"
THEMES = ("light", "dark", "auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLink:
    """One console a user may enter."""

    name: str
    role: str
    address: str


def _links(rows: tuple[queries.MembershipRow, ...]) -> list[ConsoleLink]:
    links = [ConsoleLink(name=row.name, role=_ROLE[row.kind], address=_address(row)) for row in rows]
    creators = [row for row in rows if row.kind == "CREATOR"]
    if len(creators) > 1:
        address = reverse("creator-home", kwargs={"creator": None})
        links.insert(0, ConsoleLink(name=" · ".join(row.name for row in creators[:3]), role=_AGENCY, address=address))
    return links


_AGENCY = gettext_noop("All creators")
_ROLE = {
    "SHOP": gettext_noop("Merchant"),
    "CREATOR": gettext_noop("Creator"),
    "CARRIER": gettext_noop("Carrier"),
    "OUTLET": gettext_noop("Carrier outlet"),
    "PROVIDER": gettext_noop("Provider"),
    "PLATFORM": gettext_noop("Operator"),
}


def _address(row: queries.MembershipRow) -> str:
    """Return where the console of a membership begins."""
    match row.kind:
        case "SHOP":
            return reverse("merchant-home", kwargs={"shop": row.organisation_id})
        case "CREATOR":
            return reverse("creator-home", kwargs={"creator": CreatorId(row.organisation_id)})
        case "CARRIER":
            return reverse("carrier-home", kwargs={"carrier": row.organisation_id, "outlet": None})
        case "OUTLET":
            return reverse("carrier-home", kwargs={"carrier": row.parent_id, "outlet": row.organisation_id})
        case "PROVIDER":
            return reverse("provider-home", kwargs={"provider": row.organisation_id})
        case _:
            return reverse("operator-home")


@require_safe
def home(request: Request) -> HttpResponse:
    """Offer the consoles of whoever asks; who has only one goes straight there, unless they come from it to switch."""
    links = _links(queries.memberships(user_id(request)))
    came_to_switch = "/login" not in request.headers.get("Referer", "/login")
    waiting = invitations.waiting(request)
    if len(links) == 1 and not came_to_switch and not waiting:
        return HttpResponseRedirect(links[0].address)
    return render(request, "shared/home.html", {"consoles": links, "invitations": waiting})


def _back(request: HttpRequest) -> str:
    """Return the address of ours a form came from, or the start page."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if is_ours else reverse("home")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages, for this browser and for the user, and go back."""
    wanted = request.POST.get("language", "")
    response = HttpResponseRedirect(_back(request))
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=COOKIE_SECONDS,
            samesite="Lax",
            secure=settings.LANGUAGE_COOKIE_SECURE,
        )
        if request.user.is_authenticated:
            services.choose_language(user_id=UserId(request.user.pk), language=wanted)
    return response


language.login_required = False  # type: ignore[attr-defined]


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the look of the pages, light, dark or as the machine has it, in this browser, and go back."""
    wanted = request.POST.get("theme", "")
    response = HttpResponseRedirect(_back(request))
    if wanted in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            wanted,
            max_age=COOKIE_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=settings.LANGUAGE_COOKIE_SECURE,
        )
    return response


theme.login_required = False  # type: ignore[attr-defined]
