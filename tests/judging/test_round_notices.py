"""What shops are told of bans and of judgements that were taken back: once for a shop and round, with how many."""

import pytest

from tests.judging.test_reversal import WEEK, move_d, rich, settle
from tests.judging.world import D, after, late, raw, sweep
from yidao.judging import reversal
from yidao.judging.models import Violation
from yidao.kit import ids
from yidao.notices import kinds
from yidao.notices.models import Notice

pytestmark = pytest.mark.django_db


def told(shop: int) -> list[tuple[str, dict[str, object]]]:
    """Return the notices of a shop, the oldest first."""
    rows = Notice.objects.filter(organisation_id=shop, kind__regex="^(ban|violation)[.]").order_by("created_at", "kind")
    return list(rows.values_list("kind", "params"))


def know(shop: int) -> None:
    """Let the shop have been told of its violations."""
    Violation.objects.filter(shop_id=shop).update(notified_at=after(1))


def test_a_round_tells_once_how_many_products_were_banned_and_names_one() -> None:
    shop, other = ids.new_id(), ids.new_id()
    for _ in range(3):
        late(shop, bucket=4)
    late(shop, bucket=9)
    late(other)

    sweep(after(47))
    assert told(shop) == []
    sweep(after(48.5))

    assert told(shop) == [("ban.imposed", {"count": 1, "product": "P1"})]
    assert told(other) == [("ban.imposed", {"count": 1, "product": "P1"})]


def test_what_a_moved_d_takes_back_is_told_with_its_money_and_the_products_that_are_free_again() -> None:
    shop = rich(ids.new_id())
    orders = [late(shop), late(shop)]
    sweep(after(50))
    settle(after(100))
    know(shop)

    for each in orders:
        move_d(each, to=D + WEEK, now=after(101))

    assert told(shop)[1:] == [
        ("ban.ended", {"count": 1, "product": "P1"}),
        ("violation.taken_back", {"count": 6, "fen": 40_00}),
    ]
    kind = kinds.of("violation.taken_back")
    assert kind is not None
    assert kind.words is not None
    assert kind.words({"fen": 40_00}) == {"amount": "40.00"}


def test_who_was_not_told_of_a_judgement_hears_nothing_of_its_end() -> None:
    shop = ids.new_id()
    order_id = late(shop)
    sweep(after(25))

    move_d(order_id, to=D + WEEK, now=after(26))

    assert told(shop) == []


def test_who_tells_each_judgement_himself_is_not_told_over_but_bans_that_end_are() -> None:
    shop = ids.new_id()
    order_id = late(shop)
    sweep(after(50))
    know(shop)

    second = Violation.objects.get(order_id=order_id, ordinal=2).id
    reversal.reverse(raw(), judgement_ids=[second], cause="APPEAL", now=after(101), is_told=True)

    assert [kind for kind, _ in told(shop)] == ["ban.imposed", "ban.ended"]


def test_a_product_that_a_late_judge_bans_and_a_moved_d_frees_at_once_is_no_news() -> None:
    shop = ids.new_id()
    order_id = late(shop)

    reversal.reverse(raw(), order_ids=[order_id], cause="RELIEF", now=after(50))

    assert told(shop) == []
    assert Violation.objects.filter(order_id=order_id, state="REVERSED").count() == 3
