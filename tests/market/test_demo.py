"""A small demo played through the real intake: the guarantee of its filters, its fixed cases, its driver's promises."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from yidao.config import database
from yidao.market import data, scripts, stamps, wires
from yidao.rules import episodes, nudging

TYPES = (
    "PICKUP_SOON", "PICKUP_TIMEOUT", "DISPATCH_TIMEOUT", "TRANSIT_TIMEOUT", "DELIVERY_TIMEOUT", "SIGN_ADDR_MISMATCH",
    "PARCEL_DAMAGED", "TRANSIT_EXCEPTION", "DELIVERY_EXCEPTION", "OTHER",
)  # fmt: skip
SHOWN = {
    "SHIPPED_AWAIT_PICKUP": {"SHIPPED_AWAIT_PICKUP"},
    "PICKED_AWAIT_TRANSIT": {"PICKED_AWAIT_TRANSIT"},
    "IN_TRANSIT_AWAIT_DELIVERY": {"IN_TRANSIT_AWAIT_DELIVERY"},
    "OUT_FOR_DELIVERY": {"OUT_FOR_DELIVERY"},
    "AWAIT_COLLECTION": {"AWAIT_COLLECTION"},
    "SIGNED": {"SIGNED"},
    "REJECTED": {"REJECTED", "RETURNING", "RETURN_SIGNED", "INTERCEPTED"},
}
OF_SHOP = {
    *(f"order/{state}/" for state in (
        "PENDING_PAYMENT", "TO_SHIP", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "COMPLETED"
    )),
    *(f"promise/{kind}/" for kind in ("H48", "H24", "NEXT_DAY", "PRESALE_FULL", "SPOT_AND_PRESALE", "APPOINTMENT")),
    *(f"after-sale/{state}/REFUND" for state in ("AWAIT_SHOP", "DONE", "REFUSED", "WITHDRAWN")),
    *(f"after-sale/{state}/RETURN_REFUND" for state in ("AWAIT_SHOP", "AWAIT_RETURN", "AWAIT_RECEIPT", "DONE")),
    *(f"after-sale/{state}/EXCHANGE" for state in ("AWAIT_SHOP", "AWAIT_RETURN", "AWAIT_RECEIPT", "DONE")),
    *(f"card/{state}/" for state in ("WAITING", "ACCEPTED", "REFUSED", "LAPSED")),
    *(f"violation/{state}/" for state in ("OPEN", "APPEALING", "UPHELD", "REVERSED")),
    *(f"money/{state}/" for state in ("PENDING", "DEDUCTED", "REFUNDED", "OVER_ORDER")),
    *(f"appeal/{state}/" for state in ("OPEN", "ACCEPTED", "REFUSED")),
    "ban/LIVE/",
    "label/DEADLINE_CHANGED/",
}  # fmt: skip
"""What has rows for the big shop on the side of its orders."""
PARCELS = 1500
SECONDS_MAX = 900
PLAY = "import yidao.config.ready; from tests.market import played; played.main()"


def _stamp(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.fixture(scope="module")
def played(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Return what was seen in a demo that was played in a database of its own."""
    name = f"yidao_test_{os.getpid()}_demo"
    identifier = sql.Identifier(name)
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
        try:
            yield _play(database.with_database(database_server, name), tmp_path_factory.mktemp("keys"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def _play(url: str, keys: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PLAY],
        capture_output=True,
        timeout=SECONDS_MAX,
        cwd=Path(__file__).resolve().parents[2],
        env={
            **os.environ,
            "YIDAO_DATABASE_URL": url,
            "YIDAO_KEYS_FILE": str(keys / "keys.json"),
            "YIDAO_DEMO_PARCELS": str(PARCELS),
            "YIDAO_DEMO_RATE": "0.001",
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    return json.loads(done.stdout)


GROUPS = {reason.name: episodes.reason_group(reason).name for reason in episodes.Reason}


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["dana", "alice"], ids=["the big creator", "the big shop"])
def test_at_every_hour_every_value_of_every_filter_has_rows(whom: str, played: dict[str, Any]):
    for hour, moment in enumerate(played["moments"]):
        values = set(moment[whom])
        statuses = {value.split("/")[1] for value in values if value.startswith("status/")}

        missing = {f"type/{name}/{state}" for name in TYPES for state in ("OPEN", "CLOSED")} - values
        missing |= {shown for shown, ours in SHOWN.items() if not ours & statuses}
        missing |= {f"carrier/{carrier.code}/" for carrier in data.CARRIERS} - values
        reasons = {value.split("/")[1] for value in values if value.startswith("reason/")}
        missing |= {group.name for group in episodes.ReasonGroup} - {GROUPS[reason] for reason in reasons}
        missing |= {"closing/NOT_LATE/", "closing/UPGRADED/"} - values
        missing |= {f"nudge/{state.name}/" for state in nudging.State} - values
        # Nobody makes files in this test, so the one that is asked for waits.
        missing |= {f"export/{state}/" for state in ("QUEUED", "FAILED", "CANCELLED", "EXPIRED")} - values
        if whom == "alice":
            missing |= {f"ticket/{state.name}/" for state in nudging.State} - values
            missing |= OF_SHOP - values
        if whom == "dana":
            missing |= {"data/before/", "data/since/"} - values
        assert not missing, f"{hour} hours after the opening"


@pytest.mark.slow
def test_every_choice_of_the_forms_of_the_lists_finds_something_at_every_moment(played: dict[str, Any]):
    empty = {choice for found in played["empty"].values() for choice in found}

    # A shop that sells at home has nothing in customs.
    assert {choice for choice in empty if "status=CUSTOMS_" not in choice} == set()


@pytest.mark.slow
def test_each_cause_for_which_an_order_is_not_shown_has_its_case(played: dict[str, Any]):
    told = played["causes"]

    assert {key: told[key] for key in EXPECTED_CAUSES} == EXPECTED_CAUSES
    assert {cause for key, cause in told.items() if key not in EXPECTED_CAUSES} == {"SHOWN"}


EXPECTED_CAUSES = {
    "self-sold": "SELF_SOLD",
    "sent-back": "CUSTOMER_RETURN",
    "customs": "CROSS_BORDER",
    "before-data-start": "BEFORE_DATA_START",
    "not-shipped": "NOT_SHIPPED",
    "events-first": "NOT_SHIPPED",
    "flash-sale": "NOT_SHIPPED",
    "150-days": "NOT_SHIPPED",
}


@pytest.mark.slow
def test_lines_name_shows_and_products_and_every_scope_has_some(played: dict[str, Any]):
    in_shows, named, shows, *out_of_scope = played["lines"]

    assert in_shows > PARCELS / 2
    assert named > PARCELS
    assert shows > 50
    assert min(out_of_scope) > 0


@pytest.mark.slow
def test_orders_are_known_before_they_are_shipped_and_some_never_are(played: dict[str, Any]):
    told = played["orders"]

    assert told["SHIPPED"] + told["COMPLETED"] > PARCELS * 0.9
    assert min(told["TO_SHIP"], told["CANCELLED"], told["PENDING_PAYMENT"]) > 0


@pytest.mark.slow
def test_sixty_late_orders_of_one_day_meet_the_cap_of_their_shop(played: dict[str, Any]):
    told = {(ordinal, cause): (count, fen) for ordinal, cause, count, fen in played["flash_sale"]}

    # Others of the shop may have been late on that day too; the cap is the shop's.
    assert told[1, ""][0] + told[1, "CAP"][0] == 60
    assert told[1, "CAP"][0] >= 10
    assert played["dearest_day"] == 50_000
    assert sum(count for (ordinal, _), (count, _) in told.items() if ordinal == 2) == 60


@pytest.mark.slow
def test_an_order_of_150_days_is_closed_and_its_refund_waits_for_somebody_once_the_route_failed(played: dict[str, Any]):
    ((state, cause, refund, tries),) = played["old_order"]

    assert (state, refund) == ("CANCELLED", "WAITS_FOR_OPERATOR")
    assert cause
    assert tries > 1


@pytest.mark.slow
def test_the_books_of_the_demo_agree(played: dict[str, Any]):
    entries, faults = played["proof"]

    assert entries > 100
    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [each for each in (*scripts.SCRIPTS, *scripts.LATER_SCRIPTS) if each.shows],
    ids=lambda script: f"the case {script.key}",
)
def test_a_fixed_case_shows_its_anomaly_open_at_the_opening(script: scripts.Script, played: dict[str, Any]):
    _, *anomalies = played["at_opening"][script.key]

    assert script.shows in {kind for kind, state, _ in anomalies if state == "OPEN"}


@pytest.mark.slow
def test_a_number_that_comes_back_is_told_apart_from_its_first_life(played: dict[str, Any]):
    (status,), *anomalies = played["at_opening"]["number-again"]

    assert status == "IN_TRANSIT_AWAIT_DELIVERY"
    assert "OTHER" in {kind for kind, state, _ in anomalies if state == "OPEN"}


@pytest.mark.slow
def test_a_late_push_that_proves_pickup_in_time_closes_as_not_late(played: dict[str, Any]):
    _, *anomalies = played["after_a_day"]["late-proof"]

    assert ["PICKUP_TIMEOUT", "CLOSED", "NOT_LATE"] in anomalies


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("in-and-out-of-the-locker", "SIGNED"),
        ("signed-on-return", "RETURN_SIGNED"),
        ("said-again", "SIGNED"),
        ("signature-taken-back", "SIGNED"),
        ("two-sources", "OUT_FOR_DELIVERY"),
        ("customs", "CUSTOMS_FAILED"),
    ],
    ids=lambda value: str(value),
)
def test_a_history_worth_showing_stands_where_it_should_at_the_opening(case: str, status: str, played: dict[str, Any]):
    assert played["at_opening"][case][0] == [status]


