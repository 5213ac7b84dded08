"""Warnings before D: one notice for a shop and round, each step once, and what a shop chose holds from then on."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from tests.orders import world
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import OrganisationId, UserId
from yidao.audit.models import AuditEntry
from yidao.kit import ids, sweeps
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices import kinds
from yidao.notices.models import Notice
from yidao.orders import choosing, settings, warnings
from yidao.orders.shop_models import ShopSetting
from yidao.rules.warning import Step, Unit

pytestmark = pytest.mark.django_db


def sweep(at: str) -> int:
    return sweeps.sweep_until_quiet((warnings.CONCERN,), now=world.moment(at))["warning"]


def told(shop: int) -> list[dict[str, Any]]:
    return [each.params for each in Notice.objects.filter(organisation_id=shop).order_by("id")]


def owner(shop: int, *permissions: Permission) -> Actor:
    return Actor(
        user_id=UserId(ids.new_id()),
        credential_id=None,
        kind=ActorKind.MERCHANT,
        organisation_ids=(OrganisationId(shop),),
        permissions=frozenset(permissions or (Permission.SHOP_SETTINGS,)),
    )


def choose(actor: Actor, shop: int, *steps: str, at: str = "06-18 12:00", hours: int = 1, seen: int = 0) -> None:
    now = world.moment(at)
    choosing.choose(
        actor=actor, shop_id=shop, steps=steps, notice_round_hours=hours, seen_version=seen, now=now, real_now=now
    )


def test_a_shop_hears_once_for_each_step_and_round() -> None:
    shop = ids.new_id()
    world.place(shop, paid="06-18 10:05")
    world.place(shop, paid="06-18 10:50")
    world.place(shop, paid="06-18 22:00")

    assert (sweep("06-19 09:59"), told(shop)) == (0, [])
    assert (sweep("06-19 10:00"), told(shop)) == (2, [{"count": 2, "50%": 2}])
    assert (sweep("06-19 10:59"), told(shop)) == (0, [{"count": 2, "50%": 2}])
    sweep("06-20 04:00")
    assert told(shop)[1:] == [{"count": 3, "360m": 2, "50%": 1}]
    sweep("06-20 09:30")
    sweep("06-20 16:30")
    sweep("06-20 21:30")
    assert told(shop)[2:] == [{"count": 2, "60m": 2}, {"count": 1, "360m": 1}, {"count": 1, "60m": 1}]
    assert sweep("06-21 21:00") == 0


def test_what_comes_in_later_in_a_round_is_added_to_its_notice() -> None:
    shop = ids.new_id()
    world.place(shop, paid="06-18 10:05")
    sweep("06-20 09:10")
    world.place(shop, paid="06-18 10:20", now="06-20 09:20")
    sweep("06-20 09:20")

    assert told(shop) == [{"count": 2, "60m": 2}]


def test_after_d_the_judge_speaks_and_nobody_warns() -> None:
    shop = ids.new_id()
    order = world.place(shop, paid="06-18 10:05")

    sweep("06-20 10:05")

    assert told(shop) == []
    assert (world.head(order).warn_due_at, world.head(order).warned_count) == (None, 3)


def test_each_shop_hears_of_its_own_alone() -> None:
    shops = [ids.new_id() for _ in range(20)]
    for shop in shops:
        world.place(shop, paid="06-18 10:05")

    assert sweep("06-19 10:00") == 20
    assert [told(shop) for shop in shops] == [[{"count": 1, "50%": 1}]] * 20


def test_a_warning_stands_in_words() -> None:
    kind = kinds.of("warning.due")
    assert kind is not None
    assert kind.words is not None
    with translation.override("en"):
        words = kind.words({"count": 6, "50%": 1, "360m": 2, "90m": 3})

    assert words == {"steps": "90 minutes left: 3; 6 hours left: 2; 50% of the time over: 1"}


def test_new_steps_hold_for_what_waits_and_nothing_behind_is_told() -> None:
    shop = ids.new_id()
    order = world.place(shop, paid="06-18 10:05")
    world.place(shop, paid="06-10 10:00")
    sweep("06-19 10:00")
    before = told(shop)

    choose(owner(shop), shop, "75%", "1440m", "120m", at="06-19 20:00")

    assert sweep("06-19 20:00") == 1
    assert told(shop) == before
    assert world.head(order).warn_due_at == world.moment("06-19 22:00")
    sweep("06-19 22:00")
    sweep("06-20 08:00")
    assert told(shop)[1:] == [{"count": 1, "75%": 1}, {"count": 1, "120m": 1}]


def test_a_shop_that_wants_none_hears_nothing() -> None:
    shop = ids.new_id()
    choose(owner(shop), shop)
    world.place(shop, paid="06-18 13:00")

    assert (sweep("06-20 12:30"), told(shop)) == (0, [])


def of(shop: int, at: str = "06-18 12:00") -> settings.Settings:
    now: datetime = world.moment(at)
    connection.ensure_connection()
    return settings.of(connection.connection, [shop], now=now)[shop]


def test_without_a_choice_the_policy_speaks() -> None:
    found = of(ids.new_id())

    assert (found.warn_steps, found.notice_round_hours, found.is_own) == (found.policy.steps, 1, False)


def test_a_choice_is_kept_with_who_made_it() -> None:
    shop = ids.new_id()
    alice = owner(shop)

    choose(alice, shop, "50%", "90m", hours=4)

    found = of(shop)
    assert (found.warn_steps, found.notice_round_hours, found.version, found.is_own) == (
        (Step(Unit.PERCENT, 50), Step(Unit.MINUTES, 90)),
        4,
        1,
        True,
    )
    entry = AuditEntry.objects.get(act="shop.settings_changed", organisation_id=shop)
    assert (entry.actor_user_id, entry.details) == (alice.user_id, {"steps": ["50%", "90m"], "round_hours": 4})


def test_choosing_the_same_again_changes_nothing() -> None:
    shop = ids.new_id()
    alice = owner(shop)
    choose(alice, shop, "50%")
    choose(alice, shop, "50%", seen=1, at="06-19 12:00")

    assert ShopSetting.objects.get(shop_id=shop).version == 1
    assert AuditEntry.objects.filter(organisation_id=shop).count() == 1


def test_a_longer_round_alone_warns_nobody_anew() -> None:
    shop = ids.new_id()
    alice = owner(shop)
    choose(alice, shop, "50%")
    since = of(shop).warn_since
    choose(alice, shop, "50%", hours=8, seen=1, at="06-19 12:00")

    assert (of(shop).warn_since, of(shop).notice_round_hours) == (since, 8)


def test_two_who_choose_at_once_do_not_overwrite_each_other() -> None:
    shop = ids.new_id()
    alice = owner(shop)
    choose(alice, shop, "50%")

    with pytest.raises(choosing.SettingsChanged):
        choose(alice, shop, "60%")
    assert of(shop).warn_steps == (Step(Unit.PERCENT, 50),)


def test_what_cannot_be_chosen_is_refused_with_every_fault() -> None:
    shop = ids.new_id()

    with pytest.raises(choosing.SettingsRefused) as refused:
        choose(owner(shop), shop, "50%", "50%", "soon", hours=5)

    assert [each.code for each in refused.value.faults] == ["UNREADABLE", "TWICE", "OUT_OF_RANGE"]
    assert not ShopSetting.objects.filter(shop_id=shop).exists()


def test_others_shops_and_other_roles_choose_nothing() -> None:
    shop = ids.new_id()

    with pytest.raises(NotVisible):
        choose(owner(ids.new_id()), shop, "50%")
    with pytest.raises(Forbidden):
        choose(owner(shop, Permission.ORDERS_SHIP), shop, "50%")
    with pytest.raises(Forbidden):
        choose(dataclasses.replace(owner(shop), is_visiting=True), shop, "50%")


def test_the_round_is_told_by_its_beginning() -> None:
    shop = ids.new_id()
    world.place(shop, paid="06-18 10:05")
    sweep("06-20 09:40")

    (notice,) = Notice.objects.filter(organisation_id=shop)
    began = world.moment("06-20 09:00") - timedelta(0)
    assert (notice.key, notice.address) == (f"warning.due/{began:%Y-%m-%dT%H:%M}", warnings.ADDRESS)
