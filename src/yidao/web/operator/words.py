"""The words for what was kept aside, and the small pictures of the operator's pages."""

from collections.abc import Sequence

from django.utils.translation import gettext, gettext_noop

REASON = {
    "push.not_utf8": gettext_noop("Not UTF-8"),
    "push.malformed_json": gettext_noop("Not well-formed JSON"),
    "push.shape": gettext_noop("Not the shape of a push"),
    "push.time": gettext_noop("A line without a time"),
    "push.too_many_lists": gettext_noop("Too many lists"),
    "push.too_many_lines": gettext_noop("List too long"),
    "waybill_no.malformed": gettext_noop("No waybill number"),
    "carrier.unknown": gettext_noop("Unknown carrier"),
    "carrier.not_yours": gettext_noop("Not the sender's carrier"),
    "tracking.time_out_of_range": gettext_noop("Time far from the parcel's life"),
    "tracking.malformed": gettext_noop("Malformed event"),
    "tracking.code_unknown": gettext_noop("Unknown code"),
    "tracking.parcel_not_yours": gettext_noop("Not the shop's parcel"),
    "parcel.malformed": gettext_noop("Malformed parcel"),
    "parcel.number_in_use": gettext_noop("Waybill number in use"),
    "parcel.shop_unknown": gettext_noop("Unknown shop"),
    "parcel.creator_unknown": gettext_noop("Unknown creator"),
    "intake.data_refused": gettext_noop("Refused by the database"),
    "parcel.not_found": gettext_noop("No such parcel"),
    "body.shape": gettext_noop("Not the expected shape"),
    "quarantine.still_unreadable": gettext_noop("Still cannot be read"),
    "quarantine.undecryptable": gettext_noop("Its key is gone"),
}
STATE = {
    "OPEN": gettext_noop("To decide"),
    "REPLAY_ASKED": gettext_noop("Being replayed"),
    "REPLAYED": gettext_noop("Replayed"),
    "DISCARDED": gettext_noop("Discarded"),
}
RESULT = {
    "ACCEPTED": gettext_noop("Accepted"),
    "DUPLICATE": gettext_noop("Known already"),
    "REJECTED": gettext_noop("Turned away"),
}
FORWARD = {
    "ASKED": gettext_noop("Asked for"),
    "RUNNING": gettext_noop("Running ahead"),
    "DONE": gettext_noop("Arrived"),
    "FAILED": gettext_noop("Failed"),
}
FAMILY = {
    "parcel": gettext_noop("Anomalies of parcels"),
    "silence": gettext_noop("Silent carriers"),
    "monitor": gettext_noop("What creators see"),
    "export": gettext_noop("Exports"),
    "nudge": gettext_noop("Stepping in and tickets"),
    "order-life": gettext_noop("After-sales, receipt and closing"),
    "promise": gettext_noop("Promised ship times"),
    "shipping": gettext_noop("Shipping"),
    "verification": gettext_noop("Codes to phones"),
    "warning": gettext_noop("Warnings before an order is late"),
    "notice": gettext_noop("How long notices are kept"),
    "late-shipment": gettext_noop("Late shipment"),
    "appeal": gettext_noop("Appeals"),
    "sanction": gettext_noop("Closing of shops"),
    "rating": gettext_noop("Share of late orders"),
    "pickup-violation": gettext_noop("Pickup violations"),
    "transit-violation": gettext_noop("Transit violations"),
    "false-shipment": gettext_noop("False shipment"),
    "out-of-stock": gettext_noop("Out of stock"),
}
KEEPS = {
    "parcel": gettext_noop("Parcels shipped before a version takes effect keep the one before."),
    "silence": gettext_noop("A silence that began before a version takes effect keeps the one before."),
    "monitor": gettext_noop("It counts for every list that is asked from then on."),
    "export": gettext_noop("Exports asked for before a version takes effect keep the one before."),
    "nudge": gettext_noop("What was opened before a version takes effect keeps the one before."),
    "order-life": gettext_noop("Orders placed before a version takes effect keep the one before."),
    "promise": gettext_noop("Orders paid before a version takes effect keep the one before."),
    "shipping": gettext_noop("Orders paid, and packs sent, before a version takes effect keep the one before."),
    "verification": gettext_noop("Codes asked for before a version takes effect keep the one before."),
    "warning": gettext_noop("It counts for every warning from then on; what a shop chose itself stays."),
    "notice": gettext_noop("It counts for every notice from then on, old ones too."),
    "late-shipment": gettext_noop("Orders paid before a version takes effect keep the one before."),
    "appeal": gettext_noop("Violations a shop was told of before a version takes effect keep the one before."),
    "sanction": gettext_noop("It counts for every proposal from then on."),
    "rating": gettext_noop("It counts for every day from then on."),
    "pickup-violation": gettext_noop("Orders paid before a version takes effect keep the one before."),
    "transit-violation": gettext_noop("Orders paid before a version takes effect keep the one before."),
    "false-shipment": gettext_noop("Orders paid before a version takes effect keep the one before."),
    "out-of-stock": gettext_noop(
        "Opened by operators only, by hand, on or off. Orders paid before a version takes effect keep the one before."
    ),
}
"""Which things a new version leaves alone, by family."""
TABLES = {"family": FAMILY, "keeps": KEEPS, "reason": REASON, "state": STATE, "result": RESULT, "forward": FORWARD}

SOURCE = {
    "CARRIER": gettext_noop("Carrier's own feed"),
    "KUAIDI100": gettext_noop("Kuaidi100"),
    "KDNIAO": gettext_noop("KDNiao"),
    "WECHAT": gettext_noop("WeChat"),
    "SHOP": gettext_noop("Shops"),
    "PLATFORM": gettext_noop("Platform"),
}

SPARK_WIDTH = 96
SPARK_HEIGHT = 20


def of(table: str, code: str) -> str:
    """Return the words for a code; one that has none is shown as it is."""
    words = TABLES[table].get(code)
    return gettext(words) if words is not None else code


def source(code: str) -> str:
    """Return the words for who sends; a provider without words is shown by its code."""
    words = SOURCE.get(code.partition(":")[0].partition("/")[0])
    return gettext(words) if words is not None else code


def spark(values: Sequence[int]) -> str:
    """Return the points of a line through the values, SPARK_WIDTH wide and SPARK_HEIGHT high, zero at its foot."""
    top = max(max(values, default=0), 1)
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    room = SPARK_HEIGHT - 2
    return " ".join(
        f"{step * place:.1f},{SPARK_HEIGHT - 1 - room * value / top:.1f}" for place, value in enumerate(values)
    )
