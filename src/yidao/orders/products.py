"""
The products of shops (商品) as their orders name them, with what a shop says of each itself: short name for labels
(打单简称), merchant code, weight. They are met by a sweep behind the orders, never on the way orders come in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import clock, db, ids, paging, sweeps
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.kit.lists.questions import Question
from yidao.orders import sight
from yidao.orders.shop_models import Product

MET_AT_ONCE: Final = 5_000
"""Orders one step of the sweep looks at."""
SETTLED_AFTER: Final = timedelta(seconds=60)
"""Orders as young as this (real time) may stand in a transaction that is not over."""
ROWS_MAX: Final = 5_000
"""Products one file may name."""
SHORT_NAME_CHARS_MAX: Final = 30
CODE_CHARS_MAX: Final = 60
WEIGHT_MAX: Final = 1_000_000
"""A ton, in grams."""


class ProductRefused(Refusal):
    """What was said of a product cannot be kept; the faults name the fields."""

    code = "product.refused"
    status = 422
    message = "This cannot be kept."


class ProductChanged(Refusal):
    """Somebody else changed the product since the form was read."""

    code = "product.changed"
    message = "Somebody else has changed this meanwhile. Please look at it again."


class TooManyRows(Refusal):
    """A file names more products than one import takes."""

    code = "product.too_many_rows"
    status = 422
    message = "A file may name at most %(most)s products."


class Left(StrEnum):
    """Why a row of a file was left out."""

    UNKNOWN = "UNKNOWN"
    SHORT_NAME = "SHORT_NAME"
    MERCHANT_CODE = "MERCHANT_CODE"
    WEIGHT = "WEIGHT"
    TWICE = "TWICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """One product as pages show it."""

    product_id: str
    name: str
    short_name: str
    merchant_code: str
    weight_grams: int | None
    version: int
    met_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a shop says of a product; a None stays what it was, an empty text or a 0 takes it away."""

    product_id: str
    short_name: str | None = None
    merchant_code: str | None = None
    weight_grams: int | None = None


_FIELDS: Final = ("product_id", "name", "short_name", "merchant_code", "weight_grams", "version", "met_at")


