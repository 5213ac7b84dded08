"""Notices: a thing is told once, to one organisation; each of its people reads it for himself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yidao.accounts.actors import Actor, ActorKind
from yidao.accounts.ids import OrganisationId, UserId
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden
from yidao.notices import keeping, kinds, queries, services
from yidao.notices.models import NoticeOutbox, NoticeRead

pytestmark = pytest.mark.django_db

NOW = datetime(2022, 7, 1, 4, 0, tzinfo=UTC)
KIND = kinds.Kind(name="test.told", title="Told", text="%(count)s of %(shop)s")
kinds.register(KIND)


def actor(*organisations: int, user: int | None = None) -> Actor:
    return Actor(
        user_id=UserId(user or ids.new_id()),
        credential_id=None,
        kind=ActorKind.MERCHANT,
        organisation_ids=tuple(OrganisationId(each) for each in organisations),
        permissions=frozenset(),
    )


def tell(organisation: int, key: str, /, **params: object) -> bool:
    return services.tell(
        organisation_id=organisation, kind=KIND.name, key=key, params=params, address="nudges/7/", now=NOW
    )


def listed(reader: Actor, *, only_unread: bool = False) -> list[tuple[str, bool]]:
    return [
        (str(row.params.get("key")), row.is_read)
        for row in queries.notices(actor=reader, only_unread=only_unread, limit=50).rows
    ]


def test_a_thing_is_told_once_to_each_organisation() -> None:
    shop, other = ids.new_id(), ids.new_id()

    assert (tell(shop, "a", count=1), tell(shop, "a", count=2), tell(other, "a", count=3)) == (True, False, True)

    (row,) = queries.notices(actor=actor(shop), only_unread=False, limit=50).rows
    assert (row.kind, row.params, row.address, row.created_at) == (KIND.name, {"count": 1}, "nudges/7/", NOW)


def test_an_unknown_kind_is_a_programmers_error() -> None:
    with pytest.raises(AssertionError):
        services.tell(organisation_id=1, kind="test.nobody", key="a", params={}, address="", now=NOW)


def test_two_kinds_cannot_share_a_name() -> None:
    kinds.register(KIND)

    with pytest.raises(ValueError, match=r"test\.told"):
        kinds.register(replace(KIND, title="Other"))
    assert kinds.of("test.told") == KIND
    assert kinds.of("test.nobody") is None
    assert "test.told" in kinds.names()


def test_each_person_reads_for_himself_and_only_what_is_his() -> None:
    shop, other = ids.new_id(), ids.new_id()
    for key in ("a", "b", "c"):
        tell(shop, key, key=key)
    tell(other, "x", key="x")
    alice, bob, charlie = actor(shop), actor(shop), actor(other)
    (newest, *_rest) = queries.notices(actor=alice, only_unread=False, limit=50).rows
    (foreign,) = queries.notices(actor=charlie, only_unread=False, limit=50).rows

    marked = services.mark_read(actor=alice, notice_ids=[newest.id, foreign.id], real_now=NOW)

    assert marked == 1
    assert listed(alice) == [("c", True), ("b", False), ("a", False)]
    assert listed(alice, only_unread=True) == [("b", False), ("a", False)]
    assert [queries.unread(each) for each in (alice, bob, charlie)] == [2, 3, 1]
    assert queries.one(foreign.id, actor=alice) is None
    assert queries.one(newest.id, actor=bob) is not None


def test_marking_all_and_marking_twice() -> None:
    shop = ids.new_id()
    for key in ("a", "b"):
        tell(shop, key)
    alice = actor(shop)

    assert services.mark_read(actor=alice, notice_ids=None, real_now=NOW) == 2
    assert services.mark_read(actor=alice, notice_ids=None, real_now=NOW + timedelta(1)) == 0
    assert queries.unread(alice) == 0


def test_who_looks_on_marks_nothing() -> None:
    for reader in (replace(actor(1), is_visiting=True), replace(actor(1), user_id=None)):
        with pytest.raises(Forbidden):
            services.mark_read(actor=reader, notice_ids=None, real_now=NOW)


def test_pages_go_on_where_they_ended() -> None:
    shop = ids.new_id()
    for key in ("a", "b", "c"):
        tell(shop, key, key=key)
    reader = actor(shop)

    first = queries.notices(actor=reader, only_unread=False, limit=2)
    second = queries.notices(actor=reader, only_unread=False, limit=2, cursor=first.next_cursor)

    assert [[row.params["key"] for row in page.rows] for page in (first, second)] == [["c", "b"], ["a"]]
    assert second.next_cursor == ""


def outbox(organisation: int) -> list[tuple[int, dict[str, object]]]:
    found = NoticeOutbox.objects.filter(organisation_id=organisation).order_by("id")
    return [(row.sequence, row.params) for row in found]


def test_what_is_new_waits_to_leave_the_house_and_nothing_twice() -> None:
    shop = ids.new_id()
    tell(shop, "a", count=1)
    tell(shop, "a", count=1)

    (row,) = NoticeOutbox.objects.filter(organisation_id=shop)
    (notice,) = queries.notices(actor=actor(shop), only_unread=False, limit=50).rows
    assert (row.ordering_key, row.sequence, row.notice_id) == (f"notice/{notice.id}", 1, notice.id)
    assert (row.kind, row.params, row.address, row.taken_at) == (KIND.name, {"count": 1}, "nudges/7/", None)


def tell_round(organisation: int, key: str, counts: dict[str, int], **params: object) -> None:
    services.tell_round(
        organisation_id=organisation, kind=KIND.name, key=key, counts=counts, params=params, address="orders/", now=NOW
    )


def test_a_round_is_one_notice_however_often_it_is_told() -> None:
    shop = ids.new_id()
    alice = actor(shop)
    tell_round(shop, "10:00", {"count": 2, "60m": 2}, shop_id=shop)
    services.mark_read(actor=alice, notice_ids=None, real_now=NOW)

    tell_round(shop, "10:00", {"count": 3, "360m": 3}, shop_id=shop)

    (row,) = queries.notices(actor=alice, only_unread=False, limit=50).rows
    assert row.params == {"shop_id": shop, "count": 5, "60m": 2, "360m": 3}
    assert not row.is_read
    assert outbox(shop) == [(1, {"shop_id": shop, "count": 2, "60m": 2}), (2, dict(row.params))]


def test_many_are_told_of_a_round_at_once_the_same_as_one_by_one() -> None:
    known, fresh = ids.new_id(), ids.new_id()
    tell_round(known, "10:00", {"count": 2})
    rounds = [
        services.Round(
            organisation_id=shop, kind=KIND.name, key="10:00", counts={"count": 3}, params={"name": "花"}, address="a/"
        )
        for shop in (fresh, known)
    ]

    services.tell_rounds(rounds, now=NOW)
    services.tell_rounds([], now=NOW)

    assert outbox(fresh) == [(1, {"name": "花", "count": 3})]
    assert outbox(known)[1:] == [(2, {"name": "花", "count": 5})]


def test_the_next_round_is_another_notice() -> None:
    shop = ids.new_id()
    tell_round(shop, "10:00", {"count": 2})
    tell_round(shop, "11:00", {"count": 1})

    rows = queries.notices(actor=actor(shop), only_unread=False, limit=50).rows
    assert [row.params["count"] for row in rows] == [1, 2]


def test_notices_of_some_kinds_alone() -> None:
    shop = ids.new_id()
    tell(shop, "a")
    reader = actor(shop)

    def found(names: tuple[str, ...]) -> int:
        return len(queries.notices(actor=reader, only_unread=False, limit=50, kinds=names).rows)

    assert (found(kinds.of_groups({"test"})), found(kinds.of_groups({"export"})), found(())) == (1, 0, 0)


def test_operators_see_what_waits_and_nobody_else_does() -> None:
    before = queries.backlog(actor=replace(actor(), kind=ActorKind.OPERATOR)).waiting
    tell(ids.new_id(), "a")

    assert queries.backlog(actor=replace(actor(), kind=ActorKind.OPERATOR)).waiting == before + 1
    with pytest.raises(Forbidden):
        queries.backlog(actor=actor())


def test_what_is_old_is_forgotten_and_what_is_young_stays() -> None:
    shop = ids.new_id()
    reader = actor(shop)
    tell(shop, "a")
    services.mark_read(actor=reader, notice_ids=None, real_now=NOW)

    keeping.forget(now=NOW + timedelta(days=14))
    assert len(outbox(shop)) == 1
    keeping.forget(now=NOW + timedelta(days=14, seconds=1))
    assert (len(outbox(shop)), len(listed(reader))) == (0, 1)
    assert keeping.forget(now=NOW + timedelta(days=365, seconds=1)) >= 1
    assert (listed(reader), NoticeRead.objects.filter(user_id=reader.user_id).count()) == ([], 0)
    assert keeping.forget(now=NOW + timedelta(days=365, seconds=1)) == 0


def test_what_is_not_committed_was_not_told(committed_db: None) -> None:
    shop = ids.new_id()

    def told_and_failed() -> None:
        with db.transaction(actor(shop)):
            tell(shop, "a")
            raise LookupError

    with pytest.raises(LookupError):
        told_and_failed()
    assert queries.unread(actor(shop)) == 0
