"""
Shipping (发货): what of an order may go into a pack, which numbers it may have, when a pack may be edited or sent
again, and when a number proves wrong, so that what it carried counts as never shipped.

Source: order management of the shops (发货、合并发货、拆单、修改包裹、二次发货);
如商家一直未上传正确的物流单号的,平台就继续识别判定.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from yidao.rules import bodies
from yidao.rules.instants import DAY, NEVER, Instant, hours

FAMILY: Final = "shipping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers; chosen by when an order was paid, and for edits by when the pack left."""

    version: str
    packs_max: int
    merged_max: int
    edit_hours: int
    edits_max: int
    serials_max: int
    serial_length_max: int
    unmake_days: int
    reuse_days: int
    claim_hours: int
    unmakes_voided: bool
    unmakes_reused: bool
    unmakes_elsewhere: bool
    unmakes_claimed: bool


SHIPPING_DOUYIN_2022: Final = Policy(
    version="shipping/douyin-2022/1",
    packs_max=15,
    merged_max=50,
    edit_hours=24,
    edits_max=1,
    serials_max=50,
    serial_length_max=30,
    unmake_days=15,
    reuse_days=15,
    claim_hours=72,
    unmakes_voided=True,
    unmakes_reused=True,
    unmakes_elsewhere=True,
    unmakes_claimed=True,
)

SEEDS: Final = (SHIPPING_DOUYIN_2022,)


class Refused(StrEnum):
    """Why something is not shipped, edited or sent again."""

    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    UNPAID = "UNPAID"
    CLOSED = "CLOSED"
    NOTHING_LEFT = "NOTHING_LEFT"
    UNKNOWN_LINE = "UNKNOWN_LINE"
    TOO_MANY_PIECES = "TOO_MANY_PIECES"
    REFUND_OPEN = "REFUND_OPEN"
    PACKS_FULL = "PACKS_FULL"
    MERGED_FULL = "MERGED_FULL"
    NOT_SHIPPED = "NOT_SHIPPED"
    OTHER_RECEIVER = "OTHER_RECEIVER"
    NUMBER_IN_USE = "NUMBER_IN_USE"
    NUMBER_MALFORMED = "NUMBER_MALFORMED"
    UNKNOWN_CARRIER = "UNKNOWN_CARRIER"
    SERIAL_MALFORMED = "SERIAL_MALFORMED"
    TOO_MANY_SERIALS = "TOO_MANY_SERIALS"
    PACK_OVER = "PACK_OVER"
    EDITED_ALREADY = "EDITED_ALREADY"
    EDIT_TOO_LATE = "EDIT_TOO_LATE"
    ON_ITS_WAY = "ON_ITS_WAY"
    SAME_NUMBER = "SAME_NUMBER"
    REQUEST_REUSED = "REQUEST_REUSED"


# --- What goes into a pack ---


class Piece(NamedTuple):
    """So many of one line; 0 means all that is left of it."""

    line_no: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """How much of one line was sold, left in packs, and was refunded."""

    line_no: int
    quantity: int
    shipped: int = 0
    refunded: int = 0

    @property
    def left(self) -> int:
        """Return how much still waits; a line sent twice, or refunded after it left, waits for nothing."""
        return max(0, self.quantity - self.shipped - self.refunded)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What is asked of an order: whether it is paid and over, its lines, open after-sales, and the packs it has."""

    is_paid: bool
    is_over: bool
    lines: tuple[LineFacts, ...]
    has_open_refund: bool = False
    packs: int = 0


class Mode(StrEnum):
    """Whether what waits is shipped, or what was shipped is sent once more (二次发货)."""

    SHIP = "SHIP"
    RESEND = "RESEND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What of one order goes into the pack, or why nothing of it does."""

    pieces: tuple[Piece, ...] = ()
    refused: Refused | None = None


