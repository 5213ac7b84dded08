"""
What notices say. Each room that tells something registers its kinds when it is loaded; a kind's words are English
message ids with named placeholders, filled from a notice's params when it is shown, in the reader's language.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

ORGANISATION_SUFFIX: Final = "_id"
"""A param `shop_id` holds an organisation's id and fills the placeholder `shop` with its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    One kind of notice: a title, and a text with placeholders like %(count)s and %(shop)s. What asks for something to be
    done says so with `is_urgent`. `words` turns params into further placeholders, in the language of whoever reads.
    """

    name: str
    title: str
    text: str
    is_urgent: bool = False
    words: Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None

    @property
    def group(self) -> str:
        """Return what notices are sorted by: the part of the name before its dot, like nudge or order."""
        return self.name.partition(".")[0]


_KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """
    Make kinds known; the same kind again is harmless.

    :raises ValueError: another kind has that name.
    """
    for kind in kinds:
        if _KINDS.setdefault(kind.name, kind) != kind:
            raise ValueError(f"two kinds of notice are called {kind.name}")


def of(name: str) -> Kind | None:
    """Return a kind, None when this release does not know it (any more)."""
    return _KINDS.get(name)


def names() -> tuple[str, ...]:
    """Return the names of all kinds."""
    return tuple(sorted(_KINDS))


def of_groups(groups: Collection[str]) -> tuple[str, ...]:
    """Return the names of all kinds of some groups."""
    return tuple(sorted(name for name, kind in _KINDS.items() if kind.group in groups))
