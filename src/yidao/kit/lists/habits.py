"""
What a person keeps about a list: named filters, hidden columns, and since when rows are new to them. It is theirs alone
and leaves no entry in the journal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yidao.kit.errors import NotVisible, Refusal
from yidao.kit.models import ListHabit, SavedFilter

SAVED_MAX = 20
"""Filters one person keeps per list and console."""
NAME_CHARS_MAX = 40
QUERY_CHARS_MAX = 36_000
"""As long as 500 pasted numbers of the greatest length are."""
VISIT_ENDS_AFTER = timedelta(minutes=30)
"""Who was not seen for so long has begun a new visit."""
VISIT_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Whose habits: a person at one list of one console; `organisation_id` 0 is all of theirs at once."""

    user_id: int
    organisation_id: int
    list_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One named filter."""

    id: int
    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """`hidden` is None for who never chose columns; rows younger than `new_since` are new, None makes nothing new."""

    hidden: tuple[str, ...] | None
    new_since: datetime | None


class SavedFilterTooMany(Refusal):
    """The person keeps as many as one may."""

    code = "saved_filter.too_many"
    message = "You can keep %(max)s filters per list. Delete one first."


class SavedFilterNameTaken(Refusal):
    """Another of the person's filters of this list has that name."""

    code = "saved_filter.name_taken"
    message = "There is a filter named %(name)s already."


class SavedFilterNameRefused(Refusal):
    """The name is empty or too long."""

    code = "saved_filter.name_refused"
    status = 422
    message = "Give the filter a name of at most %(max)s characters."


def saved(keeper: Keeper) -> tuple[Saved, ...]:
    """Return a person's named filters of a list by name."""
    rows = _filters(keeper).order_by("name").values_list("id", "name", "query")
    return tuple(Saved(id=row[0], name=row[1], query=row[2]) for row in rows[:SAVED_MAX])


def look(keeper: Keeper) -> Habit:
    """Return a person's habit at a list without noting that they are there."""
    row = _habits(keeper).values_list("hidden", "new_since").first()
    hidden, new_since = row if row is not None else (None, None)
    return Habit(hidden=tuple(hidden) if hidden is not None else None, new_since=new_since)


def visit(keeper: Keeper, *, now: datetime) -> Habit:
    """
    Note that somebody looks at a list and return their habit.

    After a pause of VISIT_ENDS_AFTER everything since they were last seen is new; within a visit the mark stays. Who is
    there for the first time sees nothing marked.
    """
    row = _habits(keeper).values_list("hidden", "seen_at", "new_since").first()
    hidden, seen_at, new_since = row if row is not None else (None, None, None)
    kept = tuple(hidden) if hidden is not None else None
    if seen_at is not None and now - seen_at < VISIT_NOTED_EVERY:
        return Habit(hidden=kept, new_since=new_since)
    if seen_at is not None and now - seen_at >= VISIT_ENDS_AFTER:
        new_since = seen_at
    _write(keeper, seen_at=now, new_since=new_since)
    return Habit(hidden=kept, new_since=new_since)


def save(keeper: Keeper, *, name: str, query: str, now: datetime) -> None:
    """
    Keep a filter under a name.

    :raises SavedFilterNameRefused: the name is empty or too long.
    :raises SavedFilterNameTaken: there is one of that name.
    :raises SavedFilterTooMany: there are SAVED_MAX.
    """
    name = _checked(name)
    if _filters(keeper).count() >= SAVED_MAX:
        raise SavedFilterTooMany(max=SAVED_MAX)
    try:
        with transaction.atomic():
            SavedFilter.objects.create(
                user_id=keeper.user_id,
                organisation_id=keeper.organisation_id,
                list_name=keeper.list_name,
                name=name,
                query=query[:QUERY_CHARS_MAX],
                created_at=now,
            )
    except IntegrityError:
        raise SavedFilterNameTaken(name=name) from None


def rename(keeper: Keeper, saved_id: int, *, name: str) -> None:
    """
    Give a kept filter another name.

    :raises NotVisible: it is none of theirs.
    :raises SavedFilterNameRefused: the name is empty or too long.
    :raises SavedFilterNameTaken: there is another one of that name.
    """
    name = _checked(name)
    try:
        with transaction.atomic():
            changed = _filters(keeper).filter(id=saved_id).update(name=name)
    except IntegrityError:
        raise SavedFilterNameTaken(name=name) from None
    if not changed:
        raise NotVisible


def delete(keeper: Keeper, saved_id: int) -> None:
    """Forget a kept filter; one that is not theirs, or gone, changes nothing."""
    _filters(keeper).filter(id=saved_id).delete()


def hide(keeper: Keeper, hidden: Iterable[str] | None) -> None:
    """Keep which columns somebody hides; None goes back to those the list has at first."""
    _write(keeper, hidden=None if hidden is None else list(hidden))


def _checked(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > NAME_CHARS_MAX:
        raise SavedFilterNameRefused(max=NAME_CHARS_MAX)
    return name


def _filters(keeper: Keeper) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(
        user_id=keeper.user_id, organisation_id=keeper.organisation_id, list_name=keeper.list_name
    )


def _habits(keeper: Keeper) -> QuerySet[ListHabit]:
    return ListHabit.objects.filter(user_id=keeper.user_id, list_name=_place(keeper))


def _write(keeper: Keeper, **values: object) -> None:
    """Change or make the one row; two at once make one."""
    row = ListHabit(user_id=keeper.user_id, list_name=_place(keeper), **values)
    ListHabit.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["user_id", "list_name"], update_fields=list(values)
    )


def _place(keeper: Keeper) -> str:
    return f"{keeper.list_name}/{keeper.organisation_id}"
