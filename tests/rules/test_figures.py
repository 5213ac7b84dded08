"""What the statistics count: tables of single parcels, sums of many, stages, and when figures are renewed."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import figures, parcel
from yidao.rules.episodes import Closing, Type
from yidao.rules.figures import EMPTY, Facts, Tally
from yidao.rules.instants import DAY, HOUR, MINUTE, NEVER, Instant
from yidao.rules.parcel import Status
from yidao.rules.scans import Kind

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "figures.md"
SHIPPED = Instant(1_655_517_600 * 1_000_000)


def facts(status=Status.SIGNED, *episodes, picked_after=None):
    """Return one parcel, its pickup so many seconds after shipping."""
    picked_at = NEVER if picked_after is None else Instant(SHIPPED + picked_after * figures.SECOND)
    return Facts(status=status, shipped_at=SHIPPED, picked_at=picked_at, episodes=episodes)


@pytest.mark.parametrize(
    ("one", "ended", "punctual", "anomalous"),
    [
        pytest.param(facts(), 1, 1, 0, id="a signed parcel without anomalies was on time"),
        pytest.param(facts(Status.OUT_FOR_DELIVERY), 0, 0, 0, id="one under way is not on time yet"),
        pytest.param(facts(Status.RETURN_SIGNED), 1, 1, 0, id="one that is back at its sender has ended"),
        pytest.param(
            facts(Status.SIGNED, (Type.TRANSIT_TIMEOUT, Closing.PROGRESS)),
            1,
            0,
            1,
            id="a limit that passed and was made up for is late all the same",
        ),
        pytest.param(
            facts(Status.SIGNED, (Type.TRANSIT_TIMEOUT, Closing.NOT_LATE)), 1, 1, 0, id="what never was late counts not"
        ),
        pytest.param(
            facts(Status.SIGNED, (Type.PICKUP_TIMEOUT, Closing.RELIEVED)), 1, 1, 0, id="what was relieved counts not"
        ),
        pytest.param(
            facts(Status.SIGNED, (Type.PICKUP_SOON, Closing.PICKED_UP)), 1, 1, 0, id="a near limit is no anomaly"
        ),
        pytest.param(
            facts(Status.SIGNED, (Type.PICKUP_SOON, Closing.UPGRADED), (Type.PICKUP_TIMEOUT, Closing.PICKED_UP)),
            1,
            0,
            1,
            id="a near limit that became overdue counts once",
        ),
        pytest.param(
            facts(Status.SIGNED, (Type.PARCEL_DAMAGED, 0)), 1, 1, 1, id="a damaged parcel is anomalous and on time"
        ),
        pytest.param(
            facts(Status.IN_TRANSIT_AWAIT_DELIVERY, (Type.TRANSIT_TIMEOUT, 0), (Type.OTHER, 0)),
            0,
            0,
            1,
            id="two anomalies make one anomalous parcel",
        ),
    ],
)
def test_what_one_parcel_counts(one, ended, punctual, anomalous):
    told = figures.tally(one)

    assert (told.parcels, told.ended, told.punctual, told.anomalous) == (1, ended, punctual, anomalous)


def test_a_voided_number_is_no_parcel():
    assert figures.tally(facts(Status.VOIDED, (Type.OTHER, 0), picked_after=60)) == EMPTY


def test_only_a_signature_is_signed():
    assert [figures.tally(facts(each)).signed for each in (Status.SIGNED, Status.RETURN_SIGNED)] == [1, 0]


@pytest.mark.parametrize(
    ("seconds", "step"),
    [
        pytest.param(0, 0, id="at once"),
        pytest.param(-60, 0, id="a pickup before shipping is one at once"),
        pytest.param(3_599, 0, id="just below the first edge"),
        pytest.param(3_600, 1, id="an edge belongs to the next step"),
        pytest.param(10 * DAY // figures.SECOND, figures.STEPS - 1, id="whatever is longer stands in the last step"),
    ],
)
def test_a_pickup_stands_in_one_step(seconds, step):
    told = figures.tally(facts(picked_after=seconds))

    assert (told.picked, told.pickup_seconds) == (1, max(0, seconds))
    assert [place for place, count in enumerate(told.pickup_steps) if count] == [step]


def test_an_average_is_of_those_that_were_picked_up():
    both = figures.tally(facts(picked_after=3_600)) + figures.tally(facts(Status.SHIPPED_AWAIT_PICKUP))

    assert (both.parcels, both.picked, both.pickup_mean_seconds) == (2, 1, 3_600)
    assert EMPTY.pickup_mean_seconds is None
    assert EMPTY.pickup_median_seconds is None


@pytest.mark.parametrize(
    ("part", "whole", "thousandths"),
    [
        pytest.param(0, 0, None, id="a share of nothing is unknown"),
        pytest.param(1, 3, 333, id="a third is rounded down"),
        pytest.param(2, 3, 667, id="two thirds are rounded up"),
        pytest.param(1, 2_000, 1, id="half a thousandth is rounded up"),
        pytest.param(5, 5, 1_000, id="all of them"),
    ],
)
def test_a_share_is_told_in_thousandths(part, whole, thousandths):
    assert figures.permille(part, whole) == thousandths


def test_rates_know_their_wholes():
    told = Tally(parcels=10, ended=4, punctual=3, anomalous=2)

    assert (told.punctual_permille, told.anomalous_permille) == (750, 200)


@pytest.mark.parametrize(
    ("parcels", "ended", "settled"),
    [
        pytest.param(0, 0, False, id="nothing is settled"),
        pytest.param(10, 7, False, id="seven of ten may be the fastest"),
        pytest.param(10, 8, True, id="eight of ten tell of all"),
    ],
)
def test_a_day_is_settled_when_most_of_it_has_ended(parcels, ended, settled):
    assert Tally(parcels=parcels, ended=ended).is_settled is settled


def steps(**counts):
    """Return a histogram; `h2=10` puts ten into the step that ends with the second hour."""
    edges = [f"h{edge // 3_600}" for edge in figures.PICKUP_EDGES] + ["more"]
    return tuple(counts.get(edge, 0) for edge in edges)


@pytest.mark.parametrize(
    ("histogram", "percent", "seconds"),
    [
        pytest.param(steps(), 50, None, id="of nothing"),
        pytest.param(steps(h2=10), 50, 5_400, id="half of one step"),
        pytest.param(steps(h2=10), 90, 6_840, id="nine tenths of one step"),
        pytest.param(steps(h1=1, h2=2, h3=1), 50, 5_400, id="the middle of three"),
        pytest.param(steps(h1=1, more=9), 50, 72 * 3_600, id="beyond the last edge it is that edge"),
    ],
)
def test_a_histogram_knows_its_quantiles(histogram, percent, seconds):
    assert figures.quantile(histogram, percent) == seconds


@given(st.lists(st.integers(0, 80 * 3_600), min_size=1, max_size=50), st.sampled_from([10, 50, 90]))
def test_a_histogram_is_as_exact_as_its_steps(waits, percent):
    histogram = sum((figures.tally(facts(picked_after=each)) for each in waits), EMPTY).pickup_steps
    exact = figures.nearest_rank(waits, percent)
    edges = (0, *figures.PICKUP_EDGES, figures.PICKUP_EDGES[-1])
    place = next(place for place, count in enumerate(figures.tally(facts(picked_after=exact)).pickup_steps) if count)

    assert edges[place] <= figures.quantile(histogram, percent) <= edges[place + 1]


@pytest.mark.parametrize(
    ("values", "percent", "rank"),
    [
        pytest.param((), 50, None, id="of nothing"),
        pytest.param((5,), 90, 5, id="of one"),
        pytest.param((4, 1, 3, 2), 50, 2, id="the lower middle of four"),
        pytest.param(tuple(range(1, 11)), 90, 9, id="the ninth of ten"),
    ],
)
def test_a_rank_is_one_of_the_values(values, percent, rank):
    assert figures.nearest_rank(values, percent) == rank


def way(*entries):
    """Return the milestones of (hours after shipping, kind)."""
    return parcel.of(parcel.entry(Instant(SHIPPED + hours * HOUR), kind) for hours, kind in entries)


@pytest.mark.parametrize(
    ("milestones", "passage"),
    [
        pytest.param(
            way((2, Kind.PICKED_UP), (10, Kind.DEPARTED_ORIGIN), (40, Kind.OUT_FOR_DELIVERY), (44, Kind.SIGNED)),
            (2, 38, 4, 44),
            id="a whole way",
        ),
        pytest.param(
            way((2, Kind.PICKED_UP), (40, Kind.IN_LOCKER), (64, Kind.SIGNED_AT_LOCKER)),
            (2, 38, 24, 64),
            id="a locker ends the transit",
        ),
        pytest.param(
            way((2, Kind.PICKED_UP), (20, Kind.OUT_FOR_DELIVERY), (22, Kind.SIGNED), (30, Kind.SIGNED)),
            (2, 18, 10, 30),
            id="the last signature counts",
        ),
        pytest.param(way((2, Kind.PICKED_UP)), (2, None, None, None), id="a way that has only begun"),
        pytest.param(way((-1, Kind.PICKED_UP), (5, Kind.SIGNED)), (None, None, None, 5), id="a pickup before shipping"),
        pytest.param(parcel.EMPTY, (None, None, None, None), id="nothing at all"),
    ],
)
def test_a_parcel_passes_the_stages(milestones, passage):
    told = figures.passage(milestones, SHIPPED)

    assert told == tuple(None if hours is None else hours * 3_600 for hours in passage)


def test_what_only_the_shop_said_ends_no_stage():
    weak = parcel.of(
        [
            parcel.entry(Instant(SHIPPED + HOUR), Kind.PICKED_UP),
            parcel.weak_entry(Instant(SHIPPED + 9 * HOUR), Kind.SIGNED),
        ]
    )

    assert figures.passage(weak, SHIPPED) == (3_600, None, None, None)


NOON = Instant(SHIPPED + 30 * DAY)


@pytest.mark.parametrize(
    ("age_days", "computed_before", "is_new_day", "stale"),
    [
        pytest.param(0, None, False, True, id="a day that was never computed"),
        pytest.param(40, -MINUTE, False, True, id="a day computed in the future"),
        pytest.param(2, 5 * MINUTE - 1, False, False, id="a late day is good for five minutes"),
        pytest.param(2, 5 * MINUTE, False, True, id="and no longer"),
        pytest.param(3, 59 * MINUTE, False, False, id="a recent day is good for an hour"),
        pytest.param(14, HOUR, False, True, id="and no longer either"),
        pytest.param(15, 20 * HOUR, False, False, id="an old day is good until the next day"),
        pytest.param(15, HOUR, True, True, id="which has begun"),
    ],
)
def test_figures_are_renewed_in_time(age_days, computed_before, is_new_day, stale):
    computed_at = NEVER if computed_before is None else Instant(NOON - computed_before)

    assert figures.is_stale(age_days=age_days, computed_at=computed_at, now=NOON, is_new_day=is_new_day) is stale


def test_the_six_of_the_source_stand_on_the_page():
    rows = re.findall(r"^\| (\w+) \| (yes|no) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert {name for name, answer in rows if answer == "yes"} == {each.name for each in figures.SCORED}
    assert {name for name, _ in rows} == {each.name for each in Type}
    assert set(figures.SYNONYMS) <= set(figures.SCORED)


@pytest.mark.parametrize(
    "name", ["DAYS_KEPT", "STAGE_SAMPLE", "SETTLED_DAYS", "SAMPLE_MIN", "FRESH_DAYS", "RECENT_DAYS"]
)
def test_the_numbers_stand_on_the_page(name):
    assert f"| {name} | {getattr(figures, name)} |" in PAGE.read_text(encoding="utf-8")
