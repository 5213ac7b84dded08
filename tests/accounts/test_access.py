"""Who becomes which actor, and what a credential is good for."""

from typing import Any

import pytest

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts import access, queries, services
from yidao.accounts.actors import ActorKind, Permission
from yidao.accounts.models import Credential, Membership, Organisation
from yidao.audit.models import AuditEntry
from yidao.kit.errors import NotVisible

pytestmark = pytest.mark.django_db

TENANTS_ALONE = {
    *("nudges.send", "nudges.answer", "anomalies.acknowledge", "tickets.answer", "orders.ship", "orders.edit"),
    *("buyers.reveal", "after_sales.answer", "violations.appeal", "deposit.top_up", "shop.settings"),
}
LOOKS_ROUND = {"parcels.view", "audit.view"}
MINDS_JUDGEMENTS = {"judgements.decide", "deposit.view"}


@pytest.fixture
def people() -> Cast:
    return cast.build()


def test_a_member_becomes_an_actor_of_that_tenant_alone(people: Cast) -> None:
    actor = access.actor_for_shop(people.alice.id, people.shop)

    assert (actor.kind, actor.organisation_ids, actor.user_id) == (
        ActorKind.MERCHANT,
        (people.shop,),
        people.alice.id,
    )


def test_who_is_no_member_sees_nothing(people: Cast) -> None:
    with pytest.raises(NotVisible):
        access.actor_for_shop(people.charlie.id, people.shop)
    with pytest.raises(NotVisible):
        access.actor_for_operator(people.alice.id)
    with pytest.raises(NotVisible):
        access.actor_for_creator(people.alice.id, None)


def test_an_id_of_another_kind_opens_nothing(people: Cast) -> None:
    with pytest.raises(NotVisible):
        access.actor_for_shop(people.dana.id, people.creator)  # type: ignore[arg-type]


def test_a_left_member_and_a_closed_organisation_see_nothing(people: Cast) -> None:
    Membership.objects.filter(user=people.alice).update(disabled_at=NOW)
    Organisation.objects.filter(id=people.creator).update(is_active=False)

    with pytest.raises(NotVisible):
        access.actor_for_shop(people.alice.id, people.shop)
    with pytest.raises(NotVisible):
        access.actor_for_creator(people.dana.id, people.creator)


def test_an_agency_acts_for_one_creator_or_for_all_of_its_own(people: Cast) -> None:
    assert access.actor_for_creator(people.agency.id, people.second_creator).organisation_ids == (
        people.second_creator,
    )
    assert sorted(access.actor_for_creator(people.agency.id, None).organisation_ids) == sorted(
        (people.creator, people.second_creator)
    )


@pytest.mark.parametrize(
    ("who", "carrier", "outlet", "is_let_in"),
    [
        pytest.param("carrie", "carrier", None, True, id="head office, all outlets"),
        pytest.param("carrie", "carrier", "outlet", True, id="head office, own outlet"),
        pytest.param("carrie", "carrier", "other_outlet", False, id="head office, another carrier's outlet"),
        pytest.param("carrie", "other_carrier", None, False, id="head office of another carrier"),
        pytest.param("oscar", "carrier", "outlet", True, id="outlet, itself"),
        pytest.param("oscar", "carrier", None, False, id="outlet, the whole carrier"),
        pytest.param("oscar", "other_carrier", "outlet", False, id="outlet under a wrong carrier"),
        pytest.param("alice", "carrier", "outlet", False, id="a merchant"),
    ],
)
def test_head_office_and_outlet(people: Cast, who: str, carrier: str, outlet: str | None, is_let_in: bool) -> None:
    user, office = getattr(people, who).id, getattr(people, carrier)
    branch = getattr(people, outlet) if outlet else None

    if is_let_in:
        assert access.actor_for_carrier(user, office, branch).carrier == "zhongtong"
    else:
        with pytest.raises(NotVisible):
            access.actor_for_carrier(user, office, branch)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("olga", set(Permission) - TENANTS_ALONE),
        ("clerk", {*LOOKS_ROUND, "exports.make", "quarantine.decide", "visits.make"} | MINDS_JUDGEMENTS),
        ("viewer", LOOKS_ROUND),
    ],
)
def test_an_operators_role_decides_what_is_allowed(people: Cast, who: str, may: set[Any]) -> None:
    assert access.actor_for_operator(getattr(people, who).id).permissions == may


def test_joining_again_changes_the_role_and_makes_no_second_row(people: Cast) -> None:
    services.join(user_id=people.bob.id, organisation_id=people.shop, role=Membership.Role.OWNER)

    assert [(each.role) for each in Membership.objects.filter(user=people.bob)] == ["OWNER"]


def credential(people: Cast, **changes: Any) -> tuple[int, str]:
    facts = {"organisation_id": people.provider, "name": "push", "scopes": ("events:write",), "push_secret": "salt"}
    return services.create_credential(**{**facts, **changes}, now=NOW, real_now=NOW)


def test_a_token_finds_its_credential_and_is_not_kept(people: Cast) -> None:
    credential_id, token = credential(people)

    found = queries.credential_by_token(token)

    assert found is not None
    assert (found.id, found.organisation_id, found.source_code) == (credential_id, people.provider, "KUAIDI100")
    assert (found.push_secret, found.scopes) == ("salt", frozenset({"events:write"}))
    stored = Credential.objects.get(id=credential_id)
    assert token.encode() not in bytes(stored.token_sha256)
    assert b"salt" not in bytes(stored.push_secret_encrypted or b"")
    assert "salt" not in repr(found)
    assert AuditEntry.objects.filter(act="credential.created", subject=f"credential/{credential_id}").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda token: token[:-1], id="one character short"),
        pytest.param(lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"), id="another last character"),
        pytest.param(lambda token: token.upper(), id="upper case"),
        pytest.param(lambda token: "yd_" + token[3:15] + "_", id="the prefix alone"),
        pytest.param(lambda token: "", id="nothing"),
        pytest.param(lambda token: "\udcff" * 60, id="no text at all"),
    ],
)
def test_a_wrong_token_finds_nothing(people: Cast, change: Any) -> None:
    _, token = credential(people)

    assert queries.credential_by_token(change(token)) is None


def test_a_closed_credential_says_so(people: Cast) -> None:
    credential_id, _ = credential(people)
    Organisation.objects.filter(id=people.provider).update(is_active=False)

    found = queries.credential_by_id(credential_id)

    assert found is not None
    assert not found.is_active


def test_an_unknown_scope_is_refused(people: Cast) -> None:
    with pytest.raises(services.ScopeUnknown):
        credential(people, scopes=("everything",))
