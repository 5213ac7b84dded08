"""Input that was kept aside: the list, and one piece to look at, mend, replay or discard."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.kit.templates import render_block
from yidao.parcels import quarantine as kept
from yidao.parcels import services
from yidao.web.converters import ID_MAX
from yidao.web.operator import words
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

LIST = "operator/quarantine.html"
ITEM = "operator/quarantine_item.html"
PAGE_SIZE = 50
ID_DIGITS_MAX = 19


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """List what waits in one state; a form over the rows decides about many at once."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST":
        consoles.operator(request, needs=Permission.QUARANTINE_DECIDE)
        try:
            _decide(request, _chosen(request.POST), actor)
            return HttpResponseRedirect(request.get_full_path(), status=303)
        except Refusal as refusal:
            refused = refusal
    context = _list(request, actor) | {"refused": message_of(refused) if refused else ""}
    if request.htmx and not request.htmx.history_restore_request:
        return render_block(request, LIST, "results", context)
    return render(request, LIST, context, status=refused.status if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, quarantine: int) -> HttpResponse:
    """Show one piece with what became of it; decide about it."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST":
        consoles.operator(request, needs=Permission.QUARANTINE_DECIDE)
        try:
            _decide(request, [quarantine], actor)
            return HttpResponseRedirect(request.get_full_path(), status=303)
        except Refusal as refusal:
            refused = refusal
    context = _item(quarantine, actor) | {"refused": message_of(refused) if refused else ""}
    if request.htmx and not request.htmx.history_restore_request:
        return render_block(request, ITEM, "piece", context)
    return render(request, ITEM, context, status=refused.status if refused else 200)


def _decide(request: Request, ids: list[int], actor: Actor) -> None:
    """Do what the form asks for; an act that no form of ours has changes nothing."""
    now, real_now = request.now, clock.real_now()
    match request.POST.get("act"):
        case "replay" if "body" in request.POST and len(ids) == 1:
            services.ask_replay_mended(ids[0], request.POST["body"], actor=actor, now=now, real_now=real_now)
        case "replay":
            services.ask_replay(ids, actor=actor, now=now, real_now=real_now)
        case "discard":
            services.discard(ids, actor=actor, now=now, real_now=real_now)


def _chosen(form: QueryDict) -> list[int]:
    """Return the ids that were ticked."""
    typed = (each for each in form.getlist("id") if each.isascii() and each.isdigit() and len(each) <= ID_DIGITS_MAX)
    return [number for number in map(int, typed) if number <= ID_MAX]


def _list(request: Request, actor: Actor) -> dict[str, Any]:
    asked = request.GET.get("state", "")
    state = kept.State(asked) if asked in kept.State.values else kept.State.OPEN
    reason = request.GET.get("reason", "").replace("\0", "")[:80]
    cursor = request.GET.get("after", "")[:500]
    page = kept.rows(actor=actor, state=state, reason=reason, limit=PAGE_SIZE, cursor=cursor)
    return {
        "page": page,
        "state": state.value,
        "states": kept.State.values,
        "counts": kept.counts(actor=actor),
        "count_max": kept.COUNT_MAX,
        "reasons": kept.reasons(actor=actor, state=state),
        "reason": reason,
        "cursor": cursor,
        "users": accounts.user_names(row.decided_by for row in page.rows if row.decided_by),
        "may_decide": actor.may(Permission.QUARANTINE_DECIDE) and state is kept.State.OPEN,
        "words": words,
    }


def _item(quarantine_id: int, actor: Actor) -> dict[str, Any]:
    found = kept.item(quarantine_id, actor=actor)
    named = (found.organisation_id,) if found.organisation_id else ()
    return {
        "item": found,
        "row": found.row,
        "address": reverse("operator-quarantine-item", kwargs={"quarantine": quarantine_id}),
        "organisation": accounts.organisation_names(named).get(found.organisation_id or 0, ""),
        "decided_by": accounts.user_names((found.row.decided_by,) if found.row.decided_by else ()),
        "is_waiting": found.row.state == kept.State.REPLAY_ASKED,
        "may_decide": actor.may(Permission.QUARANTINE_DECIDE) and found.row.state == kept.State.OPEN,
        "words": words,
    }
