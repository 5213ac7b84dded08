"""修改预计发货时间: a card asks, the buyer answers through the marketplace, and D moves on acceptance only."""

from datetime import timedelta

import pytest

from tests.orders import life, world
from yidao.audit.models import AuditEntry
from yidao.flows import answer_card
from yidao.kit.errors import Forbidden, NotVisible
from yidao.orders import cards, deadlines, sight
from yidao.orders.models import DeadlineChange
from yidao.rules.order_state import Label

pytestmark = pytest.mark.django_db
PAID = "06-18 10:00"
D = world.moment("06-20 10:00")


@pytest.fixture
def shop() -> int:
    life.hush()
    return life.fresh_shop()


def ask(shop: int, *orders: int, new: str = "06-25 10:00", at: str = "06-19 10:00", reason: str = "缺货补货中"):
    now = world.moment(at)
    return cards.ask(
        actor=life.clerk(shop), order_ids=orders, new_at=world.moment(new), reason=reason, now=now, real_now=now
    )


def say(what, order_id: int, at: str, **more):
    now = world.moment(at)
    told = {"actor": life.marketplace(), "request_key": life.key()} | more
    return what(order=life.address(order_id), now=now, real_now=now, **told)


def states(shop: int, order_id: int, at: str) -> list[str]:
    return [each.state for each in cards.of_order(life.clerk(shop), order_id, world.moment(at))]


def test_d_stays_until_the_buyer_accepts(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    (asked,) = ask(shop, order_id)

    before = world.head(order_id).ship_by_at
    answered = say(answer_card.accept, order_id, "06-19 12:00")

    assert asked.card_id is not None
    assert (before, answered.ship_by_at) == (D, world.moment("06-25 10:00"))
    assert world.head(order_id).labels & Label.DEADLINE_CHANGED
    (change,) = deadlines.of_order(life.clerk(shop), order_id, world.moment("06-19 12:00"))
    assert (change.cause, change.cause_ref, change.old_at) == ("BUYER_CARD", f"card/{asked.card_id}", D)
    assert AuditEntry.objects.filter(act="card.accepted", subject=f"order/{order_id}").count() == 1


def test_a_refusal_moves_nothing(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id)

    answered = say(answer_card.refuse, order_id, "06-19 12:00")

    assert (answered.ship_by_at, states(shop, order_id, "06-19 12:00")) == (D, ["REFUSED"])
    assert not world.head(order_id).labels & Label.DEADLINE_CHANGED


def test_a_card_lapses_after_a_day_whoever_looks(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id)

    shown_before_the_sweep = states(shop, order_id, "06-20 10:00")
    with pytest.raises(cards.CardMissing):
        say(answer_card.accept, order_id, "06-20 10:00")
    swept, again = life.sweep("06-21 00:00"), life.sweep("06-21 00:00")

    (card,) = cards.of_order(life.clerk(shop), order_id, world.moment("06-21 00:00"))
    assert shown_before_the_sweep == ["LAPSED"]
    assert (swept["cards"], again["cards"]) == (1, 0)
    assert (card.state, card.answered_at) == ("LAPSED", world.moment("06-20 10:00"))


def test_a_card_whose_time_is_over_is_refused_only(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id, new="06-20 12:00", at="06-20 10:00")

    with pytest.raises(answer_card.CardTimePassed):
        say(answer_card.accept, order_id, "06-20 12:00")
    assert say(answer_card.refuse, order_id, "06-20 13:00").ship_by_at == D


def test_shipping_overtakes_a_card(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id)
    life.ship(order_id, "06-19 11:00")

    with pytest.raises(cards.CardMissing):
        say(answer_card.accept, order_id, "06-19 12:00")
    life.sweep("06-20 10:00")

    assert states(shop, order_id, "06-19 13:00") == ["OVERTAKEN"]


def test_of_many_orders_each_has_its_own_answer(shop) -> None:
    good, shipped, asked = (world.place(shop, paid=PAID) for _ in range(3))
    life.ship(shipped, "06-19 09:00")
    ask(shop, asked)

    found = ask(shop, good, shipped, asked)

    assert [each.fault for each in found] == [None, "NOTHING_WAITS", "ALREADY_ASKED"]


def test_cards_together_give_no_more_than_fifteen_days(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id, new="07-05 10:00")
    say(answer_card.accept, order_id, "06-19 12:00")

    (more,) = ask(shop, order_id, new="07-05 10:01", at="06-30 10:00")

    assert more.fault == "TOO_FAR"


def test_only_lines_that_wait_and_are_due_before_move(shop) -> None:
    lines = [world.line(), world.line(promise="PRESALE_FULL", days=10), world.line()]
    order_id = world.place(shop, paid=PAID, lines=lines)
    life.ship(order_id, "06-19 09:00", (3, 1))
    ask(shop, order_id, new="06-22 10:00")

    say(answer_card.accept, order_id, "06-19 12:00")

    changes = DeadlineChange.objects.filter(order_id=order_id).values_list("line_no", "new_at")
    assert list(changes) == [(1, world.moment("06-22 10:00"))]
    assert world.head(order_id).ship_by_at == world.moment("06-22 10:00")


def test_a_shop_cannot_accept_its_own_card(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id)

    with pytest.raises(sight.BuyersWord):
        say(answer_card.accept, order_id, "06-19 12:00", actor=life.machine(shop))


def test_another_shop_finds_nothing(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    stranger = life.fresh_shop()

    with pytest.raises(NotVisible):
        ask(stranger, order_id)
    with pytest.raises(NotVisible):
        cards.of_order(life.clerk(stranger), order_id, D)
    with pytest.raises(NotVisible):
        deadlines.of_order(life.clerk(stranger), order_id, D)


def test_a_role_without_the_right_asks_nobody(shop) -> None:
    order_id = world.place(shop, paid=PAID)

    with pytest.raises(Forbidden):
        cards.ask(
            actor=life.clerk(shop, life.Permission.PARCELS_VIEW),
            order_ids=[order_id],
            new_at=D + timedelta(days=1),
            reason="缺货",
            now=D,
            real_now=D,
        )


@pytest.mark.parametrize("reason", ["", "   ", "长" * 101])
def test_a_card_says_why_and_not_at_length(shop, reason) -> None:
    order_id = world.place(shop, paid=PAID)

    with pytest.raises(cards.ReasonRefused):
        ask(shop, order_id, reason=reason)

    assert states(shop, order_id, "06-19 12:00") == []


def test_a_buyer_may_ask_for_a_later_delivery_himself(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    at = world.moment("06-28 10:00")

    answered = say(answer_card.ask_later, order_id, "06-19 12:00", new_at=at)

    assert answered.ship_by_at == at
    (change,) = deadlines.of_order(life.clerk(shop), order_id, at)
    assert change.cause == "BUYER_ASKED"


def test_nobody_asks_for_a_delivery_after_the_order_would_be_closed(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    closes_at = world.head(order_id).close_due_at

    with pytest.raises(answer_card.BeyondClosing):
        say(answer_card.ask_later, order_id, "06-19 12:00", new_at=closes_at)
    before = closes_at - timedelta(minutes=1)
    assert say(answer_card.ask_later, order_id, "06-19 12:00", new_at=before).ship_by_at == before


def test_the_same_request_again_answers_the_same_and_moves_nothing(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    ask(shop, order_id)
    told = {"actor": life.marketplace(), "request_key": life.key("accept-once")}

    first = say(answer_card.accept, order_id, "06-19 12:00", **told)
    again = say(answer_card.accept, order_id, "06-19 13:00", **told)

    assert first == again
    assert DeadlineChange.objects.filter(order_id=order_id).count() == 1
