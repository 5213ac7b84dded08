"""The journal of an organisation for its owners: what its people did, and who of the platform looked in."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from yidao.accounts import queries as accounts
from yidao.accounts import visits
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId
from yidao.audit import queries
from yidao.kit import paging
from yidao.kit.lists.columns import Column
from yidao.kit.lists.fields import Combobox, Days, Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.lists.sources import Source
from yidao.web.shared import acts, consoles, listpages
from yidao.web.shared.listpages import Frame, ListPage
from yidao.web.shared.requests import Request

ID_DIGITS_MAX = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry with the names of who acted, about what, and where."""

    entry: queries.EntryRow
    who: str
    about: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The entries with their names, looked up for a page at a time."""

    entries: Source[queries.EntryRow]

    def page(self, question: Question) -> paging.Page[Line]:
        """Return one page."""
        found = self.entries.page(question)
        users = accounts.user_names(
            each for row in found.rows for each in (row.actor_user_id, _of("user", row.subject)) if each is not None
        )
        places = accounts.organisation_names(row.organisation_id for row in found.rows if row.organisation_id)
        seen = (_of("visit", row.subject) for row in found.rows)
        reasons = visits.reasons(each for each in seen if each is not None)
        return paging.Page(
            rows=tuple(_line(row, users, places, reasons) for row in found.rows), next_cursor=found.next_cursor
        )

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many entries there are, at most `limit`."""
        return self.entries.count(question, limit=limit)


def _line(
    row: queries.EntryRow, users: Mapping[int, str], places: Mapping[int, str], reasons: Mapping[int, str]
) -> Line:
    who = ""
    if row.actor_user_id:
        who = users.get(row.actor_user_id, str(row.actor_user_id))
    elif row.actor_credential_id:
        who = _("Credential %(id)s") % {"id": row.actor_credential_id}
    about = users.get(_of("user", row.subject) or 0) or reasons.get(_of("visit", row.subject) or 0)
    where = places.get(row.organisation_id, str(row.organisation_id)) if row.organisation_id else ""
    return Line(entry=row, who=who, about=about or acts.subject(row.subject), where=where)


def _of(kind: str, subject: str) -> int | None:
    """Return the id of what an entry is about if it is of this kind."""
    found, _slash, number = subject.partition("/")
    return int(number) if found == kind and number.isdigit() and len(number) < ID_DIGITS_MAX else None


def _wanted(question: Question) -> queries.Wanted:
    return queries.Wanted(acts=question.of("act"))


def listing() -> Listing[Line]:
    """Return the declaration; the acts stand in the reader's language and its order."""
    known = tuple(Option(value=act, label=words, words=act, is_name=True) for act, words in acts.options())
    return Listing(
        name="journal",
        title=gettext_noop("Journal"),
        shape=Shape(
            fields=(
                Combobox(name="act", label=gettext_noop("Act"), options=known),
                Days(name="day", label=gettext_noop("Time")),
            )
        ),
        columns=(
            Column(name="time", label=gettext_noop("Time"), cell=lambda line: line.entry.at_real, is_fixed=True),
            Column(name="who", label=gettext_noop("Who"), cell=lambda line: line.who),
            Column(name="act", label=gettext_noop("Act"), cell=lambda line: acts.of(line.entry.act), is_fixed=True),
            Column(name="subject", label=gettext_noop("Subject"), cell=lambda line: line.about),
            Column(name="details", label=gettext_noop("Details"), cell=lambda line: acts.details(line.entry.details)),
            Column(
                name="business",
                label=gettext_noop("Business time"),
                cell=lambda line: line.entry.at_business,
                is_hidden_at_first=True,
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
    page: ListPage[Line] = ListPage(
        listing=listing(),
        source=Named(entries=queries.organisation_source(places, _wanted)),
        address=address,
        active="journal",
        frame=lambda line: Frame(key=str(line.entry.id)),
        notes=(note,),
    )
    return listpages.render(request, actor, page)
