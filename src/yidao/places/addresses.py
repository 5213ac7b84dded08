"""The address book (地址库) of a shop: where it ships from and where returns go, each with a default."""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db import connection as django_connection

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import crypto, db, ids
from yidao.kit.errors import FieldFault, Forbidden, NotVisible, Refusal
from yidao.places import divisions
from yidao.places.models import ShopAddress

Kind = ShopAddress.Kind
ADDRESSES_MAX: Final = 100
"""Live addresses of one shop, of both kinds together."""
CONTACT_CHARS_MAX: Final = 30
STREET_CHARS_MAX: Final = 120
PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")
TAIL_DIGITS: Final = 4
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('shop_address'), hashtext(%s))"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


class AddressRefused(Refusal):
    """An address is not whole or not plausible; the faults name the fields."""

    code = "address.refused"
    status = 422
    message = "The address is not complete."


class TooManyAddresses(Refusal):
    """The book is full."""

    code = "address.too_many"
    message = "An address book holds at most %(most)s addresses. Remove one first."


class AddressChanged(Refusal):
    """Somebody else changed the address since the form was read."""

    code = "address.changed"
    message = "Somebody else has changed this meanwhile. Please look at it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An address as somebody wrote it; `division` is the code of the smallest unit there is."""

    kind: str
    contact: str
    phone: str
    division: str
    street: str
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRow:
    """One address as pages show it."""

    id: int
    shop_id: int
    kind: str
    contact: str
    phone: str
    division: str
    street: str
    is_default: bool
    version: int


def place(column: str, address_id: int) -> str:
    """Return the place for which a column of an address is encrypted."""
    return f"shop_address.{column}/{address_id}"


def addresses(*, actor: Actor, shop_id: int) -> tuple[AddressRow, ...]:
    """
    Return the live addresses of a shop, ship-from first, of each kind the default first and then the newest.

    Whoever does not keep the book sees phones masked.

    :raises NotVisible: the shop is not the actor's.
    """
    _seen(actor, shop_id)
    found = ShopAddress.objects.filter(shop_id=shop_id, is_active=True).order_by("-kind", "-is_default", "-id")
    return tuple(_row(each, is_plain=_may_keep(actor)) for each in found[:ADDRESSES_MAX])


def address(address_id: int, *, actor: Actor, shop_id: int) -> AddressRow:
    """
    Return one live address.

    :raises NotVisible: it is not there, or not the actor's.
    """
    _seen(actor, shop_id)
    found = ShopAddress.objects.filter(id=address_id, shop_id=shop_id, is_active=True).first()
    if found is None:
        raise NotVisible
    return _row(found, is_plain=_may_keep(actor))


def _seen(actor: Actor, shop_id: int) -> None:
    if actor.kind is not ActorKind.MERCHANT or shop_id not in actor.organisation_ids:
        raise NotVisible


def _may_keep(actor: Actor) -> bool:
    return actor.may(Permission.SHOP_SETTINGS) and not actor.is_visiting


def _row(found: ShopAddress, *, is_plain: bool) -> AddressRow:
    def opened(column: str) -> str:
        return crypto.decrypt(getattr(found, column), place=place(column, found.id)).decode()

    phone = opened("phone")
    return AddressRow(
        id=found.id,
        shop_id=found.shop_id,
        kind=found.kind,
        contact=opened("contact"),
        phone=phone if is_plain else f"****{phone[-TAIL_DIGITS:]}",
        division=found.division,
        street=opened("street"),
        is_default=found.is_default,
        version=found.version,
    )


def checked(written: Written) -> Written:
    """
    Return an address with tidy blanks.

    :raises AddressRefused: with every fault at once.
    """
    tidy = dataclasses.replace(
        written, contact=_tidy(written.contact), phone=_tidy(written.phone), street=_tidy(written.street)
    )
    division = divisions.of(tidy.division)
    wrong = {
        "kind": tidy.kind not in Kind.values,
        "contact": not 0 < len(tidy.contact) <= CONTACT_CHARS_MAX,
        "phone": not PHONE.fullmatch(tidy.phone),
        "division": division is None or bool(divisions.below(division.code)),
        "street": not 0 < len(tidy.street) <= STREET_CHARS_MAX,
    }
    if any(wrong.values()):
        raise AddressRefused(faults=tuple(FieldFault(pointer=name, code="INVALID") for name in wrong if wrong[name]))
    return tidy


