"""
Who may see what, generated from the table of addresses: every address, every role, own and other tenant. A new page is
tested as soon as it stands in the table; one of an unknown audience or with an unknown converter fails until it is said
here whose it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.intake import facts
from tests.judging import planting as violation_planting
from tests.orders import planting as order_planting
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import access, services
from yidao.accounts.ids import ShopId, UserId
from yidao.accounts.models import User
from yidao.exports.models import ExportRecord
from yidao.files import services as files
from yidao.kit import clock, crypto, ids
from yidao.kit.models import DemoClock
from yidao.orders.models import AfterSale, OrderImport, OrderRefund
from yidao.orders.shop_models import Product
from yidao.parcels import quarantine
from yidao.parcels.models import Quarantine
from yidao.parcels.nudge_models import CarrierTicket, NudgeItem, NudgeThread
from yidao.places import addresses
from yidao.web.converters import CONVERTERS

pytestmark = pytest.mark.django_db

TENANTS = frozenset({"shop", "creator", "carrier", "outlet", "provider"})
"""Converters that name a tenant; all others name an object inside one."""
MEMBERS = {
    "merchant": {"own": {"alice", "bob"}, "other": {"charlie"}},
    "creator": {"own": {"dana", "agency"}, "other": {"charlie"}},
    "carrier": {"own": {"carrie", "oscar"}, "other": {"charlie"}},
    "provider": {"own": {"paul"}, "other": {"charlie"}},
}
OPERATORS = {"olga", "clerk", "viewer"}
USERS = ("alice", "bob", "charlie", "dana", "agency", "carrie", "oscar", "paul", *sorted(OPERATORS), "nobody")
NEEDS_MORE = {
    "operator-policy-publish": {"olga"},
    "operator-users": {"olga"},
    "operator-user": {"olga"},
    "operator-organisation-new": {"olga"},
    "merchant-journal": {"alice", "charlie"},
    "merchant-address": {"alice", "charlie"},
    "merchant-address-new": {"alice", "charlie"},
    "merchant-product": {"alice", "charlie"},
    "merchant-products-import": {"alice", "charlie"},
    "merchant-ship": {"alice", "charlie"},
    "merchant-ship-template-file": {"alice", "charlie"},
    "merchant-order-ship": {"alice", "charlie"},
    "merchant-pack": {"alice", "charlie"},
    "merchant-deposit": {"alice", "charlie"},
    "operator-settlements": {"olga", "clerk"},
    "operator-settlement-hold": {"olga"},
    "operator-deposit": {"olga", "clerk"},
    "operator-deposit-book": {"olga"},
    "operator-violation-new": {"olga", "clerk"},
    "operator-violation-jobs": {"olga", "clerk"},
    "merchant-deposit-days": {"alice", "charlie"},
    "merchant-deposit-top-up": {"alice", "charlie"},
}
"""Pages that not everybody of their audience may open, and who may."""
ACCOUNT = {
    "account_home": 200,
    "account_sessions": 200,
    "account_change_password": 200,
    "account_phone": 200,
    "account_phone_code": 200,
    "account_reauthenticate": 404,
    "mfa_reauthenticate": 404,
    "mfa_reauthenticate_webauthn": 404,
    "mfa_index": 302,
    "mfa_list_webauthn": 302,
    "mfa_activate_totp": 200,
    "mfa_deactivate_totp": 404,
    "mfa_view_recovery_codes": 404,
    "mfa_generate_recovery_codes": 200,
    "mfa_add_webauthn": 200,
}
"""Everybody's own account, and what its pages answer to the cast, who have neither password nor second factor."""
PASSKEYS = {"mfa_edit_webauthn", "mfa_remove_webauthn"}
"""Pages about one passkey, which here belongs to nobody of the cast."""
FOR_EVERYBODY = {"home", "account_logout", "account_phone_show", "invitation-answer", *ACCOUNT, *PASSKEYS}
"""Pages of whoever is logged in."""
POST_ONLY = {
    "operator-visit-end",
    "invitation-answer",
    "account_phone_show",
    "merchant-order-import",
    "merchant-order-note",
    "merchant-ship-left",
    "operator-settlement-lift",
    "operator-settlement-prove",
}
"""Addresses that only take forms."""
ENTRANCE = {
    "account_phone_login",
    "account_phone_login_code",
    "account_forgot",
    "account_forgot_code",
    "account_forgot_password",
    "account_login_cancel",
    "account_password_link",
    "mfa_authenticate",
    "mfa_login_webauthn",
}
PUBLIC = {"account_login", "language", "theme", "invitation", *ENTRANCE}
MAKERS = {
    "own": {"merchant": "alice", "creator": "dana", "carrier": "carrie", "operator": "olga"},
    "other": {"merchant": "charlie", "creator": "charlie", "carrier": "charlie", "operator": "olga"},
}
"""Who asked for the export of each side; nobody else sees it, not even in the same console."""
FOR_THE_MAKER = ("-export", "-export-file")
MACHINES = "v1/"
"""Addresses of machines, which carry a bearer token."""


