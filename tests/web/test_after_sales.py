"""The pages of after-sales (售后) and of refunds in trouble (退款异常)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.orders import life, world
from tests.web import cast
from tests.web.cast import Cast
from yidao.accounts.ids import ShopId
from yidao.accounts.models import Membership, User
from yidao.audit.models import AuditEntry
from yidao.kit.models import DemoClock
from yidao.orders import refund_queries
from yidao.orders.models import AfterSale, OrderRefund
from yidao.orders.refund_models import OrderRefundAttempt
from yidao.rules import after_sale as rule
from yidao.rules import refunds as refund_rule
from yidao.rules.after_sale import Act, Kind
from yidao.web.shared import acts, life_words

pytestmark = pytest.mark.django_db
NOW = world.moment("06-19 12:00")
QUERIES = 5


@pytest.fixture
def people() -> Cast:
    stand(NOW)
    return cast.build()


def stand(at: Any) -> None:
    DemoClock.objects.update_or_create(
        id=1, defaults={"base_real": at, "base_sim": at, "rate": 1.0, "is_running": False}
    )


def browser(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def opened(shop: ShopId, **more: Any) -> int:
    """Return a record about a fresh order that was opened two hours before NOW."""
    return life.open_refund(world.place(shop, paid="06-18 10:00"), "06-19 10:00", **more)


def failed(shop: ShopId, acts: str = "FAIL") -> OrderRefund:
    """Return a refund whose first try came to nothing."""
    record_id = opened(shop)
    record = AfterSale.objects.get(id=record_id)
    life.sandbox_does(record.order_id, acts, route="ORIGINAL")
    life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")
    life.sweep("06-19 11:00")
    return OrderRefund.objects.get(after_sale_id=record_id)


def list_of(people: Cast) -> str:
    return reverse("merchant-after-sales", kwargs={"shop": people.shop})


def page_of(people: Cast, record_id: int) -> str:
    return reverse("merchant-after-sale", kwargs={"shop": people.shop, "after_sale": record_id})


def refund_page(refund: OrderRefund) -> str:
    return reverse("operator-refund", kwargs={"refund": refund.id})


def text(client: Client, address: str, **query: str) -> str:
    got = client.get(address, query)
    assert got.status_code == 200, got.content.decode()[:2000]
    return got.content.decode()


def test_the_list_begins_with_what_waits_for_the_shop(people: Cast) -> None:
    waits, answered = opened(people.shop), opened(people.shop)
    foreign = opened(people.other_shop)
    life.act(life.clerk(people.shop), answered, Act.REFUSE, "06-19 11:00", text="已打包")
    alice = browser(people.alice)

    first, refused, everything = (
        text(alice, list_of(people), **query) for query in ({}, {"state": "REFUSED"}, {"state": "all"})
    )

    assert [page_of(people, each) in first for each in (waits, answered, foreign)] == [True, False, False]
    assert [page_of(people, each) in refused for each in (waits, answered, foreign)] == [False, True, False]
    assert [page_of(people, each) in everything for each in (waits, answered)] == [True, True]
    assert str(foreign) not in everything


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"kind": "REFUND"}, True),
        ({"kind": "EXCHANGE"}, False),
        ({"reason": "NOT_WANTED"}, True),
        ({"reason": "DAMAGED"}, False),
        ({"order": "no-such-order"}, False),
        ({"number": "AS-404"}, False),
        ({"return": "ZT404"}, False),
        ({"opened_from": "2022-06-19", "opened_until": "2022-06-19"}, True),
        ({"opened_from": "2022-06-20"}, False),
    ],
)
def test_each_filter_narrows_the_list(people: Cast, query: dict[str, str], is_found: bool) -> None:
    record_id = opened(people.shop)

    assert (page_of(people, record_id) in text(browser(people.alice), list_of(people), **query)) is is_found


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_as_many_queries_for_one_as_for_three(
    people: Cast, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        opened(people.shop)
    alice = browser(people.alice)
    alice.get(list_of(people))

    with django_assert_num_queries(QUERIES):
        alice.get(list_of(people))


def test_the_tabs_and_the_side_bar_count_what_waits(people: Cast) -> None:
    for _ in range(2):
        opened(people.shop)
    alice = browser(people.alice)

    counts = alice.get(list_of(people), {"part": "counts"}).content.decode()
    badges = alice.get(reverse("merchant-badges", kwargs={"shop": people.shop})).content.decode()

    assert 'id="count-AWAIT_SHOP"' in counts
    assert "after-sales" in badges


def test_a_shop_agrees_and_the_page_says_what_follows(people: Cast) -> None:
    record_id = opened(people.shop)
    alice = browser(people.alice)
    before = text(alice, page_of(people, record_id))

    got = alice.post(page_of(people, record_id), {"act": "APPROVE"})

    assert "¥100.00 go back to the buyer." in before
    assert got.status_code == 302
    assert AfterSale.objects.get(id=record_id).state == "REFUNDING"
    entry = AuditEntry.objects.get(act="after_sale.answered", subject=f"after_sale/{record_id}")
    assert (entry.actor_user_id, entry.details["step"]) == (people.alice.id, "APPROVE")
    after = text(alice, page_of(people, record_id))
    assert "Agreed" in after
    assert 'value="APPROVE"' not in after


def test_a_refusal_needs_words(people: Cast) -> None:
    record_id = opened(people.shop)
    alice = browser(people.alice)

    got = alice.post(page_of(people, record_id), {"act": "REFUSE", "text": " "})

    assert got.status_code == 422
    assert "Say why, in at most 200 characters." in got.content.decode()
    assert AfterSale.objects.get(id=record_id).state == "AWAIT_SHOP"


@pytest.mark.parametrize("act", ["WITHDRAW", "PAID", "RECEIVE", "JUMP", ""])
def test_a_form_can_do_nothing_that_is_not_the_shops(people: Cast, act: str) -> None:
    record_id = opened(people.shop)

    got = browser(people.alice).post(page_of(people, record_id), {"act": act, "text": "x"})

    assert (got.status_code, AfterSale.objects.get(id=record_id).state) == (409, "AWAIT_SHOP")


def test_goods_that_came_back_are_received(people: Cast) -> None:
    order_id = world.place(people.shop, paid="06-18 10:00")
    life.ship(order_id, "06-18 12:00")
    record_id = life.open_refund(order_id, "06-19 10:00", kind=Kind.RETURN_REFUND)
    life.act(life.clerk(people.shop), record_id, Act.APPROVE, "06-19 10:30")
    life.act(life.marketplace(), record_id, Act.SEND_BACK, "06-19 11:00")
    alice = browser(people.alice)

    shown = text(alice, page_of(people, record_id))
    alice.post(page_of(people, record_id), {"act": "RECEIVE"})

    assert "Goods received…" in shown
    assert AfterSale.objects.get(id=record_id).state == "REFUNDING"


def test_a_role_without_the_right_sees_and_answers_nothing(people: Cast) -> None:
    record_id = opened(people.shop)
    packer = cast.user("Packer", (people.shop, Membership.Role.WAREHOUSE))
    client = browser(packer)

    shown = text(client, page_of(people, record_id))
    got = client.post(page_of(people, record_id), {"act": "APPROVE"})

    assert 'value="APPROVE"' not in shown
    assert (got.status_code, AfterSale.objects.get(id=record_id).state) == (403, "AWAIT_SHOP")


def test_after_its_time_a_record_offers_nothing(people: Cast) -> None:
    record_id = opened(people.shop)
    stand(world.moment("06-21 10:00"))

    assert 'value="APPROVE"' not in text(browser(people.alice), page_of(people, record_id))


# --- Refunds ---


def test_the_worklist_begins_with_what_must_be_decided(people: Cast) -> None:
    tried, unheard = failed(people.shop), failed(people.other_shop, "LOSE")
    over = failed(people.shop)
    life.sweep("06-19 12:00")
    life.sweep("06-20 00:00")
    tried.refresh_from_db()
    OrderRefund.objects.filter(id=tried.id).update(state="WANTED")
    olga = browser(people.olga)

    decide, retry, unknown = (
        text(olga, reverse("operator-refunds"), **query) for query in ({}, {"state": "RETRY"}, {"state": "UNKNOWN"})
    )

    assert [refund_page(each) in decide for each in (over, tried)] == [True, False]
    assert [refund_page(each) in retry for each in (over, tried)] == [False, True]
    assert unheard.state == "UNKNOWN"
    assert refund_page(over) not in unknown


def test_an_operator_chooses_another_way(people: Cast) -> None:
    refund = failed(people.shop)
    olga = browser(people.olga)
    before = text(olga, refund_page(refund))

    got = olga.post(refund_page(refund), {"act": "other"})
    life.sweep(NOW)

    refund.refresh_from_db()
    assert "sandbox.refused" in before
    assert (got.status_code, refund.state, refund.route) == (302, "DONE", "OTHER")
    assert AuditEntry.objects.filter(act="refund.route_chosen", actor_user_id=people.olga.id).count() == 1


def test_an_operator_marks_as_paid_with_evidence(people: Cast) -> None:
    refund = failed(people.shop)
    olga = browser(people.olga)

    without = olga.post(refund_page(refund), {"act": "paid", "evidence": ""})
    got = olga.post(refund_page(refund), {"act": "paid", "evidence": "银行回单 7"})

    refund.refresh_from_db()
    assert (without.status_code, got.status_code, refund.state) == (422, 302, "DONE")
    assert "银行回单 7" in text(olga, refund_page(refund))
    assert 'name="evidence"' not in text(olga, refund_page(refund))


def test_what_has_no_answer_offers_nothing_and_takes_nothing(people: Cast) -> None:
    refund = failed(people.shop, "TIME_OUT")
    olga = browser(people.olga)

    got = olga.post(refund_page(refund), {"act": "other"})

    assert 'value="other"' not in text(olga, refund_page(refund))
    assert (got.status_code, OrderRefund.objects.get(id=refund.id).route) == (409, "ORIGINAL")


def test_a_refund_that_was_silent_too_long_goes_another_way_with_words(people: Cast) -> None:
    refund = failed(people.shop, "TIME_OUT")
    OrderRefund.objects.filter(id=refund.id).update(state="WAITS_FOR_OPERATOR", due_at=None)
    olga = browser(people.olga)

    page = text(olga, refund_page(refund))
    without = olga.post(refund_page(refund), {"act": "other"})
    got = olga.post(refund_page(refund), {"act": "other", "evidence": "支付方说没有收到"})

    assert 'value="other"' in page
    assert page.count('name="evidence"') == 2
    assert (without.status_code, got.status_code) == (422, 302)
    assert OrderRefund.objects.get(id=refund.id).route == "OTHER"
    assert "支付方说没有收到" in text(olga, refund_page(refund))


@pytest.mark.parametrize("who", ["clerk", "viewer"])
def test_who_may_not_decide_looks_on(people: Cast, who: str) -> None:
    refund = failed(people.shop)
    client = browser(getattr(people, who))

    shown, got = text(client, refund_page(refund)), client.post(refund_page(refund), {"act": "other"})

    assert 'value="other"' not in shown
    assert (got.status_code, OrderRefund.objects.get(id=refund.id).route) == (403, "ORIGINAL")


@pytest.mark.parametrize("count", [1, 3])
def test_the_worklist_costs_as_many_queries_for_one_as_for_three(
    people: Cast, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        failed(people.shop)
    olga = browser(people.olga)
    olga.get(reverse("operator-refunds"), {"state": "RETRY"})

    with django_assert_num_queries(QUERIES + 1):
        olga.get(reverse("operator-refunds"), {"state": "RETRY"})


def test_the_journal_says_steps_ways_and_amounts_in_words() -> None:
    with translation.override("en"):
        assert acts.details({"step": "APPROVE", "amount_fen": 100_00}) == "step Agreed · amount ¥100.00"
        assert acts.details({"route": "OTHER"}) == "way Another way"


def test_every_code_has_words() -> None:
    wanted = {
        "after_sale": rule.State,
        "kind": rule.Kind,
        "step": [*rule.Act, "OPENED", "CLOSED"],
        "route": refund_rule.Route,
        "outcome": refund_rule.Outcome,
        "attempt": OrderRefundAttempt.Act.values,
        "cause": OrderRefund.Cause.values,
        "stands": refund_queries.STANDS,
    }

    assert [
        (table, code) for table, codes in wanted.items() for code in codes if code not in life_words._TABLES[table]
    ] == []