def _tidy(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def add(*, actor: Actor, shop_id: int, written: Written, now: datetime, real_now: datetime) -> int:
    """
    Write a new address down and return its id; the first of its kind is the default.

    :raises NotVisible: the shop is not the actor's.
    :raises Forbidden: the role does not allow it.
    :raises AddressRefused: it is not whole.
    :raises TooManyAddresses: the book is full.
    """
    _require(actor, shop_id)
    tidy, id_ = checked(written), ids.new_id()
    with db.transaction(actor):
        _lock(shop_id)
        live = ShopAddress.objects.filter(shop_id=shop_id, is_active=True)
        if live.count() >= ADDRESSES_MAX:
            raise TooManyAddresses(most=ADDRESSES_MAX)
        is_default = tidy.is_default or not live.filter(kind=tidy.kind).exists()
        if is_default:
            live.filter(kind=tidy.kind, is_default=True).update(is_default=False)
        ShopAddress.objects.create(
            id=id_,
            shop_id=shop_id,
            kind=tidy.kind,
            division=tidy.division,
            is_default=is_default,
            is_active=True,
            version=0,
            created_at=now,
            changed_at=now,
            **_closed(tidy, id_),
        )
        _journal("address.added", actor, shop_id, id_, tidy.kind, now=now, real_now=real_now)
    return id_


def change(
    address_id: int,
    *,
    actor: Actor,
    shop_id: int,
    written: Written,
    seen_version: int,
    now: datetime,
    real_now: datetime,
) -> None:
    """
    Change an address; its kind stays. A default stays one until another is made it.

    :raises NotVisible: it is not there, or not the actor's.
    :raises Forbidden: the role does not allow it.
    :raises AddressRefused: it is not whole.
    :raises AddressChanged: somebody changed it since `seen_version`.
    """
    _require(actor, shop_id)
    with db.transaction(actor):
        _lock(shop_id)
        held = address(address_id, actor=actor, shop_id=shop_id)
        tidy = checked(dataclasses.replace(written, kind=held.kind))
        live = ShopAddress.objects.filter(shop_id=shop_id, is_active=True)
        mine = live.filter(id=address_id, version=seen_version)
        is_default = held.is_default or tidy.is_default
        if is_default and not held.is_default:
            live.filter(kind=held.kind, is_default=True).update(is_default=False)
        fresh = {"division": tidy.division, "is_default": is_default, "version": seen_version + 1, "changed_at": now}
        if not mine.update(**fresh, **_closed(tidy, address_id)):
            raise AddressChanged
        _journal("address.changed", actor, shop_id, address_id, held.kind, now=now, real_now=real_now)


def make_default(address_id: int, *, actor: Actor, shop_id: int, now: datetime, real_now: datetime) -> None:
    """
    Make an address the default of its kind; making it so again changes nothing.

    :raises NotVisible: it is not there, or not the actor's.
    :raises Forbidden: the role does not allow it.
    """
    _require(actor, shop_id)
    with db.transaction(actor):
        _lock(shop_id)
        held = address(address_id, actor=actor, shop_id=shop_id)
        if held.is_default:
            return
        live = ShopAddress.objects.filter(shop_id=shop_id, is_active=True)
        live.filter(kind=held.kind, is_default=True).update(is_default=False)
        live.filter(id=address_id).update(is_default=True, version=held.version + 1, changed_at=now)
        _journal("address.made_default", actor, shop_id, address_id, held.kind, now=now, real_now=real_now)


def remove(address_id: int, *, actor: Actor, shop_id: int, now: datetime, real_now: datetime) -> None:
    """
    Take an address out of the book; if it was the default, the newest other one of its kind becomes it.

    :raises NotVisible: it is not there (any more), or not the actor's.
    :raises Forbidden: the role does not allow it.
    """
    _require(actor, shop_id)
    with db.transaction(actor):
        _lock(shop_id)
        held = address(address_id, actor=actor, shop_id=shop_id)
        live = ShopAddress.objects.filter(shop_id=shop_id, is_active=True)
        gone = {"is_active": False, "is_default": False, "version": held.version + 1, "changed_at": now}
        live.filter(id=address_id).update(**gone)
        heir = live.filter(kind=held.kind).order_by("-id").values_list("id", flat=True).first()
        if held.is_default and heir is not None:
            live.filter(id=heir).update(is_default=True)
        _journal("address.removed", actor, shop_id, address_id, held.kind, now=now, real_now=real_now)


def _require(actor: Actor, shop_id: int) -> None:
    _seen(actor, shop_id)
    if not _may_keep(actor):
        raise Forbidden


def _lock(shop_id: int) -> None:
    with django_connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(shop_id)])


def _closed(tidy: Written, address_id: int) -> dict[str, bytes]:
    return {
        column: crypto.encrypt(getattr(tidy, column).encode(), place=place(column, address_id))
        for column in ("contact", "phone", "street")
    }


def _journal(act: str, actor: Actor, shop_id: int, address_id: int, kind: str, **at: datetime) -> None:
    audit.record(
        act=act,
        subject=f"address/{address_id}",
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=shop_id,
        details={"kind": kind},
        at_real=at["real_now"],
        at_business=at["now"],
    )


_DEFAULTS: Final = """
SELECT shop_id, division FROM shop_address
 WHERE shop_id = ANY(%s::bigint[]) AND kind = 'SHIP_FROM' AND is_default
"""


def default_division(connection: psycopg.Connection[Any], shop_ids: Sequence[int]) -> dict[int, str]:
    """Return from which division each shop ships unless an order says otherwise; shops without one are missing."""
    with psycopg.Cursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
        return dict(cursor.execute(_DEFAULTS, (list(shop_ids),)).fetchall())
