"""The journal of an organisation for its owners: what its people did, and who of the platform looked in."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId
from yidao.audit import queries
from yidao.kit.lists.columns import Column
from yidao.kit.lists.fields import Days
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Shape
from yidao.web.shared import acts, consoles, listpages
from yidao.web.shared.listpages import Frame, ListPage
from yidao.web.shared.requests import Request


def _who(row: queries.EntryRow) -> str:
    """Return the name of who acted; people of the platform are named as such by the page's note."""
    if row.actor_user_id is not None:
        return accounts.user_names((row.actor_user_id,)).get(row.actor_user_id, str(row.actor_user_id))
    return _("Credential %(id)s") % {"id": row.actor_credential_id} if row.actor_credential_id else ""


LISTING: Listing[queries.EntryRow] = Listing(
    name="journal",
    title=gettext_noop("Journal"),
    shape=Shape(fields=(Days(name="day", label=gettext_noop("Time")),)),
    columns=(
        Column(name="time", label=gettext_noop("Time"), cell=lambda row: row.at_real, is_fixed=True),
        Column(name="business", label=gettext_noop("Business time"), cell=lambda row: row.at_business),
        Column(name="who", label=gettext_noop("Who"), cell=_who),
        Column(name="act", label=gettext_noop("Act"), cell=lambda row: acts.of(row.act), is_fixed=True),
        Column(name="subject", label=gettext_noop("Subject"), cell=lambda row: acts.subject(row.subject)),
        Column(
            name="details",
            label=gettext_noop("Details"),
            cell=lambda row: acts.details(row.details),
        ),
    ),
    total=gettext_noop("Entries in all: %(count)s"),
    empty=gettext_noop("Nothing is recorded yet."),
)


@require_safe
def creator(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Show the journal of a creator's account, or of all of an agency's."""
    actor = consoles.creator(request, creator)
    return _page(request, actor, actor.organisation_ids, reverse("creator-journal", kwargs={"creator": creator}))


@require_safe
def merchant(request: Request, shop: ShopId) -> HttpResponse:
    """Show the journal of a shop."""
    actor = consoles.merchant(request, shop)
    return _page(request, actor, (shop,), reverse("merchant-journal", kwargs={"shop": shop}))


@require_safe
def carrier(request: Request, carrier: OrganisationId, outlet: OrganisationId | None) -> HttpResponse:
    """Show the journal of a carrier's head office, or of the outlet that is named."""
    actor = consoles.carrier(request, carrier, outlet)
    address = reverse("carrier-journal", kwargs={"carrier": carrier, "outlet": outlet})
    return _page(request, actor, (carrier if outlet is None else outlet,), address)


@require_safe
def provider(request: Request, provider: OrganisationId) -> HttpResponse:
    """Show the journal of a provider."""
    actor = consoles.provider(request, provider)
    return _page(request, actor, (provider,), reverse("provider-journal", kwargs={"provider": provider}))


def _page(request: Request, actor: Actor, places: tuple[OrganisationId, ...], address: str) -> HttpResponse:
    """
    Render the journal.

    :raises Forbidden: the reader's role does not allow it.
    """
    actor.require(Permission.AUDIT_VIEW)
    note = _("Entries of the platform's people are here too: whoever looked into this console stands in its journal.")
    page = ListPage(
        listing=LISTING,
        source=queries.organisation_source(places),
        address=address,
        active="journal",
        frame=lambda row: Frame(key=str(row.id)),
        notes=(note,),
    )
    return listpages.render(request, actor, page)
