"""The declaration of a list: its name, its shape and its columns. Everything about a list page follows from it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from yidao.kit.lists.columns import Column
from yidao.kit.lists.questions import Shape

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """
    One list. `name` is its name for ever: saved filters, columns and exports are kept under it. `title` and the words
    of an empty list are English message ids; `total` is the sentence with %(count)s in the footer.
    """

    name: str
    title: str
    shape: Shape
    columns: tuple[Column[Row], ...]
    total: str
    empty: str
    empty_hint: str = ""
