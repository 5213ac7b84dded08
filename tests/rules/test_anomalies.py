"""Each type of anomaly: when it opens, when it closes, and what leaves it alone. Times are hours since the shipping."""

import pytest

from tests.rules import build
from tests.rules.build import CHENGDU, HANGZHOU, at, by_shop, hold, lines, only, told
from yidao.rules import anomalies, parcel
from yidao.rules.anomalies import HoldKind, Plan, Type
from yidao.rules.instants import Instant
from yidao.rules.scans import Kind as K

NOTHING = parcel.EMPTY
SOON = ("PICKUP_SOON", 18, 24, "UPGRADED", "NOTICE", "PICKUP_NEAR")


@pytest.mark.parametrize(
    ("milestones", "now", "expected"),
    [
        pytest.param(NOTHING, 17.9, [], id="before eighteen hours nothing is wrong"),
        pytest.param(
            NOTHING,
            18,
            [("PICKUP_SOON", 18, None, "", "NOTICE", "PICKUP_NEAR")],
            id="at eighteen hours without a pickup the warning opens",
        ),
        pytest.param(
            NOTHING,
            24,
            [SOON, ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="at twenty-four hours the warning is upgraded and the timeout opens",
        ),
        pytest.param(told((17.9, K.PICKED_UP)), 30, [], id="a pickup before the warning leaves no trace"),
        pytest.param(
            told((18, K.PICKED_UP)),
            30,
            [("PICKUP_SOON", 18, 18, "PICKED_UP", "NOTICE", "PICKUP_NEAR")],
            id="a pickup at the very instant of the warning closes it at once",
        ),
        pytest.param(
            told((23.9, K.PICKED_UP)),
            30,
            [("PICKUP_SOON", 18, 23.9, "PICKED_UP", "NOTICE", "PICKUP_NEAR")],
            id="a pickup before the limit is in time",
        ),
        pytest.param(
            told((24, K.PICKED_UP)),
            30,
            [SOON, ("PICKUP_TIMEOUT", 24, 24, "PICKED_UP", "WARN", "NOT_PICKED_UP")],
            id="a pickup at the limit is late, for no time at all",
        ),
        pytest.param(
            told((30, K.OUT_FOR_DELIVERY)),
            31,
            [SOON, ("PICKUP_TIMEOUT", 24, 30, "PICKED_UP", "WARN", "NOT_PICKED_UP")],
            id="a carrier may leave the pickup scan out: any movement proves it",
        ),
        pytest.param(
            told((5, K.ORDERED), (6, K.ADVISED_NOT_UPDATED)),
            25,
            [SOON, ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="a placed order and a provider's advice are no pickup",
        ),
        pytest.param(told((-0.5, K.PICKED_UP)), 20, [], id="handed over before it was shipped is in time"),
        pytest.param(
            told((26, K.VOIDED)),
            30,
            [SOON, ("PICKUP_TIMEOUT", 24, 26, "VOIDED", "WARN", "NOT_PICKED_UP")],
            id="a void number closes the timeout",
        ),
        pytest.param(told((10, K.VOIDED)), 400, [], id="a number voided in time never is late"),
        pytest.param(
            by_shop((10, K.PICKED_UP)),
            25,
            [SOON, ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="the shop's word is no pickup",
        ),
    ],
)
def test_pickup(milestones, now, expected):
    assert lines(milestones, now=now) == expected


def test_a_stub_has_no_pickup_clock():
    assert lines(NOTHING, plan=anomalies.NO_PLAN) == []


def test_the_worked_example_of_the_source_opens_and_closes_to_the_second():
    shipped = build.instant(build.datetime(2021, 3, 12, 16, 56, 4, tzinfo=build.SHANGHAI))
    picked = build.instant(build.datetime(2021, 3, 13, 21, 5, 30, tzinfo=build.SHANGHAI))
    found = anomalies.anomalies(
        parcel.of([parcel.entry(picked, K.PICKED_UP)]), Plan(shipped_at=shipped), (), build.POLICY, Instant(picked)
    )

    soon_at = build.instant(build.datetime(2021, 3, 13, 10, 56, 4, tzinfo=build.SHANGHAI))
    late_at = build.instant(build.datetime(2021, 3, 13, 16, 56, 4, tzinfo=build.SHANGHAI))
    assert [(each.type, each.opens_at, each.closes_at, each.closing) for each in found] == [
        (Type.PICKUP_SOON, soon_at, late_at, anomalies.Closing.UPGRADED),
        (Type.PICKUP_TIMEOUT, late_at, picked, anomalies.Closing.PICKED_UP),
    ]


@pytest.mark.parametrize(
    ("milestones", "now", "expected"),
    [
        pytest.param(told((1, K.PICKED_UP)), 24.9, [], id="a day after the pickup is not over yet"),
        pytest.param(
            told((1, K.PICKED_UP)),
            25,
            [(25, None, "", "WARN", "NOT_DEPARTED")],
            id="a day after the pickup the outlet is late",
        ),
        pytest.param(
            told((1, K.PICKED_UP)),
            49,
            [(25, None, "", "SEVERE", "NOT_DEPARTED")],
            id="two days after the pickup it is severe",
        ),
        pytest.param(
            told((1, K.PICKED_UP), (48, K.DEPARTED_ORIGIN)),
            60,
            [(25, 48, "DEPARTED", "WARN", "NOT_DEPARTED")],
            id="a departure before the second day closes it as it was",
        ),
        pytest.param(
            told((1, K.PICKED_UP), (49, K.ARRIVED_HUB)),
            60,
            [(25, 49, "DEPARTED", "SEVERE", "NOT_DEPARTED")],
            id="an arrival at a hub proves the departure, at the limit it was severe",
        ),
        pytest.param(
            told((5, K.PICKED_UP), (10, K.VOIDED)),
            100,
            [],
            id="a number that was voided before the limit need not depart",
        ),
        pytest.param(told((1, K.PICKED_UP), (20, K.SIGNED)), 60, [], id="a later stage proves the departure"),
        pytest.param(
            told((1, K.PICKED_UP), (30, K.VOIDED)),
            60,
            [(25, 30, "VOIDED", "WARN", "NOT_DEPARTED")],
            id="a number voided after the pickup closes it",
        ),
        pytest.param(
            told((1, K.PICKED_UP), (20, K.DETAINED)),
            26,
            [(25, None, "", "WARN", "NOT_DEPARTED")],
            id="being held is no departure",
        ),
    ],
)
def test_dispatch(milestones, now, expected):
    assert only("DISPATCH_TIMEOUT", lines(milestones, now=now)) == expected


def test_dispatch_to_a_remote_place_is_severe_a_day_later():
    plan = Plan(shipped_at=build.SHIPPED, sender_city=build.GUANGZHOU, receiver_city=build.URUMQI)
    found = anomalies.anomalies(told((1, K.PICKED_UP)), plan, (), build.POLICY, at(100))

    assert [(each.opens_at, each.severity_at) for each in found if each.type == Type.DISPATCH_TIMEOUT] == [
        (at(25), at(73))
    ]


ON_THE_WAY = ((1, K.PICKED_UP), (2, K.DEPARTED_ORIGIN))


@pytest.mark.parametrize(
    ("scans", "now", "expected"),
    [
        pytest.param((), 49.9, [], id="not yet"),
        pytest.param((), 50, [(50, None, "", "WARN", "NO_UPDATE")], id="two days without a scan"),
        pytest.param((), 74, [(50, None, "", "SEVERE", "NO_UPDATE")], id="the second table makes it severe"),
        pytest.param(
            ((60, K.DEPARTED_HUB), (150, K.ARRIVED_CITY)),
            170,
            [(50, 60, "NEWER_SCAN", "WARN", "NO_UPDATE"), (108, 150, "NEWER_SCAN", "SEVERE", "NO_UPDATE")],
            id="each gap is an episode of its own",
        ),
        pytest.param(
            ((50, K.UNKNOWN),), 60, [(50, 50, "NEWER_SCAN", "WARN", "NO_UPDATE")], id="a scan at the limit is late"
        ),
        pytest.param(((30, K.UNKNOWN),), 77, [], id="a scan nobody could map is news all the same"),
        pytest.param(((30, K.ADVISED_NOT_UPDATED),), 50, [(50, None, "", "WARN", "NO_UPDATE")], id="advice is no news"),
        pytest.param(((30, K.DETAINED),), 77, [], id="bad news is news"),
        pytest.param(
            ((60, K.SIGNED),), 70, [(50, 60, "SIGNED", "WARN", "NO_UPDATE")], id="a signature closes it as signed"
        ),
        pytest.param(((60, K.RETURNING),), 70, [(50, 60, "RETURNED", "WARN", "NO_UPDATE")], id="a return closes it"),
        pytest.param(((60, K.VOIDED),), 70, [(50, 60, "VOIDED", "WARN", "NO_UPDATE")], id="a void number closes it"),
        pytest.param(((40, K.OUT_FOR_DELIVERY),), 170, [], id="it does not run while a courier is out"),
        pytest.param(((40, K.IN_LOCKER),), 170, [], id="it does not run in a locker"),
        pytest.param(((40, K.CUSTOMS_PROCESSING), (41, K.UNKNOWN)), 290, [], id="it does not run at customs"),
        pytest.param(
            ((40, K.CUSTOMS_PROCESSING), (100, K.CUSTOMS_CLEARED)),
            148,
            [(148, None, "", "WARN", "NO_UPDATE")],
            id="it runs again once customs cleared the parcel",
        ),
        pytest.param(
            ((40, K.CUSTOMS_FAILED), (100, K.IN_TRANSIT)),
            148,
            [(148, None, "", "WARN", "NO_UPDATE")],
            id="it runs again once the parcel moved on without a clearance scan",
        ),
        pytest.param(
            ((30, K.OUT_FOR_DELIVERY), (40, K.MISSORTED)),
            88,
            [(88, None, "", "WARN", "NO_UPDATE")],
            id="a missorted parcel is in transit again",
        ),
        pytest.param(
            ((20, K.CUSTOMS_PROCESSING), (30, K.OUT_FOR_DELIVERY), (40, K.MISSORTED)),
            88,
            [(88, None, "", "WARN", "NO_UPDATE")],
            id="even when customs never said that it was cleared",
        ),
    ],
)
def test_transit(scans, now, expected):
    assert only("TRANSIT_TIMEOUT", lines(told(*ON_THE_WAY, *scans), now=now)) == expected


@pytest.mark.parametrize(
    ("sender", "receiver", "policy", "opens", "severe"),
    [
        pytest.param(build.GUANGZHOU, CHENGDU, 0, 48, 72, id="another province, both tables"),
        pytest.param(build.GUANGZHOU, build.URUMQI, 0, 72, 120, id="a remote end, both tables"),
        pytest.param(HANGZHOU, 3401, 0, 48, 48, id="inside a cluster both tables agree, so it opens severe"),
        pytest.param(HANGZHOU, 3401, 1, 48, 48, id="the later profile opens severe"),
        pytest.param(build.GUANGZHOU, 5301, 1, 120, 120, id="云南 is remote in the later table only"),
        pytest.param(build.GUANGZHOU, 5301, 0, 48, 120, id="云南 is not remote in the earlier table"),
    ],
)
def test_the_route_decides_the_transit_limits(sender, receiver, policy, opens, severe):
    plan = Plan(shipped_at=build.SHIPPED, sender_city=sender, receiver_city=receiver)
    found = anomalies.anomalies(told(*ON_THE_WAY), plan, (), build.policies.SEEDS[policy], at(500))

    assert [
        (build.hours_of(each.opens_at) - 2, build.hours_of(each.severity_at) - 2)
        for each in found
        if each.type == Type.TRANSIT_TIMEOUT
    ] == [(opens, severe)]


OUT = (*ON_THE_WAY, (20, K.OUT_FOR_DELIVERY))


@pytest.mark.parametrize(
    ("scans", "now", "expected"),
    [
        pytest.param((), 43.9, [], id="not yet"),
        pytest.param((), 44, [(44, None, "", "WARN", "NOT_DELIVERED")], id="a day after the delivery scan"),
        pytest.param((), 56, [(44, None, "", "SEVERE", "NOT_DELIVERED")], id="a day and a half is severe"),
        pytest.param(((43, K.OUT_FOR_DELIVERY),), 66, [], id="a newer delivery scan before the limit starts anew"),
        pytest.param(
            ((50, K.OUT_FOR_DELIVERY),),
            200,
            [(44, None, "", "SEVERE", "NOT_DELIVERED")],
            id="once late a further delivery scan neither closes it nor opens another",
        ),
        pytest.param(((50, K.SIGNED),), 60, [(44, 50, "SIGNED", "WARN", "NOT_DELIVERED")], id="signed"),
        pytest.param(((50, K.IN_LOCKER),), 60, [(44, 50, "BOXED", "WARN", "NOT_DELIVERED")], id="put in a locker"),
        pytest.param(
            ((50, K.LOCKER_OVERDUE),), 60, [(44, 50, "BOXED", "WARN", "NOT_DELIVERED")], id="found to be in a locker"
        ),
        pytest.param(((50, K.REJECTED),), 60, [(44, 50, "REJECTED", "WARN", "NOT_DELIVERED")], id="refused"),
        pytest.param(((50, K.INTERCEPTED),), 60, [(44, 50, "RETURNED", "WARN", "NOT_DELIVERED")], id="intercepted"),
        pytest.param(((50, K.VOIDED),), 60, [(44, 50, "VOIDED", "WARN", "NOT_DELIVERED")], id="voided"),
        pytest.param(((50, K.FORWARDED),), 60, [(44, 50, "PROGRESS", "WARN", "NOT_DELIVERED")], id="forwarded"),
        pytest.param(((50, K.MISSORTED),), 60, [(44, 50, "PROGRESS", "WARN", "NOT_DELIVERED")], id="missorted"),
        pytest.param(
            ((50, K.ARRIVED_OUTLET),), 51, [(44, None, "", "WARN", "NOT_DELIVERED")], id="back at the outlet it runs on"
        ),
        pytest.param(
            ((30, K.IN_LOCKER), (40, K.TAKEN_FROM_LOCKER)),
            64,
            [(64, None, "", "WARN", "NOT_DELIVERED")],
            id="taken out of the locker the courier has a day again",
        ),
        pytest.param(((30, K.REJECTED), (40, K.OUT_FOR_DELIVERY)), 300, [], id="none after a refusal"),
    ],
)
def test_delivery(scans, now, expected):
    assert only("DELIVERY_TIMEOUT", lines(told(*OUT, *scans), now=now)) == expected


@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param(((30, K.SIGNED, HANGZHOU),), [], id="the receiver's city"),
        pytest.param(((30, K.SIGNED, CHENGDU),), [(30, None, "", "WARN", "CITY_DIFFERS")], id="another city"),
        pytest.param(((30, K.SIGNED),), [], id="an unknown city says nothing"),
        pytest.param(((30, K.SIGNED_AT_LOCKER, CHENGDU),), [], id="fetched from a locker"),
        pytest.param(((25, K.IN_LOCKER), (30, K.SIGNED, CHENGDU)), [], id="signed out of a locker"),
        pytest.param(
            ((25, K.IN_LOCKER), (26, K.TAKEN_FROM_LOCKER), (30, K.SIGNED, CHENGDU)),
            [(30, None, "", "WARN", "CITY_DIFFERS")],
            id="taken out of the locker and handed over elsewhere",
        ),
        pytest.param(((25, K.FORWARDED), (30, K.SIGNED, CHENGDU)), [], id="forwarded before"),
        pytest.param(((25, K.REJECTED), (30, K.SIGNED, CHENGDU)), [], id="signed back by the sender"),
        pytest.param(
            ((25, K.INTERCEPTED), (26, K.OUT_FOR_DELIVERY), (30, K.SIGNED, CHENGDU)), [], id="intercepted before"
        ),
        pytest.param(((30, K.SIGNED, CHENGDU), (31, K.SIGNED, HANGZHOU)), [], id="the newest signature counts"),
        pytest.param(
            ((30, K.SIGNED, HANGZHOU), (31, K.SIGNED_AFTER_EXCEPTION, CHENGDU)),
            [(31, None, "", "WARN", "CITY_DIFFERS")],
            id="even when an older one was right",
        ),
        pytest.param(
            ((30, K.SIGNED, CHENGDU), (40, K.RETURNING)),
            [(30, 40, "RETURNED", "WARN", "CITY_DIFFERS")],
            id="a later return closes it",
        ),
        pytest.param(
            ((30, K.SIGNED, CHENGDU), (40, K.VOIDED)),
            [(30, 40, "VOIDED", "WARN", "CITY_DIFFERS")],
            id="a later void closes it",
        ),
        pytest.param(
            ((30, K.SIGNED, CHENGDU), (40, K.RETURNING), (50, K.OUT_FOR_DELIVERY), (60, K.SIGNED, HANGZHOU)),
            [],
            id="signed anew in the right place after all",
        ),
        pytest.param(
            ((30, K.SIGNED), (31, K.SIGNED_AT_LOCKER, CHENGDU)), [], id="a second signature tells of the locker"
        ),
    ],
)
def test_place_of_signature(scans, expected):
    assert only("SIGN_ADDR_MISMATCH", lines(told(*OUT, *scans), now=LATE)) == expected


LATE = 900


def test_an_unknown_receiver_cannot_be_missed():
    plan = Plan(shipped_at=build.SHIPPED, sender_city=build.GUANGZHOU)
    assert only("SIGN_ADDR_MISMATCH", lines(told(*OUT, (30, K.SIGNED, CHENGDU)), plan=plan)) == []


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        pytest.param(told(*OUT, (21, K.DAMAGED)), [(21, None, "", "WARN", "DAMAGED")], id="damaged on the way"),
        pytest.param(
            told(*OUT, (21, K.DAMAGED), (22, K.DAMAGED), (30, K.SIGNED)),
            [(21, 102, "EXPIRED", "WARN", "DAMAGED")],
            id="it expires three days after the signature, however often it was said",
        ),
        pytest.param(
            told(*OUT, (30, K.SIGNED), (40, K.DAMAGED), (50, K.DAMAGED)),
            [(40, 122, "EXPIRED", "WARN", "DAMAGED")],
            id="said after the signature it expires three days after it was last said",
        ),
        pytest.param(
            told(*OUT, (21, K.DAMAGED), (30, K.SIGNED), (200, K.DAMAGED)),
            [(21, 102, "EXPIRED", "WARN", "DAMAGED"), (200, 272, "EXPIRED", "WARN", "DAMAGED")],
            id="after it expired it may open again",
        ),
        pytest.param(
            told(*OUT, (21, K.DAMAGED), (30, K.REJECTED), (60, K.SIGNED)),
            [(21, 132, "EXPIRED", "WARN", "DAMAGED")],
            id="the sender's signature counts too",
        ),
        pytest.param(
            told(*OUT, (21, K.DAMAGED), (30, K.VOIDED)), [(21, 30, "VOIDED", "WARN", "DAMAGED")], id="a void number"
        ),
        pytest.param(told((1, K.VOIDED), (5, K.DAMAGED)), [], id="a void number has no damage"),
        pytest.param(by_shop((21, K.DAMAGED)), [(21, None, "", "WARN", "DAMAGED")], id="the shop may say so"),
    ],
)
def test_damage(milestones, expected):
    assert only("PARCEL_DAMAGED", lines(milestones, now=LATE)) == expected


