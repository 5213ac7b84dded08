"""Address books: encrypted, whole, one default of a kind, and nobody else's."""

import dataclasses
from typing import Any

import pytest
from django.db import connection

from tests.web.cast import NOW
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import OrganisationId, UserId
from yidao.audit.models import AuditEntry
from yidao.kit import crypto, ids
from yidao.kit.errors import Forbidden, NotVisible
from yidao.places import addresses, divisions
from yidao.places.addresses import AddressChanged, AddressRefused, TooManyAddresses, Written
from yidao.places.models import ShopAddress

pytestmark = pytest.mark.django_db

AT: dict[str, Any] = {"now": NOW, "real_now": NOW}
WRITTEN = Written(
    kind="SHIP_FROM", contact="李仓管", phone="13900001234", division="330782", street="  北苑街道  春晗路 8 号 "
)


@pytest.fixture
def shop() -> int:
    return ids.new_id()


def owner(shop: int, **changes: Any) -> Actor:
    plain = Actor(
        user_id=UserId(ids.new_id()),
        credential_id=None,
        kind=ActorKind.MERCHANT,
        organisation_ids=(OrganisationId(shop),),
        permissions=frozenset({Permission.SHOP_SETTINGS}),
    )
    return dataclasses.replace(plain, **changes)


def clerk(shop: int) -> Actor:
    return owner(shop, permissions=frozenset({Permission.ORDERS_SHIP}))


def add(shop: int, **changes: Any) -> int:
    return addresses.add(actor=owner(shop), shop_id=shop, written=dataclasses.replace(WRITTEN, **changes), **AT)


def defaults(shop: int) -> set[int]:
    return {each.id for each in addresses.addresses(actor=owner(shop), shop_id=shop) if each.is_default}


def test_the_first_address_of_a_kind_is_the_default(shop: int) -> None:
    first, second, back = add(shop), add(shop), add(shop, kind="RETURN")

    assert defaults(shop) == {first, back}
    assert [each.id for each in addresses.addresses(actor=owner(shop), shop_id=shop)] == [first, second, back]


def test_an_address_is_tidy_and_lies_encrypted(shop: int) -> None:
    made = add(shop)

    stored = ShopAddress.objects.get(id=made)
    assert "春晗路".encode() not in bytes(stored.street)
    assert crypto.decrypt(stored.phone, place=f"shop_address.phone/{made}") == b"13900001234"
    row = addresses.address(made, actor=owner(shop), shop_id=shop)
    assert (row.contact, row.phone, row.street) == ("李仓管", "13900001234", "北苑街道 春晗路 8 号")
    assert divisions.full_name(row.division) == "浙江省金华市义乌市"


def test_who_does_not_keep_the_book_sees_phones_masked(shop: int) -> None:
    made = add(shop)

    assert addresses.address(made, actor=clerk(shop), shop_id=shop).phone == "****1234"


def test_another_default_takes_the_place_of_the_first(shop: int) -> None:
    add(shop)
    second = add(shop, is_default=True)
    third = add(shop)
    assert defaults(shop) == {second}

    addresses.make_default(third, actor=owner(shop), shop_id=shop, **AT)
    addresses.make_default(third, actor=owner(shop), shop_id=shop, **AT)

    assert defaults(shop) == {third}
    assert AuditEntry.objects.filter(organisation_id=shop, act="address.made_default").count() == 1


def test_the_newest_other_inherits_from_a_default_that_is_removed(shop: int) -> None:
    first, _second, third = add(shop), add(shop), add(shop)

    addresses.remove(first, actor=owner(shop), shop_id=shop, **AT)

    assert defaults(shop) == {third}
    with pytest.raises(NotVisible):
        addresses.remove(first, actor=owner(shop), shop_id=shop, **AT)


def test_a_changed_address_keeps_its_kind_and_place(shop: int) -> None:
    made = add(shop)
    fresh = dataclasses.replace(WRITTEN, kind="RETURN", contact="王五", division="441900")

    addresses.change(made, actor=owner(shop), shop_id=shop, written=fresh, seen_version=0, **AT)

    row = addresses.address(made, actor=owner(shop), shop_id=shop)
    assert (row.kind, row.contact, row.division, row.is_default, row.version) == (
        "SHIP_FROM",
        "王五",
        "441900",
        True,
        1,
    )
    with pytest.raises(AddressChanged):
        addresses.change(made, actor=owner(shop), shop_id=shop, written=WRITTEN, seen_version=0, **AT)


