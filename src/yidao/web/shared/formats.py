"""How instants, lengths of time, numbers and waybill numbers look on a page."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext

SHANGHAI = ZoneInfo("Asia/Shanghai")


def when(moment: datetime | None, now: datetime | None = None) -> str:
    """Return an instant as people write it, in Shanghai time; the year only when it is not this one."""
    if moment is None:
        return "—"
    local = moment.astimezone(SHANGHAI)
    is_this_year = now is not None and local.year == now.astimezone(SHANGHAI).year
    return local.strftime("%m-%d %H:%M" if is_this_year else "%Y-%m-%d %H:%M")


def moment(at: datetime) -> str:
    """Return an instant in full, with seconds, in Shanghai time."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def day(at: datetime) -> str:
    """Return the day of an instant in Shanghai, as date fields hold it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def iso(at: datetime) -> str:
    """Return an instant for machines, with Shanghai's offset."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def length(span: timedelta) -> str:
    """Return a length of time in its one or two largest units, rounded down."""
    minutes = int(abs(span).total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = []
    if days:
        parts.append(ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
    if hours:
        parts.append(ngettext("%(count)d h", "%(count)d h", hours) % {"count": hours})
    if (rest and not days) or not parts:
        parts.append(ngettext("%(count)d min", "%(count)d min", rest) % {"count": rest})
    return " ".join(parts)


def capped(count: int, limit: int) -> str:
    """Return a count that stopped counting at a limit."""
    return gettext("%(limit)d+") % {"limit": limit} if count > limit else str(count)
