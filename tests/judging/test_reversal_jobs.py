"""Many reversals as a job: previewed, started once, resumed where it was killed, seen while it runs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.judging.test_reversal import balance, rich, settle
from tests.judging.world import D, after, late, standing, sweep
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.judging import reversal, reversal_jobs
from yidao.judging.models import ReversalJob, Violation
from yidao.judging.reversal_jobs import Preview, Selection
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden, NotVisible

pytestmark = pytest.mark.django_db
OPERATOR = Actor(
    user_id=None,
    credential_id=None,
    kind=ActorKind.OPERATOR,
    organisation_ids=(),
    permissions=frozenset({Permission.JUDGEMENTS_DECIDE}),
)


def chosen(shop: int) -> Selection:
    return Selection(kind="LATE_SHIPMENT", from_at=D, until_at=after(25), shop_id=shop)


def start(selection: Selection, **more) -> int:
    asked = {"cause": "RELIEF", "reason": "Outbreak", "now": after(60), "real_now": after(60)} | more
    return reversal_jobs.start_job(actor=OPERATOR, selection=selection, **asked)


def shop_with(orders: int) -> tuple[int, list[int]]:
    shop = rich(ids.new_id(), 10_000_00)
    found = [late(shop) for _ in range(orders)]
    sweep(after(50))
    settle(after(60))
    return shop, found


def test_a_job_takes_back_what_it_selects_in_parts_and_goes_on_after_a_kill(monkeypatch) -> None:
    monkeypatch.setattr(reversal, "ORDERS_MAX", 2)
    shop, orders = shop_with(5)
    assert balance(shop) == 9_900_00
    assert reversal_jobs.preview(chosen(shop), actor=OPERATOR) == Preview(orders=5, judgements=10, shops=1)
    job_id = start(chosen(shop))

    assert reversal_jobs.run_part(job_id, now=after(61))
    half = reversal_jobs.job(job_id, actor=OPERATOR)
    assert (half.state, half.orders_done, half.judgements_done, half.percent) == ("RUNNING", 2, 4, 40)

    reversal_jobs.run(job_id, now=after(62))
    reversal_jobs.run(job_id, now=after(63))

    done = reversal_jobs.jobs(actor=OPERATOR)[0]
    assert (done.id, done.state, done.orders_done, done.judgements_done, done.percent) == (job_id, "DONE", 5, 10, 100)
    assert balance(shop) == 10_000_00
    assert [standing(each) for each in orders] == [[(3, 48)]] * 5


def test_what_lies_outside_the_selection_stays() -> None:
    shop, orders = shop_with(2)
    _, others = shop_with(1)
    until_j1 = replace(chosen(shop), until_at=after(24))
    reversal_jobs.run(start(until_j1), now=after(61))

    assert [standing(each) for each in orders] == [[(2, 24), (3, 48)]] * 2
    assert [standing(each) for each in others] == [[(1, 0), (2, 24), (3, 48)]]


def test_what_somebody_reversed_meanwhile_is_left_alone() -> None:
    shop, orders = shop_with(2)
    job_id = start(chosen(shop))
    Violation.objects.filter(order_id=orders[0]).update(state="REVERSED")
    reversal_jobs.run(job_id, now=after(61))

    assert reversal_jobs.job(job_id, actor=OPERATOR).judgements_done == 2


def test_one_form_sent_twice_starts_one_job() -> None:
    shop, _ = shop_with(1)
    key = db.RequestKey(key=f"k{shop}", body=[1])

    assert start(chosen(shop), request_key=key) == start(chosen(shop), request_key=key)
    assert ReversalJob.objects.count() == 1


def test_what_makes_no_sense_is_refused_with_every_fault() -> None:
    shop, _ = shop_with(1)
    wrong = Selection(kind="NOTHING", from_at=D, until_at=D - timedelta(days=1), shop_id=shop)
    with pytest.raises(reversal_jobs.JobRefused) as refused:
        start(wrong, reason=" ")

    assert [(each.pointer, each.code) for each in refused.value.faults] == [
        ("reason", "missing"),
        ("kind", "unknown"),
        ("until_at", "before_start"),
    ]
    for more, fault in (({"reason": "x" * 201}, "too_long"), ({}, "nothing_found")):
        with pytest.raises(reversal_jobs.JobRefused) as refused:
            start(replace(chosen(shop), shop_id=shop if more else 1), **more)
        assert [each.code for each in refused.value.faults] == [fault]


def test_only_who_decides_about_judgements_may_start_or_see_jobs() -> None:
    clerk = replace(OPERATOR, permissions=frozenset())
    for act in (
        lambda: reversal_jobs.preview(chosen(1), actor=clerk),
        lambda: reversal_jobs.jobs(actor=clerk),
        lambda: reversal_jobs.job(1, actor=clerk),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotVisible):
        reversal_jobs.job(1, actor=OPERATOR)
