"""The list of one's own exports, and the words for where an export stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext, gettext_noop

from yidao.accounts.actors import Actor, Permission
from yidao.exports import queries, registry, services
from yidao.exports.ids import ExportId
from yidao.exports.making import Fault
from yidao.exports.queries import ExportRow, State
from yidao.kit import clock
from yidao.kit.lists import questions
from yidao.kit.lists.columns import Column, Dot, Link, Moment, Progress
from yidao.kit.lists.fields import Chips, Days, Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Shape
from yidao.web.shared import listpages
from yidao.web.shared.requests import Request

STATES: Final = {
    State.QUEUED: (gettext_noop("Waiting to be made"), "quiet"),
    State.RUNNING: (gettext_noop("Being made"), "active"),
    State.DONE: (gettext_noop("Ready to download"), "good"),
    State.FAILED: (gettext_noop("Export failed"), "bad"),
    State.CANCELLED: (gettext_noop("Cancelled"), "quiet"),
    State.EXPIRED: (gettext_noop("File deleted"), "quiet"),
}
FAULTS: Final = {
    Fault.RIGHTS_LOST: gettext_noop("When the file was made you could no longer see this list."),
    Fault.KIND_GONE: gettext_noop("This list cannot be exported any more."),
    Fault.NOTHING: gettext_noop("When the file was made the filter found no row any more."),
    Fault.TOO_MANY: gettext_noop("When the file was made the list had grown beyond the limit. Narrow the filter."),
    Fault.TOO_LARGE: gettext_noop("The file would be larger than a file may be. Narrow the filter."),
    Fault.BROKEN: gettext_noop("Something broke on our side. It has been recorded; please try again."),
}


SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One export in the list, and where its record is."""

    row: ExportRow
    address: str


def button(
    request: Request, actor: Actor, listing: Listing[Any], records: str, count: Callable[..., int]
) -> listpages.Export | None:
    """Return the button that makes a list's rows, told by `count(question, limit=)`, a file; none for who may not."""
    if not actor.may(Permission.EXPORTS_MAKE):
        return None
    question = listpages.asked(request, listing)
    told = {"kind": listing.name, "query": listing.shape.write(question.at_first()), "back": request.get_full_path()}
    return listpages.Export(
        address=questions.address(records, urlencode(told)),
        warning=lambda: services.warning(lambda limit: count(question, limit=limit), now=request.now),
    )


def told(shape: Shape, query: str) -> list[tuple[str, str]]:
    """Return what a list's query string narrows it by, as labels and words."""
    question = shape.read({name: [str(each) for each in values] for name, values in QueryDict(query).lists()})
    found = []
    for each in shape.fields:
        answer = question.of(each.name)
        if answer:
            words = {
                one.value: one.label if one.is_name else gettext(one.label) for one in getattr(each, "options", ())
            }
            found.append((gettext(each.label), SEPARATOR.join(words.get(one, one) or "…" for one in answer)))
    return found


def title_of(row: ExportRow) -> str:
    """Return what was exported, in the reader's language."""
    kind = registry.of(row.kind)
    return gettext(kind.title) if kind is not None else row.kind


def state_of(row: ExportRow) -> Dot:
    """Return where an export stands, in words and a color."""
    words, tone = STATES[row.state]
    return Dot(text=gettext(words), tone=tone)


def fault_of(row: ExportRow) -> str:
    """Return why there is no file, empty unless an export failed."""
    words = FAULTS.get(Fault(row.fault)) if row.fault in list(Fault) else None
    return gettext(words) if words is not None else row.fault


def _progress(line: Line) -> Progress | str:
    row = line.row
    if row.is_under_way:
        return Progress(done=row.rows_done, total=row.rows_total, state=f"{row.rows_done} / {row.rows_total}")
    return str(row.rows_done) if row.rows_done else ""


LISTING: Final[Listing[Line]] = Listing(
    name="exports",
    title=gettext_noop("Export records"),
    shape=Shape(
        fields=(
            Chips(
                name="state",
                label=gettext_noop("State"),
                options=tuple(Option(value=each.value, label=words) for each, (words, _) in STATES.items()),
            ),
            Days(name="asked", label=gettext_noop("Asked")),
        )
    ),
    columns=(
        Column(
            name="list",
            label=gettext_noop("List"),
            cell=lambda line: Link(text=title_of(line.row), address=line.address),
            is_fixed=True,
        ),
        Column(name="asked", label=gettext_noop("Asked"), cell=lambda line: line.row.asked_at),
        Column(name="format", label=gettext_noop("Format"), cell=lambda line: line.row.format),
        Column(name="rows", label=gettext_noop("Rows"), cell=_progress),
        Column(name="state", label=gettext_noop("State"), cell=lambda line: state_of(line.row)),
        Column(name="expires", label=gettext_noop("Kept until"), cell=lambda line: Moment(at=line.row.expires_at)),
        Column(name="fault", label=gettext_noop("Reason"), cell=lambda line: fault_of(line.row)),
    ),
    total=gettext_noop("Exports in all: %(count)s"),
    empty=gettext_noop("Nothing exported yet."),
    empty_hint=gettext_noop("Every list has a button that makes a file of what was found."),
)


def render(request: Request, actor: Actor, *, address: str, record_address: Callable[[ExportId], str]) -> HttpResponse:
    """Render the list, or its part for htmx."""

    def line(row: ExportRow) -> Line:
        return Line(row=row, address=record_address(row.id))

    def frame(each: Line) -> listpages.Frame:
        row = each.row
        act = listpages.Act(label=gettext_noop("Open"), address=each.address)
        return listpages.Frame(key=str(row.id), version=f"{row.state}/{row.rows_done}", acts=(act,))

    page = listpages.ListPage(
        listing=LISTING,
        source=queries.source(actor=actor, real_now=clock.real_now(), make=line),
        address=address,
        active="exports",
        frame=frame,
        template="shared/exports.html",
    )
    return listpages.render(request, actor, page)
