"""The loop over deadline columns: who takes which bucket, and what one broken concern does to the others: nothing."""

from datetime import timedelta

import pytest
from django.db import connection

from yidao.kit import clock, sweeps
from yidao.kit.models import DemoClock, SweepFault, SweepLease
from yidao.kit.sweeps import BUCKETS, Concern, Sweeper

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_else():
    """Leave no lease of others, and let business time be real."""
    DemoClock.objects.all().delete()
    SweepLease.objects.all().delete()


def counting(name: str, taken: list[int]) -> Concern:
    def step(bucket: int, now: object) -> int:
        taken.append(bucket)
        return 0

    return Concern(name=name, step=step)


def failing(name: str, tried: list[int]) -> Concern:
    def step(bucket: int, now: object) -> int:
        tried.append(bucket)
        raise LookupError("no such policy")

    return Concern(name=name, step=step)


def test_a_worker_takes_every_bucket_once_a_turn():
    taken: list[int] = []
    sweeper = Sweeper([counting("counted", taken)])

    sweeper.run_once()
    sweeper.run_once()

    assert taken == [*range(BUCKETS), *range(BUCKETS)]


def test_buckets_of_a_worker_that_lives_are_left_alone_and_those_of_a_dead_one_pass_on():
    taken: list[int] = []
    now = clock.real_now()
    for bucket, left in ((0, timedelta(seconds=20)), (1, timedelta(seconds=-1))):
        SweepLease.objects.create(concern="counted", bucket=bucket, holder="another", leased_until=now + left)

    Sweeper([counting("counted", taken)]).run_once()

    assert taken == list(range(1, BUCKETS))


def test_leases_are_given_back():
    sweeper = Sweeper([counting("counted", [])])
    sweeper.run_once()
    assert SweepLease.objects.filter(concern="counted").count() == BUCKETS

    sweeper.close()

    assert not SweepLease.objects.filter(concern="counted").exists()


def test_a_concern_that_breaks_rests_and_stops_no_other():
    tried: list[int] = []
    taken: list[int] = []
    sweeper = Sweeper([failing("broken", tried), counting("counted", taken)])

    sweeper.run_once()
    sweeper.run_once()

    assert tried == [0]
    assert len(taken) == 2 * BUCKETS
    fault = SweepFault.objects.get(concern="broken")
    assert fault.fault == "LookupError: no such policy"


def test_while_a_demos_clock_stands_still_nothing_comes_due():
    now = clock.real_now()
    DemoClock.objects.create(base_real=now, base_sim=now, rate=60, is_running=False)
    taken: list[int] = []

    Sweeper([counting("counted", taken)]).run_once()

    assert taken == []


def test_who_moves_the_clock_sweeps_until_a_whole_round_finds_nothing():
    left = {3: 2, 7: 1}

    def step(bucket: int, now: object) -> int:
        if not left.get(bucket):
            return 0
        left[bucket] -= 1
        return 1

    assert sweeps.sweep_until_quiet([Concern(name="counted", step=step)], now=clock.real_now()) == {"counted": 3}


def test_faults_of_rows_that_were_settled_are_forgotten():
    sweeps.keep_fault("counted", 7, ValueError("once"), now=clock.real_now())
    sweeps.keep_fault("counted", 8, ValueError("still"), now=clock.real_now())

    sweeps.forget_faults("counted", [7])

    assert list(SweepFault.objects.values_list("subject_id", flat=True)) == [8]
    assert connection.connection is not None


def test_faults_are_listed_with_the_newest_first():
    now = clock.real_now()
    sweeps.keep_fault("counted", 7, ValueError("older"), now=now - timedelta(hours=1))
    sweeps.keep_fault("counted", 8, ValueError("newer"), now=now)

    assert [(each.subject_id, each.fault) for each in sweeps.faults()] == [
        (8, "ValueError: newer"),
        (7, "ValueError: older"),
    ]
