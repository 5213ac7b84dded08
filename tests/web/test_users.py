"""The operator's pages of users and organisations."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import queries, services
from yidao.accounts.models import Credential, Invitation, Membership, Organisation, User
from yidao.audit.models import AuditEntry
from yidao.kit.models import DemoClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def browser(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def user_page(user: User) -> str:
    return reverse("operator-user", kwargs={"user": user.id})


def organisation_page(organisation: int) -> str:
    return reverse("operator-organisation", kwargs={"organisation": organisation})


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


@pytest.mark.parametrize(
    ("asked", "found", "left_out"),
    [
        pytest.param({"text": "ali"}, "Alice", "Dana", id="a part of the name"),
        pytest.param({"text": "花间"}, "Bob", "Dana", id="an organisation"),
        pytest.param({"kind": "CREATOR"}, "Dana", "Bob", id="the kind of organisation"),
        pytest.param({"state": "SHUT"}, "Paul", "Alice", id="who is shut out"),
        pytest.param({"text": "%"}, "Nobody fits", "Alice", id="a sign of SQL"),
    ],
)
def test_users_are_found_by(people: Cast, asked: dict[str, str], found: str, left_out: str) -> None:
    User.objects.filter(id=people.paul.id).update(is_active=False, disabled_at=planting.NOW)

    page = browser(people.olga).get(reverse("operator-users"), asked).content.decode()

    assert found in page
    assert left_out not in page


def test_the_list_of_users_turns_pages_and_counts(people: Cast) -> None:
    for number in range(60):
        cast.user(f"Extra{number}")
    client = browser(people.olga)

    first = client.get(reverse("operator-users"), {"text": "extra"}).content.decode()
    after = re.search(r"after=([\w-]+)", first)
    assert after is not None
    second = client.get(reverse("operator-users"), {"text": "extra", "after": after[1]}).content.decode()

    names = [set(re.findall(r"Extra\d+", page)) for page in (first, second)]
    assert (len(names[0]), len(names[1]), names[0] & names[1]) == (50, 10, set())
    assert "60" in client.get(reverse("operator-users"), {"text": "extra", "part": "counts"}).content.decode()


def test_a_user_is_shut_out_and_let_in_again(people: Cast) -> None:
    client, dana = browser(people.olga), browser(people.dana)
    home = reverse("creator-home", kwargs={"creator": people.creator})

    assert client.post(user_page(people.dana), {"act": "disable"}).status_code == 303
    assert dana.get(home).status_code == 302
    assert client.post(user_page(people.dana), {"act": "enable"}).status_code == 303
    assert browser(people.dana).get(home).status_code == 200
    assert acts() == ["user.disabled", "user.enabled"]


def test_an_operator_does_not_shut_out_themselves(people: Cast) -> None:
    got = browser(people.olga).post(user_page(people.olga), {"act": "disable"})

    assert got.status_code == 409
    assert User.objects.get(id=people.olga.id).is_active


def test_an_operator_logs_a_user_out_everywhere_and_takes_lost_factors_away(people: Cast) -> None:
    dana = browser(people.dana)
    home = reverse("creator-home", kwargs={"creator": people.creator})
    assert dana.get(home).status_code == 200
    Authenticator.objects.create(user=people.dana, type=Authenticator.Type.TOTP, data={"secret": "00"})
    client = browser(people.olga)

    assert client.post(user_page(people.dana), {"act": "sessions"}).status_code == 303
    assert client.post(user_page(people.dana), {"act": "factors"}).status_code == 303

    assert not Authenticator.objects.filter(user=people.dana).exists()
    entries = AuditEntry.objects.order_by("id").values_list("act", "actor_user_id", "subject")
    assert ("factor.reset", people.olga.id, f"user/{people.dana.id}") in entries
    assert client.post(user_page(people.olga), {"act": "factors"}).status_code == 409


def test_one_role_of_a_user_is_disabled_and_enabled(people: Cast) -> None:
    client = browser(people.olga)
    form = {"organisation": str(people.shop)}

    assert client.post(user_page(people.bob), {"act": "leave", **form}).status_code == 303
    assert "Shut out" in client.get(user_page(people.bob)).content.decode()
    assert client.post(user_page(people.bob), {"act": "return", **form}).status_code == 303
    assert Membership.objects.filter(user=people.bob, disabled_at=None).count() == 1
    for wrong in ("", "0", "x", "9" * 40):
        assert client.post(user_page(people.bob), {"act": "leave", "organisation": wrong}).status_code == 404


def test_a_clerk_of_the_platform_manages_nobody(people: Cast) -> None:
    client = browser(people.clerk)

    assert client.post(user_page(people.bob), {"act": "disable"}).status_code == 403
    for act in ("invite", "role", "disable", "close", "reopen", "credential", "take-back"):
        form = {"act": act, "user": str(people.bob.id), "role": "VIEWER", "reason": "because", "name": "x"}
        assert client.post(organisation_page(people.shop), {**form, "scope": "parcels:read"}).status_code == 403, act
    assert acts() == []
    assert "Look into its console" in client.get(organisation_page(people.shop)).content.decode()


def test_organisations_are_found_by_initials_kind_and_state(people: Cast) -> None:
    client = browser(people.viewer)

    found = client.get(reverse("operator-organisations"), {"text": "hjj"}).content.decode()
    outlets = client.get(reverse("operator-organisations"), {"kind": "OUTLET"}).content.decode()

    assert ("花间集" in found, "别家店" in found) == (True, False)
    assert ("义乌网点" in outlets, "花间集" in outlets) == (True, False)
    assert "New organisation" not in found


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"kind": "SHOP", "name": "新店"}, id="a shop"),
        pytest.param({"kind": "CREATOR", "name": "新达人"}, id="a creator"),
        pytest.param({"kind": "CARRIER", "name": "新快递", "carrier": "xinkuaidi"}, id="a carrier"),
        pytest.param({"kind": "OUTLET", "name": "新网点", "parent": "carrier"}, id="an outlet"),
        pytest.param({"kind": "PROVIDER", "name": "新服务商", "source": "NEW"}, id="a provider"),
    ],
)
def test_a_new_organisation_comes_with_a_link_for_its_first_owner(people: Cast, form: dict[str, str]) -> None:
    sent = form | ({"parent": str(people.carrier)} if "parent" in form else {})

    page = browser(people.olga).post(reverse("operator-organisation-new"), sent).content.decode()

    made = Organisation.objects.get(name=form["name"])
    assert Invitation.objects.get().organisation_id == made.id
    assert Invitation.objects.get().role == "OWNER"
    link = re.search(r"/invitation/[\w-]+/", page)
    assert link is not None
    assert browser(people.nobody).post(link[0]).status_code == 303
    assert Membership.objects.get(user=people.nobody).organisation_id == made.id
    assert acts() == ["organisation.created", "member.invited", "member.joined"]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"kind": "SHOP", "name": " "}, id="no name"),
        pytest.param({"kind": "PLATFORM", "name": "second platform"}, id="a second platform"),
        pytest.param({"kind": "", "name": "x"}, id="no kind"),
        pytest.param({"kind": "CARRIER", "name": "x"}, id="a carrier without its code"),
        pytest.param({"kind": "CARRIER", "name": "x", "carrier": "zhongtong"}, id="a second head office"),
        pytest.param({"kind": "CARRIER", "name": "x", "carrier": "中通"}, id="a code that is no word"),
        pytest.param({"kind": "OUTLET", "name": "x"}, id="an outlet of nobody"),
        pytest.param({"kind": "OUTLET", "name": "x", "parent": "9" * 30}, id="an outlet of a number"),
    ],
)
def test_what_makes_no_organisation_is_refused(people: Cast, form: dict[str, str]) -> None:
    before = Organisation.objects.count()

    assert browser(people.olga).post(reverse("operator-organisation-new"), form).status_code == 422
    assert (Organisation.objects.count(), Invitation.objects.count()) == (before, 0)


def test_an_organisation_is_shut_with_a_reason_and_opened_again(people: Cast) -> None:
    client, page = browser(people.olga), organisation_page(people.shop)
    home = reverse("merchant-home", kwargs={"shop": people.shop})
    token = services.create_credential(
        organisation_id=people.shop, name="x", scopes=["parcels:read"], now=planting.NOW, real_now=planting.NOW
    )[1]

    assert client.post(page, {"act": "close", "reason": " "}).status_code == 422
    assert browser(people.alice).get(home).status_code == 200
    assert client.post(page, {"act": "close", "reason": "sells fakes"}).status_code == 303
    assert browser(people.alice).get(home).status_code == 404
    found = queries.credential_by_token(token)
    assert found is not None
    assert not found.is_active
    assert "sells fakes" in client.get(page).content.decode()
    assert client.post(page, {"act": "reopen"}).status_code == 303
    assert browser(people.alice).get(home).status_code == 200
    assert acts() == ["credential.created", "organisation.closed", "organisation.opened"]


def test_the_platform_itself_is_never_shut(people: Cast) -> None:
    got = browser(people.olga).post(organisation_page(people.platform), {"act": "close", "reason": "because"})

    assert got.status_code == 404
    assert Organisation.objects.get(id=people.platform).is_active


def test_a_credential_is_shown_once_and_taken_back(people: Cast) -> None:
    client, page = browser(people.olga), organisation_page(people.shop)

    shown = client.post(page, {"act": "credential", "name": "ERP", "scope": ["parcels:read", "parcels:write"]})

    token = re.search(r"yd_\w{12}_[\w-]+", shown.content.decode())
    assert token is not None
    credential = Credential.objects.get(name="ERP")
    found = queries.credential_by_token(token[0])
    assert found is not None
    assert (found.id, found.scopes) == (credential.id, {"parcels:read", "parcels:write"})
    assert token[0] not in client.get(page).content.decode()
    other = organisation_page(people.other_shop)
    form: dict[str, Any] = {"act": "take-back", "credential": str(credential.id)}
    assert client.post(other, form).status_code == 404
    assert client.post(page, form).status_code == 303
    assert not Credential.objects.get(name="ERP").is_active
    for wrong in ({"name": "x"}, {"scope": "parcels:read"}, {"name": "x", "scope": "everything"}):
        assert client.post(page, {"act": "credential", **wrong}).status_code in (400, 422)


def test_the_platforms_owner_helps_a_shop_that_lost_its_owner(people: Cast) -> None:
    Membership.objects.filter(user=people.alice).update(disabled_at=planting.NOW)
    client, page = browser(people.olga), organisation_page(people.shop)

    assert client.post(page, {"act": "role", "user": str(people.bob.id), "role": "OWNER"}).status_code == 303

    assert Membership.objects.get(user=people.bob).role == "OWNER"
    entry = AuditEntry.objects.get(act="member.role_changed")
    assert (entry.organisation_id, entry.actor_user_id) == (people.shop, people.olga.id)
