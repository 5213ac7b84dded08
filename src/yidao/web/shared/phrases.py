"""
The words for what the rules and the intake say in codes, in one place: every page and message uses these. A test fails
when a code has no words here or the words have no Chinese.
"""

from django.utils.translation import get_language, gettext, gettext_noop

from yidao.carriers import catalogue
from yidao.places import divisions

STATUS = {
    "SHIPPED_AWAIT_PICKUP": gettext_noop("Shipped, awaiting pickup"),
    "PICKED_AWAIT_TRANSIT": gettext_noop("Picked up, awaiting transit"),
    "IN_TRANSIT_AWAIT_DELIVERY": gettext_noop("In transit, awaiting delivery"),
    "CUSTOMS_PENDING": gettext_noop("Awaiting customs"),
    "CUSTOMS_PROCESSING": gettext_noop("In customs"),
    "CUSTOMS_FAILED": gettext_noop("Customs refused"),
    "CUSTOMS_CLEARED": gettext_noop("Customs cleared"),
    "OUT_FOR_DELIVERY": gettext_noop("Out for delivery"),
    "AWAIT_COLLECTION": gettext_noop("Awaiting collection"),
    "REJECTED": gettext_noop("Rejected"),
    "INTERCEPTED": gettext_noop("Intercepted"),
    "RETURNING": gettext_noop("Returning"),
    "SIGNED": gettext_noop("Signed"),
    "RETURN_SIGNED": gettext_noop("Return signed"),
    "VOIDED": gettext_noop("Voided"),
}

STATUS_TONE = {
    "SHIPPED_AWAIT_PICKUP": "quiet",
    "SIGNED": "good",
    "CUSTOMS_FAILED": "bad",
    "AWAIT_COLLECTION": "warn",
    "REJECTED": "bad",
    "INTERCEPTED": "bad",
    "RETURNING": "warn",
    "RETURN_SIGNED": "quiet",
    "VOIDED": "quiet",
}

TYPE = {
    "PICKUP_SOON": gettext_noop("Pickup soon overdue"),
    "PICKUP_TIMEOUT": gettext_noop("Pickup overdue"),
    "DISPATCH_TIMEOUT": gettext_noop("Dispatch overdue"),
    "TRANSIT_TIMEOUT": gettext_noop("Transit overdue"),
    "DELIVERY_TIMEOUT": gettext_noop("Delivery overdue"),
    "SIGN_ADDR_MISMATCH": gettext_noop("Signed in another city"),
    "PARCEL_DAMAGED": gettext_noop("Parcel damaged"),
    "TRANSIT_EXCEPTION": gettext_noop("Transit exception"),
    "DELIVERY_EXCEPTION": gettext_noop("Delivery exception"),
    "OTHER": gettext_noop("Other exception"),
}

SEVERITY = {
    "NOTICE": gettext_noop("Notice"),
    "WARN": gettext_noop("Warning"),
    "SEVERE": gettext_noop("Severe"),
}

