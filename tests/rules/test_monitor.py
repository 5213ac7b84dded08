"""What a creator's monitor shows, since when, and which cause an order is answered with."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from yidao.rules import bodies, monitor
from yidao.rules.instants import NEVER, Instant, instant
from yidao.rules.monitor import MONITOR_DOUYIN_2021, Cause, LineFacts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "monitor.md"
START = MONITOR_DOUYIN_2021.data_start
BEFORE = Instant(START - 1)


def line(*flags: str, shipped: Instant = NEVER) -> LineFacts:
    return LineFacts(
        is_self_sold="self-sold" in flags,
        is_cross_border="cross-border" in flags,
        is_customer_return="return" in flags,
        shipped_at=shipped,
    )


def test_the_shipped_version_begins_on_the_manuals_day_at_midnight_in_shanghai():
    assert instant(datetime.fromisoformat("2021-10-29T00:00:00+08:00")) == START


@pytest.mark.parametrize(
    ("flags", "is_shown"),
    [
        pytest.param((), True, id="an order he promoted"),
        pytest.param(("self-sold",), False, id="his own sale"),
        pytest.param(("cross-border",), False, id="an import"),
        pytest.param(("return",), False, id="goods sent back"),
    ],
)
def test_scope_belongs_to_the_line(flags, is_shown):
    assert monitor.is_in_scope(line(*flags)) is is_shown


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        pytest.param([], Cause.UNKNOWN, id="no line of his"),
        pytest.param([line(shipped=START)], Cause.SHOWN, id="shipped at the very start"),
        pytest.param([line(shipped=BEFORE)], Cause.BEFORE_DATA_START, id="shipped a microsecond before the start"),
        pytest.param([line()], Cause.NOT_SHIPPED, id="not shipped"),
        pytest.param([line("self-sold", shipped=START)], Cause.SELF_SOLD, id="self-sold and shipped"),
        pytest.param([line("self-sold")], Cause.SELF_SOLD, id="self-sold and not shipped"),
        pytest.param([line("cross-border", shipped=BEFORE)], Cause.CROSS_BORDER, id="cross-border, however old"),
        pytest.param([line("return", shipped=START)], Cause.CUSTOMER_RETURN, id="sent back"),
        pytest.param([line("cross-border", "self-sold")], Cause.SELF_SOLD, id="self-sold comes before cross-border"),
        pytest.param([line("cross-border", "return")], Cause.CROSS_BORDER, id="cross-border comes before the return"),
        pytest.param([line("self-sold", shipped=START), line()], Cause.NOT_SHIPPED, id="a line in scope tells more"),
        pytest.param([line(shipped=START), line("return")], Cause.SHOWN, id="one line is enough to be shown"),
        pytest.param([line(), line(shipped=BEFORE)], Cause.BEFORE_DATA_START, id="a part was shipped, and early"),
        pytest.param([line(shipped=BEFORE), line(shipped=START)], Cause.SHOWN, id="a part was shipped in time"),
    ],
)
def test_an_order_is_answered_with_the_cause_that_tells_most(lines, cause):
    assert monitor.cause(lines, MONITOR_DOUYIN_2021) is cause
    assert monitor.cause(lines[::-1], MONITOR_DOUYIN_2021) is cause


@pytest.mark.parametrize("policy", monitor.SEEDS, ids=lambda policy: policy.version)
def test_a_body_survives_json_and_gives_the_policy_back(policy):
    assert monitor.from_body(policy.version, json.loads(json.dumps(monitor.to_body(policy)))) == policy


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        pytest.param({}, [("/data_start", "missing")], id="nothing"),
        pytest.param({"data_start": None}, [("/data_start", "not_time")], id="no text"),
        pytest.param({"data_start": "tomorrow"}, [("/data_start", "not_time")], id="no time"),
        pytest.param({"data_start": "2021-10-29T00:00:00"}, [("/data_start", "not_time")], id="no offset"),
        pytest.param({"data_start": "1021-10-29T00:00:00+08:00"}, [("/data_start", "not_time")], id="a year too far"),
        pytest.param({"from": 1}, [("/data_start", "missing"), ("/from", "unknown")], id="all faults at once"),
    ],
)
def test_a_wrong_body_is_refused_with_every_fault(body, faults):
    with pytest.raises(bodies.PolicyInvalid) as refused:
        monitor.from_body("monitor/x/1", body)

    assert [tuple(each) for each in refused.value.faults] == faults


def test_the_page_names_the_start_and_every_cause():
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (\S+) \|", text, re.MULTILINE))

    assert rows["value"] == MONITOR_DOUYIN_2021.version
    assert instant(datetime.fromisoformat(rows["data_start"])) == START
    assert all(f"| {cause.name} |" in text for cause in Cause)
