"""
The filter fields of the parcel and anomaly lists, exactly those of the source for creators, and what they mean. What an
anomaly is (its type, state and reason) narrows the lists of anomalies alone.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language, gettext_noop

from yidao.accounts import names
from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.carriers import catalogue
from yidao.kit.lists.fields import Chips, Combobox, Days, Field, Fuzzy, Numbers, Option, Select, Text
from yidao.kit.lists.questions import Question
from yidao.parcels import listing
from yidao.parcels.listing import Wanted
from yidao.web.shared import phrases

STATE: Final = {"OPEN": gettext_noop("In progress"), "CLOSED": gettext_noop("Over")}
"""Whether an anomaly goes on (进行中) or is over (已完结)."""
REASONS: Final = (
    "LOST", "NO_NEWS", "DAMAGED", "OUT_OF_AREA", "UNREACHABLE_CONTACT", "ADDRESS_UNCLEAR", "PHONE_WRONG", "DETAINED",
    "MISSORTED", "DELIVERY_PROBLEM", "DELIVERY_DELAYED", "HUB_DWELL", "NO_UPDATE", "PROBLEM",
)  # fmt: skip
"""What an anomaly can be told apart by within its type, lost, damaged and unreachable (丢失、破损、不可达) first."""
SHOPS_OF_OPERATORS_MAX: Final = 20
"""Shops an operator's name may stand for; creators search among their own."""
SHOPS_OFFERED_MAX: Final = 300
SHOPS_FOUND_MAX: Final = 2_000
SHIPPED: Final = gettext_noop("Shipped at")


def state_words(state: str) -> str:
    """Return the message id of a state's words."""
    return STATE.get(state, state)


@lru_cache(maxsize=8)
def _carriers(language: str) -> tuple[Option, ...]:
    """Return the carriers by pinyin from a to z, as the source wants it; English names by themselves."""
    found = []
    for code in catalogue.CODES:
        chinese = catalogue.BY_CODE[code].name
        keys = names.keys(chinese)
        shown = phrases.carrier(code)
        order = keys.pinyin if language.startswith("zh") else shown.casefold()
        words = f"{keys.pinyin.replace(' ', '')} {keys.initials} {code} {shown.casefold()}"
        found.append((order, Option(value=code, label=shown, words=words, is_name=True)))
    return tuple(option for _, option in sorted(found, key=lambda each: (each[0], each[1].value)))


def carrier_options() -> tuple[Option, ...]:
    """Return the carriers one may choose, in the reader's language."""
    return _carriers(get_language() or "")


def _statuses(actor: Actor) -> Chips:
    options = tuple(Option(value=each, label=phrases.STATUS[each]) for each in listing.statuses_for(actor))
    return Chips(name="status", label=gettext_noop("Parcel status"), options=options)


def _types() -> tuple[Option, ...]:
    return tuple(Option(value=each, label=phrases.TYPE[each]) for each in listing.TYPES)


def _state() -> Select:
    options = tuple(Option(value=each, label=words) for each, words in STATE.items())
    return Select(name="state", label=gettext_noop("Anomaly state"), options=options, at_first=("OPEN",))


def offered_shops(actor: Actor) -> tuple[Option, ...]:
    """Return the shops a creator's form offers: those that occur for him, by pinyin from a to z; two statements."""
    if actor.kind is ActorKind.CREATOR:
        known = accounts.organisation_names(listing.shops_of_creators(actor.organisation_ids)[:SHOPS_OFFERED_MAX])
        keyed = sorted(((names.keys(name), name) for name in known.values()), key=lambda each: each[0].pinyin)
        return tuple(
            Option(value=name, label=name, words=f"{keys.pinyin.replace(' ', '')} {keys.initials}", is_name=True)
            for keys, name in keyed
        )
    return ()


def _shop(offered: tuple[Option, ...] = ()) -> Fuzzy:
    hint = gettext_noop("part of the name, pinyin or initials")
    return Fuzzy(name="shop", label=gettext_noop("Shop name"), hint=hint, suggested=offered)


def _order() -> Numbers:
    return Numbers(name="order", label=gettext_noop("Order number"), hint=gettext_noop("several may be pasted"))