def _routes(patterns: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


ROUTES = list(_routes(get_resolver().url_patterns))
PAGES = {str(found.name): found for route, found in ROUTES if not route.startswith(MACHINES)}
ENDPOINTS = {str(found.name): found for route, found in ROUTES if route.startswith(MACHINES)}
FOR_EVERY_MACHINE = {"api-openapi", "api-docs"}
"""What describes the API is no secret."""
TOLD = {
    "ask_later",
    "accept_ship_by",
    "refuse_ship_by",
    "extend_receipt",
    "confirm_receipt",
    "open_refund",
    "tell_refund_result",
    "change_number",
}
"""Addresses that machines only tell something; most of it only the marketplace may tell."""
SHIPS = {"ship_orders", "tell_number_wrong"}
"""Addresses by which machines ship; their own tests say who may."""
ORDERS = {"list_orders", "list_refunds", "read_order"}
"""What is open to shops and the platform alone, with a scope of its own."""
LISTS = {"list_parcels"}
"""Lists are open to every machine and hold what it may see; their own tests look into them."""
CREDENTIALS = ("shop", "creator", "carrier", "outlet", "provider", "platform")
CODES = {converter: name for name, converter in CONVERTERS.items()}


def parts_of(page: URLPattern) -> dict[str, str]:
    """Return the converter's name of every part of an address."""
    return {part: CODES.get(type(converter), str(converter)) for part, converter in page.pattern.converters.items()}


def named(page: URLPattern, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an address from what each converter names; an export is another one in each console."""
    parts = {part: values[code] for part, code in parts_of(page).items()}
    if "export" in parts:
        parts["export"] = parts["export"][audience_of(str(page.name))]
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The cast, and for each converter what it names on either side."""

    cast: Cast
    own: dict[str, Any]
    other: dict[str, Any]
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, user: str) -> Client:
        """Return the browser of one of the cast, who logs in once."""
        if user not in self.browsers:
            self.browsers[user] = as_(getattr(self.cast, user))
        return self.browsers[user]

    def address(self, page: URLPattern, *, tenant: str, item: str) -> str:
        """Return a page's address with the tenant of one side and the object of one side."""
        sides = {"own": self.own, "other": self.other}
        found = {code: sides[tenant if code in TENANTS else item][code] for code in parts_of(page).values()}
        name = str(page.name)
        values = named(page, found)
        return reverse(f"v1:{name}" if name in ENDPOINTS and name not in FOR_EVERY_MACHINE else name, kwargs=values)


@pytest.fixture(scope="module")
def planted(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Plant the world once; each test is a savepoint inside this transaction, and nothing of it stays."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # What says it is durable may open inside, as inside any test.
        with around:
            yield build()
            transaction.set_rollback(True)


@pytest.fixture
def world(planted: World, db: None) -> World:
    """Return the planted world as somebody finds it who has not been there before."""
    return replace(planted, browsers={})


def build(*, carrier: str = "zhongtong", other_carrier: str = "yuantong") -> World:
    """Plant the cast and everything that an address can name, on either side."""
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    people = cast.build(carrier_code=carrier, other_carrier_code=other_carrier)
    own_number = planting.ship(people, "06-18 10:00", carrier=carrier)
    other_number = facts.fresh_number()
    others = facts.Tenants(
        shop=people.other_shop, other_shop=people.shop, creator=people.other_creator, second_creator=people.creator
    )
    planting.write(facts.shipment(others, other_number, "06-18 10:00", carrier=other_carrier))
    shared = {"policy_name": "parcel/douyin-2022/1", "policy_profile": "douyin-2022", "policy_family": "parcel"}
    return World(
        cast=people,
        own={
            "shop": people.shop,
            "creator": people.creator,
            "carrier": people.carrier,
            "outlet": people.outlet,
            "provider": people.provider,
            "carrier_code": carrier,
            "waybill_no": own_number,
            "parcel_token": crypto.parcel_token(own_number, carrier, 1),
            "quarantine": _keep(people.provider, own_number),
            "passkey": _passkey(),
            "user": people.alice.id,
            "organisation": people.shop,
            "export": _exports(people, "own"),
            "address": _address(people.shop, people.alice.id),
            "product": _product(people.shop, "OWN"),
            "order_import": _brought(people.shop, people.alice.id),
            **_ordered(people.shop, "OWN"),
            **_judged(people.shop),
            **_asked(people.creator, people.shop, people.carrier, people.outlet, (own_number, carrier)),
            "invitation": 1,
            "invitation_token": "own".ljust(43, "-"),
            "password_token": "own".ljust(43, "-"),
            **shared,
        },
        other={
            "shop": people.other_shop,
            "creator": people.other_creator,
            "carrier": people.other_carrier,
            "outlet": people.other_outlet,
            "provider": people.other_provider,
            "carrier_code": other_carrier,
            "waybill_no": other_number,
            "parcel_token": crypto.parcel_token(other_number, other_carrier, 1),
            "quarantine": _keep(people.other_provider, other_number),
            "passkey": _passkey(),
            "user": people.charlie.id,
            "organisation": people.other_shop,
            "export": _exports(people, "other"),
            "address": _address(people.other_shop, people.charlie.id),
            "product": _product(people.other_shop, "OTHER"),
            "order_import": _brought(people.other_shop, people.charlie.id),
            **_ordered(people.other_shop, "OTHER"),
            **_judged(people.other_shop),
            **_asked(
                people.other_creator,
                people.other_shop,
                people.other_carrier,
                people.other_outlet,
                (other_number, other_carrier),
            ),
            "invitation": 2,
            "invitation_token": "other".ljust(43, "-"),
            "password_token": "other".ljust(43, "-"),
            **shared,
        },
    )


def _product(shop: ShopId, number: str) -> str:
    """Let a shop have sold a product."""
    Product.objects.create(shop_id=shop, product_id=number, name="真丝睡衣", met_at=planting.NOW)
    return number


def _brought(shop: ShopId, owner: int) -> int:
    """Let a shop have brought an order file with bad rows."""
    real_now = clock.real_now()
    with transaction.atomic():
        report = files.store(
            name="bad.csv",
            content_type="text/csv",
            chunks=[b"x"],
            expires_at=real_now + timedelta(hours=1),
            real_now=real_now,
        )
    return OrderImport.objects.create(
        id=ids.new_id(),
        shop_id=shop,
        user_id=owner,
        language="zh-hans",
        file_name="orders.csv",
        report_id=report,
        state="DONE",
        rejected=1,
        asked_at=planting.NOW,
        queued_at=real_now,
        ended_at=real_now,
    ).id


def _address(shop: ShopId, owner: int) -> int:
    """Write an address into a shop's book."""
    written = addresses.Written(
        kind="RETURN", contact="李仓管", phone="13900001234", division="330106", street="文三路 1 号"
    )
    actor = access.actor_for_shop(UserId(owner), shop)
    return addresses.add(actor=actor, shop_id=shop, written=written, now=planting.NOW, real_now=planting.NOW)


def _ordered(shop: ShopId, number: str) -> dict[str, Any]:
    """Plant an order with an after-sale record whose money failed to go back."""
    order_id = order_planting.order(shop, number)
    about = {
        "shop_id": shop,
        "order_id": order_id,
        "order_no": number,
        "amount_fen": 100,
        "policy": "order-life/default/1",
    }
    record = AfterSale.objects.create(
        id=ids.new_id(),
        kind="REFUND",
        state="REFUNDING",
        reason="NOT_WANTED",
        opened_at=planting.NOW,
        changed_at=planting.NOW,
        **about,
    )
    refund = OrderRefund.objects.create(
        id=ids.new_id(),
        after_sale_id=record.id,
        cause="AFTER_SALE",
        request_id=f"refund-{record.id}-original",
        state="WAITS_FOR_OPERATOR",
        last_outcome="FAILED",
        wanted_at=planting.NOW,
        changed_at=planting.NOW,
        **about,
    )
    return {
        "order": order_id,
        "order_no": number,
        "pack": order_planting.pack(shop, order_id, f"T{number}"),
        "after_sale": record.id,
        "refund": refund.id,
    }


def _asked(creator: int, shop: int, office: int, outlet: int, parcel: tuple[str, str]) -> dict[str, int]:
    """Plant a nudge about a parcel, and the ticket to the outlet that came of it."""
    clock = {
        "opened_at": planting.NOW,
        "asked_at": planting.NOW,
        "due_at": planting.NOW,
        "reminders": 0,
        "policy": "nudge/default/1",
    }
    about = {"waybill_no": parcel[0], "carrier": parcel[1], "life": 1, "type": "PICKUP_TIMEOUT"}
    sides = {"creator_id": creator, "shop_id": shop}
    thread = NudgeThread.objects.create(id=ids.new_id(), item_count=1, open_items=1, **sides, **clock)
    NudgeItem.objects.create(id=ids.new_id(), thread=thread, opened_at=planting.NOW, **sides, **about)
    ticket = CarrierTicket.objects.create(
        id=ids.new_id(), shop_id=shop, office_id=office, outlet_id=outlet, thread=thread, **about, **clock
    )
    return {"nudge": thread.id, "inquiry": ticket.id}


def _judged(shop: ShopId) -> dict[str, int]:
    """Plant a violation with an appeal, a picture and a banned product, and a sanction against its shop."""
    (violation,) = violation_planting.judged(shop, at=planting.NOW)
    appeal = violation_planting.appealed(violation, pictures=1, at=planting.NOW)
    return {
        "violation": violation,
        "appeal": appeal,
        "picture": violation_planting.pictures(appeal)[0],
        "ban": violation_planting.banned(violation, at=planting.NOW),
        "sanction": violation_planting.sanction(shop, at=planting.NOW),
    }


def _exports(people: Cast, side: str) -> dict[str, int]:
    """Plant one export that waits to be made for each console, and return their ids."""
    places = {
        "own": {"merchant": people.shop, "creator": people.creator, "carrier": people.carrier},
        "other": {"merchant": people.other_shop, "creator": people.other_creator, "carrier": people.other_carrier},
    }[side]
    planted = {}
    for audience, maker in MAKERS[side].items():
        planted[audience] = ids.new_id()
        ExportRecord.objects.create(
            id=planted[audience],
            kind="nothing",
            actor_kind=audience.upper(),
            organisation_ids=[places.get(audience, people.platform)],
            made_by=getattr(people, maker),
            query="",
            page="/",
            format="csv",
            language="en",
            policy="export/default/1",
            needs_code=True,
            state=ExportRecord.State.QUEUED,
            rows_total=1,
            asked_at=planting.NOW,
            queued_at=planting.NOW,
            touched_at=planting.NOW,
        )
    return planted


def _passkey() -> int:
    made = Authenticator.objects.create(
        user=cast.user("Keyholder"), type="webauthn", data={"name": "key", "credential": {}}
    )
    return int(made.pk)


def _keep(provider: int, number: str) -> int:
    new_id = ids.new_id()
    Quarantine.objects.create(
        id=new_id,
        received_at=planting.NOW,
        source="KUAIDI100",
        organisation_id=provider,
        waybill_no=number,
        reason="push.shape",
        body_encrypted=crypto.encrypt(b"{}", place=quarantine.place(new_id)),
    )
    return new_id


def as_(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def audience_of(name: str) -> str:
    """Return whose page it is; a name that tells nothing is a page somebody forgot to place."""
    if name in PUBLIC or name in FOR_EVERYBODY:
        return "everybody"
    audience = name.partition("-")[0]
    assert audience in {*MEMBERS, "operator"}, f"whose page is {name}? say it in MEMBERS, FOR_EVERYBODY or PUBLIC"
    return audience


def opened(name: str) -> int:
    """Return what a page answers to whoever may open it; the planted exports have no file yet."""
    return 409 if name.endswith("-export-file") else 200


def expected(name: str, user: str, *, tenant: str, item: str) -> int:
    """Return the status of a GET, by the rules of tenancy alone."""
    audience = audience_of(name)
    if name in POST_ONLY:
        return 405
    if name in PASSKEYS:
        return 404
    if audience == "everybody":
        return ACCOUNT.get(name, 200)
    if name.endswith(FOR_THE_MAKER):
        is_makers = user == MAKERS[item][audience] and (item == tenant or audience == "operator")
        return opened(name) if is_makers else 404
    if audience == "operator":
        if user not in OPERATORS:
            return 404
    elif user not in MEMBERS[audience][tenant] or item != tenant:
        return 404
    return 200 if user in NEEDS_MORE.get(name, USERS) else 403


def sides_of(page: URLPattern) -> list[tuple[str, str]]:
    """Return the (tenant, object) sides that make different addresses."""
    codes = set(parts_of(page).values())
    tenants = ["own", "other"] if codes & TENANTS else ["own"]
    if not codes - TENANTS:
        return [(tenant, tenant) for tenant in tenants]
    return [(tenant, item) for tenant in tenants for item in ("own", "other")]


@pytest.mark.parametrize("name", sorted({**PAGES, **ENDPOINTS}))
def test_every_part_of_an_address_has_a_converter_of_ours(name: str) -> None:
    assert set(parts_of({**PAGES, **ENDPOINTS}[name]).values()) <= set(CONVERTERS)


def test_every_converter_names_something_on_either_side(world: World) -> None:
    assert set(world.own) == set(world.other) == set(CONVERTERS)


@pytest.mark.parametrize("name", sorted(PAGES.keys() - PUBLIC))
def test_a_page_is_seen_by_its_members_and_by_nobody_else(world: World, name: str) -> None:
    page = PAGES[name]
    for tenant, item in sides_of(page):
        address = world.address(page, tenant=tenant, item=item)
        for user in USERS:
            wanted = expected(name, user, tenant=tenant, item=item if audience_of(name) != "operator" else "own")
            got = world.browser(user).get(address, headers={"referer": "http://testserver/o/"})

            assert got.status_code == wanted, f"GET {address} as {user}"


@pytest.mark.parametrize("name", sorted(PAGES.keys() - PUBLIC - FOR_EVERYBODY))
def test_a_stranger_can_send_nothing_there(world: World, name: str) -> None:
    page = PAGES[name]
    for tenant, item in sides_of(page):
        address = world.address(page, tenant=tenant, item=item)
        for user in USERS:
            if expected(name, user, tenant=tenant, item=item) == 404:
                got = world.browser(user).post(address, {"act": "discard", "leap": "1h"})

                assert got.status_code in (404, 405), f"POST {address} as {user}"
    assert set(Quarantine.objects.values_list("state", flat=True)) == {"OPEN"}


@pytest.mark.parametrize("name", sorted(PAGES.keys() - PUBLIC))
def test_who_is_not_logged_in_is_sent_to_the_login(world: World, name: str) -> None:
    page = PAGES[name]
    address = world.address(page, tenant="own", item="own")

    for got in (as_(None).get(address), as_(None).post(address)):
        assert got.status_code == 302, address
        assert got.headers["Location"].startswith(reverse("account_login"))
    if name in FOR_EVERYBODY:
        return
    partial = as_(None).get(address, headers={"hx-request": "true"})
    assert (partial.status_code, partial.headers["HX-Redirect"]) == (401, reverse("account_login"))


def test_the_login_and_the_language_are_for_everybody() -> None:
    assert as_(None).get(reverse("account_login")).status_code == 200
    assert as_(None).post(reverse("language"), {"language": "en"}).status_code == 302


def test_a_disabled_user_is_out_with_the_next_request(world: World) -> None:
    client = as_(world.cast.dana)
    address = reverse("creator-home", kwargs={"creator": world.cast.creator})
    assert client.get(address).status_code == 200

    User.objects.filter(id=world.cast.dana.id).update(is_active=False, disabled_at=planting.NOW)

    assert client.get(address).status_code == 302


CARRIER_PAGES = [name for name, page in PAGES.items() if "outlet" in parts_of(page).values()]
CREATOR_PAGES = [name for name, page in PAGES.items() if "creator" in parts_of(page).values()]


@pytest.mark.parametrize("name", sorted(CARRIER_PAGES))
def test_an_outlet_is_reached_only_through_its_own_carrier(world: World, name: str) -> None:
    mixed = {code: world.own[code] for code in parts_of(PAGES[name]).values()} | {"outlet": world.cast.other_outlet}
    address = reverse(name, kwargs=named(PAGES[name], mixed))

    for user in USERS:
        assert world.browser(user).get(address).status_code == 404, user


@pytest.mark.parametrize("name", sorted(CARRIER_PAGES))
def test_all_outlets_are_for_the_head_office(world: World, name: str) -> None:
    mixed = {code: world.own[code] for code in parts_of(PAGES[name]).values()} | {"outlet": None}
    address = reverse(name, kwargs=named(PAGES[name], mixed))

    for user in USERS:
        wanted = opened(name) if user == "carrie" else 404
        assert world.browser(user).get(address).status_code == wanted, user


@pytest.mark.parametrize("name", sorted(CREATOR_PAGES))
def test_all_creators_are_those_of_whoever_asks(world: World, name: str) -> None:
    parts = parts_of(PAGES[name])
    members = {"dana", "agency"} if {"parcel_token", "nudge"} & set(parts.values()) else {"dana", "agency", "charlie"}
    if name.endswith(FOR_THE_MAKER):
        members = {"dana"}
    values = {code: world.own[code] for code in parts.values()} | {"creator": None}
    address = reverse(name, kwargs=named(PAGES[name], values))

    for user in USERS:
        wanted = opened(name) if user in members else 404
        assert world.browser(user).get(address).status_code == wanted, user


def token_of(world: World, kind: str, side: str, *scopes: str) -> str:
    """Return a fresh token of an organisation of one side."""
    organisation = world.cast.platform if kind == "platform" else getattr(world, side)[kind]
    now = planting.NOW
    return services.create_credential(
        organisation_id=organisation, name="access", scopes=scopes, now=now, real_now=now
    )[1]


def sees(kind: str, side: str, item: str, codes: set[str]) -> bool:
    """Tell whether a machine may read a parcel: the platform all, a creator never by number, others their own."""
    match kind:
        case "platform":
            return True
        case "provider":
            return False  # Nothing of these parcels came from it.
        case "creator":
            return side == item and "waybill_no" not in codes
        case _:
            return side == item


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_machine_tells_nothing_about_what_is_not_its_own(world: World, name: str) -> None:
    endpoint = ENDPOINTS[name]
    address = world.address(endpoint, tenant="own", item="own")
    body = {"new_at": "2022-07-20T12:00:00+08:00", "reason": "NOT_WANTED", "act": "APPROVE"}

    def tell(token: str) -> int:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": f"{name}-{ids.new_id()}"}
        return Client().post(address, body, content_type="application/json", headers=headers).status_code

    for kind in CREDENTIALS:
        for side in ("own", "other"):
            is_known = kind == "platform" or (kind, side) == ("shop", "own")
            got = tell(token_of(world, kind, side, "orders:write"))
            assert got in ((403, 409, 422) if is_known else (403, 404)), f"{address} {kind} {side}"
    assert tell(token_of(world, "platform", "own", "parcels:read")) == 403
    assert Client().post(address, body, content_type="application/json").status_code == 401
    assert Client().get(address).status_code in (401, 405)


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - FOR_EVERY_MACHINE - TOLD - SHIPS - ORDERS - {"api-root"}))
def test_a_machine_reads_what_its_organisation_may_see_and_nothing_else(world: World, name: str) -> None:
    endpoint = ENDPOINTS[name]
    codes = set(parts_of(endpoint).values())
    for item in ("own", "other"):
        address = world.address(endpoint, tenant="own", item=item)
        for kind in CREDENTIALS:
            for side in ("own", "other"):
                token = token_of(world, kind, side, "parcels:read")
                got = Client().get(address, headers={"authorization": f"Bearer {token}"})

                is_open = name in LISTS or sees(kind, side, item, codes)
                assert got.status_code == (200 if is_open else 404), f"{address} {kind} {side}"
        unscoped = token_of(world, "platform", "own", "events:write")
        assert Client().get(address, headers={"authorization": f"Bearer {unscoped}"}).status_code == 403
        assert Client().get(address).status_code == 401
        assert world.browser("olga").get(address).status_code == 401


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_orders_are_open_to_their_shop_and_the_platform_alone(world: World, name: str) -> None:
    address = world.address(ENDPOINTS[name], tenant="own", item="own")
    query = {"shop_id": str(world.own["shop"])}
    for kind in CREDENTIALS:
        for side in ("own", "other"):
            token = token_of(world, kind, side, "orders:read")
            got = Client().get(address, query, headers={"authorization": f"Bearer {token}"})

            is_known = kind == "platform" or (kind, side) == ("shop", "own")
            is_empty = name == "list_orders" and (kind, side) == ("shop", "other")
            assert got.status_code == (200 if is_known or is_empty else 404), f"{address} {kind} {side}"
            assert not is_empty or got.json()["data"] == []
    unscoped = token_of(world, "platform", "own", "parcels:read")
    assert Client().get(address, query, headers={"authorization": f"Bearer {unscoped}"}).status_code == 403
    assert Client().get(address, query).status_code == 401


def test_the_description_of_the_api_is_for_everybody() -> None:
    for name in FOR_EVERY_MACHINE:
        assert Client().get(reverse(name)).status_code == 200
