"""
Opens false shipments (虚假发货) where the shop's published policy is on: for each order whose number proved wrong, with
what showed it. What only a person can tell is opened by hand.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from yidao.judging import carrier_violations
from yidao.judging.carrier_violations import Due
from yidao.judging.models import Kind
from yidao.kit import arrays, micros
from yidao.orders import raw
from yidao.policies import books, families
from yidao.rules import false_shipment
from yidao.rules.false_shipment import Facts, Reason
from yidao.rules.instants import Instant, instant

SHOWN: Final[Mapping[str, Reason]] = {
    "VOIDED": Reason.NUMBER_ABNORMAL,
    "REUSED": Reason.NUMBER_REUSED,
    "CLAIMED": Reason.NUMBER_REUSED,
    "ELSEWHERE": Reason.OTHER_ROUTE,
}
"""What a cause that unmade a pack says of its number; what somebody merely said is no proof."""

_FOUND: Final = """
SELECT DISTINCT ON (h.id) h.id, h.shop_id, h.paid_at, k.ended_at, k.ended_cause
  FROM order_pack AS k
  JOIN order_pack_line AS l ON l.pack_id = k.id
  JOIN order_head AS h ON h.id = l.order_id
 WHERE k.shop_id = ANY(%s::bigint[]) AND k.state = 'UNMADE' AND k.ended_cause = ANY(%s::text[])
   AND k.ended_at >= %s AND k.ended_at < %s AND h.paid_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM judgement AS j WHERE j.order_id = h.id AND j.kind = %s)
 ORDER BY h.id, k.ended_at
"""


def open_due(shop_ids: Sequence[int], *, now: datetime) -> int:
    """Open what is due against these shops and return how many are new; while all policies are off, nothing is."""
    book = books.shelf(raw.plain()).of(families.FALSE_SHIPMENT)
    if not carrier_violations.is_on(book):
        return 0
    since = now - carrier_violations.LOOKED_BACK
    asked = (arrays.integers(sorted(shop_ids)), arrays.texts(sorted(SHOWN)), since, now, Kind.FALSE_SHIPMENT.value)
    due = []
    for order_id, shop_id, paid_at, ended_at, cause in micros.rows(raw.plain(), _FOUND, asked):
        policy = book.choose(Instant(paid_at), shop_id, "")
        reasons = false_shipment.reasons(_facts(paid_at, SHOWN[cause]), policy, instant(now))
        if reasons:
            due.append(Due(order_id, Instant(ended_at), {"reasons": [str(each) for each in reasons]}))
    return carrier_violations.write(Kind.FALSE_SHIPMENT, due, now=now)


def _facts(paid_at: int, shown: Reason) -> Facts:
    known: dict[str, Any] = {
        "is_number_of_another": shown is Reason.NUMBER_REUSED,
        "is_number_impossible": shown is Reason.NUMBER_ABNORMAL,
        "is_route_of_another": shown is Reason.OTHER_ROUTE,
    }
    return Facts(paid_at=Instant(paid_at), **known)
