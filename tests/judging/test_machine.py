"""
Whatever happens to orders, and whoever looks when: two shops live the same life, one before a punctual judge, one
before a judge that comes when he comes; in the end both were judged alike, and no limit was ever broken.
"""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Count, Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.judging.world import raw
from tests.orders import life, world
from yidao.accounts.actors import SYSTEM
from yidao.flows import move_deadline
from yidao.judging import judge, reversal, settling
from yidao.judging.models import Judgement, Penalty, ProductBan, Violation
from yidao.kit import ids, sweeps
from yidao.ledger import posting
from yidao.ledger.models import LedgerAccount, LedgerEntry
from yidao.orders import after_sales, standing
from yidao.orders.models import AfterSale, Order, Pack
from yidao.policies import families, services
from yidao.policies.models import PolicyVersion
from yidao.rules import late_shipment
from yidao.rules.after_sale import Act
from yidao.rules.late_shipment import LATE_SHIPMENT_DOUYIN_2022

EXAMPLES = int(os.environ.get("YIDAO_MACHINE_EXAMPLES", "8"))
STEPS = int(os.environ.get("YIDAO_MACHINE_STEPS", "30"))
SHRINKS = "YIDAO_MACHINE_SHRINKS" in os.environ
"""Making a failure small takes minutes; the seed in the report gives it again."""
START = world.moment("06-18 10:00")
PUNCTUAL, LATE = 0, 1
BUCKETS = {PUNCTUAL: range(8), LATE: range(8, 16)}
CAP_FEN = 30_00
DEPOSIT_FEN = 45_00
"""Soon used up, so that debts come about too."""