@pytest.mark.parametrize(
    ("scans", "now", "expected"),
    [
        pytest.param(((5, K.DETAINED),), 20, [(5, None, "", "WARN", "DETAINED")], id="held at an outlet"),
        pytest.param(
            ((5, K.DETAINED), (9, K.DEPARTED_HUB)), 20, [(5, 9, "PROGRESS", "WARN", "DETAINED")], id="and moved on"
        ),
        pytest.param(
            ((5, K.DETAINED), (6, K.LOST), (7, K.MISSORTED)),
            20,
            [(5, None, "", "SEVERE", "LOST")],
            id="the gravest of several reasons names it",
        ),
        pytest.param(
            ((5, K.DETAINED), (9, K.DEPARTED_HUB), (10, K.MISSORTED)),
            20,
            [(5, 9, "PROGRESS", "WARN", "DETAINED"), (10, None, "", "WARN", "MISSORTED")],
            id="a movement between two exceptions makes two episodes",
        ),
        pytest.param(((5, K.OUT_OF_AREA),), 20, [(5, None, "", "WARN", "OUT_OF_AREA")], id="out of area in transit"),
        pytest.param(((5, K.ARRIVED_HUB),), 28.9, [], id="less than a day in a hub"),
        pytest.param(((5, K.ARRIVED_HUB),), 29, [(29, None, "", "WARN", "HUB_DWELL")], id="a day in a hub"),
        pytest.param(((5, K.ARRIVED_HUB), (20, K.DEPARTED_HUB)), 40, [], id="left the hub within a day"),
        pytest.param(
            ((5, K.ARRIVED_HUB), (20, K.UNKNOWN)),
            40,
            [(29, None, "", "WARN", "HUB_DWELL")],
            id="a scan that moves nothing does not leave the hub",
        ),
        pytest.param(
            ((5, K.ARRIVED_HUB),), 245, [(29, None, "", "SEVERE", "NO_NEWS")], id="no news for ten days means lost"
        ),
        pytest.param(
            ((5, K.IN_TRANSIT), (250, K.UNKNOWN)),
            260,
            [(245, 250, "NEWER_SCAN", "SEVERE", "NO_NEWS")],
            id="any news of a parcel that was given up closes it",
        ),
        pytest.param(
            ((5, K.ARRIVED_HUB), (250, K.UNKNOWN)),
            260,
            [(29, None, "", "SEVERE", "NO_NEWS")],
            id="but not when it also stayed too long in a hub",
        ),
        pytest.param(((5, K.DETAINED), (9, K.SIGNED)), 20, [(5, 9, "SIGNED", "WARN", "DETAINED")], id="signed"),
        pytest.param(((5, K.DETAINED), (9, K.RETURNING)), 20, [(5, 9, "RETURNED", "WARN", "DETAINED")], id="returned"),
        pytest.param(((5, K.SIGNED), (9, K.LOST)), 20, [], id="nothing is lost after the signature"),
        pytest.param(((5, K.RETURNING), (9, K.DETAINED)), 20, [], id="the way back is not watched"),
        pytest.param(((5, K.OUT_FOR_DELIVERY),), 246, [(245, None, "", "SEVERE", "NO_NEWS")], id="lost at delivery"),
        pytest.param(((5, K.IN_LOCKER),), 600, [], id="a parcel in a locker is not lost"),
        pytest.param(
            ((5, K.ARRIVED_HUB), (29, K.MISSORTED)),
            30,
            [(29, None, "", "WARN", "MISSORTED")],
            id="a clock and a scan of one instant are one episode",
        ),
    ],
)
def test_transit_exception(scans, now, expected):
    assert only("TRANSIT_EXCEPTION", lines(told(*ON_THE_WAY, *scans), now=now)) == expected


