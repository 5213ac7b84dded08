"""
The parcel and anomaly lists of every console: their declarations, where their rows come from, their exports, and the
drawer that stands over them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext, gettext_noop

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.accounts.models import Organisation
from yidao.exports import registry
from yidao.kit import paging
from yidao.kit.errors import NotVisible
from yidao.kit.lists import questions
from yidao.kit.lists.fields import Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.templates import render_block
from yidao.parcels import acknowledgements, detail, listing, listing_limits, lookup, nudge_queries, scope
from yidao.parcels.listing import Wanted
from yidao.parcels.listing_rows import Mark, Row
from yidao.rules.exporting import CodeRule
from yidao.rules.monitor import Cause
from yidao.rules.nudging import Item
from yidao.web.shared import export_lists, listpages, parcel_acts, parcel_columns, parcel_fields, reasons
from yidao.web.shared.formats import day
from yidao.web.shared.listpages import Act, Frame, ListPage, Missing, Tab
from yidao.web.shared.parcel_columns import Shown
from yidao.web.shared.requests import Request

TEMPLATE: Final = "shared/parcels.html"
AUDIENCE: Final = {
    ActorKind.CREATOR: "creator",
    ActorKind.MERCHANT: "merchant",
    ActorKind.CARRIER: "carrier",
    ActorKind.OPERATOR: "operator",
}
LIST, ANOMALIES = "list", "anomalies"
"""What a drawer's address says when it stands over the list of anomalies."""
SHARED: Final = ("shop", "order", "waybill", "carrier", "shipped", "room", "product")
"""Fields whose answers a tab takes over from the other one."""
CAUSES: Final = {
    Cause.SELF_SOLD: gettext_noop("a self-sold order"),
    Cause.CROSS_BORDER: gettext_noop("a cross-border order"),
    Cause.CUSTOMER_RETURN: gettext_noop("a customer's return"),
    Cause.BEFORE_DATA_START: gettext_noop("shipped before the data start"),
    Cause.NOT_SHIPPED: gettext_noop("the merchant has not shipped it"),
    Cause.UNKNOWN: gettext_noop("no order of this number"),
    Cause.SHOWN: gettext_noop("left out by the other filters"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    Where a console's two lists stand, which side bar entry is theirs, where a row leads, and what can be done with
    many (`bulk`) or with one that has an anomaly in progress (`one`). Who `must_name` parcels is shown only those whose
    whole numbers they type.
    """

    parcels: str
    anomalies: str
    exports: str
    row_address: Callable[[Row], str]
    active: str = "parcels"
    bulk: tuple[Act, ...] = ()
    one: tuple[Act, ...] = ()
    must_name: bool = False


def listing_for(actor: Actor, *, is_of_anomalies: bool, offered: tuple[Option, ...] = ()) -> Listing[Shown]:
    """Return the declaration of one of an actor's lists; `offered` are the shops its form offers."""
    kind = "anomalies" if is_of_anomalies else "parcels"
    fields = parcel_fields.fields_of_anomalies if is_of_anomalies else parcel_fields.fields_of_parcels
    by_time = actor.kind is ActorKind.MERCHANT and not is_of_anomalies
    return Listing(
        name=f"{AUDIENCE[actor.kind]}-{kind}",
        title=gettext_noop("Anomalous parcels") if is_of_anomalies else gettext_noop("All parcels"),
        shape=Shape(fields=fields(actor, offered), sorts=("newest", "left") if by_time else ("newest",)),
        columns=parcel_columns.columns_for(actor, is_of_anomalies=is_of_anomalies),
        total=gettext_noop("Anomalies in all: %(count)s")
        if is_of_anomalies
        else gettext_noop("Parcels in all: %(count)s"),
        empty=gettext_noop("No anomalies here.") if is_of_anomalies else gettext_noop("No parcels here."),
        empty_hint=gettext_noop("Widen the filter, or wait: new parcels appear by themselves."),
    )


@dataclass(slots=True)
class Source:
    """The rows of one list for one actor at one instant; what a question means is worked out once."""

    actor: Actor
    now: datetime
    is_of_anomalies: bool
    since: datetime | None = None
    must_name: bool = False
    _wanted: dict[str, Wanted] = field(default_factory=dict)

    def wanted(self, question: Question) -> Wanted:
        """Return what a question narrows the list by."""
        key = repr(question.fingerprint())
        if key not in self._wanted:
            self._wanted[key] = parcel_fields.wanted(question, actor=self.actor, since=self.since)
        return self._wanted[key]

    def page(self, question: Question) -> paging.Page[Shown]:
        """
        Return the rows of a page with what stands beside them.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        if self._is_shut(question):
            return paging.Page(rows=(), next_cursor="")
        read = listing.anomalies if self.is_of_anomalies else listing.parcels
        found = read(
            actor=self.actor,
            wanted=self.wanted(question),
            limit=question.size,
            offset=0 if question.after else question.offset,
            cursor=question.after,
        )
        return paging.Page(rows=self._beside(found.rows), next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, never more than the limit."""
        if self._is_shut(question):
            return 0
        count = listing.count_anomalies if self.is_of_anomalies else listing.count_parcels
        return count(actor=self.actor, wanted=self.wanted(question), limit=limit)

    def count_file_rows(self, question: Question, *, limit: int) -> int:
        """Return how many rows an exported file would have, never more than the limit."""
        count = listing.count_anomalies if self.is_of_anomalies else listing.count_file_rows
        return count(actor=self.actor, wanted=self.wanted(question), limit=limit)

    def _is_shut(self, question: Question) -> bool:
        return self.must_name and not question.of("waybill")

    def _beside(self, rows: tuple[Row, ...]) -> tuple[Shown, ...]:
        keys = [row.key for row in rows]
        nudges = nudge_queries.marks(keys, actor=self.actor, now=self.now)
        known = acknowledgements.marks(keys) if rows and self.actor.kind in _KNOWING else {}
        running = listing_limits.soonest(rows, now=self.now)
        return tuple(
            Shown(row=row, nudge=nudges.get(row.key), known_at=_known(row, known), running=running.get(row.key))
            for row in rows
        )


_KNOWING: Final = (ActorKind.CREATOR, ActorKind.MERCHANT)


def _known(row: Row, known: Mapping[Item, datetime]) -> datetime | None:
    """Return since when the shop knows of every anomaly in progress a row tells of; a mark is of its own episode."""
    marks = (row.anomaly,) if row.anomaly is not None else row.anomalies
    found = [
        at if at is not None and at >= mark.noticed_at else None
        for mark in marks
        if mark.state == "OPEN"
        for at in (known.get(Item(*row.key, mark.type)),)
    ]
    return max(at for at in found if at is not None) if found and None not in found else None


def page(
    request: Request, actor: Actor, place: Place, *, is_of_anomalies: bool, context: Mapping[str, Any] | None = None
) -> ListPage[Shown]:
    """Return one of an actor's lists, bound to its console."""
    since = since_when(actor, request.now)
    source = Source(
        actor=actor, now=request.now, is_of_anomalies=is_of_anomalies, since=since, must_name=place.must_name
    )
    is_part = request.method == "POST" or bool(request.htmx) or listpages.PART in request.GET
    offered = () if is_part else parcel_fields.offered_shops(actor)
    declared = listing_for(actor, is_of_anomalies=is_of_anomalies, offered=offered)
    question = listpages.asked(request, declared)
    own = place.anomalies if is_of_anomalies else place.parcels
    if place.must_name and not question.of("waybill"):
        declared = replace(
            declared,
            empty=gettext_noop("Type the waybill numbers you have in hand."),
            empty_hint=gettext_noop("An outlet finds parcels by their full numbers."),
        )
    return ListPage(
        listing=declared,
        source=source,
        address=own,
        active=place.active,
        frame=lambda shown: _frame(shown, request, place, is_of_many=len(actor.organisation_ids) > 1),
        tabs=_tabs(place, declared, question, source),
        bulk=place.bulk,
        export=None
        if place.must_name
        else export_lists.button(request, actor, declared, place.exports, source.count_file_rows),
        keeps_habits=True,
        notes=_notes(since),
        missing=lambda asked, found: _missing(actor, asked, found, request.now),
        template=TEMPLATE,
        context={"detail": None, **(context or {})},
    )


def _frame(shown: Shown, request: Request, place: Place, *, is_of_many: bool) -> Frame:
    row = shown.row
    query = request.GET.copy()
    query.pop(listpages.PART, None)
    if row.anomaly is not None:
        query[LIST] = ANOMALIES
    address = questions.address(place.row_address(row), query.urlencode())
    open_types = [mark.type for mark in shown.marks if mark.state == "OPEN"]
    name = row.token if not row.waybill_no else f"{row.carrier}/{row.waybill_no}/{row.life}"
    key = [row.token, *([row.tenant] if is_of_many else [])]
    if row.anomaly is not None:
        key += [row.anomaly.type, str(row.anomaly.opened_at)]
    item = (name if row.anomaly is None else f"{name}/{row.anomaly.type}") if open_types else ""
    track = Act(label=gettext_noop("Track"), address=address, is_drawer=True)
    own = [replace(each, address=f"{each.address}?{urlencode({'item': item})}") for each in place.one if item]
    return Frame(
        key="/".join(key),
        version=row.version if row.anomaly is None else f"{row.version}/{row.anomaly.state}{row.anomaly.closing}",
        acts=(track, *own),
        item=item,
        label=row.number,
        fresh_at=row.anomaly.noticed_at if row.anomaly is not None else row.recorded_at,
    )


def _tabs(place: Place, declared: Listing[Shown], question: Question, source: Source) -> tuple[Tab, ...]:
    """Return both lists as tabs; what both can be narrowed by goes along."""
    found = []
    for key, label, address, is_of_anomalies in (
        ("parcels", gettext_noop("All parcels"), place.parcels, False),
        ("anomalies", gettext_noop("Anomalous parcels"), place.anomalies, True),
    ):
        is_current = is_of_anomalies == source.is_of_anomalies
        shape, asked, own = declared.shape, question.at_first(), source
        if not is_current:
            shape = listing_for(source.actor, is_of_anomalies=is_of_anomalies).shape
            asked = shape.shared(question, SHARED)
            own = replace(source, is_of_anomalies=is_of_anomalies, _wanted={})
        found.append(
            Tab(
                key=key,
                label=label,
                address=questions.address(address, shape.write(asked)),
                count=_counting(own, asked),
                is_current=is_current,
            )
        )
    return tuple(found)


def _counting(source: Source, asked: Question) -> Callable[[int], int]:
    return lambda limit: source.count(asked, limit=limit)


def since_when(actor: Actor, now: datetime) -> datetime | None:
    """Return the data start of a creator's lists, None for who sees everything."""
    return scope.data_start(now) if actor.kind is ActorKind.CREATOR else None


def _notes(since: datetime | None) -> tuple[str, ...]:
    if since is None:
        return ()
    return (gettext("Only parcels shipped since %(day)s are shown.") % {"day": day(since)},)


def _missing(actor: Actor, question: Question, found: paging.Page[Shown], now: datetime) -> Iterable[Missing]:
    """Return the numbers that were looked for in vain; creators are told why, of their own orders."""
    shown_orders = {number for shown in found.rows for number in shown.row.order_nos}
    is_whole = question.page == 1 and not question.after and not found.next_cursor
    orders = question.of("order")
    if actor.kind is ActorKind.CREATOR and orders:
        causes = lookup.causes(actor=actor, order_nos=orders, now=now)
        for number in orders:
            cause = causes[number]
            if cause is not Cause.SHOWN or (is_whole and number not in shown_orders):
                yield Missing(number=number, why=gettext(CAUSES[cause]))
    elif orders:
        known = listing.found_order_nos(actor=actor, order_nos=orders)
        yield from (Missing(number=number) for number in orders if number not in known)
    waybills = question.of("waybill")
    if waybills:
        known = listing.found_waybill_nos(actor=actor, waybill_nos=waybills)
        yield from (Missing(number=number) for number in waybills if number not in known)


def render(request: Request, actor: Actor, place: Place, *, is_of_anomalies: bool) -> HttpResponse:
    """Render one of the two lists."""
    return listpages.render(request, actor, page(request, actor, place, is_of_anomalies=is_of_anomalies))


def render_drawer(request: Request, actor: Actor, place: Place, found: detail.Detail, address: str) -> HttpResponse:
    """Render the drawer over the list; htmx gets the drawer, or its inner part when only that is renewed."""
    shop_ids = (found.shop_id,) if found.shop_id is not None else ()
    query = request.GET.copy()
    is_of_anomalies = query.pop(LIST, [""])[-1] == ANOMALIES
    under = place.anomalies if is_of_anomalies else place.parcels
    own: dict[str, Any] = {
        "detail": found,
        "detail_address": questions.address(address, request.GET.urlencode()),
        "back": questions.address(under, query.urlencode()),
        "shop_name": accounts.organisation_names(shop_ids).get(found.shop_id or 0, ""),
        "why": reasons.told(found.truth),
        **parcel_acts.context(request, actor, found),
    }
    if request.htmx and not request.htmx.history_restore_request:
        block = "detail_body" if request.htmx.target == "detail" else "drawer_body"
        return render_block(request, TEMPLATE, block, own)
    return listpages.render(request, actor, page(request, actor, place, is_of_anomalies=is_of_anomalies), drawer=own)


def _asked(actor: Actor, query: str, *, is_of_anomalies: bool) -> Question:
    """
    Return what a list's own query string asks.

    :raises NotVisible: the actor has no such list.
    """
    told = {name: [str(each) for each in values] for name, values in QueryDict(query).lists()}
    return listing_for(actor, is_of_anomalies=is_of_anomalies).shape.read(told)


def _kind(audience: ActorKind, *, is_of_anomalies: bool) -> registry.Kind:
    """Return one list as what can be exported: the nine fields, a row for each anomaly."""

    def source(actor: Actor, now: datetime) -> Source:
        outlets = accounts.existing_organisations(actor.organisation_ids, kind=Organisation.Kind.OUTLET)
        if actor.kind is not audience or outlets:
            raise NotVisible
        return Source(actor=actor, now=now, is_of_anomalies=is_of_anomalies, since=since_when(actor, now))

    def count(actor: Actor, query: str, now: datetime, limit: int) -> int:
        found = source(actor, now)
        return found.count_file_rows(_asked(actor, query, is_of_anomalies=is_of_anomalies), limit=limit)

    def rows(actor: Actor, query: str, now: datetime) -> Iterator[tuple[str, ...]]:
        found = source(actor, now)
        wanted = found.wanted(_asked(actor, query, is_of_anomalies=is_of_anomalies))
        every = listing.every_anomaly if is_of_anomalies else listing.every_parcel
        for row in every(actor=actor, wanted=wanted):
            marks: tuple[Mark | None, ...] = (row.anomaly,) if is_of_anomalies else row.anomalies or (None,)
            yield from (parcel_columns.file_row(row, mark) for mark in marks)

    kind = "anomalies" if is_of_anomalies else "parcels"
    return registry.Kind(
        name=f"{AUDIENCE[audience]}-{kind}",
        title=gettext_noop("Anomalous parcels") if is_of_anomalies else gettext_noop("All parcels"),
        headers=parcel_columns.HEADERS,
        count=count,
        rows=rows,
        filters=lambda actor, query: export_lists.told(
            listing_for(actor, is_of_anomalies=is_of_anomalies).shape, query
        ),
        code_rule=CodeRule.ALWAYS,
    )


def register_exports() -> None:
    """Make the lists known as what can be exported."""
    registry.register(*KINDS)


KINDS: Final = tuple(
    _kind(audience, is_of_anomalies=is_of_anomalies) for audience in AUDIENCE for is_of_anomalies in (False, True)
)
