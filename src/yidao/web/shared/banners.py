"""The banners over every page: simulated time in a demo, and carriers whose data is late (数据延迟)."""

from dataclasses import dataclass
from datetime import datetime

from yidao.kit.clock import DemoClock
from yidao.parcels import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Banners:
    """What stands above the page; only a demo has a clock of its own."""

    clock: DemoClock | None
    silent: tuple[tuple[str, datetime], ...]


def banners() -> Banners:
    """Return today's banners in one query."""
    clock, silent = queries.notices()
    return Banners(clock=clock, silent=silent)
