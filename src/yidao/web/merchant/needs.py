"""What a shop has to do now, for the top of its home page: each number leads to the list it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.judging import rating, settling_queries, violations
from yidao.ledger import queries as ledger
from yidao.notices import queries as notices
from yidao.orders import detail, figures, products
from yidao.orders.figures import COUNT_MAX, AfterSales, Waiting
from yidao.parcels import nudge_queries
from yidao.rules.money import yuan
from yidao.rules.rating import Rate
from yidao.web.shared import inbox
from yidao.web.shared.formats import SHANGHAI, capped, length, when
from yidao.web.shared.inbox import Line

COLUMN, HEIGHT, TOP = 32, 70, 14
"""Of the picture: how wide an hour is, how high the fullest one, and how much stands above it for its count."""
NEAR_HOURS: Final = 6
LABELLED_EVERY: Final = 3
BANS_SHOWN: Final = 5
NOTICES_SHOWN: Final = 5
OPEN: Final = "OPEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number in large type: where it leads, what it means, and `bad` when it should be none."""

    label: str
    value: str
    address: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour of the picture: where its bar stands, how high, and in words."""

    x: int
    y: int
    height: int
    count: int
    shown: str
    clock: str
    words: str
    address: str
    is_near: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Everything that asks for somebody of the shop."""

    figures: tuple[Figure, ...]
    hours: tuple[Hour, ...]
    total: str
    bans: tuple[tuple[str, str], ...]
    bans_address: str
    unread: tuple[Line, ...]
    unread_address: str


def of(actor: Actor, shop: ShopId, *, now: datetime) -> Needs:
    """Return what the shop has to do now; money only for who may see it."""
    at = {"shop": shop}
    waiting = figures.waiting(actor=actor, shop_id=shop, soon=detail.soon(now, shop_id=shop), now=now)
    orders = reverse("merchant-orders", kwargs=at)
    home = reverse("merchant-home", kwargs=at)
    own_notices = notices.notices(actor=actor, only_unread=True, limit=NOTICES_SHOWN)
    banned = violations.live_bans(actor=actor, shop_id=shop, limit=BANS_SHOWN)
    return Needs(
        figures=(
            *_of_orders(waiting, shop, now),
            _nudges(actor, shop, now),
            _violations(actor, shop, now),
            *_money(actor, shop),
        ),
        hours=_hours(waiting.hours, orders, now),
        total=capped(sum(waiting.hours), COUNT_MAX),
        bans=_named(shop, [each.product_id for each in banned]),
        bans_address=reverse("merchant-violations", kwargs=at),
        unread=tuple(inbox.lines(actor, own_notices.rows, root=home)),
        unread_address=f"{reverse('merchant-notices', kwargs=at)}?show=unread",
    )


def _of_orders(waiting: Waiting, shop: ShopId, now: datetime) -> Sequence[Figure]:
    orders = reverse("merchant-orders", kwargs={"shop": shop})

    def figure(label: str, count: int, tab: str, *, tone: str = "") -> Figure:
        return Figure(
            label=label,
            value=capped(count, COUNT_MAX),
            address=f"{orders}?tab={tab}",
            tone=tone if count else "",
        )

    sales = waiting.after_sales
    return (
        figure(gettext("Late"), waiting.late, "late", tone="bad"),
        figure(gettext("About to be late"), waiting.soon, "soon"),
        figure(gettext("To ship"), waiting.waiting, "to_ship"),
        figure(gettext("Part shipped"), waiting.part, "part"),
        Figure(
            label=gettext("After-sales to answer"),
            value=capped(sales.waiting, COUNT_MAX),
            address=f"{reverse('merchant-after-sales', kwargs={'shop': shop})}?state=AWAIT_SHOP",
            note=_sales(sales, now),
            tone="bad" if sales.due_at is not None and sales.due_at <= now else "",
        ),
    )