def contents(
    order: OrderFacts, wanted: Sequence[Piece], policy: Policy, *, mode: Mode = Mode.SHIP, refuses_refund: bool = False
) -> Contents:
    """
    Return what of an order goes into one pack: what is wanted of it, or all of it where nothing is named.

    Reading: an open refund blocks shipping unless the shop refuses it with the shipment. The pieces of one line named
    twice add up. Sent again can only be what was shipped wholly, so that it never hides a piece that still waits.
    """
    refused = _refused(order, policy, refuses_refund=refuses_refund)
    if refused is not None:
        return Contents(refused=refused)
    lines = {line.line_no: line for line in order.lines}
    if mode is Mode.RESEND:
        there = {number: line.quantity - line.refunded for number, line in lines.items() if not line.left}
        nothing = Refused.NOT_SHIPPED
    else:
        there = {number: line.left for number, line in lines.items()}
        nothing = Refused.NOTHING_LEFT
    there = {number: most for number, most in there.items() if most > 0}
    if not there:
        return Contents(refused=nothing)
    taken: dict[int, int] = {}
    for number, quantity in wanted or [Piece(number, 0) for number in there]:
        if number not in lines:
            return Contents(refused=Refused.UNKNOWN_LINE)
        if number not in there:
            return Contents(refused=nothing)
        taken[number] = taken.get(number, 0) + (quantity or there[number])
        if taken[number] > there[number]:
            return Contents(refused=Refused.TOO_MANY_PIECES)
    return Contents(pieces=tuple(Piece(number, taken[number]) for number in sorted(taken)))


def _refused(order: OrderFacts, policy: Policy, *, refuses_refund: bool) -> Refused | None:
    if not order.is_paid:
        return Refused.UNPAID
    if order.is_over:
        return Refused.CLOSED
    if order.has_open_refund and not refuses_refund:
        return Refused.REFUND_OPEN
    return Refused.PACKS_FULL if order.packs >= policy.packs_max else None


# --- Receivers and numbers ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """
    Whom a parcel goes to, as far as it is known: equal keys are equal people at equal addresses; where one side has no
    key, the phone's last digits and the city speak.
    """

    key: bytes | None = None
    tail: bytes | None = None
    city: int = 0


def is_same_receiver(one: Receiver, other: Receiver) -> bool:
    """Return whether two parcels go to the same person; who is not known is nobody's equal."""
    if one.key is not None and other.key is not None:
        return one.key == other.key
    return one.tail is not None and one.tail == other.tail and one.city == other.city != 0


class Use(StrEnum):
    """Who has a number at present."""

    FREE = "FREE"
    SAME_ORDER = "SAME_ORDER"
    SAME_SHOP = "SAME_SHOP"
    OTHER_SHOP = "OTHER_SHOP"


def may_use(use: Use, mine: Receiver, theirs: Receiver) -> bool:
    """
    Return whether a number may be given to a pack for this receiver.

    Reading: a shop may put a further order of the same receiver under a number it uses; a number with another receiver,
    or with another shop, is in use until that parcel's way has ended.
    """
    if use is Use.SAME_SHOP:
        return is_same_receiver(mine, theirs)
    return use is not Use.OTHER_SHOP


_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,40}")


def is_number(text: str) -> bool:
    """Return whether a text can be a waybill number; whether its form is usual for the carrier only earns a remark."""
    return _NUMBER.fullmatch(text) is not None


class SerialKind(StrEnum):
    """What a serial number belongs to."""

    PHONE = "PHONE"
    OTHER = "OTHER"


_PHONE_SERIAL: Final = re.compile(r"[0-9]{15,17}")
_OTHER_SERIAL: Final = re.compile(r"[!-~]+")


def serials_fault(serials: Sequence[str], policy: Policy, *, kind: SerialKind = SerialKind.OTHER) -> Refused | None:
    """Return what is wrong with the serial numbers of one line; those of telephones have 15 to 17 digits."""
    if len(serials) > policy.serials_max:
        return Refused.TOO_MANY_SERIALS
    form = _PHONE_SERIAL if kind is SerialKind.PHONE else _OTHER_SERIAL
    is_well = all(len(each) <= policy.serial_length_max and form.fullmatch(each) for each in serials)
    return None if is_well and len(set(serials)) == len(serials) else Refused.SERIAL_MALFORMED


# --- Editing a pack ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """What is asked of a pack: whether it stands or was unmade, when it left, earlier edits, and whether it moved."""

    is_live: bool
    is_unmade: bool
    shipped_at: Instant
    edits: int
    has_trace: bool


