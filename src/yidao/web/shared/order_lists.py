"""The order lists of the consoles: their declaration, where their rows come from, their export, and the drawer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext, gettext_noop

from yidao.accounts.actors import Actor, ActorKind
from yidao.exports import registry
from yidao.kit import paging
from yidao.kit.errors import NotVisible
from yidao.kit.lists import questions
from yidao.kit.lists.fields import Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.templates import render_block
from yidao.orders import detail, listing
from yidao.orders.listing import Wanted
from yidao.orders.listing_rows import Row
from yidao.rules.exporting import CodeRule
from yidao.web.shared import export_lists, listpages, order_columns, order_fields
from yidao.web.shared.listpages import Act, Frame, ListPage, Missing, Tab
from yidao.web.shared.order_fields import ALL, LEFT, NATURAL, NEWEST, TABS
from yidao.web.shared.requests import Request

TEMPLATE: Final = "shared/orders.html"
TITLE: Final = gettext_noop("Order management")
NAMES: Final = {ActorKind.MERCHANT: "merchant-orders", ActorKind.OPERATOR: "operator-orders"}
EXPORT: Final = gettext_noop("Export the orders found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a console's orders stand, where a row leads, what it offers besides, what can be done with many or all."""

    orders: str
    exports: str
    row_address: Callable[[Row], str]
    one: Callable[[Row], tuple[Act, ...]] = field(default=lambda row: ())
    bulk: tuple[Act, ...] = ()
    beside: tuple[Act, ...] = ()


def listing_for(actor: Actor, *, offered: tuple[Option, ...] = ()) -> Listing[Row]:
    """
    Return the declaration of an actor's list; `offered` are the creators its form offers.

    :raises NotVisible: the actor's kind has no orders.
    """
    if actor.kind not in NAMES:
        raise NotVisible
    return Listing(
        name=NAMES[actor.kind],
        title=TITLE,
        shape=Shape(fields=order_fields.fields_for(actor, offered), sorts=(NATURAL, LEFT, NEWEST)),
        columns=order_columns.columns_for(actor),
        total=gettext_noop("Orders in all: %(count)s"),
        empty=gettext_noop("No orders here."),
        empty_hint=gettext_noop("Widen the filter, or wait: new orders appear by themselves."),
    )


@dataclass(slots=True)
class Source:
    """The orders of one list for one actor at one instant; what a question means is worked out once."""

    actor: Actor
    now: datetime
    _wanted: dict[str, Wanted] = field(default_factory=dict)
    _soon: timedelta | None = None
    _names: order_fields.Names | None = None

    def wanted(self, question: Question) -> Wanted:
        """Return what a question narrows the list by."""
        key = repr(question.fingerprint())
        if key not in self._wanted:
            if self._soon is None:
                shops = self.actor.organisation_ids if self.actor.kind is ActorKind.MERCHANT else ()
                self._soon = detail.soon(self.now, shop_id=shops[0] if len(shops) == 1 else 0)
            self._names = self._names or order_fields.Names(actor=self.actor)
            self._wanted[key] = order_fields.wanted(question, self._names, soon=self._soon, now=self.now)
        return self._wanted[key]

    def page(self, question: Question) -> paging.Page[Row]:
        """
        Return the rows of a page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        wanted = self.wanted(question)
        if self.is_shut(question):
            return paging.Page(rows=(), next_cursor="")
        offset = 0 if question.after else question.offset
        return listing.orders(
            actor=self.actor, wanted=wanted, limit=question.size, offset=offset, cursor=question.after
        )

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many orders there are, never more than the limit."""
        wanted = self.wanted(question)
        return 0 if self.is_shut(question) else listing.count(actor=self.actor, wanted=wanted, limit=limit)

    def count_file_rows(self, question: Question, *, limit: int) -> int:
        """Return how many rows an exported file would have, never more than the limit."""
        wanted = self.wanted(question)
        return 0 if self.is_shut(question) else listing.count_lines(actor=self.actor, wanted=wanted, limit=limit)

    def is_shut(self, question: Question) -> bool:
        """Return whether an operator must name orders or a shop first: all orders of all shops are no list."""
        return self.actor.kind is ActorKind.OPERATOR and not self.wanted(question).is_found_anywhere


def page(request: Request, actor: Actor, place: Place) -> ListPage[Row]:
    """Return an actor's list, bound to its console."""
    source = Source(actor=actor, now=request.now)
    is_part = request.method == "POST" or bool(request.htmx) or listpages.PART in request.GET
    declared = listing_for(actor, offered=() if is_part else _offered(actor))
    question = listpages.asked(request, declared)
    if source.is_shut(question):
        declared = replace(
            declared,
            empty=gettext_noop("Type order numbers, or name a shop."),
            empty_hint=gettext_noop("All orders of all shops are not a list; what is late is, in its own tab."),
        )
    export = export_lists.button(request, actor, declared, place.exports, source.count_file_rows)
    return ListPage(
        listing=declared,
        source=source,
        address=place.orders,
        active="orders",
        frame=lambda row: _frame(row, request, place),
        tabs=_tabs(place, declared, question, source),
        bulk=place.bulk,
        export=replace(export, label=EXPORT) if export is not None else None,
        beside=place.beside,
        keeps_habits=True,
        missing=lambda asked, found: _missing(source, asked, found),
        template=TEMPLATE,
        context={"order": None},
    )


