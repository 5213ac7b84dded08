"""Why an order is not in a creator's list; each exclusion is planted first."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.intake import facts
from tests.orders.test_entry import enter, line, order
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.kit import crypto, ids
from yidao.kit.errors import NotVisible, Refusal
from yidao.parcels import detail, lookup
from yidao.policies import services
from yidao.policies.models import PolicyVersion
from yidao.rules import monitor
from yidao.rules.monitor import Cause
from yidao.rules.scans import Kind


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def dana(people: Cast) -> Actor:
    return access.actor_for_creator(people.dana.id, people.creator)


def cause(people: Cast, number: str) -> Cause:
    return lookup.causes(actor=dana(people), order_nos=[number], now=planting.NOW)[number]


def sold(people: Cast, number: str, creator: int, **flags: bool) -> None:
    enter(order(people.shop, number, "06-18 09:00", line(number, creator, **flags), paid="06-18 08:00"))


def test_an_order_that_was_shipped_is_shown(people: Cast) -> None:
    sold(people, "N", people.creator)
    planting.ship(people, "06-18 10:00", facts.line("N", people.creator))

    assert cause(people, "N") is Cause.SHOWN


def test_an_order_that_was_not_shipped_says_so_whether_it_waits_or_was_closed(people: Cast) -> None:
    sold(people, "WAITS", people.creator)
    enter(order(people.shop, "CLOSED", "06-18 09:00", line("CLOSED", people.creator), state="CANCELLED"))

    assert [cause(people, number) for number in ("WAITS", "CLOSED")] == [Cause.NOT_SHIPPED] * 2


def test_an_order_is_found_by_the_number_of_its_parent_and_of_its_line(people: Cast) -> None:
    enter(order(people.shop, "PARENT", "06-18 09:00", line("CHILD", people.creator)))

    assert [cause(people, number) for number in ("PARENT", "CHILD")] == [Cause.NOT_SHIPPED] * 2


@pytest.mark.parametrize("is_shipped", [True, False], ids=["shipped", "not shipped"])
@pytest.mark.parametrize(
    ("flag", "scope", "expected"),
    [
        ("is_self_sold", "self-sold", Cause.SELF_SOLD),
        ("is_cross_border", "cross-border", Cause.CROSS_BORDER),
    ],
)
def test_what_is_out_of_scope_says_why(people: Cast, flag: str, scope: str, expected: Cause, is_shipped: bool) -> None:
    sold(people, "N", people.creator, **{flag: True})
    if is_shipped:
        planting.ship(people, "06-18 10:00", facts.line("N", people.creator, scope=scope))

    assert cause(people, "N") is expected


def test_what_a_customer_sends_back_says_so(people: Cast) -> None:
    planting.ship(people, "06-18 10:00", facts.line("N", people.creator, scope="return"))

    assert cause(people, "N") is Cause.CUSTOMER_RETURN


def test_what_was_shipped_before_the_data_start_says_so(people: Cast) -> None:
    start = "2022-06-19T00:00:00+08:00"
    planting.ship(people, "06-18 23:59", facts.line("EARLY", people.creator))
    planting.ship(people, "06-19 00:00", facts.line("IN TIME", people.creator))
    assert cause(people, "EARLY") is Cause.SHOWN

    begin(start)

    assert [cause(people, number) for number in ("EARLY", "IN TIME")] == [Cause.BEFORE_DATA_START, Cause.SHOWN]


def test_what_was_shipped_before_the_data_start_cannot_be_opened_either(people: Cast) -> None:
    number = planting.ship(people, "06-18 23:59", facts.line("EARLY", people.creator))
    token = crypto.parcel_token(number, "zhongtong", 1)
    shop = access.actor_for_shop(people.alice.id, people.shop)
    assert detail.by_token(token, actor=dana(people), now=planting.NOW).order_nos == ("EARLY",)

    begin("2022-06-19T00:00:00+08:00")

    with pytest.raises(NotVisible):
        detail.by_token(token, actor=dana(people), now=planting.NOW)
    assert detail.by_token(token, actor=shop, now=planting.NOW).order_nos == ("EARLY",)


def test_a_voided_parcel_is_as_good_as_none(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("N", people.creator))
    planting.scan(number, "06-18 12:00", Kind.VOIDED)

    assert cause(people, "N") is Cause.NOT_SHIPPED


def test_anothers_order_is_answered_like_one_that_does_not_exist_by_the_same_statements(people: Cast) -> None:
    sold(people, "OTHERS", people.second_creator)
    planting.ship(people, "06-18 10:00", facts.line("OTHERS", people.second_creator))
    sold(people, "NOBODYS", None)  # type: ignore[arg-type]
    actor, asked = dana(people), {}

    for number in ("OTHERS", "NOBODYS", "NOSUCH"):
        with CaptureQueriesContext(connection) as captured:
            answer = lookup.causes(actor=actor, order_nos=[number], now=planting.NOW)[number]
        asked[number] = (answer, [each["sql"].replace(number, "?") for each in captured])

    assert asked["OTHERS"] == asked["NOBODYS"] == asked["NOSUCH"]
    assert asked["OTHERS"][0] is Cause.UNKNOWN


def test_five_hundred_numbers_cost_two_statements_and_one_more_is_refused(
    people: Cast, django_assert_num_queries: Any
) -> None:
    numbers = [f"N{each}" for each in range(lookup.NUMBERS_MAX)]
    sold(people, "N7", people.creator)
    actor = dana(people)

    with django_assert_num_queries(2):
        found = lookup.causes(actor=actor, order_nos=numbers, now=planting.NOW)
    with pytest.raises(Refusal, match="too_many"):
        lookup.causes(actor=actor, order_nos=[*numbers, "M"], now=planting.NOW)

    assert {number for number, each in found.items() if each is not Cause.UNKNOWN} == {"N7"}


def test_an_agency_looks_orders_of_all_its_creators_up(people: Cast) -> None:
    sold(people, "N", people.second_creator)
    agency = access.actor_for_creator(people.agency.id, None)

    assert lookup.causes(actor=agency, order_nos=["N"], now=planting.NOW) == {"N": Cause.NOT_SHIPPED}


def begin(start: str) -> None:
    """Publish another data start, in force since the cast was made."""
    version = PolicyVersion.objects.get(name="monitor/douyin-2021/1")
    body = {"data_start": start}
    assert monitor.from_body("monitor/douyin-2021/2", body)
    PolicyVersion.objects.create(
        id=ids.new_id(),
        family="monitor",
        profile="douyin-2021",
        version=2,
        name="monitor/douyin-2021/2",
        scope_kind="PLATFORM",
        scope_id="",
        effective_from=version.effective_from,
        body=body,
        sha256=services.body_digest(body),
        published_at=version.published_at,
    )
