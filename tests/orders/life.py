"""What tests of cards, after-sales, receipt and closing share: who acts, packs that leave, and the sandbox's rules."""

import itertools
from datetime import datetime

from tests.orders import world
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import CredentialId, OrganisationId, UserId
from yidao.carriers.payments.sandbox import Sandbox
from yidao.kit import db, ids, sweeps
from yidao.orders import after_sales, cards, closing, raw, receipt, refunding, sight, standing
from yidao.orders.models import AfterSale, Order, OrderRefund, Pack, PackLine, ShipByCard
from yidao.rules.after_sale import Act, Kind
from yidao.rules.refunds import Route

_keys = itertools.count(1)
SHOP_ROLE = (Permission.ORDERS_EDIT, Permission.AFTER_SALES_ANSWER)


def fresh_shop() -> int:
    """Return a shop no other test has."""
    return int(ids.new_id())


def clerk(shop: int, *permissions: Permission) -> Actor:
    """Return a person of a shop."""
    return Actor(
        user_id=UserId(ids.new_id()),
        credential_id=None,
        kind=ActorKind.MERCHANT,
        organisation_ids=(OrganisationId(shop),),
        permissions=frozenset(permissions or SHOP_ROLE),
    )


def machine(shop: int) -> Actor:
    """Return a shop's own system."""
    return Actor(
        user_id=None,
        credential_id=CredentialId(ids.new_id()),
        kind=ActorKind.MERCHANT,
        organisation_ids=(OrganisationId(shop),),
        permissions=frozenset(),
    )


def marketplace() -> Actor:
    """Return the platform's own system, who tells what buyers said."""
    return Actor(
        user_id=None,
        credential_id=CredentialId(ids.new_id()),
        kind=ActorKind.OPERATOR,
        organisation_ids=(OrganisationId(1),),
        permissions=frozenset(),
    )


def operator(*permissions: Permission) -> Actor:
    """Return a person of the platform."""
    return Actor(
        user_id=UserId(ids.new_id()),
        credential_id=None,
        kind=ActorKind.OPERATOR,
        organisation_ids=(OrganisationId(1),),
        permissions=frozenset(permissions),
    )


def key(name: str = "") -> db.RequestKey:
    """Return a request key, a fresh one unless it is named."""
    return db.RequestKey(key=name or f"key-{next(_keys)}", body={})


def address(order_id: int) -> sight.Address:
    """Return how the marketplace names an order."""
    head = world.head(order_id)
    return sight.Address(order_no=head.order_no, shop_id=head.shop_id)


def ship(order_id: int, at: str, *lines: tuple[int, int]) -> int:
    """Let a pack with these (line, quantity) leave, the whole order unless they are given; return it."""
    head = world.head(order_id)
    when = world.moment(at)
    pack = Pack.objects.create(
        id=ids.new_id(),
        shop_id=head.shop_id,
        carrier="zhongtong",
        waybill_no=f"ZT{ids.new_id()}",
        shipped_at=when,
        recorded_at=when,
    )
    for line_no, quantity in lines or [(each.line_no, each.quantity) for each in world.lines_of(order_id)]:
        PackLine.objects.create(pack_id=pack.id, order_id=order_id, line_no=line_no, quantity=quantity)
    standing.refresh(raw.plain(), [order_id], now=when)
    return int(pack.id)


def open_refund(order_id: int, at: str, *lines: after_sales.WantedLine, kind: Kind = Kind.REFUND) -> int:
    """Let the buyer want his money back; return the record."""
    when = world.moment(at)
    wish = after_sales.Wish(kind=kind, reason="NOT_WANTED", lines=tuple(lines))
    opened = after_sales.open_(actor=marketplace(), order=address(order_id), wish=wish, now=when, real_now=when)
    return opened.id


def act(actor: Actor, after_sale_id: int, told: Act, at: str, text: str = "") -> after_sales.Standing:
    """Take one step of a record."""
    when = world.moment(at)
    return after_sales.act(
        actor=actor, after_sale_id=after_sale_id, told=after_sales.Told(act=told, text=text), now=when, real_now=when
    )


def sandbox() -> Sandbox:
    """Return the sandbox on Django's connection."""
    return Sandbox(raw.plain)


def sandbox_does(order_id: int, acts: str, *, route: str = "") -> None:
    """Tell the sandbox how to treat one order's refunds."""
    number = world.head(order_id).order_no
    refunding.tell_sandbox(order_no_prefix=number, acts=acts, route=Route(route) if route else None)


def hush() -> None:
    """Let nothing be due that other tests left behind; only inside a transaction that is taken back."""
    Order.objects.update(receipt_due_at=None, close_due_at=None)
    for model in (AfterSale, OrderRefund, ShipByCard):
        model.objects.update(due_at=None)


def settle(*shops: int) -> None:
    """Let nothing of these shops be due any more, for tests whose rows stay."""
    Order.objects.filter(shop_id__in=shops).update(
        receipt_due_at=None, close_due_at=None, judge_due_at=None, warn_due_at=None
    )
    for model in (AfterSale, OrderRefund, ShipByCard):
        model.objects.filter(shop_id__in=shops).update(due_at=None)


CONCERNS = (
    cards.CONCERN,
    after_sales.CONCERN,
    receipt.CONCERN,
    closing.CONCERN,
    refunding.concern(sandbox),
)


def sweep(at: str | datetime) -> dict[str, int]:
    """Let time decide everything that is due."""
    return sweeps.sweep_until_quiet(CONCERNS, now=world.moment(at) if isinstance(at, str) else at)
