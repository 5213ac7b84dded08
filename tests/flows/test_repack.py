"""Changing the number of a pack, and packs whose number proves wrong."""

from datetime import timedelta

import pytest

from tests.flows.test_ship import NOW, OTHER, alice, place, shipped, wish
from tests.intake import facts
from tests.orders import world
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.ids import UserId
from yidao.flows import repack, unmake
from yidao.flows.desk import Outcome
from yidao.judging import judge
from yidao.judging.models import Judgement
from yidao.kit import sweeps
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices.models import Notice
from yidao.orders.models import Order, Pack
from yidao.parcels.doubt_models import Doubt
from yidao.parcels.models import Parcel
from yidao.rules.order_state import Label
from yidao.rules.scans import Kind
from yidao.rules.shipping import Refused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def cast() -> Cast:
    return casts.build()


def edited(cast: Cast, pack_id: int, number: str, *, now=NOW + HOUR, carrier: str = "zhongtong"):
    return repack.edit(pack_id, carrier=carrier, waybill_no=number, actor=alice(cast), now=now, real_now=now)


def swept(now) -> int:
    return sweeps.sweep_until_quiet([unmake.CONCERN], now=now)["numbers"]


def test_an_edit_keeps_the_time_of_shipping_and_voids_the_old_parcel(cast) -> None:
    order, number = place(cast), facts.fresh_number()
    (first,) = shipped(cast, wish(cast, order))

    answer = edited(cast, first.pack_id, number)

    old, new = Pack.objects.get(id=first.pack_id), Pack.objects.get(id=answer.pack_id)
    assert (answer.outcome, old.state, old.ended_cause) == (Outcome.SHIPPED, "REPLACED", "EDITED")
    assert (new.state, new.edited_from, new.shipped_at, new.life) == ("LIVE", old.id, NOW, 1)
    assert Parcel.objects.get(waybill_no=old.waybill_no).status == "VOIDED"
    assert Parcel.objects.get(waybill_no=number).shipped_at == NOW
    assert (world.head(order.id).state, world.head(order.id).shipped_at) == ("SHIPPED", NOW)
    assert swept(NOW + HOUR) == 1
    assert world.head(order.id).state == "SHIPPED"


def test_a_pack_is_edited_once_soon_and_before_it_moves(cast) -> None:
    one, two, three = (shipped(cast, wish(cast, place(cast)))[0] for _ in range(3))
    planting.write(facts.scan(two.waybill_no, "06-18 12:30", Kind.PICKED_UP, division=facts.HANGZHOU), now=NOW + HOUR)
    again = edited(cast, one.pack_id, facts.fresh_number())

    assert edited(cast, again.pack_id, facts.fresh_number()).refused is Refused.EDITED_ALREADY
    assert edited(cast, one.pack_id, facts.fresh_number()).refused is Refused.PACK_OVER
    assert edited(cast, two.pack_id, facts.fresh_number()).refused is Refused.ON_ITS_WAY
    assert edited(cast, three.pack_id, facts.fresh_number(), now=NOW + 24 * HOUR).refused is Refused.EDIT_TOO_LATE
    assert edited(cast, three.pack_id, three.waybill_no).refused is Refused.SAME_NUMBER
    assert edited(cast, three.pack_id, "单号").refused is Refused.NUMBER_MALFORMED
    assert edited(cast, three.pack_id, "1", carrier="乌有").refused is Refused.UNKNOWN_CARRIER


def test_an_edit_may_not_take_another_receivers_number(cast) -> None:
    mine, theirs = shipped(cast, wish(cast, place(cast)), wish(cast, place(cast, receiver=OTHER)))

    answer = edited(cast, mine.pack_id, theirs.waybill_no)

    assert (answer.refused, answer.where) == (Refused.NUMBER_IN_USE, theirs.order_nos)
    assert Pack.objects.get(id=mine.pack_id).state == "LIVE"


