"""The demo world is pure, believable in its forms, and never says a thing twice or too early."""

import re
from collections import Counter
from datetime import datetime
from itertools import islice

import msgspec
import pytest

from yidao.market import data, journey, stamps, stories, wires
from yidao.market.ledger import ORDERED_BEFORE, Ledger
from yidao.market.stamps import DAY, HOUR
from yidao.market.twists import STAGED, Twist
from yidao.market.world import LONGEST_LIFE, Cast, World

BEGINS = stamps.second_of(datetime.fromisoformat("2022-05-26T00:00:00+08:00"))
CAST = Cast(
    shop_ids=tuple(str(100 + number) for number in range(len(data.SHOPS))),
    creator_ids=tuple(str(200 + number) for number in range(len(data.CREATORS))),
)
FORMS = {
    "zhongtong": r"7[3-68]\d{12}",
    "shentong": r"(77|43)\d{12,15}",
    "yuantong": r"YT\d{13}",
    "yunda": r"[34]\d{14}|5\d{12}",
    "shunfeng": r"SF[0-9A-Z]\d{12}",
    "jd": r"JD[A-Z0-9]{2}\d{11}",
}


def world(*, seed: int = 7, per_day: int = 200) -> World:
    return World(seed=seed, begins_at=BEGINS, per_day=per_day, cast=CAST)


def test_a_parcel_depends_on_seed_day_and_slot_alone():
    asked_first = world().parcel(5, 90)
    other = world()
    list(other.day(3))

    assert other.parcel(5, 90) == asked_first
    assert world(seed=8).parcel(5, 90) != asked_first


def test_numbers_have_the_carriers_forms_and_are_used_once_within_two_weeks():
    parcels = [parcel for day in range(14) for parcel in world().day(day)]
    numbers = Counter(parcel.shipment.waybill_no for parcel in parcels)
    orders = Counter(line.order_no for parcel in parcels for line in parcel.shipment.lines)

    assert set(numbers.values()) == {1}
    assert set(orders.values()) == {1}
    assert all(re.fullmatch(r"\d{19}", order) for order in orders)
    for parcel in parcels:
        natives = [message for message in parcel.messages if message.channel == wires.NATIVE]
        for message in natives:
            assert re.fullmatch(FORMS[message.via], message.body.waybill_no)


def test_recycled_numbers_come_back_after_two_weeks():
    market = world(per_day=1500)
    early = {parcel.shipment.waybill_no for parcel in market.day(0)}

    assert sum(parcel.shipment.waybill_no in early for parcel in market.day(14)) >= 1


def test_scans_of_a_parcel_follow_one_another_and_lie_within_its_longest_life():
    for parcel in islice(world().day(2), 200):
        times = [step.at for step in parcel.steps]

        assert times == sorted(times)
        began = BEGINS + 2 * DAY
        assert all(-ORDERED_BEFORE < message.send_at - began < LONGEST_LIFE for message in parcel.messages)


def test_no_message_tells_of_a_scan_long_before_it_happened():
    for parcel in world().day(4):
        for message in parcel.messages:
            if isinstance(message.body, wires.Event):
                told_ahead = stamps.second_of(datetime.fromisoformat(message.body.occurred_at)) - message.send_at
                assert told_ahead < 3 * HOUR


def test_every_event_names_a_canonical_kind_and_fits_the_limits_of_the_interface():
    kinds = set()
    for parcel in (parcel for day in range(3) for parcel in world(per_day=1000).day(day)):
        for message in parcel.messages:
            if isinstance(message.body, wires.Event):
                kinds.add(message.body.code)
                assert len(message.body.description) <= 500
                assert len(message.body.event_id) <= 80

    assert kinds <= set(data.TEXTS)
    assert {"PICKED_UP", "SIGNED", "REJECTED", "DAMAGED", "MISSORTED", "DETAINED", "CUSTOMS_CLEARED"} <= kinds


def test_everything_that_can_happen_does_happen():
    channels: Counter[str] = Counter()
    market = world(per_day=2000)
    repeats = retractions = merged = out_of_scope = 0
    for parcel in (parcel for day in range(2) for parcel in market.day(day)):
        events = [message.body for message in parcel.messages if message.channel == wires.NATIVE]
        channels.update(message.channel for message in parcel.messages)
        repeats += len(events) - len(set(map(repr, events)))
        retractions += sum(event.retracted for event in events)
        lines = parcel.shipment.lines
        merged += len({line.creator_id for line in lines}) > 1
        out_of_scope += any(line.self_sold or line.cross_border or line.customer_return for line in lines)

    assert set(channels) >= {wires.PARCELS, wires.NATIVE, wires.KUAIDI100, wires.KDNIAO, wires.SHOP_EVENTS}
    assert min(repeats, retractions, merged, out_of_scope) > 0


