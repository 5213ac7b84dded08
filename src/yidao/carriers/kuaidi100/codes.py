"""What Kuaidi100's states mean in our vocabulary: main states, fine states, and their names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidao.rules.scans import Kind

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "101": Kind.ORDERED,
        "102": Kind.ORDERED,
        "1": Kind.PICKED_UP,
        "103": Kind.PICKED_UP,
        "0": Kind.IN_TRANSIT,
        "1002": Kind.IN_TRANSIT,
        "1001": Kind.ARRIVED_CITY,
        "1003": Kind.FORWARDED,
        "7": Kind.FORWARDED,
        "5": Kind.OUT_FOR_DELIVERY,
        "501": Kind.IN_LOCKER,
        "3": Kind.SIGNED,
        "301": Kind.SIGNED,
        "303": Kind.SIGNED,
        "304": Kind.SIGNED_AT_LOCKER,
        "302": Kind.SIGNED_AFTER_EXCEPTION,
        "2": Kind.PROBLEM,
        "201": Kind.ADVISED_NOT_SIGNED,
        "202": Kind.ADVISED_NOT_UPDATED,
        "203": Kind.REJECTED,
        "204": Kind.DELIVERY_PROBLEM,
        "205": Kind.LOCKER_OVERDUE,
        "206": Kind.UNREACHABLE_CONTACT,
        "207": Kind.OUT_OF_AREA,
        "208": Kind.DETAINED,
        "209": Kind.DAMAGED,
        "210": Kind.VOIDED,
        "401": Kind.VOIDED,
        "6": Kind.RETURNING,
        "4": Kind.RETURN_SIGNED,
        "14": Kind.REJECTED,
        # Reading: plain "customs" says no more than that customs has it, which is the earliest of the customs states.
        "8": Kind.CUSTOMS_PENDING,
        "10": Kind.CUSTOMS_PENDING,
        "11": Kind.CUSTOMS_PROCESSING,
        "12": Kind.CUSTOMS_CLEARED,
        "13": Kind.CUSTOMS_FAILED,
    }
)

CODES_BY_NAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "已下单": "101",
        "待揽收": "102",
        "揽收": "1",
        "已揽收": "103",
        "在途": "0",
        "干线": "1002",
        "到达派件城市": "1001",
        "转递": "1003",
        "转投": "7",
        "派件": "5",
        "投柜或驿站": "501",
        "签收": "3",
        "本人签收": "301",
        "派件异常后签收": "302",
        "代签": "303",
        "投柜或站签收": "304",
        "疑难": "2",
        "超时未签收": "201",
        "超时未更新": "202",
        "拒收": "203",
        "派件异常": "204",
        "柜或驿站超时未取": "205",
        "无法联系": "206",
        "超区": "207",
        "滞留": "208",
        "破损": "209",
        "销单": "210",
        "已销单": "401",
        "退回": "6",
        "退签": "4",
        "拒签": "14",
        "清关": "8",
        "待清关": "10",
        "清关中": "11",
        "已清关": "12",
        "清关异常": "13",
    }
)

NOTES: Final = frozenset({"2", "201", "202", "204", "206", "207", "208", "209"})
"""States that remark on the parcel without moving it."""


def kind_of(code: str) -> Kind:
    """Return the kind of a code; an unknown one is UNKNOWN and keeps its raw code beside it."""
    return KINDS.get(code, Kind.UNKNOWN)
