"""Publishing and choosing policy versions."""

import copy
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import Client

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit.models import AuditEntry
from yidao.kit import clock
from yidao.kit.errors import Forbidden
from yidao.policies import families, queries, selection, services
from yidao.policies.models import PolicyVersion
from yidao.rules import policies
from yidao.rules.instants import instant

OPERATOR = Actor(
    user_id=None, credential_id=None, kind=ActorKind.OPERATOR, organisation_ids=(), permissions=frozenset(Permission)
)
VIEWER = replace(OPERATOR, permissions=frozenset())


def body(**changes: Any) -> dict[str, Any]:
    """Return the body in force with some values changed."""
    return copy.deepcopy(queries.version("parcel/douyin-2022/1").body) | changes


def draft(**changes: Any) -> services.Draft:
    facts = {
        "family": "parcel",
        "profile": "douyin-2022",
        "scope_kind": "PLATFORM",
        "scope_id": "",
        "effective_from": NOW + timedelta(hours=1),
        "body": body(pickup_soon_hours=17),
    }
    return services.Draft(**{**facts, **changes})


def publish(wanted: services.Draft, *, expected: str = "parcel/douyin-2022/2") -> str:
    return services.publish(wanted, expected_name=expected, actor=OPERATOR, now=NOW, real_now=NOW)


@pytest.mark.django_db
def test_the_shipped_versions_are_there_and_only_the_older_is_in_force() -> None:
    in_force = {row.name: row.effective_from is not None for row in queries.versions(limit=99)}

    assert in_force == {
        policy.version: policy.version not in ("parcel/douyin-2024/1", "late-shipment/coupon-2023/1")
        for family in families.ALL.values()
        for policy in family.seeds
    }
    assert services.seed(real_now=NOW) == 0


