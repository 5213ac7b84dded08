"""What a shop keeps beside its orders: a note and the color of a flag, for one order or many at once."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from yidao.accounts.actors import Actor, Permission
from yidao.audit import services as audit
from yidao.kit import crypto, db, news
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.orders import reading, sight
from yidao.orders.models import Order

FLAGS: Final = range(6)
NOTE_CHARS_MAX: Final = 200
ORDERS_MAX: Final = 500


class NoteRefused(Refusal):
    """A note has a length."""

    code = "order.note"
    status = 422
    message = "A note has at most %(most)s characters."


class FlagUnknown(Refusal):
    """A flag has one of a few colors."""

    code = "order.flag"
    status = 422
    message = "This is no color of a flag."


class TooManyOrders(Refusal):
    """More orders than one act takes."""

    code = "order.too_many"
    status = 422
    message = "At most %(most)s orders at a time."


class OrderChanged(Refusal):
    """Somebody else marked the order since the form was read."""

    code = "order.changed"
    message = "Somebody else has changed this meanwhile. Please look at it again."


def digest(flag: int, note: str) -> str:
    """Return what is different when an order's marks are."""
    return sha256(f"{flag}/{note}".encode()).hexdigest()[:16]


def mark(
    *,
    actor: Actor,
    order_ids: Sequence[int],
    flag: int | None,
    note: str | None,
    now: datetime,
    real_now: datetime,
    seen: str = "",
) -> int:
    """
    Give orders a flag, a note, or both; None leaves one as it is. Return how many changed: all of them or none.

    What stands already is left alone. Where `seen` says what a single order's marks were, somebody else's later word is
    not overwritten.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: one of the orders is not the actor's.
    :raises FlagUnknown: no such color.
    :raises NoteRefused: the note is too long.
    :raises TooManyOrders: more than `ORDERS_MAX`.
    :raises OrderChanged: the order is not as it was seen.
    """
    sight.require(actor, Permission.ORDERS_EDIT)
    wanted = sorted(set(order_ids))
    words = _checked(len(wanted), flag, note)
    with db.transaction(actor):
        visible = Order.objects.filter(shop_id__in=actor.organisation_ids, id__in=wanted)
        found = list(visible.select_for_update().order_by("id"))
        if len(found) != len(wanted):
            raise NotVisible
        if seen and any(digest(order.flag, _note(order)) != seen for order in found):
            raise OrderChanged
        changed = [order for order in found if _put(order, flag, words)]
        Order.objects.bulk_update(changed, ["flag", "seller_note", "version"])
        for order in changed:
            audit.record(
                act="order.marked",
                subject=f"order/{order.id}",
                user_id=actor.user_id,
                credential_id=actor.credential_id,
                organisation_id=order.shop_id,
                details={"flag": order.flag} if flag is not None else {},
                at_real=real_now,
                at_business=now,
            )
        news.tell(sorted({order.shop_id for order in changed}))
    return len(changed)


def _checked(count: int, flag: int | None, note: str | None) -> str | None:
    """Return the note as it is kept."""
    if count > ORDERS_MAX:
        raise TooManyOrders(most=ORDERS_MAX)
    if flag is not None and flag not in FLAGS:
        raise FlagUnknown(faults=(FieldFault(pointer="flag", code="field.unknown"),))
    words = note.replace("\0", "").strip() if note is not None else None
    if words is not None and len(words) > NOTE_CHARS_MAX:
        raise NoteRefused(most=NOTE_CHARS_MAX, faults=(FieldFault(pointer="note", code="field.length"),))
    return words


def _note(order: Order) -> str:
    return reading.text(order.id, "seller_note", order.seller_note)


def _put(order: Order, flag: int | None, words: str | None) -> bool:
    """Give a locked order its marks and return whether any is new."""
    is_new = (flag is not None and flag != order.flag) or (words is not None and words != _note(order))
    if not is_new:
        return False
    order.flag = order.flag if flag is None else flag
    if words is not None:
        place = reading.place("seller_note", order.id)
        order.seller_note = crypto.encrypt(words.encode(), place=place) if words else None
    order.version += 1
    return True