def _sales(sales: AfterSales, now: datetime) -> str:
    told = [_until(sales.due_at, now)] if sales.due_at is not None else []
    if sales.open > sales.waiting:
        told.append(gettext("%(count)s open in all") % {"count": capped(sales.open, COUNT_MAX)})
    return " · ".join(told)


def _until(due_at: datetime, now: datetime) -> str:
    """Return how much time is left, or that it is over."""
    if due_at <= now:
        return gettext("the first one overdue")
    return gettext("the first one for %(length)s") % {"length": length(due_at - now)}


def _nudges(actor: Actor, shop: ShopId, now: datetime) -> Figure:
    unanswered, _ = nudge_queries.unsettled(actor=actor)
    due_at = nudge_queries.first_due(actor=actor) if unanswered else None
    return Figure(
        label=gettext("Creators wait for an answer"),
        value=str(unanswered),
        address=reverse("merchant-nudges", kwargs={"shop": shop}),
        note=_until(due_at, now) if due_at is not None else "",
        tone="bad" if due_at is not None and due_at <= now else "",
    )


def _violations(actor: Actor, shop: ShopId, now: datetime) -> Figure:
    open_ = violations.counts(actor=actor).get(OPEN, 0)
    return Figure(
        label=gettext("Violations one can appeal against"),
        value=str(open_),
        address=f"{reverse('merchant-violations', kwargs={'shop': shop})}?state={OPEN}",
        note=_rate(rating.late_rate(actor=actor, shop_id=shop, now=now)),
        tone="bad" if open_ else "",
    )


def _rate(rate: Rate) -> str:
    if rate.per_ten_thousand is None:
        return ""
    percent = f"{rate.per_ten_thousand // 100}.{rate.per_ten_thousand % 100:02}%"
    return gettext("late shipment rate %(percent)s") % {"percent": percent}


def _money(actor: Actor, shop: ShopId) -> Sequence[Figure]:
    if not actor.may(Permission.DEPOSIT_VIEW):
        return ()
    held = ledger.balances(actor, shop)
    coming = sum(each.deducted_fen for each in settling_queries.forecast_of_shop(actor, shop))
    told = gettext("next deductions %(amount)s") % {"amount": yuan(coming)} if coming else ""
    owed = gettext("owed: %(amount)s") % {"amount": yuan(held.debt_fen)} if held.debt_fen else ""
    return (
        Figure(
            label=gettext("Deposit"),
            value=yuan(held.deposit_fen),
            address=reverse("merchant-deposit", kwargs={"shop": shop}),
            note=" · ".join(each for each in (owed, told) if each),
            tone="bad" if held.debt_fen else "",
        ),
    )


def _named(shop: ShopId, product_ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return products with their names; without any nobody is asked."""
    names = products.names(shop, product_ids) if product_ids else {}
    return tuple((each, names.get(each, "")) for each in product_ids)


def _hours(counts: Sequence[int], orders: str, now: datetime) -> tuple[Hour, ...]:
    """Return the picture's bars; the clock under one is when its hour begins."""
    most = max(*counts, 1)
    found = []
    for hour, count in enumerate(counts):
        began, ended = now + timedelta(hours=hour), now + timedelta(hours=hour + 1)
        # A single order among thousands is still seen.
        height = max(HEIGHT * count // most, 2) if count else 0
        words = ngettext("%(count)d order", "%(count)d orders", count) % {"count": count}
        found.append(
            Hour(
                x=hour * COLUMN,
                y=TOP + HEIGHT - height,
                height=height,
                count=count,
                shown=str(count) if count else "",
                clock=began.astimezone(SHANGHAI).strftime("%H:%M") if hour % LABELLED_EVERY == 0 else "",
                words=f"{when(began, now)} – {ended.astimezone(SHANGHAI):%H:%M}: {words}",
                address=f"{orders}?tab=to_ship&left={hour}-{hour + 1}",
                is_near=hour < NEAR_HOURS,
            )
        )
    return tuple(found)
