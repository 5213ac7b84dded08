"""What every provider's decoder returns: traces in our vocabulary, before they become payloads of the intake."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from yidao.rules import scans
from yidao.rules.scans import Kind

TRACES_MAX: Final = 1_000
"""Lines of one list; a longer one is no parcel's history."""

SPOKEN: Final = "~"
"""Begins the code of a line whose kind was read from its words."""

Text = str | int | float | None
"""Documentation says that all values are strings; some senders disagree."""


class Trace(msgspec.Struct, frozen=True, gc=False):
    """One line of a provider's list; `occurred_at` in microseconds UTC, `code` as the provider wrote it."""

    occurred_at: int
    kind: int
    code: str
    division: str
    place: str
    description: str
    flags: int


class TraceList(msgspec.Struct, frozen=True, gc=False):
    """A full list about one number, oldest first; `pushed_at` is 0 when the provider gives no time of its push."""

    waybill_no: str
    carrier: str
    pushed_at: int
    traces: tuple[Trace, ...]
    leg: str = ""


class Unreadable(Exception):
    """
    A provider's message, or one list of it, does not say what it must.

    `reason` is a permanent dotted code, `detail` an English sentence for the sender; neither repeats personal data.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


Wire = TypeVar("Wire")
_any = msgspec.json.Decoder(msgspec.Raw)


def decoded(decoder: "msgspec.json.Decoder[Wire]", raw: bytes, *, field: str) -> Wire:
    """
    Decode the raw value of a form field.

    :raises Unreadable: it is not JSON in UTF-8 (push.not_utf8, push.malformed_json), or not of its shape (push.shape).
    """
    try:
        raw.decode()  # The decoder looks only at the texts it needs.
        try:
            return decoder.decode(raw)
        except msgspec.ValidationError as fault:
            _any.decode(raw)
            raise Unreadable("push.shape", f"{field} does not have the shape of a push: {fault}.") from fault
    except UnicodeDecodeError as fault:
        raise Unreadable("push.not_utf8", f"{field} is not UTF-8.") from fault
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Unreadable("push.malformed_json", f"{field} is not well-formed JSON.") from fault


def plain(value: Text) -> str:
    """Return a wire value as stripped text; null is empty."""
    if type(value) is str:
        return value.strip()
    return "" if value is None else str(value)


def spoken(description: str) -> tuple[str, Kind]:
    """
    Return (code, kind) for a line without any status, from its words.

    The code is `~` and the kind's name, so that the kind stays a function of the code and a later list that words the
    line otherwise names another event.
    """
    kind = scans.kind_from_text(description) or Kind.UNKNOWN
    return SPOKEN + kind.name, kind


def with_state(
    traces: tuple[Trace, ...],
    state: str,
    *,
    kinds: Mapping[str, Kind],
    notes: frozenset[str],
    own_clock: frozenset[str],
) -> tuple[Trace, ...]:
    """
    Return the traces with what the state of the whole list adds to its newest line.

    Reading: the state is the parcel's, not the line's, so a line that has its own code or tells its kind in words keeps
    it, and only a line that says nothing takes the state. A state that remarks without moving stands as a line of its
    own at the same instant unless the line is coded; one from the aggregator's own clock always does. All of it follows
    from the list alone, so the outcome stays free of order.
    """
    kind = kinds.get(state)
    if kind is None or not traces or traces[-1].kind == kind:
        return traces
    newest = traces[-1]
    is_coded = not newest.code.startswith(SPOKEN)
    if state in own_clock or (state in notes and not is_coded):
        return (*traces, msgspec.structs.replace(newest, kind=kind, code=state, description="", flags=0))
    if not is_coded and newest.kind == Kind.UNKNOWN:
        return (*traces[:-1], msgspec.structs.replace(newest, kind=kind, code=state))
    return traces
