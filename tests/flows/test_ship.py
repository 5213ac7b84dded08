"""Shipping: packs, parcels and states in one transaction; every wish is answered."""

from datetime import timedelta

import pytest

from tests.intake import facts
from tests.orders import world
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.audit.models import AuditEntry
from yidao.flows import ship
from yidao.flows.desk import Outcome, Part, SerialIn, Shipment
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden, NotVisible
from yidao.orders.entry import ReceiverIn
from yidao.orders.models import AfterSale, AfterSaleStep, Order, Pack, PackLine, PackSerial
from yidao.parcels.models import Parcel, ParcelLine
from yidao.rules.order_state import Label
from yidao.rules.scans import Kind
from yidao.rules.shipping import Mode, Piece, Refused, SerialKind

pytestmark = pytest.mark.django_db
NOW = world.moment("06-18 12:00")
OTHER = ReceiverIn("李四", "13900001111", "510107", "人民南路 4 号")


@pytest.fixture
def cast() -> Cast:
    return casts.build()


def alice(cast: Cast) -> Actor:
    return access.actor_for_shop(UserId(cast.alice.pk), cast.shop)


def place(cast: Cast, **word) -> Order:
    return world.head(world.place(cast.shop, **word))


def wish(cast: Cast, *orders: Order | str, number: str = "", carrier: str = "zhongtong", **more) -> Shipment:
    parts = tuple(Part(order_no=each if isinstance(each, str) else each.order_no) for each in orders)
    return Shipment(
        **{
            "shop_id": cast.shop,
            "carrier": carrier,
            "waybill_no": number or facts.fresh_number(),
            "parts": parts,
            **more,
        }
    )


def shipped(cast: Cast, *wishes: Shipment, now=NOW, key: db.RequestKey | None = None):
    return ship.ship(wishes, actor=alice(cast), now=now, real_now=now, request_key=key)


def test_an_order_is_shipped_with_its_parcel_in_one_go(cast) -> None:
    order = place(cast, lines=[world.line(quantity=2, creator_id=cast.creator)])

    (answer,) = shipped(cast, wish(cast, order, number="73100000000001", carrier="中通"))

    assert (answer.outcome, answer.carrier, answer.order_nos) == (Outcome.SHIPPED, "zhongtong", (order.order_no,))
    pack = Pack.objects.get(id=answer.pack_id)
    assert (pack.state, pack.life, pack.shipped_at, pack.user_id) == ("LIVE", 1, NOW, cast.alice.pk)
    assert list(PackLine.objects.filter(pack_id=pack.id).values_list("order_id", "line_no", "quantity")) == [
        (order.id, 1, 2)
    ]
    parcel = Parcel.objects.get(waybill_no="73100000000001", carrier="zhongtong", life=1)
    assert (parcel.shop_id, parcel.shipped_at, parcel.order_nos, parcel.creator_id, parcel.receiver_division) == (
        cast.shop, NOW, order.order_no, cast.creator, "330106",
    )  # fmt: skip
    after = world.head(order.id)
    assert (after.state, after.ship_by_at, after.shipped_at, after.carrier) == ("SHIPPED", None, NOW, "zhongtong")
    entry = AuditEntry.objects.get(act="order.shipped")
    assert (entry.subject, entry.details) == (f"order/{order.id}", {"orders": 1, "packs": 1})


def test_a_bad_wish_leaves_its_neighbours_alone(cast) -> None:
    first, second, unpaid = place(cast), place(cast), place(cast, paid="", state="PENDING_PAYMENT")

    answers = shipped(
        cast,
        wish(cast, first),
        wish(cast, "no such order"),
        wish(cast, unpaid),
        wish(cast, second, carrier="乌有快递"),
        wish(cast, second, number="单号"),
        wish(cast, second),
        wish(cast, second),
    )

    assert [each.refused for each in answers] == [
        None,
        Refused.UNKNOWN_ORDER,
        Refused.UNPAID,
        Refused.UNKNOWN_CARRIER,
        Refused.NUMBER_MALFORMED,
        None,
        Refused.NOTHING_LEFT,
    ]
    assert Pack.objects.filter(shop_id=cast.shop).count() == 2


def test_an_unusual_number_is_taken_with_a_remark(cast) -> None:
    (answer,) = shipped(cast, wish(cast, place(cast), number="X1", carrier="shunfeng"))

    assert (answer.outcome, answer.is_unusual) == (Outcome.SHIPPED, True)


def test_orders_of_one_receiver_are_merged_into_one_parcel(cast) -> None:
    one, two, stranger = place(cast), place(cast), place(cast, receiver=OTHER)

    good, bad = shipped(cast, wish(cast, one, two), wish(cast, one, stranger))

    assert (good.outcome, bad.refused) == (Outcome.SHIPPED, Refused.NOTHING_LEFT)
    assert Parcel.objects.get(waybill_no=good.waybill_no).order_nos == f"{one.order_no};{two.order_no}"
    assert world.head(one.id).labels == world.head(two.id).labels == Label.MERGED
    assert shipped(cast, wish(cast, stranger, place(cast)))[0].refused is Refused.OTHER_RECEIVER


