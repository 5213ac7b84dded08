"""The canonical kinds of a scan, the groups the rules ask about, and the words that reveal a kind.

Which provider's code means which kind is the decoders' business (`carriers/`); what a kind means for a parcel is
decided in `parcel` and `anomalies`.
"""

import re
from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """
    What a scan says happened to the parcel.

    The value lies in stored bytes: it is never renumbered, never reused, and stays below `WEAK`. The name is the code
    of our own API.
    """

    ORDERED = 1
    PICKED_UP = 2
    DEPARTED_ORIGIN = 3
    IN_TRANSIT = 4
    ARRIVED_HUB = 5
    DEPARTED_HUB = 6
    ARRIVED_CITY = 7
    ARRIVED_OUTLET = 8
    FORWARDED = 9
    OUT_FOR_DELIVERY = 10
    REDELIVERY = 11
    TAKEN_FROM_LOCKER = 12
    IN_LOCKER = 13
    LOCKER_OVERDUE = 14
    SIGNED = 15
    SIGNED_AFTER_EXCEPTION = 16
    SIGNED_AT_LOCKER = 17
    REJECTED = 18
    RETURNING = 19
    RETURN_SIGNED = 20
    INTERCEPTED = 21
    VOIDED = 22
    CUSTOMS_PENDING = 23
    CUSTOMS_PROCESSING = 24
    CUSTOMS_CLEARED = 25
    CUSTOMS_FAILED = 26
    PROBLEM = 27
    NO_INFO = 28
    ADVISED_NOT_SIGNED = 29
    ADVISED_NOT_UPDATED = 30
    DELIVERY_PROBLEM = 31
    DELIVERY_DELAYED = 32
    UNREACHABLE_CONTACT = 33
    ADDRESS_UNCLEAR = 34
    PHONE_WRONG = 35
    OUT_OF_AREA = 36
    DETAINED = 37
    DAMAGED = 38
    MISSORTED = 39
    LOST = 40
    UNKNOWN = 41


WEAK: Final = 64
"""Added to a kind that only the shop itself reported: it may move the status and open an exception, it never closes
or prevents an anomaly."""

OUT: Final = frozenset({Kind.OUT_FOR_DELIVERY, Kind.REDELIVERY, Kind.TAKEN_FROM_LOCKER})
SIGNATURES: Final = frozenset({Kind.SIGNED, Kind.SIGNED_AFTER_EXCEPTION, Kind.SIGNED_AT_LOCKER})
BOXED: Final = frozenset({Kind.IN_LOCKER, Kind.LOCKER_OVERDUE})
BACKWARD: Final = frozenset({Kind.REJECTED, Kind.RETURNING, Kind.INTERCEPTED})
CUSTOMS: Final = frozenset(
    {Kind.CUSTOMS_PENDING, Kind.CUSTOMS_PROCESSING, Kind.CUSTOMS_CLEARED, Kind.CUSTOMS_FAILED},
)
HELD_BY_CUSTOMS: Final = CUSTOMS - {Kind.CUSTOMS_CLEARED}
TRANSIT: Final = frozenset(
    {
        Kind.DEPARTED_ORIGIN,
        Kind.IN_TRANSIT,
        Kind.ARRIVED_HUB,
        Kind.DEPARTED_HUB,
        Kind.ARRIVED_CITY,
        Kind.ARRIVED_OUTLET,
        Kind.FORWARDED,
    },
)
LEFT: Final = TRANSIT | CUSTOMS | OUT | BOXED | SIGNATURES | BACKWARD | {Kind.RETURN_SIGNED}
"""Proves that the parcel left the outlet of origin, or is further than that."""
MOVED: Final = LEFT | {Kind.PICKED_UP}
"""Proves that the carrier has the parcel; a carrier may leave the pickup scan out."""
PROGRESS: Final = MOVED - {Kind.LOCKER_OVERDUE, Kind.CUSTOMS_FAILED}
"""A movement that ends what held the parcel up."""
ADVISORY: Final = frozenset({Kind.ADVISED_NOT_SIGNED, Kind.ADVISED_NOT_UPDATED})
"""A provider's own clock ran out; ours decide."""
NOT_REAL: Final = ADVISORY | {Kind.ORDERED, Kind.NO_INFO}
"""Lines of a trace that nobody scanned: they are no news of the parcel."""