def test_inside_one_city_a_parcel_is_given_up_after_four_days():
    plan = Plan(shipped_at=build.SHIPPED, sender_city=HANGZHOU, receiver_city=HANGZHOU)
    found = only("TRANSIT_EXCEPTION", lines(told((1, K.PICKED_UP)), plan=plan))
    assert found == [(97, None, "", "SEVERE", "NO_NEWS")]


@pytest.mark.parametrize(
    ("scans", "now", "expected"),
    [
        pytest.param(((22, K.DELIVERY_PROBLEM),), 23, [(22, None, "", "WARN", "DELIVERY_PROBLEM")], id="a problem"),
        pytest.param(((22, K.UNREACHABLE_CONTACT),), 23, [(22, None, "", "WARN", "UNREACHABLE_CONTACT")], id="contact"),
        pytest.param(((22, K.ADDRESS_UNCLEAR),), 23, [(22, None, "", "WARN", "ADDRESS_UNCLEAR")], id="address unclear"),
        pytest.param(((22, K.PHONE_WRONG),), 23, [(22, None, "", "WARN", "PHONE_WRONG")], id="wrong phone"),
        pytest.param(((22, K.DELIVERY_DELAYED),), 23, [(22, None, "", "WARN", "DELIVERY_DELAYED")], id="delayed"),
        pytest.param(((22, K.OUT_OF_AREA),), 23, [(22, None, "", "WARN", "OUT_OF_AREA")], id="out of area at the door"),
        pytest.param(((22, K.REDELIVERY),), 23, [(22, None, "", "NOTICE", "SECOND_ATTEMPT")], id="a redelivery"),
        pytest.param(((31, K.OUT_FOR_DELIVERY),), 33, [], id="a second delivery scan within half a day is the same"),
        pytest.param(
            ((32, K.OUT_FOR_DELIVERY),),
            33,
            [(32, None, "", "NOTICE", "SECOND_ATTEMPT")],
            id="half a day later",
        ),
        pytest.param(
            ((25, K.IN_LOCKER), (40, K.OUT_FOR_DELIVERY)), 41, [], id="a locker in between makes it a first attempt"
        ),
        pytest.param(
            ((25, K.MISSORTED), (40, K.OUT_FOR_DELIVERY)), 41, [], id="another outlet makes it a first attempt"
        ),
        pytest.param(
            ((25, K.IN_LOCKER),), 73, [(73, None, "", "WARN", "NOT_COLLECTED")], id="two days in a locker, by our clock"
        ),
        pytest.param(
            ((25, K.IN_LOCKER), (43, K.LOCKER_OVERDUE)),
            60,
            [(43, None, "", "NOTICE", "LOCKER_OVERDUE")],
            id="the provider's shorter clock is a notice",
        ),
        pytest.param(
            ((25, K.IN_LOCKER), (43, K.LOCKER_OVERDUE)),
            73,
            [(43, None, "", "WARN", "NOT_COLLECTED")],
            id="and becomes a warning by ours",
        ),
        pytest.param(
            ((25, K.IN_LOCKER), (50, K.IN_LOCKER)),
            73,
            [(73, None, "", "WARN", "NOT_COLLECTED")],
            id="a reminder of the locker does not start the clock again",
        ),
        pytest.param(
            ((25, K.IN_LOCKER), (80, K.IN_LOCKER)),
            200,
            [(73, None, "", "WARN", "NOT_COLLECTED")],
            id="nor does it end the anomaly",
        ),
        pytest.param(
            ((22, K.DELIVERY_PROBLEM), (25, K.IN_LOCKER)),
            26,
            [(22, 25, "BOXED", "WARN", "DELIVERY_PROBLEM")],
            id="put in a locker after all",
        ),
        pytest.param(
            ((22, K.DELIVERY_PROBLEM), (25, K.SIGNED)),
            26,
            [(22, 25, "SIGNED", "WARN", "DELIVERY_PROBLEM")],
            id="signed after all",
        ),
        pytest.param(
            ((22, K.DELIVERY_PROBLEM), (25, K.REJECTED)),
            26,
            [(22, 25, "REJECTED", "WARN", "DELIVERY_PROBLEM")],
            id="refused in the end",
        ),
        pytest.param(
            ((22, K.DELIVERY_PROBLEM), (25, K.RETURN_SIGNED)),
            26,
            [(22, 25, "RETURNED", "WARN", "DELIVERY_PROBLEM")],
            id="returned in the end",
        ),
        pytest.param(((30, K.SIGNED), (31, K.DELIVERY_PROBLEM)), 40, [], id="none after the signature"),
    ],
)
def test_delivery_exception(scans, now, expected):
    assert only("DELIVERY_EXCEPTION", lines(told(*OUT, *scans), now=now)) == expected


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        pytest.param(told(*OUT, (22, K.PROBLEM)), [(22, None, "", "WARN", "PROBLEM")], id="an unnamed problem"),
        pytest.param(
            told(*OUT, (22, K.PROBLEM), (30, K.SIGNED)), [(22, 30, "SIGNED", "WARN", "PROBLEM")], id="ends when signed"
        ),
        pytest.param(
            told(*OUT, (22, K.PROBLEM), (30, K.RETURNING), (40, K.RETURN_SIGNED)),
            [(22, 40, "RETURNED", "WARN", "PROBLEM")],
            id="ends when the sender has it back",
        ),
        pytest.param(told((2, K.NO_INFO)), [(2, None, "", "NOTICE", "NO_INFO")], id="the carrier knows nothing"),
        pytest.param(
            told((2, K.NO_INFO), (5, K.PICKED_UP)), [(2, 5, "PICKED_UP", "NOTICE", "NO_INFO")], id="until the pickup"
        ),
        pytest.param(
            told((2, K.NO_INFO), (5, K.RETURNING)), [(2, 5, "PICKED_UP", "NOTICE", "NO_INFO")], id="or what proves it"
        ),
        pytest.param(
            told((2, K.NO_INFO), (5, K.LOCKER_OVERDUE)),
            [(2, 5, "PICKED_UP", "NOTICE", "NO_INFO")],
            id="even bad news proves it",
        ),
        pytest.param(told(*OUT, (22, K.NO_INFO)), [], id="no information means nothing once it moved"),
        pytest.param(
            told((2, K.NO_INFO), (3, K.PROBLEM), (5, K.PICKED_UP)),
            [(2, None, "", "WARN", "PROBLEM")],
            id="a pickup does not end a problem",
        ),
        pytest.param(
            told(*ON_THE_WAY, (5, K.CUSTOMS_FAILED)),
            [(5, None, "", "SEVERE", "CUSTOMS_FAILED")],
            id="customs failed",
        ),
        pytest.param(
            told(*ON_THE_WAY, (5, K.CUSTOMS_FAILED), (9, K.CUSTOMS_CLEARED)),
            [(5, 9, "PROGRESS", "SEVERE", "CUSTOMS_FAILED")],
            id="and cleared after all",
        ),
        pytest.param(told(*OUT, (38, K.SIGNED)), [(38, None, "", "NOTICE", "ODD_SIGN_TIME")], id="signed at midnight"),
        pytest.param(told(*OUT, (37.9, K.SIGNED)), [], id="signed just before midnight"),
        pytest.param(
            told(*OUT, (43.9, K.SIGNED)), [(43.9, None, "", "NOTICE", "ODD_SIGN_TIME")], id="signed just before six"
        ),
        pytest.param(told(*OUT, (44, K.SIGNED)), [], id="signed at six"),
        pytest.param(
            told(*OUT, (39, K.SIGNED), (40, K.SIGNED)),
            [(39, None, "", "NOTICE", "ODD_SIGN_TIME")],
            id="a signature told twice is one signature",
        ),
        pytest.param(
            told(*OUT, (38, K.PROBLEM), (38, K.SIGNED)),
            [(38, None, "", "WARN", "PROBLEM")],
            id="closed and opened at one instant is one episode",
        ),
        pytest.param(
            told((-2, K.PICKED_UP)), [(-2, None, "", "WARN", "PICKED_BEFORE_PAYMENT")], id="picked up before payment"
        ),
        pytest.param(told((-1, K.PICKED_UP)), [], id="picked up at the instant of payment"),
        pytest.param(told((1, K.VOIDED), (2, K.PROBLEM)), [], id="a void number has no problems"),
    ],
)
def test_other(milestones, expected):
    assert only("OTHER", lines(milestones, now=LATE)) == expected


