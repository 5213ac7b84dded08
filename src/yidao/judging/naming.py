"""What kinds of violations are called, for notices and pages: English message ids, the source's terms in Chinese."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop

from yidao.judging.models import Kind

KIND: Final[Mapping[str, str]] = {
    Kind.LATE_SHIPMENT: gettext_noop("Late shipment"),
    Kind.PICKUP_TIMEOUT: gettext_noop("Late pickup"),
    Kind.TRANSIT_TIMEOUT: gettext_noop("Late transit"),
    Kind.OUT_OF_STOCK: gettext_noop("Out of stock"),
    Kind.FALSE_SHIPMENT: gettext_noop("False shipment"),
}


def kind(code: str) -> str:
    """Return what a kind is called in the reader's language; one of a newer release is shown as it is."""
    return gettext(KIND[code]) if code in KIND else code


def counted(params: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the sentence part of a notice that says how many of each kind: Late shipment 3, Late pickup 1."""
    found = [(kind(code), int(params[code])) for code in KIND if params.get(code)]
    return {"kinds": ", ".join(f"{words} {count}" for words, count in found)}


def named(params: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what the one violation of a notice is called."""
    return {"what": kind(str(params.get("violation_kind", "")))}
