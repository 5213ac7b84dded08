"""The columns of the order lists, on the page and in the exported file."""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.lists.columns import Cell, Column, Dot, Left, Moment, Number, Stack, Tag
from yidao.orders.listing_rows import LineRow, PackRow, Row
from yidao.rules import money
from yidao.web.shared import order_words, phrases
from yidao.web.shared.formats import moment
from yidao.web.shared.order_fields import LEFT, NEWEST

ORDER: Final = gettext_noop("Order number")
DUE: Final = gettext_noop("Latest ship time")
HEADERS: Final = (
    ORDER,
    gettext_noop("Line number"),
    gettext_noop("Product"),
    gettext_noop("Product id"),
    gettext_noop("Specification"),
    gettext_noop("Merchant code"),
    gettext_noop("Quantity"),
    gettext_noop("Unit price"),
    gettext_noop("Paid for the line"),
    gettext_noop("Freight of the order"),
    gettext_noop("Paid for the order"),
    gettext_noop("Receiver"),
    gettext_noop("Receiver's phone"),
    gettext_noop("Receiver's region"),
    gettext_noop("Creator"),
    gettext_noop("Ordered at"),
    gettext_noop("Paid at"),
    gettext_noop("Promise"),
    DUE,
    gettext_noop("Shipped at"),
    gettext_noop("Carrier"),
    gettext_noop("Waybill number"),
    gettext_noop("Order state"),
    gettext_noop("After-sale"),
    gettext_noop("Labels"),
    gettext_noop("Late judgements"),
    gettext_noop("Flag"),
)
"""What a file of orders tells, one row for each line; personal data masked."""
LINES_SHOWN: Final = 2


def file_rows(row: Row) -> Iterator[tuple[str, ...]]:
    """Yield the rows of one order in a file: one for each of its lines."""
    for line in row.lines:
        packs = [pack for pack in row.packs if any(number == line.line_no for number, _ in pack.lines)]
        yield (
            row.order_no,
            line.order_no,
            line.product_name,
            line.product_id,
            line.sku_name,
            line.merchant_code,
            str(line.quantity),
            money.plain_yuan(line.price_fen),
            money.plain_yuan(line.paid_fen),
            money.plain_yuan(row.freight_fen),
            money.plain_yuan(row.paid_fen),
            row.buyer.name,
            row.buyer.phone,
            order_words.place(row.buyer.division),
            row.creator,
            moment(row.ordered_at) if row.ordered_at else "",
            moment(row.paid_at) if row.paid_at else "",
            order_words.of("promise", line.promise_kind) if line.promise_kind else "",
            moment(line.ship_by_at) if line.ship_by_at else "",
            moment(packs[0].shipped_at) if packs else "",
            ";".join(phrases.carrier(pack.carrier) for pack in packs),
            ";".join(pack.waybill_no for pack in packs),
            order_words.of("state", row.state),
            _after_sale(row, line),
            ";".join(words for words, _ in order_words.labels(row.labels)),
            str(row.judged_count),
            order_words.flag(row.flag) if row.flag else "",
        )


def _after_sale(row: Row, line: LineRow) -> str:
    """Return where a line's money stands, in words."""
    if line.refunded_quantity:
        return gettext("refunded: %(count)s") % {"count": line.refunded_quantity}
    return gettext("refund under way") if row.open_refunds else ""


def item(line: LineRow) -> str:
    """Return one line as people read it: product, specification, how many."""
    return " ".join(each for each in (line.product_name or line.product_id, line.sku_name, f"×{line.quantity}") if each)


def _items(row: Row) -> Cell:
    shown = tuple(item(line) for line in row.lines[:LINES_SHOWN])
    more = len(row.lines) - len(shown)
    return Stack(lines=(*shown, f"+{more}") if more > 0 else shown) if shown else None


def _left(row: Row) -> Cell:
    if row.ship_by_at is None:
        return Moment(at=row.shipped_at) if row.shipped_at else None
    return Left(started_at=row.paid_at or row.recorded_at, deadline=row.ship_by_at)


