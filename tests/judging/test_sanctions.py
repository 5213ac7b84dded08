"""Sanctions: proposed by numbers, decided by people, lifted again. Violations opened by hand, and the share of late."""

from datetime import datetime, timedelta

import pytest

from tests.judging.test_appeals import PHOTO, of_shop, operator, people  # noqa: F401  A fixture.
from tests.judging.test_reversal import balance, rich
from tests.judging.world import D, after, head, late, sweep
from tests.web.cast import Cast
from yidao.judging import by_hand, cases, daily, rating, sanctions, settling, violations
from yidao.judging.by_hand import Charge
from yidao.judging.case_models import Sanction, ShopDueDay
from yidao.judging.models import Judgement, Violation
from yidao.judging.sanctions import NameDiffers, SanctionRefused
from yidao.kit import sweeps
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices.models import Notice
from yidao.orders import raw
from yidao.orders.models import Order
from yidao.rules.rating import Rate
from yidao.rules.sanctions import Kind

pytestmark = pytest.mark.django_db
NAME = "花间集"


def stubborn(shop: int, count: int) -> list[int]:
    """Plant orders that were judged three times and still wait."""
    found = [late(shop) for _ in range(count)]
    sweep(after(49))
    return found


def propose(people: Cast, *, now: datetime) -> Sanction | None:  # noqa: F811
    sanctions.propose([people.shop], now=now)
    return Sanction.objects.filter(shop_id=people.shop).order_by("-id").first()


def decide(people: Cast, found: Sanction, *, is_imposed: bool = True, name: str = NAME, hours: float = 60) -> None:  # noqa: F811
    sanctions.decide(
        actor=operator(people),
        sanction_id=found.id,
        is_imposed=is_imposed,
        reason="屡次超时",
        typed_name=name,
        now=after(hours),
        real_now=after(hours),
    )


def test_ten_stubborn_orders_are_a_proposal_once(people: Cast) -> None:  # noqa: F811
    orders = stubborn(people.shop, 10)

    found = propose(people, now=after(50))

    assert found is not None
    assert (found.kind, found.state, found.stubborn_orders) == ("CLOSURE", "PROPOSED", 10)
    assert sanctions.propose([people.shop], now=after(51)) == 0
    (notice,) = Notice.objects.filter(organisation_id=people.platform)
    assert (notice.kind, notice.params["count"], notice.address) == ("sanction.proposed", 10, "/o/sanctions/")
    assert sanctions.closed_shops(raw.plain(), [people.shop]) == set()
    assert len(orders) == 10


def test_what_was_shipped_or_is_being_refunded_is_not_stubborn(people: Cast) -> None:  # noqa: F811
    orders = stubborn(people.shop, 11)
    Order.objects.filter(id=orders[0]).update(ship_by_at=None, state="SHIPPED")
    Order.objects.filter(id=orders[1]).update(open_refunds=1)

    assert sanctions.stubborn_orders([people.shop], now=after(50)) == {people.shop: 9}
    assert propose(people, now=after(50)) is None
    assert sanctions.stubborn_orders([people.shop], now=after(49) + timedelta(days=30)) == {people.shop: 0}


def test_a_sanction_is_imposed_by_name_and_reason_and_lifted_again(people: Cast) -> None:  # noqa: F811
    stubborn(people.shop, 10)
    found = propose(people, now=after(50))
    assert found is not None

    with pytest.raises(NameDiffers):
        decide(people, found, name="花间")
    decide(people, found)

    assert sanctions.closed_shops(raw.plain(), [people.shop, people.other_shop]) == {people.shop}
    (shown,) = sanctions.in_force(of_shop(people), people.shop)
    assert (shown.kind, shown.reason) == ("CLOSURE", "屡次超时")
    assert sanctions.in_force(of_shop(people), people.other_shop) == ()
    with pytest.raises(SanctionRefused):
        decide(people, found)
    lifted = {"actor": operator(people), "sanction_id": found.id, "now": after(70), "real_now": after(70)}
    with pytest.raises(cases.ReasonNeeded):
        sanctions.lift(**lifted, reason=" ")
    sanctions.lift(**lifted, reason="已整改")
    assert sanctions.closed_shops(raw.plain(), [people.shop]) == set()
    with pytest.raises(SanctionRefused):
        sanctions.lift(**lifted, reason="已整改")
    told = Notice.objects.filter(organisation_id=people.shop, kind__startswith="sanction.").order_by("id")
    kinds = told.values_list("kind", flat=True)
    assert list(kinds) == ["sanction.in_force", "sanction.lifted"]


def test_a_dismissed_proposal_rests_for_a_week(people: Cast) -> None:  # noqa: F811
    stubborn(people.shop, 10)
    found = propose(people, now=after(50))
    assert found is not None
    decide(people, found, is_imposed=False, name="")

    assert sanctions.propose([people.shop], now=after(60 + 7 * 24) - timedelta(seconds=1)) == 0
    assert sanctions.propose([people.shop], now=after(60 + 7 * 24)) == 1


def test_operators_propose_by_hand_and_nobody_else(people: Cast) -> None:  # noqa: F811
    asked = {"shop_id": people.shop, "kind": Kind.EXPULSION, "now": after(1), "real_now": after(1)}

    for actor in (of_shop(people), operator(people, "viewer")):
        with pytest.raises(Forbidden):
            sanctions.propose_by_hand(actor=actor, **asked)
    sanctions.propose_by_hand(actor=operator(people), **asked)
    with pytest.raises(SanctionRefused):
        sanctions.propose_by_hand(actor=operator(people), **asked)
    with pytest.raises(NotVisible):
        sanctions.propose_by_hand(actor=operator(people), **{**asked, "shop_id": people.carrier})