REASON = {
    "PICKUP_NEAR": gettext_noop("The pickup limit is near"),
    "NOT_PICKED_UP": gettext_noop("Not picked up in time"),
    "NOT_DEPARTED": gettext_noop("Has not left the origin in time"),
    "NO_UPDATE": gettext_noop("No news on the way in time"),
    "NOT_DELIVERED": gettext_noop("Not delivered in time"),
    "NOT_COLLECTED": gettext_noop("Not collected in time"),
    "HUB_DWELL": gettext_noop("Stays at a hub too long"),
    "NO_NEWS": gettext_noop("No news for the legal time; counts as lost"),
    "CITY_DIFFERS": gettext_noop("Signed in another city than the receiver's"),
    "DAMAGED": gettext_noop("Reported as damaged"),
    "LOST": gettext_noop("Reported as lost"),
    "DETAINED": gettext_noop("Detained"),
    "MISSORTED": gettext_noop("Missorted"),
    "OUT_OF_AREA": gettext_noop("Outside the carrier's area"),
    "DELIVERY_PROBLEM": gettext_noop("Problem at delivery"),
    "DELIVERY_DELAYED": gettext_noop("Delivery put off"),
    "UNREACHABLE_CONTACT": gettext_noop("Receiver cannot be reached"),
    "ADDRESS_UNCLEAR": gettext_noop("Address unclear"),
    "PHONE_WRONG": gettext_noop("Phone number wrong"),
    "LOCKER_OVERDUE": gettext_noop("Locker reports it as overdue"),
    "SECOND_ATTEMPT": gettext_noop("Second delivery attempt"),
    "PROBLEM": gettext_noop("Carrier reports a problem"),
    "NO_INFO": gettext_noop("Carrier knows nothing of it"),
    "CUSTOMS_FAILED": gettext_noop("Customs refused"),
    "ODD_SIGN_TIME": gettext_noop("Signed at an odd hour"),
    "PICKED_BEFORE_PAYMENT": gettext_noop("Picked up before payment"),
    "NUMBER_REUSED": gettext_noop("Number was used before"),
    "CARRIER_CORRECTED": gettext_noop("Carrier was corrected"),
}

CLOSING = {
    "PICKED_UP": gettext_noop("picked up"),
    "UPGRADED": gettext_noop("became overdue"),
    "DEPARTED": gettext_noop("left the origin"),
    "NEWER_SCAN": gettext_noop("a newer scan arrived"),
    "PROGRESS": gettext_noop("moved on"),
    "SIGNED": gettext_noop("signed"),
    "BOXED": gettext_noop("put into a locker or station"),
    "REJECTED": gettext_noop("rejected"),
    "RETURNED": gettext_noop("went back"),
    "VOIDED": gettext_noop("voided"),
    "REFUNDED": gettext_noop("refunded"),
    "MANUAL": gettext_noop("settled by hand"),
    "EXPIRED": gettext_noop("ran out after the signature"),
    "NOT_LATE": gettext_noop("late news: it never was late"),
    "RELIEVED": gettext_noop("relieved by an announcement"),
}

PARTY = {
    "SHOP": gettext_noop("Shop"),
    "CARRIER": gettext_noop("Carrier"),
    "CONSIGNEE": gettext_noop("Receiver"),
    "CUSTOMS": gettext_noop("Customs"),
    "PLATFORM": gettext_noop("Platform"),
    "UNKNOWN": gettext_noop("Nobody yet"),
}

