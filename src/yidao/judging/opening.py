"""Writes judgements and the violations pages list, many in one statement, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from yidao.kit import arrays, ids, micros
from yidao.rules.instants import DAY, MINUTE, SHANGHAI_OFFSET_MINUTES, Instant

_OPEN: Final = """
WITH told AS MATERIALIZED (
  SELECT id, shop_id, order_id, order_no, kind, round, ordinal, to_timestamp(at_us / 1000000::float8) AS at,
         DATE '1970-01-01' + day AS day, money, policy, facts, opened_by
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::smallint[], %s::smallint[],
                %s::bigint[], %s::integer[], %s::text[], %s::text[], %s::jsonb[], %s::bigint[])
      AS t(id, shop_id, order_id, order_no, kind, round, ordinal, at_us, day, money, policy, facts, opened_by)
), made AS (
  INSERT INTO judgement (id, shop_id, order_id, order_no, kind, round, ordinal, at, day, policy, facts, recorded_at)
  SELECT id, shop_id, order_id, order_no, kind, round, ordinal, at, day, policy, facts, %s FROM told
  ON CONFLICT (order_id, kind, round, ordinal, shop_id) DO NOTHING
  RETURNING id
)
INSERT INTO violation (id, shop_id, order_id, order_no, kind, round, ordinal, at, day, money, policy, opened_by)
SELECT id, shop_id, order_id, order_no, kind, round, ordinal, at, day, money, policy, opened_by
  FROM told JOIN made USING (id)
"""
_MADE: Final = "SELECT id FROM judgement WHERE id = ANY(%s::bigint[])"


class NewJudgement(NamedTuple):
    """A judgement to write. `facts` is what was judged by; `opened_by` the operator who judged by hand."""

    shop_id: int
    order_id: int
    order_no: str
    kind: str
    round: int
    ordinal: int
    at: Instant
    policy: str
    facts: Mapping[str, Any]
    opened_by: int | None = None
    zone_offset_minutes: int = SHANGHAI_OFFSET_MINUTES
    money: str = "PENDING"


def open(connection: psycopg.Connection[Any], judgements: Sequence[NewJudgement], *, now: datetime) -> list[int | None]:
    """Write judgements and return the id of each in their order, None for those that had been made before."""
    if not judgements:
        return []
    fresh: list[int] = [ids.new_id() for _ in judgements]
    keys = arrays.integers(fresh)
    count = micros.run(
        connection,
        _OPEN,
        (
            keys,
            arrays.integers([each.shop_id for each in judgements]),
            arrays.integers([each.order_id for each in judgements]),
            arrays.texts([each.order_no for each in judgements]),
            arrays.texts([str(each.kind) for each in judgements]),
            arrays.integers([each.round for each in judgements]),
            arrays.integers([each.ordinal for each in judgements]),
            arrays.integers([each.at for each in judgements]),
            arrays.integers([day_of(each) for each in judgements]),
            arrays.texts([str(each.money) for each in judgements]),
            arrays.texts([each.policy for each in judgements]),
            arrays.texts([msgspec.json.encode(each.facts).decode() for each in judgements]),
            arrays.integers_or_null([each.opened_by for each in judgements]),
            now,
        ),
    )
    if count == len(fresh):
        return list(fresh)
    made = {id_ for (id_,) in micros.rows(connection, _MADE, (keys,))}
    return [id_ if id_ in made else None for id_ in fresh]


def day_of(judgement: NewJudgement) -> int:
    """Return the day a judgement belongs to, as days since 1970-01-01."""
    return (judgement.at + judgement.zone_offset_minutes * MINUTE) // DAY
