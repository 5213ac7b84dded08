"""The indicator 发货超时率: which share of a shop's orders that fell due was judged late. It counts against a shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidao.rules import bodies
from yidao.rules.instants import DAY, MINUTE, Instant

FAMILY: Final = "rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers."""

    version: str
    zone_offset_minutes: int
    window_days: int


RATING_DEFAULT: Final = Policy(version="rating/default/1", zone_offset_minutes=480, window_days=30)

SEEDS: Final = (RATING_DEFAULT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many orders fell due and how many of them were judged late; what was reversed is not late."""

    late: int
    due: int

    @property
    def per_ten_thousand(self) -> int | None:
        """Return late of due in hundredths of a percent, rounded half up; None while nothing fell due."""
        return (20_000 * self.late + self.due) // (2 * self.due) if self.due else None


def rate(*, late: int, due: int) -> Rate:
    """Return the rate; an order judged late fell due, whatever became of it since."""
    assert late >= 0, "orders are counted up"
    assert due >= 0, "orders are counted up"
    return Rate(late=late, due=max(late, due))


def window(now: Instant, policy: Policy) -> tuple[Instant, Instant]:
    """
    Return the half-open stretch whose orders count: so many whole days of the policy's zone, the last one yesterday.

    Reading: "in 30 days" is taken as whole days, so that the figure stands still through a day and can be checked.
    """
    offset = policy.zone_offset_minutes * MINUTE
    today = (now + offset) // DAY * DAY - offset
    return Instant(today - policy.window_days * DAY), Instant(today)


_RANGES: Final[dict[str, tuple[int, int]]] = {"zone_offset_minutes": (-12 * 60, 14 * 60), "window_days": (1, 90)}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once.
    """
    return Policy(version=name, **bodies.flat(body, _RANGES))