KIND = {
    "ORDERED": gettext_noop("Ordered"),
    "PICKED_UP": gettext_noop("Picked up"),
    "DEPARTED_ORIGIN": gettext_noop("Left the origin"),
    "IN_TRANSIT": gettext_noop("In transit"),
    "ARRIVED_HUB": gettext_noop("Arrived at a hub"),
    "DEPARTED_HUB": gettext_noop("Left a hub"),
    "ARRIVED_CITY": gettext_noop("Arrived in the city"),
    "ARRIVED_OUTLET": gettext_noop("Arrived at the delivery outlet"),
    "FORWARDED": gettext_noop("Forwarded"),
    "OUT_FOR_DELIVERY": gettext_noop("Out for delivery"),
    "REDELIVERY": gettext_noop("Delivered again"),
    "TAKEN_FROM_LOCKER": gettext_noop("Taken out for delivery"),
    "IN_LOCKER": gettext_noop("In a locker or station"),
    "LOCKER_OVERDUE": gettext_noop("Locker overdue"),
    "SIGNED": gettext_noop("Signed"),
    "SIGNED_AFTER_EXCEPTION": gettext_noop("Signed after an exception"),
    "SIGNED_AT_LOCKER": gettext_noop("Collected"),
    "REJECTED": gettext_noop("Rejected"),
    "RETURNING": gettext_noop("Returning"),
    "RETURN_SIGNED": gettext_noop("Return signed"),
    "INTERCEPTED": gettext_noop("Intercepted"),
    "VOIDED": gettext_noop("Voided"),
    "CUSTOMS_PENDING": gettext_noop("Awaiting customs"),
    "CUSTOMS_PROCESSING": gettext_noop("In customs"),
    "CUSTOMS_CLEARED": gettext_noop("Customs cleared"),
    "CUSTOMS_FAILED": gettext_noop("Customs refused"),
    "PROBLEM": gettext_noop("Problem"),
    "NO_INFO": gettext_noop("No information"),
    "ADVISED_NOT_SIGNED": gettext_noop("Provider advises: not signed"),
    "ADVISED_NOT_UPDATED": gettext_noop("Provider advises: no news"),
    "DELIVERY_PROBLEM": gettext_noop("Problem at delivery"),
    "DELIVERY_DELAYED": gettext_noop("Delivery put off"),
    "UNREACHABLE_CONTACT": gettext_noop("Receiver cannot be reached"),
    "ADDRESS_UNCLEAR": gettext_noop("Address unclear"),
    "PHONE_WRONG": gettext_noop("Phone number wrong"),
    "OUT_OF_AREA": gettext_noop("Outside the carrier's area"),
    "DETAINED": gettext_noop("Detained"),
    "DAMAGED": gettext_noop("Reported as damaged"),
    "MISSORTED": gettext_noop("Missorted"),
    "LOST": gettext_noop("Reported as lost"),
    "UNKNOWN": gettext_noop("News of an unknown kind"),
}

ROUTE = {
    "SAME_CITY": gettext_noop("same city"),
    "SAME_PROV": gettext_noop("same province"),
    "CLUSTER_JZHW": gettext_noop("Jiangsu, Zhejiang, Shanghai, Anhui"),
    "CLUSTER_JJJ": gettext_noop("Beijing, Tianjin, Hebei"),
    "INTER_PROV": gettext_noop("between provinces"),
    "REMOTE": gettext_noop("remote region"),
    "CROSS_BORDER": gettext_noop("cross-border"),
    "UNKNOWN": gettext_noop("unknown"),
}

SCOPE = {
    "PLATFORM": gettext_noop("Platform"),
    "CARRIER": gettext_noop("Carrier"),
    "SHOP": gettext_noop("Shop"),
}

FAULT = {
    "not_json": gettext_noop("is no JSON"),
    "not_object": gettext_noop("must be a JSON object"),
    "not_time": gettext_noop("is no time"),
    "not_integer": gettext_noop("must be a whole number"),
    "not_boolean": gettext_noop("must be true or false"),
    "not_list": gettext_noop("must be a list"),
    "not_text": gettext_noop("must be a short text"),
    "not_prefix": gettext_noop("must be the first two to four digits of a division code"),
    "not_storable": gettext_noop("holds characters that cannot be stored"),
    "missing": gettext_noop("is missing"),
    "out_of_range": gettext_noop("is too small or too large"),
    "too_small": gettext_noop("must not be before or below the value it follows"),
    "too_many": gettext_noop("has too many entries"),
    "set_unknown": gettext_noop("names no region set of this policy"),
    "class_unknown": gettext_noop("names no class of route"),
    "overlaps": gettext_noop("overlaps another of the same name"),
    "in_the_past": gettext_noop("lies in the past"),
    "unknown": gettext_noop("is unknown"),
    "must_be_empty": gettext_noop("must be empty"),
}

ROLE = {
    "OWNER": gettext_noop("Owner"),
    "WAYBILLS": gettext_noop("Waybills and labels"),
    "SERVICE": gettext_noop("Customer service"),
    "FINANCE": gettext_noop("Finance"),
    "WAREHOUSE": gettext_noop("Warehouse"),
    "CLERK": gettext_noop("Operations"),
    "VIEWER": gettext_noop("Looks only"),
}

