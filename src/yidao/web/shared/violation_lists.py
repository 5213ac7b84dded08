"""The lists of violations, appeals, sanctions and banned products: one declaration for each, rows with their names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

from django.utils.translation import gettext, gettext_noop

from yidao.accounts import queries as accounts
from yidao.judging.violations import BanRow, ViolationRow, WaitingRow
from yidao.kit import paging
from yidao.kit.lists import questions
from yidao.kit.lists.columns import Cell, Column, Dot, Left, Link, Moment, Number, Tag
from yidao.kit.lists.fields import Chips, Days, Field, Numbers, Option, Tabbed, Text
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.lists.sources import Source
from yidao.web.shared import listpages, violation_words
from yidao.web.shared.listpages import Act, Frame, Tab
from yidao.web.shared.requests import Request


class OfShop(Protocol):
    """A row that belongs to a shop and is shown somewhere."""

    @property
    def id(self) -> int:
        """Return its id."""

    @property
    def shop_id(self) -> int:
        """Return its shop."""

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""


Row = TypeVar("Row", bound=OfShop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Generic[Row]):
    """One row with its shop's name, and where it and its order are shown."""

    row: Row
    shop: str
    address: str
    order_address: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Generic[Row]):
    """The rows of a source with the names of their shops, looked up once for a page."""

    source: Source[Row]
    address_of: Callable[[Row], str]
    order_of: Callable[[Row], str]
    now: datetime
    is_named: bool = True

    def page(self, question: Question) -> paging.Page[Line[Row]]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        found = self.source.page(question)
        names = accounts.organisation_names(row.shop_id for row in found.rows) if self.is_named else {}
        lines = tuple(
            Line(
                row=row,
                shop=names.get(row.shop_id, "—"),
                address=self.address_of(row),
                order_address=self.order_of(row),
                now=self.now,
            )
            for row in found.rows
        )
        return paging.Page(rows=lines, next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return self.source.count(question, limit=limit)


ORDER: Final = gettext_noop("Order")
SHOP: Final = gettext_noop("Shop")
STATE: Final = gettext_noop("State")
KIND: Final = gettext_noop("Kind")


def options(words: Mapping[str, str]) -> tuple[Option, ...]:
    """Return the choices of a field from a table of words."""
    return tuple(Option(value=code, label=label) for code, label in words.items())


def _number(line: Line[ViolationRow] | Line[WaitingRow] | Line[BanRow]) -> Cell:
    return Number(text=line.row.order_no, address=line.order_address)


def _shop_column() -> Column[Line[Row]]:
    return Column(name="shop", label=SHOP, cell=lambda line: line.shop)


def _appeal_clock(line: Line[ViolationRow]) -> Cell:
    """Return until when an appeal is in time; nothing where there can be none any more."""
    row = line.row
    if row.state != "OPEN" or row.notified_at is None or row.appeal_until is None:
        return None
    return Left(started_at=row.notified_at, deadline=row.appeal_until)


def violations(*, name: str, is_operators: bool) -> Listing[Line[ViolationRow]]:
    """Return the list of violations as a shop or the platform sees it."""
    shop_field: tuple[Field, ...] = (Text(name="shop", label=SHOP),) if is_operators else ()
    shop_column: tuple[Column[Line[ViolationRow]], ...] = (_shop_column(),) if is_operators else ()
    first = () if is_operators else ("OPEN",)
    return Listing(
        name=name,
        title=gettext_noop("All violations") if is_operators else gettext_noop("Violations"),
        shape=Shape(
            fields=(
                Tabbed(name="state", label=STATE, options=options(violation_words.STATE), at_first=first),
                Chips(name="kind", label=KIND, options=options(violation_words.KIND)),
                *shop_field,
                Numbers(name="order", label=gettext_noop("Order number")),
                Days(name="day", label=gettext_noop("Judged on")),
                Chips(
                    name="money", label=gettext_noop("Deduction"), options=options(violation_words.MONEY), is_more=True
                ),
                Chips(
                    name="ordinal",
                    label=gettext_noop("Which judgement"),
                    options=tuple(Option(value=str(each), label=str(each), is_name=True) for each in (1, 2, 3)),
                    is_more=True,
                ),
            )
        ),
        columns=(
            Column(
                name="kind",
                label=gettext_noop("Violation"),
                cell=lambda line: Link(text=violation_words.of("kind", line.row.kind), address=line.address),
                is_fixed=True,
            ),
            Column(name="nth", label=gettext_noop("Judgement"), cell=lambda line: violation_words.nth(line.row)),
            Column(name="order", label=ORDER, cell=_number),
            *shop_column,
            Column(name="at", label=gettext_noop("Judged at"), cell=lambda line: line.row.at),
            Column(
                name="money",
                label=gettext_noop("Deduction"),
                cell=lambda line: violation_words.money_of(line.row),
            ),
            Column(name="appeal", label=gettext_noop("Appeal within"), cell=_appeal_clock),
            Column(
                name="state",
                label=STATE,
                cell=lambda line: Dot(
                    text=violation_words.of("state", line.row.state),
                    tone=violation_words.STATE_TONE.get(line.row.state, "active"),
                ),
            ),
        ),
        total=gettext_noop("Violations in all: %(count)s"),
        empty=gettext_noop("No violations here."),
        empty_hint=gettext_noop("Orders that leave in time have none."),
    )


def _answer_clock(line: Line[WaitingRow]) -> Cell:
    row = line.row
    if row.answered_at is not None:
        return Moment(at=row.answered_at, text=gettext("answered"))
    return Left(started_at=row.filed_at, deadline=row.due_at)


APPEALS: Final[Listing[Line[WaitingRow]]] = Listing(
    name="operator-appeals",
    title=gettext_noop("Appeals to answer"),
    shape=Shape(
        fields=(
            Tabbed(name="state", label=STATE, options=options(violation_words.APPEAL), at_first=("OPEN",)),
            Chips(name="kind", label=KIND, options=options(violation_words.KIND)),
            Chips(name="channel", label=gettext_noop("Way"), options=options(violation_words.CHANNEL)),
            Text(name="shop", label=SHOP),
            Numbers(name="order", label=gettext_noop("Order number")),
        )
    ),
    columns=(
        Column(
            name="kind",
            label=gettext_noop("Violation"),
            cell=lambda line: Link(text=violation_words.of("kind", line.row.kind), address=line.address),
            is_fixed=True,
        ),
        _shop_column(),
        Column(name="order", label=ORDER, cell=_number),
        Column(
            name="channel",
            label=gettext_noop("Way"),
            cell=lambda line: Tag(text=violation_words.of("channel", line.row.channel), tone="notice"),
        ),
        Column(name="filed", label=gettext_noop("Appealed at"), cell=lambda line: line.row.filed_at),
        Column(name="clock", label=gettext_noop("Answer due"), cell=_answer_clock),
        Column(
            name="state",
            label=STATE,
            cell=lambda line: Dot(
                text=violation_words.of("appeal", line.row.state),
                tone=violation_words.APPEAL_TONE.get(line.row.state, "active"),
            ),
        ),
    ),
    total=gettext_noop("Appeals in all: %(count)s"),
    empty=gettext_noop("No appeal waits."),
    empty_hint=gettext_noop("What must be answered first stands first; news appear by themselves."),
)


def _ban_state(line: Line[BanRow]) -> Cell:
    if line.row.lifted_at is None:
        return Dot(text=violation_words.of("ban", "LIVE"), tone="bad")
    return Dot(text=violation_words.of("ban", "LIFTED"), tone="good")


BANS: Final[Listing[Line[BanRow]]] = Listing(
    name="operator-bans",
    title=gettext_noop("Banned products"),
    shape=Shape(
        fields=(
            Tabbed(name="state", label=STATE, options=options(violation_words.BAN), at_first=("LIVE",)),
            Text(name="shop", label=SHOP),
            Text(name="product", label=gettext_noop("Product id")),
            Numbers(name="order", label=gettext_noop("Order number")),
        )
    ),
    columns=(
        Column(
            name="product",
            label=gettext_noop("Product id"),
            cell=lambda line: Link(text=line.row.product_id, address=line.address),
            is_fixed=True,
        ),
        _shop_column(),
        Column(name="order", label=gettext_noop("Because of order"), cell=_number),
        Column(name="banned", label=gettext_noop("Banned at"), cell=lambda line: line.row.banned_at),
        Column(name="lifted", label=gettext_noop("Lifted at"), cell=lambda line: line.row.lifted_at),
        Column(name="state", label=STATE, cell=_ban_state),
    ),
    total=gettext_noop("Banned products in all: %(count)s"),
    empty=gettext_noop("No product is banned."),
    empty_hint=gettext_noop("A product is banned when one of its orders is judged too often."),
)


def frame(line: Line[Row]) -> Frame:
    """Return what a row has beside its cells: the way to it."""
    open_it = Act(label=gettext_noop("Open"), address=line.address)
    return Frame(key=str(line.row.id), version=line.row.version, acts=(open_it,))


def tabs(
    request: Request,
    listing: Listing[Line[Row]],
    address: str,
    words: Mapping[str, str],
    source: Source[Row],
    *,
    has_all: bool = False,
) -> tuple[Tab, ...]:
    """Return one tab for each state, and one for all of them if asked, each with the other answers of the question."""
    question = listpages.asked(request, listing)
    states: Iterable[tuple[str, str, tuple[str, ...]]] = [(code, label, (code,)) for code, label in words.items()]
    if has_all:
        states = [*states, ("ALL", gettext_noop("All"), ())]

    def tab(key: str, label: str, answer: tuple[str, ...]) -> Tab:
        asked = question.changed("state", answer)
        return Tab(
            key=key,
            label=label,
            address=questions.address(address, listing.shape.write(asked)),
            count=lambda limit: source.count(asked, limit=limit),
            is_current=question.of("state") == answer,
        )

    return tuple(tab(*each) for each in states)
