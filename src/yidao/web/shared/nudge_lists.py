"""The lists of nudges (介入) and tickets (查件): one declaration for each side of each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.utils.translation import gettext, gettext_noop
from pypinyin import lazy_pinyin

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import paging
from yidao.kit.lists import questions
from yidao.kit.lists.columns import Cell, Column, Dot, Left, Link, Moment, Number, Tag
from yidao.kit.lists.fields import Combobox, Days, Field, Numbers, Option, Tabbed
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.lists.sources import Source
from yidao.parcels.nudge_queries import ThreadRow, Threads
from yidao.parcels.ticket_queries import TicketRow, Tickets
from yidao.rules.nudging import State
from yidao.web.shared import listpages, nudge_words, phrases
from yidao.web.shared.listpages import Act, Frame, ListPage, Tab
from yidao.web.shared.requests import Request

Row = TypeVar("Row", ThreadRow, TicketRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Generic[Row]):
    """One row with the name of the other side and where it is shown."""

    row: Row
    other: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Generic[Row]):
    """The rows of a source with the names of the other side, looked up once for a page."""

    source: Source[Row]
    other_of: Callable[[Row], int]
    address_of: Callable[[int], str]

    def page(self, question: Question) -> paging.Page[Line[Row]]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        found = self.source.page(question)
        names = accounts.organisation_names(self.other_of(row) for row in found.rows)
        lines = tuple(
            Line(row=row, other=names.get(self.other_of(row), "—"), address=self.address_of(row.id))
            for row in found.rows
        )
        return paging.Page(rows=lines, next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return self.source.count(question, limit=limit)


def _state_field(words: Mapping[State, str]) -> Tabbed:
    options = tuple(Option(value=state.value, label=words[state]) for state in State)
    return Tabbed(name="state", label=gettext_noop("State"), options=options, at_first=(State.WAITING.value,))


def _who_field(label: str, ids: Iterable[int]) -> Combobox:
    names = accounts.organisation_names(ids)
    options = sorted((name, str(each)) for each, name in names.items())
    return Combobox(
        name="who",
        label=label,
        options=tuple(Option(value=each, label=name, words=_words(name), is_name=True) for name, each in options),
    )


def _words(name: str) -> str:
    syllables = lazy_pinyin(name)
    return f"{''.join(syllables)} {''.join(each[:1] for each in syllables)}".lower()


def _types(line: Line[ThreadRow]) -> Cell:
    return tuple(
        Tag(text=f"{phrases.of('type', name)} {count}", tone=phrases.type_tone(name)) for name, count in line.row.types
    )


def _clock(line: Line[Row]) -> Cell:
    """Return what a row's clock says: the time left or over, or when it was answered or settled."""
    row = line.row
    match row.state:
        case State.ANSWERED:
            return Moment(at=row.answered_at, text=gettext("answered"))
        case State.SETTLED:
            return Moment(at=row.settled_at, text=gettext("settled"))
        case _:
            return Left(started_at=row.asked_at, deadline=row.due_at)


def _state(words: Mapping[State, str]) -> Callable[[Line[Row]], Cell]:
    return lambda line: Dot(text=gettext(words[line.row.state]), tone=nudge_words.tone(line.row.state))


OPENED: Final = Days(name="opened", label=gettext_noop("Asked on"))
CREATOR: Final = gettext_noop("Creator")
SHOP: Final = gettext_noop("Shop")
STEPPING_IN: Final = gettext_noop("Stepping in")
CREATORS_STEP_IN: Final = gettext_noop("Creators step in")


def threads(*, name: str, title: str, other: str, partners: Iterable[int]) -> Listing[Line[ThreadRow]]:
    """Return the list of nudges as one side sees it; `other` is what the other side is called."""
    return Listing(
        name=name,
        title=title,
        shape=Shape(fields=(_state_field(nudge_words.NUDGE_STATE), _who_field(other, partners), OPENED)),
        columns=(
            Column(
                name="other", label=other, cell=lambda line: Link(text=line.other, address=line.address), is_fixed=True
            ),
            Column(name="types", label=gettext_noop("Anomalies"), cell=_types),
            Column(
                name="open",
                label=gettext_noop("In progress"),
                cell=lambda line: f"{line.row.open_items} / {line.row.item_count}",
                is_numeric=True,
            ),
            Column(name="asked", label=gettext_noop("Asked on"), cell=lambda line: line.row.opened_at),
            Column(name="clock", label=gettext_noop("Clock"), cell=_clock),
            Column(name="state", label=gettext_noop("State"), cell=_state(nudge_words.NUDGE_STATE)),
        ),
        total=gettext_noop("Nudges in all: %(count)s"),
        empty=gettext_noop("No nudges here."),
        empty_hint=gettext_noop("A creator steps in from a parcel with an anomaly; news appear by themselves."),
    )


