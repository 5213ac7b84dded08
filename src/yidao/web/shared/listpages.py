"""
Renders list pages: a declaration (`kit.lists`) bound to its rows, its address and its acts becomes a page, the part of
it that htmx replaces, and the counts that are asked for after the rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render as render_template
from django.utils.translation import gettext, gettext_noop

from yidao.accounts.actors import Actor
from yidao.kit import paging
from yidao.kit.errors import Refusal
from yidao.kit.lists import columns, habits, pager, questions
from yidao.kit.lists.fields import Field
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question
from yidao.kit.lists.sources import Source
from yidao.kit.templates import render_block
from yidao.web.shared.faults import message_of
from yidao.web.shared.formats import capped
from yidao.web.shared.requests import Request

Row = TypeVar("Row")
TEMPLATE = "shared/list.html"
PART, COUNTS = "part", "counts"
FORM = "filters"
"""The id of the form of filters, as htmx names what it asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A link or button of a row, or a button over the chosen rows; `is_drawer` opens its address beside the list."""

    label: str
    address: str
    value: str = ""
    is_drawer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """
    What a row has beside its cells. `key` names it, `version` is different when the row is; `item` is what its tick box
    sends (empty: it cannot be chosen), `label` says which row that is; rows with a `fresh_at` behind the reader's last
    visit are marked as new.
    """

    key: str
    version: str = ""
    acts: tuple[Act, ...] = ()
    item: str = ""
    label: str = ""
    fresh_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab; `count` returns how many rows stand behind it, never more than the limit it is given."""

    key: str
    label: str
    address: str
    count: Callable[[int], int]
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A number somebody looked for that is not in the list, and why if it may be told."""

    number: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The button that exports what was found; `warning` is why that would be refused for its size."""

    address: str
    warning: Callable[[], Refusal | None]
    label: str = gettext_noop("Export what was found")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage(Generic[Row]):
    """
    A list bound to a console: its rows, what each row is and can do, and where everything leads.

    `active` is the side bar's entry, `crumbs` another trail than the side bar's; a list that `keeps_habits` has saved
    filters and a choice of columns, which are posted to its own address; `beside` are acts of the whole list, shown
    beside its export; `notes` are sentences above the rows;
    `missing` names numbers that were looked for in vain; `context` is for a template of its own.
    """

    listing: Listing[Row]
    source: Source[Row]
    address: str
    active: str
    frame: Callable[[Row], Frame]
    tabs: tuple[Tab, ...] = ()
    bulk: tuple[Act, ...] = ()
    export: Export | None = None
    beside: tuple[Act, ...] = ()
    keeps_habits: bool = False
    crumbs: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    missing: Callable[[Question, paging.Page[Row]], Iterable[Missing]] | None = None
    template: str = TEMPLATE
    context: Mapping[str, Any] = field(default_factory=dict)


def asked(request: Request, listing: Listing[Any]) -> Question:
    """Return what the request's address asks of a list."""
    return listing.shape.read(dict(request.GET.lists()))


def render(
    request: Request, actor: Actor, page: ListPage[Row], *, drawer: Mapping[str, Any] | None = None
) -> HttpResponse:
    """
    Render a list: whole, or its result part for htmx, or only its counts; with a drawer, the list behind it. What is
    posted to a list that keeps habits changes them.

    An address with empty values (a form sent without JavaScript) leads to the same address without them.

    :raises Refusal: a filter cannot be kept as asked.
    """
    if request.method == "POST" and page.keeps_habits and drawer is None:
        return _keep(request, actor, page)
    question = asked(request, page.listing)
    here = questions.address(page.address, page.listing.shape.write(question))
    if request.GET.get(PART) == COUNTS:
        return _counts(request, page, question)
    if drawer is None and not request.htmx and any("" in values for _, values in request.GET.lists()):
        return HttpResponseRedirect(here)
    context = _context(request, actor, page, question) | {"here": here} | dict(page.context) | dict(drawer or {})
    if drawer is not None or not request.htmx or request.htmx.boosted or request.htmx.history_restore_request:
        return render_template(request, page.template, context)
    response = render_block(request, TEMPLATE, "results", context)
    # Only the reader's own filter moves the address: news that renew the rows leave an open drawer in it.
    if request.htmx.trigger == FORM and request.htmx.current_url_abs_path not in (None, here):
        response["HX-Push-Url"] = here
    return response


def keeper(actor: Actor, list_name: str) -> habits.Keeper:
    """Return whose habits count at a list: the person's, per console."""
    organisations = actor.organisation_ids
    return habits.Keeper(
        user_id=actor.user_id or 0,
        organisation_id=organisations[0] if len(organisations) == 1 else 0,
        list_name=list_name,
    )


