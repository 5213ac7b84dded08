"""
What the demo's people do about orders by themselves, twice a day: buyers ask for money back, for time, or say that all
is there; the shop answers some, sends some orders off in parts, appeals; the platform answers. So each state of an
after-sale, a card, an appeal and an order has rows at every moment.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg

from yidao.accounts import access
from yidao.accounts.actors import Actor, ActorKind
from yidao.accounts.ids import CredentialId, OrganisationId, ShopId, UserId
from yidao.config import demo_cast
from yidao.flows import answer_card
from yidao.flows import ship as shipping
from yidao.flows.desk import Part, Shipment
from yidao.judging import appeals
from yidao.judging.appeals import Plea
from yidao.kit import clock, db, logs
from yidao.kit.errors import Refusal
from yidao.market import data
from yidao.orders import after_sales, cards, notes, receipt, sight
from yidao.orders.after_sales import Told, Wish
from yidao.rules.after_sale import Act, Kind
from yidao.rules.shipping import Piece

TURN: Final = timedelta(hours=12)
HIS_WORDS: Final = "已向快递公司核实,发货时间有物流凭证,请平台复核。"
REASONS: Final = ("NOT_WANTED", "TOO_LATE", "DAMAGED", "QUALITY", "WRONG_GOODS", "OTHER")

# The numbers of the fixed cases begin with 48; nobody touches those.
_USER: Final = "SELECT id FROM account_user WHERE login = %s"
_MACHINE: Final = "SELECT id FROM credential WHERE organisation_id = %s ORDER BY id LIMIT 1"
_ORDERS: Final = """
SELECT h.id, h.order_no FROM order_head h
WHERE h.shop_id = %(shop)s AND h.state = ANY(%(states)s) AND h.open_refunds = 0 AND h.paid_at > %(since)s
  AND h.order_no > '49'
  AND NOT EXISTS (SELECT 1 FROM after_sale a WHERE a.order_id = h.id)
  AND NOT EXISTS (SELECT 1 FROM ship_by_card c WHERE c.order_id = h.id)
ORDER BY h.paid_at DESC, h.id LIMIT %(limit)s
"""
_MANY_PIECES: Final = """
SELECT h.id, h.order_no FROM order_head h JOIN order_line l ON l.order_id = h.id AND l.line_no = 1
WHERE h.shop_id = %(shop)s AND h.state = 'TO_SHIP' AND h.open_refunds = 0 AND l.quantity > 1 AND l.shipped_quantity = 0
  AND l.product_id LIKE 'P__U%%'