PICKUP_WORDS: Final = ("已揽收", "已收件", "已取件", "揽件")
NOT_YET_WORDS: Final = ("预约", "下单", "等待揽", "待揽", "准备揽")
DAMAGE_WORDS: Final = ("破损", "污损", "变形")
LOSS_WORDS: Final = ("丢失", "遗失")

_FLAGGED: Final = "|".join((*LOSS_WORDS, *DAMAGE_WORDS))
_DENIED: Final = re.compile(
    # Not, if, lest, whether, easily; and what may stand between such a word and the flaw it denies.
    "(?:无|未|没|没有|并无|并未|非|防|防止|避免|以免|谨防|如|如有|如遇|若|若有|倘若|是否|易)"
    "(?:再|任何|明显|见|有|出现|发生|发现|造成|导致|存在|外包装|包装|包裹|快件|货物|物品|商品){0,3}"
    f"(?:{_FLAGGED})(?:(?:[、/,,或及和与]|以及|或者)?(?:无|未|没有)?(?:{_FLAGGED})){{0,5}}"
)
"""A flaw that is denied, feared or asked about, with the further ones listed behind it."""

# Asked in this order; the first line with one of its words and none of its exceptions decides.
_SPOKEN: Final[tuple[tuple[Kind, tuple[str, ...], tuple[str, ...]], ...]] = (
    (Kind.RETURN_SIGNED, ("退回签收", "退件签收", "退件已签收"), ("未",)),
    (Kind.REJECTED, ("拒收", "拒签"), ()),
    (Kind.RETURNING, ("退回", "退件"), ()),
    (Kind.SIGNED, ("签收",), ("未签收", "待签收", "等待签收", "请签收", "准备签收", "未能签收")),
    (Kind.IN_LOCKER, ("已放入", "已投柜", "已存放", "请及时取件", "请凭取件码"), ()),
    (Kind.OUT_FOR_DELIVERY, ("派件中", "派送中", "正在派件", "正在派送", "正在为您派"), ()),
    (Kind.PICKED_UP, PICKUP_WORDS, NOT_YET_WORDS),
    (Kind.ORDERED, NOT_YET_WORDS, ()),
    (Kind.IN_TRANSIT, ("到达", "离开", "发往", "运输中", "已发出"), ()),
)


def kind_from_text(text: str) -> Kind | None:
    """
    Return the kind that the words of a scan reveal, or None when they reveal nothing.

    Only for providers that send no status. A line that merely says an order was placed or a courier is awaited is
    ORDERED, never a pickup.

    Source: tracking rules, "ingest". Reading: besides pickup, only phrases that cannot be taken two ways are read.
    """
    for kind, words, exceptions in _SPOKEN:
        if any(word in text for word in words) and not any(word in text for word in exceptions):
            return kind
    return None


def keyword_flag(text: str) -> Kind | None:
    """
    Return LOST or DAMAGED when the words of a scan say so, whatever its own kind; else None.

    The caller adds the flag as a further entry at the same instant. Reading: a line that tells of both is LOST; a flaw
    that is denied ("no damage"), feared ("if damaged, refuse it") or asked about is none.
    """
    if not any(word in text for word in (*LOSS_WORDS, *DAMAGE_WORDS)):
        return None
    text = _DENIED.sub("", text)
    if any(word in text for word in LOSS_WORDS):
        return Kind.LOST
    if any(word in text for word in DAMAGE_WORDS):
        return Kind.DAMAGED
    return None
