"""Every status and every anomaly has its reasons, as codes and parameters."""

import pytest
from hypothesis import given, settings

from tests.rules import build
from tests.rules.build import CHENGDU, at, by_shop, hold, told
from yidao.rules import anomalies, explain, parcel
from yidao.rules.anomalies import HoldKind, Type
from yidao.rules.instants import HOUR
from yidao.rules.scans import Kind as K


def codes(milestones, *holds, now=400, about=None):
    """Return the codes of the reasons of one type, or of the status and advice."""
    return [
        each.code
        for each in explain.explain(milestones, build.PLAN, holds, build.POLICY, at(now))
        if each.about == about
    ]


def the(code, milestones, *holds, now=400):
    """Return the parameters of the one reason with a code."""
    (found,) = [
        each for each in explain.explain(milestones, build.PLAN, holds, build.POLICY, at(now)) if each.code == code
    ]
    return dict(found.params)


WAY = ((1, K.PICKED_UP), (2, K.DEPARTED_ORIGIN), (20, K.OUT_FOR_DELIVERY))


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        pytest.param(parcel.EMPTY, ["status.nothing_scanned"], id="nothing scanned"),
        pytest.param(told(*WAY), ["status.scan_said"], id="a carrier's scan"),
        pytest.param(by_shop((1, K.SIGNED)), ["status.shop_said"], id="the shop's word"),
        pytest.param(
            told((1, K.REJECTED), (2, K.SIGNED)), ["status.signed_by_sender"], id="a signature after a refusal"
        ),
        pytest.param(
            told((1, K.RETURN_SIGNED)), ["status.scan_said"], id="a scan that says itself that the sender signed"
        ),
        pytest.param(
            told((1, K.SIGNED), (2, K.ARRIVED_HUB)),
            ["status.scan_said", "status.kept"],
            id="a newer scan that moves nothing",
        ),
        pytest.param(told((1, K.SIGNED), (2, K.SIGNED)), ["status.scan_said"], id="a scan that says it again"),
        pytest.param(told((1, K.SIGNED), (2, K.UNKNOWN)), ["status.scan_said"], id="a scan that says nothing"),
        pytest.param(
            told(*WAY, (30, K.ADVISED_NOT_SIGNED)),
            ["status.scan_said", "advice.advised_not_signed"],
            id="a provider's advice is mentioned",
        ),
    ],
)
def test_reasons_of_a_status(milestones, expected):
    assert codes(milestones) == expected


def test_a_return_signature_names_the_refusal():
    found = the("status.signed_by_sender", told((1, K.SIGNED), (2, K.REJECTED), (3, K.SIGNED)))
    assert found == {
        "status": "RETURN_SIGNED",
        "kind": "SIGNED",
        "scan_at": at(3),
        "city": 0,
        "back_kind": "REJECTED",
        "back_at": at(2),
    }


def test_a_parcel_nobody_scanned_tells_when_it_was_shipped():
    assert the("status.nothing_scanned", parcel.EMPTY) == {
        "status": "SHIPPED_AWAIT_PICKUP",
        "shipped_at": build.SHIPPED,
    }
    (found,) = explain.explain(parcel.EMPTY, anomalies.NO_PLAN, (), build.POLICY, at(1))
    assert found.params == (("status", "SHIPPED_AWAIT_PICKUP"),)


def test_a_late_delivery_tells_its_clock_its_step_and_its_end():
    milestones = told(*WAY, (60, K.SIGNED))
    assert codes(milestones, about=Type.DELIVERY_TIMEOUT) == [
        "anomaly.not_delivered",
        "anomaly.severe",
        "closing.signed",
    ]
    assert the("anomaly.not_delivered", milestones) == {
        "reason_at": at(44),
        "since_at": at(20),
        "limit_for": 24 * HOUR,
        "policy": "parcel/douyin-2022/1",
    }
    assert the("anomaly.severe", milestones)["severe_at"] == at(56)
    assert the("closing.signed", milestones)["closes_at"] == at(60)


def test_every_reason_of_an_episode_is_told_in_its_order():
    milestones = told((1, K.PICKED_UP), (2, K.ARRIVED_HUB), (10, K.DETAINED))
    assert codes(milestones, about=Type.TRANSIT_EXCEPTION) == [
        "anomaly.detained",
        "anomaly.hub_dwell",
        "anomaly.no_news",
    ]
    assert the("anomaly.hub_dwell", milestones)["since_at"] == at(2)
    assert the("anomaly.no_news", milestones)["route"] == "INTER_PROV"


def test_a_wrong_place_names_both_cities():
    found = the("anomaly.city_differs", told(*WAY, (30, K.SIGNED, CHENGDU)))
    assert (found["signed_city"], found["receiver_city"]) == (CHENGDU, build.HANGZHOU)


def test_a_pickup_before_the_payment_names_the_payment():
    assert the("anomaly.picked_before_payment", told((-2, K.PICKED_UP)))["paid_at"] == at(-1)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param(HoldKind.OUTAGE, "held.outage", id="a silent carrier"),
        pytest.param(HoldKind.SUPPRESSED, "held.suppressed", id="a relief"),
    ],
)
def test_what_is_held_back_is_told(kind, code):
    found = the(code, parcel.EMPTY, hold(kind, 20, 90), now=40)
    assert found == {"reason": "NOT_PICKED_UP", "hold_since_at": at(20)}


def test_a_parameter_is_asked_for_by_name():
    (found,) = explain.explain(parcel.EMPTY, build.PLAN, (), build.POLICY, at(1))
    assert found.param("shipped_at") == build.SHIPPED
    assert found.param("weather") is None


@settings(max_examples=100, deadline=None)
@given(history=build.histories, plan=build.plans, holds=build.some_holds, policy=build.some_policies, now=build.moments)
def test_the_status_and_every_episode_have_a_reason(history, plan, holds, policy, now):
    milestones = parcel.of(history)
    verdict = anomalies.judge(milestones, plan, holds, policy, now)
    found = explain.explain(milestones, plan, holds, policy, now)

    assert found[0].param("status") == verdict.status.name
    explained = {(each.about, each.opens_at) for each in found if each.code.startswith("anomaly.")}
    assert explained == {(each.type, each.opens_at) for each in verdict.episodes}
    for each in verdict.episodes:
        reasons = {because.code for because in found if (because.about, because.opens_at) == (each.type, each.opens_at)}
        assert f"anomaly.{anomalies.Reason(each.reason).name.lower()}" in reasons


def test_a_reason_of_the_next_episode_is_not_told_of_the_one_that_closed_then():
    milestones = told((1, K.ARRIVED_HUB), (5, K.DETAINED), (9, K.DEPARTED_HUB), (9, K.MISSORTED))
    found = explain.explain(milestones, build.PLAN, (), build.POLICY, at(12))
    assert [(each.code, each.opens_at) for each in found if each.about == Type.TRANSIT_EXCEPTION] == [
        ("anomaly.detained", at(5)),
        ("closing.progress", at(5)),
        ("anomaly.missorted", at(9)),
    ]
