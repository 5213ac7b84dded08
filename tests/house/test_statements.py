"""The named SQL of the monitoring tables would run unchanged on tables distributed by waybill_no."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from yidao.kit import sql

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "yidao"
MONITORING_TABLES = (
    "parcel",
    "parcel_line",
    "parcel_extra_creator",
    "scan",
    "source_snapshot",
    "anomaly",
    "anomaly_change",
    "parcel_alias",
    "parcel_claim",
    "parcel_sweep_fault",
)
STATEMENTS = {
    f"{path.parent.name}.{name}": body
    for path in sorted(PACKAGE.rglob("statements.sql"))
    for name, body in sql.named_statements(path).items()
}
_TABLE = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:{'|'.join(MONITORING_TABLES)})\b", re.IGNORECASE)
_UNSTABLE = re.compile(
    r"\b(?:(?:now|clock_timestamp|transaction_timestamp|statement_timestamp|random)\s*\(|current_timestamp\b)",
    re.IGNORECASE,
)


def faults(statement: str) -> Iterator[str]:
    """Yield what a distributed table would refuse in a statement that touches a monitoring table."""
    text = re.sub(r"--[^\n]*", "", statement)
    if not _TABLE.search(text):
        return
    # One table may be read alone and without its key: every shard answers for itself.
    if "waybill_no" not in text and (re.search(r"\b(?:INSERT|UPDATE|DELETE)\b", text) or len(_TABLE.findall(text)) > 1):
        yield "does not know waybill_no"
    for join in re.findall(r"\bJOIN\s+(.*?)(?=\bJOIN\b|\bWHERE\b|\bORDER\b|\bGROUP\b|\Z)", text, re.I | re.S):
        is_monitoring = re.match(rf"(?:{'|'.join(MONITORING_TABLES)})\b", join)
        if is_monitoring and "waybill_no" not in join:
            yield f"joins {join.split()[0]} without waybill_no"
    if re.search(r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE|KEY\s+SHARE)\b", text, re.I):
        yield "locks rows over several shards"
    if re.search(r"\bLATERAL\b", text, re.I) and re.search(r"\bLIMIT\b", text, re.I):
        yield "has a LATERAL with LIMIT"
    for case in re.findall(r"\bCASE\b.*?\bEND\b", text, re.I | re.S):
        if _UNSTABLE.search(case):
            yield "calls a stable function inside CASE"
    if _UNSTABLE.search(text):
        yield "reads the clock; times are handed over"


@pytest.mark.parametrize("name", STATEMENTS, ids=lambda name: name)
def test_a_named_statement_obeys_the_rules_of_distribution(name: str) -> None:
    assert list(faults(STATEMENTS[name])) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        pytest.param("DELETE FROM parcel WHERE life = 1", "does not know waybill_no", id="a statement without the key"),
        pytest.param(
            "SELECT waybill_no FROM parcel AS p JOIN scan AS s ON s.life = p.life",
            "joins scan without waybill_no",
            id="a join without the key",
        ),
        pytest.param(
            "SELECT waybill_no FROM parcel FOR UPDATE SKIP LOCKED", "locks rows over several shards", id="a row lock"
        ),
        pytest.param(
            "SELECT 1 FROM parcel AS p, LATERAL (SELECT 1 FROM scan WHERE waybill_no = p.waybill_no LIMIT 1) x",
            "has a LATERAL with LIMIT",
            id="a lateral subquery with a limit",
        ),
    ],
)
def test_a_bad_statement_is_caught(statement: str, fault: str) -> None:
    assert list(faults(statement)) == [fault]


def test_a_stable_function_inside_case_is_caught() -> None:
    found = list(faults("UPDATE parcel SET due_at = CASE WHEN true THEN now() END WHERE waybill_no = 'A'"))

    assert "calls a stable function inside CASE" in found


def test_a_good_statement_passes() -> None:
    statement = """
        UPDATE parcel AS p SET version = p.version + 1 FROM unnest(%s::text[]) AS k (waybill_no)
         WHERE p.waybill_no = k.waybill_no
    """

    assert list(faults(statement)) == []
