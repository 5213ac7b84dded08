"""The people of an organisation, in every console: who belongs, and for owners inviting, changing and shutting out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yidao.accounts import invitations, members, queries
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.kit import clock, db
from yidao.kit.errors import NotVisible, Refusal
from yidao.web.shared import consoles, phrases
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

TEMPLATE = "people/members.html"
ID_DIGITS_MAX = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One organisation whose people a page shows; `roles` are value and words of what can be given there."""

    id: OrganisationId
    name: str
    roles: tuple[tuple[str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def creator(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Show who belongs to a creator's account, or to all of an agency's."""
    actor = consoles.creator(request, creator)
    return _page(request, actor, actor.organisation_ids, reverse("creator-members", kwargs={"creator": creator}))


@require_http_methods(["GET", "HEAD", "POST"])
def merchant(request: Request, shop: ShopId) -> HttpResponse:
    """Show who belongs to a shop."""
    actor = consoles.merchant(request, shop)
    return _page(request, actor, (shop,), reverse("merchant-members", kwargs={"shop": shop}))


@require_http_methods(["GET", "HEAD", "POST"])
def carrier(request: Request, carrier: OrganisationId, outlet: OrganisationId | None) -> HttpResponse:
    """Show who belongs to a carrier's head office, or to the outlet that is named."""
    actor = consoles.carrier(request, carrier, outlet)
    address = reverse("carrier-members", kwargs={"carrier": carrier, "outlet": outlet})
    return _page(request, actor, (carrier if outlet is None else outlet,), address)


@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: Request, provider: OrganisationId) -> HttpResponse:
    """Show who belongs to a provider."""
    actor = consoles.provider(request, provider)
    return _page(request, actor, (provider,), reverse("provider-members", kwargs={"provider": provider}))


@require_http_methods(["GET", "HEAD", "POST"])
def operator(request: Request) -> HttpResponse:
    """Show who works for the platform."""
    actor = consoles.operator(request)
    return _page(request, actor, actor.organisation_ids, reverse("operator-members"))


def _page(request: Request, actor: Actor, ids: Iterable[OrganisationId], address: str) -> HttpResponse:
    """Show the people of these organisations; do what the form asks. A link is shown once, in the answer itself."""
    places = tuple(ids)
    refused: Refusal | None = None
    made: invitations.Made | None = None
    if request.method == "POST":
        actor.require(Permission.MEMBERS_MANAGE)
        try:
            made = act(request, actor, places)
            if made is None or not made.token:
                return HttpResponseRedirect(address, status=303)
        except Refusal as refusal:
            refused = refusal
    context = context_of(request, actor, places, may_manage=actor.may(Permission.MEMBERS_MANAGE), made=made)
    context |= {"address": address, "refused": message_of(refused) if refused else ""}
    return render(request, TEMPLATE, context, status=refused.status if refused else 200)


def context_of(
    request: Request,
    actor: Actor,
    places: tuple[OrganisationId, ...],
    *,
    may_manage: bool,
    made: invitations.Made | None = None,
) -> dict[str, Any]:
    """Return what the table of people needs, for its own page and for the operator's page of an organisation."""
    real_now = clock.real_now()
    shown = _places(places)
    waiting = invitations.waiting(actor=actor, organisation_ids=places, real_now=real_now) if may_manage else ()
    text = request.GET.get("q", "")[: members.TEXT_CHARS_MAX]
    people = members.members(actor=actor, organisation_ids=places, text=text, limit=members.SHOWN_MAX + 1)
    return {
        "people": people[: members.SHOWN_MAX],
        "is_more": len(people) > members.SHOWN_MAX,
        "asked": text,
        "places": shown,
        "roles": {place.id: place.roles for place in shown},
        "names": {place.id: place.name for place in shown},
        "waiting": waiting,
        "inviters": queries.user_names(each.created_by for each in waiting if each.created_by),
        "may_manage": may_manage,
        "link": link_of(request, made),
        "link_days": invitations.LIFE.days,
        "own_id": actor.user_id,
    }


def act(request: Request, actor: Actor, places: tuple[OrganisationId, ...]) -> invitations.Made | None:
    """
    Do what a form about people asks, in one transaction; an act that no form of ours has changes nothing.

    :raises NotVisible: the organisation is none of this page.
    :raises Refusal: the rules say no.
    """
    place = _place(request, places)
    user_id = UserId(number(request.POST.get("user", "")))
    about: dict[str, Any] = {"actor": actor, "organisation_id": place, "now": request.now}
    about["real_now"] = clock.real_now()
    made: invitations.Made | None = None
    with db.transaction(actor):
        match request.POST.get("act"):
            case "invite":
                made = invitations.invite(
                    **about,
                    role=request.POST.get("role", ""),
                    name=request.POST.get("name", ""),
                    login=request.POST.get("login", ""),
                )
            case "role":
                members.change_role(**about, user_id=user_id, role=request.POST.get("role", ""))
            case "disable":
                members.disable(**about, user_id=user_id)
            case "enable":
                members.enable(**about, user_id=user_id)
            case "revoke":
                invitation_id = number(request.POST.get("invitation", ""))
                about.pop("organisation_id")
                invitations.revoke(**about, invitation_id=invitation_id)
            case _:
                return None
    if made is None or not made.token:
        messages.success(request, _DONE[request.POST["act"]]())
    return made


ACTS = frozenset({"invite", "role", "disable", "enable", "revoke"})
"""What the forms about people ask."""
_DONE = {
    "invite": lambda: _("If somebody has this login, the invitation waits for them after the next login."),
    "role": lambda: _("The role was changed."),
    "disable": lambda: _("The person is shut out of this organisation."),
    "enable": lambda: _("The person belongs here again."),
    "revoke": lambda: _("The invitation was taken back."),
}


def _places(ids: tuple[OrganisationId, ...]) -> tuple[Place, ...]:
    kinds = queries.organisation_kinds(ids)
    names = queries.organisation_names(ids)
    return tuple(
        Place(
            id=each,
            name=names[each],
            roles=tuple((role, phrases.of("role", role)) for role in members.roles_of(kinds[each])),
        )
        for each in ids
    )


def _place(request: Request, places: tuple[OrganisationId, ...]) -> OrganisationId:
    asked = number(request.POST.get("organisation", "")) if len(places) > 1 else places[0]
    if asked not in places:
        raise NotVisible
    return OrganisationId(asked)


def number(text: str) -> int:
    """Return an id as typed; 0, which nobody has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < ID_DIGITS_MAX else 0


def link_of(request: Request, made: invitations.Made | None) -> str:
    """Return the whole address of a fresh link, empty without one."""
    if made is None or not made.token:
        return ""
    return request.build_absolute_uri(reverse("invitation", kwargs={"token": made.token}))
