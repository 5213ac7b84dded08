"""The banners over every page: simulated time in a demo, and carriers whose data is late (数据延迟)."""

from dataclasses import dataclass
from datetime import datetime

from yidao.parcels import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Banners:
    """What stands above the page."""

    is_demo: bool
    silent: tuple[tuple[str, datetime], ...]


def banners() -> Banners:
    """Return today's banners in one query."""
    is_demo, silent = queries.notices()
    return Banners(is_demo=is_demo, silent=silent)
