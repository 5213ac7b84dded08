"""What statuses and kinds of scans mean to the clocks of `watch`: stages, roles, what opens and what ends."""

from typing import Final

from yidao.rules import episodes, parcel, scans
from yidao.rules.episodes import Closing, Reason, Type
from yidao.rules.facts import HoldKind
from yidao.rules.parcel import Status
from yidao.rules.scans import Kind

# Stages: which clocks may run in a state of the fold. OVER is signed, refused or on the way back.
WAITING, PICKED, TRANSIT, DELIVERY, COLLECTION, OVER, VOID = range(7)

_STAGE_OF_STATUS: Final = {
    Status.SHIPPED_AWAIT_PICKUP: WAITING,
    Status.PICKED_AWAIT_TRANSIT: PICKED,
    Status.IN_TRANSIT_AWAIT_DELIVERY: TRANSIT,
    Status.CUSTOMS_PENDING: TRANSIT,
    Status.CUSTOMS_PROCESSING: TRANSIT,
    Status.CUSTOMS_FAILED: TRANSIT,
    Status.CUSTOMS_CLEARED: TRANSIT,
    Status.OUT_FOR_DELIVERY: DELIVERY,
    Status.AWAIT_COLLECTION: COLLECTION,
    Status.VOIDED: VOID,
}
STAGE: Final = tuple(_STAGE_OF_STATUS.get(each, OVER) for each in parcel.STATUS_OF_STATE)
IS_SIGNED: Final = tuple(each is Status.SIGNED for each in parcel.STATUS_OF_STATE)
IS_SIGNATURE: Final = tuple(each in (Status.SIGNED, Status.RETURN_SIGNED) for each in parcel.STATUS_OF_STATE)

# What a kind is to the clocks: nothing, a movement, an end of the journey, or news that moves nothing.
SILENT, MOVES, ENDS, HAPPENS = range(4)
ENDING: Final[dict[int, Closing]] = {
    **dict.fromkeys(scans.SIGNATURES, Closing.SIGNED),
    Kind.REJECTED: Closing.REJECTED,
    Kind.RETURNING: Closing.RETURNED,
    Kind.INTERCEPTED: Closing.RETURNED,
    Kind.RETURN_SIGNED: Closing.RETURNED,
    Kind.VOIDED: Closing.VOIDED,
}


def _role(kind: Kind) -> int:
    if kind in ENDING:
        return ENDS
    if kind in scans.PROGRESS:
        return MOVES
    return SILENT if kind in scans.NOT_REAL else HAPPENS


ROLE: Final = (SILENT, *(_role(kind) for kind in Kind))
OUT: Final = frozenset(map(int, scans.OUT))
HELD_BY_CUSTOMS: Final = frozenset(map(int, scans.HELD_BY_CUSTOMS))
SIGNATURES: Final = frozenset(map(int, scans.SIGNATURES))
DIVERTED: Final = frozenset(map(int, scans.BACKWARD | {Kind.FORWARDED}))
ENDED_BY_ANY: Final = (
    Type.TRANSIT_TIMEOUT,
    Type.DELIVERY_TIMEOUT,
    Type.TRANSIT_EXCEPTION,
    Type.DELIVERY_EXCEPTION,
)

# What an exception opens, whoever reported it. OUT_OF_AREA depends on the stage, see `Watch._except`.
OPENS: Final = {
    int(Kind.DAMAGED): (Type.PARCEL_DAMAGED, Reason.DAMAGED),
    int(Kind.DETAINED): (Type.TRANSIT_EXCEPTION, Reason.DETAINED),
    int(Kind.MISSORTED): (Type.TRANSIT_EXCEPTION, Reason.MISSORTED),
    int(Kind.LOST): (Type.TRANSIT_EXCEPTION, Reason.LOST),
    int(Kind.OUT_OF_AREA): (Type.TRANSIT_EXCEPTION, Reason.OUT_OF_AREA),
    int(Kind.DELIVERY_PROBLEM): (Type.DELIVERY_EXCEPTION, Reason.DELIVERY_PROBLEM),
    int(Kind.DELIVERY_DELAYED): (Type.DELIVERY_EXCEPTION, Reason.DELIVERY_DELAYED),
    int(Kind.UNREACHABLE_CONTACT): (Type.DELIVERY_EXCEPTION, Reason.UNREACHABLE_CONTACT),
    int(Kind.ADDRESS_UNCLEAR): (Type.DELIVERY_EXCEPTION, Reason.ADDRESS_UNCLEAR),
    int(Kind.PHONE_WRONG): (Type.DELIVERY_EXCEPTION, Reason.PHONE_WRONG),
    int(Kind.LOCKER_OVERDUE): (Type.DELIVERY_EXCEPTION, Reason.LOCKER_OVERDUE),
    int(Kind.PROBLEM): (Type.OTHER, Reason.PROBLEM),
    int(Kind.CUSTOMS_FAILED): (Type.OTHER, Reason.CUSTOMS_FAILED),
}

# Facts that are no scans take part in the pass as kinds above every scan; their rank puts them last at their instant.
RESOLVED, NUMBER_REUSED, CARRIER_CORRECTED, PICKED_EARLY = range(128, 132)
LAST_RANK: Final = 100
NOTED_AS: Final = {
    HoldKind.RESOLVED: RESOLVED,
    HoldKind.NUMBER_REUSED: NUMBER_REUSED,
    HoldKind.CARRIER_CORRECTED: CARRIER_CORRECTED,
}
NOTED_REASONS: Final = {
    NUMBER_REUSED: Reason.NUMBER_REUSED,
    CARRIER_CORRECTED: Reason.CARRIER_CORRECTED,
    PICKED_EARLY: Reason.PICKED_BEFORE_PAYMENT,
}

ALL_TYPES: Final = episodes.mask_of(tuple(Type))
RELIEVABLE: Final = ALL_TYPES & ~episodes.mask_of((Type.SIGN_ADDR_MISMATCH, Type.PARCEL_DAMAGED, Type.OTHER))
"""What a relief can excuse when it names no types: everything that a shut region makes late."""

CLOCK_REASONS: Final = frozenset(
    {
        Reason.PICKUP_NEAR,
        Reason.NOT_PICKED_UP,
        Reason.NOT_DEPARTED,
        Reason.NO_UPDATE,
        Reason.NOT_DELIVERED,
        Reason.NOT_COLLECTED,
        Reason.HUB_DWELL,
        Reason.NO_NEWS,
    },
)
"""What only our own clock says, and a silent carrier can therefore make us say wrongly."""

ONLY_NO_NEWS: Final = 1 << Reason.NO_NEWS
ONLY_NO_INFO: Final = 1 << Reason.NO_INFO
ONLY_CUSTOMS_FAILED: Final = 1 << Reason.CUSTOMS_FAILED
DELIVERY_TIMEOUT_BIT: Final = 1 << Type.DELIVERY_TIMEOUT
