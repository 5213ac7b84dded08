"""The tabs and filter fields of the order lists, and what they mean."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.lists.fields import Chips, Combobox, Days, Field, Fuzzy, Numbers, Option, Tabbed, Text
from yidao.kit.lists.questions import Question
from yidao.orders import listing
from yidao.orders.listing import Wanted
from yidao.orders.models import TO_SHIP_STATES
from yidao.rules.order_state import Label
from yidao.web.shared import order_words
from yidao.web.shared.parcel_fields import carrier_options

TO_SHIP, SOON, LATE, PART, SHIPPED = "to_ship", "soon", "late", "part", "shipped"
REFUNDING, CLOSED, DONE, ALL = "refunding", "closed", "done", "all"
TABS: Final = {
    TO_SHIP: gettext_noop("To ship"),
    SOON: gettext_noop("About to be late"),
    LATE: gettext_noop("Late"),
    PART: gettext_noop("Part shipped"),
    SHIPPED: gettext_noop("Sent off"),
    REFUNDING: gettext_noop("Refunding"),
    CLOSED: gettext_noop("Order closed"),
    DONE: gettext_noop("Completed"),
    ALL: gettext_noop("All"),
}
"""The tabs in the order in which they stand."""
BY_TIME_LEFT: Final = (TO_SHIP, SOON, LATE, PART)
"""Tabs that begin with what must leave first."""
NATURAL, LEFT, NEWEST = "natural", "left", "newest"
SHOPS_MAX: Final = 20
_LEFT: Final = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)
PHONE_PATTERN: Final = r"\d{4,20}|\d{0,4}\*{1,8}\d{4}|\+?[\d -]{8,24}"


def tab_of(question: Question) -> str:
    """Return the tab an address stands at."""
    return question.one("tab") or ALL


def is_by_time_left(question: Question) -> bool:
    """Return whether the list begins with what must leave first: as asked, or as its tab does by itself."""
    if question.sort == NATURAL:
        return tab_of(question) in BY_TIME_LEFT
    return question.sort == LEFT


def _tab(first: str) -> Tabbed:
    options = tuple(Option(value=key, label=words) for key, words in TABS.items() if key != ALL)
    return Tabbed(name="tab", label=gettext_noop("View"), options=options, at_first=(first,))


def _order() -> Numbers:
    return Numbers(name="order", label=gettext_noop("Order number"), hint=gettext_noop("several may be pasted"))


def fields_for(actor: Actor, offered: tuple[Option, ...] = ()) -> tuple[Field, ...]:
    """Return the fields of an actor's list; `offered` are the creators the form offers."""
    due = Days(name="due", label=gettext_noop("Latest ship time"))
    promise = Combobox(
        name="promise",
        label=gettext_noop("Promise"),
        options=tuple(Option(value=str(kind), label=words) for kind, words in order_words.PROMISE.items()),
    )
    if actor.kind is ActorKind.OPERATOR:
        shop = Fuzzy(name="shop", label=gettext_noop("Shop name"), hint=gettext_noop("part of the name, or its id"))
        return _tab(LATE), _order(), shop, due, promise
    return (
        _tab(TO_SHIP),
        _order(),
        Text(name="product", label=gettext_noop("Product"), hint=gettext_noop("id or part of the name")),
        Text(
            name="phone",
            label=gettext_noop("Receiver's phone"),
            hint=gettext_noop("whole, masked, or the last four digits"),
            pattern=PHONE_PATTERN,
        ),
        due,
        Text(
            name="left",
            label=gettext_noop("Hours left"),
            hint=gettext_noop("6, or 3-4"),
            pattern=_LEFT.pattern,
            is_more=True,
        ),
        _flags(),
        _labels(),
        _promise_more(promise),
        Combobox(
            name="carrier",
            label=gettext_noop("Carrier"),
            hint=gettext_noop("name, pinyin or initials"),
            options=carrier_options(),
            is_more=True,
        ),
        Fuzzy(name="creator", label=gettext_noop("Creator"), suggested=offered, is_more=True),
        Days(name="paid", label=gettext_noop("Paid at"), is_more=True),
    )


def _promise_more(promise: Combobox) -> Combobox:
    return Combobox(name=promise.name, label=promise.label, options=promise.options, is_more=True)