def test_rows_under_one_number_lie_in_one_parcel(cast) -> None:
    one, two, stranger = place(cast), place(cast), place(cast, receiver=OTHER)
    number = facts.fresh_number()

    answers = shipped(cast, *(wish(cast, each, number=number) for each in (one, two, stranger)))

    assert [each.refused for each in answers] == [None, None, Refused.OTHER_RECEIVER]
    assert answers[2].where == (one.order_no, two.order_no)
    assert answers[0].pack_id == answers[1].pack_id
    assert ParcelLine.objects.filter(waybill_no=number).count() == 2


def test_a_further_order_joins_a_parcel_that_is_there(cast) -> None:
    one = place(cast, lines=[world.line(creator_id=cast.creator)])
    two = place(cast, lines=[world.line(creator_id=cast.second_creator)])
    number = facts.fresh_number()
    shipped(cast, wish(cast, one, number=number))

    (answer,) = shipped(cast, wish(cast, two, number=number), now=NOW + timedelta(hours=1))

    parcel = Parcel.objects.get(waybill_no=number)
    assert (answer.outcome, parcel.order_nos) == (Outcome.SHIPPED, f"{one.order_no};{two.order_no}")
    assert (parcel.creator_id, parcel.has_extra_creators) == (cast.creator, True)
    assert list(
        ParcelLine.objects.filter(waybill_no=number).values_list("line_no", "order_no").order_by("line_no")
    ) == [
        (1, one.order_no),
        (2, two.order_no),
    ]


def test_a_number_of_another_receiver_is_refused_and_where_is_said_in_the_same_shop_only(cast) -> None:
    one, stranger = place(cast), place(cast, receiver=OTHER)
    number, foreign = facts.fresh_number(), facts.fresh_number()
    shipped(cast, wish(cast, one, number=number))
    tenants = facts.Tenants(
        shop=cast.other_shop, other_shop=cast.shop, creator=cast.creator, second_creator=cast.second_creator
    )
    planting.write(facts.shipment(tenants, foreign, "06-17 10:00"))

    own, other = shipped(cast, wish(cast, stranger, number=number), wish(cast, stranger, number=foreign))

    assert (own.refused, own.where) == (Refused.NUMBER_IN_USE, (one.order_no,))
    assert (other.refused, other.where) == (Refused.NUMBER_IN_USE, ())
    assert world.head(stranger.id).state == "TO_SHIP"


def test_an_order_is_split_by_line_and_quantity(cast) -> None:
    order = place(cast, lines=[world.line(quantity=3), world.line(quantity=1)])
    first = Shipment(
        shop_id=cast.shop,
        carrier="zhongtong",
        waybill_no=facts.fresh_number(),
        parts=(Part(order_no=order.order_no, pieces=(Piece(1, 2),)),),
    )

    shipped(cast, first)
    half = world.head(order.id)
    shipped(cast, wish(cast, order))
    whole = world.head(order.id)

    assert (half.state, half.ship_by_at) == ("PARTIALLY_SHIPPED", order.ship_by_at)
    assert (whole.state, whole.labels) == ("SHIPPED", Label.SPLIT)
    assert [each.shipped_quantity for each in world.lines_of(order.id)] == [3, 1]


def test_a_line_may_be_named_by_its_own_number(cast) -> None:
    order = place(cast, lines=[world.line(quantity=3), world.line(quantity=2)])
    second = world.lines_of(order.id)[1].order_no
    part = Part(order_no=second, quantity=1)

    (answer,) = shipped(cast, wish(cast, number=facts.fresh_number(), parts=(part,)))

    assert list(PackLine.objects.filter(pack_id=answer.pack_id).values_list("line_no", "quantity")) == [(2, 1)]


def test_the_same_request_ships_once(cast) -> None:
    order, other = place(cast, lines=[world.line(quantity=2)]), place(cast)
    one = Shipment(
        shop_id=cast.shop,
        carrier="zhongtong",
        waybill_no=facts.fresh_number(),
        parts=(Part(order_no=order.order_no, pieces=(Piece(1, 1),)),),
        request_id="r-1",
    )

    (first,) = shipped(cast, one)
    (again,) = shipped(cast, one)
    (reused,) = shipped(cast, wish(cast, other, request_id="r-1"))

    assert (again.outcome, again.pack_id) == (Outcome.KNOWN, first.pack_id)
    assert reused.refused is Refused.REQUEST_REUSED
    assert world.lines_of(order.id)[0].shipped_quantity == 1