def edit_refusal(pack: PackFacts, policy: Policy, *, is_same_number: bool, now: Instant) -> Refused | None:
    """
    Return why the number of a pack cannot be changed, None when it can.

    Source: once, within 24 h of shipping, before the first trace. Reading: the end of the 24 h is outside. A number
    that proved wrong may be replaced at any time; that ships anew, while an edit keeps the time of shipping.
    """
    if is_same_number:
        return Refused.SAME_NUMBER
    if pack.is_unmade:
        return None
    if not pack.is_live:
        return Refused.PACK_OVER
    if pack.edits >= policy.edits_max:
        return Refused.EDITED_ALREADY
    if pack.has_trace:
        return Refused.ON_ITS_WAY
    return Refused.EDIT_TOO_LATE if now >= edit_until(pack.shipped_at, policy) else None


def edit_until(shipped_at: Instant, policy: Policy) -> Instant:
    """Return since when a pack cannot be edited any more."""
    return Instant(shipped_at + hours(policy.edit_hours))


# --- Numbers that prove wrong ---


class Doubt(StrEnum):
    """
    What makes a number doubtful: the carrier voided it, it had another receiver not long before, its scans never came
    near either end, or its scans were there before and nothing shows that they are this shop's.
    """

    VOIDED = "VOIDED"
    REUSED = "REUSED"
    ELSEWHERE = "ELSEWHERE"
    CLAIMED = "CLAIMED"


class Finding(StrEnum):
    """What a doubt comes to."""

    WRONG = "WRONG"
    RIGHT = "RIGHT"
    OPEN = "OPEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFacts:
    """
    What is known of the parcel under a doubtful number. `free_since` is when the number's earlier use ended, 0 where
    there is none; the cities are those of the scans.
    """

    shipped_at: Instant
    is_voided: bool = False
    is_claim_waiting: bool = False
    free_since: Instant = NEVER
    cities: frozenset[int] = frozenset()
    sender_city: int = 0
    receiver_city: int = 0


def finding(doubt: Doubt, number: NumberFacts, policy: Policy, *, now: Instant) -> Finding:
    """
    Return whether a number proved wrong by `now`; OPEN means that time or a scan will tell.

    Reading: a number given out anew after its time of rest is a number like any other; used again before it, its
    scans are another receiver's. A parcel that passed one of its two ends was merely led astray, which is the
    carrier's fault. What went well for `unmake_days` is not asked about any more.
    """
    if now >= unmake_until(number.shipped_at, policy) or not _is_asked(doubt, policy):
        return Finding.RIGHT
    if doubt is Doubt.VOIDED:
        return Finding.WRONG if number.is_voided else Finding.RIGHT
    if doubt is Doubt.REUSED:
        is_rested = number.shipped_at - number.free_since >= policy.reuse_days * DAY
        return Finding.RIGHT if is_rested else Finding.WRONG
    if doubt is Doubt.ELSEWHERE:
        is_elsewhere = bool(number.cities) and not number.cities & {number.sender_city, number.receiver_city}
        return Finding.WRONG if is_elsewhere else Finding.RIGHT
    if not number.is_claim_waiting:
        return Finding.RIGHT
    return Finding.WRONG if now >= claim_until(number.shipped_at, policy) else Finding.OPEN


def _is_asked(doubt: Doubt, policy: Policy) -> bool:
    return {
        Doubt.VOIDED: policy.unmakes_voided,
        Doubt.REUSED: policy.unmakes_reused,
        Doubt.ELSEWHERE: policy.unmakes_elsewhere,
        Doubt.CLAIMED: policy.unmakes_claimed,
    }[doubt]


def unmake_until(shipped_at: Instant, policy: Policy) -> Instant:
    """Return since when a number is not doubted by itself any more; people may still say that it is wrong."""
    return Instant(shipped_at + policy.unmake_days * DAY)


def claim_until(shipped_at: Instant, policy: Policy) -> Instant:
    """Return when a claim that still waits shows that the number is another's."""
    return Instant(shipped_at + hours(policy.claim_hours))


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "packs_max": (1, 100),
    "merged_max": (1, 500),
    "edit_hours": (0, 30 * 24),
    "edits_max": (0, 10),
    "serials_max": (0, 1_000),
    "serial_length_max": (17, 100),
    "unmake_days": (0, 365),
    "reuse_days": (0, 365),
    "claim_hours": (0, 60 * 24),
}
_FLAGS: Final = ("unmakes_voided", "unmakes_reused", "unmakes_elsewhere", "unmakes_claimed")


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in (*_RANGES, *_FLAGS)}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range.
    """
    return Policy(version=name, **bodies.flat(body, _RANGES, flags=_FLAGS))
