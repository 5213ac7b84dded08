"""Stepping in (介入): what a creator and a shop do in a nudge, who sees it, and how it ends by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.intake import facts
from tests.parcels.nudging_cast import (
    LATER,
    NOW,
    SHIPPED,
    agency,
    alice,
    carrie,
    charlie_creator,
    charlie_shop,
    dana,
    late,
    nudged,
    olga,
    shipped,
    stand_clock,
)  # fmt: skip
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.actors import Actor
from yidao.audit.models import AuditEntry
from yidao.kit import db
from yidao.kit.errors import Forbidden, NotVisible
from yidao.kit.lists.questions import Question
from yidao.notices import queries as notice_queries
from yidao.parcels import acknowledgements, nudge_queries, nudge_sweeps, nudges, scope, standing, stepping
from yidao.parcels.nudge_models import NudgeMessage, NudgeThread, ParcelAcknowledgement
from yidao.rules.nudging import Item, LeftOut, State
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    stand_clock()
    return casts.build()


def notices_of(actor: Actor) -> list[tuple[str, dict]]:
    rows = notice_queries.notices(actor=actor, only_unread=False, limit=50).rows
    return [(row.kind, dict(row.params)) for row in rows]


def test_many_parcels_of_one_shop_are_one_thread_and_one_notice(cast) -> None:
    numbers = shipped(cast, 3)

    opened = nudges.open_threads(
        actor=dana(cast), items=[late(each) for each in numbers], code="", text=" 请处理 ", now=NOW, real_now=NOW
    )

    assert (len(opened.thread_ids), opened.count, opened.left_out) == (1, 3, ())
    found = nudge_queries.thread(opened.thread_ids[0], actor=alice(cast), now=NOW)
    assert [each.number for each in found.items] == sorted(numbers)
    assert [(each.side, each.kind, each.text, each.user_id) for each in found.messages] == [
        ("CREATOR", "ASKED", "请处理", None)
    ]
    assert (found.row.state, found.row.due_at) == (State.WAITING, NOW + timedelta(hours=24))
    assert notices_of(alice(cast)) == [("nudge.opened", {"count": 3, "creator_id": str(cast.creator)})]
    assert notices_of(dana(cast)) == []


def test_each_shop_gets_its_own_thread(cast) -> None:
    (own,) = shipped(cast)
    other = facts.fresh_number()
    tenants = facts.Tenants(
        shop=cast.other_shop, other_shop=cast.shop, creator=cast.creator, second_creator=cast.second_creator
    )
    planting.write(facts.shipment(tenants, other, SHIPPED))

    opened = nudges.open_threads(
        actor=dana(cast), items=[late(own), late(other)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
    )

    assert len(opened.thread_ids) == 2
    assert [nudge_queries.counts(actor=each, now=NOW)[State.WAITING] for each in (alice(cast), charlie_shop(cast))] == [
        1,
        1,
    ]


def test_a_creator_reads_masked_numbers_and_no_number_in_words(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)
    text = f"{number} 和 {number.lower()} 已转单 YT1234567890123"

    nudges.answer(
        actor=alice(cast), thread_id=thread_id, code="CARRIER_CONTACTED", text=text, now=LATER, real_now=LATER
    )

    seen = nudge_queries.thread(thread_id, actor=dana(cast), now=LATER)
    whole = repr(seen)
    assert number not in whole
    assert number.lower() not in whole
    assert "YT1234567890123" not in whole
    assert seen.items[0].waybill_no == ""
    assert nudge_queries.thread(thread_id, actor=alice(cast), now=LATER).messages[-1].text == text


def test_words_are_kept_encrypted(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))

    (message,) = NudgeMessage.objects.filter(thread_id=thread_id)
    assert "买家".encode() not in bytes(message.text_encrypted)


def test_what_is_over_the_limits_is_named_and_the_rest_goes(cast) -> None:
    nudged_already, over, fine = shipped(cast, 3)
    nudged(cast, nudged_already)
    planting.scan(over, "06-20 11:00", Kind.PICKED_UP)

    opened = nudges.open_threads(
        actor=dana(cast),
        items=[late(nudged_already), late(over), late(fine)],
        code="PLEASE_URGE",
        text="",
        now=NOW,
        real_now=NOW,
    )

    assert opened.count == 1
    assert dict(opened.left_out) == {late(nudged_already): LeftOut.ALREADY_ASKED, late(over): LeftOut.NOT_OPEN}


def test_when_nothing_may_go_nothing_is_written(cast) -> None:
    (number,) = shipped(cast)
    nudged(cast, number)

    opened = nudges.open_threads(
        actor=dana(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
    )

    assert (opened.thread_ids, opened.count) == ((), 0)
    assert NudgeThread.objects.filter(creator_id=cast.creator).count() == 1


def test_a_third_nudge_of_a_day_waits_for_tomorrow(cast) -> None:
    (number,) = shipped(cast)
    for _ in range(2):
        nudges.close(actor=dana(cast), thread_id=nudged(cast, number), now=NOW, real_now=NOW)

    third = nudges.open_threads(
        actor=dana(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
    )
    tomorrow = nudged(cast, number, now=NOW + timedelta(hours=12))  # Noon in Shanghai, so this is midnight.

    assert third.left_out == ((late(number), LeftOut.PARCEL_DAY_FULL),)
    assert tomorrow


def test_others_parcels_are_left_out_as_if_they_were_not_there(cast) -> None:
    (number,) = shipped(cast)

    opened = nudges.open_threads(
        actor=charlie_creator(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
    )

    assert (opened.thread_ids, opened.left_out) == ((), ())


def test_what_was_shipped_before_the_data_start_is_not_there(cast, monkeypatch) -> None:
    (number,) = shipped(cast)
    monkeypatch.setattr(scope, "data_start", lambda now: NOW)

    opened = nudges.open_threads(
        actor=dana(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
    )

    assert (opened.thread_ids, opened.left_out) == ((), ())


def test_other_creators_and_shops_do_not_see_a_thread(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))

    for stranger in (charlie_creator(cast), charlie_shop(cast), carrie(cast), olga(cast)):
        with pytest.raises(NotVisible):
            nudge_queries.thread(thread_id, actor=stranger, now=NOW)
        assert sum(nudge_queries.counts(actor=stranger, now=NOW).values()) == 0
    with pytest.raises(NotVisible):
        nudges.close(actor=charlie_creator(cast), thread_id=thread_id, now=NOW, real_now=NOW)
    with pytest.raises(NotVisible):
        nudges.answer(actor=charlie_shop(cast), thread_id=thread_id, code="RESENT", text="", now=NOW, real_now=NOW)


def test_who_looks_on_or_may_not_does_nothing(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)
    looking = replace(alice(cast), is_visiting=True)
    viewer = replace(dana(cast), permissions=frozenset())

    with pytest.raises(Forbidden):
        nudges.answer(actor=looking, thread_id=thread_id, code="RESENT", text="", now=NOW, real_now=NOW)
    with pytest.raises(Forbidden):
        nudges.open_threads(actor=viewer, items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW)
    with pytest.raises(Forbidden):
        nudges.open_threads(
            actor=alice(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW
        )


@pytest.mark.parametrize(
    ("code", "text", "refusal"),
    [
        pytest.param("", "  ", stepping.TextRefused, id="no words at all"),
        pytest.param("", "字" * 201, stepping.TextTooLong, id="too many"),
        pytest.param("PLEASE_DANCE", "", stepping.CodeUnknown, id="no such reason"),
    ],
)
def test_words_that_will_not_do_change_nothing(cast, code, text, refusal) -> None:
    (number,) = shipped(cast)

    with pytest.raises(refusal):
        nudges.open_threads(actor=dana(cast), items=[late(number)], code=code, text=text, now=NOW, real_now=NOW)
    assert not NudgeThread.objects.filter(creator_id=cast.creator).exists()


def test_sending_a_form_twice_makes_one_thread(cast) -> None:
    (number,) = shipped(cast)
    key = db.RequestKey(key="once", body=[number])

    first, second = (
        nudges.open_threads(
            actor=dana(cast), items=[late(number)], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW, request_key=key
        )
        for _ in range(2)
    )

    assert first == second
    assert NudgeThread.objects.filter(creator_id=cast.creator).count() == 1


def test_an_answer_stops_the_clock_and_a_question_starts_it_anew(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))
    nudges.answer(actor=alice(cast), thread_id=thread_id, code="CARRIER_CONTACTED", text="", now=LATER, real_now=LATER)
    answered = nudge_queries.thread(thread_id, actor=dana(cast), now=LATER).row
    again_at = LATER + timedelta(hours=1)

    nudges.ask_again(actor=dana(cast), thread_id=thread_id, text="还没动静", now=again_at, real_now=again_at)

    asked = nudge_queries.thread(thread_id, actor=dana(cast), now=again_at).row
    assert (answered.state, asked.state, asked.due_at) == (
        State.ANSWERED,
        State.WAITING,
        again_at + timedelta(hours=24),
    )
    assert [kind for kind, _ in notices_of(alice(cast))] == ["nudge.asked", "nudge.opened"]
    assert [kind for kind, _ in notices_of(dana(cast))] == ["nudge.answered"]


def test_writing_again_before_the_answer_gives_no_more_time(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))

    nudges.ask_again(actor=dana(cast), thread_id=thread_id, text="在吗", now=LATER, real_now=LATER)

    assert nudge_queries.thread(thread_id, actor=dana(cast), now=LATER).row.due_at == NOW + timedelta(hours=24)


def test_knowing_of_everything_is_an_answer(cast) -> None:
    numbers = shipped(cast, 2)
    thread_id = nudged(cast, *numbers)

    count = nudges.acknowledge(actor=alice(cast), thread_id=thread_id, now=LATER, real_now=LATER)

    found = nudge_queries.thread(thread_id, actor=dana(cast), now=LATER)
    assert (count, found.row.state) == (2, State.ANSWERED)
    assert [each.acknowledged_at for each in found.items] == [LATER, LATER]


def test_news_settle_a_thread_at_once_and_the_sweep_writes_it_down(cast) -> None:
    first, second = shipped(cast, 2)
    thread_id = nudged(cast, first, second)
    planting.scan(first, "06-20 11:00", Kind.PICKED_UP)
    after_one = nudge_queries.thread(thread_id, actor=dana(cast), now=NOW)
    assert (after_one.row.state, after_one.row.open_items) == (State.WAITING, 1)

    planting.scan(second, "06-18 12:00", Kind.PICKED_UP)  # So it never was late: NOT_LATE.
    read = nudge_queries.thread(thread_id, actor=dana(cast), now=NOW)
    assert (read.row.state, {each.closing for each in read.items}) == (State.SETTLED, {"PICKED_UP", "NOT_LATE"})
    assert nudge_queries.threads(actor=dana(cast), tab=None, now=NOW, limit=9).rows[0].state is State.SETTLED

    swept = nudge_sweeps.sweep(now=LATER)
    again = nudge_sweeps.sweep(now=LATER)

    assert (swept.closed_items, swept.settled_threads, again.closed_items) == (2, 1, 0)
    assert nudge_queries.counts(actor=dana(cast), now=LATER) == dict.fromkeys(State, 0) | {State.SETTLED: 1}
    stored = NudgeThread.objects.get(id=thread_id)
    assert (stored.settled_at, stored.settled_by, stored.open_items, stored.remind_at) == (LATER, "NEWS", 0, None)
    with pytest.raises(stepping.Settled):
        nudges.answer(actor=alice(cast), thread_id=thread_id, code="RESENT", text="", now=LATER, real_now=LATER)


def test_a_warning_that_grew_is_still_the_same_trouble(cast) -> None:
    number = planting.ship(cast, "06-19 16:00")
    soon = Item(number, "zhongtong", 1, "PICKUP_SOON")
    opened = nudges.open_threads(actor=dana(cast), items=[soon], code="PLEASE_CHECK", text="", now=NOW, real_now=NOW)
    assert opened.count == 1
    planting.write(facts.scan(number, "06-20 17:00", Kind.NO_INFO), now=NOW + timedelta(hours=6))

    known = standing.anomalies([soon.parcel])
    assert (known[soon].closing, standing.standing(soon, known).is_open) == ("UPGRADED", True)
    assert nudge_sweeps.sweep(now=NOW + timedelta(hours=6)).closed_items == 0


def test_reminders_are_given_once_each_and_an_answer_ends_them(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))
    other = nudged(cast, *shipped(cast))
    nudges.answer(actor=alice(cast), thread_id=other, code="RESENT", text="", now=LATER, real_now=LATER)

    reminded = [nudge_sweeps.sweep(now=NOW + timedelta(hours=each)).reminded for each in (11, 12, 12, 23, 24, 30)]

    assert reminded == [0, 1, 0, 0, 1, 0]
    row = nudge_queries.thread(thread_id, actor=alice(cast), now=NOW + timedelta(hours=24)).row
    assert row.state is State.OVERDUE
    assert [kind for kind, _ in notices_of(alice(cast))[:2]] == ["nudge.overdue", "nudge.reminded"]


def test_a_creator_closes_and_may_begin_anew(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)

    nudges.close(actor=dana(cast), thread_id=thread_id, now=LATER, real_now=LATER)
    nudges.close(actor=dana(cast), thread_id=thread_id, now=LATER, real_now=LATER)

    found = nudge_queries.thread(thread_id, actor=alice(cast), now=LATER)
    assert (found.row.state, found.row.settled_by) == (State.SETTLED, "CREATOR")
    assert [each.kind for each in found.messages] == ["ASKED", "SETTLED"]
    assert nudged(cast, number) != thread_id


def test_every_act_leaves_one_entry_that_names_the_person(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)
    nudges.answer(actor=alice(cast), thread_id=thread_id, code="RESENT", text="秘密", now=LATER, real_now=LATER)
    nudges.close(actor=dana(cast), thread_id=thread_id, now=LATER, real_now=LATER)

    rows = AuditEntry.objects.filter(subject=f"nudge/{thread_id}").order_by("id")
    assert [(each.act, each.actor_user_id) for each in rows] == [
        ("nudge.opened", cast.dana.id),
        ("nudge.answered", cast.alice.id),
        ("nudge.closed", cast.dana.id),
    ]
    assert "秘密" not in repr([each.details for each in rows])


def test_marks_tell_each_side_what_is_its_own(cast, django_assert_num_queries) -> None:
    first, second, plain = shipped(cast, 3)
    thread_id = nudged(cast, first)
    keys = [late(each).parcel for each in (first, second, plain)]

    actor = dana(cast)
    with django_assert_num_queries(1):
        of_creator = nudge_queries.marks(keys, actor=actor, now=NOW)

    mark = of_creator[late(first).parcel]
    assert (set(of_creator), mark.thread_id, mark.at, mark.by, mark.state) == (
        {late(first).parcel},
        thread_id,
        NOW,
        cast.dana.id,
        State.WAITING,
    )
    assert set(nudge_queries.marks(keys, actor=alice(cast), now=NOW)) == {late(first).parcel}
    assert set(nudge_queries.marks(keys, actor=olga(cast), now=NOW)) == {late(first).parcel}
    for stranger in (charlie_creator(cast), charlie_shop(cast), carrie(cast)):
        assert nudge_queries.marks(keys, actor=stranger, now=NOW) == {}


def test_a_mark_shows_the_nudge_in_progress_before_one_that_is_over(cast) -> None:
    (number,) = shipped(cast)
    nudges.close(actor=dana(cast), thread_id=nudged(cast, number), now=NOW, real_now=NOW)
    over = nudge_queries.marks([late(number).parcel], actor=dana(cast), now=NOW)
    open_id = nudged(cast, number)

    found = nudge_queries.marks([late(number).parcel], actor=dana(cast), now=NOW)

    assert over[late(number).parcel].state is State.SETTLED
    assert (found[late(number).parcel].thread_id, found[late(number).parcel].state) == (open_id, State.WAITING)


def test_the_tabs_agree_with_the_rule(cast) -> None:
    answered, waiting, closed = (nudged(cast, *shipped(cast)) for _ in range(3))
    nudges.answer(actor=alice(cast), thread_id=answered, code="RESENT", text="", now=NOW, real_now=NOW)
    nudges.close(actor=dana(cast), thread_id=closed, now=NOW, real_now=NOW)

    for now in (NOW, NOW + timedelta(hours=24) - timedelta(microseconds=1), NOW + timedelta(hours=24)):
        counts = nudge_queries.counts(actor=dana(cast), now=now)
        for tab in State:
            rows = nudge_queries.threads(actor=dana(cast), tab=tab, now=now, limit=9).rows
            assert [row.state for row in rows] == [tab] * counts[tab]
    assert waiting


def test_a_list_costs_the_same_for_one_and_for_three(cast, django_assert_num_queries) -> None:
    actor = dana(cast)
    for expected in (1, 3):
        while nudge_queries.counts(actor=actor, now=NOW)[State.WAITING] < expected:
            nudged(cast, *shipped(cast))
        with django_assert_num_queries(4):
            page = nudge_queries.threads(actor=actor, tab=State.WAITING, now=NOW, limit=50)
        assert len(page.rows) == expected


def test_pages_of_threads_go_on_where_they_ended(cast) -> None:
    made = [nudged(cast, *shipped(cast)) for _ in range(3)]

    first = nudge_queries.threads(actor=dana(cast), tab=None, now=NOW, limit=2)
    second = nudge_queries.threads(actor=dana(cast), tab=None, now=NOW, limit=2, cursor=first.next_cursor)
    source = nudge_queries.Threads(actor=dana(cast), now=NOW)
    of_shop = source.page(Question(answers={"who": (str(cast.other_shop),)}))

    assert [row.id for row in (*first.rows, *second.rows)] == made[::-1]
    assert (second.next_cursor, of_shop.rows) == ("", ())
    assert source.count(Question(answers={}), limit=2) == 2
    assert nudge_queries.partners(dana(cast)) == (cast.shop,)


def test_an_agency_nudges_for_the_creator_whose_parcel_it_is(cast) -> None:
    mine = planting.ship(cast, SHIPPED)

    thread_id = nudged(cast, mine, actor=agency(cast))

    assert NudgeThread.objects.get(id=thread_id).creator_id == cast.creator
    assert nudge_queries.thread(thread_id, actor=dana(cast), now=NOW).row.opened_by == cast.agency.id


def test_all_troubled_parcels_of_a_shop_are_found_for_their_creator_alone(cast) -> None:
    late_one, fine = shipped(cast, 2)
    planting.scan(fine, "06-18 12:00", Kind.PICKED_UP)
    planting.scan(fine, "06-20 11:00", Kind.SIGNED)

    assert standing.troubled_parcels_of_shop(cast.shop, actor=dana(cast), limit=10) == (late(late_one).parcel,)
    assert standing.troubled_parcels_of_shop(cast.shop, actor=charlie_creator(cast), limit=10) == ()


# --- What a shop knows of ---


def test_a_shop_marks_its_own_open_anomalies_once(cast) -> None:
    number, fine = shipped(cast, 2)
    planting.scan(fine, "06-20 11:00", Kind.PICKED_UP)
    items = [late(number), late(fine)]

    first = acknowledgements.acknowledge(actor=alice(cast), items=items, now=NOW, real_now=NOW)
    again = acknowledgements.acknowledge(actor=alice(cast), items=items, now=LATER, real_now=LATER)
    stranger = acknowledgements.acknowledge(actor=charlie_shop(cast), items=items, now=NOW, real_now=NOW)

    assert [(each.count, each.left_out) for each in (first, again, stranger)] == [(1, 1), (0, 2), (0, 2)]
    assert acknowledgements.marks([late(number).parcel, late(fine).parcel]) == {late(number): NOW}
    assert ParcelAcknowledgement.objects.filter(shop_id=cast.shop).get().user_id == cast.alice.id


def test_a_creator_cannot_say_that_the_shop_knows(cast) -> None:
    with pytest.raises(Forbidden):
        acknowledgements.acknowledge(actor=dana(cast), items=[late("A1")], now=NOW, real_now=NOW)