ORDER BY h.paid_at DESC LIMIT %(limit)s
"""
_AFTER_SALES: Final = """
SELECT id, state, kind FROM after_sale
WHERE shop_id = %(shop)s AND state = ANY(%(states)s) AND changed_at > %(after)s AND changed_at <= %(until)s ORDER BY id
"""
_CARDS: Final = """
SELECT h.id, h.order_no FROM ship_by_card c JOIN order_head h ON h.id = c.order_id
WHERE c.shop_id = %(shop)s AND c.state = 'WAITING' AND c.asked_at > %(after)s ORDER BY c.id
"""
_VIOLATIONS: Final = """
SELECT v.id FROM violation v
WHERE v.shop_id = %(shop)s AND v.state = 'OPEN' AND v.notified_at IS NOT NULL AND v.appeal_until > %(now)s
ORDER BY v.notified_at DESC, v.id LIMIT %(limit)s
"""
_APPEALS: Final = "SELECT id FROM appeal WHERE state = 'OPEN' AND filed_at <= %(until)s ORDER BY filed_at, id LIMIT 20"

log = logs.get(__name__)


class Traders:
    """Acts for the big shop, its buyers and the platform, through the services behind pages and API."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        found = demo_cast.tenants(connection)
        self._shops = {key: OrganisationId(each) for key, each in found.shops.items()}
        self._shop_id = self._shops[data.SHOPS[0].key]
        self._platform_id = OrganisationId(found.platform)

    def act(self, now: datetime) -> None:
        """Let each act once; what somebody else was faster at is left alone."""
        self._ask_for_money(now)
        self._answer_after_sales(now)
        self._ask_for_time(now)
        self._receive(now)
        self._ship_parts(now)
        self._mark(now)
        self._appeal(now)
        self._answer_appeals(now)

    # --- Buyers, by the marketplace ---

    def _ask_for_money(self, now: datetime) -> None:
        wishes = (
            (("TO_SHIP",), Kind.REFUND, 3),
            (("SHIPPED",), Kind.RETURN_REFUND, 4),
            (("SHIPPED",), Kind.EXCHANGE, 4),
        )
        for states, kind, count in wishes:
            for number, (_, order_no) in enumerate(self._orders(now, states, count)):
                wish = Wish(kind=kind, reason=REASONS[number % len(REASONS)])
                self._try(after_sales.open_, now, actor=self._machine(), order=self._named(order_no), wish=wish)

    def _answer_after_sales(self, now: datetime) -> None:
        """Let shop and buyer take the next step of what was opened half a day ago; every third is left to time."""
        service = self._member("bob")
        steps: dict[str, tuple[Act | None, ...]] = {
            "AWAIT_SHOP": (Act.APPROVE, Act.APPROVE, Act.REFUSE, Act.WITHDRAW, None),
            "AWAIT_RETURN": (Act.SEND_BACK, Act.SEND_BACK, None),
            "AWAIT_RECEIPT": (Act.RECEIVE, None),
        }
        parameters = {
            "shop": self._shop_id,
            "states": list(steps),
            "after": now - 1.5 * TURN,
            "until": now - TURN / 2,
        }
        for number, (record_id, state, _) in enumerate(self._rows(_AFTER_SALES, parameters)):
            act = steps[state][number % len(steps[state])]
            if act is None:
                continue
            actor = self._machine() if act in (Act.WITHDRAW, Act.SEND_BACK) else service
            told = Told(
                act=act,
                text="商品已按买家要求发出,请先查收。" if act is Act.REFUSE else "",
                return_carrier="zhongtong" if act is Act.SEND_BACK else "",
                return_waybill_no=f"7590{record_id % 10**8:08d}" if act is Act.SEND_BACK else "",
            )
            self._try(
                after_sales.act,
                now,
                actor=actor,
                after_sale_id=record_id,
                told=told,
            )

    def _ask_for_time(self, now: datetime) -> None:
        """Let buyers answer the last cards, every third not at all, then let the shop ask about new ones."""
        waiting = self._rows(_CARDS, {"shop": self._shop_id, "after": now - 1.5 * TURN})
        for number, (order_id, order_no) in enumerate(waiting):
            answer = (answer_card.accept, answer_card.refuse, None)[number % 3]
            if answer is not None:
                key = db.RequestKey(key=f"demo-card-{order_id}", body=[str(order_id)])
                self._try(answer, now, actor=self._machine(), order=self._named(order_no), request_key=key)
        chosen = [order_id for order_id, _ in self._orders(now, ("TO_SHIP",), 3)]
        if chosen:
            self._try(
                cards.ask,
                now,
                actor=self._member("bob"),
                order_ids=chosen,
                new_at=now + timedelta(days=4),
                reason="面料到货延迟,四天内一定发出。",
            )

    def _receive(self, now: datetime) -> None:
        for number, (order_id, order_no) in enumerate(self._orders(now, ("SHIPPED",), 4)):
            say = receipt.extend if number == 0 else receipt.confirm
            key = db.RequestKey(key=f"demo-receipt-{order_id}", body=[str(order_id)])
            self._try(say, now, actor=self._machine(), order=self._named(order_no), request_key=key)

    # --- The shop ---

    def _ship_parts(self, now: datetime) -> None:
        wishes = [
            Shipment(
                shop_id=self._shop_id,
                carrier="zhongtong",
                waybill_no=f"7599{order_id % 10**8:08d}",
                parts=(Part(order_no=order_no, pieces=(Piece(1, 1),)),),
                request_id=f"demo-part-{order_id}",
            )
            for order_id, order_no in self._rows(_MANY_PIECES, {"shop": self._shop_id, "limit": 2})
        ]
        if wishes:
            actor = self._member("wendy")
            self._try(shipping.ship, now, wishes, actor=actor)

    def _mark(self, now: datetime) -> None:
        for number, (order_id, _) in enumerate(self._orders(now, ("TO_SHIP",), 2)):
            words = ("老客户,记得放小样", "已电话沟通,周三前发")[number % 2]
            self._try(notes.mark, now, actor=self._member("bob"), order_ids=[order_id], flag=1 + number, note=words)

    def _appeal(self, now: datetime) -> None:
        for (violation_id,) in self._rows(_VIOLATIONS, {"shop": self._shop_id, "now": now, "limit": 3}):
            self._try(
                appeals.file, now, actor=self._member("bob"), violation_id=violation_id, plea=Plea(text=HIS_WORDS)
            )

    # --- The platform ---

    def _answer_appeals(self, now: datetime) -> None:
        actor = access.actor_for_operator(self._user("olga"))
        for number, (appeal_id,) in enumerate(self._rows(_APPEALS, {"until": now - 2 * TURN})):
            is_accepted = number % 2 == 0
            reason = "物流凭证属实,撤销本次判定。" if is_accepted else "凭证不能证明按时发货,维持判定。"
            self._try(appeals.answer, now, actor=actor, appeal_id=appeal_id, is_accepted=is_accepted, reason=reason)

    # --- What they need to know ---

    def _orders(self, now: datetime, states: Sequence[str], limit: int) -> list[tuple[int, str]]:
        """Return the newest orders nobody did anything about yet."""
        parameters = {
            "shop": self._shop_id,
            "states": list(states),
            "since": now - timedelta(days=12),
            "limit": limit,
        }
        return [(order_id, order_no) for order_id, order_no in self._rows(_ORDERS, parameters)]

    def _rows(self, statement: LiteralString, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, parameters).fetchall()

    def _named(self, order_no: str) -> sight.Address:
        return sight.Address(order_no=order_no, shop_id=self._shop_id)

    def _machine(self) -> Actor:
        """Return the marketplace's own system, which speaks for the buyers."""
        row = self._connection.execute(_MACHINE, (self._platform_id,)).fetchone()
        return Actor(
            user_id=None,
            credential_id=CredentialId(row[0] if row is not None else 1),
            kind=ActorKind.OPERATOR,
            organisation_ids=(self._platform_id,),
            permissions=frozenset(),
        )

    def _member(self, login: str) -> Actor:
        return access.actor_for_shop(self._user(login), ShopId(self._shop_id))

    def _user(self, login: str) -> UserId:
        row = self._connection.execute(_USER, (login,)).fetchone()
        assert row is not None, "the demo's logins stay"
        return UserId(row[0])

    @staticmethod
    def _try(service: Callable[..., Any], now: datetime, *subject: Any, **told: Any) -> None:
        """Do one thing; a refusal is an answer like any other in a market that goes on meanwhile."""
        try:
            service(*subject, now=now, real_now=clock.real_now(), **told)
        except Refusal as refusal:
            log.info("demo: refused", code=refusal.code)