def test_of_merged_orders_the_old_parcel_stays_with_those_that_still_lie_in_it(cast) -> None:
    one, two, number = place(cast), place(cast), facts.fresh_number()
    (first,) = shipped(cast, wish(cast, one, number=number))
    shipped(cast, wish(cast, two, number=number))

    edited(cast, first.pack_id, facts.fresh_number())

    assert Parcel.objects.get(waybill_no=number).status == "SHIPPED_AWAIT_PICKUP"


def test_what_the_carrier_voids_counts_as_never_shipped(cast) -> None:
    order = place(cast)
    (answer,) = shipped(cast, wish(cast, order))
    later = NOW + 30 * HOUR

    planting.write(facts.scan(answer.waybill_no, "06-19 17:00", Kind.VOIDED), now=later)
    swept(later)

    after = world.head(order.id)
    assert (Pack.objects.get(id=answer.pack_id).state, Pack.objects.get(id=answer.pack_id).ended_cause) == (
        "UNMADE",
        "VOIDED",
    )
    assert (after.state, after.ship_by_at, after.labels) == ("TO_SHIP", order.ship_by_at, Label.UNMADE)
    assert Notice.objects.get(organisation_id=cast.shop, kind="order.number_wrong").params == {"count": 1}
    assert not Doubt.objects.exists()
    assert after.judge_due_at == order.ship_by_at


def test_the_number_of_an_unmade_pack_is_replaced_by_shipping_now(cast) -> None:
    order = place(cast)
    (answer,) = shipped(cast, wish(cast, order))
    unmake.unmake(answer.pack_id, actor=alice(cast), now=NOW + HOUR, real_now=NOW)
    much_later = NOW + 100 * HOUR

    again = edited(cast, answer.pack_id, facts.fresh_number(), now=much_later)

    pack = Pack.objects.get(id=again.pack_id)
    assert (again.outcome, pack.edited_from, pack.shipped_at) == (Outcome.SHIPPED, answer.pack_id, much_later)
    assert world.head(order.id).state == "SHIPPED"
    assert world.head(order.id).judged_count == 3


def test_a_number_reused_too_soon_proves_wrong(cast) -> None:
    number = facts.fresh_number()
    tenants = facts.Tenants(
        shop=cast.other_shop, other_shop=cast.shop, creator=cast.creator, second_creator=cast.second_creator
    )
    planting.write(facts.shipment(tenants, number, "06-10 10:00", receiver=facts.BEIJING), now=NOW - 100 * HOUR)
    planting.write(facts.scan(number, "06-12 10:00", Kind.SIGNED, division=facts.BEIJING), now=NOW - 100 * HOUR)
    order = place(cast)

    (answer,) = shipped(cast, wish(cast, order, number=number))
    swept(NOW)

    pack = Pack.objects.get(id=answer.pack_id)
    assert (pack.life, pack.state, pack.ended_cause) == (2, "UNMADE", "REUSED")


def test_a_claim_that_nothing_speaks_for_proves_wrong_in_time(cast) -> None:
    number, order = facts.fresh_number(), place(cast)
    planting.write(facts.scan(number, "06-18 11:00", Kind.PICKED_UP, division=facts.BEIJING), now=NOW)
    (answer,) = shipped(cast, wish(cast, order, number=number))

    swept(NOW + 71 * HOUR)
    before = Pack.objects.get(id=answer.pack_id).state
    swept(NOW + 72 * HOUR)

    assert (before, Pack.objects.get(id=answer.pack_id).state) == ("LIVE", "UNMADE")


def test_a_claim_that_is_settled_names_its_parcel(cast) -> None:
    number, order = facts.fresh_number(), place(cast)
    planting.write(facts.scan(number, "06-18 11:00", Kind.PICKED_UP, division=facts.BEIJING), now=NOW)
    (answer,) = shipped(cast, wish(cast, order, number=number))
    planting.write(facts.scan(number, "06-19 11:00", Kind.ARRIVED_HUB, division=facts.HANGZHOU), now=NOW + 24 * HOUR)

    swept(NOW + 72 * HOUR)

    pack = Pack.objects.get(id=answer.pack_id)
    assert (pack.state, pack.life) == ("LIVE", 1)