def _flags() -> Chips:
    options = tuple(Option(value=str(flag), label=words) for flag, words in order_words.FLAG.items())
    return Chips(name="flag", label=gettext_noop("Flag"), options=options, is_more=True)


def _labels() -> Chips:
    options = tuple(Option(value=label.name or "", label=words) for label, words in order_words.LABEL.items())
    return Chips(name="label", label=gettext_noop("Label"), options=options, is_more=True)


@dataclass(slots=True)
class Names:
    """What typed names stand for to one actor; each is looked up once, however many tabs ask."""

    actor: Actor
    _products: dict[str, tuple[tuple[str, ...], int]] = field(default_factory=dict)
    _creators: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _shops: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def products(self, text: str, own: tuple[int, ...]) -> tuple[tuple[str, ...], int]:
        """Return the products a text stands for, and how many order lines they have."""
        if text not in self._products:
            found = listing.products_named(text, shop_ids=own)
            self._products[text] = (found, listing.lines_of(found))
        return self._products[text]

    def creators(self, text: str, own: tuple[int, ...]) -> tuple[int, ...]:
        """Return the creators a part of a name stands for."""
        if text not in self._creators:
            self._creators[text] = listing.creators_named(text, shop_ids=own)
        return self._creators[text]

    def shops(self, text: str) -> tuple[int, ...] | None:
        """Return the shops a typed name or id stands for, None when nothing was typed."""
        if text and text not in self._shops:
            self._shops[text] = _shops(text)
        return self._shops[text] if text else None


def wanted(question: Question, names: Names, *, soon: timedelta, now: datetime) -> Wanted:
    """Return what a question means at `now`: names become ids, and a tab the states and times it stands for."""
    actor = names.actor
    tab = tab_of(question)
    due_from, due_until = _due(question, tab, soon=soon, now=now)
    paid_from, paid_until = question.span("paid")
    shop_ids = names.shops(question.one("shop"))
    own = tuple[int, ...](actor.organisation_ids) if actor.kind is ActorKind.MERCHANT else shop_ids or ()
    product, creator = question.one("product"), question.one("creator")
    product_ids, product_lines = names.products(product, own) if product else (None, None)
    return Wanted(
        states=_STATES.get(tab, ()),
        is_refunding=tab == REFUNDING,
        shop_ids=shop_ids,
        order_nos=question.of("order"),
        product_ids=product_ids,
        product_lines=product_lines,
        phone=question.one("phone"),
        promise_kinds=question.of("promise"),
        carriers=question.of("carrier"),
        creator_ids=names.creators(creator, own) if creator else None,
        labels=sum(int(Label[each]) for each in question.of("label")),
        flags=tuple(int(each) for each in question.of("flag")),
        due_from=due_from,
        due_until=due_until,
        paid_from=paid_from,
        paid_until=paid_until,
        is_by_time_left=is_by_time_left(question),
    )


_STATES: Final = {
    TO_SHIP: TO_SHIP_STATES,
    PART: ("PARTIALLY_SHIPPED",),
    SHIPPED: ("SHIPPED",),
    CLOSED: ("CANCELLED",),
    DONE: ("COMPLETED",),
}


def _due(question: Question, tab: str, *, soon: timedelta, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the half-open stretch in which the latest ship time must lie: tab, days and hours left together."""
    spans = [question.span("due"), _hours(question.one("left"), now)]
    if tab == SOON:
        spans.append((now, now + soon))
    elif tab == LATE:
        spans.append((None, now))
    starts = [start for start, _ in spans if start is not None]
    ends = [end for _, end in spans if end is not None]
    return max(starts, default=None), min(ends, default=None)


def _hours(told: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the stretch that `6` (less than six hours left) or `3-4` (three to four) means."""
    found = _LEFT.fullmatch(told)
    if found is None:
        return None, None
    first, last = (0, int(found[1])) if found[2] is None else (int(found[1]), int(found[2]))
    return now + timedelta(hours=first), now + timedelta(hours=last)


def _shops(text: str) -> tuple[int, ...]:
    named = accounts.find_shops(text, limit=SHOPS_MAX)
    if named or not (text.isascii() and text.isdigit()):
        return named
    return (int(text),) if int(text) < 2**63 else ()
