"""The lists of after-sales (售后) and of refunds (退款异常): one declaration for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.kit import paging
from yidao.kit.lists import questions
from yidao.kit.lists.columns import Cell, Column, Dot, Left, Link, Number
from yidao.kit.lists.fields import Chips, Days, Numbers, Option, Tabbed, Text
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.lists.sources import Source
from yidao.orders.after_sale_queries import AfterSaleRow
from yidao.orders.refund_queries import RefundRow
from yidao.web.shared import life_words, listpages
from yidao.web.shared.listpages import Act, Frame, Tab
from yidao.web.shared.requests import Request

STATE: Final = gettext_noop("State")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record with where it and its order are shown."""

    row: AfterSaleRow
    address: str
    order_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """One refund with its shop's name, and where it and its order are shown."""

    row: RefundRow
    shop: str
    address: str
    order_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSales:
    """A shop's records with their addresses."""

    source: Source[AfterSaleRow]
    address_of: Callable[[AfterSaleRow], str]
    order_of: Callable[[AfterSaleRow], str]

    def page(self, question: Question) -> paging.Page[Line]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        found = self.source.page(question)
        lines = tuple(
            Line(row=row, address=self.address_of(row), order_address=self.order_of(row)) for row in found.rows
        )
        return paging.Page(rows=lines, next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return self.source.count(question, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunds:
    """All shops' refunds with the names of their shops, looked up once for a page."""

    source: Source[RefundRow]
    address_of: Callable[[RefundRow], str]
    order_of: Callable[[RefundRow], str]

    def page(self, question: Question) -> paging.Page[RefundLine]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        found = self.source.page(question)
        names = accounts.organisation_names(row.shop_id for row in found.rows)
        lines = tuple(
            RefundLine(
                row=row,
                shop=names.get(row.shop_id, "—"),
                address=self.address_of(row),
                order_address=self.order_of(row),
            )
            for row in found.rows
        )
        return paging.Page(rows=lines, next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return self.source.count(question, limit=limit)


def _options(words: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(value=code, label=label) for code, label in words.items())


def _clock(line: Line) -> Cell:
    """Return how long the state still lasts; nothing where time does nothing."""
    row = line.row
    return Left(started_at=row.changed_at, deadline=row.due_at) if row.due_at is not None else None


AFTER_SALES: Final[Listing[Line]] = Listing(
    name="merchant-after-sales",
    title=gettext_noop("After-sales"),
    shape=Shape(
        fields=(
            Tabbed(name="state", label=STATE, options=_options(life_words.AFTER_SALE), at_first=("AWAIT_SHOP",)),
            Chips(name="kind", label=gettext_noop("Kind"), options=_options(life_words.KIND)),
            Numbers(name="order", label=gettext_noop("Order number")),
            Numbers(name="number", label=gettext_noop("After-sale number")),
            Text(name="return", label=gettext_noop("Return waybill")),
            Days(name="opened", label=gettext_noop("Opened at")),
            Chips(
                name="reason",
                label=gettext_noop("Reason"),
                options=_options(life_words.REASON),
                is_more=True,
            ),
        )
    ),
    columns=(
        Column(
            name="kind",
            label=gettext_noop("Kind"),
            cell=lambda line: Link(text=life_words.of("kind", line.row.kind), address=line.address),
            is_fixed=True,
        ),
        Column(
            name="order",
            label=gettext_noop("Order"),
            cell=lambda line: Number(text=line.row.order_no, address=line.order_address),
        ),
        Column(name="reason", label=gettext_noop("Reason"), cell=lambda line: life_words.of("reason", line.row.reason)),
        Column(
            name="amount",
            label=gettext_noop("Amount"),
            cell=lambda line: life_words.yuan(line.row.amount_fen),
            is_numeric=True,
        ),
        Column(name="opened", label=gettext_noop("Opened at"), cell=lambda line: line.row.opened_at),
        Column(name="clock", label=gettext_noop("Answer within"), cell=_clock),
        Column(
            name="state",
            label=STATE,
            cell=lambda line: Dot(
                text=life_words.of("after_sale", line.row.state), tone=life_words.tone(line.row.state)
            ),
        ),
    ),
    total=gettext_noop("After-sales in all: %(count)s"),
    empty=gettext_noop("No after-sales here."),
    empty_hint=gettext_noop("Buyers open them; what waits for an answer comes first."),
)

REFUNDS: Final[Listing[RefundLine]] = Listing(
    name="operator-refunds",
    title=gettext_noop("Refunds in trouble"),
    shape=Shape(
        fields=(
            Tabbed(name="state", label=STATE, options=_options(life_words.STANDS), at_first=("DECIDE",)),
            Text(name="shop", label=gettext_noop("Shop")),
            Numbers(name="order", label=gettext_noop("Order number")),
            Chips(name="cause", label=gettext_noop("Cause"), options=_options(life_words.CAUSE)),
        )
    ),
    columns=(
        Column(
            name="order",
            label=gettext_noop("Order"),
            cell=lambda line: Link(text=line.row.order_no, address=line.address),
            is_fixed=True,
        ),
        Column(name="shop", label=gettext_noop("Shop"), cell=lambda line: line.shop),
        Column(
            name="amount",
            label=gettext_noop("Amount"),
            cell=lambda line: life_words.yuan(line.row.amount_fen),
            is_numeric=True,
        ),
        Column(name="cause", label=gettext_noop("Cause"), cell=lambda line: life_words.of("cause", line.row.cause)),
        Column(
            name="route",
            label=gettext_noop("Way of the money"),
            cell=lambda line: life_words.of("route", line.row.route),
        ),
        Column(
            name="tries", label=gettext_noop("Tries on this way"), cell=lambda line: line.row.tries, is_numeric=True
        ),
        Column(
            name="last",
            label=gettext_noop("Last answer"),
            cell=lambda line: life_words.of("outcome", line.row.last_outcome) if line.row.last_outcome else None,
        ),
        Column(name="wanted", label=gettext_noop("Wanted at"), cell=lambda line: line.row.wanted_at),
        Column(name="due", label=gettext_noop("Looked at again"), cell=lambda line: line.row.due_at),
        Column(
            name="state",
            label=STATE,
            cell=lambda line: Dot(
                text=life_words.of("stands", line.row.stands),
                tone=life_words.STANDS_TONE.get(line.row.stands, "active"),
            ),
        ),
    ),
    total=gettext_noop("Refunds in all: %(count)s"),
    empty=gettext_noop("No refund waits."),
    empty_hint=gettext_noop("What failed for good, or has no answer, stands here."),
)


def frame(line: Line | RefundLine) -> Frame:
    """Return what a row has beside its cells: the way to it."""
    open_it = Act(label=gettext_noop("Open"), address=line.address)
    return Frame(key=str(line.row.id), version=str(line.row.version), acts=(open_it,))


def tabs(
    request: Request, listing: Listing[Any], address: str, words: Mapping[str, str], source: Source[Any]
) -> tuple[Tab, ...]:
    """Return one tab for each state and one for all, each with the other answers of the question."""
    question = listpages.asked(request, listing)
    states = [*((code, label, (code,)) for code, label in words.items()), ("ALL", gettext_noop("All"), ())]

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
