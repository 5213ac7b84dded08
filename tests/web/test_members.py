"""Members and invitations in every console, the link, the answer on the page of consoles, and the journal of owners."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import invitations, members
from yidao.accounts.models import Invitation, Membership, User
from yidao.audit.models import AuditEntry
from yidao.kit.models import DemoClock

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # Made up, like everything here.


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def browser(user: User | None = None) -> Client:
    client = Client(headers={"accept-language": "en"})
    if user is not None:
        client.force_login(user)
    return client


def address(people: Cast) -> str:
    return reverse("merchant-members", kwargs={"shop": people.shop})


def send(people: Cast, who: User, **form: Any) -> Any:
    return browser(who).post(address(people), form)


def link_in(response: Any) -> str:
    found = re.search(r"/invitation/[\w-]+/", response.content.decode())
    assert found is not None
    return found[0]


def test_everybody_of_a_shop_sees_who_belongs_and_only_the_owner_may_act(people: Cast) -> None:
    owner = browser(people.alice).get(address(people)).content.decode()
    clerk = browser(people.bob).get(address(people)).content.decode()

    for page in (owner, clerk):
        assert people.bob.login in page
        assert "Customer service" in page
    assert ("Invite somebody" in owner, "Invite somebody" in clerk) == (True, False)
    assert ("Last login" in owner, "Last login" in clerk) == (True, False)


def test_the_page_costs_as_many_queries_for_one_person_as_for_three(
    people: Cast, django_assert_num_queries: Any
) -> None:
    client = browser(people.bob)
    client.get(address(people))

    with django_assert_num_queries(7):
        client.get(address(people))
    for name in ("Eve", "Finn"):
        cast.user(name, (people.shop, Membership.Role.FINANCE))
    with django_assert_num_queries(7):
        client.get(address(people))


def test_a_long_list_is_searched(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "SHOWN_MAX", 2)
    client = browser(people.alice)
    assert "Name or login" not in client.get(address(people)).content.decode()
    for name in ("Eve", "Finn"):
        cast.user(name, (people.shop, Membership.Role.FINANCE))

    whole = client.get(address(people)).content.decode()
    found = client.get(address(people), {"q": "fin"}).content.decode()
    nobody = client.get(address(people), {"q": "%\0"}).content.decode()

    assert "The first 2 people" in whole
    assert ("Finn" in found, "Eve" in found) == (True, False)
    assert people.bob.login not in nobody


def test_an_owner_changes_a_role_disables_and_enables(people: Cast) -> None:
    bob = {"user": str(people.bob.id)}

    assert send(people, people.alice, act="role", role="FINANCE", **bob).status_code == 303
    assert Membership.objects.get(user=people.bob).role == "FINANCE"
    assert send(people, people.alice, act="disable", **bob).status_code == 303
    assert browser(people.bob).get(address(people)).status_code == 404
    assert send(people, people.alice, act="enable", **bob).status_code == 303
    assert browser(people.bob).get(address(people)).status_code == 200
    acts = AuditEntry.objects.filter(organisation_id=people.shop).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["member.role_changed", "member.disabled", "member.enabled"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({"act": "role", "role": "CLERK"}, 400, id="a role of the platform's"),
        pytest.param({"act": "role", "role": "\0"}, 400, id="no role at all"),
        pytest.param({"act": "disable", "user": "99"}, 404, id="nobody"),
        pytest.param({"act": "disable", "user": "9" * 30}, 404, id="a number no database holds"),
        pytest.param({"act": "disable", "user": "²"}, 404, id="no number"),
        pytest.param({"act": "revoke", "invitation": "7"}, 404, id="no invitation"),
        pytest.param({"act": "invite", "role": "KING"}, 400, id="an unknown role"),
        pytest.param({"act": "explode"}, 303, id="an act no form has"),
        pytest.param({}, 303, id="nothing"),
    ],
)
def test_a_form_of_ones_own_making_changes_nothing(people: Cast, form: dict[str, str], status: int) -> None:
    before = list(Membership.objects.order_by("id").values_list("id", "role", "disabled_at"))

    got = send(people, people.alice, **{"user": str(people.bob.id), **form})

    assert got.status_code == status
    assert list(Membership.objects.order_by("id").values_list("id", "role", "disabled_at")) == before
    assert Invitation.objects.count() == 0


def test_who_is_no_owner_changes_nothing(people: Cast) -> None:
    for form in ({"act": "role", "role": "OWNER"}, {"act": "disable"}, {"act": "invite", "role": "OWNER"}):
        assert send(people, people.bob, user=str(people.bob.id), **form).status_code == 403
    assert Membership.objects.get(user=people.bob).role == "SERVICE"


def test_the_last_owner_is_told_why_they_stay(people: Cast) -> None:
    got = send(people, people.alice, act="disable", user=str(people.alice.id))

    assert got.status_code == 409
    assert "last owner" in got.content.decode()


def test_a_link_is_shown_once_and_a_new_person_comes_in_by_it(people: Cast) -> None:
    link = link_in(send(people, people.alice, act="invite", role="FINANCE", name="Lee"))
    assert link not in browser(people.alice).get(address(people)).content.decode()
    stranger = browser()
    page = stranger.get(link).content.decode()
    assert "花间集 invites you" in page
    assert "Finance" in page

    login = f"lee-{Invitation.objects.get().id}"
    form = {"login": login, "name": "Lee", "password": PASSWORD, "again": PASSWORD}
    got = stranger.post(link, form)

    assert (got.status_code, got.headers["Location"]) == (303, reverse("account_login"))
    user = User.objects.get(login=login)
    assert user.check_password(PASSWORD)
    assert browser(user).get(reverse("merchant-home", kwargs={"shop": people.shop})).status_code == 200
    assert stranger.get(link).status_code == 410


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"again": "something else"}, "differ", id="another password the second time"),
        pytest.param({"password": "12345678", "again": "12345678"}, "password", id="a password everybody uses"),
        pytest.param({"login": "a b"}, "A login has", id="a login with a blank"),
        pytest.param({"name": " "}, "A login has", id="no name"),
    ],
)
def test_what_does_not_fit_is_said_and_the_link_goes_on_waiting(people: Cast, changes: Any, words: str) -> None:
    link = link_in(send(people, people.alice, act="invite", role="FINANCE"))
    form = {"login": f"lee-{Invitation.objects.get().id}", "name": "Lee", "password": PASSWORD, "again": PASSWORD}

    got = browser().post(link, {**form, **changes})

    assert got.status_code == 422
    assert words in got.content.decode()
    assert browser().get(link).status_code == 200


def test_whoever_is_logged_in_joins_by_one_button(people: Cast) -> None:
    link = link_in(send(people, people.alice, act="invite", role="VIEWER"))
    client = browser(people.nobody)
    assert "You are logged in as Nobody" in client.get(link).content.decode()

    assert client.post(link).status_code == 303
    assert Membership.objects.get(user=people.nobody).role == "VIEWER"
    assert client.get(reverse("merchant-home", kwargs={"shop": people.shop})).status_code == 200


def test_a_guessed_link_is_nothing_and_guessing_is_counted(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    guess = reverse("invitation", kwargs={"token": "x" * 43})
    client = browser()

    assert [client.get(guess).status_code for _ in range(9)] == [404] * 8 + [429]


def test_a_link_taken_back_says_so(people: Cast) -> None:
    link = link_in(send(people, people.alice, act="invite", role="VIEWER"))
    send(people, people.alice, act="revoke", invitation=str(Invitation.objects.get().id))

    got = browser(people.nobody).post(link)

    assert got.status_code == 410
    assert "taken back" in got.content.decode()
    assert not Membership.objects.filter(user=people.nobody).exists()


@pytest.mark.parametrize(("act", "count"), [("accept", 1), ("decline", 0), ("explode", 0)])
def test_an_invitation_for_a_login_waits_on_the_page_of_consoles(people: Cast, act: str, count: int) -> None:
    got = send(people, people.alice, act="invite", role="VIEWER", login=people.nobody.login)
    assert got.status_code == 303
    client = browser(people.nobody)
    assert "花间集 invites you" in client.get(reverse("home")).content.decode()
    answer = reverse("invitation-answer", kwargs={"invitation": Invitation.objects.get().id})
    assert browser(people.dana).post(answer, {"act": "accept"}).status_code == 404

    assert client.post(answer, {"act": act}).status_code == 303

    assert Membership.objects.filter(user=people.nobody).count() == count


def test_an_agency_invites_into_one_of_its_creators(people: Cast) -> None:
    page = reverse("creator-members", kwargs={"creator": None})
    client = browser(people.agency)
    assert "达人二" in client.get(page).content.decode()
    form = {"act": "invite", "role": "SERVICE"}

    assert client.post(page, form).status_code == 404
    assert client.post(page, {**form, "organisation": str(people.other_creator)}).status_code == 404
    assert client.post(page, {**form, "organisation": str(people.second_creator)}).status_code == 200
    assert Invitation.objects.get().organisation_id == people.second_creator


def test_a_head_office_keeps_its_outlets_people(people: Cast) -> None:
    page = reverse("carrier-members", kwargs={"carrier": people.carrier, "outlet": people.outlet})

    got = browser(people.carrie).post(page, {"act": "invite", "role": "OWNER", "login": "somebody"})

    assert got.status_code == 303
    assert Invitation.objects.get().organisation_id == people.outlet


@pytest.mark.parametrize(
    ("who", "name", "parts"),
    [
        ("dana", "creator", {"creator": "creator"}),
        ("carrie", "carrier", {"carrier": "carrier", "outlet": "outlet"}),
        ("oscar", "carrier", {"carrier": "carrier", "outlet": "outlet"}),
        ("paul", "provider", {"provider": "provider"}),
        ("olga", "operator", {}),
    ],
)
def test_each_console_has_the_page_and_its_owner_may_invite(
    people: Cast, who: str, name: str, parts: dict[str, str]
) -> None:
    page = reverse(f"{name}-members", kwargs={part: getattr(people, value) for part, value in parts.items()})
    client = browser(getattr(people, who))

    assert "Invite somebody" in client.get(page).content.decode()
    assert invitations.LIFE.days == 7
    assert "for 7 days" in client.post(page, {"act": "invite", "role": "VIEWER"}).content.decode()


def test_the_journal_of_a_shop_tells_its_owner_who_did_what(people: Cast) -> None:
    send(people, people.alice, act="role", role="FINANCE", user=str(people.bob.id))
    AuditEntry.objects.create(
        at_real=planting.NOW,
        at_business=planting.NOW,
        act="member.invited",
        organisation_id=people.other_shop,
        subject="user/of-another-shop",
        details={},
    )

    page = browser(people.alice).get(reverse("merchant-journal", kwargs={"shop": people.shop})).content.decode()

    assert "Changed a member&#39;s role" in page
    assert page.index("Alice") < page.index("Bob")
    assert "of-another-shop" not in page
