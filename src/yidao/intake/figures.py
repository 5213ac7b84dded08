"""What each source sent for each carrier, minute by minute, and how late: the figures of the operator's overview."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from yidao.intake.payloads import (
    Item,
    ItemResult,
    OrderIn,
    QuarantineIn,
    Result,
    ScanIn,
    ShipmentIn,
    SnapshotIn,
    SourceFacts,
)
from yidao.intake.statements import STATEMENTS
from yidao.kit import arrays, clock
from yidao.rules.instants import MINUTE, Instant, to_datetime

WRITE_EVERY_SECONDS: Final = 1.0
SECOND: Final = 1_000_000


@dataclass(slots=True)
class _Figure:
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    quarantined: int = 0
    lag_sum: int = 0
    lag_max: int = 0


class Figures:
    """
    Counts in memory and adds to the database about once a second, and when a new minute of business time begins; a
    killed process loses a second of counts, no event.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str, str], _Figure] = {}
        self._written_at = 0.0

    def count(self, answered: Iterable[tuple[SourceFacts, Item, ItemResult]], *, now: Instant) -> None:
        """Count the answered items of a batch."""
        minute = now - now % MINUTE
        for sender, item, answer in answered:
            if isinstance(item, OrderIn):
                continue  # The figures are those of carriers' news; an order has no carrier.
            source = sender.source if isinstance(item, ShipmentIn) else item.source
            key = (minute, source, item.carrier)
            figure = self._counts.get(key)
            if figure is None:
                figure = self._counts[key] = _Figure()
            if isinstance(item, QuarantineIn):
                figure.quarantined += 1
            elif answer.result is Result.ACCEPTED:
                figure.accepted += 1
                occurred_at = _newest(item)
                if occurred_at:
                    lag = max(0, (now - occurred_at) // SECOND)
                    figure.lag_sum += lag
                    figure.lag_max = max(figure.lag_max, lag)
            elif answer.result is Result.DUPLICATE:
                figure.duplicate += 1
            else:
                figure.rejected += 1

    @property
    def is_due(self) -> bool:
        """Tell whether something was counted and a second has passed since the last writing."""
        return bool(self._counts) and clock.stopwatch() - self._written_at >= WRITE_EVERY_SECONDS

    def write_when_due(self, connection: psycopg.Connection[Any], *, now: Instant) -> None:
        """Write what was counted in earlier batches, if a second has passed since the last time or a minute is over."""
        if self.is_due or next(iter(self._counts), (0,))[0] not in (0, now - now % MINUTE):
            self.write(connection)

    def write(self, connection: psycopg.Connection[Any]) -> None:
        """Write what was counted so far."""
        self._written_at = clock.stopwatch()
        if not self._counts:
            return
        counts, self._counts = sorted(self._counts.items()), {}
        figures = [figure for _, figure in counts]
        minutes: list[datetime] = [to_datetime(Instant(minute)) for (minute, _, _), _ in counts]
        connection.execute(
            STATEMENTS["add_figures"],
            {
                "minute": minutes,
                "source": arrays.texts([source for (_, source, _), _ in counts]),
                "carrier": arrays.texts([carrier for (_, _, carrier), _ in counts]),
                "accepted": arrays.integers([each.accepted for each in figures]),
                "duplicate": arrays.integers([each.duplicate for each in figures]),
                "rejected": arrays.integers([each.rejected for each in figures]),
                "quarantined": arrays.integers([each.quarantined for each in figures]),
                "lag_sum": arrays.integers([each.lag_sum for each in figures]),
                "lag_max": arrays.integers([each.lag_max for each in figures]),
            },
        )


def _newest(item: Item) -> int:
    if isinstance(item, ScanIn):
        return item.occurred_at
    return max(scan.occurred_at for scan in item.scans) if isinstance(item, SnapshotIn) else 0
