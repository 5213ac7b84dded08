"""
What shops are told of what judgements lead to: products that are banned, bans that end, judgements that many at once
were taken back. One notice for a shop, a thing and a round; what a round brings later adds to it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg
from django.utils.translation import gettext_noop

from yidao.judging.bans import Product
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import settings
from yidao.rules import warning
from yidao.rules.instants import instant, to_datetime
from yidao.rules.money import yuan


def _yuan(params: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what was given back in yuan; it is kept in fen, which add up."""
    return {"amount": yuan(int(params.get("fen", 0)))}


BANNED: Final = kinds.Kind(
    name="ban.imposed",
    title=gettext_noop("Products were banned"),
    text=gettext_noop("%(count)s may not be sold any more, %(product)s among them: judged late too often."),
    is_urgent=True,
)
FREED: Final = kinds.Kind(
    name="ban.ended",
    title=gettext_noop("Products may be sold again"),
    text=gettext_noop("%(count)s are free again, %(product)s among them: what had them banned was taken back."),
)
TAKEN_BACK: Final = kinds.Kind(
    name="violation.taken_back",
    title=gettext_noop("Violations were taken back"),
    text=gettext_noop("%(count)s were taken back, and %(amount)s yuan were given back."),
    words=_yuan,
)
kinds.register(BANNED, FREED, TAKEN_BACK)


class _News(NamedTuple):
    """What one shop is told of one kind."""

    shop_id: int
    kind: str
    counts: Mapping[str, int]
    params: Mapping[str, Any]


def tell(
    connection: psycopg.Connection[Any],
    *,
    now: datetime,
    banned: Iterable[Product] = (),
    freed: Iterable[Product] = (),
    taken_back: Mapping[int, int] | None = None,
    given_back: Mapping[int, int] | None = None,
) -> None:
    """
    Tell shops, in the transaction that did it, which products were banned and freed, how many judgements were taken
    back (by shop), and how many fen were given back for them. A product that was banned and freed at once is no news.

    Call it last: whoever tells waits for others who tell the same shop.
    """
    imposed, ended = set(banned), set(freed)
    told = [*_of_products(BANNED, imposed - ended), *_of_products(FREED, ended - imposed)]
    for shop_id, count in (taken_back or {}).items():
        sums = {"count": count, "fen": (given_back or {}).get(shop_id, 0)}
        told.append(_News(shop_id, TAKEN_BACK.name, sums, {}))
    if not told:
        return
    rounds = settings.of(connection, [each.shop_id for each in told], now=now)
    found = []
    for shop_id, kind, counts, params in told:
        begin = to_datetime(warning.notice_round_starts_at(instant(now), rounds[shop_id].notice_round_hours))
        key = f"{kind}/{begin:%Y%m%d%H%M}"
        found.append(
            notices.Round(
                organisation_id=shop_id, kind=kind, key=key, counts=counts, params=params, address="violations/"
            )
        )
    notices.tell_rounds(found, now=now)


def _of_products(kind: kinds.Kind, products: set[Product]) -> list[_News]:
    """Return what each shop is told of its products: how many, and one of them by its id."""
    counts = Counter(shop_id for shop_id, _ in products)
    named = dict(sorted(products, reverse=True))
    return [
        _News(shop_id, kind.name, {"count": count}, {"product": named[shop_id]}) for shop_id, count in counts.items()
    ]