class Life(RuleBasedStateMachine):
    """Each order exists twice, once in each shop; `now` is the same for both."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.orders: list[tuple[int, int]] = []
        self.packs: list[tuple[int, int]] = []
        self.refunds: list[tuple[int, int]] = []

    @initialize()
    def open_shops(self) -> None:
        self.shops = int(ids.new_id()), int(ids.new_id())
        for shop in self.shops:
            legs = posting.Leg(shop, "DEPOSIT", DEPOSIT_FEN), posting.Leg(shop, "TOPUP_CLEARING", -DEPOSIT_FEN)
            posting.post(raw(), [posting.Transfer(kind="TOP_UP", ref=f"m/{shop}", at=START, entries=legs)], now=START)

    # --- What happens ---

    @rule(first=st.sampled_from(["H24", "H48"]), second=st.sampled_from(["H24", "H48", ""]))
    @precondition(lambda self: len(self.orders) < 6)
    def place(self, first: str, second: str) -> None:
        number = len(self.orders)
        lines = [world.line(promise=each, product=f"P{number}-{each}", quantity=2) for each in (first, second) if each]
        made = []
        for which, shop in enumerate(self.shops):
            order_id = world.place(shop, order_no=f"M{shop}-{number}", paid=self.clock, lines=lines)
            Order.objects.filter(id=order_id).update(bucket=BUCKETS[which][number])
            made.append(order_id)
        self.orders.append((made[0], made[1]))

    @rule(place=st.integers(0, 5), line=st.sampled_from([0, 1, 2]), quantity=st.integers(1, 2))
    @precondition(lambda self: self.orders)
    def ship(self, place: int, line: int, quantity: int) -> None:
        """Ship the whole order, or a part of one line; nothing is shipped while a refund is open."""
        order = self.of(self.orders, place)
        head = world.head(order[0])
        waiting = {
            each.line_no: each.quantity - each.shipped_quantity - each.refunded_quantity
            for each in world.lines_of(order[0])
        }
        sent = [(no, left) for no, left in waiting.items() if left > 0 and line == 0]
        if line and waiting.get(line, 0) > 0:
            sent = [(line, min(quantity, waiting[line]))]
        if head.state in ("TO_SHIP", "PAID", "PARTIALLY_SHIPPED") and not head.open_refunds and sent:
            first, second = (life.ship(each, self.clock, *sent) for each in order)
            self.packs.append((first, second))

    @rule(place=st.integers(0, 9))
    @precondition(lambda self: self.packs)
    def unmake(self, place: int) -> None:
        """A number proves wrong."""
        for order, pack in zip(self.order_of_pack(place), self.of(self.packs, place), strict=True):
            Pack.objects.filter(id=pack).update(state="UNMADE")
            standing.refresh(raw(), [order], now=self.now)

    @rule(place=st.integers(0, 5), lines=st.sampled_from([(), (1,)]))
    @precondition(lambda self: self.orders)
    def ask_refund(self, place: int, lines: tuple[int, ...]) -> None:
        order = self.of(self.orders, place)
        wanted = [after_sales.WantedLine(line_no=each, quantity=1) for each in lines]
        taken = sum(after_sales.taken_of(order[0]).pieces.values())
        left = sum(each.quantity for each in world.lines_of(order[0])) - taken
        is_open = AfterSale.objects.filter(order_id=order[0]).exclude(state__in=("DONE", "REFUSED", "WITHDRAWN"))
        if left > 1 and world.head(order[0]).state in after_sales.PAID_STATES and not is_open.exists():
            first, second = (life.open_refund(each, self.clock, *wanted) for each in order)
            self.refunds.append((first, second))

    @rule(place=st.integers(0, 9), answer=st.sampled_from([Act.REFUSE, Act.APPROVE, Act.WITHDRAW]))
    @precondition(lambda self: self.refunds)
    def answer_refund(self, place: int, answer: Act) -> None:
        """The shop refuses or agrees and the money is back, or the buyer thinks better of it."""
        sweeps.sweep_until_quiet([after_sales.CONCERN], now=self.now)
        for which, record in enumerate(self.of(self.refunds, place)):
            if AfterSale.objects.get(id=record).state != "AWAIT_SHOP":
                return
            who = life.marketplace() if answer is Act.WITHDRAW else life.clerk(self.shops[which])
            life.act(who, record, answer, self.clock, "no")
            if answer is Act.APPROVE and AfterSale.objects.get(id=record).state == "REFUNDING":
                life.act(life.marketplace(), record, Act.PAID, self.clock)

    @rule(place=st.integers(0, 5), hours=st.integers(-30, 80))
    @precondition(lambda self: self.orders)
    def grant_more_time(self, place: int, hours: int) -> None:
        """A report moves D, even to an instant that is past already."""
        order = self.of(self.orders, place)
        new_at = self.now + timedelta(hours=hours)
        for each in order:
            move_deadline.move_deadlines(
                [each], "REPORT", "report/1", new_at, actor=SYSTEM, now=self.now, real_now=self.now
            )

    @rule(place=st.integers(0, 5), ordinal=st.integers(1, 3))
    @precondition(lambda self: self.orders)
    def win_appeal(self, place: int, ordinal: int) -> None:
        """An appeal is won; it can only be about what is written, so the late judge is there by now."""
        self.judge_late()
        for each in self.of(self.orders, place):
            found = Violation.objects.filter(order_id=each, ordinal=ordinal).exclude(state="REVERSED").order_by("at")
            reversal.reverse(
                raw(), judgement_ids=list(found.values_list("id", flat=True)[:1]), cause="APPEAL", now=self.now
            )

    # --- Who looks ---

    @rule(hours=st.sampled_from([1, 5, 12, 24, 30, 60]))
    def wait(self, hours: int) -> None:
        """Time passes; the punctual judge looks every hour."""
        for _ in range(hours):
            self.now += timedelta(hours=1)
            if Order.objects.filter(shop_id=self.shops[PUNCTUAL], judge_due_at__lt=self.now).exists():
                self.sweep(PUNCTUAL)

    @rule()
    def time_answers_refunds(self) -> None:
        """Whoever did not answer in time is answered for, as of then."""
        sweeps.sweep_until_quiet([after_sales.CONCERN], now=self.now)

    @rule()
    def judge_late(self) -> None:
        self.sweep(LATE)

    @rule()
    def settle(self) -> None:
        """The days that are over are settled, which waits for both judges."""
        self.judge_late()
        self.sweep(PUNCTUAL)
        sweeps.sweep_until_quiet([settling.CONCERN], now=self.now)

    # --- What must hold ---

    @invariant()
    def no_limit_is_broken(self) -> None:
        if not self.orders:
            return
        rounds = Judgement.objects.filter(shop_id__in=self.shops).values("order_id", "round")
        assert all(each["made"] <= 3 for each in rounds.annotate(made=Count("id")))
        stand = Violation.objects.filter(shop_id__in=self.shops).exclude(state="REVERSED").values("order_id")
        assert all(each["stand"] <= 3 for each in stand.annotate(stand=Count("id")))
        taken = Penalty.objects.filter(shop_id__in=self.shops, kind="DEDUCTION")
        days = taken.filter(reverses_id=None).values("shop_id", "day")
        assert all(each["fen"] <= CAP_FEN for each in days.annotate(fen=Sum("amount_fen")))
        assert all(
            each["fen"] in (0, 10_00, 20_00) for each in taken.values("order_id").annotate(fen=Sum("amount_fen"))
        )

    @invariant()
    def the_books_agree_with_the_penalties(self) -> None:
        for shop in self.shops if self.orders else ():
            balances = dict(LedgerAccount.objects.filter(organisation_id=shop).values_list("kind", "balance_fen"))
            sums = (
                LedgerEntry.objects.filter(organisation_id=shop).values("account_kind").annotate(fen=Sum("amount_fen"))
            )
            assert {each["account_kind"]: each["fen"] for each in sums} == {k: v for k, v in balances.items() if v} or (
                all(balances[each["account_kind"]] == each["fen"] for each in sums)
            )
            fen = Penalty.objects.filter(shop_id=shop).aggregate(fen=Sum("amount_fen"))["fen"] or 0
            assert balances["DEPOSIT"] + balances.get("DEBT", 0) == DEPOSIT_FEN - fen

    def teardown(self) -> None:
        """In the end the late judge comes too, and both shops were judged alike."""
        if not self.orders:
            return
        self.now += timedelta(hours=1)
        self.settle()
        for place in range(len(self.orders)):
            assert self.story(PUNCTUAL, place) == self.story(LATE, place)
        assert self.banned(PUNCTUAL) == self.banned(LATE)
        self.no_limit_is_broken()
        self.the_books_agree_with_the_penalties()
        Order.objects.filter(shop_id__in=self.shops).update(judge_due_at=None)

    # --- Helpers ---

    @property
    def clock(self) -> str:
        return (self.now + timedelta(hours=8)).strftime("%m-%d %H:%M")

    @staticmethod
    def of(things: list[tuple[int, int]], place: int) -> tuple[int, int]:
        return things[place % len(things)]

    def order_of_pack(self, place: int) -> list[int]:
        from yidao.orders.models import PackLine

        return [PackLine.objects.filter(pack_id=each).first().order_id for each in self.of(self.packs, place)]

    def sweep(self, which: int) -> None:
        for bucket in BUCKETS[which]:
            while judge.step(bucket, self.now):
                pass

    def story(self, which: int, place: int) -> list[tuple[Any, ...]]:
        """Return all that became of one order: every judgement with its state and money."""
        order_id = self.orders[place][which]
        rounds = dict(Judgement.objects.filter(order_id=order_id).values_list("id", "round"))
        rows = Violation.objects.filter(order_id=order_id).values_list(
            "id", "ordinal", "at", "day", "state", "money", "deducted_fen"
        )
        return sorted((rounds[id_], *rest) for id_, *rest in rows)

    def banned(self, which: int) -> list[tuple[str, datetime]]:
        rows = ProductBan.objects.filter(shop_id=self.shops[which], lifted_at=None)
        return sorted(rows.values_list("product_id", "banned_at"))


@pytest.mark.django_db
def test_whatever_happens_a_late_judge_gives_what_a_punctual_one_gives() -> None:
    body = late_shipment.to_body(LATE_SHIPMENT_DOUYIN_2022) | {"day_cap_fen": CAP_FEN}
    PolicyVersion.objects.create(
        id=ids.new_id(),
        family="late-shipment",
        profile="douyin-2022",
        version=2,
        name="late-shipment/douyin-2022/2",
        scope_kind="PLATFORM",
        scope_id="",
        effective_from=families.FROM_THE_START + timedelta(days=1),
        body=body,
        sha256=services.body_digest(body),
        published_at=START,
        published_by=None,
    )
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=[phase for phase in Phase if phase is not Phase.shrink or SHRINKS],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