def test_every_sale_is_told_as_an_order_when_it_is_paid_or_before_it_is_shipped():
    market = world(per_day=1000)

    for parcel in market.day(3):
        handed_in = next(each for each in parcel.messages if each.channel == wires.PARCELS)
        told = [each for each in parcel.messages if each.channel == wires.ORDERS]
        orders = {each.body.order_no: each for each in told if each.body.state != "CANCELLED"}
        sold = {line.order_no: line for line in parcel.shipment.lines if not line.customer_return}
        assert orders.keys() == sold.keys()
        for number, told in orders.items():
            assert BEGINS + 3 * DAY - ORDERED_BEFORE <= told.send_at < handed_in.send_at
            assert told.via == handed_in.via
            (line,) = told.body.lines
            assert (line.creator_id, line.product_name) == (sold[number].creator_id, sold[number].product_name)
            assert told.body.state == ("TO_SHIP" if told.body.paid_at else "PENDING_PAYMENT")
            assert told.body.receiver.phone.endswith(parcel.shipment.receiver_phone_tail)
            assert line.price_fen > 0


def test_the_orders_in_one_parcel_go_to_one_receiver_and_some_leave_days_after_they_were_paid():
    parcels = list(world(per_day=1500).day(5))
    orders = [[each.body for each in parcel.messages if each.channel == wires.ORDERS] for parcel in parcels]
    waited = [
        stamps.second_of(datetime.fromisoformat(parcel.shipment.shipped_at))
        - stamps.second_of(datetime.fromisoformat(parcel.shipment.paid_at))
        for parcel in parcels
    ]

    assert all(len({each.receiver for each in told}) == 1 for told in orders if told)
    assert any(len(told) > 1 for told in orders)
    assert 5 < sum(each > 48 * HOUR for each in waited) < 60


def test_most_orders_whose_number_is_voided_were_given_up_and_the_others_are_one_of_a_kind():
    voided = [
        parcel
        for day in range(6)
        for parcel in world(per_day=1500).day(day)
        if any(step.kind == "VOIDED" for step in parcel.steps)
    ]
    given_up = [
        any(each.channel == wires.ORDERS and each.body.state == "CANCELLED" for each in parcel.messages)
        for parcel in voided
    ]
    kept = [parcel for parcel, is_over in zip(voided, given_up, strict=True) if not is_over]

    assert sum(given_up) > len(kept) > 0
    assert all("U" in line.product_id for parcel in kept for line in parcel.shipment.lines)


def test_some_orders_are_never_shipped_and_some_of_those_are_cancelled():
    market = world(per_day=1000)
    shipped = {line.order_no for parcel in market.day(3) for line in parcel.shipment.lines}
    told = list(market.unshipped(3))
    numbers = Counter(message.body.order_no for message in told)

    assert not numbers.keys() & shipped
    assert 10 < len(numbers) < 30
    assert {each.body.state for each in told} == {"TO_SHIP", "CANCELLED"}
    assert {each.via for each in told if each.body.state == "CANCELLED"} == {wires.MARKETPLACE}
    assert set(numbers.values()) == {1, 2}


def test_most_promoted_lines_were_sold_in_a_live_show_and_all_name_their_product():
    lines = [line for parcel in world(per_day=1000).day(3) for line in parcel.shipment.lines]
    promoted = [line for line in lines if line.creator_id is not None and not line.customer_return]

    assert all(line.product_name and re.fullmatch(r"P\d{4}|P\d\dU\d+", line.product_id) for line in lines)
    assert 0.7 < sum(bool(line.room_id) for line in promoted) / len(promoted) < 0.9
    assert all(not line.room_id for line in lines if line.creator_id is None)
    assert all(re.fullmatch(r"|\d{19}", line.room_id) for line in lines)


def test_about_one_parcel_in_sixty_is_handed_over_before_the_payment_is_approved():
    parcels = list(world(per_day=3000).day(1))
    early = 0
    for parcel in parcels:
        picked = next((step.at for step in parcel.steps if step.kind == "PICKED_UP"), None)
        paid = stamps.second_of(datetime.fromisoformat(parcel.shipment.paid_at))
        early += picked is not None and picked < paid

    assert 0.010 < early / len(parcels) < 0.022


