"""Policies as data: bodies are read back equal, faults are all named, differences are shown."""

import copy
import json

import pytest

from yidao.rules import policies
from yidao.rules.policies import PARCEL_DOUYIN_2022, PARCEL_DOUYIN_2024, Change, Fault, PolicyInvalid


def a_body(**changes):
    """Return the body of the default policy with some top-level values replaced; ... takes one out."""
    body = policies.to_body(PARCEL_DOUYIN_2022) | changes
    return {name: value for name, value in body.items() if value is not ...}


def a_set(**changes):
    """Return a region set as it stands in a body."""
    return {
        "name": "MINE",
        "makes": "REMOTE",
        "prefixes": ["65"],
        "effective_from": None,
        "effective_until": None,
    } | changes


def a_table(**changes):
    """Return the severe transit table as it stands in a body, changed."""
    return copy.deepcopy(policies.to_body(PARCEL_DOUYIN_2022)["transit_severe"]) | changes


@pytest.mark.parametrize("policy", policies.SEEDS, ids=lambda policy: policy.version)
def test_a_body_survives_json_and_gives_the_policy_back(policy):
    body = json.loads(json.dumps(policies.to_body(policy)))
    assert policies.from_body(policy.version, body) == policy
    assert hash(policies.from_body(policy.version, body)) == hash(policy)


def test_dates_of_region_sets_survive():
    since, until = "2022-06-01T00:00:00+08:00", "2022-07-01T00:00:00+00:00"
    body = a_body()
    body["region_sets"] += [a_set(effective_until=since), a_set(effective_from=since, effective_until=until)]
    read = policies.from_body("parcel/x/1", body)

    assert policies.from_body("parcel/x/1", policies.to_body(read)) == read
    assert policies.to_body(read)["region_sets"][-1]["effective_until"] == "2022-07-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        pytest.param(a_body(pickup_soon_hours=...), [("/pickup_soon_hours", "missing")], id="a number is missing"),
        pytest.param(a_body(pickup_soon_hours="18"), [("/pickup_soon_hours", "not_integer")], id="text for a number"),
        pytest.param(a_body(pickup_soon_hours=True), [("/pickup_soon_hours", "not_integer")], id="yes is no number"),
        pytest.param(a_body(hub_dwell_hours=0), [("/hub_dwell_hours", "out_of_range")], id="a limit of nothing"),
        pytest.param(a_body(surprise=1), [("/surprise", "unknown")], id="a field nobody knows"),
        pytest.param(a_body(pickup_soon_hours=24), [("/pickup_timeout_hours", "too_small")], id="warned too late"),
        pytest.param(
            a_body(delivery_severe_hours=23), [("/delivery_severe_hours", "too_small")], id="severe too early"
        ),
        pytest.param(
            a_body(odd_sign_until_hour=0, odd_sign_from_hour=1),
            [("/odd_sign_until_hour", "too_small")],
            id="night backwards",
        ),
        pytest.param(
            a_body(dispatch_severe=a_table(same_city_hours=23)),
            [("/dispatch_severe/same_city_hours", "too_small")],
            id="a departure severe before it is late",
        ),
        pytest.param(a_body(transit_warn=...), [("/transit_warn", "missing")], id="a table is missing"),
        pytest.param(a_body(transit_severe=None), [("/transit_severe", "not_object")], id="a table is needed"),
        pytest.param(
            a_body(transit_severe=a_table(sets=["NOWHERE", 3])),
            [("/transit_severe/sets/0", "set_unknown"), ("/transit_severe/sets/1", "set_unknown")],
            id="a region set that is not in the body",
        ),
        pytest.param(
            a_body(transit_severe=a_table(sets="ALL", more=1, remote_hours=10_000)),
            [
                ("/transit_severe/more", "unknown"),
                ("/transit_severe/remote_hours", "out_of_range"),
                ("/transit_severe/sets", "not_list"),
            ],
            id="every fault is named",
        ),
        pytest.param(
            a_body(region_sets=...),
            [
                ("/dispatch_severe/sets/0", "set_unknown"),
                ("/region_sets", "missing"),
                ("/transit_severe/sets/0", "set_unknown"),
                ("/transit_severe/sets/1", "set_unknown"),
                ("/transit_severe/sets/2", "set_unknown"),
                ("/transit_warn/sets/0", "set_unknown"),
            ],
            id="no region sets",
        ),
    ],
)
def test_faults_of_a_body(body, faults):
    with pytest.raises(PolicyInvalid) as refused:
        policies.from_body("parcel/x/1", body)
    assert refused.value.faults == tuple(Fault(*each) for each in faults)
    assert faults[0][0] in str(refused.value)


