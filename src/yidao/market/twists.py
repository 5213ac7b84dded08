"""What can go out of the ordinary on a parcel's way, how often, and which cases every day stages at which hour."""

from enum import IntEnum
from itertools import accumulate
from typing import Final


class Twist(IntEnum):
    """One turn of fate per parcel; NONE is the ordinary life."""

    NONE = 0
    LATE_PICKUP = 1
    NEVER_PICKED = 2
    SLOW_DISPATCH = 3
    SLOW_TRANSIT = 4
    SLOW_DELIVERY = 5
    UNREACHABLE = 6
    DELIVERY_PROBLEM = 7
    LOCKER = 8
    LOCKER_OVERDUE = 9
    TAKEN_OUT = 10
    REFUSED = 11
    LOST = 12
    GONE_SILENT = 13
    DAMAGED = 14
    MISSORTED = 15
    OUT_OF_AREA = 16
    MISMATCH = 17
    MISMATCH_CORRECTED = 18
    ODD_HOUR = 19
    FORWARDED = 20
    INTERCEPTED = 21
    VOIDED = 22
    RETURNED_AFTER_SIGNATURE = 23
    DETAINED = 24
    EARLY_PICKUP = 25
    PROBLEM = 26
    NO_INFO = 27
    ADDRESS = 28
    SIGNED_IN_ERROR = 29
    TOLD_LATE = 30
    WRONG_PHONE = 31
    DELAYED = 32


_PER_TEN_THOUSAND: Final = {
    Twist.LATE_PICKUP: 110,
    Twist.NEVER_PICKED: 12,
    Twist.SLOW_DISPATCH: 70,
    Twist.SLOW_TRANSIT: 70,
    Twist.SLOW_DELIVERY: 90,
    Twist.UNREACHABLE: 120,
    Twist.DELIVERY_PROBLEM: 60,
    Twist.LOCKER: 2000,
    Twist.LOCKER_OVERDUE: 40,
    Twist.TAKEN_OUT: 15,
    Twist.REFUSED: 80,
    Twist.LOST: 8,
    Twist.GONE_SILENT: 8,
    Twist.DAMAGED: 25,
    Twist.MISSORTED: 40,
    Twist.OUT_OF_AREA: 25,
    Twist.MISMATCH: 12,
    Twist.MISMATCH_CORRECTED: 6,
    Twist.ODD_HOUR: 20,
    Twist.FORWARDED: 20,
    Twist.INTERCEPTED: 20,
    Twist.VOIDED: 30,
    Twist.RETURNED_AFTER_SIGNATURE: 20,
    Twist.DETAINED: 40,
    Twist.EARLY_PICKUP: 150,
    Twist.PROBLEM: 20,
    Twist.NO_INFO: 15,
    Twist.ADDRESS: 25,
    Twist.SIGNED_IN_ERROR: 15,
}
NATURAL: Final = (*_PER_TEN_THOUSAND, Twist.NONE)
NATURAL_UNTIL: Final = (*(share / 10_000 for share in accumulate(_PER_TEN_THOUSAND.values())), 1.0)
"""Cumulative shares of `NATURAL`, for a bisection."""

# Note [Staged parcels]. Every value of every filter shall have rows at every moment of the demo, also in a small world
# where chance would leave gaps. So each day ships these parcels at fixed hours, and each keeps its anomaly open for
# longer than the time to the next of its kind. They belong to one shop and one creator, those of the printed logins.
STAGED: Final = (
    *((hour, Twist.LATE_PICKUP) for hour in (1.0, 5.0, 9.0, 13.0, 17.0, 21.0)),
    *((hour, Twist.SLOW_DISPATCH) for hour in (2.0, 10.0, 18.0)),
    *((hour, Twist.SLOW_TRANSIT) for hour in (9.5, 21.5)),
    *((hour, Twist.SLOW_DELIVERY) for hour in (10.5, 20.5)),
    *((hour, Twist.UNREACHABLE) for hour in (11.0, 16.0)),
    *((hour, Twist.DETAINED) for hour in (8.0, 20.0)),
    *((hour, Twist.LOCKER) for hour in (12.0, 19.0)),
    (14.0, Twist.DAMAGED),
    (14.5, Twist.MISMATCH),
    (15.0, Twist.MISMATCH_CORRECTED),
    (15.5, Twist.EARLY_PICKUP),
    (16.5, Twist.ODD_HOUR),
    (17.5, Twist.REFUSED),
    (6.0, Twist.TOLD_LATE),
    (12.5, Twist.LOST),
    (13.5, Twist.NEVER_PICKED),
    (18.5, Twist.OUT_OF_AREA),
    (19.5, Twist.RETURNED_AFTER_SIGNATURE),
    (20.0, Twist.VOIDED),
    (3.0, Twist.GONE_SILENT),
    (4.0, Twist.MISSORTED),
    (7.0, Twist.ADDRESS),
    (10.0, Twist.WRONG_PHONE),
    (11.5, Twist.DELAYED),
    (22.0, Twist.DELIVERY_PROBLEM),
    (23.0, Twist.PROBLEM),
    (8.5, Twist.INTERCEPTED),
    (20.5, Twist.INTERCEPTED),
)