def test_a_form_sent_twice_ships_once(cast) -> None:
    order = place(cast, lines=[world.line(quantity=2)])
    key = db.RequestKey(key="form-1", body="x")
    one = wish(cast, number=facts.fresh_number(), parts=(Part(order_no=order.order_no, pieces=(Piece(1, 1),)),))

    assert shipped(cast, one, key=key) == shipped(cast, one, key=key)
    assert world.lines_of(order.id)[0].shipped_quantity == 1


def test_an_open_refund_blocks_unless_it_is_refused(cast) -> None:
    order = place(cast)
    sale = AfterSale.objects.create(
        id=ids.new_id(),
        shop_id=cast.shop,
        order_id=order.id,
        order_no=order.order_no,
        kind="REFUND",
        state="AWAIT_SHOP",
        amount_fen=100,
        opened_at=NOW,
        changed_at=NOW,
    )

    (blocked,) = shipped(cast, wish(cast, order))
    (through,) = shipped(cast, wish(cast, order, refuses_refund=True))

    assert (blocked.refused, through.outcome) == (Refused.REFUND_OPEN, Outcome.SHIPPED)
    assert AfterSale.objects.get(id=sale.id).state == "REFUSED"
    assert AfterSaleStep.objects.get(after_sale_id=sale.id).cause == "REFUSE"
    assert (world.head(order.id).state, world.head(order.id).open_refunds) == ("SHIPPED", 0)


def test_shipping_at_the_very_deadline_is_in_time(cast) -> None:
    order = place(cast)
    assert order.ship_by_at is not None

    shipped(cast, wish(cast, order), now=order.ship_by_at)

    assert (world.head(order.id).judged_count, world.head(order.id).judge_due_at) == (0, None)


def test_what_was_shipped_is_sent_once_more(cast) -> None:
    order, waiting = place(cast), place(cast)
    shipped(cast, wish(cast, order))

    again, refused = shipped(
        cast, wish(cast, order, mode=Mode.RESEND), wish(cast, waiting, mode=Mode.RESEND), now=NOW + timedelta(days=1)
    )

    assert (again.outcome, refused.refused) == (Outcome.SHIPPED, Refused.NOT_SHIPPED)
    assert Pack.objects.get(id=again.pack_id).is_resend
    assert world.head(order.id).labels == Label.RESENT
    assert world.lines_of(order.id)[0].shipped_quantity == 1


def test_a_number_whose_scans_are_there_is_claimed_and_waits(cast) -> None:
    number = facts.fresh_number()
    planting.write(facts.scan(number, "06-18 11:00", Kind.PICKED_UP, division=facts.BEIJING))

    (answer,) = shipped(cast, wish(cast, place(cast), number=number))

    assert (answer.outcome, answer.is_waiting) == (Outcome.SHIPPED, True)
    assert Pack.objects.get(id=answer.pack_id).life == 0


def test_serial_numbers_are_kept(cast) -> None:
    order, other = place(cast), place(cast)
    imei = SerialIn(order_no=order.order_no, serial="123456789012345", kind=SerialKind.PHONE)
    bad = SerialIn(order_no=other.order_no, serial="12", kind=SerialKind.PHONE)

    good, refused = shipped(cast, wish(cast, order, serials=(imei,)), wish(cast, other, serials=(bad,)))

    assert list(PackSerial.objects.filter(pack_id=good.pack_id).values_list("serial", flat=True)) == ["123456789012345"]
    assert refused.refused is Refused.SERIAL_MALFORMED


def test_a_preview_says_the_same_and_writes_nothing(cast) -> None:
    order = place(cast)
    wishes = (wish(cast, order), wish(cast, order))

    said = ship.preview(wishes, actor=alice(cast), now=NOW)

    assert [each.refused for each in said] == [None, Refused.NOTHING_LEFT]
    assert world.head(order.id).state == "TO_SHIP"
    assert not Pack.objects.filter(shop_id=cast.shop).exists()


def test_who_may_not_ship_does_not(cast) -> None:
    order = place(cast)

    with pytest.raises(NotVisible):
        ship.ship([wish(cast, order, shop_id=cast.other_shop)], actor=alice(cast), now=NOW, real_now=NOW)
    with pytest.raises(Forbidden):
        ship.ship([wish(cast, order)], actor=access.actor_for_operator(UserId(cast.olga.pk)), now=NOW, real_now=NOW)
    with pytest.raises(ship.TooMany):
        shipped(cast)


@pytest.mark.parametrize("odd", ["\0", "A\x01B", "A\nB"])
def test_what_no_database_can_hold_is_merely_unknown(cast, odd) -> None:
    order = place(cast)

    named, numbered = shipped(cast, wish(cast, odd), wish(cast, order, number=odd))

    assert (named.refused, numbered.refused) in (
        (Refused.UNKNOWN_ORDER, Refused.NUMBER_MALFORMED),
        (Refused.UNKNOWN_ORDER, None),  # Blanks are left out of numbers.
    )