def test_only_who_must_know_says_that_a_number_is_wrong(cast) -> None:
    (answer,) = shipped(cast, wish(cast, place(cast)))
    stranger = access.actor_for_shop(UserId(cast.charlie.pk), cast.other_shop)
    olga = access.actor_for_operator(UserId(cast.olga.pk))

    with pytest.raises(NotVisible):
        unmake.unmake(answer.pack_id, actor=stranger, now=NOW, real_now=NOW)
    with pytest.raises((NotVisible, Forbidden)):
        unmake.unmake(
            answer.pack_id, actor=access.actor_for_creator(UserId(cast.dana.pk), cast.creator), now=NOW, real_now=NOW
        )
    unmake.unmake(answer.pack_id, actor=olga, now=NOW, real_now=NOW)
    with pytest.raises(unmake.UnmakeRefused):
        unmake.unmake(answer.pack_id, actor=olga, now=NOW, real_now=NOW)
    assert Pack.objects.get(id=answer.pack_id).ended_cause == "BY_OPERATOR"


@pytest.mark.parametrize(
    ("picked", "state"),
    [
        pytest.param(facts.BEIJING, "UNMADE", id="in foreign cities only"),
        pytest.param(facts.CHENGDU, "LIVE", id="where it belongs"),
    ],
)
def test_a_number_signed_for_in_foreign_cities_proves_wrong_unless_it_was_seen_where_it_belongs(
    cast, picked, state
) -> None:
    order = place(cast, receiver=world.ReceiverIn("王五", "13700001111", facts.CHENGDU, "一号"))
    (answer,) = shipped(cast, wish(cast, order))
    later = NOW + 60 * HOUR

    planting.write(
        facts.scan(answer.waybill_no, "06-18 18:00", Kind.PICKED_UP, division=picked),
        facts.scan(answer.waybill_no, "06-19 18:00", Kind.OUT_FOR_DELIVERY, division=facts.BEIJING),
        facts.scan(answer.waybill_no, "06-19 20:00", Kind.SIGNED, division=facts.BEIJING),
        now=later,
    )
    assert Doubt.objects.get(waybill_no=answer.waybill_no).doubt == "ELSEWHERE"
    swept(later)

    assert Pack.objects.get(id=answer.pack_id).state == state


def test_what_the_buyer_received_is_not_unmade(cast) -> None:
    order = place(cast)
    (answer,) = shipped(cast, wish(cast, order))
    Order.objects.filter(id=order.id).update(received_at=NOW)

    planting.write(facts.scan(answer.waybill_no, "06-18 17:00", Kind.VOIDED), now=NOW + 30 * HOUR)
    swept(NOW + 30 * HOUR)

    assert Pack.objects.get(id=answer.pack_id).state == "LIVE"
    assert not Doubt.objects.exists()


def test_judgements_that_a_wrong_number_hid_are_made_with_their_own_times(cast) -> None:
    order = place(cast)
    deadline = order.ship_by_at
    assert deadline is not None
    (answer,) = shipped(cast, wish(cast, order))
    noticed = deadline + 30 * HOUR

    sweeps.sweep_until_quiet([judge.CONCERN], now=noticed)
    before = Judgement.objects.filter(order_id=order.id).count()
    planting.write(facts.scan(answer.waybill_no, "06-21 12:00", Kind.VOIDED), now=noticed)
    sweeps.sweep_until_quiet([unmake.CONCERN, judge.CONCERN], now=noticed)

    made = Judgement.objects.filter(order_id=order.id).order_by("ordinal").values_list("ordinal", "at")
    assert (before, list(made)) == (0, [(1, deadline), (2, deadline + 24 * HOUR)])
