"""Tickets (查件): a shop asks its carrier, the answer comes back through both, and each sees only what is his."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.parcels.nudging_cast import (
    LATER,
    NOW,
    alice,
    asked,
    carrie,
    charlie_shop,
    dana,
    late,
    nudged,
    oscar,
    shipped,
    stand_clock,
)
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.audit.models import AuditEntry
from yidao.kit import db
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices import queries as notice_queries
from yidao.parcels import nudge_queries, nudge_sweeps, stepping, ticket_queries, tickets
from yidao.parcels.nudge_models import CarrierTicket, CarrierTicketMessage
from yidao.rules.nudging import LeftOut, State
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    stand_clock()
    return casts.build()


def answer(actor: Actor, ticket_id: int, *, code: str = "URGED", text: str = "已催网点", now=LATER) -> None:
    tickets.answer(actor=actor, ticket_id=ticket_id, code=code, text=text, now=now, real_now=now)


def kinds_of(actor: Actor) -> list[str]:
    return [row.kind for row in notice_queries.notices(actor=actor, only_unread=False, limit=50).rows]


def seen(actor: Actor, *, outlet: int | None = None) -> int:
    return sum(ticket_queries.counts(actor=actor, now=NOW, outlet_id=outlet).values())


def test_a_question_reaches_the_outlet_and_its_head_office_and_nobody_else(cast) -> None:
    (ticket_id,) = asked(cast, *shipped(cast), outlet=cast.outlet)
    other_outlet = access.actor_for_carrier(UserId(cast.charlie.id), cast.other_carrier, cast.other_outlet)

    assert [seen(each) for each in (alice(cast), oscar(cast), carrie(cast))] == [1, 1, 1]
    assert [seen(carrie(cast), outlet=each) for each in (cast.outlet, cast.other_outlet)] == [1, 0]
    for stranger in (charlie_shop(cast), other_outlet, dana(cast)):
        assert seen(stranger) == 0
        with pytest.raises(NotVisible):
            ticket_queries.ticket(ticket_id, actor=stranger, now=NOW)
    assert (kinds_of(oscar(cast)), kinds_of(carrie(cast))) == (["tickets.asked"], [])


def test_what_goes_to_the_head_office_an_outlet_does_not_see(cast) -> None:
    asked(cast, *shipped(cast))

    assert (seen(carrie(cast)), seen(oscar(cast))) == (1, 0)
    assert kinds_of(carrie(cast)) == ["tickets.asked"]


def test_many_questions_at_once_are_one_notice(cast) -> None:
    asked(cast, *shipped(cast, 3))

    (notice,) = notice_queries.notices(actor=carrie(cast), only_unread=False, limit=9).rows
    assert (notice.params["count"], notice.address) == (3, "tickets/")


def test_the_answer_returns_through_both(cast) -> None:
    numbers = shipped(cast, 2)
    thread_id = nudged(cast, *numbers)
    first, second = asked(cast, *numbers, thread=thread_id)

    answer(office := carrie(cast), first, text=f"{numbers[0]} 已催")

    half = nudge_queries.thread(thread_id, actor=dana(cast), now=LATER)
    assert half.row.state is State.WAITING
    last = half.messages[-1]
    assert (last.side, last.code, last.organisation_id, last.user_id) == ("CARRIER", "URGED", cast.carrier, None)
    assert numbers[0] not in last.text
    assert kinds_of(dana(cast)) == ["nudge.carrier"]
    answer(office, second, code="DELIVERING", text="")

    found = nudge_queries.thread(thread_id, actor=dana(cast), now=LATER)
    assert found.row.state is State.ANSWERED
    assert [(each.side, each.kind) for each in found.messages] == [
        ("CREATOR", "ASKED"),
        ("SHOP", "FORWARDED"),
        ("CARRIER", "ANSWERED"),
        ("CARRIER", "ANSWERED"),
    ]
    assert kinds_of(dana(cast)) == ["nudge.carrier"]
    assert kinds_of(alice(cast)) == ["tickets.answered", "nudge.opened"]
    assert {each.ticket_id for each in nudge_queries.thread(thread_id, actor=alice(cast), now=LATER).items} == {
        first,
        second,
    }


def test_a_ticket_shows_where_the_parcel_was_last_seen(cast) -> None:
    (number,) = shipped(cast)
    planting.scan(number, "06-20 11:00", Kind.NO_INFO)
    (ticket_id,) = asked(cast, number)

    row = ticket_queries.ticket(ticket_id, actor=carrie(cast), now=NOW).row

    assert (row.waybill_no, row.last_kind, row.state) == (number, "NO_INFO", State.WAITING)
    assert row.last_scan_at is not None


def test_each_side_learns_the_names_of_its_own_people(cast) -> None:
    (ticket_id,) = asked(cast, *shipped(cast))
    answer(carrie(cast), ticket_id)

    of_shop = ticket_queries.ticket(ticket_id, actor=alice(cast), now=LATER).messages
    of_carrier = ticket_queries.ticket(ticket_id, actor=carrie(cast), now=LATER).messages

    assert [each.user_id for each in of_shop] == [cast.alice.id, None]
    assert [each.user_id for each in of_carrier] == [None, cast.carrie.id]
    assert [each.text for each in of_shop] == ["这单揽收了吗？", "已催网点"]


def test_what_cannot_be_asked_is_named_and_the_rest_goes(cast) -> None:
    asked_already, over, other_carrier, fine = (
        *shipped(cast, 2),
        planting.ship(cast, "06-18 10:00", carrier="jd"),
        *shipped(cast),
    )
    asked(cast, asked_already)
    planting.scan(over, "06-20 11:00", Kind.PICKED_UP)

    forwarded = tickets.forward(
        actor=alice(cast),
        items=[late(asked_already), late(over), late(other_carrier, carrier="jd"), late(fine)],
        question=tickets.Question(text="？"),
        now=NOW,
        real_now=NOW,
    )

    assert len(forwarded.ticket_ids) == 1
    assert dict(forwarded.left_out) == {
        late(asked_already): LeftOut.ALREADY_ASKED,
        late(over): LeftOut.NOT_OPEN,
        late(other_carrier, carrier="jd"): LeftOut.NO_ADDRESSEE,
    }


def test_an_outlet_of_another_carrier_is_no_addressee(cast) -> None:
    (number,) = shipped(cast)

    forwarded = tickets.forward(
        actor=alice(cast),
        items=[late(number)],
        question=tickets.Question(text="？", outlet_id=cast.other_outlet),
        now=NOW,
        real_now=NOW,
    )

    assert forwarded.left_out == ((late(number), LeftOut.NO_ADDRESSEE),)


def test_a_shop_asks_about_its_own_parcels_and_its_own_nudges_only(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)
    stranger = charlie_shop(cast)

    forwarded = tickets.forward(
        actor=stranger, items=[late(number)], question=tickets.Question(text="？"), now=NOW, real_now=NOW
    )

    assert (forwarded.ticket_ids, forwarded.left_out) == ((), ())
    with pytest.raises(NotVisible):
        tickets.forward(
            actor=stranger,
            items=[],
            question=tickets.Question(text="？", thread_id=thread_id),
            now=NOW,
            real_now=NOW,
        )
    with pytest.raises(Forbidden):
        tickets.forward(
            actor=dana(cast), items=[late(number)], question=tickets.Question(text="？"), now=NOW, real_now=NOW
        )


def test_sending_the_forms_twice_does_it_once(cast) -> None:
    (number,) = shipped(cast)
    key = db.RequestKey(key="ask", body=[number])
    made = [
        tickets.forward(
            actor=alice(cast),
            items=[late(number)],
            question=tickets.Question(text="？"),
            now=NOW,
            real_now=NOW,
            request_key=key,
        )
        for _ in range(2)
    ]
    answer_key = db.RequestKey(key="answer", body=["URGED"])
    for _ in range(2):
        tickets.answer(
            actor=carrie(cast),
            ticket_id=made[0].ticket_ids[0],
            code="URGED",
            text="",
            now=LATER,
            real_now=LATER,
            request_key=answer_key,
        )

    assert made[0] == made[1]
    assert CarrierTicketMessage.objects.filter(ticket_id=made[0].ticket_ids[0]).count() == 2


def test_who_may_not_answer_does_not(cast) -> None:
    (ticket_id,) = asked(cast, *shipped(cast))

    with pytest.raises(Forbidden):
        answer(alice(cast), ticket_id)
    with pytest.raises(Forbidden):
        answer(replace(carrie(cast), permissions=frozenset()), ticket_id)
    with pytest.raises(Forbidden):
        answer(replace(carrie(cast), is_visiting=True), ticket_id)
    with pytest.raises(NotVisible):
        answer(oscar(cast), ticket_id)
    with pytest.raises(stepping.CodeUnknown):
        answer(carrie(cast), ticket_id, code="RESENT")
    assert CarrierTicket.objects.get(id=ticket_id).answered_at is None


def test_the_shop_asks_again_and_closes(cast) -> None:
    (ticket_id,) = asked(cast, *shipped(cast))
    answer(carrie(cast), ticket_id)
    tickets.ask_again(actor=alice(cast), ticket_id=ticket_id, text="还没到", now=LATER, real_now=LATER)
    again = ticket_queries.ticket(ticket_id, actor=alice(cast), now=LATER).row

    tickets.close(actor=alice(cast), ticket_id=ticket_id, now=LATER, real_now=LATER)
    tickets.close(actor=alice(cast), ticket_id=ticket_id, now=LATER, real_now=LATER)

    over = ticket_queries.ticket(ticket_id, actor=carrie(cast), now=LATER)
    assert (again.state, again.due_at) == (State.WAITING, LATER + timedelta(hours=24))
    assert (over.row.state, over.row.settled_by, [each.kind for each in over.messages]) == (
        State.SETTLED,
        "SHOP",
        ["ASKED", "ANSWERED", "ASKED", "SETTLED"],
    )
    with pytest.raises(stepping.Settled):
        answer(carrie(cast), ticket_id)
    with pytest.raises(stepping.Settled):
        tickets.ask_again(actor=alice(cast), ticket_id=ticket_id, text="？", now=LATER, real_now=LATER)
    acts = AuditEntry.objects.filter(subject=f"ticket/{ticket_id}").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["tickets.opened", "ticket.answered", "ticket.asked_again", "ticket.closed"]


def test_news_settle_a_ticket(cast) -> None:
    (number,) = shipped(cast)
    (ticket_id,) = asked(cast, number)
    planting.scan(number, "06-18 12:00", Kind.PICKED_UP)
    assert ticket_queries.ticket(ticket_id, actor=alice(cast), now=NOW).row.state is State.SETTLED

    assert nudge_sweeps.sweep(now=LATER).settled_tickets == 1
    assert nudge_sweeps.sweep(now=LATER).settled_tickets == 0
    stored = CarrierTicket.objects.get(id=ticket_id)
    assert (stored.settled_by, stored.settled_at, stored.remind_at) == ("NEWS", LATER, None)


def test_an_addressee_is_reminded_once_for_all_its_tickets(cast) -> None:
    asked(cast, *shipped(cast, 3), outlet=cast.outlet)
    asked(cast, *shipped(cast))

    reminded = [nudge_sweeps.sweep(now=NOW + timedelta(hours=each)).reminded for each in (11, 12, 12, 25, 30)]

    assert reminded == [0, 4, 0, 4, 0]
    assert kinds_of(oscar(cast)) == ["tickets.reminded", "tickets.reminded", "tickets.asked"]
    newest = notice_queries.notices(actor=oscar(cast), only_unread=False, limit=1).rows[0]
    assert newest.params == {"count": 3, "overdue": 3}


def test_a_list_costs_the_same_for_one_and_for_three(cast, django_assert_num_queries) -> None:
    actor = carrie(cast)
    for expected in (1, 3):
        while seen(actor) < expected:
            asked(cast, *shipped(cast))
        with django_assert_num_queries(3):
            page = ticket_queries.listed(actor=actor, tab=State.WAITING, now=NOW, limit=50)
        assert len(page.rows) == expected


def test_pages_and_tabs_of_tickets(cast) -> None:
    made = [*asked(cast, *shipped(cast)), *asked(cast, *shipped(cast)), *asked(cast, *shipped(cast))]
    answer(carrie(cast), made[0])
    actor = alice(cast)

    first = ticket_queries.listed(actor=actor, tab=None, now=NOW, limit=2)
    second = ticket_queries.listed(actor=actor, tab=None, now=NOW, limit=2, cursor=first.next_cursor)

    assert [row.id for row in (*first.rows, *second.rows)] == made[::-1]
    for tab in State:
        rows = ticket_queries.listed(actor=actor, tab=tab, now=NOW, limit=9).rows
        assert [row.state for row in rows] == [tab] * ticket_queries.counts(actor=actor, now=NOW)[tab]