def _waybill() -> Numbers:
    return Numbers(name="waybill", label=gettext_noop("Waybill number"), hint=gettext_noop("several may be pasted"))


def _carrier() -> Combobox:
    hint = gettext_noop("name, pinyin or initials")
    return Combobox(name="carrier", label=gettext_noop("Carrier"), hint=hint, options=carrier_options())


def _reason() -> Combobox:
    options = tuple(Option(value=each, label=phrases.REASON[each]) for each in REASONS)
    return Combobox(name="reason", label=gettext_noop("Reason of the anomaly"), options=options, is_more=True)


def _promotion() -> tuple[Field, ...]:
    return (
        Text(name="room", label=gettext_noop("Live show"), hint=gettext_noop("its number"), is_more=True),
        Text(name="product", label=gettext_noop("Product"), hint=gettext_noop("id or part of the name"), is_more=True),
    )


def fields_of_parcels(actor: Actor, offered: tuple[Option, ...] = ()) -> tuple[Field, ...]:
    """Return the fields of the list of parcels; the creator's are those of the source, in its order."""
    shipped = Days(name="shipped", label=SHIPPED)
    if actor.kind is ActorKind.CREATOR:
        return _statuses(actor), _shop(offered), _order(), _carrier(), shipped, *_promotion()
    tail = Text(name="tail", label=gettext_noop("Phone tail"), hint=gettext_noop("last four digits"), pattern=r"\d{4}")
    match actor.kind:
        case ActorKind.MERCHANT:
            return _statuses(actor), _waybill(), _order(), _carrier(), tail, shipped
        case ActorKind.OPERATOR:
            return _statuses(actor), _waybill(), _order(), _carrier(), _shop(offered), tail, shipped
        case _:
            return _statuses(actor), _waybill(), _order(), shipped


def fields_of_anomalies(actor: Actor, offered: tuple[Option, ...] = ()) -> tuple[Field, ...]:
    """Return the fields of the list of anomalies; the creator's are those of the source, in its order."""
    shipped = Days(name="shipped", label=SHIPPED)
    types = Chips(name="type", label=gettext_noop("Anomaly type"), options=_types())
    state = _state()
    match actor.kind:
        case ActorKind.CREATOR:
            return types, state, _shop(offered), _order(), _carrier(), shipped, _reason(), *_promotion()
        case ActorKind.OPERATOR:
            return types, state, _waybill(), _order(), _carrier(), _shop(offered), shipped, _reason()
        case ActorKind.MERCHANT:
            return types, state, _waybill(), _order(), _carrier(), shipped, _reason()
        case _:
            return types, state, _waybill(), _order(), shipped, _reason()


def wanted(question: Question, *, actor: Actor, since: datetime | None) -> Wanted:
    """Return what a question means: names become ids, and nothing shipped before `since` is shown."""
    shipped_from, shipped_until = question.span("shipped")
    if since is not None:
        shipped_from = max(shipped_from, since) if shipped_from is not None else since
    product = question.one("product")
    return Wanted(
        statuses=question.of("status"),
        carriers=question.of("carrier"),
        shop_ids=_shops(question.one("shop"), actor),
        order_nos=question.of("order"),
        waybill_nos=question.of("waybill"),
        tail=question.one("tail"),
        types=question.of("type"),
        states=question.of("state"),
        reasons=question.of("reason"),
        room_ids=question.of("room"),
        product_ids=listing.products_named(product, actor=actor) if product else None,
        shipped_from=shipped_from,
        shipped_until=shipped_until,
        is_by_time_left=question.sort == "left",
    )


def _shops(text: str, actor: Actor) -> tuple[int, ...] | None:
    """Return the shops a typed name stands for, None when nothing was typed."""
    if not text:
        return None
    if actor.kind is ActorKind.CREATOR:
        own = listing.shops_of_creators(actor.organisation_ids)
        return tuple(accounts.find_shops(text, limit=SHOPS_FOUND_MAX, among=own))
    return tuple(accounts.find_shops(text, limit=SHOPS_OF_OPERATORS_MAX))
