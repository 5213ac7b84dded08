"""
What the creator monitor (物流实时监控) shows: which order lines are in a creator's scope, since when, and why an order
that he looks up by its number is not shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from yidao.rules import bodies
from yidao.rules.instants import NEVER, Instant, instant, to_datetime

FAMILY: Final = "monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version: `data_start` is the first ship time (发货时间) the monitor shows."""

    version: str
    data_start: Instant


MONITOR_DOUYIN_2021: Final = Policy(
    version="monitor/douyin-2021/1", data_start=instant(datetime(2021, 10, 28, 16, 0, tzinfo=UTC))
)
"""2021-10-29 00:00 in Shanghai."""

SEEDS: Final = (MONITOR_DOUYIN_2021,)


class Line(Protocol):
    """What keeps an order line out of a creator's sight."""

    @property
    def is_self_sold(self) -> bool:
        """Return whether the creator sells in a shop of his own (自卖)."""

    @property
    def is_cross_border(self) -> bool:
        """Return whether the goods are imported across the border (跨境进口)."""

    @property
    def is_customer_return(self) -> bool:
        """Return whether the parcel brings goods back from a customer (客户退货)."""


class Cause(StrEnum):
    """What the answer to a number that was looked up is; the most telling one of an order's lines counts."""

    SHOWN = "SHOWN"
    BEFORE_DATA_START = "BEFORE_DATA_START"
    NOT_SHIPPED = "NOT_SHIPPED"
    SELF_SOLD = "SELF_SOLD"
    CROSS_BORDER = "CROSS_BORDER"
    CUSTOMER_RETURN = "CUSTOMER_RETURN"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One line of an order that a creator promoted; `shipped_at` is NEVER while no parcel of it is known."""

    is_self_sold: bool
    is_cross_border: bool
    is_customer_return: bool
    shipped_at: Instant = NEVER


def is_in_scope(line: Line) -> bool:
    """
    Tell whether a creator sees a line that he promoted.

    Source: creator monitor, 全量包裹: orders the creator promoted, without self-sold ones, cross-border imports and
    goods that customers send back. Reading: scope belongs to the line; a parcel is shown to a creator for each line of
    his that is in scope, whatever else is in it.
    """
    return not (line.is_self_sold or line.is_cross_border or line.is_customer_return)


def is_since_data_start(shipped_at: Instant, policy: Policy) -> bool:
    """
    Tell whether a parcel that was shipped then is shown; the very instant of the start is.

    Source: creator monitor, 查询时间范围 and the second of its frequent questions: only what was shipped (发货) after
    the date. Reading: the day itself counts from its midnight.
    """
    return shipped_at >= policy.data_start


def cause(lines: Sequence[LineFacts], policy: Policy) -> Cause:
    """
    Return why an order is shown to a creator or not; `lines` are those of its lines that he promoted, none when the
    order is unknown or another's.

    Source: creator monitor, frequent questions 1 to 3. Reading: what is in scope tells more than what is not; of that a
    shipped line tells more than one that waits, so an order shipped in part is not called unshipped. Out of scope the
    order is that of the source: self-sold, cross-border, customer's return.
    """
    in_scope = [line.shipped_at for line in lines if is_in_scope(line)]
    if any(is_since_data_start(shipped_at, policy) for shipped_at in in_scope):
        return Cause.SHOWN
    if any(in_scope):
        return Cause.BEFORE_DATA_START
    if in_scope:
        return Cause.NOT_SHIPPED
    for is_out, found in (
        (any(line.is_self_sold for line in lines), Cause.SELF_SOLD),
        (any(line.is_cross_border for line in lines), Cause.CROSS_BORDER),
        (bool(lines), Cause.CUSTOMER_RETURN),
    ):
        if is_out:
            return found
    return Cause.UNKNOWN


# --- Bodies ---

_YEARS: Final = range(2010, 2100)


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {"data_start": to_datetime(policy.data_start).isoformat()}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, and a start that is no time with an
        offset.
    """
    reader = bodies.Reader()
    reader.known(body, "", ("data_start",))
    data_start = reader.moment(body, "", "data_start", _YEARS)
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, data_start=data_start)
