"""The Jinja2 environment of every page: translations, addresses, static files by digest, and a few formats."""

import hashlib
from functools import lru_cache
from typing import Any

from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined

from yidao.web.shared import formats, phrases


@lru_cache(maxsize=256)
def static(name: str) -> str:
    """
    Return the address of a static file with the digest of its content, so that browsers may keep it for ever.

    :raises LookupError: there is no such file.
    """
    path = finders.find(name)
    if path is None:
        raise LookupError(name)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def url(name: str, /, **parts: Any) -> str:
    """Return the address of a page by its name."""
    return reverse(name, kwargs=parts)


def environment(**options: Any) -> Environment:
    """Return the environment; a name that a template misspells is an error, never an empty string."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options)  # noqa: S701  Django passes autoescape=True.
    made.add_extension("jinja2.ext.i18n")
    made.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True, pgettext=translation.pgettext
    )
    made.globals.update(static=static, url=url, phrase=phrases, language=translation.get_language)
    made.filters.update(when=formats.when, moment=formats.moment, day=formats.day, iso=formats.iso, span=formats.length)
    return made
