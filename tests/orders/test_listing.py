"""The statements of the order lists against the plainest reading: take all, leave out what does not fit, sort, cut."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.orders import planting, world
from tests.orders.planting import NOW
from tests.web import cast
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.kit import paging
from yidao.kit.errors import NotVisible
from yidao.orders import listing
from yidao.orders.listing import Wanted
from yidao.orders.listing_rows import Row

pytestmark = pytest.mark.django_db
STATES = ("TO_SHIP", "PARTIALLY_SHIPPED", "SHIPPED", "COMPLETED", "CANCELLED", "PENDING_PAYMENT", "PAID")
KINDS = ("H48", "NEXT_DAY", "PRESALE_FULL")
CARRIERS = ("zhongtong", "yuantong")
WAITING = ("TO_SHIP", "PAID", "PARTIALLY_SHIPPED")


@pytest.fixture
def people() -> Cast:
    return cast.build()


def merchant(people: Cast) -> Actor:
    return access.actor_for_shop(UserId(people.alice.pk), people.shop)


def operator(people: Cast) -> Actor:
    return access.actor_for_operator(UserId(people.olga.pk))


def plant(people: Cast) -> None:
    """Write 70 orders of two shops in every state, with two creators, marks, phones and products."""
    for index in range(70):
        state = STATES[index % 7]
        is_unpaid = state == "PENDING_PAYMENT" or (state == "CANCELLED" and index % 2 == 0)
        planting.order(
            (people.shop, people.shop, people.other_shop)[index % 3],
            f"O{index:02d}",
            state=state,
            paid=None if is_unpaid else NOW - timedelta(hours=index // 2),
            due=NOW + timedelta(hours=30 - index) if state in WAITING else None,
            promise_kind=KINDS[index % 3],
            carrier=CARRIERS[index % 2] if state in ("SHIPPED", "COMPLETED", "PARTIALLY_SHIPPED") else "",
            creator_id=(people.creator, people.second_creator, None)[index % 3],
            labels=(0, 1, 2, 5, 0)[index % 5],
            flag=index % 4,
            open_refunds=int(index % 6 == 0),
            buyer=("张三丰", f"138{index:08d}", "文三路 1 号") if index % 4 else None,
            lines=({"product_id": f"P{index % 3}"}, {"product_id": "P9"})[: 1 + index % 2],
        )


def fits(row: Row, wanted: Wanted) -> bool:
    """Say whether a row is wanted, by nothing but what it shows."""
    numbers = {row.order_no, *(line.order_no for line in row.lines)}
    tail = wanted.phone[-4:]
    return (
        (not wanted.states or row.state in wanted.states)
        and (not wanted.is_refunding or row.open_refunds > 0)
        and (wanted.shop_ids is None or row.shop_id in wanted.shop_ids)
        and (not wanted.order_nos or bool(numbers & set(wanted.order_nos)))
        and (wanted.product_ids is None or any(line.product_id in wanted.product_ids for line in row.lines))
        and (not tail or row.buyer.phone.endswith(tail))
        and (not wanted.promise_kinds or row.promise_kind in wanted.promise_kinds)
        and (not wanted.carriers or row.carrier in wanted.carriers)
        and (wanted.creator_ids is None or row.creator_id in wanted.creator_ids)
        and (not wanted.labels or bool(row.labels & wanted.labels))
        and (not wanted.flags or row.flag in wanted.flags)
        and _is_within(row, wanted)
        and (not wanted.is_by_time_left or row.ship_by_at is not None)
    )


def _is_within(row: Row, wanted: Wanted) -> bool:
    for at, since, until in (
        (row.ship_by_at, wanted.due_from, wanted.due_until),
        (row.paid_at, wanted.paid_from, wanted.paid_until),
    ):
        if since is not None and (at is None or at < since):
            return False
        if until is not None and (at is None or at >= until):
            return False
    return True


def filters(people: Cast) -> dict[str, dict[str, Any]]:
    return {
        "nothing": {},
        "one state": {"states": ("SHIPPED",)},
        "waiting states": {"states": WAITING},
        "closed states": {"states": ("CANCELLED", "COMPLETED")},
        "refunding": {"is_refunding": True},
        "orders": {"order_nos": ("O01", "O08-1", "O10-1", "X99")},
        "a product": {"product_ids": ("P1",)},
        "products": {"product_ids": ("P1", "P9")},
        "no product": {"product_ids": ()},
        "a tail": {"phone": "0009"},
        "a whole phone": {"phone": "13800000013"},
        "a masked phone": {"phone": "138****0010"},
        "a kind": {"promise_kinds": ("NEXT_DAY",)},
        "kinds": {"promise_kinds": ("NEXT_DAY", "H48")},
        "a carrier": {"carriers": ("yuantong",)},
        "carriers": {"carriers": CARRIERS},
        "a creator": {"creator_ids": (people.creator,)},
        "creators": {"creator_ids": (people.creator, people.second_creator)},
        "a label": {"labels": 1},
        "labels": {"labels": 3},
        "a flag": {"flags": (2,)},
        "no flag or one": {"flags": (0, 1)},
        "due": {"due_from": NOW - timedelta(hours=20), "due_until": NOW + timedelta(hours=10)},
        "late": {"due_until": NOW},
        "paid": {"paid_from": NOW - timedelta(hours=20), "paid_until": NOW - timedelta(hours=5)},
    }


NAMES = (
    "nothing", "one state", "waiting states", "closed states", "refunding", "orders", "a product", "products",
    "no product", "a tail", "a whole phone", "a masked phone", "a kind", "kinds", "a carrier", "carriers", "a creator",
    "creators", "a label", "labels", "a flag", "no flag or one", "due", "late", "paid",
)  # fmt: skip


def everything(actor: Actor, people: Cast) -> list[Row]:
    """Return every order the actor may see, in no order."""
    shops = (people.shop,) if actor.kind == "MERCHANT" else (people.shop, people.other_shop)
    return list(listing.every(actor=actor, wanted=Wanted(shop_ids=shops)))


def key(row: Row, *, by_time: bool) -> tuple[float, int]:
    if by_time:
        assert row.ship_by_at is not None
        return row.ship_by_at.timestamp(), row.id
    return -(row.paid_at.timestamp() if row.paid_at else 0.0), -row.id


@pytest.mark.parametrize("by_time", [False, True], ids=["the newest first", "the soonest first"])
@pytest.mark.parametrize("who", [merchant, operator], ids=["a shop", "an operator"])
@pytest.mark.parametrize("name", NAMES)
def test_a_filter_alone_and_with_every_other_finds_what_the_plainest_reading_finds(
    people: Cast, monkeypatch: pytest.MonkeyPatch, name: str, who: Any, by_time: bool
) -> None:
    plant(people)
    actor, known = who(people), filters(people)
    rows = everything(actor, people)
    if name in ("products", "a product"):
        monkeypatch.setattr(listing, "RARE_MAX", 3)
        monkeypatch.setattr(listing, "GATHERED_MAX", 1000 if name == "products" else 3)
    base = Wanted(is_by_time_left=by_time, shop_ids=(people.shop, people.other_shop))

    for other, more in known.items():
        if set(more) & set(known[name]):
            continue
        wanted = replace(base, **known[name], **more)
        expected = sorted((row for row in rows if fits(row, wanted)), key=lambda row: key(row, by_time=by_time))

        assert [row.id for row in listing.every(actor=actor, wanted=wanted)] == [row.id for row in expected], other
        assert listing.count(actor=actor, wanted=wanted, limit=1000) == len(expected), other
        assert listing.count_lines(actor=actor, wanted=wanted, limit=1000) == sum(len(row.lines) for row in expected)
        assert turned(actor, wanted) == [row.id for row in expected], other


def turned(actor: Actor, wanted: Wanted) -> list[int]:
    """Return the ids page by page, seven at a time."""
    found: list[int] = []
    cursor = ""
    for _ in range(20):
        page = listing.orders(actor=actor, wanted=wanted, limit=7, cursor=cursor)
        found += [row.id for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            return found
    raise AssertionError("the pages do not end")


def test_numbered_pages_are_the_same_as_turned_ones(people: Cast) -> None:
    plant(people)
    actor = merchant(people)

    numbered = [
        row.id
        for at in range(0, 70, 7)
        for row in listing.orders(actor=actor, wanted=Wanted(), limit=7, offset=at).rows
    ]

    assert numbered == turned(actor, Wanted())


def test_a_count_stops_at_its_limit(people: Cast) -> None:
    plant(people)

    assert listing.count(actor=merchant(people), wanted=Wanted(), limit=10) == 10


def test_a_shop_sees_nothing_of_another_one(people: Cast) -> None:
    planting.order(people.other_shop, "FOREIGN")
    actor = merchant(people)

    for wanted in (
        Wanted(), Wanted(order_nos=("FOREIGN",)), Wanted(phone="13812345678"), Wanted(product_ids=("P1",)),
        Wanted(shop_ids=(people.other_shop,)), Wanted(is_by_time_left=True),
    ):  # fmt: skip
        assert listing.orders(actor=actor, wanted=wanted, limit=10).rows == ()
        assert listing.count(actor=actor, wanted=wanted, limit=10) == 0
    assert listing.found_order_nos(actor=actor, order_nos=["FOREIGN"]) == frozenset()


def test_creators_have_no_list_of_orders(people: Cast) -> None:
    actor = access.actor_for_creator(UserId(people.dana.pk), people.creator)

    with pytest.raises(NotVisible):
        listing.orders(actor=actor, wanted=Wanted(), limit=10)


def test_a_cursor_of_another_filter_is_refused(people: Cast) -> None:
    plant(people)
    actor = merchant(people)
    cursor = listing.orders(actor=actor, wanted=Wanted(), limit=7).next_cursor

    with pytest.raises(paging.CursorInvalid):
        listing.orders(actor=actor, wanted=Wanted(flags=(1,)), limit=7, cursor=cursor)


def test_a_row_shows_the_buyer_masked_and_what_the_shop_wrote_to_the_shop_alone(people: Cast) -> None:
    id_ = planting.order(people.shop, "O1", note="gift wrap", creator_id=people.creator, state="PARTIALLY_SHIPPED")
    planting.pack(people.shop, id_, "ZT1")

    (own,) = listing.orders(actor=merchant(people), wanted=Wanted(), limit=5).rows
    (seen,) = listing.orders(actor=operator(people), wanted=Wanted(order_nos=("O1",)), limit=5).rows

    assert (own.buyer.name, own.buyer.phone, own.buyer.address) == ("张**", "138****5678", "****")
    assert (own.note, seen.note) == ("gift wrap", "")
    assert (own.creator, own.shop) == ("达人一", "花间集")
    assert [(pack.waybill_no, pack.lines) for pack in own.packs] == [("ZT1", ((1, 1),))]


def test_a_page_costs_as_many_statements_for_three_orders_as_for_one(people: Cast) -> None:
    actor = merchant(people)
    costs = []
    for index in range(3):
        planting.order(people.shop, f"O{index}", creator_id=people.creator)
        with CaptureQueriesContext(connection) as spent:
            listing.orders(actor=actor, wanted=Wanted(), limit=10)
        costs.append(len(spent))

    assert costs == [4, 4, 4]


def test_the_creators_of_a_shop_are_found_by_their_names(people: Cast) -> None:
    planting.order(people.shop, "O1", creator_id=people.creator)
    planting.order(people.other_shop, "O2", creator_id=people.other_creator)

    assert listing.creators((people.shop,)) == {people.creator: "达人一"}
    assert listing.creators_named("达人", shop_ids=(people.shop,)) == (people.creator,)
    assert listing.creators_named("drb", shop_ids=(people.shop,)) == ()


@pytest.mark.parametrize("phone", ["13812345678", "5678", "138****5678", "+86 138 1234 5678"])
def test_an_order_that_entered_is_found_by_its_receivers_phone(people: Cast, phone: str) -> None:
    order = world.place(people.shop)

    (row,) = listing.orders(actor=merchant(people), wanted=Wanted(phone=phone), limit=5).rows

    assert row.id == order
    assert (row.buyer.name, row.buyer.phone, row.buyer.division) == ("张**", "138****5678", 330106)
    assert (row.promise_kind, row.lines[0].open_quantity) == ("H48", 1)