def _buyer(row: Row) -> Cell:
    who = " ".join(each for each in (row.buyer.name, row.buyer.phone) if each)
    where = order_words.place(row.buyer.division) + row.buyer.address
    return Stack(lines=tuple(each for each in (who, where) if each)) if who or where else None


def tags(row: Row) -> tuple[Tag, ...]:
    """Return the labels of an order, with what else is worth seeing at once: refunds and judgements."""
    found = [Tag(text=words, tone=tone) for words, tone in order_words.labels(row.labels)]
    if row.open_refunds:
        found.insert(0, Tag(text=gettext("Refunding"), tone="warn"))
    if row.judged_count:
        found.insert(0, Tag(text=gettext("Late shipment ×%(count)s") % {"count": row.judged_count}, tone="severe"))
    return tuple(found)


def _packs(row: Row) -> Cell:
    if not row.packs:
        return None
    first: PackRow = row.packs[0]
    return Number(text=first.waybill_no, more=tuple(pack.waybill_no for pack in row.packs[1:]))


def _money(row: Row) -> Cell:
    return Stack(
        lines=(
            order_words.yuan(row.paid_fen),
            *((gettext("refunded %(sum)s") % {"sum": order_words.yuan(row.refunded_fen)},) if row.refunded_fen else ()),
        )
    )


def _notes(row: Row) -> Cell:
    told = (
        *((order_words.flag(row.flag),) if row.flag else ()),
        *((gettext("Note: %(text)s") % {"text": row.note},) if row.note else ()),
        *((gettext("Buyer: %(text)s") % {"text": row.remark},) if row.remark else ()),
    )
    return Stack(lines=told, flag=row.flag) if told else None


_FIRST: Final[tuple[Column[Row], ...]] = (
    Column(name="order", label=ORDER, cell=lambda row: Number(text=row.order_no), is_fixed=True),
    Column(name="left", label=gettext_noop("Time left to ship"), cell=_left, sort=LEFT),
    Column(
        name="state",
        label=gettext_noop("Order state"),
        cell=lambda row: Dot(text=order_words.of("state", row.state), tone=order_words.tone(row.state)),
    ),
    Column(name="labels", label=gettext_noop("Labels"), cell=lambda row: tags(row) or None),
)
_REST: Final[tuple[Column[Row], ...]] = (
    Column(name="items", label=gettext_noop("Products"), cell=_items),
    Column(name="buyer", label=gettext_noop("Receiver"), cell=_buyer),
    Column(name="money", label=gettext_noop("Amount paid"), cell=_money, is_numeric=True),
    Column(name="paid", label=gettext_noop("Paid at"), cell=lambda row: row.paid_at, sort=NEWEST),
    Column(
        name="promise",
        label=gettext_noop("Promise"),
        cell=lambda row: order_words.of("promise", row.promise_kind) if row.promise_kind else None,
    ),
    Column(name="due", label=DUE, cell=lambda row: row.ship_by_at, is_hidden_at_first=True),
    Column(name="carrier", label=gettext_noop("Carrier"), cell=lambda row: phrases.carrier(row.carrier) or None),
    Column(name="packs", label=gettext_noop("Waybill number"), cell=_packs),
    Column(name="creator", label=gettext_noop("Creator"), cell=lambda row: row.creator or None),
)


def columns_for(actor: Actor) -> tuple[Column[Row], ...]:
    """Return the columns an actor may see; what people of the shop wrote is the shop's alone."""
    if actor.kind is ActorKind.OPERATOR:
        shop: Column[Row] = Column(name="shop", label=gettext_noop("Shop name"), cell=lambda row: row.shop or None)
        return (*_FIRST[:1], shop, *_FIRST[1:], *_REST)
    notes: Column[Row] = Column(name="notes", label=gettext_noop("Notes"), cell=_notes)
    return (*_FIRST, *_REST[:2], notes, *_REST[2:])
