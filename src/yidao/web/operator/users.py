"""Users: the list, and one user with every role, to be shut out, let in again, and helped when a login is lost."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import directory, members
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import OrganisationId, UserId
from yidao.kit import clock, db
from yidao.kit.errors import Refusal
from yidao.kit.lists.columns import Column, Dot, Tag
from yidao.kit.lists.fields import Chips, Option, Select, Text
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Shape
from yidao.web.shared import consoles, listpages, phrases
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import Act, Frame, ListPage
from yidao.web.shared.requests import Request

TEMPLATE = "operator/user.html"
MADE_LINK = "made_password_link"
"""Where the session keeps a link for a new password until the next page shows it, once."""
KINDS = tuple(Option(value=kind, label=words) for kind, words in phrases.ORGANISATION.items())
STATES = (
    Option(value="ACTIVE", label=gettext_noop("Active")),
    Option(value="SHUT", label=gettext_noop("Shut out")),
)


def _roles(row: directory.UserRow) -> tuple[Tag, ...]:
    """Return a user's live roles as words."""
    return tuple(
        Tag(text=f"{each.organisation_name} · {phrases.of('role', each.role)}", tone="closed")
        for each in row.belongings
        if each.is_live
    )


def _state(is_active: bool) -> Dot:
    return Dot(text=_("Active"), tone="good") if is_active else Dot(text=_("Shut out"), tone="bad")


LISTING: Listing[directory.UserRow] = Listing(
    name="users",
    title=gettext_noop("Users"),
    shape=Shape(
        fields=(
            Text(name="text", label=gettext_noop("Login, name or organisation")),
            Chips(name="kind", label=gettext_noop("Belongs to"), options=KINDS),
            Select(name="state", label=gettext_noop("State"), options=STATES),
        )
    ),
    columns=(
        Column(name="name", label=gettext_noop("Name"), cell=lambda row: row.name, is_fixed=True),
        Column(name="login", label=gettext_noop("Login"), cell=lambda row: row.login, is_fixed=True),
        Column(name="roles", label=gettext_noop("Roles"), cell=_roles),
        Column(name="last", label=gettext_noop("Last login"), cell=lambda row: row.last_login),
        Column(
            name="state",
            label=gettext_noop("State"),
            cell=lambda row: (
                Dot(text=_("Active"), tone="good") if row.is_active else Dot(text=_("Shut out"), tone="bad")
            ),
        ),
    ),
    total=gettext_noop("Users in all: %(count)s"),
    empty=gettext_noop("Nobody fits."),
)


@require_safe
def index(request: Request) -> HttpResponse:
    """List the users of the platform."""
    actor = consoles.operator(request, needs=Permission.USERS_MANAGE)
    page = ListPage(
        listing=LISTING,
        source=directory.UserSource(actor=actor),
        address=reverse("operator-users"),
        active="users",
        frame=lambda row: Frame(
            key=str(row.id),
            version=f"{row.is_active}",
            label=row.name,
            acts=(Act(label=gettext_noop("Open"), address=reverse("operator-user", kwargs={"user": row.id})),),
        ),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, user: UserId) -> HttpResponse:
    """Show one user; shut out, let in, end sessions, take a lost second factor away."""
    actor = consoles.operator(request, needs=Permission.USERS_MANAGE)
    refused: Refusal | None = None
    directory.user(user, actor=actor)
    if request.method == "POST":
        try:
            _decide(request, actor, user)
            return HttpResponseRedirect(reverse("operator-user", kwargs={"user": user}), status=303)
        except Refusal as refusal:
            refused = refusal
    context: dict[str, Any] = {"it": directory.user(user, actor=actor), "is_self": user == actor.user_id}
    context |= {"refused": message_of(refused) if refused else "", "own_id": actor.user_id}
    context["made_link"] = request.session.pop(MADE_LINK, "")
    return render(request, TEMPLATE, context, status=refused.status if refused else 200)


def _decide(request: Request, actor: Actor, user: UserId) -> None:
    """Do what the form asks, in one transaction; an act that no form of ours has changes nothing."""
    about: dict[str, Any] = {"actor": actor, "user_id": user, "now": request.now, "real_now": clock.real_now()}
    if request.POST.get("act") == "sessions":
        directory.end_sessions(**about)
        messages.success(request, _("The user is logged out everywhere."))
        return
    if request.POST.get("act") == "factors":
        directory.reset_factors(**about)
        messages.success(request, _("The second factors are taken away. The password alone logs in now."))
        return
    if request.POST.get("act") == "password":
        made = directory.password_link(**about)
        request.session[MADE_LINK] = request.build_absolute_uri(
            reverse("account_password_link", kwargs={"token": made})
        )
        return
    typed = request.POST.get("organisation", "")
    place = OrganisationId(int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0)
    with db.transaction(actor):
        match request.POST.get("act"):
            case "disable":
                directory.disable_user(**about)
                messages.success(request, _("The user is shut out with the next request."))
            case "enable":
                directory.enable_user(**about)
                messages.success(request, _("The user may log in again."))
            case "leave":
                members.disable(**about, organisation_id=place)
                messages.success(request, _("The person is shut out of this organisation."))
            case "return":
                members.enable(**about, organisation_id=place)
                messages.success(request, _("The person belongs here again."))
