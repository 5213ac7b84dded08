"""What an address asks of a list, read and written: the whole state of a list page is in its address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from yidao.kit.lists import fields
from yidao.kit.lists.fields import Field, Pairs, Query

SIZES = (50, 100, 200)
CURSOR_CHARS_MAX = 500
EXACT_MAX = 10_000
"""Up to here rows are counted exactly and pages have numbers; beyond, one page leads to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A filter's answers, the order, and which page; `after` is the cursor behind which the page begins."""

    answers: Mapping[str, tuple[str, ...]]
    sort: str = ""
    size: int = SIZES[0]
    page: int = 1
    after: str = ""

    def of(self, name: str) -> tuple[str, ...]:
        """Return a field's answer; a field that the list does not have answers nothing."""
        return self.answers.get(name, ())

    def one(self, name: str) -> str:
        """Return the answer of a field with one value, empty when nothing was chosen."""
        found = self.of(name)
        return found[0] if found else ""

    def span(self, name: str) -> tuple[datetime | None, datetime | None]:
        """Return the half-open stretch of time of a range of days."""
        return fields.span(self.of(name))

    @property
    def offset(self) -> int:
        """Return how many rows stand before a numbered page."""
        return (self.page - 1) * self.size

    def at_first(self) -> "Question":
        """Return the same question from its first page."""
        return replace(self, page=1, after="")

    def changed(self, name: str, answer: tuple[str, ...]) -> "Question":
        """Return the question with another answer for one field, from its first page."""
        return replace(self, answers={**self.answers, name: answer}, page=1, after="")

    def fingerprint(self) -> tuple[object, ...]:
        """Return what decides which rows there are and in which order, for cursors."""
        return self.sort, sorted((name, answer) for name, answer in self.answers.items() if answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The fields and orders of a list; the first of `sorts` is the one it has when the address names none."""

    fields: tuple[Field, ...]
    sorts: tuple[str, ...] = ("",)
    sizes: tuple[int, ...] = SIZES

    def read(self, query: Query) -> Question:
        """Return what an address asks; what it gets wrong counts as not chosen."""
        sort, size, page = (_last(query, name) for name in ("sort", "size", "page"))
        chosen = int(size) if size in map(str, self.sizes) else self.sizes[0]
        after = _last(query, "after").replace("\0", "")[:CURSOR_CHARS_MAX]
        return Question(
            answers={each.name: each.read(query) for each in self.fields},
            sort=sort if sort in self.sorts else self.sorts[0],
            size=chosen,
            page=1 if after else _page(page, last=max(1, EXACT_MAX // chosen)),
            after=after,
        )

    def write(self, question: Question) -> str:
        """Return the query of an address: what is not at its default, in the order of the fields."""
        pairs = [*self.filter_pairs(question)]
        if question.sort != self.sorts[0]:
            pairs.append(("sort", question.sort))
        if question.size != self.sizes[0]:
            pairs.append(("size", str(question.size)))
        if question.after:
            pairs.append(("after", question.after))
        elif question.page > 1:
            pairs.append(("page", str(question.page)))
        return urlencode(pairs, safe=",")

    def filter_pairs(self, question: Question) -> Pairs:
        """Return what an address must say for the filter alone."""
        return tuple(pair for each in self.fields for pair in each.write(question.of(each.name)))

    def shared(self, question: Question, names: Iterable[str]) -> Question:
        """Return the question of this shape that takes over the answers of another list's question, by field name."""
        own = {each.name: each.default for each in self.fields}
        taken = {name: question.of(name) for name in names if name in own and question.of(name)}
        return Question(answers=own | taken, sort=self.sorts[0], size=question.size)

    def is_narrowed(self, question: Question) -> bool:
        """Return whether anything is not at its default."""
        return bool(self.filter_pairs(question))


def address(base: str, query: str) -> str:
    """Return an address with a query, without a lonely question mark."""
    return f"{base}?{query}" if query else base


def _last(query: Query, name: str) -> str:
    told = query.get(name, ())
    return told[-1] if told else ""


def _page(text: str, *, last: int) -> int:
    """Return a page's number; one beyond what is counted exactly is the first."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return number if 1 <= number <= last else 1