@pytest.mark.django_db
def test_the_difference_is_shown_before_anything_is_written() -> None:
    preview = services.preview(draft(), actor=OPERATOR, now=NOW)

    assert preview.name == "parcel/douyin-2022/2"
    assert [(each.path, each.old, each.new) for each in preview.changes] == [("/pickup_soon_hours", 18, 17)]
    assert not PolicyVersion.objects.filter(name=preview.name).exists()


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param(
            {"effective_from": NOW - timedelta(seconds=1)}, [("effective_from", "in_the_past")], id="the past"
        ),
        pytest.param(
            {"effective_from": datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=23)))},
            [("effective_from", "out_of_range")],
            id="the end of time",
        ),
        pytest.param(
            {"effective_from": datetime(2100, 1, 1, tzinfo=UTC)},
            [("effective_from", "out_of_range")],
            id="another century",
        ),
        pytest.param({"profile": "nobodys"}, [("profile", "unknown")], id="an unknown profile"),
        pytest.param({"profile": "default"}, [("profile", "unknown")], id="a profile of another family"),
        pytest.param({"scope_kind": "SHOP", "scope_id": "77"}, [("scope_id", "unknown")], id="an unknown shop"),
        pytest.param({"scope_kind": "SHOP", "scope_id": "' OR 1"}, [("scope_id", "unknown")], id="no shop id at all"),
        pytest.param({"scope_kind": "CARRIER", "scope_id": "no"}, [("scope_id", "unknown")], id="an unknown carrier"),
        pytest.param({"scope_kind": "WORLD"}, [("scope_kind", "unknown")], id="an unknown scope"),
        pytest.param({"scope_id": "1"}, [("scope_id", "must_be_empty")], id="a platform with an id"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_draft_is_refused_with_every_fault(changes: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(services.PublishRefused) as refused:
        services.preview(draft(**changes), actor=OPERATOR, now=NOW)

    assert [(each.pointer, each.code) for each in refused.value.faults] == faults


@pytest.mark.django_db
def test_a_version_of_another_family_is_checked_and_compared_by_that_family() -> None:
    numbers = dict(queries.version("silence/default/1").body)
    wanted = draft(family="silence", profile="default", body=numbers | {"silent_factor": 4})

    preview = services.preview(wanted, actor=OPERATOR, now=NOW)
    with pytest.raises(services.PublishRefused) as refused:
        services.preview(replace(wanted, body=numbers | {"silent_factor": 0}), actor=OPERATOR, now=NOW)

    assert preview.name == "silence/default/2"
    assert [(each.path, each.old, each.new) for each in preview.changes] == [("/silent_factor", 3, 4)]
    assert [(each.pointer, each.code) for each in refused.value.faults] == [("body/silent_factor", "out_of_range")]


@pytest.mark.django_db
def test_a_silence_is_judged_alike_for_all_shops() -> None:
    body = queries.version("silence/default/1").body
    wanted = draft(family="silence", profile="default", body=body, scope_kind="SHOP", scope_id="7")

    with pytest.raises(services.PublishRefused) as refused:
        services.preview(wanted, actor=OPERATOR, now=NOW)

    assert [(each.pointer, each.code) for each in refused.value.faults] == [("scope_kind", "unknown")]


@pytest.mark.django_db
def test_a_wrong_body_names_its_places() -> None:
    wrong = body(pickup_soon_hours="x")
    del wrong["hub_dwell_hours"]

    with pytest.raises(services.PublishRefused) as refused:
        services.preview(draft(body=wrong), actor=OPERATOR, now=NOW)

    assert {each.pointer for each in refused.value.faults} == {"body/hub_dwell_hours", "body/pickup_soon_hours"}


@pytest.mark.django_db
def test_who_may_not_publish_learns_nothing() -> None:
    with pytest.raises(Forbidden):
        services.preview(draft(), actor=VIEWER, now=NOW)


def test_two_who_publish_at_once_do_not_overwrite_each_other(committed_db: None, owner_dsn: str) -> None:
    outcomes: list[str] = []

    def run() -> None:
        try:
            outcomes.append(publish(draft()))
        except services.PublishOvertaken as refusal:
            outcomes.append(refusal.code)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert sorted(outcomes) == ["parcel/douyin-2022/2", "policy.publish_overtaken"]
    assert AuditEntry.objects.filter(act="policy.published").count() == 1
    with psycopg.connect(owner_dsn) as owner:
        owner.execute("DELETE FROM policy_version WHERE name = 'parcel/douyin-2022/2'")


def test_a_published_version_cannot_be_edited_by_the_running_product(runtime_dsn: str) -> None:
    with psycopg.connect(runtime_dsn) as runtime, pytest.raises(psycopg.errors.InsufficientPrivilege):
        runtime.execute("UPDATE policy_version SET body = '{}'")


def at(text: str) -> Any:
    return instant(datetime.fromisoformat(f"{text}+08:00"))


def book() -> selection.PolicyBook:
    """Return a book with versions of every scope; the bodies do not matter here."""
    rows = (
        ("parcel/a/1", "PLATFORM", "", "2021-01-01T00:00:00+08:00", 1),
        ("parcel/a/2", "PLATFORM", "", "2022-07-01T00:00:00+08:00", 2),
        ("parcel/a/3", "CARRIER", "zhongtong", "2022-07-10T00:00:00+08:00", 3),
        ("parcel/a/4", "SHOP", "7", "2022-07-20T00:00:00+08:00", 4),
        ("parcel/a/5", "PLATFORM", "", None, 5),
        ("parcel/a/6", "PLATFORM", "", "2022-07-01T00:00:00+08:00", 6),
    )
    return selection.PolicyBook(
        selection.version_of_row(
            families.PARCEL,
            (name, kind, scope, datetime.fromisoformat(since) if since else None, number, body_of_seed()),
        )
        for name, kind, scope, since, number in rows
    )


def body_of_seed() -> dict[str, Any]:
    return policies.to_body(policies.SEEDS[0])


@pytest.mark.parametrize(
    ("anchor", "shop", "carrier", "name"),
    [
        pytest.param("2022-06-30T23:59:59", 7, "zhongtong", "parcel/a/1", id="before the newer one takes effect"),
        pytest.param("2022-07-01T00:00:00", 7, "zhongtong", "parcel/a/6", id="of two at one time the later version"),
        pytest.param("2022-07-10T00:00:00", 7, "zhongtong", "parcel/a/3", id="the carrier's before the platform's"),
        pytest.param("2022-07-10T00:00:00", 7, "yuantong", "parcel/a/6", id="another carrier keeps the platform's"),
        pytest.param("2022-07-20T00:00:00", 7, "zhongtong", "parcel/a/4", id="the shop's before the carrier's"),
        pytest.param("2022-07-20T00:00:00", None, "yuantong", "parcel/a/6", id="a stub without shop"),
    ],
)
def test_the_most_special_version_in_force_is_chosen(anchor: str, shop: int | None, carrier: str, name: str) -> None:
    assert book().choose(at(anchor), shop, carrier).version == name


def test_nothing_in_force_is_an_error_and_never_a_guess() -> None:
    with pytest.raises(selection.PolicyMissing):
        book().choose(at("2020-12-31T23:59:59"), None, "zhongtong")
    with pytest.raises(selection.PolicyMissing):
        book().by_name("parcel/a/99")


# --- The page ---


@pytest.fixture
def people() -> Cast:
    return cast.build()


def form(**changes: str) -> dict[str, str]:
    facts = {"body": json.dumps(body(pickup_soon_hours=16)), "scope_kind": "PLATFORM", "scope_id": ""}
    return {**facts, "effective_from": "2099-01-01T00:00", **changes}


@pytest.mark.django_db
def test_the_page_publishes_in_two_steps(client: Client, people: Cast) -> None:
    client.force_login(people.olga)
    address = "/o/policies/new/parcel/douyin-2022/"

    shown = client.post(address, form()).content.decode()
    assert "/pickup_soon_hours" in shown
    assert not PolicyVersion.objects.filter(version=2).exists()

    done = client.post(address, form(confirm="parcel/douyin-2022/2"))
    assert (done.status_code, done["Location"]) == (302, "/o/policies/parcel/douyin-2022/2/")
    assert client.get(done["Location"]).status_code == 200
    entry = AuditEntry.objects.get(act="policy.published")
    assert (entry.actor_user_id, entry.subject) == (people.olga.id, "policy/parcel/douyin-2022/2")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"body": "{"}, id="no JSON"),
        pytest.param({"body": "[]"}, id="no object"),
        pytest.param({"body": "[" * 100_000}, id="deep nesting"),
        pytest.param({"body": '{"zone_offset_minutes": 1e999}'}, id="an endless number"),
        pytest.param({"body": '{"\\u0000": 1}'}, id="a NUL"),
        pytest.param({"body": '{"\\ud800": 1}'}, id="half a character"),
        pytest.param({"effective_from": "soon"}, id="no time"),
        pytest.param({"effective_from": "2001-01-01T00:00"}, id="the past"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_form_comes_back_with_what_was_typed(client: Client, people: Cast, changes: dict[str, str]) -> None:
    client.force_login(people.olga)

    answer = client.post("/o/policies/new/parcel/douyin-2022/", form(**changes))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert PolicyVersion.objects.count() == sum(len(family.seeds) for family in families.ALL.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "offered"),
    [
        pytest.param("2022-06-20T04:20+00:00", "2022-06-20T13:00", id="at noon the next full hour"),
        pytest.param("2022-06-20T15:30+00:00", "2022-06-21T00:00", id="in the last hour of a day the next day"),
    ],
)
def test_the_time_that_is_offered_is_not_past(
    client: Client, people: Cast, monkeypatch: pytest.MonkeyPatch, now: str, offered: str
) -> None:
    monkeypatch.setattr(clock, "business_now", lambda _connection: datetime.fromisoformat(now))
    client.force_login(people.olga)

    page = client.get("/o/policies/new/parcel/douyin-2022/").content.decode()

    assert f'value="{offered}"' in page


@pytest.mark.django_db
def test_a_viewer_may_read_policies_and_not_publish(client: Client, people: Cast) -> None:
    client.force_login(people.viewer)

    assert client.get("/o/policies/").status_code == 200
    assert client.post("/o/policies/new/parcel/douyin-2022/", form()).status_code == 403


@pytest.mark.django_db
def test_what_binds_the_platform_is_what_took_effect_last() -> None:
    later = NOW + timedelta(hours=1)
    changed = queries.version("export/default/1").body | {"rows_max": 5}
    publish(draft(family="export", profile="default", body=changed), expected="export/default/2")

    assert queries.of_platform(families.EXPORT, at=later).rows_max == 5
    assert queries.of_platform(families.EXPORT, at=later - timedelta(seconds=1)).rows_max == 10_000
    assert queries.named(families.EXPORT, "export/default/2").rows_max == 5
    with pytest.raises(selection.PolicyMissing):
        queries.of_platform(families.EXPORT, at=families.FROM_THE_START - timedelta(seconds=1))
