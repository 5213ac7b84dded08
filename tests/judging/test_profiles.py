"""Which version of the numbers binds an order: that of its shop or of the platform, as it was in force at payment."""

from datetime import timedelta

import pytest

from tests.judging.world import sweep
from tests.orders import world
from tests.policies.test_publishing import OPERATOR
from tests.web import cast
from yidao.judging import settling
from yidao.judging.models import Judgement, Penalty, Violation
from yidao.kit import sweeps
from yidao.policies import queries, services

pytestmark = pytest.mark.django_db


def publish_coupons(shop: int, *, since) -> str:
    draft = services.Draft(
        family="late-shipment",
        profile="coupon-2023",
        scope_kind="SHOP",
        scope_id=str(shop),
        effective_from=since,
        body=queries.version("late-shipment/coupon-2023/1").body,
    )
    return services.publish(
        draft, expected_name="late-shipment/coupon-2023/2", actor=OPERATOR, now=since, real_now=since
    )


def test_an_operator_puts_one_shop_on_the_newer_profile_and_only_its_later_orders_follow() -> None:
    shop = cast.build().shop
    since = world.moment("06-18 12:00")
    earlier = world.place(shop, paid="06-18 11:59")
    name = publish_coupons(shop, since=since)
    later, elsewhere = world.place(shop, paid="06-18 12:00"), world.place(shop + 1, paid="06-18 12:00")

    assert [world.head(each).late_policy for each in (earlier, later, elsewhere)] == [
        "late-shipment/douyin-2022/1",
        name,
        "late-shipment/douyin-2022/1",
    ]


def test_the_newer_profile_gives_the_buyer_a_coupon_with_the_first_judgement_and_deducts_nothing() -> None:
    shop = cast.build().shop
    publish_coupons(shop, since=world.moment("06-18 09:00"))
    order_id = world.place(shop, paid="06-18 10:00", lines=[world.line(price_fen=1_234_56)])
    sweep(world.moment("06-23 10:00"))
    sweeps.sweep_until_quiet([settling.CONCERN], now=world.moment("06-24 10:00"))

    paid = world.head(order_id).paid_fen
    rows = Violation.objects.filter(order_id=order_id).order_by("ordinal")
    assert list(rows.values_list("ordinal", "money", "deducted_fen")) == [
        (1, "DEDUCTED", 12_34),
        (2, "NONE", 0),
        (3, "NONE", 0),
    ]
    assert paid == 1_234_56
    kinds = Penalty.objects.filter(order_id=order_id, amount_fen__gt=0).values_list("kind", "amount_fen")
    assert list(kinds) == [("COUPON", 12_34)]
    assert set(Judgement.objects.filter(order_id=order_id).values_list("policy", flat=True)) == {
        "late-shipment/coupon-2023/2"
    }


def test_an_order_nobody_paid_is_never_judged() -> None:
    order_id = world.place(cast.build().shop, paid="", state="PENDING_PAYMENT")
    sweep(world.moment("06-18 10:00") + timedelta(days=30))

    assert not Judgement.objects.filter(order_id=order_id).exists()
