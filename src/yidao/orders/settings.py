"""What holds for a shop: its own choice, else the policy's. Read on any connection, without Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from yidao.kit import arrays, micros
from yidao.policies import books, families
from yidao.rules import warning
from yidao.rules.instants import NEVER, Instant, instant
from yidao.rules.warning import Policy, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for a shop: its own choice, else the policy's. Warnings due at `warn_since` or earlier are none."""

    warn_steps: tuple[Step, ...]
    warn_since: Instant
    notice_round_hours: int
    policy: Policy
    version: int = 0
    is_own: bool = False


_READ: Final = """
SELECT shop_id, warn_steps, warn_since, notice_round_hours, version FROM shop_setting
 WHERE shop_id = ANY(%s::bigint[])
"""


def of(connection: psycopg.Connection[Any], shop_ids: Sequence[int], *, now: datetime) -> dict[int, Settings]:
    """Return what holds at `now` for each of these shops."""
    book = books.shelf(connection).of(families.WARNING)
    own = {row[0]: row[1:] for row in micros.rows(connection, _READ, (arrays.integers(sorted(set(shop_ids))),))}
    return {shop: _settings(own.get(shop), book.choose(instant(now), shop, "")) for shop in shop_ids}


def _settings(row: tuple[Any, ...] | None, policy: Policy) -> Settings:
    steps, since, round_hours, version = row if row is not None else (None, None, None, 0)
    return Settings(
        warn_steps=policy.steps if steps is None else steps_of(steps),
        warn_since=Instant(since) if since is not None else NEVER,
        notice_round_hours=policy.notice_round_hours if round_hours is None else round_hours,
        policy=policy,
        version=version,
        is_own=row is not None,
    )


def steps_of(texts: Sequence[str]) -> tuple[Step, ...]:
    return tuple(step for step in map(warning.parse, texts) if step is not None)
