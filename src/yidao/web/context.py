"""What the frame of every page needs: the console, the demo's time, and which carriers are silent."""

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from yidao.web.shared import banners, pages


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values; the banners are read only where they are shown, so an error page needs no database."""
    console = getattr(request, "console", None)
    theme = request.COOKIES.get(pages.THEME_COOKIE, "")
    return {
        "console": console,
        "now": getattr(request, "now", None),
        "banners": SimpleLazyObject(banners.banners),
        "is_chinese": (translation.get_language() or "").startswith("zh"),
        "theme": theme if theme in pages.THEMES else "auto",
        "account_address": "",
        "htmx": getattr(request, "htmx", None),
    }
