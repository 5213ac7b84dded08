"""
Whether a list may be exported as it stands, whether a code by telephone comes before the download, and how long files
and links live. Source: logistics monitor of the creators' workbench, 数据导出量级 (单次导出限制在1万条).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from yidao.rules import bodies

FAMILY: Final = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; a record names it by `version`."""

    version: str
    rows_max: int
    underway_max: int
    file_hours: int
    link_minutes: int
    kinds_without_code: tuple[str, ...]


EXPORT_DEFAULT: Final = Policy(
    version="export/default/1",
    rows_max=10_000,
    underway_max=3,
    file_hours=7 * 24,
    link_minutes=24 * 60,
    kinds_without_code=(),
)

SEEDS: Final = (EXPORT_DEFAULT,)


class Verdict(Enum):
    """What is said to somebody who asks for an export."""

    ALLOWED = "ALLOWED"
    NOTHING = "NOTHING"
    TOO_MANY = "TOO_MANY"
    TOO_BUSY = "TOO_BUSY"


def verdict(*, rows: int, underway: int, policy: Policy) -> Verdict:
    """
    Return whether a file of so many rows may be made for somebody who has `underway` others being made.

    Reading: the limit counts the rows of the file, one for each anomaly, not the parcels; the limit itself is allowed.
    Who asks for too much hears that first, because waiting would not help.
    """
    if rows == 0:
        return Verdict.NOTHING
    if rows > policy.rows_max:
        return Verdict.TOO_MANY
    return Verdict.TOO_BUSY if underway >= policy.underway_max else Verdict.ALLOWED


class CodeRule(Enum):
    """What a kind of export says about the code: always asked for, or left to the policy."""

    ALWAYS = "ALWAYS"
    SWITCHABLE = "SWITCHABLE"


def needs_code(kind: str, rule: CodeRule, policy: Policy) -> bool:
    """Return whether a code by telephone comes before the download; unless a policy switches it off, it does."""
    return rule is CodeRule.ALWAYS or kind not in policy.kinds_without_code


def in_wan(count: int) -> str:
    """Return a count as the source writes it: whole ten-thousands as 1万, everything else in digits."""
    return f"{count // 10_000}万" if count and count % 10_000 == 0 else str(count)


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "rows_max": (1, 1_000_000),
    "underway_max": (1, 100),
    "file_hours": (1, 90 * 24),
    "link_minutes": (1, 7 * 24 * 60),
}
_KINDS_MAX: Final = 50
_KIND_LENGTH_MAX: Final = 60


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {
        **{name: getattr(policy, name) for name in _RANGES},
        "kinds_without_code": list(policy.kinds_without_code),
    }


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range; and
        when all that is well, a link that would outlive its file.
    """
    reader = bodies.Reader()
    reader.known(body, "", (*_RANGES, "kinds_without_code"))
    numbers = {each: reader.integer(body, "", each, *limits) for each, limits in _RANGES.items()}
    kinds = reader.items(body, "", "kinds_without_code", _KINDS_MAX)
    for index, each in enumerate(kinds):
        if not isinstance(each, str) or not 0 < len(each) <= _KIND_LENGTH_MAX:
            reader.faults.append(bodies.Fault(f"/kinds_without_code/{index}", "not_text"))
    if not reader.faults and numbers["link_minutes"] > 60 * numbers["file_hours"]:
        reader.faults.append(bodies.Fault("/file_hours", "too_small"))
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, kinds_without_code=tuple(kinds), **numbers)