def _context(request: Request, actor: Actor, page: ListPage[Row], question: Question) -> dict[str, Any]:
    listing, shape = page.listing, page.listing.shape
    found = page.source.page(question)
    own = keeper(actor, listing.name)
    habit = habits.Habit(hidden=None, new_since=None)
    if page.keeps_habits:
        habit = habits.look(own) if actor.is_visiting else habits.visit(own, now=request.now)
    seen = columns.shown(listing.columns, habit.hidden)
    first, query = question.at_first(), shape.write(replace(question.at_first(), size=shape.sizes[0]))
    is_first = question.page == 1 and not question.after
    return {
        "page": page,
        "listing": listing,
        "question": question,
        "fields": [_field(each, question) for each in shape.fields],
        "is_more_open": any(each.is_more and question.of(each.name) != each.default for each in shape.fields),
        "is_narrowed": shape.is_narrowed(question),
        "columns": seen,
        "sorts": {
            each: questions.address(page.address, shape.write(replace(first, sort=each))) for each in shape.sorts
        },
        "choice": [(each.name, gettext(each.label), each in seen, each.is_fixed) for each in listing.columns],
        "rows": [_line(page.frame(row), row, seen, habit) for row in found.rows],
        "saved": _saved(own, page, query) if page.keeps_habits else [],
        "query": query,
        "missing": list(page.missing(question, found)) if page.missing is not None else [],
        "counts": questions.address(page.address, _with(shape.write(question), f"{PART}={COUNTS}")),
        "first": "" if is_first else _to(page, first),
        "next": _next(page, question, found.next_cursor),
        "sizes": [(size, size == question.size) for size in shape.sizes],
        "next_cursor": found.next_cursor,
    }


def _with(query: str, more: str) -> str:
    return f"{query}&{more}" if query else more


def _next(page: ListPage[Any], question: Question, cursor: str) -> str:
    if not cursor:
        return ""
    return _to(page, replace(question, page=1, after=cursor))


def _field(each: Field, question: Question) -> dict[str, Any]:
    """Return one field as the template needs it: with its answer and its choices in words."""
    answer = question.of(each.name)
    options = getattr(each, "options", ()) or getattr(each, "suggested", ())
    return {
        "it": each,
        "kind": each.kind,
        "answer": answer,
        "options": [(one.value, one.label if one.is_name else gettext(one.label), one.words) for one in options],
    }


def _line(frame: Frame, row: Row, seen: Iterable[columns.Column[Row]], habit: habits.Habit) -> dict[str, Any]:
    """Return one row as the template needs it."""
    cells = [(each, value, columns.kind(value)) for each in seen for value in (each.cell(row),)]
    is_new = habit.new_since is not None and frame.fresh_at is not None and frame.fresh_at > habit.new_since
    return {"frame": frame, "cells": cells, "is_new": is_new}


def _saved(own: habits.Keeper, page: ListPage[Any], query: str) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "name": each.name,
            "address": questions.address(page.address, each.query),
            "is_current": each.query == query and bool(query),
        }
        for each in habits.saved(own)
    ]


def _counts(request: Request, page: ListPage[Any], question: Question) -> HttpResponse:
    """Render what is asked for after the rows: the tabs' counts, the total, the page numbers, the export's limit."""
    most = questions.EXACT_MAX + 1
    total = page.source.count(question, limit=most)
    tabs = {each.key: total if each.is_current else each.count(most) for each in page.tabs}
    refusal = page.export.warning() if page.export is not None else None
    shape = page.listing.shape
    numbers: list[dict[str, Any] | None] = []
    if total <= questions.EXACT_MAX and not question.after:
        numbers = [
            {
                "number": each,
                "address": _to(page, replace(question, page=each)),
                "is_current": each == question.page,
            }
            if each
            else None
            for each in pager.numbers(page=question.page, total=total, size=question.size)
        ]
    context = {
        "page": page,
        "tabs": {name: capped(count, questions.EXACT_MAX) for name, count in tabs.items()},
        "total": gettext(page.listing.total) % {"count": capped(total, questions.EXACT_MAX)},
        "too_many": message_of(refusal) if refusal is not None else "",
        "numbers": numbers,
        "previous": _to(page, replace(question, page=question.page - 1)) if numbers and question.page > 1 else "",
        "following": _to(page, replace(question, page=question.page + 1))
        if numbers and question.page * question.size < total
        else "",
        "sizes": [(size, size == question.size) for size in shape.sizes],
    }
    return render_template(request, "shared/list_counts.html", context)


def _to(page: ListPage[Any], question: Question) -> str:
    """Return the address of a question."""
    return questions.address(page.address, page.listing.shape.write(question))


def _keep(request: Request, actor: Actor, page: ListPage[Any]) -> HttpResponse:
    """
    Do what a list's saved-filter and column forms ask, and go back to the list as it was.

    :raises Refusal: the filter's name is refused, taken, or there are too many.
    """
    listing, shape = page.listing, page.listing.shape
    own = keeper(actor, listing.name)
    act, _, saved_id = request.POST.get("act", "").partition(":")
    query = request.POST.get("query", "") or request.POST.get("next", "").partition("?")[2]
    question = shape.read(_parsed(query))
    name = request.POST.get("name", "")
    if act == "save":
        question = replace(question.at_first(), size=shape.sizes[0])
        habits.save(own, name=name, query=shape.write(question), now=request.now)
    elif act == "rename" and saved_id.isdigit():
        habits.rename(own, int(saved_id), name=name)
    elif act == "delete" and saved_id.isdigit():
        habits.delete(own, int(saved_id))
    elif act == "choose":
        habits.hide(own, columns.hidden_by(listing.columns, request.POST.getlist("column")))
    elif act == "reset":
        habits.hide(own, None)
    return HttpResponseRedirect(_to(page, question))


def _parsed(query: str) -> dict[str, list[str]]:
    return {name: [str(each) for each in values] for name, values in QueryDict(query[: habits.QUERY_CHARS_MAX]).lists()}