def test_a_signature_closes_everything_but_damage_and_a_wrong_place():
    found = lines(
        told(*OUT, (21, K.DAMAGED), (22, K.DELIVERY_PROBLEM), (23, K.PROBLEM), (24, K.LOST), (50, K.SIGNED, CHENGDU)),
        now=51,
    )
    assert [(line[0], line[3]) for line in found] == [
        ("DELIVERY_TIMEOUT", "SIGNED"),
        ("SIGN_ADDR_MISMATCH", ""),
        ("PARCEL_DAMAGED", ""),
        ("TRANSIT_EXCEPTION", "SIGNED"),
        ("DELIVERY_EXCEPTION", "SIGNED"),
        ("OTHER", "SIGNED"),
    ]


def test_a_void_number_closes_everything():
    found = lines(told((2, K.NO_INFO), (3, K.DAMAGED), (4, K.LOST), (5, K.DELIVERY_PROBLEM), (19, K.VOIDED)), now=99)
    assert {line[2:4] for line in found} == {(19, "VOIDED")}
    assert len(found) == 5


def test_a_void_number_stays_void_and_quiet():
    assert lines(told((1, K.VOIDED), (2, K.PICKED_UP), (3, K.SIGNED), (4, K.RETURNING)), now=LATE) == []


@pytest.mark.parametrize("kind", [K.ADVISED_NOT_SIGNED, K.ADVISED_NOT_UPDATED], ids=["not signed", "not updated"])
def test_a_providers_own_clock_opens_nothing(kind):
    assert lines(told(*OUT, (21, kind)), now=22) == []


