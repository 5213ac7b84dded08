"""The shop's address book (地址库): where it ships from and where returns go."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Forbidden, Refusal
from yidao.places import addresses, divisions
from yidao.places.addresses import AddressRow, Written
from yidao.web.shared import consoles, members
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

LIST, FORM = "merchant/addresses.html", "merchant/address.html"
CHARS_MAX: Final = 500
KINDS: Final = {
    addresses.Kind.SHIP_FROM.value: gettext_noop("Ship from"),
    addresses.Kind.RETURN.value: gettext_noop("Returns to"),
}
_FAULTS: Final = {
    "kind": gettext_noop("Choose what the address is for."),
    "contact": gettext_noop("Say who is to be asked for, in at most %(contact)s characters."),
    "phone": gettext_noop("A phone number has digits, blanks and hyphens, and a + before a country's number."),
    "division": gettext_noop("Choose down to the district."),
    "street": gettext_noop("Say street and number, in at most %(street)s characters."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One of the selects that lead to a district: province, city, district."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the address book."""
    return [
        path(f"{prefix}addresses/", index, name="merchant-addresses"),
        path(f"{prefix}addresses/new/", create, name="merchant-address-new"),
        path(f"{prefix}addresses/<address:address>/", edit, name="merchant-address"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the addresses; make one the default or take it out of the book."""
    actor = consoles.merchant(request, shop)
    if request.method == "POST":
        _act(request, actor, shop)
        return HttpResponseRedirect(reverse("merchant-addresses", kwargs={"shop": shop}), status=303)
    rows = addresses.addresses(actor=actor, shop_id=shop)
    context = {
        "groups": [(gettext(words), [row for row in rows if row.kind == kind]) for kind, words in KINDS.items()],
        "where": divisions.full_name,
        "shop": shop,
        "may_keep": _may_keep(actor),
    }
    return render(request, LIST, context)


def _may_keep(actor: Actor) -> bool:
    return actor.may(Permission.SHOP_SETTINGS) and not actor.is_visiting


def _act(request: Request, actor: Actor, shop: ShopId) -> None:
    act, _, number = request.POST.get("act", "").partition(":")
    chosen = members.number(number)
    about: dict[str, Any] = {"actor": actor, "shop_id": shop, "now": request.now, "real_now": clock.real_now()}
    if act == "default":
        addresses.make_default(chosen, **about)
        messages.success(request, gettext("This is the default address now."))
    elif act == "remove":
        addresses.remove(chosen, **about)
        messages.success(request, gettext("The address was removed."))


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request, shop: ShopId) -> HttpResponse:
    """Write a new address down."""
    actor = consoles.merchant(request, shop)
    return _form(request, actor, shop, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, shop: ShopId, address: int) -> HttpResponse:
    """Change an address."""
    actor = consoles.merchant(request, shop)
    return _form(request, actor, shop, addresses.address(address, actor=actor, shop_id=shop))


def _form(request: Request, actor: Actor, shop: ShopId, held: AddressRow | None) -> HttpResponse:
    """Show the form and save it; `act=division` only asks for the next select, and saves nothing."""
    if not _may_keep(actor):
        raise Forbidden
    refused: Refusal | None = None
    levels = _levels(request, held)
    if request.method == "POST" and request.POST.get("act") != "division":
        try:
            _save(request, actor, shop, held, levels)
        except (addresses.AddressRefused, addresses.TooManyAddresses, addresses.AddressChanged) as refusal:
            refused = refusal
        else:
            messages.success(request, gettext("The address was saved."))
            return HttpResponseRedirect(reverse("merchant-addresses", kwargs={"shop": shop}), status=303)
    context = _context(request, shop, held, levels, refused)
    return render(request, FORM, context, status=refused.status if refused else 200)


def _save(request: Request, actor: Actor, shop: ShopId, held: AddressRow | None, levels: list[Level]) -> None:
    told = {name: request.POST.get(name, "")[:CHARS_MAX] for name in ("kind", "contact", "phone", "street")}
    division = next((each.chosen for each in reversed(levels) if each.chosen), "")
    written = Written(**told, division=division, is_default=request.POST.get("default") == "1")
    about: dict[str, Any] = {"actor": actor, "shop_id": shop, "now": request.now, "real_now": clock.real_now()}
    if held is None:
        addresses.add(written=written, **about)
        return
    seen = members.number(request.POST.get("version", ""))
    addresses.change(held.id, written=written, seen_version=seen, **about)


def _levels(request: Request, held: AddressRow | None) -> list[Level]:
    """
    Return the selects that there are, each with what was chosen.

    A choice that does not lie in the one above it is none; where there is only one thing to choose it is chosen.
    """
    code = held.division if held is not None else ""
    known = (code[:2] + "0000", code[:4] + "00", code) if code else ("", "", "")
    names = {
        "province": gettext("Province"),
        "city": gettext("City"),
        "county": gettext("District"),
    }
    levels: list[Level] = []
    above = ""
    for (name, label), stored in zip(names.items(), known, strict=True):
        below = divisions.below(above) if above or not levels else ()
        if not below:
            break
        asked = request.POST.get(name, "") if request.method == "POST" else stored
        codes = [each.code for each in below]
        chosen = asked if asked in codes else codes[0] if len(codes) == 1 else ""
        options = tuple((each.code, divisions.shown_name(each, get_language() or "")) for each in below)
        levels.append(Level(name=name, label=label, options=options, chosen=chosen))
        above = chosen
    return levels


def _context(
    request: Request, shop: ShopId, held: AddressRow | None, levels: list[Level], refused: Refusal | None
) -> dict[str, Any]:
    typed: Any = request.POST if request.method == "POST" else {}
    limits = {"contact": addresses.CONTACT_CHARS_MAX, "street": addresses.STREET_CHARS_MAX}
    wrong = {each.pointer for each in refused.faults} if refused else set()
    faults = {name: gettext(words) % limits if name in wrong else "" for name, words in _FAULTS.items()}
    known = {name: getattr(held, name) if held is not None else "" for name in ("contact", "phone", "street")}
    last = levels[-1]
    return {
        "shop": shop,
        "held": held,
        "here": request.path,
        "kinds": [(kind, gettext(words)) for kind, words in KINDS.items()],
        "kind": held.kind if held is not None else typed.get("kind") or request.GET.get("kind", ""),
        "value": {name: typed.get(name, known[name]) for name in known},
        "is_default": typed.get("default") == "1" if typed else bool(held and held.is_default),
        "version": typed.get("version", held.version if held is not None else 0),
        "levels": levels,
        "is_more": not last.chosen or bool(divisions.below(last.chosen)),
        "limits": limits,
        "faults": faults,
        "refused": message_of(refused) if refused else "",
    }
