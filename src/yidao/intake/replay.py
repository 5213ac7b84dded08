"""
Input that was kept and is to be taken once more: through the same decoders and the same queue as everything else. What
still cannot be taken goes back to the list with its fault.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Protocol, cast

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from yidao.intake import identity, pushes, statements
from yidao.intake.payloads import (
    CorrectionIn,
    Item,
    ItemResult,
    QuarantineIn,
    Result,
    ScanIn,
    ShipmentIn,
    SnapshotIn,
    SourceFacts,
    Submission,
)
from yidao.intake.senders import SHOP_SOURCE, Sender
from yidao.kit import crypto, logs
from yidao.kit.errors import Refusal

BATCH: Final = 20
POLL_SECONDS: Final = 1.0
ANSWER_SECONDS_MAX: Final = 60
KEPT_AGAIN: Final = frozenset({"tracking.time_out_of_range", "intake.data_refused"})
"""Refusals for which the writer itself keeps the item: the new piece takes the place of the old one in the list."""

log = logs.get(__name__)

_PAYLOADS: Final = (("lines", ShipmentIn), ("scans", SnapshotIn), ("stands_for", CorrectionIn), ("event_id", ScanIn))
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])


class StillUnreadable(Refusal):
    """The kept input still cannot be understood."""

    code = "quarantine.still_unreadable"
    status = 422
    message = "This still cannot be read: %(reason)s %(detail)s"


class Line(Protocol):
    """The queue in front of the writer."""

    def submit(self, submission: Submission) -> "Future[list[ItemResult]]":
        """Put a submission in line; raises a Refusal when it cannot be taken now."""
        ...


def decode_for_replay(*, body: bytes, detail: Mapping[str, Any], facts: SourceFacts) -> Submission:
    """
    Return what a kept body brings now; `detail["format"]` names the decoder that kept it, without it it is our payload.

    :raises StillUnreadable: nothing of it can be understood.
    """
    sender = Sender(facts, frozenset())
    match detail.get("format"):
        case "kuaidi100":
            items = pushes.kuaidi100_items(body, sender).items
        case "kdniao":
            items = pushes.kdniao_items(body, sender).items
        case _:
            items = [_payload(body)]
    unreadable = [item for item in items if isinstance(item, QuarantineIn)]
    if items and len(unreadable) == len(items):
        raise StillUnreadable(reason=unreadable[0].reason, detail=unreadable[0].detail.get("fault", ""))
    return Submission(facts, tuple(items), len(body))


def _payload(body: bytes) -> Item:
    try:
        names = _keys.decode(body)
        for name, payload in _PAYLOADS:
            if name in names:
                return _named_anew(cast(Item, msgspec.json.decode(body, type=payload)))
    except (ValueError, RecursionError) as fault:
        raise StillUnreadable(reason="body.shape", detail=str(fault)[:200]) from fault
    raise StillUnreadable(reason="body.shape", detail="")


def _named_anew(item: Item) -> Item:
    """Return a payload with the names that follow from its facts; a person who mends a time or a code mends no hash."""
    match item:
        case ScanIn():
            return _scan_named_anew(item)
        case SnapshotIn():
            scans = tuple(map(_scan_named_anew, item.scans))
            parts = [(scan.event_id, scan.variant) for scan in scans]
            digest = identity.list_digest(parts, pushed_at=item.pushed_at)
            return msgspec.structs.replace(item, scans=scans, digest=digest)
        case _:
            return item


def _scan_named_anew(scan: ScanIn) -> ScanIn:
    variant = identity.variant(occurred_at=scan.occurred_at, code=scan.code, division=scan.division, flags=scan.flags)
    return msgspec.structs.replace(scan, variant=variant)


class Replayer:
    """Watches for pieces that are to be taken again; one thread and one connection of its own."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], queue: Line) -> None:
        self._connect = connect
        self._queue = queue
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake-replayer", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the piece in hand and end."""
        self._stop.set()
        self._thread.join(ANSWER_SECONDS_MAX)

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                with self._connect() as connection:
                    self._watch(connection)
            except psycopg.Error as fault:
                log.warning("replays paused", fault=type(fault).__name__)

    def _watch(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stop.is_set():
            if self.once(connection) < BATCH:
                self._stop.wait(POLL_SECONDS)

    def once(self, connection: psycopg.Connection[Any]) -> int:
        """Take up to BATCH pieces again and settle each; other processes skip those in hand. Return how many."""
        with connection.transaction():
            rows = connection.execute(statements.STATEMENTS["replays_asked"].encode(), {"limit": BATCH}).fetchall()
            for row in rows:
                state, outcome = self._again(row)
                connection.execute(
                    statements.STATEMENTS["settle_replay"].encode(),
                    {"id": row[0], "state": state, "outcome": Jsonb(outcome)},
                )
        return len(rows)

    def _again(self, row: Sequence[Any]) -> tuple[str, dict[str, Any]]:
        quarantine_id, source, credential_id, organisation_id, kind, detail, sealed = row
        facts = SourceFacts(credential_id, organisation_id, kind or "PROVIDER", source, source == SHOP_SOURCE)
        try:
            body = crypto.decrypt(bytes(sealed), place=statements.quarantine_place(quarantine_id))
            submission = decode_for_replay(body=body, detail=detail, facts=facts)
            results = self._queue.submit(submission).result(ANSWER_SECONDS_MAX) if submission.items else []
        except StillUnreadable as refusal:
            return "OPEN", {"code": refusal.code, **{name: str(value) for name, value in refusal.values.items()}}
        except crypto.Undecryptable:
            return "OPEN", {"code": "quarantine.undecryptable"}
        except (Refusal, TimeoutError) as fault:
            log.info("replay waits", fault=type(fault).__name__)
            return "REPLAY_ASKED", {}
        return settled(results)


def settled(results: Sequence[ItemResult]) -> tuple[str, dict[str, Any]]:
    """Return the state a replayed piece gets and what is noted of it: back to the list when nothing of it was taken."""
    counts = {result.value.lower(): 0 for result in Result}
    for each in results:
        counts[each.result.value.lower()] += 1
    refusals = sorted({each.code for each in results if each.result is Result.REJECTED})
    outcome: dict[str, Any] = {"counts": counts, "refusals": refusals}
    is_taken = not results or len(refusals) == 0 or any(each.result is not Result.REJECTED for each in results)
    if is_taken or KEPT_AGAIN.issuperset(refusals):
        return "REPLAYED", outcome
    return "OPEN", {"code": refusals[0], **outcome}