ORGANISATION = {
    "SHOP": gettext_noop("Shop"),
    "CREATOR": gettext_noop("Creator"),
    "CARRIER": gettext_noop("Carrier"),
    "OUTLET": gettext_noop("Carrier outlet"),
    "PROVIDER": gettext_noop("Provider"),
    "PLATFORM": gettext_noop("Platform"),
}

CAUSE = {
    "SHOWN": gettext_noop("It is in the list; the other filters leave it out."),
    "BEFORE_DATA_START": gettext_noop("Shipped before the first day that is shown here."),
    "NOT_SHIPPED": gettext_noop("The shop has not shipped it yet, so there is no parcel."),
    "SELF_SOLD": gettext_noop("Sold by yourself; only orders you promoted for others are here."),
    "CROSS_BORDER": gettext_noop("A cross-border import; these are not here."),
    "CUSTOMER_RETURN": gettext_noop("A customer's return; these are not here."),
    "UNKNOWN": gettext_noop("Not known, or not promoted by you."),
}
"""Why an order that a creator looks up is not in his list; the rules say which (`monitor.Cause`)."""

TABLES = {
    "status": STATUS,
    "type": TYPE,
    "severity": SEVERITY,
    "reason": REASON,
    "closing": CLOSING,
    "party": PARTY,
    "kind": KIND,
    "route": ROUTE,
    "scope": SCOPE,
    "role": ROLE,
    "organisation": ORGANISATION,
    "fault": FAULT,
    "cause": CAUSE,
}


def of(table: str, code: str) -> str:
    """Return the words for a code; one that a newer release wrote is shown as it is."""
    words = TABLES[table].get(code)
    return gettext(words) if words is not None else code


def tone(status: str) -> str:
    """Return the color a status is shown in: quiet, active, warn, bad, good."""
    return STATUS_TONE.get(status, "active")


CARRIER_IN_ENGLISH = {
    "shunfeng": "SF Express",
    "jd": "JD Logistics",
    "ems": "EMS",
    "youzhengguonei": "China Post",
    "debangwuliu": "Deppon Express",
    "zhongtong": "ZTO Express",
    "yuantong": "YTO Express",
    "shentong": "STO Express",
    "yunda": "Yunda Express",
    "jtexpress": "J&T Express",
    "danniao": "Danniao",
    "fengwang": "Fengwang Express",
    "zhongyouex": "Zhongyou Express",
    "zhaijisong": "ZJS Express",
    "youshuwuliu": "UCE Express",
    "annengwuliu": "ANE Logistics",
    "kuayue": "Kuayue Express",
    "shunfengkuaiyun": "SF Freight",
    "zhongtongkuaiyun": "ZTO Freight",
    "jingdongkuaiyun": "JD Freight",
    "debangkuaiyun": "Deppon Freight",
    "yundakuaiyun": "Yunda Freight",
    "yimidida": "Yimidida",
    "sxjdfreight": "SXJD Freight",
    "suning": "Suning Logistics",
    "annto": "Annto Logistics",
    "jiuyescm": "Jiuye SCM",
}


def carrier(code: str) -> str:
    """Return a carrier's name in the reader's language; an unknown code is shown as it is."""
    if _reads_chinese():
        known = catalogue.BY_CODE.get(code)
        return known.name if known is not None else code
    return CARRIER_IN_ENGLISH.get(code, code)


def place(division: str) -> str:
    """Return province and city of a division code in the reader's language."""
    return divisions.name(division, "zh-hans" if _reads_chinese() else "en") if division else ""


def short_place(province: str, letters: str) -> str:
    """Return a province in as few signs as a tile of a map has room for."""
    return place(f"{province}0000")[:2] if _reads_chinese() else letters


def _reads_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def severity_tone(severity: str) -> str:
    """Return the color of a severity."""
    return {"NOTICE": "notice", "SEVERE": "severe"}.get(severity, "warn")


def type_tone(type_: str) -> str:
    """Return the color of a type in a list, where the severity is not told."""
    return "notice" if type_ == "PICKUP_SOON" else "warn"