def test_the_share_of_late_orders_counts_whole_days_and_forgets_what_was_reversed(people: Cast) -> None:  # noqa: F811
    first, *_ = (late(people.shop) for _ in range(3))
    fine = late(people.shop)
    Order.objects.filter(id=fine).update(ship_by_at=None, judge_due_at=None, state="SHIPPED")
    sweep(after(0.5))
    now = after(24)

    assert sweeps.sweep_until_quiet([daily.CONCERN], now=now)["daily"] > 0
    assert sweeps.sweep_until_quiet([daily.CONCERN], now=now)["daily"] == 0

    assert rating.late_rate(actor=of_shop(people), shop_id=people.shop, now=now) == Rate(late=3, due=4)
    judged = Violation.objects.get(order_id=first, ordinal=1)
    by_hand.reverse(actor=operator(people), violation_id=judged.id, reason="误判", now=now, real_now=now)
    assert rating.late_rate(actor=of_shop(people), shop_id=people.shop, now=now) == Rate(late=2, due=4)
    assert rating.late_rate(actor=of_shop(people), shop_id=people.shop, now=after(24 * 40)) == Rate(late=0, due=0)
    with pytest.raises(NotVisible):
        rating.late_rate(actor=of_shop(people), shop_id=people.other_shop, now=now)
    assert ShopDueDay.objects.filter(shop_id=people.shop).count() == 1


def test_a_days_count_needs_no_second_look(people: Cast) -> None:  # noqa: F811
    late(people.shop)
    sweeps.sweep_until_quiet([daily.CONCERN], now=after(24))
    late(people.shop, due=after(24))

    sweeps.sweep_until_quiet([daily.CONCERN], now=after(48))

    days = ShopDueDay.objects.filter(shop_id=people.shop).order_by("day").values_list("due", flat=True)
    assert list(days) == [1, 1]


def charge(order_id: int, **more: object) -> Charge:
    facts = {"order_no": head(order_id).order_no, "shop_id": None, "kind": "FALSE_SHIPMENT", "reason": "单号为空包"}
    return Charge(**{**facts, **more})  # type: ignore[arg-type]


def opened(people: Cast, asked: Charge) -> int:  # noqa: F811
    return by_hand.open_violation(actor=operator(people), charge=asked, now=after(1), real_now=after(1))


def test_a_violation_opened_by_hand_costs_what_its_policy_says_and_is_settled(people: Cast) -> None:  # noqa: F811
    rich(people.shop, 1_000_00)
    order_id = late(people.shop, due=after(100))

    made = opened(people, charge(order_id, pictures=(PHOTO,)))

    judged = Judgement.objects.get(id=made)
    assert (judged.policy, judged.facts["deduction_fen"], judged.facts["day_cap_fen"]) == (
        "false-shipment/douyin-2021/1",
        500_00,
        5_000_00,
    )
    sweeps.sweep_until_quiet([settling.CONCERN], now=after(24 + 8))
    assert balance(people.shop) == 500_00
    found = violations.one(made, actor=of_shop(people), now=after(40))
    assert ([each.text for each in found.said], len(found.pictures)) == (["单号为空包"], 1)
    by_hand.reverse(actor=operator(people), violation_id=made, reason="误判", now=after(40), real_now=after(40))
    assert balance(people.shop) == 1_000_00
    with pytest.raises(by_hand.ReversedAlready):
        by_hand.reverse(actor=operator(people), violation_id=made, reason="误判", now=after(40), real_now=after(40))


@pytest.mark.parametrize(
    ("kind", "coupon"), [("PICKUP_TIMEOUT", 3_00), ("TRANSIT_TIMEOUT", 3_00), ("OUT_OF_STOCK", 9_95)]
)
def test_other_kinds_compensate_the_buyer(people: Cast, kind: str, coupon: int) -> None:  # noqa: F811
    made = opened(people, charge(late(people.shop, due=D), kind=kind))

    assert Judgement.objects.get(id=made).facts["coupon_fen"] == coupon


def test_what_cannot_be_opened_is_refused(people: Cast) -> None:  # noqa: F811
    order_id = late(people.shop)
    twin = late(people.other_shop)
    Order.objects.filter(id=twin).update(order_no=head(order_id).order_no)

    for asked, field in (
        (charge(order_id, order_no="NONE"), "order"),
        (charge(order_id), "shop"),
        (charge(order_id, kind="LATE_SHIPMENT"), "kind"),
    ):
        with pytest.raises(by_hand.OpeningRefused) as caught:
            opened(people, asked)
        assert [each.pointer for each in caught.value.faults] == [field]
    with pytest.raises(cases.ReasonNeeded):
        opened(people, charge(order_id, reason=""))
    with pytest.raises(Forbidden):
        by_hand.open_violation(
            actor=operator(people, "viewer"), charge=charge(order_id), now=after(1), real_now=after(1)
        )
    assert opened(people, charge(order_id, shop_id=int(people.shop)))
    assert Judgement.objects.get(id=opened(people, charge(order_id, shop_id=int(people.shop)))).ordinal == 2