def _ticket_columns(other: str) -> tuple[Column[Line[TicketRow]], ...]:
    return (
        Column(
            name="number",
            label=gettext_noop("Waybill number"),
            cell=lambda line: Number(text=line.row.waybill_no, address=line.address),
            is_fixed=True,
        ),
        Column(
            name="type",
            label=gettext_noop("Anomaly"),
            cell=lambda line: Tag(text=phrases.of("type", line.row.type), tone=phrases.type_tone(line.row.type)),
        ),
        Column(
            name="scan",
            label=gettext_noop("Last scan"),
            cell=lambda line: (
                Moment(at=line.row.last_scan_at, text=phrases.of("kind", line.row.last_kind))
                if line.row.last_kind
                else None
            ),
        ),
        Column(name="other", label=other, cell=lambda line: line.other),
        Column(name="asked", label=gettext_noop("Asked on"), cell=lambda line: line.row.opened_at),
        Column(name="clock", label=gettext_noop("Clock"), cell=_clock),
        Column(name="state", label=gettext_noop("State"), cell=_state(nudge_words.TICKET_STATE)),
    )


def tickets(*, name: str, other: str, shops: Iterable[int] | None) -> Listing[Line[TicketRow]]:
    """Return the list of tickets as one side sees it; a carrier may narrow it to some shops."""
    who: tuple[Field, ...] = () if shops is None else (_who_field(SHOP, shops),)
    return Listing(
        name=name,
        title=gettext_noop("Tickets"),
        shape=Shape(
            fields=(
                _state_field(nudge_words.TICKET_STATE),
                Numbers(name="waybill", label=gettext_noop("Waybill number")),
                *who,
                OPENED,
            )
        ),
        columns=_ticket_columns(other),
        total=gettext_noop("Tickets in all: %(count)s"),
        empty=gettext_noop("No tickets here."),
        empty_hint=gettext_noop("A shop asks its carrier from a parcel with an anomaly; answers come back here."),
    )


def thread_page(
    request: Request,
    actor: Actor,
    listing: Listing[Line[ThreadRow]],
    *,
    address: str,
    item_address: Callable[[int], str],
) -> ListPage[Line[ThreadRow]]:
    """Return the page of one side's nudges."""
    is_creator = actor.kind is ActorKind.CREATOR
    source = Threads(actor=actor, now=request.now)
    return ListPage(
        listing=listing,
        source=Named(
            source=source,
            other_of=lambda row: row.shop_id if is_creator else row.creator_id,
            address_of=item_address,
        ),
        address=address,
        active="nudges",
        frame=_frame,
        tabs=_tabs(request, listing, address, nudge_words.NUDGE_STATE, source),
    )


def ticket_page(
    request: Request,
    actor: Actor,
    listing: Listing[Line[TicketRow]],
    *,
    address: str,
    item_address: Callable[[int], str],
    outlet_id: int | None = None,
) -> ListPage[Line[TicketRow]]:
    """Return the page of one side's tickets; `outlet_id` narrows a head office's to one outlet."""
    is_shop = actor.kind is ActorKind.MERCHANT
    source = Tickets(actor=actor, now=request.now, outlet_id=outlet_id)
    return ListPage(
        listing=listing,
        source=Named(
            source=source,
            other_of=lambda row: (row.outlet_id or row.office_id) if is_shop else row.shop_id,
            address_of=item_address,
        ),
        address=address,
        active="tickets",
        frame=_frame,
        tabs=_tabs(request, listing, address, nudge_words.TICKET_STATE, source),
    )


def _frame(line: Line[Row]) -> Frame:
    open_it = Act(label=gettext_noop("Open"), address=line.address)
    return Frame(key=str(line.row.id), version=line.row.version, acts=(open_it,))


def _tabs(
    request: Request, listing: Listing[Line[Row]], address: str, words: Mapping[State, str], source: Source[Row]
) -> tuple[Tab, ...]:
    """Return one tab for each state, in the order of the rules, each with the other answers of the question."""
    question = listpages.asked(request, listing)

    def tab(state: State) -> Tab:
        asked = question.changed("state", (state.value,))
        return Tab(
            key=state.value,
            label=words[state],
            address=questions.address(address, listing.shape.write(asked)),
            count=lambda limit: source.count(asked, limit=limit),
            is_current=question.of("state") == (state.value,),
        )

    return tuple(tab(state) for state in State)
