"""Tells in words why the rules say what they say: one sentence for each reason that `rules.explain` gives."""

from datetime import timedelta

from django.utils.translation import gettext as _

from yidao.parcels.detail import Truth
from yidao.rules.explain import Because, explain
from yidao.rules.instants import Instant, to_datetime
from yidao.web.shared import phrases
from yidao.web.shared.formats import length, when


def told(truth: Truth) -> tuple[str, ...]:
    """Return the reasons of a parcel's status and anomalies, one sentence each, in the rules' order."""
    found = explain(truth.milestones, truth.plan, truth.holds, truth.policy, truth.now)
    return tuple(sentence(each, now=truth.now) for each in found)


def sentence(because: Because, *, now: Instant) -> str:
    """Return one reason in the reader's language; a code of a newer release is shown as it is."""
    family, _dot, name = because.code.partition(".")
    words = {each: _word(each, value, now) for each, value in because.params}
    words |= {"type": phrases.of("type", because.about.name) if because.about is not None else ""}
    match family:
        case "status":
            return _status(name, words, has_shipped="shipped_at" in words)
        case "anomaly":
            return _anomaly(name, words)
        case "closing":
            words["closing"] = phrases.of("closing", name.upper())
            return _("%(type)s closed at %(closes_at)s: %(closing)s.") % words
        case "held":
            return _held(name, words)
        case "advice":
            return _("Provider's advice at %(scan_at)s: %(kind)s. It opens nothing; our own limits decide.") % words
        case _:
            return because.code


def _word(name: str, value: int | str, now: Instant) -> str:
    """Return a parameter as people read it; its name says what it is."""
    if name.endswith("_at"):
        return when(to_datetime(Instant(int(value))), to_datetime(now))
    if name.endswith("_for"):
        return length(timedelta(microseconds=int(value)))
    if name == "city" or name.endswith("_city"):
        return phrases.place(f"{int(value):04d}00") if value else _("an unknown city")
    table = {"status": "status", "kind": "kind", "back_kind": "kind", "reason": "reason", "route": "route"}.get(name)
    return phrases.of(table, str(value)) if table is not None else str(value)


def _status(name: str, words: dict[str, str], *, has_shipped: bool) -> str:
    match name:
        case "nothing_scanned" if has_shipped:
            return _("%(status)s: shipped at %(shipped_at)s, and no scan has come since.") % words
        case "nothing_scanned":
            return _("%(status)s: no scan has come yet.") % words
        case "scan_said":
            return _("%(status)s: the scan “%(kind)s” of %(scan_at)s says so.") % words
        case "shop_said":
            return _("%(status)s: only the shop says so, “%(kind)s” at %(scan_at)s.") % words
        case "signed_by_sender":
            return (
                _("%(status)s: signed at %(scan_at)s after “%(back_kind)s” at %(back_at)s, so the sender has it back.")
                % words
            )
        case _:
            return _("The scan “%(kind)s” of %(scan_at)s would lead back; it is recorded and changes nothing.") % words


def _anomaly(name: str, words: dict[str, str]) -> str:
    if name == "severe":
        return _("%(type)s severe since %(severe_at)s (policy %(policy)s).") % words
    words = {**words, "reason": phrases.of("reason", name.upper())}
    if name == "city_differs":
        return _("%(type)s at %(reason_at)s: signed in %(signed_city)s, the receiver is in %(receiver_city)s.") % words
    if name == "picked_before_payment":
        return _("%(type)s: picked up at %(reason_at)s, paid only at %(paid_at)s.") % words
    if "route" in words:
        return (
            _(
                "%(type)s from %(reason_at)s: %(reason)s. The limit of %(limit_for)s began at %(since_at)s;"
                " route: %(route)s; policy %(policy)s."
            )
            % words
        )
    if "limit_for" in words:
        return (
            _(
                "%(type)s from %(reason_at)s: %(reason)s. The limit of %(limit_for)s began at %(since_at)s;"
                " policy %(policy)s."
            )
            % words
        )
    return _("%(type)s from %(reason_at)s: %(reason)s.") % words


def _held(name: str, words: dict[str, str]) -> str:
    if name == "outage":
        return (
            _("%(type)s is held back: the carrier's data has been late since %(hold_since_at)s (%(reason)s).") % words
        )
    return _("%(type)s does not count: relief since %(hold_since_at)s (%(reason)s).") % words
