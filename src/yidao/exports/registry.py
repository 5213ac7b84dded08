"""
What can be exported. Each list registers its kind when its module is loaded, in the web process and in the worker
alike; a kind counts and reads its rows for an actor by the list's own query string.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from yidao.accounts.actors import Actor
from yidao.rules.exporting import CodeRule

Row = tuple[str, ...]


def as_written(actor: Actor, query: str) -> Sequence[tuple[str, str]]:
    """Return a query as names and values; a list that knows better words gives its own."""
    return parse_qsl(query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    One exportable list. `title` and `headers` are English message ids; `rows` yields texts in the language that is
    active, as many as there are headers, and must not keep them: there may be many. `count` is how many rows of the
    file there would be, never more than the limit it is given last.
    `filters` tells a query in the words of the active language.

    Both see what the actor may see and nothing else; they raise `NotVisible` for an actor to whom the list is not open.
    """

    name: str
    title: str
    headers: tuple[str, ...]
    count: Callable[[Actor, str, datetime, int], int]
    rows: Callable[[Actor, str, datetime], Iterator[Row]]
    filters: Callable[[Actor, str], Sequence[tuple[str, str]]] = as_written
    code_rule: CodeRule = CodeRule.SWITCHABLE


_KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """
    Make kinds known; the same kind again is harmless.

    :raises ValueError: another kind has that name.
    """
    for kind in kinds:
        if _KINDS.setdefault(kind.name, kind) != kind:
            raise ValueError(f"two kinds of export are called {kind.name}")


def of(name: str) -> Kind | None:
    """Return a kind, None when this release does not know it (any more)."""
    return _KINDS.get(name)
