"""How an organisation is found by what people type of its name, and that old rows are found like new ones."""

import importlib

import pytest
from django.apps import apps

from tests.web.cast import NOW, organisation
from yidao.accounts import names, queries
from yidao.accounts.models import Membership, Organisation, User
from yidao.kit import ids

Kind = Organisation.Kind
NAMES = ("花间集", "集花间", "ABC旗舰店", "重庆小面（总店）", "三只松鼠")


@pytest.fixture
def shops(db: None) -> dict[str, int]:
    return {name: organisation(Kind.SHOP, name) for name in NAMES}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("花间", {"花间集", "集花间"}, id="a part of the name"),
        pytest.param("花", {"花间集", "集花间"}, id="one character"),
        pytest.param("花间集", {"花间集"}, id="all of it, and not the same characters in another order"),
        pytest.param("hjj", {"花间集"}, id="initials"),
        pytest.param("HuaJian", {"花间集", "集花间"}, id="pinyin in any case"),
        pytest.param("hua jian ji", {"花间集"}, id="pinyin with blanks"),
        pytest.param("abcqjd", {"ABC旗舰店"}, id="latin letters stay among the initials"),
        pytest.param("小面总店", {"重庆小面（总店）"}, id="signs do not matter"),
        pytest.param("chongqing", {"重庆小面（总店）"}, id="a character read two ways is read by its word"),
        pytest.param("不存在", set(), id="nobody's name"),
        pytest.param("（）%_", set(), id="signs alone"),
        pytest.param("", set(), id="nothing"),
        pytest.param("花\x00间", {"花间集", "集花间"}, id="what no text may hold"),
    ],
)
def test_a_shop_is_found_by(shops: dict[str, int], typed: str, found: set[str]) -> None:
    got = queries.find_shops(typed, limit=50, among=shops.values())

    assert {shops[name] for name in found} == set(got)


def test_only_shops_among_those_asked_for_are_found_and_no_more_than_wanted(shops: dict[str, int]) -> None:
    organisation(Kind.CREATOR, "花间达人")

    assert queries.find_shops("花间", limit=50, among=[shops["集花间"]]) == (shops["集花间"],)
    assert len(queries.find_shops("花间", limit=1, among=shops.values())) == 1
    assert queries.find_shops("花间", limit=50, among=[]) == ()
    assert len(queries.find_organisations("花间", kind=Kind.CREATOR, limit=50)) == 1


def test_the_migration_gives_old_rows_the_keys_of_new_ones_and_clerks_of_shops_their_new_role(
    shops: dict[str, int],
) -> None:
    platform = organisation(Kind.PLATFORM, "平台")
    person = User.objects.create(id=ids.new_id(), login=f"old-{ids.new_id()}", name="Old", password="!")
    for each in (platform, shops["花间集"]):
        Membership.objects.create(user=person, organisation_id=each, role="CLERK", joined_at=NOW)
    Organisation.objects.update(name_pinyin="", name_initials="", name_grams=[])
    migration = importlib.import_module("yidao.accounts.migrations.0003_clerks_serve_and_names_are_found")

    migration.clerks_serve(apps, None)
    migration.names_are_found(apps, None)

    roles = dict(Membership.objects.filter(user=person).values_list("organisation_id", "role"))
    assert roles == {platform: "CLERK", shops["花间集"]: "SERVICE"}
    for name, shop in shops.items():
        row, keys = Organisation.objects.get(id=shop), names.keys(name)
        assert (row.name_pinyin, row.name_initials, tuple(row.name_grams)) == (keys.pinyin, keys.initials, keys.grams)
