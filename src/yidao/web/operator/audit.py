"""The journal: what people and machines did, newest first, by act, person, organisation, subject and time."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Permission
from yidao.audit import queries
from yidao.kit.lists.columns import Column, Link
from yidao.kit.lists.fields import Combobox, Days, Fuzzy, Option, Text
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.web.shared import acts, consoles, listpages
from yidao.web.shared.journal import Line, Named
from yidao.web.shared.requests import Request

FOUND_MAX = 200
"""People or organisations one name may stand for."""
SUBJECT_PATTERN = r"[a-z_]{1,40}/[A-Za-z0-9_./-]{1,120}"


def _wanted(question: Question) -> queries.Wanted:
    person, place = question.one("person"), question.one("organisation")
    return queries.Wanted(
        acts=question.of("act"),
        user_ids=frozenset(accounts.find_users(person, limit=FOUND_MAX)) if person else None,
        organisation_ids=frozenset(accounts.find_places(place, limit=FOUND_MAX)) if place else None,
        subject=question.one("subject"),
    )


def _subject(line: Line) -> str | Link:
    text, address = line.about, acts.page(line.entry.subject)
    return Link(text=text, address=address) if address else text


def listing() -> Listing[Line]:
    """Return the declaration; the acts stand in the reader's language and its order."""
    known = tuple(Option(value=act, label=words, words=act, is_name=True) for act, words in acts.options())
    return Listing(
        name="operator-audit",
        title=gettext_noop("Journal"),
        shape=Shape(
            fields=(
                Combobox(name="act", label=gettext_noop("Act"), options=known),
                Text(name="person", label=gettext_noop("Who"), hint=gettext_noop("Login or name")),
                Fuzzy(
                    name="organisation",
                    label=gettext_noop("Organisation"),
                    hint=gettext_noop("Name, pinyin or initials"),
                ),
                Text(name="subject", label=gettext_noop("Subject"), pattern=SUBJECT_PATTERN, hint="policy/parcel/…/1"),
                Days(name="day", label=gettext_noop("Time")),
            )
        ),
        columns=(
            Column(name="time", label=gettext_noop("Time"), cell=lambda line: line.entry.at_real, is_fixed=True),
            Column(
                name="business",
                label=gettext_noop("Business time"),
                cell=lambda line: line.entry.at_business,
                is_hidden_at_first=True,
            ),
            Column(name="who", label=gettext_noop("Who"), cell=lambda line: line.who),
            Column(name="act", label=gettext_noop("Act"), cell=lambda line: acts.of(line.entry.act), is_fixed=True),
            Column(name="subject", label=gettext_noop("Subject"), cell=_subject),
            Column(name="details", label=gettext_noop("Details"), cell=lambda line: acts.details(line.entry.details)),
            Column(name="organisation", label=gettext_noop("Organisation"), cell=lambda line: line.where),
        ),
        total=gettext_noop("Entries in all: %(count)s"),
        empty=gettext_noop("Nothing is recorded yet."),
    )


@require_safe
def index(request: Request) -> HttpResponse:
    """List what people and machines did."""
    actor = consoles.operator(request, needs=Permission.AUDIT_VIEW)
    page: listpages.ListPage[Line] = listpages.ListPage(
        listing=listing(),
        source=Named(entries=queries.journal_source(_wanted)),
        address=reverse("operator-audit"),
        active="audit",
        frame=lambda line: listpages.Frame(key=str(line.entry.id)),
    )
    return listpages.render(request, actor, page)