def test_a_scan_from_the_future_moves_the_status_at_once_and_the_anomalies_in_its_time():
    milestones = told(*OUT, (45, K.SIGNED))
    early = anomalies.judge(milestones, build.PLAN, (), build.POLICY, at(44.5))
    in_time = anomalies.judge(milestones, build.PLAN, (), build.POLICY, at(45))

    assert early.status is in_time.status is parcel.Status.SIGNED
    assert [(each.type, each.closing) for each in early.episodes] == [(Type.DELIVERY_TIMEOUT, 0)]
    assert early.next_due_at == at(45)
    assert [(each.type, each.closing) for each in in_time.episodes] == [
        (Type.DELIVERY_TIMEOUT, anomalies.Closing.SIGNED)
    ]


@pytest.mark.parametrize(
    ("milestones", "now", "closes"),
    [
        pytest.param(told((30, K.PICKED_UP)), 25, None, id="a pickup that is still to come"),
        pytest.param(told((30, K.VOIDED)), 25, None, id="a void that is still to come"),
        pytest.param(by_shop((30, K.SIGNED)), 25, None, id="a word of the shop that is still to come"),
    ],
)
def test_what_is_still_to_come_closes_nothing_yet(milestones, now, closes):
    assert only("PICKUP_TIMEOUT", lines(milestones, now=now)) == [(24, closes, "", "WARN", "NOT_PICKED_UP")]
    assert anomalies.next_due_at(milestones, build.PLAN, (), build.POLICY, at(now)) == at(30)


