"""
Notices when a carrier falls silent and when it has caught up, and writes both down. Nothing is held or released here:
a verdict reads the outages as holds, and parcels that are held look again by themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg

from yidao.carriers import catalogue
from yidao.kit import arrays, ids
from yidao.parcels import hot
from yidao.rules import silence
from yidao.rules.instants import DAY, MINUTE, NEVER, Instant, to_datetime
from yidao.rules.silence import Arrival, State

AHEAD_SECONDS: Final = 3
"""
How long after it was noticed, in real time, an outage or its end takes effect. Whoever read the outages before may be
judging still; what he writes bears an earlier instant, so it says what was known then.
"""
AWAITED: Final = timedelta(days=60)
"""A parcel shipped before that waits for nobody's news."""
_MEMORY: Final = Instant((silence.REMEMBERED_DAYS_MAX + 1) * DAY)


@dataclass(slots=True, kw_only=True)
class Watched:
    """What one look found: the carriers that fell silent, spoke again, and had caught up."""

    fell_silent: list[str]
    spoke: list[str]
    caught_up: list[str]

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.fell_silent or self.spoke or self.caught_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unfinished:
    """An outage that was not released yet; `until` 0 while nothing came."""

    id: int
    since: Instant
    until: Instant


class Watcher:
    """Looks at most once in a business minute; one for each process that looks."""

    def __init__(self) -> None:
        self._looked_in = -1

    def look(self, connection: psycopg.Connection[Any], knowledge: hot.Knowledge) -> Watched:
        """
        Watch, unless it was done in this minute, or a demo's clock stands still: then no time passes, and who moves it
        calls `watch` himself when the news of the time are there.
        """
        minute = knowledge.now // MINUTE
        if minute == self._looked_in or not knowledge.pace:
            return _nothing()
        self._looked_in = minute
        return watch(connection, knowledge)


def _nothing() -> Watched:
    return Watched(fell_silent=[], spoke=[], caught_up=[])


def watch(connection: psycopg.Connection[Any], knowledge: hot.Knowledge) -> Watched:
    """
    Write down which carriers fell silent, speak again, or have caught up by `knowledge.now`, and tell the pages.

    What is written takes effect a little later than `now`, never before. Of two who look at once one does nothing;
    looking again changes nothing.
    """
    found = _nothing()
    with connection.transaction():
        if not hot.rows(connection, "lock_outages", {})[0][0]:
            return found
        unfinished = {
            carrier: _Unfinished(id=id_, since=since, until=until or NEVER)
            for id_, carrier, since, until in hot.rows(connection, "unfinished_outages", {})
        }
        for carrier, last in _last_news(connection, knowledge, unfinished):
            outage = unfinished.get(carrier)
            if outage is not None:
                _follow(connection, knowledge, carrier, outage, found)
            elif last:
                _listen(connection, knowledge, carrier, last, found)
        if found:
            notice = msgspec.json.encode({"orgs": [], "all": True}).decode()
            connection.execute("SELECT pg_notify('yidao_parcels', %s)", (notice,))
    return found


def _last_news(
    connection: psycopg.Connection[Any], knowledge: hot.Knowledge, unfinished: Iterable[str]
) -> list[tuple[str, Instant | None]]:
    """Return every carrier with the minute of its last news, None when there was none for a long time."""
    carriers = sorted({carrier.code for carrier in catalogue.CARRIERS} | set(unfinished))
    since = to_datetime(Instant(knowledge.now - _MEMORY))
    parameters = {"carrier": arrays.texts(carriers), "since": since, "now": knowledge.now_at}
    return [(carrier, last) for carrier, last in hot.rows(connection, "last_news", parameters)]


def _listen(
    connection: psycopg.Connection[Any], knowledge: hot.Knowledge, carrier: str, last: Instant, found: Watched
) -> None:
    """Begin an outage when the carrier has fallen silent and somebody waits for it."""
    policy = knowledge.silence_book.choose(last, None, carrier)
    if knowledge.now - last < silence.shortest(policy):
        return
    verdict = silence.judge(_news(connection, knowledge, carrier, last), NEVER, policy, knowledge.now)
    if verdict.state is not State.SILENT or not _is_awaited(connection, knowledge, carrier):
        return
    parameters = {
        "id": ids.new_id(),
        "carrier": carrier,
        "since": to_datetime(verdict.since),
        "noticed_at": _effective_at(knowledge),
        "policy": policy.version,
    }
    if hot.rows(connection, "begin_outage", parameters):
        found.fell_silent.append(carrier)


def _follow(
    connection: psycopg.Connection[Any], knowledge: hot.Knowledge, carrier: str, outage: _Unfinished, found: Watched
) -> None:
    """Write down when a silent carrier speaks again, falls silent again while it catches up, or has caught up."""
    policy = knowledge.silence_book.choose(outage.since, None, carrier)
    arrivals = _news(connection, knowledge, carrier, outage.since)
    verdict = silence.judge(arrivals, outage.since, policy, knowledge.now)
    is_over = verdict.state is State.SPEAKING
    if verdict.until == outage.until and not is_over:
        return
    parameters = {
        "id": outage.id,
        "until": to_datetime(verdict.until) if verdict.until else None,
        "released_at": _effective_at(knowledge) if is_over else None,
    }
    if hot.rows(connection, "change_outage", parameters):
        changed = found.caught_up if is_over else found.spoke if verdict.until else found.fell_silent
        changed.append(carrier)


def _news(
    connection: psycopg.Connection[Any], knowledge: hot.Knowledge, carrier: str, anchor: Instant
) -> list[Arrival]:
    """Return what came from a carrier by the minute, from as long before the anchor as any policy remembers."""
    parameters = {"carrier": carrier, "since": to_datetime(Instant(anchor - _MEMORY)), "now": knowledge.now_at}
    return [Arrival(*row) for row in hot.rows(connection, "news_of", parameters)]


def _is_awaited(connection: psycopg.Connection[Any], knowledge: hot.Knowledge, carrier: str) -> bool:
    """Tell whether any shop waits for news of this carrier; nobody sees what a parcel without a shop is late with."""
    parameters = {"carrier": carrier, "since": knowledge.now_at - AWAITED}
    return bool(hot.rows(connection, "is_awaited", parameters)[0][0])


def _effective_at(knowledge: hot.Knowledge) -> datetime:
    """Return the first instant nobody can have judged at yet."""
    return knowledge.now_at + timedelta(seconds=AHEAD_SECONDS * knowledge.pace, microseconds=1)


__all__ = ["Watched", "Watcher", "watch"]
