"""How long notices and what waits to leave the house are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidao.rules import bodies
from yidao.rules.instants import DAY, Instant

FAMILY: Final = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version, in days of business time."""

    version: str
    notice_days: int
    outbox_days: int


NOTICE_DEFAULT: Final = Policy(version="notice/default/1", notice_days=365, outbox_days=14)
SEEDS: Final = (NOTICE_DEFAULT,)


def notices_kept_since(now: Instant, policy: Policy) -> Instant:
    """Return the instant before which notices are forgotten, read or not."""
    return Instant(now - policy.notice_days * DAY)


def outbox_kept_since(now: Instant, policy: Policy) -> Instant:
    """
    Return the instant before which rows of the outbox are forgotten, taken or not.

    Reading: what no channel took for so long is no news any more; who was to hear of it still finds the notice.
    """
    return Instant(now - policy.outbox_days * DAY)


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {"notice_days": (30, 3_650), "outbox_days": (1, 90)}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range.
    """
    return Policy(version=name, **bodies.flat(body, _RANGES))