def test_time_alone_changes_nothing_after_a_signature():
    assert anomalies.next_due_at(told(*OUT, (30, K.SIGNED)), build.PLAN, (), build.POLICY, at(31)) is None


REFUND = hold(HoldKind.REFUNDED, 20)


@pytest.mark.parametrize(
    ("milestones", "holds", "now", "expected"),
    [
        pytest.param(
            NOTHING,
            [REFUND],
            30,
            [("PICKUP_SOON", 18, 20, "REFUNDED", "NOTICE", "PICKUP_NEAR")],
            id="a refund closes the warning and prevents the timeout",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.REFUNDED, 30), hold(HoldKind.REFUNDED, 26)],
            40,
            [SOON, ("PICKUP_TIMEOUT", 24, 26, "REFUNDED", "WARN", "NOT_PICKED_UP")],
            id="the first of two refunds closes the timeout",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.SUPPRESSED, 20, 30)],
            40,
            [("PICKUP_SOON", 18, 24, "RELIEVED", "NOTICE", "PICKUP_NEAR")],
            id="a relief excuses what would open while it lasts",
        ),
        pytest.param(NOTHING, [hold(HoldKind.SUPPRESSED, 0)], 400, [], id="a relief without end excuses all"),
        pytest.param(
            NOTHING,
            [hold(HoldKind.SUPPRESSED, 24.1, 90)],
            40,
            [SOON, ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="a relief leaves alone what opened before it",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.SUPPRESSED, 10, 24)],
            40,
            [("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="a relief leaves alone what opens at its end",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.SUPPRESSED, 0, 90, Type.PICKUP_SOON)],
            40,
            [("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="a relief may name types",
        ),
        pytest.param(
            told(*OUT, (21, K.DAMAGED), (22, K.LOST)),
            [hold(HoldKind.SUPPRESSED, 0, 90)],
            30,
            [("PARCEL_DAMAGED", 21, None, "", "WARN", "DAMAGED")],
            id="a relief does not excuse damage",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.OUTAGE, 20, 40)],
            30,
            [("PICKUP_SOON", 18, None, "", "NOTICE", "PICKUP_NEAR")],
            id="while the carrier is silent the timeout is held back and the warning stays",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.OUTAGE, 20)],
            30,
            [("PICKUP_SOON", 18, None, "", "NOTICE", "PICKUP_NEAR")],
            id="while the silence has no end the timeout is held back",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.OUTAGE, 20, 40)],
            40,
            [SOON, ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="when the silence is over the timeout is released with its own time",
        ),
        pytest.param(
            told((23, K.PICKED_UP)),
            [hold(HoldKind.OUTAGE, 20, 40)],
            41,
            [("PICKUP_SOON", 18, 23, "PICKED_UP", "NOTICE", "PICKUP_NEAR")],
            id="or it never was",
        ),
        pytest.param(
            told(*ON_THE_WAY, (5, K.ARRIVED_HUB), (6, K.DETAINED)),
            [hold(HoldKind.OUTAGE, 0, 400)],
            300,
            [("TRANSIT_EXCEPTION", 6, None, "", "WARN", "DETAINED")],
            id="what a scan says is not held back",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.OUTAGE, 20, 40, Type.TRANSIT_TIMEOUT)],
            30,
            [SOON, ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP")],
            id="an outage may name types",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.OUTAGE, 20, 40), hold(HoldKind.SUPPRESSED, 20, 40)],
            30,
            [("PICKUP_SOON", 18, 24, "RELIEVED", "NOTICE", "PICKUP_NEAR")],
            id="a relief outweighs an outage",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.RESOLVED, 30)],
            40,
            [SOON, ("PICKUP_TIMEOUT", 24, 30, "MANUAL", "WARN", "NOT_PICKED_UP")],
            id="a person closes what is open",
        ),
        pytest.param(
            NOTHING,
            [hold(HoldKind.RESOLVED, 30, None, Type.OTHER), hold(HoldKind.RESOLVED, 20)],
            40,
            [
                ("PICKUP_SOON", 18, 20, "MANUAL", "NOTICE", "PICKUP_NEAR"),
                ("PICKUP_TIMEOUT", 24, None, "", "WARN", "NOT_PICKED_UP"),
            ],
            id="a person closes the types he names, and not what opens later",
        ),
        pytest.param(
            told(*OUT, (21, K.DAMAGED), (22, K.LOST)),
            [hold(HoldKind.RESOLVED, 25, None, Type.PARCEL_DAMAGED)],
            30,
            [
                ("PARCEL_DAMAGED", 21, 25, "MANUAL", "WARN", "DAMAGED"),
                ("TRANSIT_EXCEPTION", 22, None, "", "SEVERE", "LOST"),
            ],
            id="damage is closed by hand",
        ),
        pytest.param(
            told(*OUT),
            [hold(HoldKind.RESOLVED, 50)],
            80,
            [("DELIVERY_TIMEOUT", 44, 50, "MANUAL", "WARN", "NOT_DELIVERED")],
            id="what a person closed does not open again by itself",
        ),
        pytest.param(
            told(*ON_THE_WAY, (24, K.SIGNED, CHENGDU)),
            [hold(HoldKind.RESOLVED, 30)],
            40,
            [("SIGN_ADDR_MISMATCH", 24, 30, "MANUAL", "WARN", "CITY_DIFFERS")],
            id="a wrong place is closed by hand",
        ),
        pytest.param(
            told(*ON_THE_WAY),
            [hold(HoldKind.NUMBER_REUSED, 3), hold(HoldKind.CARRIER_CORRECTED, 4)],
            10,
            [("OTHER", 3, None, "", "WARN", "NUMBER_REUSED")],
            id="a reused number and a corrected carrier are one anomaly",
        ),
        pytest.param(told((1, K.VOIDED)), [hold(HoldKind.NUMBER_REUSED, 3)], 10, [], id="a void number may be reused"),
    ],
)
def test_holds(milestones, holds, now, expected):
    assert lines(milestones, *holds, now=now) == expected


