"""Who sees an order: its shop and the platform; by id for pages, by number and locked for machines."""

from dataclasses import dataclass

from django.db.models import QuerySet

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.kit.errors import FieldFault, Forbidden, NotVisible, Refusal
from yidao.orders.models import Order


class ShopNeeded(Refusal):
    """The platform names a shop, because order numbers are a shop's own."""

    code = "order.shop_needed"
    status = 422
    message = "Say which shop's order it is."


class BuyersWord(Forbidden):
    """A shop cannot speak for its buyers: their words move D, stop the judge and end orders."""

    code = "auth.buyers_word"
    message = "Only the marketplace tells what a buyer said."


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """How a machine names an order: by its number, and by the shop where it speaks for the platform."""

    order_no: str
    shop_id: int | None = None


def order(actor: Actor, order_id: int) -> Order:
    """
    Return an order of the actor's shops, or any to the platform.

    :raises NotVisible: it is not the actor's.
    """
    if actor.kind not in (ActorKind.OPERATOR, ActorKind.MERCHANT):
        raise NotVisible
    visible = Order.objects.filter(id=order_id)
    if actor.kind is ActorKind.MERCHANT:
        visible = visible.filter(shop_id__in=actor.organisation_ids)
    found = visible.first()
    if found is None:
        raise NotVisible
    return found


def locked_by_number(actor: Actor, address: Address) -> Order:
    """
    Return a machine's order, locked until its transaction ends. A shop's own shop need not be named.

    :raises NotVisible: it is not the actor's.
    :raises ShopNeeded: the platform named no shop.
    """
    return _one(_numbered(actor, address).select_for_update())


def by_number(actor: Actor, address: Address) -> Order:
    """
    Return a machine's order. A shop's own shop need not be named.

    :raises NotVisible: it is not the actor's.
    :raises ShopNeeded: the platform named no shop.
    """
    return _one(_numbered(actor, address))


def _one(found: QuerySet[Order]) -> Order:
    order_ = found.first()
    if order_ is None:
        raise NotVisible
    return order_


def _numbered(actor: Actor, address: Address) -> QuerySet[Order]:
    visible = Order.objects.filter(order_no=address.order_no)
    if actor.kind is ActorKind.MERCHANT:
        visible = visible.filter(shop_id__in=actor.organisation_ids)
    elif actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    elif address.shop_id is None:
        raise ShopNeeded(faults=(FieldFault(pointer="/shop_id", code="field.missing"),))
    if address.shop_id is not None:
        visible = visible.filter(shop_id=address.shop_id)
    return visible


def require(actor: Actor, permission: Permission) -> None:
    """
    Do nothing for a person of a shop whose role allows it, and who does not only look on.

    :raises Forbidden: anybody else.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(permission):
        raise Forbidden


def require_buyers_word(actor: Actor) -> None:
    """
    Do nothing for the marketplace, who alone tells what buyers said.

    :raises BuyersWord: anybody else.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise BuyersWord
