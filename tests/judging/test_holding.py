"""The brake: what operators see before it is booked, and what they hold back."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.judging.world import after, late, sweep
from tests.web import cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import ShopId, UserId
from yidao.judging import holding, settling, settling_queries
from yidao.judging.holding import Brake
from yidao.kit import ids, sweeps
from yidao.kit.errors import Forbidden, NotVisible
from yidao.kit.lists.questions import Question

DAY = date(2022, 6, 1)
NIGHT = after(16)
"""2022-06-02 02:00 in Shanghai."""


@pytest.fixture
def cast_(committed_db: None) -> cast.Cast:
    return cast.build(carrier_code=f"c{ids.new_id()}", other_carrier_code=f"d{ids.new_id()}")


def operator(user: object) -> Actor:
    return access.actor_for_operator(UserId(user.id))  # type: ignore[attr-defined]


def merchant(user: object, shop: ShopId) -> Actor:
    return access.actor_for_shop(UserId(user.id), shop)  # type: ignore[attr-defined]


def hold(actor: Actor, shop: int | None, kind: str = "", reason: str = "flood") -> int:
    brake = Brake(shop_id=shop, violation_kind=kind, reason=reason)
    return holding.hold(brake, actor=actor, now=after(2), real_now=after(2))


def settle(shop: int) -> int:
    due = settling.due_days(sweeps.bucket_of(str(shop)), now=NIGHT)
    return sum(settling.settle_part(each, day, now=NIGHT) for each, day in due if each == shop)


def test_what_is_shown_before_is_what_is_booked_after(cast_: cast.Cast) -> None:
    shop, olga = int(cast_.shop), operator(cast_.olga)
    for _ in range(60):
        late(shop)
    sweep(after(1))

    (seen,) = settling_queries.forecast_of_shop(merchant(cast_.alice, cast_.shop), shop)
    assert (seen.judgements, seen.deducted, seen.capped, seen.deducted_fen) == (60, 50, 10, 500_00)
    assert (seen.cap_fen, seen.used_fen, seen.held) == (500_00, 0, 0)
    assert settle(shop) == 60

    (day,) = settling_queries.settled_days(olga, shop)
    assert (day.day, day.judgements, day.deducted, day.capped, day.deducted_fen) == (DAY, 60, 50, 10, 500_00)
    assert (day.points_tenths, day.debt_fen) == (seen.points_tenths, 500_00)
    assert settling_queries.forecast_of_shop(olga, shop) == ()


def test_a_late_row_is_forecast_with_what_the_day_has_left(cast_: cast.Cast) -> None:
    shop = int(cast_.shop)
    for _ in range(49):
        late(shop)
    sweep(after(1))
    settle(shop)
    for _ in range(3):
        late(shop)
    sweep(after(17))

    (seen,) = settling_queries.forecast_of_shop(operator(cast_.olga), shop)

    assert (seen.used_fen, seen.deducted, seen.capped) == (490_00, 1, 2)


@pytest.mark.parametrize(
    ("shop_too", "kind"),
    [
        pytest.param(True, "", id="a shop"),
        pytest.param(True, "LATE_SHIPMENT", id="one kind of one shop"),
    ],
)
def test_what_is_held_waits_until_it_is_lifted(cast_: cast.Cast, shop_too: bool, kind: str) -> None:
    shop, olga = int(cast_.shop), operator(cast_.olga)
    late(shop)
    sweep(after(1))
    held = hold(olga, shop, kind)

    assert settle(shop) == 0
    assert settling_queries.forecast_of_shop(olga, shop)[0].held == 1
    holding.lift(held, actor=olga, now=after(3), real_now=after(3))
    with pytest.raises(holding.LiftedAlready):
        holding.lift(held, actor=olga, now=after(3), real_now=after(3))

    assert settle(shop) == 1


def test_another_kind_of_the_shop_is_not_held(cast_: cast.Cast) -> None:
    late(int(cast_.shop))
    sweep(after(1))
    hold(operator(cast_.olga), int(cast_.shop), "FALSE_SHIPMENT")

    assert settle(int(cast_.shop)) == 1


def test_the_same_is_held_once(cast_: cast.Cast) -> None:
    olga = operator(cast_.olga)
    hold(olga, int(cast_.shop))

    with pytest.raises(holding.HeldAlready):
        hold(olga, int(cast_.shop))
    assert [each.shop_id for each in holding.holds(olga)].count(int(cast_.shop)) == 1


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        pytest.param(lambda w: hold(operator(w.olga), None), holding.HoldRefused, id="nothing named"),
        pytest.param(lambda w: hold(operator(w.olga), w.shop, "NONSENSE"), holding.HoldRefused, id="no such kind"),
        pytest.param(lambda w: hold(operator(w.olga), w.shop, reason=" "), holding.HoldRefused, id="no reason"),
        pytest.param(lambda w: hold(operator(w.olga), w.shop, reason="x" * 201), holding.HoldRefused, id="long reason"),
        pytest.param(lambda w: hold(operator(w.olga), w.creator), NotVisible, id="no shop"),
        pytest.param(lambda w: hold(operator(w.viewer), w.shop), Forbidden, id="who only looks"),
        pytest.param(lambda w: hold(merchant(w.alice, w.shop), w.shop), NotVisible, id="the shop itself"),
        pytest.param(lambda w: holding.holds(merchant(w.alice, w.shop)), NotVisible, id="the shop lists"),
        pytest.param(
            lambda w: settling_queries.totals(merchant(w.alice, w.shop), now=NIGHT), NotVisible, id="the shop counts"
        ),
        pytest.param(
            lambda w: settling_queries.forecast_of_shop(merchant(w.charlie, w.other_shop), w.shop),
            NotVisible,
            id="a stranger looks",
        ),
        pytest.param(
            lambda w: settling_queries.settled_days(merchant(w.bob, w.shop), w.shop), Forbidden, id="a clerk looks"
        ),
    ],
)
def test_nobody_else_holds_or_looks(
    cast_: cast.Cast, act: Callable[[cast.Cast], object], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        act(cast_)


def test_the_list_of_what_waits_pages_and_narrows(cast_: cast.Cast) -> None:
    shop, other = int(cast_.shop), int(cast_.other_shop)
    for each in (shop, shop, other):
        late(each)
    sweep(after(25))
    olga = operator(cast_.olga)
    hold(olga, other)
    source = settling_queries.waiting_source(olga, shops=[shop, other], is_held=False)
    one = Question(answers={}, size=1)

    first = source.page(one)
    second = source.page(Question(answers={}, size=1, after=first.next_cursor))

    assert [(each.shop_id, each.day, each.judgements) for each in (*first.rows, *second.rows)] == [
        (shop, DAY + timedelta(1), 2),
        (other, DAY + timedelta(1), 1),
    ]
    assert source.count(one, limit=100) == 4
    held = settling_queries.waiting_source(olga, shops=[shop, other], is_held=True)
    assert {each.shop_id for each in held.page(Question(answers={})).rows} == {other}


def test_the_platform_at_a_glance(cast_: cast.Cast) -> None:
    olga, shop = operator(cast_.olga), int(cast_.shop)
    before = settling_queries.totals(olga, now=NIGHT)
    late(shop)
    sweep(after(1))
    waiting = settling_queries.totals(olga, now=after(2))
    settle(shop)

    found = settling_queries.totals(olga, now=NIGHT)

    assert waiting.judged_today >= 1
    assert found.last_day == DAY
    assert found.last.deducted_fen == before.last.deducted_fen + 10_00


def test_a_kind_is_held_for_all_shops(db: None) -> None:
    people = cast.build()
    late(int(people.shop))
    sweep(after(1))
    hold(operator(people.olga), None, "LATE_SHIPMENT")

    assert settle(int(people.shop)) == 0