def test_while_a_carrier_is_silent_the_next_look_is_at_the_end_of_the_silence_or_soon():
    ends = anomalies.next_due_at(NOTHING, build.PLAN, (hold(HoldKind.OUTAGE, 20, 40),), build.POLICY, at(30))
    open_ended = anomalies.next_due_at(NOTHING, build.PLAN, (hold(HoldKind.OUTAGE, 20),), build.POLICY, at(30))

    assert ends == at(40)
    assert open_ended == at(30.25)


def test_fronts_agree_with_the_verdict():
    milestones = told(*OUT)
    verdict = anomalies.judge(milestones, build.PLAN, (), build.POLICY, at(45))

    assert anomalies.anomalies(milestones, build.PLAN, (), build.POLICY, at(45)) == verdict.episodes
    assert anomalies.status(milestones) is verdict.status
    assert anomalies.next_due_at(milestones, build.PLAN, (), build.POLICY, at(45)) == verdict.next_due_at == at(56)
    assert (verdict.picked_at, verdict.signed_at, verdict.last_scan_at) == (at(1), 0, at(20))
    assert verdict.last_kind == K.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("milestones", "now", "expected"),
    [
        pytest.param(
            NOTHING,
            1,
            [("PICKUP_SOON", "NOTICE", 0, 18), ("PICKUP_TIMEOUT", "WARN", 0, 24)],
            id="shipped: the time until the pickup",
        ),
        pytest.param(
            told((1, K.PICKED_UP)),
            2,
            [("DISPATCH_TIMEOUT", "WARN", 1, 25), ("TRANSIT_EXCEPTION", "SEVERE", 1, 241)],
            id="picked up: the time until the departure, and until it is given up",
        ),
        pytest.param(
            told(*OUT),
            45,
            [("DELIVERY_TIMEOUT", "SEVERE", 44, 56), ("TRANSIT_EXCEPTION", "SEVERE", 20, 260)],
            id="late already: the time until it is severe",
        ),
        pytest.param(
            told(*OUT),
            60,
            [("TRANSIT_EXCEPTION", "SEVERE", 20, 260)],
            id="severe already: the time until it is given up",
        ),
        pytest.param(told(*OUT, (30, K.SIGNED)), 45, [], id="signed: nothing runs"),
        pytest.param(told((1, K.VOIDED)), 2, [], id="void: nothing runs"),
    ],
)
def test_time_left(milestones, now, expected):
    found = anomalies.time_left(milestones, build.PLAN, (), build.POLICY, at(now))
    assert [
        (each.type.name, each.severity.name, build.hours_of(each.starts_at), build.hours_of(each.deadline))
        for each in found
    ] == expected


def test_an_older_scan_after_delivery_does_not_bring_the_parcel_back_into_transit():
    delivered = told(*OUT, (30, K.SIGNED))
    late_news = parcel.merge(delivered, told((25, K.DEPARTED_HUB), (31, K.ARRIVED_HUB)))

    assert anomalies.status(late_news) is parcel.Status.SIGNED
    assert lines(late_news) == []
