"""One order whole: who sees it, its packs, what waits for the same receiver, and who looked at a receiver."""

from datetime import timedelta
from typing import Any

import pytest

from tests.orders import planting
from tests.orders.planting import NOW
from tests.web import cast
from tests.web.cast import Cast
from yidao.accounts import access, services
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.accounts.models import Membership
from yidao.audit.models import AuditEntry
from yidao.kit.errors import Forbidden, NotVisible
from yidao.orders import detail, notes
from yidao.orders.models import Order, Pack

pytestmark = pytest.mark.django_db
KEY = b"k" * 17


@pytest.fixture
def people() -> Cast:
    return cast.build()


def merchant(people: Cast) -> Actor:
    return access.actor_for_shop(UserId(people.alice.pk), people.shop)


def viewer(people: Cast) -> Actor:
    vera = cast.user("Vera")
    services.join(user_id=UserId(vera.pk), organisation_id=people.shop, role=Membership.Role.VIEWER)
    return access.actor_for_shop(UserId(vera.pk), people.shop)


def test_an_order_is_its_shops_and_the_platforms(people: Cast) -> None:
    order = planting.order(people.shop, "O1")
    stranger = access.actor_for_shop(UserId(people.charlie.pk), people.other_shop)
    creator = access.actor_for_creator(UserId(people.dana.pk), people.creator)
    olga = access.actor_for_operator(UserId(people.olga.pk))

    assert detail.of(order, actor=merchant(people)).order_no == "O1"
    assert detail.of(order, actor=olga).order_no == "O1"
    for actor in (stranger, creator):
        with pytest.raises(NotVisible):
            detail.of(order, actor=actor)


def test_orders_of_one_receiver_that_wait_may_go_together(people: Cast) -> None:
    first = planting.order(people.shop, "FIRST", receiver_key=KEY)
    later = planting.order(people.shop, "LATER", receiver_key=KEY, due=NOW + timedelta(hours=9))
    sooner = planting.order(people.shop, "SOONER", receiver_key=KEY, due=NOW + timedelta(hours=3))
    planting.order(people.shop, "GONE", receiver_key=KEY, state="SHIPPED", due=None)
    planting.order(people.shop, "ELSE", receiver_key=b"e" * 17)
    planting.order(people.other_shop, "FOREIGN", receiver_key=KEY)
    gone = planting.order(people.shop, "GONE-2", receiver_key=KEY, state="SHIPPED", due=None)

    assert detail.together(detail.of(first, actor=merchant(people))) == ((sooner, "SOONER"), (later, "LATER"))
    assert detail.together(detail.of(gone, actor=merchant(people))) == ()


def test_packs_tell_what_lies_in_them_also_those_that_no_longer_count(people: Cast) -> None:
    order = planting.order(people.shop, "O1", lines=({}, {}))
    other = planting.order(people.shop, "O2")
    wrong = planting.pack(people.shop, order, "WRONG", lines=(1, 2))
    Pack.objects.filter(id=wrong).update(state="UNMADE", ended_at=NOW, ended_cause="VOIDED")
    right = planting.pack(people.shop, order, "RIGHT", lines=(2,))
    planting.PackLine.objects.create(pack_id=right, order_id=other, line_no=1, quantity=1)

    row = detail.of(order, actor=merchant(people))
    found = detail.packs(row)

    assert [(each.waybill_no, each.state, each.lines, each.other_orders) for each in found] == [
        ("WRONG", "UNMADE", ((1, 1), (2, 1)), 0),
        ("RIGHT", "LIVE", ((2, 1),), 1),
    ]
    assert [pack.waybill_no for pack in row.packs] == ["RIGHT"]


def test_a_number_of_a_line_leads_to_its_order_and_a_number_of_its_own_first(people: Cast) -> None:
    order = planting.order(people.shop, "O1")
    own = planting.order(people.shop, "O2", lines=({"order_no": "O1"},))

    assert detail.by_number("O1-1", actor=merchant(people)).id == order
    assert detail.by_number("O1", actor=merchant(people)).id == order
    assert detail.by_number("O2", actor=merchant(people)).id == own
    with pytest.raises(NotVisible):
        detail.by_number("O3", actor=merchant(people))


def reveal(order: int, actor: Actor) -> Any:
    return detail.reveal(order, actor=actor, now=NOW, real_now=NOW)


def test_who_looks_at_a_receiver_stands_in_the_journal_each_time(people: Cast) -> None:
    order = planting.order(people.shop, "O1")

    shown = reveal(order, merchant(people))
    reveal(order, merchant(people))

    assert (shown.name, shown.phone, shown.address) == ("张三丰", "13812345678", "文三路 1 号")
    assert AuditEntry.objects.filter(act="buyer.revealed", subject=f"order/{order}").count() == 2


def test_viewers_and_operators_see_no_receiver_and_leave_no_trace(people: Cast) -> None:
    order = planting.order(people.shop, "O1")

    for actor in (viewer(people), access.actor_for_operator(UserId(people.olga.pk))):
        with pytest.raises(Forbidden):
            reveal(order, actor)
    assert not AuditEntry.objects.filter(act="buyer.revealed").exists()


def mark(actor: Actor, *orders: int, **more: Any) -> int:
    told = {"flag": None, "note": None, **more}
    return notes.mark(actor=actor, order_ids=orders, now=NOW, real_now=NOW, **told)


def test_marking_twice_writes_once(people: Cast) -> None:
    order = planting.order(people.shop, "O1")

    assert mark(merchant(people), order, flag=2, note=" ring\0 twice ") == 1
    assert mark(merchant(people), order, flag=2, note="ring twice") == 0
    assert Order.objects.get(id=order).version == 1
    assert AuditEntry.objects.filter(act="order.marked").count() == 1


def test_an_empty_note_takes_the_note_away_and_none_leaves_it(people: Cast) -> None:
    order = planting.order(people.shop, "O1", note="old")

    mark(merchant(people), order, flag=1)
    kept = detail.of(order, actor=merchant(people)).note
    mark(merchant(people), order, note="")

    assert kept == "old"
    assert Order.objects.get(id=order).seller_note is None


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"flag": 6}, notes.FlagUnknown),
        ({"note": "x" * 201}, notes.NoteRefused),
        ({"flag": 1, "seen": "x"}, notes.OrderChanged),
    ],
    ids=["a color that is none", "too long a note", "marks that were not seen"],
)
def test_what_is_refused_changes_nothing(people: Cast, more: dict[str, Any], refusal: type[Exception]) -> None:
    order = planting.order(people.shop, "O1")

    with pytest.raises(refusal):
        mark(merchant(people), order, **more)

    head = Order.objects.get(id=order)
    assert (head.flag, head.seller_note, head.version) == (0, None, 0)


def test_of_many_all_are_marked_or_none(people: Cast) -> None:
    own, foreign = planting.order(people.shop, "O1"), planting.order(people.other_shop, "O2")

    with pytest.raises(NotVisible):
        mark(merchant(people), own, foreign, flag=1)
    with pytest.raises(notes.TooManyOrders):
        mark(merchant(people), *range(1, 502), flag=1)
    with pytest.raises(Forbidden):
        mark(viewer(people), own, flag=1)

    assert Order.objects.get(id=own).flag == 0
