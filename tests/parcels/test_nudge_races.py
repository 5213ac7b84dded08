"""Two at once: nudges, reminders and settlements are written once, whoever is faster."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.parcels.nudging_cast import LATER, NOW, alice, dana, late, nudged, shipped
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.kit import db, ids, news
from yidao.parcels import nudge_queries, nudge_sweeps, nudges
from yidao.parcels.nudge_models import NudgeMessage, NudgeThread
from yidao.rules.nudging import LeftOut
from yidao.rules.scans import Kind


@pytest.fixture
def cast(committed_db: None) -> Cast:
    """Make a cast whose carriers have codes nobody else has: there is one head office per carrier, and it stays."""
    marker = f"c{ids.new_id()}"
    return casts.build(carrier_code=marker, other_carrier_code=f"d{marker}")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do things in threads of their own, all beginning together."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(one, act) for act in acts]]


def test_two_nudges_about_one_parcel_at_once_make_one(cast) -> None:
    (number,) = shipped(cast)

    def act() -> nudges.Opened:
        return nudges.open_threads(
            actor=dana(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
        )

    found = at_once(act, act, act)

    assert sorted(each.count for each in found) == [0, 0, 1]
    assert {why for each in found for _, why in each.left_out} == {LeftOut.ALREADY_ASKED}


def test_one_form_sent_twice_at_once_makes_one_thread(cast) -> None:
    (number,) = shipped(cast)
    key = db.RequestKey(key="both", body=[number])

    def act() -> nudges.Opened:
        return nudges.open_threads(
            actor=dana(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW, request_key=key
        )

    first, second = at_once(act, act)

    assert first == second
    assert NudgeThread.objects.filter(creator_id=cast.creator).count() == 1


def test_two_sweeps_at_once_remind_once(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))
    moment = NOW + timedelta(hours=13)

    at_once(*[lambda: nudge_sweeps.sweep(now=moment)] * 3)

    kinds = NudgeMessage.objects.filter(thread_id=thread_id).values_list("kind", flat=True)
    assert sorted(kinds) == ["ASKED", "REMINDED"]


def test_two_sweeps_at_once_settle_once(cast) -> None:
    first, second = shipped(cast, 2)
    thread_id = nudged(cast, first, second)
    for number in (first, second):
        planting.scan(number, "06-20 11:00", Kind.PICKED_UP)

    at_once(*[lambda: nudge_sweeps.sweep(now=LATER)] * 3)

    kinds = NudgeMessage.objects.filter(thread_id=thread_id).values_list("kind", flat=True)
    assert sorted(kinds) == ["ASKED", "SETTLED"]
    assert NudgeThread.objects.get(id=thread_id).open_items == 0


def test_an_answer_and_a_sweep_at_once_lose_nothing(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))

    def answer() -> None:
        nudges.answer(actor=alice(cast), thread_id=thread_id, code="RESENT", text="", now=LATER, real_now=LATER)

    at_once(answer, lambda: nudge_sweeps.sweep(now=NOW + timedelta(hours=13)))

    row = nudge_queries.thread(thread_id, actor=dana(cast), now=LATER).row
    assert row.answered_at == LATER
    assert NudgeThread.objects.get(id=thread_id).remind_at is None


def told_while(act: Callable[[], Any], dsn: str) -> set[int]:
    """Return the organisations whose pages an act wakes."""
    with psycopg.connect(dsn, autocommit=True) as listener:
        listener.execute(f"LISTEN {news.CHANNEL}")
        act()
        notices = list(listener.notifies(timeout=0.5))
    return {each for notice in notices for each in json.loads(notice.payload)["orgs"]}


def test_each_act_wakes_the_pages_of_both_sides(cast, runtime_dsn) -> None:
    (number,) = shipped(cast)
    both = {int(cast.creator), int(cast.shop)}

    def answer() -> None:
        thread = NudgeThread.objects.get(creator_id=cast.creator)
        nudges.answer(actor=alice(cast), thread_id=thread.id, code="RESENT", text="", now=LATER, real_now=LATER)

    assert both <= told_while(lambda: nudged(cast, number), runtime_dsn)
    assert both <= told_while(answer, runtime_dsn)
    planting.scan(number, "06-20 11:00", Kind.PICKED_UP)
    assert both <= told_while(lambda: nudge_sweeps.sweep(now=LATER), runtime_dsn)
