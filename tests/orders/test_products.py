"""Products: met behind the orders, described by their shop, one at a time or many."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from tests.orders import world
from tests.web.cast import NOW
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import OrganisationId, UserId
from yidao.audit.models import AuditEntry
from yidao.kit import ids, sweeps
from yidao.kit.errors import Forbidden, NotVisible
from yidao.kit.lists.questions import Question
from yidao.orders import products
from yidao.orders.products import Left, ProductChanged, ProductRefused, Said, Source, TooManyRows
from yidao.orders.shop_models import Product, ProductCursor

pytestmark = pytest.mark.django_db

AT: dict[str, Any] = {"now": NOW, "real_now": NOW}


@pytest.fixture(autouse=True)
def _nothing_is_too_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "SETTLED_AFTER", timedelta(seconds=-60))


@pytest.fixture
def shop() -> int:
    return ids.new_id()


def owner(shop: int, **changes: Any) -> Actor:
    plain = Actor(
        user_id=UserId(ids.new_id()),
        credential_id=None,
        kind=ActorKind.MERCHANT,
        organisation_ids=(OrganisationId(shop),),
        permissions=frozenset({Permission.SHOP_SETTINGS}),
    )
    return dataclasses.replace(plain, **changes)


def meet() -> int:
    return sweeps.sweep_until_quiet((products.CONCERN,), now=NOW)["products"]


def sell(shop: int, *names: str, **more: Any) -> None:
    for name in names:
        world.place(shop, lines=[world.line(product=name, **more)])


def question(size: int = 50, after: str = "", **answers: str) -> Question:
    return Question(answers={name: (value,) for name, value in answers.items()}, size=size, after=after)


def listed(shop: int, **answers: str) -> list[str]:
    page = Source(actor=owner(shop), shop_id=shop).page(question(**answers))
    return [each.product_id for each in page.rows]


def say(shop: int, product: str, *, seen: int = 0, **said: Any) -> None:
    products.say(Said(product_id=product, **said), actor=owner(shop), shop_id=shop, seen_version=seen, **AT)


def test_products_are_met_once_with_their_newest_name(shop: int) -> None:
    sell(shop, "P-1", "P-2", "P-1")
    meet()
    assert listed(shop) == ["P-1", "P-2"]
    say(shop, "P-1", short_name="睡衣")

    sell(shop, "P-1", product_name="真丝睡衣 2022")
    assert meet() == 1
    assert meet() == 0

    row = products.product("P-1", actor=owner(shop), shop_id=shop)
    assert (row.name, row.short_name, row.merchant_code) == ("真丝睡衣 2022", "睡衣", "MC-1")


def test_orders_that_may_stand_in_an_open_transaction_are_left_for_later(
    shop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet()
    sell(shop, "P-1")
    monkeypatch.setattr(products, "SETTLED_AFTER", timedelta(seconds=60))

    assert meet() == 0
    assert ProductCursor.objects.count() == 1


def test_a_list_is_searched_and_goes_on_where_it_ended(shop: int) -> None:
    sell(shop, "P-1", "P-2", "P-3")
    sell(shop, "P-4", product_name="羊绒围巾", merchant_code="WJ-9")
    meet()
    say(shop, "P-2", short_name="睡衣短")
    source = Source(actor=owner(shop), shop_id=shop)

    assert [listed(shop, text=each) for each in ("围巾", "wj-9", "P-3", "睡衣短", "P")] == [
        ["P-4"],
        ["P-4"],
        ["P-3"],
        ["P-2"],
        [],
    ]
    assert listed(shop, short="none") == ["P-1", "P-3", "P-4"]
    first = source.page(question(size=3))
    second = source.page(question(size=3, after=first.next_cursor))
    assert [[row.product_id for row in page.rows] for page in (first, second)] == [["P-1", "P-2", "P-3"], ["P-4"]]
    assert (source.count(question(), limit=3), source.count(question(), limit=9)) == (3, 4)
    assert [each.product_id for each in source.every(question())] == ["P-1", "P-2", "P-3", "P-4"]


def test_what_a_shop_says_is_kept_and_journalled(shop: int) -> None:
    sell(shop, "P-1")
    meet()

    say(shop, "P-1", short_name="睡衣", weight_grams=350)
    say(shop, "P-1", seen=1, weight_grams=0)

    row = products.product("P-1", actor=owner(shop), shop_id=shop)
    assert (row.short_name, row.weight_grams, row.version) == ("睡衣", None, 2)
    assert products.short_names(shop, ["P-1", "P-9"]) == {"P-1": "睡衣"}
    assert products.names(shop, ["P-1", "P-9"]) == {"P-1": "真丝睡衣"}
    assert AuditEntry.objects.filter(organisation_id=shop, act="product.described").count() == 2
    with pytest.raises(ProductChanged):
        say(shop, "P-1", seen=1, short_name="x")


def test_what_cannot_be_kept_is_refused(shop: int) -> None:
    sell(shop, "P-1")
    meet()

    with pytest.raises(ProductRefused) as refused:
        say(shop, "P-1", short_name="长" * 31, weight_grams=1_000_001)
    assert [each.pointer for each in refused.value.faults] == ["short_name", "weight"]
    assert Product.objects.get(shop_id=shop).version == 0


def test_many_are_described_at_once_and_bad_ones_are_named(shop: int) -> None:
    sell(shop, "P-1", "P-2", "P-3")
    meet()
    said = [
        Said(product_id="P-1", short_name="一", weight_grams=100),
        Said(product_id="P-9", short_name="九"),
        Said(product_id="P-2", merchant_code="C" * 61),
        Said(product_id="P-1", short_name="又一"),
        Said(product_id="P-3", merchant_code="M-3"),
    ]

    kept = products.say_many(said, actor=owner(shop), shop_id=shop, **AT)
    again = products.say_many(said, actor=owner(shop), shop_id=shop, **AT)

    assert (kept.changed, kept.unchanged) == (2, 0)
    assert dict(kept.left_out) == {1: Left.UNKNOWN, 2: Left.MERCHANT_CODE, 3: Left.TWICE}
    assert (again.changed, again.unchanged) == (0, 2)
    first = products.product("P-1", actor=owner(shop), shop_id=shop)
    assert (first.short_name, first.merchant_code, first.weight_grams) == ("一", "MC-1", 100)
    assert AuditEntry.objects.get(organisation_id=shop, act="product.described").details == {"count": 2}


def test_a_file_has_a_limit(shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "ROWS_MAX", 1)

    with pytest.raises(TooManyRows):
        products.say_many([Said(product_id="a"), Said(product_id="b")], actor=owner(shop), shop_id=shop, **AT)


def test_another_shops_products_are_not_there_and_other_roles_describe_nothing(shop: int) -> None:
    sell(shop, "P-1")
    meet()
    other = ids.new_id()

    with pytest.raises(NotVisible):
        products.product("P-1", actor=owner(other), shop_id=shop)
    with pytest.raises(NotVisible):
        Source(actor=owner(other), shop_id=shop).page(question())
    with pytest.raises(NotVisible):
        products.say_many([], actor=owner(other), shop_id=shop, **AT)
    for who in (owner(shop, permissions=frozenset()), owner(shop, is_visiting=True)):
        with pytest.raises(Forbidden):
            products.say(Said(product_id="P-1"), actor=who, shop_id=shop, seen_version=0, **AT)
        with pytest.raises(Forbidden):
            products.say_many([], actor=who, shop_id=shop, **AT)
