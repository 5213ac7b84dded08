"""Where the rows of a list come from: what every source can do, and one for small tables read through the ORM."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import Q, QuerySet

from yidao.kit import paging
from yidao.kit.lists.questions import Question

Row = TypeVar("Row")


class Source(Protocol[Row]):
    """A list's rows for one actor at one instant."""

    def page(self, question: Question) -> paging.Page[Row]:
        """
        Return the rows of the page that is asked for.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are in all, never more than `limit`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[Row]):
    """
    A source over a table of some ten thousand rows: the newest first by `moment`, equal instants by `id`.

    `rows` is everything the actor may see, `narrow` puts the question's filters on it, `make` turns `.values()` into a
    frozen row. An index on (tenant, moment, id) makes every page cheap.
    """

    rows: QuerySet[Any]
    make: Callable[[Mapping[str, Any]], Row]
    columns: Sequence[str]
    moment: str
    narrow: Callable[[QuerySet[Any], Question], QuerySet[Any]] = field(default=lambda rows, question: rows)
    name: str = ""

    def page(self, question: Question) -> paging.Page[Row]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        fingerprint = paging.filter_hash("table", self.name, str(self.rows.query), *question.fingerprint())
        found = self.narrow(self.rows, question).order_by(f"-{self.moment}", "-id")
        if question.after:
            at, last_id = paging.open_cursor(question.after, of=fingerprint, length=2)
            moment = datetime.fromisoformat(at)
            found = found.filter(Q(**{f"{self.moment}__lt": moment}) | Q(**{self.moment: moment, "id__lt": last_id}))
        start = 0 if question.after else question.offset
        values = list(found.values("id", self.moment, *self.columns)[start : start + question.size + 1])
        rows = tuple(self.make(each) for each in values[: question.size])
        if len(values) <= question.size:
            return paging.Page(rows=rows, next_cursor="")
        last = values[question.size - 1]
        return paging.Page(
            rows=rows, next_cursor=paging.cursor((last[self.moment].isoformat(), last["id"]), of=fingerprint)
        )

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return self.narrow(self.rows, question).order_by()[:limit].count()

    def all(self, question: Question) -> Iterator[Row]:
        """Yield every row in order, in batches; for exports."""
        found = self.narrow(self.rows, question).order_by(f"-{self.moment}", "-id")
        for each in found.values("id", self.moment, *self.columns).iterator(chunk_size=500):
            yield self.make(each)
