"""Organisations: the list, a new one with its first owner, and one with its people, credentials, outlets and visits."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import directory, queries, services, visits
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import OrganisationId
from yidao.kit import clock, db
from yidao.kit.errors import Refusal
from yidao.kit.lists.columns import Column, Dot
from yidao.kit.lists.fields import Chips, Fuzzy, Select
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Shape
from yidao.web.operator.users import KINDS, STATES
from yidao.web.shared import consoles, listpages, members, phrases
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import Act, Frame, ListPage
from yidao.web.shared.requests import Request

ITEM, NEW = "operator/organisation.html", "operator/organisation_new.html"
LIST = "operator/organisations.html"

LISTING: Listing[directory.OrganisationRow] = Listing(
    name="organisations",
    title=gettext_noop("Organisations"),
    shape=Shape(
        fields=(
            Fuzzy(name="text", label=gettext_noop("Organisation name")),
            Chips(name="kind", label=gettext_noop("Kind"), options=KINDS),
            Select(name="state", label=gettext_noop("State"), options=STATES),
        )
    ),
    columns=(
        Column(name="name", label=gettext_noop("Name"), cell=lambda row: row.name, is_fixed=True),
        Column(name="kind", label=gettext_noop("Kind"), cell=lambda row: phrases.of("organisation", row.kind)),
        Column(
            name="part",
            label=gettext_noop("Carrier"),
            cell=lambda row: row.parent_name or (phrases.carrier(row.carrier_code) if row.carrier_code else None),
        ),
        Column(name="created", label=gettext_noop("There since"), cell=lambda row: row.created_at),
        Column(
            name="state",
            label=gettext_noop("State"),
            cell=lambda row: Dot(text=_("Active"), tone="good") if row.is_active else Dot(text=_("Shut"), tone="bad"),
        ),
    ),
    total=gettext_noop("Organisations in all: %(count)s"),
    empty=gettext_noop("No organisation fits."),
)


@require_safe
def index(request: Request) -> HttpResponse:
    """List the organisations of the platform."""
    actor = consoles.operator(request)
    page = ListPage(
        listing=LISTING,
        source=directory.organisation_source(actor),
        address=reverse("operator-organisations"),
        active="organisations",
        frame=lambda row: Frame(
            key=str(row.id),
            version=f"{row.is_active}",
            label=row.name,
            acts=(Act(label=gettext_noop("Open"), address=_address(row.id)),),
        ),
        template=LIST,
        context={"may_manage": actor.may(Permission.USERS_MANAGE)},
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request) -> HttpResponse:
    """Make an organisation; the answer shows the link for its first owner, this once."""
    actor = consoles.operator(request, needs=Permission.USERS_MANAGE)
    context: dict[str, Any] = {"typed": request.POST, "refused": "", "link": "", "carriers": directory.carriers()}
    context["kinds"] = [
        (each.value, phrases.of("organisation", each.value)) for each in KINDS if each.value != "PLATFORM"
    ]
    status = 200
    if request.method == "POST":
        try:
            made_id, made = _create(request, actor)
            context |= {"link": members.link_of(request, made), "made": directory.organisation(made_id, actor=actor)}
        except Refusal as refusal:
            context["refused"], status = message_of(refusal), refusal.status
    return render(request, NEW, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, organisation: OrganisationId) -> HttpResponse:
    """Show one organisation; do what a form asks. A link or token is shown once, in the answer itself."""
    actor = consoles.operator(request)
    shown: dict[str, Any] = {"made": None, "token": "", "refused": ""}
    status = 200
    directory.organisation(organisation, actor=actor)
    if request.method == "POST":
        try:
            shown |= _decide(request, actor, organisation)
            if not shown["token"] and not (shown["made"] and shown["made"].token):
                return HttpResponseRedirect(shown.get("go") or _address(organisation), status=303)
        except Refusal as refusal:
            shown["refused"], status = message_of(refusal), refusal.status
    return render(request, ITEM, _context(request, actor, organisation, shown), status=status)


def _context(request: Request, actor: Actor, organisation: OrganisationId, shown: dict[str, Any]) -> dict[str, Any]:
    it = directory.organisation(organisation, actor=actor)
    may_manage = actor.may(Permission.USERS_MANAGE)
    seen = visits.visits(actor=actor, organisation_id=organisation) if actor.may(Permission.VISITS_MAKE) else ()
    context: dict[str, Any] = {
        "it": it,
        "address": _address(organisation),
        "may_visit": actor.may(Permission.VISITS_MAKE) and it.is_active and it.kind != "PLATFORM",
        "visit_minutes": int(visits.LIFE.total_seconds()) // 60,
        "visits": seen,
        "visitors": queries.user_names(each.user_id for each in seen),
        "outlets": directory.outlets(organisation),
        "credentials": directory.credentials(organisation, actor=actor) if may_manage else (),
        "scopes": sorted(services.SCOPES),
        "may_manage": may_manage,
    }
    if may_manage:
        context |= members.context_of(request, actor, (organisation,), may_manage=True, made=shown["made"])
    return context | {"token": shown["token"], "refused": shown["refused"]}


def _create(request: Request, actor: Actor) -> Any:
    form = request.POST
    with db.transaction(actor):
        return directory.create(
            actor=actor,
            kind=form.get("kind", ""),
            name=form.get("name", ""),
            carrier_code=form.get("carrier", ""),
            source_code=form.get("source", ""),
            parent_id=members.number(form.get("parent", "")),
            now=request.now,
            real_now=clock.real_now(),
        )


def _decide(request: Request, actor: Actor, organisation: OrganisationId) -> dict[str, Any]:
    """
    Do what the form asks; an act that no form of ours has changes nothing.

    :raises Refusal: the rules say no.
    """
    form, act = request.POST, request.POST.get("act")
    about: dict[str, Any] = {"actor": actor, "organisation_id": organisation, "now": request.now}
    about["real_now"] = clock.real_now()
    if act in members.ACTS:
        actor.require(Permission.USERS_MANAGE)
        return {"made": members.act(request, actor, (organisation,))}
    with db.transaction(actor):
        match act:
            case "visit":
                visits.start(**about, reason=form.get("reason", ""))
                return {"go": console_address(directory.organisation(organisation, actor=actor))}
            case "close":
                directory.close(**about, reason=form.get("reason", ""))
                messages.success(request, _("The organisation is shut."))
            case "reopen":
                directory.reopen(**about)
                messages.success(request, _("The organisation is open again."))
            case "credential":
                scopes = form.getlist("scope")
                return {"token": directory.make_credential(**about, name=form.get("name", ""), scopes=scopes)}
            case "take-back":
                directory.take_credential_back(**about, credential_id=members.number(form.get("credential", "")))
                messages.success(request, _("The credential is taken back."))
    return {}


def console_address(row: directory.OrganisationRow) -> str:
    """Return where the console of an organisation begins."""
    match row.kind:
        case "SHOP":
            return reverse("merchant-home", kwargs={"shop": row.id})
        case "CREATOR":
            return reverse("creator-home", kwargs={"creator": row.id})
        case "CARRIER":
            return reverse("carrier-home", kwargs={"carrier": row.id, "outlet": None})
        case "OUTLET":
            return reverse("carrier-home", kwargs={"carrier": row.parent_id, "outlet": row.id})
        case _:
            return reverse("provider-home", kwargs={"provider": row.id})


def _address(organisation_id: int) -> str:
    return reverse("operator-organisation", kwargs={"organisation": organisation_id})
