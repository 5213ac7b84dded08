"""The figures by day equal what the rules say of each parcel, for every tenant, however often they are computed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.intake.payloads import SourceFacts
from yidao.parcels import daily, freshness, tasks
from yidao.parcels.models import Anomaly, CarrierStage, DayFigure, FigureRun, OpenAnomaly, Parcel, ParcelExtraCreator
from yidao.rules import figures, parcel
from yidao.rules.episodes import Closing, Type
from yidao.rules.figures import EMPTY, Facts, Tally
from yidao.rules.instants import NEVER, instant
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
NOW = planting.NOW
DAY = date(2022, 6, 18)
Scope = DayFigure.Scope


@pytest.fixture
def who() -> Cast:
    return cast.build()


@pytest.fixture
def planted(who: Cast) -> Cast:
    """Plant a day with something of everything, and one parcel just beside it."""
    signed = planting.ship(who, "06-18 10:00")
    planting.scan(signed, "06-18 13:30", Kind.PICKED_UP, division=facts.HANGZHOU)
    planting.scan(signed, "06-18 20:00", Kind.DEPARTED_ORIGIN, division=facts.HANGZHOU)
    planting.scan(signed, "06-19 18:00", Kind.OUT_FOR_DELIVERY, division=facts.CHENGDU)
    planting.scan(signed, "06-19 20:00", Kind.SIGNED, division=facts.CHENGDU)
    planting.ship(who, "06-18 00:00")
    damaged = planting.ship(who, "06-18 11:00", facts.line("S1", None, scope="self-sold"))
    planting.scan(damaged, "06-18 12:00", Kind.PICKED_UP, division=facts.HANGZHOU)
    planting.scan(damaged, "06-18 18:00", Kind.DAMAGED, division=facts.HANGZHOU)
    shared = planting.ship(
        who, "06-18 23:59", facts.line("L1", who.creator), facts.line("L2", who.second_creator), carrier="yuantong"
    )
    planting.write(
        facts.scan(
            shared, "06-20 03:00", Kind.PICKED_UP, carrier="yuantong", source="CARRIER:yuantong", division="330106"
        ),
        sender=SourceFacts(3, 3, "CARRIER", "CARRIER:yuantong", False),
    )
    voided = planting.ship(who, "06-18 12:00")
    planting.scan(voided, "06-18 14:00", Kind.VOIDED)
    planting.ship(who, "06-19 00:00")
    return who


def expected(day: date) -> dict[tuple[str, str, int], Tally]:
    """Compute the figures of a day from the rows, one parcel at a time, as the rules say."""
    told: dict[tuple[str, str, int], Tally] = {}
    for each in Parcel.objects.filter(
        shipped_at__gte=daily.begin_of(day), shipped_at__lt=daily.begin_of(day + timedelta(days=1))
    ):
        key = {"waybill_no": each.waybill_no, "carrier": each.carrier, "life": each.life}
        tally = figures.tally(
            Facts(
                status=parcel.Status(each.status),
                shipped_at=instant(each.shipped_at),
                picked_at=instant(each.picked_at) if each.picked_at else NEVER,
                episodes=tuple(
                    (Type[type_], Closing[closing] if closing else 0)
                    for type_, closing in Anomaly.objects.filter(**key).values_list("type", "closing")
                ),
            )
        )
        creators = [each.creator_id, *ParcelExtraCreator.objects.filter(**key).values_list("creator_id", flat=True)]
        keys = [
            ("SHOP", str(each.shop_id), 0),
            ("CARRIER", each.carrier, 0),
            ("PROVINCE", each.receiver_division[:2], 0),
        ]
        for creator in creators:
            if creator is not None:
                keys += [("CREATOR", str(creator), 0), ("CREATOR_SHOP", str(creator), each.shop_id)]
        for where in keys:
            if tally != EMPTY:
                told[where] = told.get(where, EMPTY) + tally
    return told


def stored(day: date) -> dict[tuple[str, str, int], Tally]:
    return {
        (row.scope, row.tenant, row.part): Tally(
            parcels=row.parcels,
            ended=row.ended,
            signed=row.signed,
            punctual=row.punctual,
            anomalous=row.anomalous,
            picked=row.picked,
            pickup_seconds=row.pickup_seconds,
            pickup_steps=tuple(row.pickup_steps),
        )
        for row in DayFigure.objects.filter(day=day)
    }


def test_the_figures_of_a_day_are_what_the_rules_say_of_its_parcels(planted: Cast) -> None:
    daily.compute_day(DAY, now=NOW)

    told = stored(DAY)
    assert told == expected(DAY)
    shop = told[("SHOP", str(planted.shop), 0)]
    assert (shop.parcels, shop.ended, shop.signed, shop.punctual, shop.anomalous, shop.picked) == (4, 1, 1, 1, 3, 3)
    creator = told[("CREATOR", str(planted.creator), 0)]
    assert creator.parcels == 3
    assert told[("CREATOR", str(planted.second_creator), 0)].parcels == 1


def test_the_statuses_of_a_day_add_up_to_its_parcels(planted: Cast) -> None:
    daily.compute_day(DAY, now=NOW)

    for row in DayFigure.objects.filter(day=DAY):
        assert sum(row.statuses) == row.parcels
        assert row.statuses[parcel.STATUSES.index(parcel.Status.VOIDED)] == 0


def test_computing_twice_changes_nothing(planted: Cast) -> None:
    daily.compute_day(DAY, now=NOW)
    before = list(DayFigure.objects.order_by("scope", "tenant", "part").values())

    daily.compute_day(DAY, now=NOW)

    assert list(DayFigure.objects.order_by("scope", "tenant", "part").values()) == before


def test_what_no_longer_belongs_to_a_day_leaves_it(planted: Cast) -> None:
    DayFigure.objects.create(
        scope=Scope.SHOP,
        tenant="77",
        day=DAY,
        part=0,
        **dict.fromkeys(("parcels", "ended", "signed", "punctual", "anomalous", "picked", "pickup_seconds"), 1),
        pickup_steps=[0] * figures.STEPS,
        statuses=[0] * len(parcel.STATUSES),
    )

    daily.compute_day(DAY, now=NOW)

    assert stored(DAY) == expected(DAY)


def test_what_late_news_disproved_leaves_the_figures(who: Cast) -> None:
    number = planting.ship(who, "06-18 10:00")
    daily.compute_day(DAY, now=NOW)
    assert stored(DAY)[("SHOP", str(who.shop), 0)].anomalous == 1

    planting.scan(number, "06-18 12:00", Kind.PICKED_UP, division=facts.HANGZHOU)
    planting.scan(number, "06-18 20:00", Kind.DEPARTED_ORIGIN, division=facts.HANGZHOU)
    planting.scan(number, "06-20 09:00", Kind.SIGNED, division=facts.CHENGDU)
    daily.compute_day(DAY, now=NOW)

    assert Anomaly.objects.filter(waybill_no=number, closing="NOT_LATE").exists()
    told = stored(DAY)[("SHOP", str(who.shop), 0)]
    assert (told.anomalous, told.ended, told.punctual) == (0, 1, 1)


def test_creators_count_nothing_before_the_data_start(who: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    planting.ship(who, "06-18 10:00")
    planting.ship(who, "06-18 12:00")
    noon = datetime(2022, 6, 18, 4, tzinfo=UTC)
    monkeypatch.setattr(daily.scope, "data_start", lambda now: noon)

    daily.compute_day(DAY, now=NOW)

    told = stored(DAY)
    assert told[("CREATOR", str(who.creator), 0)].parcels == 1
    assert told[("SHOP", str(who.shop), 0)].parcels == 2


def test_a_run_renews_what_is_stale_and_nothing_else(planted: Cast) -> None:
    assert daily.refresh(now=NOW, limit=200) == figures.DAYS_KEPT + 2
    assert daily.refresh(now=NOW, limit=200) == 0
    assert daily.refresh(now=NOW + timedelta(minutes=5), limit=200) == figures.FRESH_DAYS + 1
    assert daily.refresh(now=NOW + timedelta(hours=1), limit=200) == figures.RECENT_DAYS + 2
    assert daily.refresh(now=NOW + timedelta(days=1), limit=200) == figures.DAYS_KEPT + 2


def test_a_run_ends_and_the_next_one_goes_on(planted: Cast) -> None:
    assert daily.refresh(now=NOW) == daily.DAYS_AT_ONCE + 2
    assert daily.oldest_run(now=NOW) == timedelta()
    assert [daily.refresh(now=NOW) for _ in range(3)] == [30, 30, 0]
    assert daily.oldest_run(now=NOW + timedelta(minutes=7)) == timedelta(minutes=7)


def test_days_out_of_reach_are_forgotten(planted: Cast) -> None:
    daily.refresh(now=NOW)
    later = NOW + timedelta(days=figures.DAYS_KEPT)

    daily.refresh(now=later, limit=200)

    assert not DayFigure.objects.filter(day=DAY).exists()
    assert FigureRun.objects.filter(name__startswith="day/").count() == figures.DAYS_KEPT


def test_the_map_counts_parcels_with_anomalies_in_progress(planted: Cast) -> None:
    daily.compute_open(now=NOW)

    told = {(row.carrier, row.province, row.type): row.parcels for row in OpenAnomaly.objects.all()}
    troubled = Parcel.objects.exclude(open_types=0).exclude(status="VOIDED")
    assert sum(count for (_, _, type_), count in told.items() if not type_) == troubled.count() > 0
    assert told[("zhongtong", "51", "PARCEL_DAMAGED")] == 1
    daily.compute_open(now=NOW)
    assert {(row.carrier, row.province, row.type): row.parcels for row in OpenAnomaly.objects.all()} == told


def test_stages_are_told_of_settled_parcels(planted: Cast) -> None:
    daily.compute_stages(now=NOW)
    assert not CarrierStage.objects.filter(sample__gt=0).exists()

    daily.compute_stages(now=NOW + timedelta(days=figures.SETTLED_DAYS))

    told = {row.stage: (row.sample, row.median_seconds, row.p90_seconds) for row in CarrierStage.objects.all()}
    assert told == {
        "PICKUP": (1, 12_600, 12_600),
        "TRANSIT": (1, 102_600, 102_600),
        "DELIVERY": (1, 7_200, 7_200),
        "WHOLE": (1, 122_400, 122_400),
    }


def test_the_job_goes_by_business_time(planted: Cast) -> None:
    tasks.refresh_figures(timestamp=0)

    assert FigureRun.objects.filter(name="open").exists()


def test_after_a_mass_of_old_parcels_everything_is_computed_anew(planted: Cast) -> None:
    daily.refresh(now=NOW, limit=200)
    assert connection.connection is not None

    freshness.expire(connection.connection)

    assert daily.refresh(now=NOW, limit=200) == figures.DAYS_KEPT + 2
