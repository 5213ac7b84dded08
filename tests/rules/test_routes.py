"""Route classes and the limits they give."""

import pytest

from yidao.rules import limits, policies, routes
from yidao.rules.instants import DAY, HOUR, Instant
from yidao.rules.routes import RouteClass

LATE_TABLE = policies.PARCEL_DOUYIN_2024.sets_of(policies.PARCEL_DOUYIN_2024.transit_severe)


@pytest.mark.parametrize(
    ("sender", "receiver", "expected", "hours"),
    [
        pytest.param("330100", "340100", RouteClass.CLUSTER_JZHW, 48, id="浙江 to 安徽"),
        pytest.param("110101", "130100", RouteClass.CLUSTER_JJJ, 48, id="北京 to 河北"),
        pytest.param("440100", "440300", RouteClass.SAME_PROV, 48, id="广东 to 广东"),
        pytest.param("440100", "510100", RouteClass.INTER_PROV, 72, id="广东 to 四川"),
        pytest.param("440100", "530100", RouteClass.REMOTE, 120, id="广东 to 云南"),
        pytest.param("650100", "650200", RouteClass.REMOTE, 120, id="新疆 to 新疆"),
        pytest.param("650102", "650103", RouteClass.REMOTE, 120, id="inside one remote city"),
        pytest.param("330106", "330110", RouteClass.SAME_CITY, 48, id="inside one city"),
        pytest.param("110101", "110229", RouteClass.SAME_CITY, 48, id="inside one municipality"),
        pytest.param("310100", "110100", RouteClass.INTER_PROV, 72, id="between two clusters"),
        pytest.param("440100", "810001", RouteClass.CROSS_BORDER, 120, id="to Hong Kong"),
        pytest.param("990000", "440100", RouteClass.CROSS_BORDER, 120, id="from abroad"),
        pytest.param("", "440100", RouteClass.UNKNOWN, 72, id="from nobody knows where"),
        pytest.param("", "540100", RouteClass.REMOTE, 120, id="a known remote end decides alone"),
    ],
)
def test_class_and_limit_of_a_way(sender, receiver, expected, hours):
    ends = routes.city_of(sender), routes.city_of(receiver)
    assert routes.route(*ends, sets=LATE_TABLE) is expected
    assert limits.limits_for(policies.PARCEL_DOUYIN_2024, *ends).transit_severe == hours * HOUR


@pytest.mark.parametrize(
    ("division", "city"),
    [
        pytest.param("330106", 3301, id="a district is in its city"),
        pytest.param("500236", 5001, id="a county of 重庆 is in 重庆"),
        pytest.param("120000", 1201, id="a municipality is its own city"),
        pytest.param("330000", 0, id="a province tells no city"),
        pytest.param("810000", 8100, id="Hong Kong is a place of its own"),
        pytest.param("33", 0, id="too short"),
        pytest.param("33x1", 0, id="not a number"),
        pytest.param("３３０１", 0, id="wide digits"),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_city_of_a_division(division, city):
    assert routes.city_of(division) == city


def test_a_region_set_holds_for_its_period():
    before, since, until = Instant(10 * DAY), Instant(20 * DAY), Instant(30 * DAY)
    dated = routes.RegionSet(
        name="DATED", makes=RouteClass.REMOTE, prefixes=("44",), effective_from=since, effective_until=until
    )

    assert [dated.is_in_force(at) for at in (before, since, Instant(until - 1), until)] == [False, True, True, False]
    assert routes.route(4401, 3301, sets=(dated,), at=before) is RouteClass.INTER_PROV
    assert routes.route(4401, 3301, sets=(dated,), at=since) is RouteClass.REMOTE
    assert not dated.has(0)


def test_limits_follow_the_period_of_a_dated_set():
    body = policies.to_body(policies.PARCEL_DOUYIN_2022)
    body["region_sets"][0] |= {
        "prefixes": ["44"],
        "effective_from": "2022-06-01T00:00:00+08:00",
        "effective_until": "2022-07-01T00:00:00+08:00",
    }
    policy = policies.from_body("parcel/dated/1", body)
    since, until = (policy.region_sets[0].effective_from, policy.region_sets[0].effective_until)

    assert [
        limits.limits_for(policy, 4401, 3301, at).transit // HOUR
        for at in (Instant(0), Instant(since - 1), since, Instant(until - 1), until)
    ] == [48, 48, 72, 72, 48]


def test_a_clock_that_is_switched_off_never_runs_out():
    body = policies.to_body(policies.PARCEL_DOUYIN_2022) | {"collect_overdue_hours": 0}
    assert limits.limits_for(policies.from_body("parcel/no-lockers/1", body), 4401, 3301).collect == limits.OFF
