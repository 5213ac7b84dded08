"""What the frame of every page needs: the console, the demo's time, and which carriers are silent."""

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from yidao.accounts import visits
from yidao.kit import clock
from yidao.web.shared import banners, pages
from yidao.web.shared.navigation import Console


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values; the banners are read only where they are shown, so an error page needs no database."""
    console = getattr(request, "console", None)
    theme = request.COOKIES.get(pages.THEME_COOKIE, "")
    return {
        "console": console,
        "now": getattr(request, "now", None),
        "visit": SimpleLazyObject(lambda: _visit(console)),
        "banners": SimpleLazyObject(banners.banners),
        "is_chinese": (translation.get_language() or "").startswith("zh"),
        "theme": theme if theme in pages.THEMES else "auto",
        "htmx": getattr(request, "htmx", None),
    }


def _visit(console: Console | None) -> visits.VisitRow | None:
    """Return the visit a console is shown in; read only where the page says so."""
    if console is None or console.actor.user_id is None:
        return None
    return visits.open_visit(user_id=console.actor.user_id, real_now=clock.real_now())