def _offered(actor: Actor) -> tuple[Option, ...]:
    """Return the creators a shop's form offers."""
    if actor.kind is not ActorKind.MERCHANT:
        return ()
    names = sorted(listing.creators(actor.organisation_ids).values())
    return tuple(Option(value=name, label=name, is_name=True) for name in names)


def _frame(row: Row, request: Request, place: Place) -> Frame:
    query = request.GET.copy()
    query.pop(listpages.PART, None)
    address = questions.address(place.row_address(row), query.urlencode())
    return Frame(
        key=str(row.id),
        version=str(row.version),
        acts=(Act(label=gettext_noop("Detail"), address=address, is_drawer=True), *place.one(row)),
        item=str(row.id) if place.bulk else "",
        label=row.order_no,
        fresh_at=row.recorded_at,
    )


def _tabs(place: Place, declared: Listing[Row], question: Question, source: Source) -> tuple[Tab, ...]:
    """Return the tabs; what the list is narrowed by goes along, its order does not."""
    current = order_fields.tab_of(question)
    found = []
    for key in TABS:
        asked = replace(question.changed("tab", () if key == ALL else (key,)), sort=NATURAL)
        found.append(
            Tab(
                key=key,
                label=TABS[key],
                address=questions.address(place.orders, declared.shape.write(asked)),
                count=_counting(source, asked),
                is_current=key == current,
            )
        )
    return tuple(found)


def _counting(source: Source, asked: Question) -> Callable[[int], int]:
    return lambda limit: source.count(asked, limit=limit)


def _missing(source: Source, question: Question, found: paging.Page[Row]) -> Iterable[Missing]:
    """Return the numbers that were looked for in vain, and of those in another tab, that they are there."""
    asked = question.of("order")
    if not asked or question.page > 1 or question.after or found.next_cursor:
        return
    shown = {number for row in found.rows for number in (row.order_no, *(line.order_no for line in row.lines))}
    absent = [number for number in asked if number not in shown]
    known = listing.found_order_nos(actor=source.actor, order_nos=absent)
    for number in absent:
        yield Missing(
            number=number, why=gettext("in another tab, or left out by the filter") if number in known else ""
        )


def render_drawer(
    request: Request, actor: Actor, place: Place, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render the drawer over the list; htmx gets the drawer, or its inner part when only that is renewed."""
    own = {**context, "back": questions.address(place.orders, request.GET.urlencode())}
    if request.htmx and not request.htmx.history_restore_request:
        block = "order_body" if request.htmx.target == "order" else "drawer_body"
        response = render_block(request, TEMPLATE, block, own)
    else:
        response = listpages.render(request, actor, page(request, actor, place), drawer=own)
    response.status_code = status
    return response


def _asked(actor: Actor, query: str) -> Question:
    """
    Return what a list's own query string asks.

    :raises NotVisible: the actor has no such list.
    """
    told = {name: [str(each) for each in values] for name, values in QueryDict(query).lists()}
    return listing_for(actor).shape.read(told)


def _kind(audience: ActorKind) -> registry.Kind:
    """Return one list as what can be exported (导出查询订单): a row for each order line."""

    def source(actor: Actor, now: datetime) -> Source:
        if actor.kind is not audience:
            raise NotVisible
        return Source(actor=actor, now=now)

    def count(actor: Actor, query: str, now: datetime, limit: int) -> int:
        return source(actor, now).count_file_rows(_asked(actor, query), limit=limit)

    def rows(actor: Actor, query: str, now: datetime) -> Iterator[tuple[str, ...]]:
        found, question = source(actor, now), _asked(actor, query)
        wanted = found.wanted(question)
        if not found.is_shut(question):
            for row in listing.every(actor=actor, wanted=wanted):
                yield from order_columns.file_rows(row)

    return registry.Kind(
        name=NAMES[audience],
        title=TITLE,
        headers=order_columns.HEADERS,
        count=count,
        rows=rows,
        filters=lambda actor, query: export_lists.told(listing_for(actor).shape, query),
        code_rule=CodeRule.ALWAYS,
    )


def register_exports() -> None:
    """Make the lists known as what can be exported."""
    registry.register(*KINDS)


KINDS: Final = tuple(_kind(audience) for audience in NAMES)
