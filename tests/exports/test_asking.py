"""Asking for an export: counted first, refused with the count, written down with its job."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from tests.exports import world
from tests.exports.world import NOW, Rows
from yidao.accounts.models import Membership
from yidao.audit.models import AuditEntry
from yidao.exports import queries, services
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.kit import clock, db
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.kit.lists.questions import Question
from yidao.kit.sheets import Format
from yidao.policies.models import PolicyVersion
from yidao.rules import exporting
from yidao.rules.exporting import CodeRule

pytestmark = pytest.mark.django_db
State = ExportRecord.State


def jobs(export_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'exports.make_file' AND args = %s::jsonb",
            [f'{{"export_id": {export_id}}}'],
        )
        return int(cursor.fetchone()[0])


def words(refusal: Refusal) -> str:
    return translation.gettext(refusal.message) % refusal.values


def test_an_export_is_a_record_a_job_and_a_line_in_the_journal() -> None:
    who = world.maker()

    export_id = world.ask(who, world.kind(Rows(count=3)), query="status=SIGNED")

    found = queries.record(export_id, actor=who.actor, real_now=clock.real_now())
    assert (found.state, found.rows_total, found.rows_done, found.query) == (State.QUEUED, 3, 0, "status=SIGNED")
    assert found.needs_code
    assert jobs(export_id) == 1
    entry = AuditEntry.objects.get(act="export.asked", subject=f"export/{export_id}")
    assert (entry.actor_user_id, entry.organisation_id, entry.details["rows"]) == (who.user_id, who.shop_id, 3)


def test_ten_thousand_rows_are_taken_and_one_more_is_refused_with_the_count_and_nothing_is_written() -> None:
    who = world.maker()
    world.ask(who, world.kind(Rows(count=10_000)))
    before = ExportRecord.objects.count(), AuditEntry.objects.count()

    with pytest.raises(services.TooManyRows) as refused:
        world.ask(who, world.kind(Rows(count=10_001)))

    with translation.override("zh-hans"):
        assert words(refused.value) == "单次导出限制1万条,当前10000+条,请调整筛选条件后重试"
    assert refused.value.code == "export.too_many"
    assert (ExportRecord.objects.count(), AuditEntry.objects.count()) == before


def allow(rows_max: int) -> None:
    """Publish a version that binds since an hour ago."""
    PolicyVersion.objects.create(
        family="export",
        profile="default",
        version=2,
        name="export/default/2",
        scope_kind="PLATFORM",
        effective_from=NOW - timedelta(hours=1),
        body=exporting.to_body(exporting.EXPORT_DEFAULT) | {"rows_max": rows_max, "kinds_without_code": ["test-open"]},
        sha256="",
        published_at=NOW,
    )


def test_the_limit_is_the_policys() -> None:
    allow(500)
    who = world.maker()

    with pytest.raises(services.TooManyRows) as refused:
        world.ask(who, world.kind(Rows(count=501)))

    with translation.override("zh-hans"):
        assert words(refused.value) == "单次导出限制500条,当前501条,请调整筛选条件后重试"


def test_a_list_that_stops_counting_says_more_than_that() -> None:
    with pytest.raises(services.TooManyRows) as refused:
        world.ask(world.maker(), world.kind(Rows(count=20_001)))

    assert refused.value.values["count"] == "10000+"


def test_an_empty_list_is_no_file() -> None:
    with pytest.raises(services.NothingToExport):
        world.ask(world.maker(), world.kind(Rows(count=0)))


def test_three_may_be_under_way_and_a_fourth_waits_until_one_has_ended() -> None:
    who, other = world.maker(), world.maker()
    name = world.kind(Rows())
    first, *_ = [world.ask(who, name) for _ in range(3)]

    with pytest.raises(services.TooBusy):
        world.ask(who, name)
    world.ask(other, name)
    services.cancel(first, actor=who.actor, now=NOW, real_now=clock.real_now())

    assert world.record(world.ask(who, name)).state == State.QUEUED


def test_who_only_looks_on_and_who_is_no_person_export_nothing() -> None:
    viewer = world.maker(Membership.Role.VIEWER)

    with pytest.raises(Forbidden):
        world.ask(viewer, world.kind(Rows()))


def test_a_list_nobody_knows_is_not_there() -> None:
    with pytest.raises(NotVisible):
        world.ask(world.maker(), "nothing-of-the-kind")


def test_the_same_request_asks_once() -> None:
    who, name = world.maker(), world.kind(Rows())

    def ask() -> ExportId:
        return services.ask(
            kind=name,
            query="",
            sheet_format=Format.CSV,
            language="en",
            page="/",
            actor=who.actor,
            now=NOW,
            real_now=clock.real_now(),
            request_key=db.RequestKey(key="once", body={"kind": name}),
        )

    assert ask() == ask()


def test_orders_always_ask_for_the_code() -> None:
    name = world.kind(Rows(), code_rule=CodeRule.ALWAYS)

    assert world.record(world.ask(world.maker(), name)).needs_code


def test_a_record_is_its_makers_alone() -> None:
    alice = world.maker()
    bob = world.maker(shop_id=alice.shop_id)
    export_id = world.ask(alice, world.kind(Rows()))
    real_now = clock.real_now()

    with pytest.raises(NotVisible):
        queries.record(export_id, actor=bob.actor, real_now=real_now)
    with pytest.raises(NotVisible):
        services.cancel(export_id, actor=bob.actor, now=NOW, real_now=real_now)
    with pytest.raises(NotVisible):
        services.again(export_id, actor=bob.actor, now=NOW, real_now=real_now)
    question = Question(answers={})
    assert _listed(bob, question) == []
    assert _listed(alice, question) == [export_id]
    assert _listed(alice, question.changed("state", ("DONE", "EXPIRED"))) == []
    assert _listed(alice, question.changed("state", ("QUEUED",))) == [export_id]


def _listed(who: world.Maker, question: Question) -> list[int]:
    source = queries.source(actor=who.actor, real_now=clock.real_now(), make=lambda row: int(row.id))
    return list(source.page(question).rows)


def test_what_was_called_off_stays_called_off_and_can_be_asked_again() -> None:
    who = world.maker()
    export_id = world.ask(who, world.kind(Rows()), query="a=1")
    at = {"actor": who.actor, "now": NOW, "real_now": clock.real_now()}
    with pytest.raises(services.AgainRefused):
        services.again(export_id, **at)

    services.cancel(export_id, **at)

    with pytest.raises(services.CancelRefused):
        services.cancel(export_id, **at)
    second = services.again(export_id, **at)
    assert (world.record(second).query, world.record(second).state) == ("a=1", State.QUEUED)


def test_an_export_that_lost_its_job_gets_another() -> None:
    real_now = clock.real_now()
    export_id = world.ask(world.maker(), world.kind(Rows()), real_now=real_now)
    later = real_now + services.STALLED_AFTER

    assert services.revive(real_now=later - timedelta(seconds=1)) == 0
    assert services.revive(real_now=later) == 1
    assert services.revive(real_now=later) == 0
    assert jobs(export_id) == 2


def test_a_policy_that_allows_more_is_counted_as_far() -> None:
    allow(20_000)

    assert world.ask(world.maker(), world.kind(Rows(count=20_000)))
    with pytest.raises(services.TooManyRows) as refused:
        world.ask(world.maker(), world.kind(Rows(count=20_001)))

    assert refused.value.values["count"] == "20000+"