def test_changing_one_can_make_it_the_default(shop: int) -> None:
    add(shop)
    second = add(shop)
    fresh = dataclasses.replace(WRITTEN, is_default=True)

    addresses.change(second, actor=owner(shop), shop_id=shop, written=fresh, seen_version=0, **AT)

    assert defaults(shop) == {second}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"kind": "HOME"}, ["kind"], id="a kind nobody knows"),
        pytest.param({"contact": " "}, ["contact"], id="nobody"),
        pytest.param({"phone": "1390000"}, [], id="a short number can be a landline"),
        pytest.param({"phone": "call me"}, ["phone"], id="no number"),
        pytest.param({"division": "330000"}, ["division"], id="a whole province"),
        pytest.param({"division": "330100"}, ["division"], id="a city that has districts"),
        pytest.param({"division": "441900"}, [], id="a city without districts"),
        pytest.param({"division": "710000"}, [], id="a province without cities"),
        pytest.param({"division": "999999", "street": ""}, ["division", "street"], id="nowhere, every fault at once"),
        pytest.param({"street": "路" * 121}, ["street"], id="more than fits on a label"),
    ],
)
def test_an_address_must_be_whole(shop: int, changes: dict[str, Any], fields: list[str]) -> None:
    if not fields:
        assert add(shop, **changes)
        return
    with pytest.raises(AddressRefused) as refused:
        add(shop, **changes)

    assert [each.pointer for each in refused.value.faults] == fields
    assert not ShopAddress.objects.filter(shop_id=shop).exists()


def test_a_book_has_a_limit(shop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_MAX", 2)
    add(shop)
    second = add(shop)

    with pytest.raises(TooManyAddresses):
        add(shop)
    addresses.remove(second, actor=owner(shop), shop_id=shop, **AT)
    assert add(shop)


def test_another_shops_book_is_not_there(shop: int) -> None:
    made, other = add(shop), ids.new_id()

    with pytest.raises(NotVisible):
        addresses.addresses(actor=owner(other), shop_id=shop)
    with pytest.raises(NotVisible):
        addresses.address(made, actor=owner(other), shop_id=other)
    with pytest.raises(NotVisible):
        addresses.remove(made, actor=owner(other), shop_id=other, **AT)
    with pytest.raises(NotVisible):
        addresses.addresses(actor=owner(shop, kind=ActorKind.CREATOR), shop_id=shop)


def test_other_roles_and_visitors_change_nothing(shop: int) -> None:
    made = add(shop)

    for who in (clerk(shop), owner(shop, is_visiting=True)):
        with pytest.raises(Forbidden):
            addresses.add(actor=who, shop_id=shop, written=WRITTEN, **AT)
        with pytest.raises(Forbidden):
            addresses.make_default(made, actor=who, shop_id=shop, **AT)
        with pytest.raises(Forbidden):
            addresses.remove(made, actor=who, shop_id=shop, **AT)
        with pytest.raises(Forbidden):
            addresses.change(made, actor=who, shop_id=shop, written=WRITTEN, seen_version=0, **AT)
    assert len(addresses.addresses(actor=owner(shop), shop_id=shop)) == 1


def test_shops_ship_from_their_default(shop: int) -> None:
    add(shop)
    add(shop, division="440305", is_default=True)
    add(shop, kind="RETURN", division="110105")
    connection.ensure_connection()

    assert addresses.default_division(connection.connection, [shop, ids.new_id()]) == {shop: "440305"}


def test_divisions_lie_within_each_other() -> None:
    assert [each.code for each in divisions.below("")][:2] == ["110000", "120000"]
    assert [each.name for each in divisions.below("330000")][:2] == ["杭州市", "宁波市"]
    assert divisions.below("330106") == ()
    assert (divisions.full_name("110105"), divisions.full_name("1"), divisions.of("1")) == ("北京市朝阳区", "", None)
    (hangzhou, *_rest) = divisions.below("330000")
    assert (divisions.shown_name(hangzhou, "zh-hans"), divisions.shown_name(hangzhou, "en")) == (
        "杭州市",
        "Hangzhou 杭州市",
    )