def test_a_silent_carrier_says_nothing_for_six_hours_and_everything_afterwards():
    carrier = data.CARRIERS[0]
    silent = next(at for at in range(BEGINS, BEGINS + 10 * DAY, 600) if wires.silent_until(carrier, at))

    ends = wires.silent_until(carrier, silent)

    assert 0 < ends - silent <= wires.SILENCE_HOURS * HOUR
    assert wires.silent_until(carrier, ends) == 0


def test_while_a_carrier_is_silent_no_aggregator_hears_of_it_either():
    market = world(per_day=600)
    by_kdniao = {carrier.kdniao: carrier for carrier in data.CARRIERS}
    lists = [
        message
        for day in range(4)
        for parcel in market.day(day)
        for message in parcel.messages
        if message.channel == wires.KDNIAO
    ]
    told = [wires.silent_until(by_kdniao[each.body["ShipperCode"]], each.send_at) for each in lists]

    assert any(
        wires.silent_until(carrier, BEGINS + day * DAY + 12 * HOUR) for carrier in data.CARRIERS for day in range(4)
    )
    assert set(told) == {0}


def test_a_storm_holds_its_city_and_no_other():
    city = data.city_by_code()[data.STORM_CITIES[0]]
    stormy = next(at for at in range(BEGINS, BEGINS + 60 * DAY, HOUR) if journey.storm_until(city, at))

    assert journey.storm_until(city, stormy) > stormy
    assert journey.storm_until(data.city_by_code()["330100"], stormy) == 0


def test_a_ledger_hands_out_each_message_once_and_in_order_whatever_the_steps():
    ends = BEGINS + 3 * DAY
    in_one_go = Ledger(world(), from_at=BEGINS).due(ends)
    stepwise = Ledger(world(), from_at=BEGINS)
    in_steps = [message for at in range(BEGINS + 4321, ends + 4321, 4321) for message in stepwise.due(min(at, ends))]

    assert [msgspec.json.encode(message) for message in in_steps] == [
        msgspec.json.encode(message) for message in in_one_go
    ]
    assert [message.send_at // 60 for message in in_one_go] == sorted(message.send_at // 60 for message in in_one_go)


def test_a_ledger_that_resumes_tells_exactly_what_was_still_to_be_told():
    half = BEGINS + 40 * HOUR
    whole = Ledger(world(), from_at=BEGINS)
    whole.due(half)

    resumed = Ledger(world(), from_at=half)

    assert resumed.due(BEGINS + 4 * DAY) == whole.due(BEGINS + 4 * DAY)


@pytest.mark.parametrize("hour", [0, 8, 15, 23], ids=lambda hour: f"a demo that opens at {hour} o'clock")
def test_stories_have_stable_numbers_of_their_own(hour: int):
    told = stories.stories(cast=CAST, opens_at=BEGINS + 25 * DAY + hour * HOUR)

    numbers = [story.waybill_no for story in told if story.waybill_no]
    assert len(set(numbers)) == len(numbers)
    assert len({story.order_no for story in told}) == len(told)
    assert [story.waybill_no for story in told] == [
        story.waybill_no for story in stories.stories(cast=CAST, opens_at=BEGINS)
    ]
    assert {story.shows for story in told if story.shows} == {
        "PICKUP_SOON",
        "PICKUP_TIMEOUT",
        "DISPATCH_TIMEOUT",
        "TRANSIT_TIMEOUT",
        "DELIVERY_TIMEOUT",
        "SIGN_ADDR_MISMATCH",
        "PARCEL_DAMAGED",
        "TRANSIT_EXCEPTION",
        "DELIVERY_EXCEPTION",
        "OTHER",
    }
    for story in told:
        assert (
            not story.waybill_no
            or story.key == "wrong-carrier"
            or re.fullmatch(FORMS[story.messages[-1].via or story.carrier], story.waybill_no)
        )


def test_every_day_stages_every_case_the_filters_need():
    staged = {twist for _, twist in STAGED}

    assert staged >= {
        Twist.LATE_PICKUP,
        Twist.SLOW_DISPATCH,
        Twist.SLOW_TRANSIT,
        Twist.SLOW_DELIVERY,
        Twist.UNREACHABLE,
        Twist.DETAINED,
        Twist.DAMAGED,
        Twist.MISMATCH,
        Twist.MISMATCH_CORRECTED,
        Twist.EARLY_PICKUP,
        Twist.LOCKER,
        Twist.REFUSED,
    }