@pytest.mark.parametrize(
    ("sets", "faults"),
    [
        pytest.param([3], [("", "not_object")], id="not a set"),
        pytest.param([a_set(name="")], [("/name", "not_text")], id="without a name"),
        pytest.param([a_set(name=None)], [("/name", "not_text")], id="with nothing for a name"),
        pytest.param([a_set(makes="SAME_CITY")], [("/makes", "class_unknown")], id="a class no set can make"),
        pytest.param([a_set(makes=6)], [("/makes", "class_unknown")], id="a number for a class"),
        pytest.param([a_set(more=1)], [("/more", "unknown")], id="a field nobody knows"),
        pytest.param(
            [a_set(prefixes=["6", "650100", 65, "6x"])],
            [(f"/prefixes/{n}", "not_prefix") for n in range(4)],
            id="prefixes that are none",
        ),
        pytest.param([a_set(prefixes=["65"] * 401)], [("/prefixes", "too_many")], id="too many prefixes"),
        pytest.param([a_set(effective_from="yesterday")], [("/effective_from", "not_time")], id="not a time"),
        pytest.param([a_set(effective_from=20220601)], [("/effective_from", "not_time")], id="a number for a time"),
        pytest.param(
            [a_set(effective_from="2022-06-01T00:00:00")], [("/effective_from", "not_time")], id="a time without a zone"
        ),
        pytest.param(
            [a_set(effective_from="0001-01-01T00:00:00+14:00")],
            [("/effective_from", "not_time")],
            id="a time out of time",
        ),
        pytest.param(
            [a_set(effective_from="2022-06-01T00:00:00Z", effective_until="2022-06-01T00:00:00Z")],
            [("/effective_until", "too_small")],
            id="over before it began",
        ),
    ],
)
def test_faults_of_a_region_set(sets, faults):
    body = a_body()
    start = len(body["region_sets"])
    with pytest.raises(PolicyInvalid) as refused:
        policies.from_body("parcel/x/1", body | {"region_sets": body["region_sets"] + sets})
    assert refused.value.faults == tuple(Fault(f"/region_sets/{start}{path}", code) for path, code in faults)


@pytest.mark.parametrize(
    ("one", "other", "do_overlap"),
    [
        pytest.param({}, {}, True, id="both without end"),
        pytest.param(
            {"effective_until": "2022-06-01T00:00:00Z"},
            {"effective_from": "2022-06-01T00:00:00Z"},
            False,
            id="one after the other",
        ),
        pytest.param(
            {"effective_from": "2022-06-01T00:00:00Z"},
            {"effective_until": "2022-06-01T00:00:00Z"},
            False,
            id="one before the other",
        ),
        pytest.param(
            {"effective_until": "2022-06-02T00:00:00Z"},
            {"effective_from": "2022-06-01T00:00:00Z"},
            True,
            id="a day in common",
        ),
    ],
)
def test_two_region_sets_of_one_name(one, other, do_overlap):
    body = a_body()
    body["region_sets"] += [a_set(**one), a_set(**other)]
    if do_overlap:
        with pytest.raises(PolicyInvalid, match="overlaps"):
            policies.from_body("parcel/x/1", body)
    else:
        assert policies.from_body("parcel/x/1", body).region_sets[-1].name == "MINE"


def test_the_difference_of_the_two_seeds_is_the_first_transit_table():
    changes = policies.difference(policies.to_body(PARCEL_DOUYIN_2022), policies.to_body(PARCEL_DOUYIN_2024))
    assert {change.path.split("/")[1] for change in changes} == {"transit_warn"}


def test_a_difference_names_path_and_both_values():
    old = a_body()
    new = a_body(hub_dwell_hours=30, odd=[{"x": 1}, 2])
    new["region_sets"] = [*old["region_sets"][1:], a_set(effective_from="2022-06-01T00:00:00Z")]

    changes = policies.difference(old, new)
    assert Change("/hub_dwell_hours", 24, 30) in changes
    assert Change("/odd/0/x", None, 1) in changes
    assert Change("/odd/1", None, 2) in changes
    assert Change("/region_sets/MINE@2022-06-01T00:00:00Z/prefixes", None, ["65"]) in changes
    assert Change("/region_sets/REMOTE_2022/makes", "REMOTE", None) in changes
    assert list(changes) == sorted(changes, key=lambda change: change.path)
    assert policies.difference(old, old) == ()
