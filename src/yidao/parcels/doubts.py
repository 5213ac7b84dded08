"""
Doubts about numbers, as the parcels raise them: voided before pickup, given out anew, signed for where they did not
belong, or claimed while their scans are another's. What a doubt comes to is for those to say who know what was shipped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.kit import arrays
from yidao.parcels import hot, lives
from yidao.parcels.lives import Life
from yidao.rules.anomalies import HoldKind
from yidao.rules.episodes import Change, Happened, Type
from yidao.rules.instants import Instant
from yidao.rules.parcel import Status
from yidao.rules.shipping import Doubt

_VOIDED: Final = Status.VOIDED.value


class DoubtRow(NamedTuple):
    """One doubt about one shop's use of a number; `life` is 0 while the shop only claims it."""

    waybill_no: str
    carrier: str
    life: int
    shop_id: int
    doubt: Doubt


def of_life(life: Life) -> Doubt | None:
    """Return what the writing of a shop's life makes doubtful by itself."""
    if life.verdict is not None and life.verdict.status is Status.VOIDED and life.status != _VOIDED:
        return Doubt.VOIDED
    if not life.version and life.life > 1 and life.holds:
        is_reused = any(each.kind is HoldKind.NUMBER_REUSED for each in lives.unpack_holds(life.holds))
        return Doubt.REUSED if is_reused else None
    return None


def of_changes(changes: Iterable[tuple[Life, Change]]) -> list[DoubtRow]:
    """Return a doubt about each life that was signed for at an address that is not the receiver's."""
    return [
        DoubtRow(*life.key, life.shop_id, Doubt.ELSEWHERE)
        for life, change in changes
        if change.episode.type == Type.SIGN_ADDR_MISMATCH and change.happened is Happened.OPENED and life.shop_id
    ]


def put(connection: psycopg.Connection[Any], doubted: Sequence[DoubtRow], *, now: datetime) -> None:
    """Keep doubts until somebody looks into them; a doubt there is already stays as it is."""
    buckets = arrays.integers([lives.bucket_of(each.waybill_no) for each in doubted])
    hot.run(connection, "put_doubts", {**_keys(doubted), "bucket": buckets, "now": now})


def due(connection: psycopg.Connection[Any], bucket: int, *, now: datetime, limit: int) -> list[DoubtRow]:
    """Return the doubts of one bucket that are due, locked; what another worker looks into is left to him."""
    rows = hot.rows(connection, "doubts_due", {"bucket": bucket, "now": now, "limit": limit})
    return [DoubtRow(row[0], row[1], row[2], row[3], Doubt(row[4])) for row in rows]


def drop(connection: psycopg.Connection[Any], settled: Sequence[DoubtRow]) -> None:
    """Forget doubts that were settled."""
    if settled:
        hot.run(connection, "drop_doubts", _keys(settled))


def put_off(connection: psycopg.Connection[Any], some: Sequence[tuple[DoubtRow, Instant]]) -> None:
    """Look into doubts later."""
    if some:
        later = {"due_us": arrays.integers([due_at for _, due_at in some])}
        hot.run(connection, "put_doubts_off", {**_keys([row for row, _ in some]), **later})


def _keys(some: Sequence[DoubtRow]) -> dict[str, str]:
    return {
        "waybill_no": arrays.texts([each.waybill_no for each in some]),
        "carrier": arrays.texts([each.carrier for each in some]),
        "life": arrays.integers([each.life for each in some]),
        "shop_id": arrays.integers([each.shop_id for each in some]),
        "doubt": arrays.texts([each.doubt.value for each in some]),
    }