def _of_shop(actor: Actor, shop_id: int) -> QuerySet[Product]:
    if actor.kind is not ActorKind.MERCHANT or shop_id not in actor.organisation_ids:
        raise NotVisible
    return Product.objects.filter(shop_id=shop_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The products of a shop as a list reads them: those met last first."""

    actor: Actor
    shop_id: int

    def _found(self, question: Question) -> QuerySet[Product]:
        found = _of_shop(self.actor, self.shop_id)
        text = question.one("text").strip()
        if text:
            mine = Q(name__icontains=text) | Q(short_name__icontains=text)
            found = found.filter(mine | Q(product_id=text) | Q(merchant_code__iexact=text))
        return found.filter(short_name="") if question.one("short") == "none" else found

    def page(self, question: Question) -> paging.Page[ProductRow]:
        """
        Return the rows of a page.

        :raises NotVisible: the shop is not the actor's.
        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        fingerprint = paging.filter_hash("products", self.shop_id, *question.fingerprint())
        found = self._found(question)
        if question.after:
            at, last_id = paging.open_cursor(question.after, of=fingerprint, length=2)
            met_at = datetime.fromisoformat(at)
            found = found.filter(Q(met_at__lt=met_at) | Q(met_at=met_at, product_id__gt=last_id))
        start = 0 if question.after else question.offset
        values = list(_values(found)[start : start + question.size + 1])
        rows = tuple(ProductRow(**each) for each in values[: question.size])
        if len(values) <= question.size:
            return paging.Page(rows=rows, next_cursor="")
        key = (rows[-1].met_at.isoformat(), rows[-1].product_id)
        return paging.Page(rows=rows, next_cursor=paging.cursor(key, of=fingerprint))

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many products there are, never more than the limit."""
        return self._found(question).order_by()[:limit].count()

    def every(self, question: Question) -> Iterator[ProductRow]:
        """Yield all products of the list in order."""
        for each in _values(self._found(question)).iterator(chunk_size=1_000):
            yield ProductRow(**each)


def _values(found: QuerySet[Product]) -> Any:
    return found.order_by("-met_at", "product_id").values(*_FIELDS)


def product(product_id: str, *, actor: Actor, shop_id: int) -> ProductRow:
    """
    Return one product.

    :raises NotVisible: it is not there, or not the actor's.
    """
    values = _of_shop(actor, shop_id).filter(product_id=product_id).values(*_FIELDS).first()
    if values is None:
        raise NotVisible
    return ProductRow(**values)


def short_names(shop_id: int, product_ids: Iterable[str]) -> dict[str, str]:
    """Return the short names of those of a shop's products that have one; for labels and pick lists."""
    wanted = Product.objects.filter(shop_id=shop_id, product_id__in=set(product_ids)).exclude(short_name="")
    return dict(wanted.values_list("product_id", "short_name"))


def names(shop_id: int, product_ids: Iterable[str]) -> dict[str, str]:
    """Return what a shop's products are called; those that no order named yet are missing."""
    wanted = Product.objects.filter(shop_id=shop_id, product_id__in=set(product_ids))
    return dict(wanted.values_list("product_id", "name"))


def faults(said: Said) -> tuple[Left, ...]:
    """Return what is wrong with what is said of a product."""
    wrong = {
        Left.SHORT_NAME: len(said.short_name or "") > SHORT_NAME_CHARS_MAX,
        Left.MERCHANT_CODE: len(said.merchant_code or "") > CODE_CHARS_MAX,
        Left.WEIGHT: not 0 <= (said.weight_grams or 0) <= WEIGHT_MAX,
    }
    return tuple(each for each, is_so in wrong.items() if is_so)


def say(said: Said, *, actor: Actor, shop_id: int, seen_version: int, now: datetime, real_now: datetime) -> None:
    """
    Keep what a shop says of one product.

    :raises NotVisible: it is not there, or not the actor's.
    :raises Forbidden: the role does not allow it.
    :raises ProductRefused: something is too long or too heavy.
    :raises ProductChanged: somebody changed it since `seen_version`.
    """
    product(said.product_id, actor=actor, shop_id=shop_id)
    sight.require(actor, Permission.SHOP_SETTINGS)
    wrong = faults(said)
    if wrong:
        raise ProductRefused(faults=tuple(FieldFault(pointer=each.value.lower(), code="INVALID") for each in wrong))
    mine = Product.objects.filter(shop_id=shop_id, product_id=said.product_id, version=seen_version)
    with db.transaction(actor):
        if not mine.update(version=seen_version + 1, changed_at=now, **_told(said)):
            raise ProductChanged
        _journal(actor, shop_id, 1, now=now, real_now=real_now)


def _told(said: Said) -> dict[str, Any]:
    told = {"short_name": said.short_name, "merchant_code": said.merchant_code}
    fresh: dict[str, Any] = {name: text for name, text in told.items() if text is not None}
    if said.weight_grams is not None:
        fresh["weight_grams"] = said.weight_grams or None
    return fresh


_SAY_MANY: Final = """
UPDATE product AS p
   SET short_name = coalesce(new.short_name, p.short_name),
       merchant_code = coalesce(new.merchant_code, p.merchant_code),
       weight_grams = CASE WHEN new.weight IS NULL THEN p.weight_grams ELSE nullif(new.weight, 0) END,
       version = p.version + 1, changed_at = %(now)s
  FROM unnest(%(id)s::text[], %(short)s::text[], %(code)s::text[], %(weight)s::integer[])
       AS new (product_id, short_name, merchant_code, weight)
 WHERE p.shop_id = %(shop)s AND p.product_id = new.product_id
   AND (p.short_name, p.merchant_code, p.weight_grams) IS DISTINCT FROM
       (coalesce(new.short_name, p.short_name), coalesce(new.merchant_code, p.merchant_code),
        CASE WHEN new.weight IS NULL THEN p.weight_grams ELSE nullif(new.weight, 0) END)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a file: how many products changed, how many were so already, and why which rows were left out."""

    changed: int
    unchanged: int
    left_out: Mapping[int, Left]


def say_many(said: Sequence[Said], *, actor: Actor, shop_id: int, now: datetime, real_now: datetime) -> Kept:
    """
    Keep what a shop says of many products at once, by their places in `said`; what cannot be kept is named, the rest
    is kept. Saying the same again changes nothing.

    :raises NotVisible: the shop is not the actor's.
    :raises Forbidden: the role does not allow it.
    :raises TooManyRows: more than ROWS_MAX.
    """
    mine = _of_shop(actor, shop_id)
    sight.require(actor, Permission.SHOP_SETTINGS)
    if len(said) > ROWS_MAX:
        raise TooManyRows(most=ROWS_MAX)
    known = set(mine.filter(product_id__in={each.product_id for each in said}).values_list("product_id", flat=True))
    left_out: dict[int, Left] = {}
    good: dict[str, Said] = {}
    for place, each in enumerate(said):
        wrong = faults(each)
        if each.product_id not in known:
            left_out[place] = Left.UNKNOWN
        elif wrong:
            left_out[place] = wrong[0]
        elif each.product_id in good:
            left_out[place] = Left.TWICE
        else:
            good[each.product_id] = each
    changed = _write(list(good.values()), actor, shop_id, now=now, real_now=real_now) if good else 0
    return Kept(changed=changed, unchanged=len(good) - changed, left_out=left_out)


def _write(good: Sequence[Said], actor: Actor, shop_id: int, *, now: datetime, real_now: datetime) -> int:
    good = sorted(good, key=lambda each: each.product_id)
    columns: dict[str, Any] = {
        "shop": shop_id,
        "now": now,
        "id": [each.product_id for each in good],
        "short": [each.short_name for each in good],
        "code": [each.merchant_code for each in good],
        "weight": [each.weight_grams for each in good],
    }
    with db.transaction(actor), connection.cursor() as cursor:
        cursor.execute(_SAY_MANY, columns)
        changed = int(cursor.rowcount)
        if changed:
            _journal(actor, shop_id, changed, now=now, real_now=real_now)
    return changed


def _journal(actor: Actor, shop_id: int, count: int, *, now: datetime, real_now: datetime) -> None:
    audit.record(
        act="product.described",
        subject=f"shop/{shop_id}",
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=shop_id,
        details={"count": count},
        at_real=real_now,
        at_business=now,
    )


_BEGIN: Final = "INSERT INTO product_cursor (id, order_id) VALUES (1, 0) ON CONFLICT DO NOTHING"
_CURSOR: Final = "SELECT order_id FROM product_cursor WHERE id = 1 FOR UPDATE"
_NEXT: Final = """
SELECT max(id), count(*) FROM (SELECT id FROM order_head WHERE id > %s AND id < %s ORDER BY id LIMIT %s) AS found
"""
_MEET: Final = """
INSERT INTO product (shop_id, product_id, name, merchant_code, met_at)
SELECT DISTINCT ON (h.shop_id, l.product_id) h.shop_id, l.product_id, l.product_name, l.merchant_code, %(now)s
  FROM order_head AS h JOIN order_line AS l ON l.order_id = h.id
 WHERE h.id > %(after)s AND h.id <= %(until)s AND l.product_id <> ''
 ORDER BY h.shop_id, l.product_id, h.id DESC
ON CONFLICT (shop_id, product_id) DO UPDATE SET name = excluded.name
 WHERE product.name <> excluded.name AND excluded.name <> ''
"""
_GO_ON: Final = "UPDATE product_cursor SET order_id = %s WHERE id = 1"


def meet(bucket: int, now: datetime) -> int:
    """
    Meet the products of orders that came in since the last time; return how many orders were looked at.

    One worker does it for all: the first bucket. A product's newest name stands; what a shop says of it is never
    overwritten.
    """
    if bucket:
        return 0
    young = ids.first_id_since(clock.real_now() - SETTLED_AFTER)
    with db.transaction(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_CURSOR)
        after = cursor.fetchone()[0]
        cursor.execute(_NEXT, [after, young, MET_AT_ONCE])
        until, count = cursor.fetchone()
        if count:
            cursor.execute(_MEET, {"after": after, "until": until, "now": now})
            cursor.execute(_GO_ON, [until])
    return int(count)


CONCERN: Final = sweeps.Concern(name="products", step=meet)