@pytest.mark.slow
def test_a_signature_that_is_taken_back_brings_the_parcel_back_to_the_courier(played: dict[str, Any]):
    assert played["after_a_day"]["signature-taken-back"][0] == ["OUT_FOR_DELIVERY"]


@pytest.mark.slow
def test_the_market_is_understood_but_for_what_it_breaks_on_purpose(played: dict[str, Any]):
    history = played["history"]

    assert set(played["problems"]) <= {"tracking.time_out_of_range", "", "parcel.number_in_use"}
    assert history["ACCEPTED"] > 5 * PARCELS
    assert history.get("REJECTED", 0) + history["HTTP 400"] < 100


@pytest.mark.slow
def test_a_player_that_begins_anew_repeats_what_is_known_and_goes_on(played: dict[str, Any]):
    assert played["again"]["DUPLICATE"] > 0
    assert played["again"]["ACCEPTED"] > 0
    assert played["wishes"] == ["DONE"]


@pytest.mark.slow
def test_a_carrier_that_is_silent_for_six_hours_is_noticed_and_let_go(played: dict[str, Any]):
    carrier = next(each for each in data.CARRIERS if wires.silent_until(each, _stamp("2022-06-20T12:00:00+08:00")))

    found = [each for each in played["outages"] if each[0] == carrier.code and each[3]]
    (since, noticed_at, released_at) = [_stamp(each) for each in found[-1][1:]]
    ends = wires.silent_until(carrier, _stamp("2022-06-20T12:00:00+08:00"))
    begins = ends - wires.SILENCE_HOURS * stamps.HOUR
    assert begins - 2 * stamps.HOUR <= since <= begins + stamps.HOUR
    assert since < noticed_at <= ends < released_at <= ends + 7 * stamps.HOUR


@pytest.mark.slow
def test_what_is_stored_equals_a_fresh_fold_of_the_facts(played: dict[str, Any]):
    assert played["differences"] == []


@pytest.mark.slow
def test_there_is_a_login_for_every_role(played: dict[str, Any]):
    first = ["alice", "bob", "charlie", "dana", "mandy", "henry", "otto", "petra", "olga"]
    assert played["logins"] == [*first, "wendy", "fiona", "walt", "vera", "clara"]
